/** Histograms as scripts print them (print(@hist_log(x))), taken up again for programs. */

export interface Bucket {
  /** The bucket's lower end. */
  readonly value: number;
  readonly count: number;
}

export interface Histogram {
  /** Of the line "histogram TAB TITLE" before it; '' without one. */
  readonly title: string;
  /** As printed. */
  readonly lines: readonly string[];
  readonly buckets: readonly Bucket[];
}

export const HISTOGRAM_HEAD = /^\s*value \|-+ count$/;

/** A bucket's line: `   16 |@@@@      4`. Undefined for "~", which stands for empty buckets. */
export function parseBucket(line: string): Bucket | undefined {
  const [, value, count] = /^\s*([<>]?-?\d+) \|@*\s+(\d+)$/.exec(line) ?? [];
  return value === undefined || count === undefined ? undefined : { value: Number(value.replace(/^[<>]/, '')), count: Number(count) };
}
