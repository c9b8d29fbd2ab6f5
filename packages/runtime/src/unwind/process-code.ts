/** Code that a process has mapped: /proc/PID/maps (proc_pid_maps(5)). */
import { parseMaps } from '../stacks/process-maps.js';
import type { Mapping } from '../stacks/process-maps.js';
import type { Kernel } from '../sys/kernel.js';
import { readText } from '../sys/kernel.js';

export interface MappedCode {
  readonly start: number;
  /** The first address behind. */
  readonly end: number;
  /** In the file. */
  readonly offset: number;
  /** Device and inode of the file: what it is, also when it was replaced. "00:00:0" for memory without a file. */
  readonly file: string;
  /** Path as the process has it, "[vdso]" and the like, or empty. */
  readonly path: string;
}

/** undefined: the process is gone. */
export function mappedCode(kernel: Kernel, pid: number): readonly MappedCode[] | undefined {
  const text = readText(kernel, `/proc/${pid}/maps`);
  if (text === undefined || text === '') return undefined;
  return codeOf(parseMaps(text));
}

/** Those of the mappings that are code. */
export function codeOf(mappings: readonly Mapping[]): readonly MappedCode[] {
  return mappings.flatMap(({ start, end, offset, identity, name, isExecutable }): MappedCode[] =>
    isExecutable ? [{ start: Number(start), end: Number(end), offset: Number(offset), file: identity, path: name }] : [],
  // [vsyscall] lies in the kernel's half, beyond what a number holds.
  ).filter(({ end }) => Number.isSafeInteger(end));
}

/** Where the mapped file can be opened, whatever became of its name and in whatever mount namespace it lies; the second for kernels or rights without the first. */
export function mappedFilePaths(pid: number, { start, end, path }: MappedCode): readonly string[] {
  return [`/proc/${pid}/map_files/${start.toString(16)}-${end.toString(16)}`, `/proc/${pid}/root${path}`];
}
