/** What `--event` takes: events of perf_event_open(2) by the names that perf gives them. */

export interface SampledEvent {
  readonly name: string;
  /** Probe point of the tapset, without its rate. */
  readonly point: string;
  /**
   * clock: a sample is so much time. hardware: counted by the processor, which virtual machines often do not show; sampled at a
   * rate. software: rare enough that each one is taken.
   */
  readonly kind: 'clock' | 'hardware' | 'software';
}

const of = (kind: SampledEvent['kind'], points: Readonly<Record<string, string>>): SampledEvent[] => Object.entries(points).map(([name, point]) => ({ name, point, kind }));

export const EVENTS: readonly SampledEvent[] = [
  ...of('clock', { 'cpu-clock': 'perf.sw.cpu_clock', 'task-clock': 'perf.sw.task_clock' }),
  ...of('software', {
    'page-faults': 'perf.sw.page_faults', 'minor-faults': 'perf.sw.page_faults_min', 'major-faults': 'perf.sw.page_faults_maj', 'context-switches': 'perf.sw.context_switches',
    'cpu-migrations': 'perf.sw.cpu_migrations', 'alignment-faults': 'perf.sw.alignment_faults', 'emulation-faults': 'perf.sw.emulation_faults',
  }),
  ...of('hardware', {
    cycles: 'perf.hw.cpu_cycles', instructions: 'perf.hw.instructions', 'cache-references': 'perf.hw.cache_references', 'cache-misses': 'perf.hw.cache_misses',
    branches: 'perf.hw.branch_instructions', 'branch-misses': 'perf.hw.branch_misses', 'bus-cycles': 'perf.hw.bus_cycles', 'ref-cycles': 'perf.hw.ref_cpu_cycles',
    'stalled-cycles-frontend': 'perf.hw.stalled_cycles_frontend', 'stalled-cycles-backend': 'perf.hw.stalled_cycles_backend',
  }),
];

export const DEFAULT_EVENT: SampledEvent = { name: 'cpu-clock', point: 'perf.sw.cpu_clock', kind: 'clock' };
/** Not a divisor of the 100, 250 or 1000 ticks a second that much else is done at. */
export const DEFAULT_HZ = 99;

/** Samples a second; undefined: each event is one. */
export function rateOf({ kind }: SampledEvent, asked: number | undefined): number | undefined {
  return asked ?? (kind === 'software' ? undefined : DEFAULT_HZ);
}
