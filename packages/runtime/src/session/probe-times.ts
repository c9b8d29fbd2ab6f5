/** What probes that were compiled for it (-t, --monitor) kept of their handlers' runs. */
import { timingGlobal, type ObjectMetadata } from '@stapkit/object';
import type { HostProgram } from '../host/program.js';
import type { ProbeTime } from './options.js';

/** Of all probes, in their order; empty where the script was not compiled for it. */
export function probeTimes(program: HostProgram, metadata: ObjectMetadata): readonly ProbeTime[] {
  const known = new Map(metadata.globals.map(({ name }, id) => [name, id]));
  return metadata.probes.flatMap((_, probe): ProbeTime[] => {
    const id = known.get(timingGlobal(probe));
    if (id === undefined) return [];
    const { count: hits, sum, min, max } = program.scalarStatistic(id).read();
    return [hits === 0n ? { probe, hits, min: 0n, avg: 0n, max: 0n } : { probe, hits, min, avg: sum / hits, max }];
  });
}

/** At the end of a session, a line a probe, as stap has them; its cycles are nanoseconds here. */
export function timesReport(times: readonly ProbeTime[], { probes, timesAs }: ObjectMetadata): string {
  const isJson = timesAs === 'json';
  const hit = times.filter(({ hits }) => hits > 0n);
  const lines = hit.map(({ probe, hits, min, avg, max }) => {
    const { point = '', location, attach } = probes[probe] ?? {};
    // One program for many places has the name of the first.
    const name = attach !== undefined && 'members' in attach ? point : (probes[probe]?.name ?? '');
    const place = location === undefined ? '' : `${location.file}:${location.line}:${location.column}`;
    if (isJson) return Buffer.from(JSON.stringify({ probe_time: { probe: utf8(name), place: utf8(place), hits: Number(hits), min_ns: Number(min), avg_ns: Number(avg), max_ns: Number(max), from: utf8(point) } }), 'utf8').toString('latin1');
    return `${name}, (${place}), hits: ${hits}, ns: ${min}min/${avg}avg/${max}max, from: ${point}, index: ${probe}`;
  });
  if (isJson) return lines.map((line) => `${line}\n`).join('');
  const missed = times.length - hit.length;
  return `${['----- probe hit report: ', ...lines, ...(missed > 0 ? [`probes that were not hit: ${missed}`] : [])].join('\n')}\n`;
}

const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8');
