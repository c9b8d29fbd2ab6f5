import { expect, test } from '@jest/globals';
import type { LongBinary } from '@stapkit/object';
import fc from 'fast-check';
import { binaryValue, unaryValue } from './fold.js';

const LEAST = -(2n ** 63n);

test.each<[LongBinary, bigint, bigint, bigint | undefined]>([
  ['add', 2n ** 63n - 1n, 1n, LEAST],
  ['mul', 2n ** 62n, 4n, 0n],
  ['div', -7n, 2n, -3n],
  ['mod', -7n, 2n, -1n],
  ['div', LEAST, -1n, LEAST],
  ['mod', LEAST, -1n, 0n],
  ['div', 1n, 0n, undefined],
  ['mod', 1n, 0n, undefined],
  ['shl', 1n, 64n, 1n],
  ['shl', 1n, 63n, LEAST],
  ['shr', LEAST, 63n, -1n],
  ['ushr', LEAST, 63n, 1n],
  ['ushr', -1n, -1n, 1n],
  ['lt', -1n, 0n, 1n],
])('%s(%s, %s) = %s', (fn, a, b, result) => {
  expect(binaryValue(fn, a, b)).toBe(result);
});

const long = fc.bigInt({ min: LEAST, max: -LEAST - 1n });
const FUNCTIONS: readonly LongBinary[] = ['add', 'sub', 'mul', 'div', 'mod', 'and', 'or', 'xor', 'shl', 'shr', 'ushr', 'eq', 'ne', 'lt', 'le', 'gt', 'ge'];

test('every result is a signed 64-bit number, and a = (a / b) * b + a % b', () => {
  fc.assert(fc.property(long, long, fc.constantFrom(...FUNCTIONS), (a, b, fn) => {
    const value = binaryValue(fn, a, b);
    if (value !== undefined) expect(BigInt.asIntN(64, value)).toBe(value);
    const [quotient, rest] = [binaryValue('div', a, b), binaryValue('mod', a, b)];
    if (quotient !== undefined && rest !== undefined) expect(BigInt.asIntN(64, quotient * b + rest)).toBe(a);
    expect(BigInt.asIntN(64, unaryValue('neg', a) + a)).toBe(0n);
  }));
});
