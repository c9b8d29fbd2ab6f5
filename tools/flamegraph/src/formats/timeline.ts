/** The samples of each thread one after the other in time: for formats that show when, not only how much. */
import type { Profile, Sample, SampleContext } from '../profile/profile.js';

export interface Slice {
  /** Nanoseconds from the profile's start. */
  readonly start: number;
  readonly duration: number;
  readonly stack: readonly number[];
  readonly weight: number;
}

export interface ThreadTimeline {
  readonly context: SampleContext | undefined;
  /** In order of time, without overlap. */
  readonly slices: readonly Slice[];
}

export interface Timelines {
  readonly threads: readonly ThreadTimeline[];
  /** The samples have no times: stacks are laid side by side, as wide as they weigh. */
  readonly invented: boolean;
}

const MILLISECOND = 1e6;

/** @param value index into `Profile.valueTypes` */
export function timelinesOf(profile: Profile, value: number): Timelines {
  const invented = profile.samples.some(({ timeNs }) => timeNs === undefined);
  const threads = new Map<string, Sample[]>();
  for (const sample of profile.samples) {
    const { pid, tid, command } = sample.context ?? {};
    const key = `${pid ?? ''}/${tid ?? ''}/${tid === undefined ? (command ?? '') : ''}`;
    const known = threads.get(key);
    if (known === undefined) threads.set(key, [sample]);
    else known.push(sample);
  }
  const lay = invented ? layByWeight : layByTime;
  return { invented, threads: Array.from(threads.values(), (samples) => ({ context: samples[0]?.context, slices: lay(profile, samples, value) })) };
}

/** Nanoseconds of one unit of the value, where they must be invented. */
function scaleOf({ valueTypes, meta }: Profile, value: number): number {
  if (valueTypes[value]?.unit !== 'count') return 1;
  return meta.periodUnit === 'nanoseconds' && meta.period !== undefined ? meta.period : MILLISECOND;
}

/** Stacks in alphabetical order, so that equal callers stand side by side. */
function layByWeight(profile: Profile, samples: readonly Sample[], value: number): Slice[] {
  const scale = scaleOf(profile, value);
  const keyed = samples.map((sample) => ({ sample, key: sample.stack.map((frame) => profile.frames[frame]?.name ?? '').join('\0') }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  let start = 0;
  return keyed.flatMap(({ sample: { stack, values } }) => {
    const weight = values[value] ?? 0;
    if (weight === 0) return [];
    const slice = { start, duration: weight * scale, stack, weight };
    start += slice.duration;
    return [slice];
  });
}

/** A sample lasts as long as it weighs, if that is a time, else until the next one, but not longer than samples usually do. */
function layByTime(profile: Profile, samples: readonly Sample[], value: number): Slice[] {
  const sorted = samples.filter(({ values }) => (values[value] ?? 0) > 0).sort((a, b) => (a.timeNs ?? 0) - (b.timeNs ?? 0));
  const gaps = sorted.slice(1).map(({ timeNs }, index) => (timeNs ?? 0) - (sorted[index]?.timeNs ?? 0)).sort((a, b) => a - b);
  const usual = gaps[Math.floor(gaps.length / 2)] ?? MILLISECOND;
  const isTime = profile.valueTypes[value]?.unit === 'nanoseconds';
  return sorted.map(({ stack, values, timeNs = 0 }, index) => {
    const weight = values[value] ?? 0;
    const next = sorted[index + 1]?.timeNs ?? Infinity;
    return { start: timeNs, duration: Math.min(isTime ? weight : usual, next - timeNs), stack, weight };
  });
}
