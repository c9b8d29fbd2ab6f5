/** May this process trace at all? Asked before anything else, so that the answer is one line. */
import { existsSync, readFileSync } from 'node:fs';
import { UsageError } from './exit-codes.js';

/** capability.h: bit numbers. */
const CAP_SYS_ADMIN = 21;
const CAP_PERFMON = 38;
const CAP_BPF = 39;

function effectiveCapabilities(): bigint {
  try {
    return BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0'}`);
  } catch {
    return 0n;
  }
}

/** Throws unless this process is root or holds CAP_BPF and CAP_PERFMON (capabilities(7), Linux 5.8). */
export function requireRoot(command: string): void {
  if (process.platform !== 'linux') throw new UsageError(`tracing needs Linux; this is ${process.platform}`);
  const held = effectiveCapabilities();
  const has = (bit: number): boolean => ((held >> BigInt(bit)) & 1n) === 1n;
  if (has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON))) return;
  throw new UsageError('loading BPF programs needs root, or the capabilities CAP_BPF and CAP_PERFMON', `run it with sudo: sudo ${command}`);
}

/** Throws unless the process exists. */
export function requireProcess(pid: number, exitCode?: number): void {
  if (!existsSync(`/proc/${pid}`)) throw new UsageError(`there is no process ${pid}`, 'ps -e lists them', exitCode);
}
