/** Sampling: the software clock of perf on each online CPU, which runs whether or not the machine counts cycles. */
import { EINVAL, ENODEV } from '../sys/errno.js';
import { onlineCpus } from '../sys/cpus.js';
import { readText } from '../sys/kernel.js';
import { syscallError } from '../sys/syscall-error.js';
import { PERF_COUNT_SW_CPU_CLOCK, PERF_TYPE_SOFTWARE } from '../sys/uapi.js';
import { AttachError } from './attach-error.js';
import { type AttachRequest, type Attachment, holdFds } from './attachment.js';
import { armPerfEvent, openPerfEvent } from './perf-event.js';

/** `frequencyHz` undefined: as often as the timer interrupt. */
export function attachProfile({ kernel, programFd, point }: AttachRequest, frequencyHz: number | undefined): Attachment {
  const frequency = frequencyHz ?? kernel.tickRateHz;
  const events: number[] = [];
  try {
    for (const cpu of onlineCpus(kernel)) {
      const fd = openPerfEvent(kernel, { type: PERF_TYPE_SOFTWARE, config: BigInt(PERF_COUNT_SW_CPU_CLOCK), frequencyHz: frequency, pid: -1, cpu });
      // A CPU that went offline since its number was read.
      if (fd === -ENODEV) continue;
      if (fd < 0) throw refusal(fd, cpu);
      const error = armPerfEvent(kernel, fd, programFd);
      if (error !== undefined) throw new AttachError(point, `sampling on CPU ${cpu}: ${error.errno}`, error.advice, error);
      events.push(fd);
    }
  } catch (error) {
    for (const fd of events) kernel.close(fd);
    throw error;
  }
  return holdFds(kernel, events);

  function refusal(result: number, cpu: number): AttachError {
    const error = syscallError(kernel, 'perf_event_open', result, `sampling CPU ${cpu}`);
    const most = Number(readText(kernel, '/proc/sys/kernel/perf_event_max_sample_rate'));
    if (result === -EINVAL && frequency > most) {
      return new AttachError(point, `${frequency} samples a second are more than this machine allows (${most})`, `ask for fewer, or: sysctl kernel.perf_event_max_sample_rate=${frequency}`, error);
    }
    return new AttachError(point, `sampling on CPU ${cpu}: ${error.errno}`, error.advice, error);
  }
}
