/** One statistic: what `<<<` adds to and `@count`, `@avg` … read; folded from the CPUs' parts of a map value. */
import type { Histogram, StatFunction, StatLayout, StatShape } from '@stapkit/object';
import { EXTREME_RANK } from '@stapkit/object';
import { bucketCount, bucketOf, histogramText } from '../format/histogram.js';
import type { HistogramStyle } from '../format/histogram.js';
import { InternalError, ScriptError } from '../format/script-error.js';

const LONG_MAX = (1n << 63n) - 1n;
const LONG_MIN = -(1n << 63n);

/** Welford's running mean and sum of squared distances of one CPU's samples, scaled by 2^varianceShift. */
interface Spread { count: bigint; mean: bigint; squares: bigint }

/**
 * Sums wrap at 64 bits, as the kernel's do. Variance is Welford's algorithm for each CPU, on integers scaled by
 * 2^varianceShift with truncating division, and what lies between the CPUs' means and the mean of all: its low precision on
 * small values is stap's own (man stap, STATISTICS: 12 for 1 to 5).
 */
export class Statistic {
  readonly shape: StatShape;
  count = 0n;
  sum = 0n;
  min = LONG_MAX;
  max = LONG_MIN;
  /** Of the samples that were added here, not merged. */
  readonly own: Spread = { count: 0n, mean: 0n, squares: 0n };
  readonly #others: Spread[] = [];
  readonly buckets: number[] | undefined;

  constructor(shape: StatShape) {
    this.shape = shape;
    this.buckets = shape.histogram === undefined ? undefined : new Array<number>(bucketCount(shape.histogram)).fill(0);
  }

  add(value: bigint): void {
    this.count += 1n;
    this.sum = BigInt.asIntN(64, this.sum + value);
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (this.shape.functions.includes('variance')) {
      const scaled = BigInt.asIntN(64, value << BigInt(this.shape.varianceShift ?? 0));
      const { own } = this;
      own.count += 1n;
      const distance = BigInt.asIntN(64, scaled - own.mean);
      own.mean = BigInt.asIntN(64, own.mean + distance / own.count);
      own.squares = BigInt.asIntN(64, own.squares + distance * (scaled - own.mean));
    }
    if (this.buckets !== undefined && this.shape.histogram !== undefined) {
      const bucket = bucketOf(this.shape.histogram, value);
      this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
    }
  }

  merge(other: Statistic): void {
    if (other.count === 0n && other.sum === 0n && other.buckets === undefined) return;
    if (other.own.count > 0n) this.#others.push(other.own);
    this.#others.push(...other.#others);
    this.count += other.count;
    this.sum = BigInt.asIntN(64, this.sum + other.sum);
    if (other.min < this.min) this.min = other.min;
    if (other.max > this.max) this.max = other.max;
    other.buckets?.forEach((count, bucket) => {
      if (this.buckets !== undefined) this.buckets[bucket] = (this.buckets[bucket] ?? 0) + count;
    });
  }

  /** Takes away what was counted before. Only count, sum and buckets can be. */
  subtract(earlier: Statistic): void {
    this.count -= earlier.count;
    this.sum = BigInt.asIntN(64, this.sum - earlier.sum);
    earlier.buckets?.forEach((count, bucket) => {
      if (this.buckets !== undefined) this.buckets[bucket] = (this.buckets[bucket] ?? 0) - count;
    });
  }

  /** `@count` and `@sum` of nothing are 0; the others raise "empty aggregate". */
  get(fn: StatFunction): bigint {
    if (fn === 'count') return this.count;
    if (fn === 'sum') return this.sum;
    if (this.count === 0n) throw new ScriptError('empty aggregate');
    switch (fn) {
      case 'min': return this.min;
      case 'max': return this.max;
      case 'avg': return this.sum / this.count;
      case 'variance':
        return this.#variance();
      default: return fn satisfies never;
    }
  }

  #variance(): bigint {
    if (this.count < 2n) return 0n;
    const shift = BigInt(this.shape.varianceShift ?? 0);
    const mean = BigInt.asIntN(64, this.sum << shift) / this.count;
    let squares = 0n;
    for (const part of [this.own, ...this.#others]) {
      const within = part.count < 2n ? 0n : (part.squares / (part.count - 1n)) * (part.count - 1n);
      squares = BigInt.asIntN(64, squares + within + part.count * (part.mean - mean) ** 2n);
    }
    return (squares / (this.count - 1n)) >> (2n * shift);
  }

