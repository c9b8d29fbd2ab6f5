import { describe, expect, test } from '@jest/globals';
import { SourceText } from '../source/index.js';
import { parseNumber, tokenize } from './lexer.js';
import { OPERATORS, quoteText } from './tokens.js';

/** "kind:text" of each token but the end. */
function tokens(text: string, args: readonly string[] = []): string[] {
  return tokenize(new SourceText('t', text), { args }).slice(0, -1).map((token) => `${token.kind}:${token.text}`);
}

/** The code of the first bad token. */
function problem(text: string, args: readonly string[] = []): string | undefined {
  return tokenize(new SourceText('t', text), { args }).find((token) => token.kind === 'bad')?.problem?.code;
}

describe('numbers', () => {
  test.each<[text: string, value: bigint | undefined]>([
    ['0', 0n], ['1', 1n], ['42', 42n], ['0x1F', 31n], ['0X1f', 31n], ['010', 8n], ['0777', 511n], ['00', 0n], ['0x0', 0n], ['0x00ff', 255n],
    ['9223372036854775807', 2n ** 63n - 1n], ['9223372036854775808', -(2n ** 63n)], ['18446744073709551615', -1n], ['0xffffffffffffffff', -1n],
    ['01777777777777777777777', -1n], ['18446744073709551616', undefined], ['0x10000000000000000', undefined], ['02000000000000000000000', undefined],
    ['09', undefined], ['0x', undefined], ['0xg', undefined], ['12ab', undefined], ['5s', undefined], ['0b11', undefined], [`1${'0'.repeat(5000)}`, undefined], [`0x${'0'.repeat(50)}1`, 1n],
  ])('%s', (text, value) => { expect(parseNumber(text)).toBe(value); });

  test('a bad number is one token', () => { expect(tokens('1 12ab 2')).toEqual(['number:1', 'bad:12ab', 'number:2']); });
  test('an underscore ends a number', () => { expect(tokens('1_000')).toEqual(['number:1', 'identifier:_000']); });
});

describe('strings', () => {
  test.each<[text: string, value: string]>([
    ['""', ''], ['"abc"', 'abc'], [String.raw`"\a\b\t\n\v\f\r\\"`, '\x07\b\t\n\v\f\r\\'], [String.raw`"\""`, '"'], [String.raw`"\101\7\1011"`, 'A\x07A1'],
    [String.raw`"\x41\x4g\xZ"`, 'A\x04gxZ'], [String.raw`"\x414"`, 'A4'], [String.raw`"\q\e\'"`, "qe'"], [String.raw`"\777"`, '\xff'], ['"\\\n"', '\n'], ['"a # b // c /* d"', 'a # b // c /* d'],
    ['"%{ %}"', '%{ %}'], ['"$1 @1"', '$1 @1'], ['"\xc3\xa9"', '\xc3\xa9'],
  ])('%s', (text, value) => { expect(tokens(text, ['x'])).toEqual([`text:${value}`]); });

  test.each<[text: string, code: string]>([
    ['"abc', 'E0102'], ['"abc\ndef"', 'E0102'], ['"abc\\', 'E0102'], ['"a\\', 'E0102'], [String.raw`"a\0b"`, 'E0109'], [String.raw`"\x0"`, 'E0109'],
  ])('%j is refused', (text, code) => { expect(problem(text)).toBe(code); });

  test('an unclosed string ends with its line', () => { expect(tokens('"abc\nx')).toEqual(['bad:"abc', 'identifier:x']); });
  test.each(['', 'a"b\\c\n\t\x01\x7f\xff', '\x1b[0m', '\x011'])('quoteText(%j) is read back', (text) => { expect(tokens(quoteText(text))).toEqual([`text:${text}`]); });
});

