/** BPF_PROG_LOAD. */
import { EAGAIN, ENOSPC } from '../sys/errno.js';
import { Attributes } from '../sys/attributes.js';
import type { Kernel } from '../sys/kernel.js';
import { type SyscallError, syscallError } from '../sys/syscall-error.js';
import { BPF_OBJ_NAME_LEN, BPF_PROG_LOAD } from '../sys/uapi.js';
import { objectName } from './create-map.js';
import { withMemlock } from './memlock.js';

/** func_info or line_info as the kernel wants it: records of `recordBytes`, positions in instructions from the program's start. */
export interface InfoRecords {
  readonly bytes: Uint8Array;
  readonly recordBytes: number;
}

export interface ProgramSpec {
  readonly name: string;
  /** BPF_PROG_TYPE_* */
  readonly type: number;
  /** BPF_TRACE_*; 0 where the type needs none. */
  readonly expectedAttachType: number;
  /** Type id of the kernel function or tracepoint that a tracing program goes to. */
  readonly attachBtfId?: number;
  /** File descriptor of the BTF that `attachBtfId` is in; absent for vmlinux. */
  readonly attachBtfFd?: number;
  readonly instructions: Uint8Array;
  readonly license: string;
  readonly btf?: { readonly fd: number; readonly functions: InfoRecords; readonly lines: InfoRecords };
}

/** The kernel did not take a program. `log` is the verifier's whole text; '' when it refused before verifying. */
export class ProgramRefused extends Error {
  override readonly name = 'ProgramRefused';
  readonly error: SyscallError;
  readonly log: string;

  constructor(error: SyscallError, log: string) {
    super(error.message, { cause: error });
    this.error = error;
    this.log = log;
  }
}

const PROG_LOAD_BYTES = 120;
const LOG_BYTES_FIRST = 256 * 1024;
/** What every kernel since 5.2 takes (UINT_MAX >> 8). */
const LOG_BYTES_MAX = 0xff_ffff;
/** A signal that comes while the verifier works makes it give up with EAGAIN (bpf_check, since 5.1): it is asked again. */
const ATTEMPTS = 5;

/**
 * Loads the program, at first without a log, because the log makes verifying much slower; on
 * a refusal once more with it. Gives a file descriptor. Throws ProgramRefused.
 */
export function loadProgram(kernel: Kernel, spec: ProgramSpec): number {
  const attributes = describe(kernel, spec);
  const result = withMemlock(kernel, () => load(kernel, attributes));
  if (result >= 0) return result;
  const second = loadWithLog(kernel, attributes);
  // Refused at first, taken now: the machine changed its mind (short of memory, a policy just loaded).
  if (second.result >= 0) return second.result;
  throw new ProgramRefused(syscallError(kernel, 'bpf(BPF_PROG_LOAD)', second.result, `loading program ${spec.name}`), second.log);
}

function describe(kernel: Kernel, spec: ProgramSpec): Attributes {
  const attributes = new Attributes(kernel, PROG_LOAD_BYTES)
    .u32(0, spec.type) // prog_type
    .u32(4, spec.instructions.length / 8) // insn_cnt
    .pointer(8, spec.instructions) // insns
    .textPointer(16, spec.license) // license
    .text(48, objectName(spec.name), BPF_OBJ_NAME_LEN) // prog_name
    .u32(68, spec.expectedAttachType) // expected_attach_type
    .u32(108, spec.attachBtfId ?? 0) // attach_btf_id
    .u32(112, spec.attachBtfFd ?? 0); // attach_btf_obj_fd
  const { btf } = spec;
  if (btf === undefined || btf.functions.bytes.length === 0) return attributes;
  attributes.u32(72, btf.fd) // prog_btf_fd
    .u32(76, btf.functions.recordBytes).pointer(80, btf.functions.bytes).u32(88, btf.functions.bytes.length / btf.functions.recordBytes);
  if (btf.lines.bytes.length === 0) return attributes;
  return attributes.u32(92, btf.lines.recordBytes).pointer(96, btf.lines.bytes).u32(104, btf.lines.bytes.length / btf.lines.recordBytes);
}

function load(kernel: Kernel, attributes: Attributes): number {
  let result = kernel.bpf(BPF_PROG_LOAD, attributes.bytes);
  for (let attempt = 1; attempt < ATTEMPTS && result === -EAGAIN; attempt++) result = kernel.bpf(BPF_PROG_LOAD, attributes.bytes);
  return result;
}

function loadWithLog(kernel: Kernel, attributes: Attributes): { result: number; log: string } {
  for (let size = LOG_BYTES_FIRST; ; size = Math.min(size * 8, LOG_BYTES_MAX)) {
    const log = new Uint8Array(size);
    attributes.u32(24, 1).u32(28, size).pointer(32, log); // log_level, log_size, log_buf
    const result = load(kernel, attributes);
    if (result === -ENOSPC && size < LOG_BYTES_MAX) continue;
    const end = log.indexOf(0);
    return { result, log: Buffer.from(log.buffer, 0, end < 0 ? size : end).toString('latin1') };
  }
}
