/** The string functions that the host carries out itself: numbers and times to and from text. */
import { ScriptError } from './script-error.js';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const LONG_MAX = (1n << 63n) - 1n;
const LONG_MIN = -(1n << 63n);
/** The last second that four digits of the year can say: 9999-12-31 23:59:59. */
const SECONDS_MAX = 253_402_300_799n;

/**
 * "Wed Jun 30 21:49:08 1993" in UTC for seconds since the epoch: always 24 characters. Like stap's ctime it raises an
 * error for times before 1901-12-13 (what 32 bits can say) and for those beyond its form.
 */
export function ctime(seconds: bigint): string {
  if (seconds < -0x8000_0000n) throw new ScriptError('ctime: the time is too far in the past');
  if (seconds > SECONDS_MAX) throw new ScriptError('ctime: the time is too far in the future');
  const date = new Date(Number(seconds) * 1000);
  const two = (value: number): string => value.toString().padStart(2, '0');
  const day = date.getUTCDate().toString().padStart(2);
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `${DAYS[date.getUTCDay()] ?? ''} ${MONTHS[date.getUTCMonth()] ?? ''} ${day} ${clock} ${date.getUTCFullYear()}`;
}

function digitValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x7a ? letter - 0x61 + 10 : 36;
}

/**
 * strtol(3): leading white space, a sign, `0x` for base 16 or 0, a leading 0 for octal in base 0; stops at the first
 * other character; values beyond 64 bits become the nearest one. 0 for an impossible base.
 */
export function strtol(text: string, base: bigint): bigint {
  if (base < 0n || base === 1n || base > 36n) return 0n;
  const [head = '', sign = ''] = /^[ \t\n\v\f\r]*([+-]?)/.exec(text) ?? [];
  let index = head.length;
  let radix = Number(base);
  const hexadecimal = /^0[xX][0-9a-fA-F]/.test(text.slice(index, index + 3));
  if (hexadecimal && (radix === 0 || radix === 16)) {
    radix = 16;
    index += 2;
  } else if (radix === 0) {
    radix = text[index] === '0' ? 8 : 10;
  }
  let value = 0n;
  for (; index < text.length; index += 1) {
    const digit = digitValue(text.charCodeAt(index));
    if (digit >= radix) break;
    value = value * BigInt(radix) + BigInt(digit);
    if (value > -LONG_MIN) value = -LONG_MIN + 1n; // beyond range either way: keep it small
  }
  if (sign === '-') return -value < LONG_MIN ? LONG_MIN : -value;
  return value > LONG_MAX ? LONG_MAX : value;
}

/** substr(text, start, length): "" for a start outside the text or a length below 1. */
export function substr(text: string, start: bigint, length: bigint): string {
  if (start < 0n || length <= 0n || start >= BigInt(text.length)) return '';
  const from = Number(start);
  return length >= BigInt(text.length - from) ? text.slice(from) : text.slice(from, from + Number(length));
}
