/** fentry, fexit and tp_btf: their place was given at load (attach_btf_id); opening arms them. Since 5.5. */
import { EBUSY, ENOTSUPP, EPERM } from '../sys/errno.js';
import { syscallError } from '../sys/syscall-error.js';
import { openRawTracepoint } from '../bpf/raw-tracepoint.js';
import { AttachError } from './attach-error.js';
import { type AttachRequest, type Attachment, holdFds } from './attachment.js';

export type TracingKind = 'fentry' | 'fexit' | 'tp_btf';

export function attachTracing({ kernel, programFd, point }: AttachRequest, kind: TracingKind): Attachment {
  const fd = openRawTracepoint(kernel, programFd);
  if (fd >= 0) return holdFds(kernel, [fd]);
  const error = syscallError(kernel, 'bpf(BPF_RAW_TRACEPOINT_OPEN)', fd, `attaching ${kind}`);
  if (fd === -EPERM) throw new AttachError(point, `${kind}: EPERM`, error.advice, error);
  if (fd === -ENOTSUPP) throw new AttachError(point, `${kind}: this kernel or architecture cannot put a trampoline on functions`, 'a kprobe does it, where the kernel has kprobes', error);
  if (fd === -EBUSY && kind !== 'tp_btf') throw new AttachError(point, `${kind}: something else (live patching, another tracer) holds the function`, error.advice, error);
  throw new AttachError(point, `${kind}: ${error.errno}`, error.advice, error);
}
