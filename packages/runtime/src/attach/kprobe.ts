/** kprobe and kretprobe on a kernel function, by the perf unit `kprobe`: nothing is left behind, however the process ends. Returns have more places by tracefs. */
import { EADDRNOTAVAIL, EILSEQ, EINVAL, ENOENT, EOPNOTSUPP } from '../sys/errno.js';
import type { Kernel } from '../sys/kernel.js';
import { type SyscallError, syscallError } from '../sys/syscall-error.js';
import { AttachError } from './attach-error.js';
import { type AttachRequest, type Attachment, holdFds } from './attachment.js';
import { armPerfEvent, openPerfEvent, probeUnit } from './perf-event.js';
import { missedCalls, openReturnEvent, returnPlaces, type ReturnEvent } from './return-pool.js';

export interface KprobeTarget {
  readonly symbol: string;
  readonly module?: string;
  readonly return: boolean;
  /** Bytes behind the symbol: the probed instruction. Absent: the entry, or the return. */
  readonly offset?: number;
}

export function attachKprobe(request: AttachRequest, target: KprobeTarget): Attachment {
  const { kernel, programFd, point } = request;
  const event = openKprobe(request, target);
  const error = armPerfEvent(kernel, event.fd, programFd);
  if (error === undefined) return holdEvents(kernel, [event.fd], [event]);
  event.remove?.();
  throw new AttachError(point, `${target.return ? 'kretprobe' : 'kprobe'}: ${error.errno}`, error.advice, error);
}

/** @param events those of `fds` that are kprobes */
export function holdEvents(kernel: Kernel, fds: readonly number[], events: readonly KprobeEvent[]): Attachment {
  const held = holdFds(kernel, fds);
  const close = (): void => {
    held.close();
    for (const event of events) event.remove?.();
  };
  const names = new Set(events.flatMap(({ name }) => name ?? []));
  return names.size === 0 ? { close } : { close, missedReturns: () => missedCalls(kernel, names) };
}

export type KprobeEvent = Pick<ReturnEvent, 'fd'> & Partial<ReturnEvent>;

/** The event, not armed. Throws AttachError. @param probes how many there will be of this program's */
export function openKprobe({ kernel, point }: AttachRequest, target: KprobeTarget, probes = 1): KprobeEvent {
  const event = target.return ? openReturnEvent(kernel, target, returnPlaces(kernel, probes)) : undefined;
  if (event !== undefined) return event;
  const kind = target.return ? 'kretprobe' : 'kprobe';
  const unit = probeUnit(kernel, 'kprobe');
  if (unit === undefined) {
    throw new AttachError(point, 'this kernel has no kprobes (CONFIG_KPROBES is not set)', 'use a tracepoint (stapkit -l \'kernel.trace("*")\') or a kernel built with CONFIG_KPROBES=y');
  }
  const config = target.return ? 1n << BigInt(unit.returnBit) : 0n;
  const open = (symbol: string): number => openPerfEvent(kernel, { type: unit.type, config, name: symbol, offset: target.offset ?? 0, pid: -1, cpu: 0 });
  const name = target.module === undefined ? target.symbol : `${target.module}:${target.symbol}`;
  let fd = open(name);
  // A function whose unused parts the compiler took away is called so. The kernel's types have those alone whose arguments are in their places.
  if (fd === -ENOENT) fd = open(`${name}.isra.0`);
  if (fd < 0) throw refusal(point, kind, target, syscallError(kernel, 'perf_event_open', fd, `attaching ${kind} ${name}`));
  return { fd };
}

function refusal(point: string, kind: string, { symbol, module, offset }: KprobeTarget, error: SyscallError): AttachError {
  switch (error.code) {
    case ENOENT:
      return new AttachError(point, `${kind}: the running kernel has no function "${symbol}"${module === undefined ? '' : ` in module ${module}`}`,
        module === undefined ? 'it may be inlined or renamed here; see /proc/kallsyms' : `is the module loaded? (modprobe ${module})`, error);
    case EADDRNOTAVAIL:
      return new AttachError(point, `${kind}: the running kernel has several functions "${symbol}"`, 'name its module: module("NAME").function("…")', error);
    case EILSEQ:
      return new AttachError(point, `${kind}: there is no instruction at ${symbol}+0x${(offset ?? 0).toString(16)} of the running kernel`, 'the script was compiled for another kernel: compile it again on this machine', error);
    case EINVAL:
    case EOPNOTSUPP:
      if (offset !== undefined && offset > 0) {
        return new AttachError(point, `${kind}: the kernel forbids a probe at ${symbol}+0x${offset.toString(16)}`, 'the instruction there is one that the kernel itself rewrites (a static branch or call), or it forbids probes in all of the function (/sys/kernel/debug/kprobes/blacklist); probe another line', error);
      }
      return new AttachError(point, `${kind}: the kernel forbids probes on "${symbol}"`, 'it is among those marked notrace or in /sys/kernel/debug/kprobes/blacklist; probe its caller', error);
    default:
      return new AttachError(point, `${kind}: ${error.errno}`, error.advice, error);
  }
}
