import { expect, test } from '@jest/globals';
import { clockTime, isoTime } from './times.js';

test.each([[1_795_000_000_000_042, '2026-11-18T11:06:40.000042Z'], [0, '1970-01-01T00:00:00.000000Z'], [999_999, '1970-01-01T00:00:00.999999Z']])('%i', (timeUs, text) => {
  expect(isoTime(timeUs)).toBe(text);
});

test('local time of day', () => {
  const noon = new Date(2026, 0, 2, 3, 4, 5, 678);
  expect(clockTime(noon.getTime() * 1000 + 999)).toBe('03:04:05');
});
