import { expect, test } from '@jest/globals';
import { textOfBytes, unescapeBytes } from './byte-text.js';

test.each([
  ['ASCII', 'plain\t', 'plain\t'],
  ['UTF-8', 'caf\xc3\xa9', 'caf\u00e9'],
  ['not UTF-8: the bytes stay visible', 'caf\xe9 \xc3\xa9', 'caf\\xe9 \\xc3\\xa9'],
  ['a byte order mark is part of the text', '\xef\xbb\xbfx', '\ufeffx'],
  ['empty', '', ''],
])('%s', (_name, bytes, text) => {
  expect(textOfBytes(bytes)).toBe(text);
});

test.each([
  ['/etc/passwd', '/etc/passwd'],
  ['a\\"b\\\\c', 'a"b\\c'],
  ['\\n\\t\\r', '\n\t\r'],
  ['caf\\303\\251', 'caf\xc3\xa9'],
  ['\\0019', '\x019'],
  ['\\377', '\xff'],
])('unescapeBytes(%j)', (quoted, bytes) => {
  expect(unescapeBytes(quoted)).toBe(bytes);
});
