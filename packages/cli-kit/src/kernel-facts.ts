/** What the running kernel tells of itself in /proc and /sys. */
import { readFileSync } from 'node:fs';
import { TRACEFS_MOUNTS } from '@stapkit/runtime';

/** Of /proc/kallsyms: names with addresses, names alone, nothing. */
export type KernelSymbols = 'addresses' | 'names' | 'none';

export function kernelSymbols(): KernelSymbols {
  try {
    const start = readFileSync('/proc/kallsyms', 'latin1');
    return /^0*[1-9a-f][0-9a-f]* [tT] /m.test(start) ? 'addresses' : start === '' ? 'none' : 'names';
  } catch {
    return 'none';
  }
}

/** Where tracefs is mounted. */
export function tracefsMount(): string | undefined {
  try {
    const mounts = new Set(readFileSync('/proc/self/mounts', 'utf8').split('\n').filter((line) => / tracefs /.test(line)).map((line) => line.split(' ')[1] ?? ''));
    return TRACEFS_MOUNTS.find((one) => mounts.has(one)) ?? [...mounts][0];
  } catch {
    return undefined;
  }
}
