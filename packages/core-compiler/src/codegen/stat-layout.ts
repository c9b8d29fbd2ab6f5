/** Which words a statistic keeps, and where. */
import type { StatLayout, StatShape } from '@stapkit/object';

/** @hist_log: bucket 64 is 0, 65 is 1, 66 is 2 to 3, …; 63 is -1, 62 is -2 to -3, … */
export const LOG_BUCKETS = 128;

export function histogramBuckets(histogram: NonNullable<StatShape['histogram']>): number {
  if (histogram.kind === 'log') return LOG_BUCKETS;
  return Math.floor((histogram.high - histogram.low) / histogram.interval) + 3;
}

/** Keeps only words that are added to: copies of it add up to the whole. */
export function isTotals({ min, max, variance, histogram }: StatLayout): boolean {
  return min === undefined && max === undefined && variance === undefined && histogram === undefined;
}

/** @param counted a handler must know whether it is empty */
export function layoutStat(shape: StatShape, counted = false): StatLayout {
  const wants = new Set(shape.functions);
  const layout: { -readonly [K in keyof StatLayout]: StatLayout[K] } = { bytes: 0 };
  const word = (): number => (layout.bytes += 8) - 8;
  // Without a count nobody could tell an empty minimum from 0.
  const wantsCount = counted || (['count', 'avg', 'min', 'max', 'variance'] as const).some((name) => wants.has(name));
  if (wantsCount || (shape.histogram === undefined && !wants.has('sum'))) layout.count = word();
  if (wants.has('sum') || wants.has('avg') || wants.has('variance')) layout.sum = word();
  if (wants.has('min')) layout.min = word();
  if (wants.has('max')) layout.max = word();
  if (wants.has('variance')) {
    layout.variance = word();
    word();
  }
  if (shape.histogram !== undefined) {
    const buckets = histogramBuckets(shape.histogram);
    layout.histogram = { offset: layout.bytes, buckets };
    layout.bytes += buckets * 8;
  }
  return layout;
}
