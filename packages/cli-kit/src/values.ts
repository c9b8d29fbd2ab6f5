/** Parsers of flag values, one message style: what was given, what is wanted. For commander's argParser. */
import { isIP } from 'node:net';
import { InvalidArgumentError } from 'commander';

function whole(text: string, low: number, high: number, what: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < low || value > high)
    throw new InvalidArgumentError(`'${text}' is not ${what} (${low} to ${high}).`);
  return value;
}

export function parsePid(text: string): number {
  return whole(text, 1, 4_194_304, 'a process id');
}

export function parsePort(text: string): number {
  return whole(text, 1, 65_535, 'a port');
}

export function parseCount(text: string): number {
  return whole(text, 1, Number.MAX_SAFE_INTEGER, 'a count');
}

/** Seconds: `10`, `2.5`, `10s`, `5m`, `1h`, `250ms`. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const unit = { ms: 0.001, s: 1, m: 60, h: 3600 }[match?.[2] ?? 's'] ?? 1;
  const seconds = Number(match?.[1]) * unit;
  if (match === null || !(seconds > 0)) throw new InvalidArgumentError(`'${text}' is not a duration: write 10, 2.5, 250ms, 5m or 1h.`);
  return seconds;
}

/** An IPv4 or IPv6 address, IPv6 in the kernel's canonical spelling (so that it compares equal to what is printed). */
export function parseAddress(text: string): string {
  const kind = isIP(text);
  if (kind === 0) throw new InvalidArgumentError(`'${text}' is not an IPv4 or IPv6 address.`);
  return kind === 4 ? text : new URL(`http://[${text}]/`).hostname.slice(1, -1);
}
