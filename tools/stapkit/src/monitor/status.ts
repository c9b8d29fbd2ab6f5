/** --monitor: the status of a session as a table of lines, and as JSON. */
import { styleText } from 'node:util';
import type { MonitoredProbe, SessionMonitor } from '@stapkit/runtime';

export const SORTS = ['index', 'hits', 'min', 'avg', 'max', 'name'] as const;
export type Sort = (typeof SORTS)[number];

export interface Status {
  readonly name: string;
  readonly uid: number;
  readonly uptimeSeconds: number;
  /** Of the maps, as large as they can become, and of this process. */
  readonly mapBytes: number;
  readonly processBytes: number;
  readonly globals: ReturnType<SessionMonitor['globals']>;
  readonly probes: readonly MonitoredProbe[];
}

const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8');
/** What would move the cursor is shown as a dot. */
const shown = (text: string): string => utf8(text).replaceAll(/[\x00-\x1f\x7f-\x9f]/g, '.');

export function sorted(probes: readonly MonitoredProbe[], by: Sort): readonly MonitoredProbe[] {
  const order = (one: MonitoredProbe, other: MonitoredProbe): number => {
    if (by === 'index') return one.probe - other.probe;
    if (by === 'name') return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
    return one[by] > other[by] ? -1 : one[by] < other[by] ? 1 : 0;
  };
  return [...probes].sort((one, other) => order(one, other) || one.probe - other.probe);
}

/** Hours, minutes, seconds. */
function clock(seconds: number): string {
  const [whole, two] = [Math.floor(seconds), (value: number): string => String(value).padStart(2, '0')];
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

const kilobytes = (bytes: number): string => `${Math.ceil(bytes / 1024)}kB`;

/** Lines of the table, without colours where the terminal wants none. */
export function statusLines({ name, uid, uptimeSeconds, mapBytes, processBytes, globals, probes }: Status, by: Sort): readonly string[] {
  const row = (cells: readonly (string | bigint | number)[]): string => {
    const [index, state, hits, min, avg, max, probe] = cells.map(String);
    return `${(index ?? '').padStart(5)} ${(state ?? '').padEnd(5)} ${[hits, min, avg, max].map((cell) => (cell ?? '').padStart(11)).join(' ')} ${probe ?? ''}`;
  };
  return [
    `uptime: ${clock(uptimeSeconds)}   uid: ${uid}   memory: ${kilobytes(mapBytes)} maps, ${kilobytes(processBytes)} process   module: ${name}`,
    `globals: ${globals.map((one) => `${one.name}: ${typeof one.value === 'string' ? shown(one.value) : one.value}`).join('   ') || 'none'}`,
    '',
    row(['index', 'state', 'hits', 'min ns', 'avg ns', 'max ns', `probe (sorted by ${by})`]),
    ...sorted(probes, by).map((one) => row([one.probe, one.on ? 'on' : 'off', one.hits, one.min, one.avg, one.max, shown(one.name)])),
  ];
}

/** An object in a line. */
export function statusJson({ name, uid, uptimeSeconds, mapBytes, processBytes, globals, probes }: Status): string {
  const number = (value: bigint): number | string => (Number.isSafeInteger(Number(value)) ? Number(value) : value.toString());
  return `${JSON.stringify({
    monitor: {
      uptime: uptimeSeconds, module: utf8(name), uid, memory: { maps: mapBytes, process: processBytes },
      globals: Object.fromEntries(globals.map((one) => [one.name, typeof one.value === 'string' ? utf8(one.value) : number(one.value)])),
      probes: probes.map((one) => ({ index: one.probe, probe: utf8(one.name), state: one.on ? 'on' : 'off', hits: number(one.hits), min_ns: number(one.min), avg_ns: number(one.avg), max_ns: number(one.max) })),
    },
  })}\n`;
}

/** Marks a line that tells what keys do. */
export const hint = (text: string, colored: boolean): string => (colored ? styleText('dim', text) : text);
