/** Parsers of flag values, one message style: what was given, what is wanted. For commander's argParser. */
import { isIP } from 'node:net';
import { InvalidArgumentError } from 'commander';

function whole(text: string, low: number, high: number, what: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < low || value > high)
    throw new InvalidArgumentError(`'${text}' is not ${what} (${low} to ${high}).`);
  return value;
}

/** Of a flag that may be given several times: all of its values. Completions know such a flag by the second parameter: no default. */
export const appended = (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), text];

export function parsePid(text: string): number {
  return whole(text, 1, 4_194_304, 'a process id');
}

export function parsePort(text: string): number {
  return whole(text, 1, 65_535, 'a port');
}

export function parseCount(text: string): number {
  return whole(text, 1, Number.MAX_SAFE_INTEGER, 'a count');
}

/** Whole microseconds, of at most twelve digits. */
export function parseMicroseconds(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError(`'${text}' is not a number of microseconds.`);
  return Number(text);
}

/** A year; larger numbers are typing mistakes. */
const LONGEST_SECONDS = 366 * 24 * 3600;

/** Seconds: `10`, `2.5`, `10s`, `5m`, `1h`, `250ms`. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const unit = { ms: 0.001, s: 1, m: 60, h: 3600 }[match?.[2] ?? 's'] ?? 1;
  const seconds = Number(match?.[1]) * unit;
  if (match === null || !(seconds > 0) || seconds > LONGEST_SECONDS) throw new InvalidArgumentError(`'${text}' is not a duration: write 10, 2.5, 250ms, 5m or 1h.`);
  return seconds;
}

/** The inode number of a namespace. */
export function parseInode(text: string): number {
  return whole(text, 1, 0xffff_ffff, 'the number of a namespace');
}

/** Megabytes of a buffer. */
export function parseMegabytes(text: string): number {
  return whole(text, 1, 1024, 'a size in megabytes');
}

/** An IPv4 or IPv6 address in the kernel's spelling, so that it compares equal to what is printed; IPv4-mapped IPv6 as IPv4. */
export function parseAddress(text: string): string {
  const kind = isIP(text);
  if (kind === 0 || text.includes('%')) throw new InvalidArgumentError(`'${text}' is not an IPv4 or IPv6 address.`);
  if (kind === 4) return text;
  const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (mapped === null) return canonical;
  const [high = 0, low = 0] = mapped.slice(1).map((part) => parseInt(part, 16));
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
