import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { StatFunction, StatShape } from '@stapkit/object';
import { statLayout } from './program.fixture.js';
import { Statistic, addToValue, checkLayout, readStatistic } from './statistic.js';

const EXACT: readonly StatFunction[] = ['count', 'sum', 'min', 'max', 'avg'];
const SHAPE: StatShape = { functions: EXACT, histogram: { kind: 'log' } };
const LAYOUT = statLayout(128);

/** The value of a per-CPU map: CPU n saw the n-th list of samples. */
function perCpu(cpus: readonly (readonly bigint[])[]): Uint8Array {
  const value = new Uint8Array(cpus.length * LAYOUT.bytes);
  cpus.forEach((samples, cpu) => {
    for (const sample of samples) addToValue(value, cpu * LAYOUT.bytes, LAYOUT, SHAPE, sample);
  });
  return value;
}

test('folding CPUs gives what one CPU would have counted', () => {
  const sample = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
  fc.assert(fc.property(fc.array(fc.array(sample, { maxLength: 5 }), { minLength: 1, maxLength: 4 }), (cpus) => {
    const whole = new Statistic(SHAPE);
    for (const one of cpus.flat()) whole.add(one);
    const folded = readStatistic(perCpu(cpus), LAYOUT.bytes, 0, LAYOUT, SHAPE);
    const kept = ({ count, sum, min, max, buckets }: Statistic): unknown => ({ count, sum, min, max, buckets });
    expect(kept(folded)).toEqual(kept(whole));
  }));
});

test('a CPU that saw nothing does not count as a minimum of 0', () => {
  const folded = readStatistic(perCpu([[], [5n, 9n], []]), LAYOUT.bytes, 0, LAYOUT, SHAPE);
  expect([folded.get('min'), folded.get('max'), folded.get('avg')]).toEqual([5n, 9n, 7n]);
});

describe('@variance', () => {
  const variance = (samples: readonly bigint[], varianceShift: number): bigint => {
    const statistic = new Statistic({ functions: ['variance'], varianceShift });
    for (const sample of samples) statistic.add(sample);
    return statistic.get('variance');
  };
  test('truncating division makes it coarse for small values, as in the example of man stap', () => {
    expect([variance([1n, 2n, 3n, 4n, 5n], 0), variance([1n, 2n, 3n, 4n, 5n], 1)]).toEqual([12n, 2n]);
    expect(variance([1n, 2n, 3n, 4n, 5n], 20)).toBe(2n); // 2.5
  });
  test('of two CPUs is near that of one', () => {
    const shape: StatShape = { functions: ['variance'], varianceShift: 10 };
    const [all, one, two] = [new Statistic(shape), new Statistic(shape), new Statistic(shape)];
    for (let sample = 0n; sample < 200n; sample += 1n) {
      all.add(sample * 10n);
      (sample % 3n === 0n ? one : two).add(sample * 10n);
    }
    one.merge(two);
    const apart = one.get('variance') - all.get('variance');
    expect(Math.abs(Number(apart))).toBeLessThan(335); // 0.1 % of 335,000
  });
});

test.each<[string, StatShape, Parameters<typeof checkLayout>[1]]>([
  ['count', { functions: ['min'] }, { bytes: 8, min: 0 }],
  ['sum', { functions: ['avg'] }, { bytes: 8, count: 0 }],
  ['its histogram', { functions: [], histogram: { kind: 'linear', low: 0, high: 10, interval: 1 } }, { bytes: 0, histogram: { offset: 0, buckets: 10 } }],
])('a layout without %s is refused', (missing, shape, layout) => {
  expect(() => { checkLayout(shape, layout); }).toThrow(`a statistic's layout lacks ${missing}`);
});

test('without a word for it, the count is that of the buckets', () => {
  const shape: StatShape = { functions: [], histogram: { kind: 'linear', low: 0, high: 2, interval: 1 } };
  const value = new Uint8Array(new BigInt64Array([0n, 4n, 1n, 0n, 0n]).buffer);
  const statistic = readStatistic(value, 40, 0, { bytes: 40, histogram: { offset: 0, buckets: 5 } }, shape);
  expect(statistic.get('count')).toBe(5n);
});
