/** The search of large sections against a look at every byte. */
import { expect, test } from '@jest/globals';
import { mayDeclare } from './abbreviations.js';
import { NeedleSearch } from './byte-search.js';

/** Few different bytes, so that needles, and starts of them, are everywhere; the same at every run. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 7;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = (state >>> 24) % 5;
  }
  return bytes;
}

const everyPlace = (haystack: Buffer, needle: Uint8Array, end: number): number[] => Array.from({ length: end }, (_, at) => at).filter((at) => haystack.subarray(at, at + needle.length).equals(needle));

test.each([[1, 4], [3, 4], [7, 4], [8, 4], [60, 4], [3, 2], [2, 12]])('%i needles of %i bytes', (count, size) => {
  const haystack = noise(6000);
  const needles = Array.from({ length: count }, (_, index) => haystack.subarray(90 * index + 5, 90 * index + 5 + size));
  const end = 5990;
  const found = new Set<number>();
  new NeedleSearch(needles).search(haystack, end, (at) => {
    found.add(at);
    return at + 1;
  });
  expect([...found].sort((a, b) => a - b)).toEqual([...new Set(needles.flatMap((needle) => everyPlace(haystack, needle, end)))].sort((a, b) => a - b));
});

test.each([2, 20])('of %i needles nothing is told before the place to go on from', (count) => {
  const haystack = Buffer.alloc(100, 'abcd');
  const needles = Array.from({ length: count }, (_, index) => Buffer.from(index === 0 ? 'abcd' : `no${String(index).padStart(2, '0')}`));
  const found: number[] = [];
  new NeedleSearch(needles).search(haystack, 100, (at) => {
    found.push(at);
    return at + 41;
  });
  expect(found).toEqual([0, 44, 88]);
});

test('a pair of attribute and form is seen where it stands, with numbers of more bytes too', () => {
  const bytes = Uint8Array.of(1, 0x11, 0, 0x31, 0x10, 0xb0, 0x42, 0x0e, 0, 0);
  expect([[0x31, 0x10], [0x2130, 0x0e], [0x31, 0x13], [0x2130, 0x1f02]].map(([attribute, form]) => mayDeclare(bytes, [[attribute!, form!]]))).toEqual([true, true, false, false]);
});
