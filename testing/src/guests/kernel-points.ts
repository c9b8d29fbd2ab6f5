/**
 * Probe points of the kernel that are hit in guests, each as often as the traced program says; docs/probe-points.md lists them.
 * `@{NAME}` stands for the address of a function in the kernel that runs, `@{trampoline}` for what its return probes return to.
 */
import type { GuestKernel } from './guest.js';

export interface KernelPoint {
  readonly point: string;
  /** Hits while `reads 2` and a copy of 3500 bytes by 1000 run; `some`: at least one. */
  readonly hits: number | 'some';
  /** More of what must be true for a hit to count. */
  readonly when?: string;
  /** Kernels that have what the point needs; default: all. */
  readonly kernels?: readonly GuestKernel[];
  /** Name of the program whose hits count; default: `reads`, or `dd` with `some`. */
  readonly program?: string;
  /** Hits by any task count: it is the machine's event, not the program's. */
  readonly anyTask?: boolean;
}

/** read(2) calls of reads.c with argument 2. */
const READS = 264;
/** Programs that sleep at the same time: more than a return probe has places by itself. */
export const SLEEPERS = 20;
const WITH_MODULE_TYPES: readonly GuestKernel[] = ['6.1', '6.12', '7.2'];

export const KERNEL_POINTS: readonly KernelPoint[] = [
  { point: 'kernel.function("vfs_read")', hits: READS },
  { point: 'kernel.function("vfs_read").call', hits: READS },
  { point: 'kernel.function("vfs_read").return', hits: READS },
  { point: 'kernel.function("vfs_read").return.maxactive(20)', hits: READS },
  { point: 'kernel.function("vfs_rea?")', hits: READS },
  { point: 'kernel.function("vfs_read@fs/read_write.c")', hits: READS },
  { point: 'kernel.function("vfs_rea*@fs/read_write.c").call', hits: READS },
  { point: 'kernel.function(@{vfs_read})', hits: READS, when: '$count < 1 << 40' },
  { point: 'kernel.function("vfs_read") if (armed)', hits: READS },
  { point: 'kernel.function("vfs_read") if (!armed)', hits: 0 },
  { point: 'kernel.function("no_such_function")?, kernel.function("vfs_read")', hits: READS },
  { point: 'kernel.function("no_such_function")!, kernel.function("vfs_read")!, kernel.function("vfs_write")', hits: READS },
  { point: 'kernel.statement(@{vfs_read})', hits: READS },
  { point: 'kernel.statement(@{vfs_read}).absolute', hits: READS },
  { point: 'kprobe.function("vfs_read")', hits: READS },
  { point: 'kprobe.function("vfs_read").call', hits: READS },
  // What was on the stack at the entry is the caller's address, whatever return probes there are.
  { point: 'kprobe.function("vfs_read").return', hits: READS, when: '@entry(kernel_long(register("rsp"))) != @{trampoline}' },
  // Calls that are under way side by side, each of which the return probe must follow.
  { point: 'kprobe.function("hrtimer_nanosleep").return', hits: SLEEPERS, program: 'sleep', when: '@entry(kernel_long(register("rsp"))) != @{trampoline}' },
  { point: 'kprobe.statement(@{vfs_read}).absolute', hits: READS },
  { point: 'kprobe.module("9pnet").function("p9_client_read")', hits: 'some' },
  { point: 'kprobe.module("9pnet").function("p9_client_read").return', hits: 'some' },
  { point: 'module("9pnet").function("p9_client_read")', hits: 'some', kernels: WITH_MODULE_TYPES },
  { point: 'module("9pnet").function("p9_client_read").call', hits: 'some', kernels: WITH_MODULE_TYPES },
  { point: 'module("9pnet").function("p9_client_rea?").return', hits: 'some', kernels: WITH_MODULE_TYPES },
  { point: 'module("9p*").function("p9_client_read")', hits: 'some', kernels: WITH_MODULE_TYPES },
  { point: 'module("9pnet").statement(@{p9_client_read})', hits: 'some' },
  { point: 'kernel.trace("sched_process_exec")', hits: 1 },
  { point: 'kernel.tracepoint("sched_process_exec")', hits: 1 },
  { point: 'syscall.read', hits: READS, when: '$count <= 65536 && fd < 10' },
  { point: 'syscall.read.return', hits: READS },
  { point: 'syscall.read.return.maxactive(10)', hits: READS },
  // At one address QEMU's processor tells of one breakpoint alone.
  { point: 'kernel.data("jiffies_64").length(8).write', hits: 'some', anyTask: true },
  { point: 'kernel.data("total_forks").length(8).rw', hits: 'some', anyTask: true },
  { point: 'timer.profile', hits: 'some', anyTask: true },
];
