/** Hardware breakpoints on data, on every CPU: by perf_event_open(2), PERF_TYPE_BREAKPOINT. */
import { Kallsyms } from '@stapkit/debuginfo';
import { EINVAL, ENOENT, ENOSPC, EOPNOTSUPP } from '../sys/errno.js';
import type { Kernel } from '../sys/kernel.js';
import { syscallError } from '../sys/syscall-error.js';
import { HW_BREAKPOINT_RW, HW_BREAKPOINT_W, PERF_TYPE_BREAKPOINT } from '../sys/uapi.js';
import { AttachError } from './attach-error.js';
import { type AttachRequest, type Attachment, holdFds } from './attachment.js';
import { openOnEveryCpu } from './every-cpu.js';
import { armPerfEvent } from './perf-event.js';

export interface WatchedData {
  readonly access: 'write' | 'rw';
  readonly bytes: 1 | 2 | 4 | 8;
  readonly address?: bigint;
  /** Of the kernel's data; without an address. */
  readonly symbol?: string;
}

export function attachDataBreakpoint({ kernel, programFd, point }: AttachRequest, watched: WatchedData): Attachment {
  const address = watched.address ?? addressOf(kernel, watched.symbol ?? '', point);
  if (address % BigInt(watched.bytes) !== 0n) throw new AttachError(point, `0x${address.toString(16)} is not a multiple of ${watched.bytes} bytes, and the processor watches aligned data`, 'ask for a smaller .length(N)');
  const breakpoint = { access: watched.access === 'write' ? HW_BREAKPOINT_W : HW_BREAKPOINT_RW, address, bytes: watched.bytes };
  const event = { type: PERF_TYPE_BREAKPOINT, config: 0n, period: 1, breakpoint };
  const arm = (fd: number, cpu: number): void => {
    const error = armPerfEvent(kernel, fd, programFd, { closes: false });
    if (error !== undefined) throw new AttachError(point, `breakpoint on CPU ${cpu}: ${error.errno}`, error.advice, error);
  };
  const events = holdFds(kernel, openOnEveryCpu(kernel, event, arm, (result, cpu) => refusal(kernel, point, address, { result, cpu })));
  if (kernel.hitsBreakpoints()) return events;
  events.close();
  throw new AttachError(point, 'this machine lets hardware breakpoints be set and does not hit them: one on our own memory was not', 'its hypervisor does not pass the debug registers on; run it on another machine');
}

function refusal(kernel: Kernel, point: string, address: bigint, { result, cpu }: { readonly result: number; readonly cpu: number }): AttachError {
  const error = syscallError(kernel, 'perf_event_open', result, `watching 0x${address.toString(16)} on CPU ${cpu}`);
  switch (error.code) {
    case ENOSPC: return new AttachError(point, 'the processor has no debug register left (x86 has 4)', 'watch fewer data at a time, and end debuggers that watch some', error);
    case EINVAL: return new AttachError(point, `the processor cannot watch 0x${address.toString(16)}`, 'the address must be aligned to the length, and on x86 .length(8) and less', error);
    case ENOENT: case EOPNOTSUPP: return new AttachError(point, 'this kernel has no hardware breakpoints (CONFIG_HAVE_HW_BREAKPOINT is not set)', undefined, error);
    default: return new AttachError(point, `breakpoint on CPU ${cpu}: ${error.errno}`, error.advice, error);
  }
}

function addressOf(kernel: Kernel, symbol: string, point: string): bigint {
  const text = kernel.readFile('/proc/kallsyms');
  if (text === undefined) throw new AttachError(point, '/proc/kallsyms cannot be read', 'give the address');
  const kallsyms = new Kallsyms(text);
  const found = kallsyms.find(symbol);
  if (found === undefined) throw new AttachError(point, `/proc/kallsyms has no symbol "${symbol}"`, 'names of data are there with CONFIG_KALLSYMS_ALL=y only; give the address');
  if (found.address === 0n) throw new AttachError(point, 'the kernel hides its addresses from this process', 'run as root, or: sysctl kernel.kptr_restrict=0');
  return found.address;
}
