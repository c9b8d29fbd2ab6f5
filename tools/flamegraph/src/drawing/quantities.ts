/** Numbers for a person: short ones with the unit, exact ones with all digits. */
import type { ValueType } from '../profile/profile.js';

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 3 });

/** `12,345 samples`, `1.23 s`, `4.5 MiB`. */
export function shortQuantity(value: number, { type, unit }: ValueType): string {
  if (unit === 'nanoseconds') return duration(value);
  if (unit === 'bytes') return bytes(value);
  return `${grouped.format(value)}${/^(?:before|after)$/.test(type) ? '' : ` ${value === 1 ? singular(type) : type}`}`;
}

/** `1,234,567 ns`. */
export function exactQuantity(value: number, { type, unit }: ValueType): string {
  const number = grouped.format(value);
  if (unit === 'nanoseconds') return `${number} ns`;
  if (unit === 'bytes') return `${number} ${value === 1 ? 'byte' : 'bytes'}`;
  return /^(?:before|after)$/.test(type) ? number : `${number} ${value === 1 ? singular(type) : type}`;
}

/** `samples`, `cache-misses` and the like of one; what is no plural stays. */
const singular = (type: string): string => type.replace(/(ch|ss)es$|([^s])s$/, '$1$2');

function scaled(value: number, steps: readonly (readonly [number, string])[]): string {
  const size = Math.abs(value);
  const [step, name] = steps.findLast(([least]) => size >= least) ?? steps[0] ?? [1, ''];
  const number = value / step;
  return `${Number.isInteger(number) ? String(number) : Math.abs(number) >= 100 ? number.toFixed(0) : number.toPrecision(3)} ${name}`;
}

function duration(ns: number): string {
  return scaled(ns, [[1, 'ns'], [1e3, '\u00b5s'], [1e6, 'ms'], [1e9, 's'], [60e9, 'min'], [3600e9, 'h']]);
}

function bytes(count: number): string {
  return scaled(count, [[1, 'B'], [1024, 'KiB'], [1024 ** 2, 'MiB'], [1024 ** 3, 'GiB'], [1024 ** 4, 'TiB']]);
}

/** `12.34%`; two digits more where they are all that there is. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '0%';
  const share = (100 * part) / whole;
  return `${share !== 0 && Math.abs(share) < 0.01 ? share.toPrecision(2) : share.toFixed(2)}%`;
}

/** With its sign: `+3`, `\u22123`, `\u00b10`. */
export function signed(text: string, value: number): string {
  return value > 0 ? `+${text}` : value < 0 ? `\u2212${text.replace('-', '')}` : `\u00b1${text}`;
}

/** Unit as words of a heading: `samples`, `CPU time`. */
export function valueName({ type, unit }: ValueType): string {
  if (unit === 'nanoseconds') return type === 'time' || type.includes('time') ? type : `${type} time`;
  return unit === 'bytes' && type !== 'bytes' ? `${type} (bytes)` : type;
}
