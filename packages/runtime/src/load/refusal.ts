/** Why did the kernel refuse a program: the machine, its policy, or our code? */
import type { LinkedProgram, ProgramMetadata } from '@stapkit/object';
import type { ProgramRefused } from '../bpf/load-program.js';
import { exceededLimit, refusedInstruction, summarizeLog } from '../bpf/verifier-log.js';
import { E2BIG, EACCES, EAGAIN, EINVAL, EMFILE, ENOENT, ENOMEM, ENOTSUPP, EOPNOTSUPP, EPERM } from '../sys/errno.js';
import { type Kernel, hasCapability } from '../sys/kernel.js';
import { CAP_PERFMON, CAP_SYS_ADMIN } from '../sys/uapi.js';
import type { Poisoned } from './core-relocation.js';
import { LoadError } from './load-error.js';
import { TooLargeError } from './too-large-error.js';
import { VerifierError } from './verifier-error.js';

/** This machine does not have, or does not permit, what one kind of program needs. Another way to serve the probe may do. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly kind: ProgramMetadata['kind'];
  readonly reason: string;
  readonly mend: string | undefined;

  constructor(kind: ProgramMetadata['kind'], reason: string, mend?: string, cause?: unknown) {
    super(`${kind}: ${reason}`, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.reason = reason;
    this.mend = mend;
  }
}

export interface RefusalContext {
  readonly kernel: Kernel;
  readonly metadata: ProgramMetadata;
  readonly program: LinkedProgram;
  readonly poisoned: Poisoned;
  readonly wholeLog: boolean;
}

/** Gives the error to throw. */
export function judgeRefusal(context: RefusalContext, refused: ProgramRefused): Error {
  const { error, log } = refused;
  const { kernel, metadata, program } = context;
  const limit = exceededLimit(log);
  if (limit !== undefined) return new TooLargeError(program, limit, refused);
  switch (error.code) {
    case ENOMEM: case EMFILE: case EAGAIN:
      return error;
    case E2BIG:
      if (refusedInstruction(log) === undefined) return error;
      break;
    case EPERM:
      // The verifier itself says EPERM only to those without privileges.
      return new Unavailable(metadata.kind, 'EPERM', error.advice, error);
    default:
      break;
  }
  const instruction = refusedInstruction(log);
  if (instruction === undefined) return judgeWithoutInstruction(context, refused);
  const missing = poisonedReason(context, instruction, log);
  if (missing !== undefined) return new Unavailable(metadata.kind, missing, 'compile the script on this machine', error);
  const helper = /unknown func (?:bpf_)?(\w+)#\d+|program of this type cannot use helper (?:bpf_)?(\w+)/.exec(log);
  if (helper !== null) return new Unavailable(metadata.kind, `this kernel (${kernel.release}) has no helper bpf_${helper[1] ?? helper[2] ?? ''} for it`, undefined, error);
  // Kernels before 5.13 give tracing programs only numbers and pointers to structures (btf_ctx_access in kernel/bpf/btf.c).
  if (/func '\w+' arg\d+ type \w+ is not a struct/.test(log)) {
    return new Unavailable(metadata.kind, `this kernel (${kernel.release}) does not let it read an argument that points to anything but a structure`, undefined, error);
  }
  if (!hasCapability(kernel, CAP_PERFMON) && !hasCapability(kernel, CAP_SYS_ADMIN)) {
    return new LoadError(`the verifier is strict with processes that lack CAP_PERFMON (${summarizeLog(log).lines.at(-1) ?? error.errno})`, 'run as root or give CAP_BPF and CAP_PERFMON', error);
  }
  return new VerifierError(program, refused, { wholeLog: context.wholeLog });
}

/** The verifier did not come to look at code: the place it was to be attached to, the type of program, or a policy. */
function judgeWithoutInstruction({ metadata, program, wholeLog }: RefusalContext, refused: ProgramRefused): Error {
  const { error, log } = refused;
  const said = summarizeLog(log).lines.at(-1);
  switch (error.code) {
    case EACCES:
      return new Unavailable(metadata.kind, 'EACCES from a security policy', error.advice, error);
    case ENOTSUPP: case EOPNOTSUPP: case ENOENT:
      return new Unavailable(metadata.kind, said ?? `${error.errno}: the kernel does not support it`, error.advice, error);
    case EINVAL:
      // "attach_btf_id … is not a function", "… missing BTF func_info" and the like, or, without a word, an unknown program type.
      if (said !== undefined && !/attach|btf_id|fentry|fexit|trampoline|(?:arg\d+|return) type \w+ is unsupported/i.test(said)) return new VerifierError(program, refused, { wholeLog });
      return new Unavailable(metadata.kind, said ?? silentReason(metadata), error.advice, error);
    default:
      return error;
  }
}

/** EINVAL without a word. */
function silentReason({ kind, target }: ProgramMetadata): string {
  const onFunction = (kind === 'fentry' || kind === 'fexit') && target.kind === 'function';
  return onFunction ? `the kernel forbids it on "${target.symbol}"` : 'this kernel does not know programs of this type';
}

/** A field that this kernel lacks was poisoned, and the program does come there. */
function poisonedReason({ poisoned }: RefusalContext, instruction: number, log: string): string | undefined {
  const exact = poisoned.get(instruction);
  if (exact !== undefined) return exact;
  return /invalid func unknown#195896080/.test(log) ? [...poisoned.values()][0] : undefined;
}
