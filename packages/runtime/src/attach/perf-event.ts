/** perf_event_open(2), and a BPF program on the event. Closing the event takes the program off. */
import { Attributes } from '../sys/attributes.js';
import type { Kernel } from '../sys/kernel.js';
import { readText } from '../sys/kernel.js';
import { type SyscallError, syscallError } from '../sys/syscall-error.js';
import * as uapi from '../sys/uapi.js';

export interface PerfEventSpec {
  readonly type: number;
  readonly config: bigint;
  /** Samples a second, or a sample each `period` events; neither: the event is a probe or a counter. */
  readonly frequencyHz?: number | undefined;
  readonly period?: number | undefined;
  readonly breakpoint?: { readonly access: number; readonly address: bigint; readonly bytes: number };
  /** config1: NUL-terminated name of a kernel function, or path of a file. */
  readonly name?: string;
  /** config2: offset in the function or file. */
  readonly offset?: number;
  /** -1: all processes. */
  readonly pid: number;
  /** -1: whatever CPU the process runs on. */
  readonly cpu: number;
}

/** Gives the event's file descriptor, or minus the error number. */
export function openPerfEvent(kernel: Kernel, spec: PerfEventSpec): number {
  const attributes = new Attributes(kernel, uapi.PERF_ATTR_SIZE_VER5)
    .u32(0, spec.type) // type
    .u32(4, uapi.PERF_ATTR_SIZE_VER5) // size
    .u64(8, spec.config); // config
  if (spec.frequencyHz !== undefined) attributes.u64(16, spec.frequencyHz).u64(40, uapi.PERF_ATTR_FLAG_FREQ); // sample_freq, freq
  if (spec.period !== undefined) attributes.u64(16, spec.period); // sample_period
  if (spec.breakpoint !== undefined) attributes.u32(52, spec.breakpoint.access).u64(56, spec.breakpoint.address).u64(64, spec.breakpoint.bytes); // bp_type, bp_addr, bp_len
  if (spec.name !== undefined) attributes.textPointer(56, spec.name); // config1
  if (spec.offset !== undefined) attributes.u64(64, spec.offset); // config2
  return kernel.perfEventOpen(attributes.bytes, spec.pid, spec.cpu, -1, uapi.PERF_FLAG_FD_CLOEXEC);
}

/** Puts the program on the event and arms it. On an error the event is closed (unless the caller `closes` it) and the error is given. */
export function armPerfEvent(kernel: Kernel, eventFd: number, programFd: number, { closes } = { closes: true }): SyscallError | undefined {
  const calls = [
    ['ioctl(PERF_EVENT_IOC_SET_BPF)', uapi.PERF_EVENT_IOC_SET_BPF, programFd],
    ['ioctl(PERF_EVENT_IOC_ENABLE)', uapi.PERF_EVENT_IOC_ENABLE, 0],
  ] as const;
  for (const [name, request, argument] of calls) {
    const result = kernel.ioctl(eventFd, request, argument);
    if (result >= 0) continue;
    if (closes) kernel.close(eventFd);
    return syscallError(kernel, name, result, 'putting the program on its event');
  }
  return undefined;
}

export interface ProbeUnit {
  readonly type: number;
  /** Position of the bit in `config` that makes it a return probe. */
  readonly returnBit: number;
}

/** The perf unit `kprobe` or `uprobe` (since 4.17); undefined when the kernel was built without it. */
export function probeUnit(kernel: Kernel, name: 'kprobe' | 'uprobe'): ProbeUnit | undefined {
  const folder = `/sys/bus/event_source/devices/${name}`;
  const type = readText(kernel, `${folder}/type`);
  if (type === undefined) return undefined;
  const returnBit = /^config:(\d+)$/.exec(readText(kernel, `${folder}/format/retprobe`) ?? '')?.[1];
  return { type: Number(type), returnBit: Number(returnBit ?? 0) };
}
