/** BPF_BTF_LOAD: the object's own types, which func_info and line_info refer to. */
import { EINVAL } from '../sys/errno.js';
import { Attributes } from '../sys/attributes.js';
import type { Kernel } from '../sys/kernel.js';
import { syscallError } from '../sys/syscall-error.js';
import { BPF_BTF_LOAD } from '../sys/uapi.js';
import { withMemlock } from './memlock.js';
import { sanitizeBtf } from './sanitize-btf.js';

const BTF_LOAD_BYTES = 28;
const LOG_BYTES = 64 * 1024;

/** The kernel did not take the object's types. They are the compiler's, so this is not the user's fault. */
export class BtfLoadError extends Error {
  override readonly name = 'BtfLoadError';
  /** What the kernel says against them; '' when it says nothing. */
  readonly log: string;

  constructor(message: string, log: string, cause: unknown) {
    super(message, { cause });
    this.log = log;
  }
}

/** Gives a file descriptor. Kinds that an older kernel does not know are replaced by ones of the same size. Throws SyscallError (not permitted …) or BtfLoadError. */
export function loadBtf(kernel: Kernel, btf: Uint8Array): number {
  let result = load(kernel, btf, undefined);
  if (result === -EINVAL) result = load(kernel, sanitizeBtf(btf), undefined);
  if (result >= 0) return result;
  const error = syscallError(kernel, 'bpf(BPF_BTF_LOAD)', result, 'loading the types of the object');
  if (result !== -EINVAL) throw error;
  const log = new Uint8Array(LOG_BYTES);
  load(kernel, sanitizeBtf(btf), log);
  const text = Buffer.from(log.subarray(0, log.indexOf(0))).toString('latin1').trim();
  const last = text.split('\n').at(-1) ?? '';
  throw new BtfLoadError(`${error.message}: ${last}; this is a stapkit bug, please report it`, text, error);
}

function load(kernel: Kernel, btf: Uint8Array, log: Uint8Array | undefined): number {
  const attributes = new Attributes(kernel, BTF_LOAD_BYTES).pointer(0, btf).u32(16, btf.length);
  if (log !== undefined) attributes.pointer(8, log).u32(20, log.length).u32(24, 1);
  return withMemlock(kernel, () => kernel.bpf(BPF_BTF_LOAD, attributes.bytes));
}