describe('words and operators', () => {
  test.each<[text: string, expected: readonly string[]]>([
    ['probe foo', ['keyword:probe', 'identifier:foo']],
    ['$foo $$vars$$ a$b _x', ['identifier:$foo', 'identifier:$$vars$$', 'identifier:a$b', 'identifier:_x']],
    ['@count @define @_x1', ['at:@count', 'at:@define', 'at:@_x1']],
    ['a<<<b<<=c<<d', ['identifier:a', 'operator:<<<', 'identifier:b', 'operator:<<=', 'identifier:c', 'operator:<<', 'identifier:d']],
    ['a>>>b>>=c>>d', ['identifier:a', 'operator:>>>', 'identifier:b', 'operator:>>=', 'identifier:c', 'operator:>>', 'identifier:d']],
    ['a->b--c', ['identifier:a', 'operator:->', 'identifier:b', 'operator:--', 'identifier:c']],
    ['a=~"x"', ['identifier:a', 'operator:=~', 'text:x']],
    ['%( 1 %? a %: b %)', ['operator:%(', 'number:1', 'operator:%?', 'identifier:a', 'operator:%:', 'identifier:b', 'operator:%)']],
    ['a%b', ['identifier:a', 'operator:%', 'identifier:b']],
    ['%{ x %% %}y', ['embedded: x %% ', 'identifier:y']],
    ['a # b\nc // d\n/* e\n */ f', ['identifier:a', 'identifier:c', 'identifier:f']],
    ['#!/usr/bin/stap\nx', ['identifier:x']],
    ['a/*b*/c', ['identifier:a', 'identifier:c']],
    ['&&=', ['operator:&&', 'operator:=']],
    ['..', ['operator:.', 'operator:.']],
    ['', []], ['  \t\r\n\v\f', []],
  ])('%j', (text, expected) => { expect(tokens(text)).toEqual(expected); });

  test.each(OPERATORS.flat())('operator %s', (operator) => { expect(tokens(`a ${operator} b`)).toEqual(['identifier:a', `operator:${operator}`, 'identifier:b']); });

  test.each<[text: string, code: string]>([
    ["'a'", 'E0105'], ["'", 'E0105'], ['\\', 'E0104'], ['`', 'E0104'], ['\xc3\xa9', 'E0104'], ['@', 'E0104'], ['/* x', 'E0103'], ['%{ x', 'E0106'],
  ])('%j is refused', (text, code) => { expect(problem(text)).toBe(code); });
  test('characters outside ASCII are one problem', () => { expect(tokens('\xc3\xa9\xe2\x82\xac x')).toEqual(['bad:\xc3\xa9\xe2\x82\xac', 'identifier:x']); });
});

describe('script arguments', () => {
  test.each<[text: string, args: readonly string[], expected: readonly string[]]>([
    ['$1', ['12'], ['number:12']],
    ['$1', ['vfs.read ? x'], ['identifier:vfs', 'operator:.', 'identifier:read', 'operator:?', 'identifier:x']],
    ['$1bar', ['foo'], ['identifier:foobar']],
    ['$1$2', ['a', 'b'], ['identifier:a', 'identifier:b']],
    ['$1$$', ['$foo'], ['identifier:$foo$$']],
    ['$1ms', ['12'], ['bad:12ms']],
    ['@1', ['a"b\\n'], ['text:a"b\\n']],
    ['@1@2', ['a', 'b'], ['text:a', 'text:b']],
    ['@1x', ['a'], ['text:a', 'identifier:x']],
    ['$# @#', ['a', 'b'], ['number:2', 'text:2']],
    ['$#', [], ['number:0']],
    ['$*', ['1', 'a b'], ['number:1', 'operator:,', 'identifier:a', 'identifier:b']],
    ['@*', ['1', 'a b'], ['text:1', 'operator:,', 'text:a b']],
    ['@*', [], []],
    ['$1', ['a # b'], ['identifier:a']],
    ['$1', [''], []],
    ['$10', Array.from({ length: 10 }, (_, index) => `a${index}`), ['identifier:a9']],
    ['x$1', ['y'], ['identifier:x$1']],
  ])('%s with %j', (text, args, expected) => { expect(tokens(text, args)).toEqual(expected); });

  test.each<[text: string, args: readonly string[], code: string]>([
    ['$1', [], 'E0107'], ['@2', ['x'], 'E0107'], ['$0', ['x'], 'E0107'], ['$99999999999999999999', ['x'], 'E0107'],
    ['$1', ['$2'], 'E0108'], ['$1', ['@1'], 'E0108'], ['$1', ['"x'], 'E0102'], ['$1', ['12'].map((one) => `${one}zz`), 'E0101'], ['$1', ['/* x'], 'E0103'],
  ])('%s with %j is refused', (text, args, code) => { expect(problem(text, args)).toBe(code); });

  test('pasted tokens remember where they were pasted', () => {
    const [token] = tokenize(new SourceText('t', ' $1'), { args: ['a'] });
    expect(token?.span).toMatchObject({ source: { file: '<argument 1>' }, start: 0, end: 1, usedAt: { source: { file: 't' }, start: 1, end: 3 } });
  });

  test('used arguments are told', () => {
    const used: number[] = [];
    tokenize(new SourceText('t', '$2 @3 "$1" $#'), { args: ['a', 'b', 'c'], usedArgument: (index) => used.push(index) });
    expect(used).toEqual([1, 2]);
  });
});

test('spans are byte ranges', () => {
  const spans = tokenize(new SourceText('t', ' a "b" 12'), { args: [] }).map(({ span }) => [span.start, span.end]);
  expect(spans).toEqual([[1, 2], [3, 6], [7, 9], [9, 9]]);
});
