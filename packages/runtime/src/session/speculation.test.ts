import { expect, test } from '@jest/globals';
import { Speculation } from './speculation.js';

test('texts of an id come out in order, once', () => {
  const speculation = new Speculation();
  for (const text of ['1 a', '2 x y', '1  b\n', '1 ']) expect(speculation.keep(text)).toBe(true);
  expect(speculation.take('1')).toBe('a b\n');
  expect(speculation.take('1')).toBe('');
  expect(speculation.take('2')).toBe('x y');
});

test('what is never decided has a bound', () => {
  const speculation = new Speculation();
  const long = 'x'.repeat(1 << 20);
  for (let count = 0; count < 64; count++) expect(speculation.keep(`1 ${long}`)).toBe(true);
  expect(speculation.keep('2 more')).toBe(false);
  speculation.take('1');
  expect(speculation.keep('2 more')).toBe(true);
});
