/** Performance counters that handlers read with `@perf("NAME")`: a map each, with the event of every CPU. */
import type { IrProgram, MapMetadata, PerfCounter } from '@stapkit/object';

/** As many CPUs as a kernel may have (CONFIG_NR_CPUS of large machines): the map's size costs 8 bytes each. */
const MOST_CPUS = 8192;

/** Of the probe points `….counter("NAME")`, the last of each name. */
export function perfCounters({ probes }: IrProgram): readonly PerfCounter[] {
  const counters = new Map<string, PerfCounter>();
  for (const { attach } of probes) {
    if (attach.kind !== 'perf-counter') continue;
    const { name, type, config } = attach;
    counters.set(name, { name, map: counters.get(name)?.map ?? `counter_${counters.size}`, type, config });
  }
  return [...counters.values()];
}

export function counterMaps(counters: readonly PerfCounter[]): readonly MapMetadata[] {
  return counters.map(({ map }) => ({ name: map, type: 'perf_event_array', keyBytes: 4, valueBytes: 4, maxEntries: MOST_CPUS, flags: 0 }));
}
