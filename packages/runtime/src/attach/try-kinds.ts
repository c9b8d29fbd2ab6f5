/** Which kinds of programs does the running kernel take? Each is loaded and attached for a moment, with a program that does nothing. */
import type { AttachPoint, LinkedProgram, ProgramKind, ProgramMetadata } from '@stapkit/object';
import { ProgramRefused, loadProgram } from '../bpf/load-program.js';
import { KernelTypes } from '../load/kernel-types.js';
import { LoadError } from '../load/load-error.js';
import { PROGRAM_TYPES, attachTypeOf } from '../load/program-loader.js';
import { Unavailable, judgeRefusal } from '../load/refusal.js';
import type { Kernel } from '../sys/kernel.js';
import { SyscallError } from '../sys/syscall-error.js';
import { AttachError } from './attach-error.js';
import { attachProgram } from './attach-program.js';
import { readEntryOffset } from './build-id.js';

export interface KindTrial {
  readonly kind: ProgramKind;
  /** Why not; absent: it works. */
  readonly problem?: string;
  readonly mend?: string;
}

/** `r0 = 0; exit`. */
const NOTHING = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
/** Functions that every kernel has and that can be probed, and a tracepoint. */
const FUNCTIONS = ['vfs_read', 'vfs_write'] as const;
const TRACEPOINT = 'sched_process_exit';
const PROGRAM = '/proc/self/exe';

/** Kinds that are tried, with where they are attached to; user probes to the start of this process's own program. */
function targets(kernel: Kernel): readonly (readonly [kind: ProgramKind, target: AttachPoint])[] {
  const inKernel = { kind: 'function', symbol: FUNCTIONS[0], arguments: 0 } as const;
  const several = FUNCTIONS.map((symbol, cookie) => ({ symbol, cookie }));
  const fileOffset = readEntryOffset(kernel, PROGRAM) ?? 0;
  const inProgram = { kind: 'user-function', path: PROGRAM, symbol: '_start', fileOffset } as const;
  const entry = [{ symbol: '_start', fileOffset, cookie: 0 }];
  return [
    ['tp_btf', { kind: 'tracepoint', name: TRACEPOINT, arguments: 0 }],
    ['raw_tp', { kind: 'tracepoint', name: TRACEPOINT, arguments: 0 }],
    ['fentry', { ...inKernel, return: false }],
    ['fexit', { ...inKernel, return: true }],
    ['kprobe', { ...inKernel, return: false }],
    ['kretprobe', { ...inKernel, return: true }],
    ['uprobe', { ...inProgram, return: false }],
    ['uretprobe', { ...inProgram, return: true }],
    ['kprobe_multi', { ...inKernel, return: false, members: several }],
    ['uprobe_multi', { ...inProgram, return: false, members: entry }],
  ];
}

/** Leaves nothing behind. Needs the privileges that tracing needs: without them every kind has the problem that says so. */
export function tryKinds(kernel: Kernel): readonly KindTrial[] {
  const types = new KernelTypes(kernel);
  try {
    return targets(kernel).map(([kind, target]) => tryKind(kernel, types, { symbol: 'nothing', section: '', kind, target, probes: [], role: 'handler' }));
  } finally {
    types.close();
  }
}

function tryKind(kernel: Kernel, types: KernelTypes, metadata: ProgramMetadata): KindTrial {
  const { kind } = metadata;
  let fd: number | undefined;
  try {
    fd = load(kernel, types, metadata);
    attachProgram({ kernel, programFd: fd, point: kind }, metadata, undefined).close();
    return { kind };
  } catch (error) {
    const { reason, mend } = explain(error);
    return { kind, problem: reason, ...(mend === undefined ? {} : { mend }) };
  } finally {
    if (fd !== undefined) kernel.close(fd);
  }
}

function load(kernel: Kernel, types: KernelTypes, metadata: ProgramMetadata): number {
  const [type, expectedAttachType] = PROGRAM_TYPES[metadata.kind];
  const attachType = attachTypeOf(metadata, types);
  try {
    return loadProgram(kernel, { name: metadata.symbol, type, expectedAttachType, instructions: NOTHING, license: 'GPL', ...(attachType === undefined ? {} : { attachBtfId: attachType.typeId }) });
  } catch (error) {
    if (!(error instanceof ProgramRefused)) throw error;
    const program: LinkedProgram = { symbol: metadata.symbol, section: '', instructions: NOTHING, maps: [], functions: [], lines: [], relocations: [] };
    throw judgeRefusal({ kernel, metadata, program, poisoned: new Map(), wholeLog: false }, error);
  }
}

/** @throws what is no refusal of the machine's */
function explain(error: unknown): { readonly reason: string; readonly mend: string | undefined } {
  if (error instanceof Unavailable) return { reason: error.reason, mend: error.mend };
  if (error instanceof AttachError) return { reason: error.reason, mend: error.mend };
  const mend = error instanceof LoadError ? error.mend : error instanceof SyscallError ? error.advice : undefined;
  if (error instanceof LoadError || error instanceof SyscallError) return { reason: mend === undefined ? error.message : error.message.replace(`; ${mend}`, ''), mend };
  throw error;
}
