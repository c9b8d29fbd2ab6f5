/** One perf event on each online CPU, all or none. */
import { ENODEV } from '../sys/errno.js';
import { onlineCpus } from '../sys/cpus.js';
import type { Kernel } from '../sys/kernel.js';
import { openPerfEvent, type PerfEventSpec } from './perf-event.js';

/**
 * Gives the file descriptors by CPU. `opened` is called for each; when it or `refuse` (for a result below 0) throws,
 * nothing stays open. A CPU that went offline since its number was read is left out.
 */
export function openOnEveryCpu(kernel: Kernel, event: Omit<PerfEventSpec, 'pid' | 'cpu'>, opened: (fd: number, cpu: number) => void, refuse: (result: number, cpu: number) => Error): readonly number[] {
  const events: number[] = [];
  try {
    for (const cpu of onlineCpus(kernel)) {
      const fd = openPerfEvent(kernel, { ...event, pid: -1, cpu });
      if (fd === -ENODEV && events.length > 0) continue;
      if (fd < 0) throw refuse(fd, cpu);
      events.push(fd);
      opened(fd, cpu);
    }
  } catch (error) {
    for (const fd of events) kernel.close(fd);
    throw error;
  }
  return events;
}
