/** BPF_RAW_TRACEPOINT_OPEN: attaches raw tracepoints, and tracing programs (fentry, fexit, tp_btf), whose place was fixed when they were loaded. */
import { Attributes } from '../sys/attributes.js';
import type { Kernel } from '../sys/kernel.js';
import { BPF_RAW_TRACEPOINT_OPEN } from '../sys/uapi.js';

/** Gives the link's file descriptor, or minus the error number. `name` is absent for tracing programs. */
export function openRawTracepoint(kernel: Kernel, programFd: number, name?: string): number {
  const attributes = new Attributes(kernel, 16).u32(8, programFd); // prog_fd
  if (name !== undefined) attributes.textPointer(0, name);
  return kernel.bpf(BPF_RAW_TRACEPOINT_OPEN, attributes.bytes);
}
