/** What the kernel counts of a program's runs that did not begin. */
import { Attributes } from '../sys/attributes.js';
import type { Kernel } from '../sys/kernel.js';
import { BPF_OBJ_GET_INFO_BY_FD } from '../sys/uapi.js';

/** struct bpf_prog_info up to recursion_misses (Linux 5.12), which older kernels leave 0. */
const INFO_BYTES = 216;
const RECURSION_MISSES = 208;

/** 0 where the kernel does not tell. */
export function missedRuns(kernel: Kernel, programFd: number): number {
  const info = new Attributes(kernel, INFO_BYTES);
  const request = new Attributes(kernel, 16).u32(0, programFd).u32(4, INFO_BYTES).pointer(8, info.bytes);
  if (kernel.bpf(BPF_OBJ_GET_INFO_BY_FD, request.bytes) < 0) return 0;
  return info.getU32(RECURSION_MISSES);
}
