import { expect, test } from '@jest/globals';
import { errnoName } from './errno-names.js';
import { escapeText, findText, quoteText, spanText } from './text-operations.js';

test.each([
  ['abc', '"abc"'], ['a"b\\c', '"a\\"b\\\\c"'], ["it's", '"it\'s"'], ['\t\n\x07\x0b', '"\\t\\n\\a\\v"'], ['\x01\xff\x7f', '"\\001\\377\\177"'], ['', '""'],
])('quote %j', (text, want) => {
  expect(quoteText(text, 511)).toBe(want);
  expect(escapeText(text, 511)).toBe(want.slice(1, -1));
});

test.each([
  ['abcdef', 8, '"abcdef"'], ['abcdefg', 8, '"abc"...'], ['abc\n', 8, '"abc\\n"'], ['abcd\n', 8, '"abcd\\n"'], ['abcde\n', 8, '"abc"...'], ['\n\n\n\n', 9, '"\\n\\n"...'], ['\x01\x01', 9, '"\\001"...'], ['\x01', 5, '""...'],
])('quote %j within %d bytes', (text, most, want) => { expect(quoteText(text, most)).toBe(want); });

test.each([['a\nb', 3, 'a\\n'], ['a\nb', 2, 'a'], ['\x01', 3, '']])('escape %j within %d bytes', (text, most, want) => { expect(escapeText(text, most)).toBe(want); });

test.each<[string, string, bigint, bigint]>([
  ['hello', 'l', 0n, 2n], ['hello', 'l', 3n, 3n], ['hello', 'l', 4n, -1n], ['hello', 'hello!', 0n, -1n], ['hello', '', 5n, 5n], ['hello', '', 6n, -1n], ['hello', 'h', -7n, 0n], ['', 'x', 0n, -1n],
])('find in %j the part %j from %s', (text, part, from, want) => { expect(findText(text, part, from)).toBe(want); });

test.each<[string, string, bigint, bigint, bigint]>([
  [' ,a', ' ,', 0n, 0n, 2n], ['ab,c', ',;', 0n, 1n, 2n], ['ab', ',', 0n, 1n, 2n], ['', ',', 0n, 0n, 0n], ['ab', '', 0n, 0n, 0n], ['ab', 'b', -1n, 5n, 1n], ['ab', 'b', 9n, 1n, 2n],
])('span of %j and %j from %s, wanted %s', (text, set, from, wanted, want) => { expect(spanText(text, set, from, wanted)).toBe(want); });

test.each<[bigint, string]>([[2n, 'ENOENT'], [11n, 'EAGAIN'], [41n, ''], [133n, 'EHWPOISON'], [512n, 'ERESTARTSYS'], [0n, ''], [-2n, ''], [99999n, '']])(
  'error %s', (value, want) => { expect(errnoName(value)).toBe(want); },
);
