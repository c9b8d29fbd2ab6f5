/** Probe points as a tool's user writes them: in full, as in a script, or short. */
import { basename } from 'node:path';
import { findLibrary, libraryNamed } from '@stapkit/runtime';
import { UsageError } from '../exit-codes.js';
import { localTarget } from '../local-target.js';
import { mappedCode } from '../program-files.js';

/** For help: what {@link functionPoints} takes. */
export const PROBES_HELP = 'functions: a probe point as in a script, such as process("/bin/ls").function("*"), or short: FILE:NAME of a program or library (/bin/ls:main, libc:malloc), :NAME of the program that -c or --pid names, NAME of the kernel (vfs_*); * and ? are wildcards';

const isPointInFull = (text: string): boolean => text.includes('(') || /^[a-z_]\w*(?:\.[\w*]+)+$/i.test(text);
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/**
 * A program or library by its path, or a library by its name.
 * @param pid whose libraries are meant
 * @throws UsageError for a library that there is not
 */
export function libraryFile(file: string, pid?: number): string {
  const path = file.includes('/') ? file : libraryPath(file, pid);
  if (path === undefined) throw new UsageError(`there is no library '${file}'`, 'ldconfig -p lists them; a full path is taken, too');
  return path;
}

/** A library as the process has it mapped, else as the dynamic linker finds it; its version may be left out. */
function libraryPath(name: string, pid: number | undefined): string | undefined {
  const isNamed = (file: string): boolean => file === name || file.startsWith(`${name}.so`) || (file.startsWith(`${name}-`) && file.includes('.so'));
  const mapped = pid === undefined ? undefined : mappedCode(pid).find((one) => isNamed(basename(one.name)));
  const { arch } = localTarget();
  return mapped?.path ?? findLibrary(name, [], arch) ?? libraryNamed(isNamed, arch);
}

/**
 * A probe point of a word.
 * @param pid whose libraries are meant
 * @throws UsageError for a library that there is not
 */
export function functionPoints(text: string, { pid }: { readonly pid?: number } = {}): string {
  const word = text.trim();
  if (isPointInFull(word)) return word;
  const [, file, name = word] = /^([^:]*):(.+)$/.exec(word) ?? [];
  if (file === undefined) return `kernel.function(${quoted(name)})`;
  if (file === '') return `process.function(${quoted(name)})`;
  if (!/^lib[^/]*$/.test(file)) return `process(${quoted(file)}).function(${quoted(name)})`;
  return `process(${quoted(libraryFile(file, pid))}).function(${quoted(name)})`;
}
