import { describe, expect, test } from '@jest/globals';
import type { Histogram } from '@stapkit/object';
import { bucketCount, bucketOf, histogramStyle, histogramText } from './histogram.js';

const LOG: Histogram = { kind: 'log' };

function chart(shape: Histogram, values: readonly (readonly [value: number, count: number])[]): string | undefined {
  const counts = new Array<number>(bucketCount(shape)).fill(0);
  for (const [value, count] of values) {
    const bucket = bucketOf(shape, BigInt(value));
    counts[bucket] = (counts[bucket] ?? 0) + count;
  }
  return histogramText(shape, counts);
}

test.each<[bigint, number]>([
  [0n, 64], [1n, 65], [2n, 66], [3n, 66], [4n, 67], [-1n, 63], [-2n, 62], [-3n, 62], [(1n << 63n) - 1n, 127], [-(1n << 63n), 0],
])('@hist_log counts %s in bucket %s', (value, bucket) => { expect(bucketOf(LOG, value)).toBe(bucket); });

test.each<[number, number]>([[-1, 0], [0, 1], [9, 1], [10, 2], [100, 11], [109, 11], [110, 12], [5000, 12]])(
  '@hist_linear(0, 100, 10) counts %s in bucket %s',
  (value, bucket) => { expect(bucketOf({ kind: 'linear', low: 0, high: 100, interval: 10 }, BigInt(value))).toBe(bucket); },
);

describe('charts', () => {
  test('nothing counted', () => { expect(chart(LOG, [])).toBeUndefined(); });

  test('small counts: a mark each, rows from 0, two empty rows after', () => {
    expect(chart(LOG, [[1, 9], [2, 46], [4, 40], [8, 30], [16, 2]])).toBe(`\
value |-------------------------------------------------- count
    0 |                                                    0
    1 |@@@@@@@@@                                           9
    2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@     46
    4 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@           40
    8 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                     30
   16 |@@                                                  2
   32 |                                                    0
   64 |                                                    0

`);
  });

  test('counts above 50 are scaled; the label column grows', () => {
    expect(chart(LOG, [[524288, 1], [1048576, 138], [2097152, 6], [4194304, 1]])).toBe(`\
   value |-------------------------------------------------- count
  131072 |                                                     0
  262144 |                                                     0
  524288 |                                                     1
 1048576 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@     138
 2097152 |@@                                                   6
 4194304 |                                                     1
 8388608 |                                                     0
16777216 |                                                     0

`);
  });

  test('negative values; a run of more than four empty rows is elided', () => {
    expect(chart(LOG, [[-4, 2], [0, 1], [600, 3]])).toBe(`\
value |-------------------------------------------------- count
  -16 |                                                   0
   -8 |                                                   0
   -4 |@@                                                 2
   -2 |                                                   0
   -1 |                                                   0
    0 |@                                                  1
    1 |                                                   0
    2 |                                                   0
      ~
  128 |                                                   0
  256 |                                                   0
  512 |@@@                                                3
 1024 |                                                   0
 2048 |                                                   0

`);
  });

  test('linear: elision as in the language reference, no rows for under- and overflow', () => {
    expect(chart({ kind: 'linear', low: 0, high: 10240, interval: 200 }, [[10, 1650], [200, 8], [1400, 1]])).toBe(`\
value |-------------------------------------------------- count
    0 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 1650
  200 |                                                      8
  400 |                                                      0
  600 |                                                      0
      ~
 1000 |                                                      0
 1200 |                                                      0
 1400 |                                                      1
 1600 |                                                      0
 1800 |                                                      0

`);
  });

  test('linear: rows for values outside, exactly four empty rows kept', () => {
    expect(chart({ kind: 'linear', low: 10, high: 70, interval: 10 }, [[3, 2], [10, 1], [60, 4], [1000, 1]])).toBe(`\
value |-------------------------------------------------- count
  <10 |@@                                                 2
   10 |@                                                  1
   20 |                                                   0
   30 |                                                   0
   40 |                                                   0
   50 |                                                   0
   60 |@@@@                                               4
   70 |                                                   0
  >70 |@                                                  1

`);
  });
});

describe("stap's settings", () => {
  const counts = Array.from({ length: 128 }, (_, bucket) => (bucket === 64 ? 9 : bucket === 76 ? 20 : 0));
  const rows = (settings: Parameters<typeof histogramStyle>[0]): string[] => (histogramText({ kind: 'log' }, counts, histogramStyle(settings)) ?? '').trimEnd().split('\n');

  test.each<[Parameters<typeof histogramStyle>[0], number, string]>([
    [{}, 10, '    0 |@@@@@@@@@                                           9'],
    [{ HIST_WIDTH: 10 }, 10, '    0 |@@@@        9'],
    [{ HIST_ELISION: 0 }, 5, '    0 |@@@@@@@@@                                           9'],
    [{ HIST_ELISION: -1 }, 16, '    0 |@@@@@@@@@                                           9'],
  ])('%j', (settings, count, first) => {
    expect(rows(settings)).toHaveLength(count);
    expect(rows(settings)[1]).toBe(first);
  });
});
