/**
 * Before 5.11 BPF memory counts against RLIMIT_MEMLOCK (64 KiB by default) and a full
 * limit gives EPERM. So: when the kernel says EPERM for the first time, the limit is
 * raised and the call made again. Newer kernels never get there for that reason.
 */
import { EPERM } from '../sys/errno.js';
import type { Kernel } from '../sys/kernel.js';

const raised = new WeakSet<Kernel>();

/** Makes a bpf(2) call that takes memory; gives its result. */
export function withMemlock(kernel: Kernel, call: () => number): number {
  const result = call();
  if (result !== -EPERM || raised.has(kernel)) return result;
  raised.add(kernel);
  return kernel.raiseMemlockLimit() === 0 ? call() : result;
}
