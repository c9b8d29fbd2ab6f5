/** uprobe and uretprobe at an offset in a file, by the perf unit `uprobe`. Runs in every process that maps the file, or in one. */
import { EINVAL, EIO, ENOENT, ENOTSUPP, EOPNOTSUPP, ESRCH } from '../sys/errno.js';
import { type SyscallError, syscallError } from '../sys/syscall-error.js';
import { type Kernel, readText } from '../sys/kernel.js';
import { AttachError } from './attach-error.js';
import { type AttachRequest, type Attachment, holdFds } from './attachment.js';
import { readBuildId } from './build-id.js';
import { armPerfEvent, openPerfEvent, probeUnit } from './perf-event.js';

export interface UprobeTarget {
  readonly path: string;
  readonly symbol: string;
  /** Bytes from the file's start. */
  readonly fileOffset: number;
  readonly return: boolean;
  /** The file's build-id when the script was compiled: an offset is right only in the same file. */
  readonly buildId?: string;
  /** Offset in the file of a counter that is above 0 while the probe is there (since Linux 4.20). */
  readonly semaphore?: number;
  /** Only in this process (all its threads). */
  readonly pid?: number;
}

export function attachUprobe(request: AttachRequest, target: UprobeTarget): Attachment {
  const { kernel, programFd, point } = request;
  checkBuildId(request, target);
  const fd = openUprobe(request, target);
  const error = armPerfEvent(kernel, fd, programFd);
  if (error !== undefined) throw new AttachError(point, `${target.return ? 'uretprobe' : 'uprobe'}: ${error.errno}`, error.advice, error);
  return holdFds(kernel, [fd]);
}

/** Throws AttachError when it is another file than the one that the script was compiled for. */
export function checkBuildId({ kernel, point }: AttachRequest, { path, buildId: expected }: Pick<UprobeTarget, 'path' | 'buildId'>): void {
  const buildId = expected === undefined ? undefined : readBuildId(kernel, path);
  if (buildId !== undefined && buildId !== expected) {
    throw new AttachError(point, `${path} is not the file that the script was compiled for (build-id ${buildId}, expected ${expected ?? ''})`, 'compile the script again on this machine');
  }
}

/** The event, not armed. Throws AttachError. */
export function openUprobe({ kernel, point }: AttachRequest, target: UprobeTarget): number {
  const kind = target.return ? 'uretprobe' : 'uprobe';
  const unit = probeUnit(kernel, 'uprobe');
  if (unit === undefined) {
    throw new AttachError(point, 'this kernel has no uprobes (CONFIG_UPROBE_EVENTS is not set)', 'processes can be probed only by a kernel built with CONFIG_UPROBE_EVENTS=y');
  }
  const config = (target.return ? 1n << BigInt(unit.returnBit) : 0n) | semaphoreBits(kernel, point, target);
  const where = target.pid === undefined ? { pid: -1, cpu: 0 } : { pid: target.pid, cpu: -1 };
  const fd = openPerfEvent(kernel, { type: unit.type, config, name: target.path, offset: target.fileOffset, ...where });
  if (fd < 0) throw refusal(point, kind, target, syscallError(kernel, 'perf_event_open', fd, `attaching ${kind} ${target.path}+0x${target.fileOffset.toString(16)}`));
  return fd;
}

/** Where the unit's `config` has the counter's offset: "config:32-63". */
function semaphoreBits(kernel: Kernel, point: string, { semaphore, symbol, path }: UprobeTarget): bigint {
  if (semaphore === undefined) return 0n;
  const bits = /^config:(\d+)-(\d+)$/.exec(readText(kernel, '/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset') ?? '');
  if (bits === null) throw new AttachError(point, `${symbol} runs only while its semaphore is above 0, and this kernel (${kernel.release}) cannot count it up`, 'Linux 4.20 or later can');
  const [first, last] = [Number(bits[1]), Number(bits[2])];
  if (BigInt(semaphore) >> BigInt(last - first + 1) !== 0n) throw new AttachError(point, `the semaphore of ${symbol} lies behind the first ${2 ** (last - first + 1 - 30)} GiB of ${path}`, 'the kernel takes no higher offset');
  return BigInt(semaphore) << BigInt(first);
}

function refusal(point: string, kind: string, target: UprobeTarget, error: SyscallError): AttachError {
  const offset = `0x${target.fileOffset.toString(16)}`;
  switch (error.code) {
    case ENOENT:
      return new AttachError(point, `there is no file ${target.path}`, 'was it moved or removed after the script was compiled?', error);
    case ESRCH:
      return new AttachError(point, `there is no process ${target.pid ?? -1}`, 'it may have ended already', error);
    case EINVAL:
      return new AttachError(point, `${target.path} has no code at offset ${offset}`, 'compile the script again on this machine', error);
    case EIO:
      return new AttachError(point, `the file system of ${target.path} does not allow probes`, 'copy the program to an ordinary file system', error);
    case ENOTSUPP:
    case EOPNOTSUPP:
      return new AttachError(point, `the kernel cannot probe the instruction at ${target.symbol} (offset ${offset})`, 'probe another function', error);
    default:
      return new AttachError(point, `${kind}: ${error.errno}`, error.advice, error);
  }
}
