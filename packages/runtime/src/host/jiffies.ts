/** The kernel's count of ticks, as a process can know it. */
import { readFileSync } from 'node:fs';
import { ScriptError } from '../format/script-error.js';

/** How far the kernel's count is from the one computed; by HZ. */
const offsets = new Map<bigint, bigint>();

/**
 * jiffies_64: it starts 5 minutes before 2^32, so that the wrap of the 32-bit count shows early (include/linux/jiffies.h).
 * Ticks began some time after the monotonic clock did: /proc/timer_list tells by how many, where it may be read.
 * @param hertz HZ; 0 when it is not known, which raises an error
 */
export function jiffies(monotonicNs: bigint, hertz: bigint): bigint {
  if (hertz <= 0n) throw new ScriptError("jiffies(): the kernel's configuration is not known");
  const computed = (1n << 32n) - 300n * hertz + (monotonicNs * hertz) / 1_000_000_000n;
  let offset = offsets.get(hertz);
  if (offset === undefined) offsets.set(hertz, (offset = (told() ?? computed) - computed));
  return computed + offset;
}

function told(): bigint | undefined {
  try {
    const count = /^jiffies: (\d+)$/m.exec(readFileSync('/proc/timer_list', 'latin1'))?.[1];
    return count === undefined ? undefined : BigInt(count);
  } catch {
    return undefined;
  }
}
