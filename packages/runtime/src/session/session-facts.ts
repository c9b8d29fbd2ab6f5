/** What the tapset's functions know of the session: values of its globals `__session_…`, for those that an object has. */
import { readFileSync, statSync } from 'node:fs';
import type { ObjectMetadata } from '@stapkit/object';

const PREFIX = '__session_';

/** Minutes west of UTC now, as Date has them, in seconds. */
const secondsWest = (): number => new Date().getTimezoneOffset() * 60;

/** The abbreviation of the time zone in use: the last line of its file is a rule as in TZ (RFC 9636), "CET-1CEST,M3.5.0,M10.5.0/3". */
export function zoneName(rule: string | undefined, west: number): string {
  const parts = /^(<[^>]+>|[A-Za-z]+)([-+]?\d+)(?::(\d+))?(?::\d+)?(<[^>]+>|[A-Za-z]+)?/.exec(rule ?? '');
  if (parts === null) return west === 0 ? 'UTC' : '';
  const [, standard = '', hours = '0', minutes = '0', summer] = parts;
  const offset = (Math.abs(Number(hours)) * 60 + Number(minutes)) * 60 * (hours.startsWith('-') ? -1 : 1);
  return (offset === west || summer === undefined ? standard : summer).replaceAll(/[<>]/g, '');
}

function zoneRule(): string | undefined {
  const zone = process.env['TZ']?.replace(/^:/, '');
  for (const file of zone === undefined || zone === '' ? ['/etc/localtime'] : [zone.startsWith('/') ? zone : `/usr/share/zoneinfo/${zone}`]) {
    try {
      return readFileSync(file, 'latin1').trimEnd().split('\n').at(-1);
    } catch {
      // As the C library: what is no file may be a rule itself.
    }
  }
  return zone;
}

const namespace = (name: string): string => String(statSync(`/proc/self/ns/${name}`).ino);

const FACTS: Readonly<Record<string, (metadata: ObjectMetadata) => string>> = {
  pid: () => String(process.pid),
  user: () => String(process.getuid?.() ?? 0),
  name: ({ name }) => name,
  seconds_west: () => String(secondsWest()),
  zone: () => zoneName(zoneRule(), secondsWest()),
  pid_namespace: () => namespace('pid'),
  user_namespace: () => namespace('user'),
};

/** Names of globals and their values. */
export function sessionFacts(metadata: ObjectMetadata): Readonly<Record<string, string>> {
  const wanted = metadata.globals.filter(({ name }) => name.startsWith(PREFIX)).map(({ name }) => name);
  return Object.fromEntries(wanted.flatMap((name) => {
    const fact = FACTS[name.slice(PREFIX.length)];
    return fact === undefined ? [] : [[name, fact(metadata)]];
  }));
}