  private countedBuckets(): { buckets: readonly number[]; histogram: Histogram } {
    if (this.buckets === undefined || this.shape.histogram === undefined) throw new InternalError('a statistic without histogram is read as one');
    if (this.buckets.every((count) => count === 0)) throw new ScriptError('empty aggregate');
    return { buckets: this.buckets, histogram: this.shape.histogram };
  }

  /** `@hist_log(x)[index]`. */
  bucket(index: bigint): bigint {
    const { buckets } = this.countedBuckets();
    if (index < 0n || index >= BigInt(buckets.length)) throw new ScriptError('histogram index out of range');
    return BigInt(buckets[Number(index)] ?? 0);
  }

  histogram(style?: HistogramStyle): string {
    const { buckets, histogram } = this.countedBuckets();
    const text = histogramText(histogram, buckets, style);
    if (text === undefined) throw new ScriptError('empty aggregate');
    return text;
  }
}

/** Checks that a layout keeps what reading it needs; a mistake here is the compiler's. */
export function checkLayout(shape: StatShape, layout: StatLayout): void {
  const needs = (fn: StatFunction): boolean => shape.functions.includes(fn);
  const missing =
    (needs('count') || needs('avg') || needs('min') || needs('max') || needs('variance')) && layout.count === undefined ? 'count'
      : (needs('sum') || needs('avg') || needs('variance')) && layout.sum === undefined ? 'sum'
        : needs('min') && layout.min === undefined ? 'min'
          : needs('max') && layout.max === undefined ? 'max'
            : needs('variance') && layout.variance === undefined ? 'variance'
              : shape.histogram !== undefined && layout.histogram?.buckets !== bucketCount(shape.histogram) ? 'its histogram' : undefined;
  if (missing !== undefined) throw new InternalError(`a statistic's layout lacks ${missing}`);
}

/** Reads one CPU's part. `at`: the statistic's start in `view`. */
function readPart(view: DataView, at: number, layout: StatLayout, shape: StatShape): Statistic {
  const part = new Statistic(shape);
  const word = (offset: number | undefined): bigint => (offset === undefined ? 0n : view.getBigInt64(at + offset, true));
  if (part.buckets !== undefined && layout.histogram !== undefined) {
    for (let bucket = 0; bucket < layout.histogram.buckets; bucket += 1) {
      part.buckets[bucket] = Number(view.getBigUint64(at + layout.histogram.offset + bucket * 8, true));
    }
  }
  part.sum = word(layout.sum);
  part.count = layout.count === undefined ? BigInt(part.buckets?.reduce((sum, count) => sum + count, 0) ?? 0) : word(layout.count);
  if (part.count === 0n) return part;
  if (layout.min !== undefined) part.min = word(layout.min) ^ EXTREME_RANK.min;
  if (layout.max !== undefined) part.max = word(layout.max) ^ EXTREME_RANK.max;
  if (layout.variance !== undefined) {
    Object.assign(part.own, { count: part.count, mean: word(layout.variance), squares: word(layout.variance + 8) } satisfies Spread);
  }
  return part;
}

/** Folds all CPUs' parts of a per-CPU value: `stride` bytes a CPU, the statistic at `offset` in each. */
export function readStatistic(value: Uint8Array, stride: number, offset: number, layout: StatLayout, shape: StatShape): Statistic {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const whole = new Statistic(shape);
  for (let at = offset; at + layout.bytes <= value.byteLength; at += stride) whole.merge(readPart(view, at, layout, shape));
  return whole;
}

/** Adds a value to the first CPU's part, in place. Only for maps that no kernel handler writes meanwhile. */
export function addToValue(value: Uint8Array, offset: number, layout: StatLayout, shape: StatShape, sample: bigint): void {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const part = readPart(view, offset, layout, shape);
  part.add(sample);
  const put = (at: number | undefined, word: bigint): void => {
    if (at !== undefined) view.setBigInt64(offset + at, BigInt.asIntN(64, word), true);
  };
  put(layout.count, part.count);
  put(layout.sum, part.sum);
  put(layout.min, part.min ^ EXTREME_RANK.min);
  put(layout.max, part.max ^ EXTREME_RANK.max);
  put(layout.variance, part.own.mean);
  if (layout.variance !== undefined) put(layout.variance + 8, part.own.squares);
  if (layout.histogram !== undefined) {
    const { offset: first } = layout.histogram;
    part.buckets?.forEach((count, bucket) => { put(first + bucket * 8, BigInt(count)); });
  }
}
