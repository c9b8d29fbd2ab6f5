/** Raw tracepoints by name, for kernels whose BTF lacks the tracepoint. Since 4.17. */
import { ENOENT } from '../sys/errno.js';
import { syscallError } from '../sys/syscall-error.js';
import { openRawTracepoint } from '../bpf/raw-tracepoint.js';
import { AttachError } from './attach-error.js';
import { type AttachRequest, type Attachment, holdFds } from './attachment.js';

export function attachRawTracepoint({ kernel, programFd, point }: AttachRequest, name: string): Attachment {
  const fd = openRawTracepoint(kernel, programFd, name);
  if (fd >= 0) return holdFds(kernel, [fd]);
  const error = syscallError(kernel, 'bpf(BPF_RAW_TRACEPOINT_OPEN)', fd, `attaching tracepoint ${name}`);
  const reason = fd === -ENOENT ? `this kernel (${kernel.release}) has no tracepoint "${name}"` : `tracepoint ${name}: ${error.errno}`;
  const mend = fd === -ENOENT ? 'list them with: stapkit -l \'kernel.trace("*")\'' : error.advice;
  throw new AttachError(point, reason, mend, error);
}
