/** Numbers with units, as people read them. Programs and --raw get the plain number. */

export type Unit = 'ns' | 'us' | 'ms' | 's' | 'bytes' | 'bytes/s' | 'count' | '/s';

const NS: Readonly<Partial<Record<Unit, number>>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };
const TIMES: readonly (readonly [unit: string, ns: number])[] = [['s', 1e9], ['ms', 1e6], ['us', 1e3]];
const MINUTE_NS = 60e9;

/** Three digits that count: 1.50, 15.0, 150. */
function threeDigits(value: number): string {
  const digits = Math.abs(value) < 9.995 ? 2 : Math.abs(value) < 99.95 ? 1 : 0;
  return value.toFixed(digits);
}

function time(ns: number): string {
  if (Math.abs(ns) >= MINUTE_NS) {
    const seconds = Math.round(ns / 1e9);
    const [hours, minutes] = [Math.trunc(seconds / 3600), Math.trunc(seconds / 60) % 60];
    return hours === 0 ? `${minutes}m${String(Math.abs(seconds % 60)).padStart(2, '0')}s` : `${hours}h${String(Math.abs(minutes)).padStart(2, '0')}m`;
  }
  // 999.6 us are 1.00 ms: the unit is chosen by what is shown.
  for (const [unit, size] of TIMES) if (Math.abs(ns) >= 0.9995 * size) return `${threeDigits(ns / size)}${unit}`;
  return `${Math.round(ns)}ns`;
}

function scaled(value: number, step: number, units: readonly string[], smallest: string): string {
  let [size, index] = [value, 0];
  while (Math.abs(size) >= 0.9995 * step && index < units.length) {
    size /= step;
    index += 1;
  }
  return index === 0 ? `${Number.isInteger(value) ? value : threeDigits(value)}${smallest}` : `${threeDigits(size)}${units[index - 1] ?? ''}`;
}

/** "1.50ms", "2m05s", "12.3K" (1024 bytes), "1.20M" (a million). */
export function humanNumber(value: number, unit: Unit): string {
  const ns = NS[unit];
  if (ns !== undefined) return time(value * ns);
  if (unit === 'bytes' || unit === 'bytes/s') return scaled(value, 1024, ['K', 'M', 'G', 'T', 'P'], 'B') + (unit === 'bytes' ? '' : '/s');
  return scaled(value, 1000, ['k', 'M', 'G', 'T', 'P'], '');
}
