import { expect, test } from '@jest/globals';
import { byExpression, latencyRow } from './latency-rows.js';

test.each([['function', 'ppfunc()'], ['pid', 'pid()'], ['$size', '@entry($size)'], ['$return', '$return'], ['@entry($a) + $return', '@entry($a) + $return'], ['user_string($path)', '@entry(user_string($path))']])('by %s is %s', (by, expression) => {
  expect(byExpression(by)).toBe(expression);
});

test('rows', () => {
  expect(latencyRow(['3', '1', '2', '4', '7', 'a\tb'])).toEqual({ calls: 3, min_ns: 1, avg_ns: 2, max_ns: 4, total_ns: 7, by: 'a\tb' });
  expect(latencyRow(['text'])).toBeUndefined();
});
