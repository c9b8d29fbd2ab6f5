import { expect, test } from '@jest/globals';
import { PACKABLE, packText, packedBytes, unpackParts, unpackText } from './packed-text.js';

test.each<[string, bigint[]]>([
  ['stack_text', [0n]],
  ['stack_text', [-1n]],
  ['stack_lines', [0x8000_0000_0000_0080n - (1n << 64n), 2n]],
  ['address_text', [0x0123_4567_89ab_cdefn, 4711n, 5n]],
])('%s of %p comes back, in bytes that a string may have', (intrinsic, args) => {
  const text = packText({ intrinsic, args });
  expect(text).toHaveLength(packedBytes(args.length));
  expect(text).not.toContain('\0');
  expect(unpackText(text)).toEqual({ intrinsic, args });
});

test.each(['', 'x', '0xffffffff81000000 ', '\x01\x02stk', packText({ intrinsic: 'stack_text', args: [1n] }).slice(0, -1), `${packText({ intrinsic: 'stack_text', args: [1n] })}x`])('%j is a text like any other', (text) => {
  expect(unpackText(text)).toBeUndefined();
});

test('packed texts are found in a longer text; one that was cut is told', () => {
  const one = packText({ intrinsic: 'address_text', args: [1n, 2n, 3n] });
  const parts = [{ intrinsic: 'address_text', args: [1n, 2n, 3n] }];
  expect(unpackParts(`k:${one}:${one}!`)).toEqual(['k:', ...parts, ':', ...parts, '!']);
  expect(unpackParts(one)).toEqual(parts);
  expect(unpackParts(`${one}${one.slice(0, -1)}`)).toEqual([...parts, '...']);
  expect(unpackParts('plain')).toBeUndefined();
});

test('what is no text of stacks or symbols cannot be packed', () => {
  expect(() => packText({ intrinsic: 'quote', args: [] })).toThrow('cannot be packed');
  expect(PACKABLE.length).toBeLessThan(0x80);
});
