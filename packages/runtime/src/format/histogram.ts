/** @hist_log and @hist_linear: which bucket a value falls into, and the bar chart that printing one gives. */
import type { Histogram, Limits } from '@stapkit/object';
import { InternalError } from './script-error.js';

/** @hist_log has 128 buckets around this one, which counts the value 0; 65 counts 1, 66 counts 2 and 3, 63 counts -1. */
const ZERO_BUCKET = 64;
const LOG_BUCKETS = 128;
/** Empty rows shown on each side of the counted ones. */
const MARGIN = 2;

/** stap's HIST_WIDTH and HIST_ELISION. */
export interface HistogramStyle {
  /** Characters of the longest bar. */
  readonly width: number;
  /** Empty rows kept on each side of an elided run; negative: nothing is elided. */
  readonly elision: number;
}

const DEFAULT_STYLE: HistogramStyle = { width: 50, elision: 2 };

export function histogramStyle({ HIST_WIDTH, HIST_ELISION }: Pick<Limits, 'HIST_WIDTH' | 'HIST_ELISION'>): HistogramStyle {
  return { width: HIST_WIDTH ?? DEFAULT_STYLE.width, elision: HIST_ELISION ?? DEFAULT_STYLE.elision };
}

/** Bits needed for a magnitude: 0 for 0, 64 for 2^63. */
function bitLength(magnitude: bigint): number {
  return magnitude === 0n ? 0 : magnitude.toString(2).length;
}

/** Buckets of a histogram. Linear ones have one for values below, one for those above, and one for `high` itself. */
export function bucketCount(shape: Histogram): number {
  return shape.kind === 'log' ? LOG_BUCKETS : Math.trunc((shape.high - shape.low) / shape.interval) + 3;
}

export function bucketOf(shape: Histogram, value: bigint): number {
  if (shape.kind === 'log') return value < 0n ? ZERO_BUCKET - bitLength(-value) : ZERO_BUCKET + bitLength(value);
  if (value < BigInt(shape.low)) return 0;
  const index = (value - BigInt(shape.low)) / BigInt(shape.interval) + 1n;
  const last = bucketCount(shape) - 1;
  return index >= BigInt(last) ? last : Number(index);
}

/** The value that names a row: the bucket's bound that is nearest to 0 in logarithmic ones, its lower bound in linear ones. */
function rowLabel(shape: Histogram, bucket: number): string {
  if (shape.kind === 'linear') {
    if (bucket === 0) return `<${shape.low}`;
    if (bucket === bucketCount(shape) - 1) return `>${shape.high}`;
    return (shape.low + (bucket - 1) * shape.interval).toString();
  }
  if (bucket === ZERO_BUCKET) return '0';
  if (bucket > ZERO_BUCKET) return (1n << BigInt(bucket - ZERO_BUCKET - 1)).toString();
  return (-(1n << BigInt(ZERO_BUCKET - bucket - 1))).toString();
}

/** First and last row: the counted ones and two empty ones around them, where such rows make sense. */
function rowRange(shape: Histogram, counts: readonly number[]): { first: number; last: number } {
  const lowest = counts.findIndex((count) => count !== 0);
  const highest = counts.findLastIndex((count) => count !== 0);
  let floor = 0;
  let ceiling = counts.length - 1;
  if (shape.kind === 'log') {
    if (lowest >= ZERO_BUCKET) floor = ZERO_BUCKET; // below 0 only when something negative was counted
  } else {
    if (counts[0] === 0) floor = 1;
    if (counts[ceiling] === 0) ceiling -= 1;
  }
  return { first: Math.max(floor, lowest - MARGIN), last: Math.min(ceiling, highest + MARGIN) };
}

/** The end of the run of empty rows that starts at `row`, or `row` itself. */
function emptyRunEnd(counts: readonly number[], row: number, last: number): number {
  let end = row;
  while (end <= last && counts[end] === 0) end += 1;
  return end;
}

/**
 * The chart that stap prints, with its newline after the last row and the blank line that follows. Undefined when
 * nothing was counted (the script's error "empty aggregate").
 */
export function histogramText(shape: Histogram, counts: readonly number[], { width, elision }: HistogramStyle = DEFAULT_STYLE): string | undefined {
  if (counts.length !== bucketCount(shape)) throw new InternalError(`a histogram of ${bucketCount(shape)} buckets was given ${counts.length}`);
  const largest = counts.reduce((most, count) => Math.max(most, count), 0);
  if (largest === 0) return undefined;
  const { first, last } = rowRange(shape, counts);
  const rows = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const labelWidth = Math.max(5, ...rows.map((row) => rowLabel(shape, row).length));
  const countWidth = largest.toString().length;
  const scale = Math.max(1, Math.ceil(largest / width));
  const lines = [`${'value'.padStart(labelWidth)} |${'-'.repeat(width)} count`];
  const push = (row: number): void => {
    const count = counts[row] ?? 0;
    const bar = '@'.repeat(Math.floor(count / scale)).padEnd(width);
    lines.push(`${rowLabel(shape, row).padStart(labelWidth)} |${bar} ${count.toString().padStart(countWidth)}`);
  };
  for (let row = first; row <= last; ) {
    const end = emptyRunEnd(counts, row, last);
    if (elision >= 0 && end - row > 2 * elision) {
      for (let kept = row; kept < row + elision; kept += 1) push(kept);
      lines.push(`${' '.repeat(labelWidth + 1)}~`);
      row = end - elision;
      for (; row < end; row += 1) push(row);
    } else {
      push(row);
      row += 1;
    }
  }
  return `${lines.join('\n')}\n\n`;
}
