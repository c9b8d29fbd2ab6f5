/** Sampling: a perf event on each online CPU that runs a program every so often, and counters that programs read. */
import type { PerfCounter } from '@stapkit/object';
import { LinuxMap } from '../bpf/linux-map.js';
import type { BpfMap } from '../bpf/map.js';
import { EINVAL, ENODEV, ENOENT, EOPNOTSUPP } from '../sys/errno.js';
import { type Kernel, readText } from '../sys/kernel.js';
import { syscallError } from '../sys/syscall-error.js';
import { PERF_COUNT_SW_CPU_CLOCK, PERF_TYPE_HARDWARE, PERF_TYPE_HW_CACHE, PERF_TYPE_SOFTWARE } from '../sys/uapi.js';
import { AttachError } from './attach-error.js';
import { type AttachRequest, type Attachment, holdFds } from './attachment.js';
import { openOnEveryCpu } from './every-cpu.js';
import { armPerfEvent } from './perf-event.js';

/** As in perf_event_open(2). */
export interface SampledEvent {
  readonly type: number;
  readonly config: bigint;
  /** A sample each so many events. */
  readonly period?: number;
  /** Samples a second. */
  readonly frequencyHz?: number;
}

/** The software clock runs whether or not the machine counts cycles. `frequencyHz` undefined: as often as the timer interrupt. */
export function attachProfile(request: AttachRequest, frequencyHz: number | undefined): Attachment {
  return attachSampling(request, { type: PERF_TYPE_SOFTWARE, config: BigInt(PERF_COUNT_SW_CPU_CLOCK), frequencyHz: frequencyHz ?? request.kernel.tickRateHz });
}

export function attachSampling({ kernel, programFd, point }: AttachRequest, event: SampledEvent): Attachment {
  const arm = (fd: number, cpu: number): void => {
    // Not armPerfEvent's own closing: the descriptor is in the list of those to close.
    const error = armPerfEvent(kernel, fd, programFd, { closes: false });
    if (error !== undefined) throw new AttachError(point, `sampling on CPU ${cpu}: ${error.errno}`, error.advice, error);
  };
  return holdFds(kernel, openOnEveryCpu(kernel, event, arm, (result, cpu) => refusal(kernel, point, event, { result, cpu })));
}

function refusal(kernel: Kernel, point: string, event: SampledEvent, { result, cpu }: { readonly result: number; readonly cpu: number }): AttachError {
  const error = syscallError(kernel, 'perf_event_open', result, `sampling CPU ${cpu}`);
  const isHardware = event.type === PERF_TYPE_HARDWARE || event.type === PERF_TYPE_HW_CACHE;
  if (isHardware && (result === -ENOENT || result === -EOPNOTSUPP || result === -ENODEV)) {
    const hasUnit = kernel.listDirectory('/sys/bus/event_source/devices').some((name) => /^(cpu|cpu_core|armv8_.*)$/.test(name));
    return new AttachError(point, hasUnit ? `the processor's performance counters have no such event (type ${event.type}, config ${event.config})` : 'this machine shows no hardware performance counters (virtual machines often have none)',
      'use a software event: perf.sw.cpu_clock, perf.sw.page_faults …; list them with: stapkit -l \'perf.sw.*\'', error);
  }
  if (result === -ENOENT) return new AttachError(point, `this kernel has no performance event of type ${event.type} and config ${event.config}`, 'types are in /sys/bus/event_source/devices/*/type', error);
  const most = Number(readText(kernel, '/proc/sys/kernel/perf_event_max_sample_rate'));
  const { frequencyHz } = event;
  if (result === -EINVAL && frequencyHz !== undefined && frequencyHz > most) {
    return new AttachError(point, `${frequencyHz} samples a second are more than this machine allows (${most})`, `ask for fewer, or: sysctl kernel.perf_event_max_sample_rate=${frequencyHz}`, error);
  }
  return new AttachError(point, `sampling on CPU ${cpu}: ${error.errno}`, error.advice, error);
}

/** Puts each CPU's event into the counters' maps. */
export function openCounters(kernel: Kernel, counters: readonly PerfCounter[], maps: ReadonlyMap<string, BpfMap>): Attachment {
  const held: Attachment[] = [];
  const word = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
  try {
    for (const { name, map: mapName, type, config } of counters) {
      const point = `the counter "${name}"`;
      const map = maps.get(mapName);
      if (!(map instanceof LinuxMap)) throw new AttachError(point, 'its map is missing: this is a stapkit bug, please report it');
      held.push(holdFds(kernel, openOnEveryCpu(kernel, { type, config }, (fd, cpu) => { map.update(word(cpu), word(fd), 'any'); }, (result, cpu) => refusal(kernel, point, { type, config }, { result, cpu }))));
    }
  } catch (error) {
    for (const one of held) one.close();
    throw error;
  }
  return { close: () => { for (const one of held) one.close(); } };
}
