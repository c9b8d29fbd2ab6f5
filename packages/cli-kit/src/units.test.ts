import { expect, test } from '@jest/globals';
import { humanNumber, type Unit } from './units.js';

test.each<[number, Unit, string]>([
  [0, 'ns', '0ns'],
  [999, 'ns', '999ns'],
  [1500, 'ns', '1.50us'],
  [999_600, 'ns', '1.00ms'],
  [15_000, 'us', '15.0ms'],
  [150, 'ms', '150ms'],
  [2.5, 's', '2.50s'],
  [59.96, 's', '60.0s'],
  [125, 's', '2m05s'],
  [7_260, 's', '2h01m'],
  [0, 'bytes', '0B'],
  [1023, 'bytes', '1023B'],
  [12_595, 'bytes', '12.3K'],
  [3 * 1024 ** 3, 'bytes', '3.00G'],
  [2048, 'bytes/s', '2.00K/s'],
  [999, 'count', '999'],
  [1_200_000, 'count', '1.20M'],
  [12.34, '/s', '12.3'],
])('%d %s is %s', (value, unit, text) => {
  expect(humanNumber(value, unit)).toBe(text);
});
