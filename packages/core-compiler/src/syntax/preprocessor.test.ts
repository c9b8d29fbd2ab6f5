import { describe, expect, test } from '@jest/globals';
import { DiagnosticSink } from '../diagnostics/index.js';
import { SourceText } from '../source/index.js';
import { compareVersions, matchesWildcard } from './condition.js';
import { tokenize } from './lexer.js';
import { parseMacroLibrary } from './parse-script.js';
import type { ParseContext } from './parse-script.js';
import { FACTS, codeAt } from './parse.test-support.js';
import { preprocess } from './preprocessor.js';

/** The preprocessed text with blanks between tokens, or the codes of the errors. */
function run(text: string, context: Partial<ParseContext> = {}): string {
  const diagnostics = new DiagnosticSink();
  const full = { facts: FACTS, args: [], ...context, diagnostics };
  const { tokens } = preprocess(tokenize(new SourceText('t', text), full), full);
  if (diagnostics.all.length > 0) return diagnostics.all.map(codeAt).join(' ');
  return tokens.slice(0, -1).map((token) => token.text).join(' ');
}

describe('conditionals', () => {
  test.each<[condition: string, truth: boolean]>([
    ['1 == 1', true], ['1 != 1', false], ['2 < 10', true], ['2 >= 10', false], ['0x10 == 16', true], ['18446744073709551615 < 0', true],
    ['"a" < "b"', true], ['"10" < "9"', true], ['"a" == "a"', true], ['"a" != "a"', false],
    ['kernel_v >= "2.6.9"', true], ['kernel_v < "6.10"', true], ['kernel_v == "6.1.0"', true], ['kernel_v == "6.*"', true], ['kernel_v != "6.*"', false], ['kernel_v > "6.1"', true],
    ['kernel_vr == "6.1.0-56-amd64"', true], ['kernel_vr == "*-amd64"', true], ['kernel_vr == "6.1.?-[0-9]*"', true], ['kernel_vr >= "6.1.0-9"', true], ['kernel_vr == "*arm*"', false],
    ['arch == "x86_64"', true], ['arch != "x86_64"', false], ['arch == "x86*"', true], ['runtime == "bpf"', true], ['runtime != "kernel"', true],
    ['systemtap_v >= "4.0"', true], ['systemtap_v < "5.10"', true], ['systemtap_privilege == "stapdev"', true], ['guru_mode == 0', true], ['guru_mode != 0', false],
    ['CONFIG_SMP == "y"', true], ['CONFIG_EXT4_FS == "[ym]"', true], ['CONFIG_NONE == "n"', false], ['CONFIG_NONE == ""', true], ['CONFIG_NONE != "y"', true],
    ['CONFIG_HZ == "250"', true], ['CONFIG_HZ >= 100', true], ['CONFIG_HZ < 1000', true], ['CONFIG_NONE >= 1', false], ['CONFIG_HZ >= CONFIG_NONE', true], ['CONFIG_HZ > CONFIG_HZ', false],
    ['1 == 1 && 1 == 2', false], ['1 == 2 || 1 == 1', true], ['1 == 1 || 1 == 1 && 1 == 2', true], ['1 == 2 && 1 == 1 || 1 == 2', false], ['1 == 2 && 1 == 2 || 1 == 1', true],
    ['$# == 2', true], ['$1 == 7', true], ['@1 == "7"', true], ['@2 == "x y"', true], ['$# >= 3', false],
  ])('%s', (condition, truth) => { expect(run(`%( ${condition} %? yes %: no %)`, { args: ['7', 'x y'] })).toBe(truth ? 'yes' : 'no'); });

  test.each<[text: string, result: string]>([
    ['a %( 1 == 1 %? b %) c', 'a b c'], ['a %( 1 == 2 %? b %) c', 'a c'], ['%( 1 == 2 %? a %: b %)', 'b'],
    ['%( 1 == 1 %? %( 1 == 2 %? a %: b %) %: %( 1 == 1 %? c %) %)', 'b'], ['%( 1 == 2 %? %( 1 == 1 %? a %: b %) c %: d %( 1 == 1 %? e %) %)', 'd e'],
    ['%( 1 == 1 %? a %: "unclosed\n $9 12x \xff %)', 'a'], ['%( 1 == 2 %? "unclosed\n $9 @no(1 %: a %)', 'a'],
    ['%( $# > 0 %? $1 %: 5 %)', '5'], ['%( 1 == 1 %? %)', ''], ['%( 1 == 1 %? a %: %( 2 == 2 %? b %: c %) %) d', 'a d'],
    ['%( 1 == 1 %? @define x %( 1 %) %: @define x %( 2 %) %) @x', '1'], ['%( 1 == 2 %? @define x %( 1 %) %: @define x %( 2 %) %) @x', '2'],
  ])('%s', (text, result) => { expect(run(text)).toBe(result); });

  test.each<[text: string, codes: string]>([
    ['%( 1 %? a %)', 'E0121@1:6'], ['%( 1 == %? a %)', 'E0121@1:9'], ['%( foo == 1 %? a %)', 'E0121@1:4'], ['%( 1 == "1" %? a %)', 'E0121@1:9'], ['%( kernel_v == 6 %? a %: b %)', 'E0121@1:16'],
    ['%( arch < "x" %? a %)', 'E0121@1:9'], ['%( 1 == 1 ? a %: b %)', 'E0121@1:11'], ['%( 1 == 1 2 %? a %)', 'E0121@1:11'], ['%( guru_mode == "1" %? a %)', 'E0121@1:17'], ['%( %? a %)', 'E0121@1:4'],
    ['%( 1 == 1 %? a', 'E0122@1:1'], ['%( 1 == 2 %? a', 'E0122@1:1'], ['%( 1 == 1', 'E0122@1:1'], ['%( 1 == 1 %? a %: b', 'E0122@1:1'], ['%( -1 == 1 %? a %)', 'E0121@1:4'],
    ['a %) b', 'E0123@1:3'], ['a %: b', 'E0123@1:3'], ['a %? b', 'E0123@1:3'],
    ['%( $2 == 1 %? a %)', 'E0107@1:4'], ['%( 1 == 1 && @3 == "x" %? a %)', 'E0107@1:14'], ['%( CONFIG_X %? a %)', 'E0121@1:13'],
  ])('%s is refused at %s', (text, codes) => { expect(run(text, { args: ['1'] })).toBe(codes); });

  test('asking about the kernel binds to it', () => {
    const asked: string[] = [];
    run('%( arch == "x" || systemtap_v == "1" || runtime == "bpf" %? a %)', { kernelAsked: () => asked.push('no') });
    expect(asked).toEqual([]);
    run('%( kernel_v == "1" || kernel_vr == "1" && CONFIG_SMP == "y" %? a %)', { kernelAsked: () => asked.push('yes') });
    expect(asked).toEqual(['yes', 'yes', 'yes']);
  });

  test('an unknown kernel cannot be asked about', () => {
    expect(run('%( kernel_v >= "2.6" %? a %)', { facts: { ...FACTS, kernelRelease: '', kernelVersion: '' } })).toBe('E0124@1:4');
  });
});

describe('macros', () => {
  test.each<[text: string, result: string]>([
    ['@define a %( 1 2 %) @a @a', '1 2 1 2'], ['@define a(x) %( @x @x %) @a(b)', 'b b'], ['@define a(x, y) %( @y @x %) @a(f(1, 2), g[3, 4])', 'g [ 3 , 4 ] f ( 1 , 2 )'],
    ['@define a %( @b %) @define b %( c %) @a', 'c'], ['@define a(x) %( <@x> %) @a(@a(1))', '< < 1 > >'], ['@define a(x) %( %( 1 == 1 %? @x %: 0 %) %) @a(7)', '7'],
    ['@define a %( %( 1 == 2 %? x %: y %) %) @a', 'y'], ['@define a(x) %( @b(@x) %) @define b(x) %( [@x] %) @a(q)', '[ q ]'], ['@define a(count) %( @count %) @a(1) @count(2)', '1 @count ( 2 )'],
    ['@define a(x) %( "@x" %) @a(1)', '@x'], ['@define a %( %) x @a y', 'x y'], ['@nothing @count(x)', '@nothing @count ( x )'], ['@define if %( x %) @if', 'x'],
    ['@define a(x) %( @x %) @a()', ''], ['@define a(x) %( @x %) @a({1, 2})', '{ 1 , 2 }'], ['@define g %( @f %) @define f(x) %( <@x> %) @g(1)', '< 1 >'],
    ['@define a(x,x2) %( @x2 @x %) @a(1,2)', '2 1'], ['@define a(x) %( %{ @x %} %) @a(1)', ' @x '], ['@define a(x) %( @x %) @a($1) $2', '7 8'],
    ['@define count(x) %( mine %) @count(1)', 'mine'],
  ])('%s', (text, result) => { expect(run(text, { args: ['7', '8'] })).toBe(result); });

  test.each<[text: string, codes: string]>([
    ['@define', 'E0111@1:8'], ['@define 1 %( %)', 'E0111@1:9'], ['@define a 1', 'E0111@1:11'], ['@define a %( 1', 'E0111@1:1'], ['@define a( %( %)', 'E0111@1:12'], ['@define a() %( 1 %)', 'E0111@1:11'],
    ['@define a %( 1 %) @define a %( 2 %)', 'E0112@1:27'], ['@define a(x) %( 1 %) @a', 'E0113@1:22'], ['@define a(x) %( 1 %) @a(1, 2)', 'E0113@1:22'], ['@define a(x, y) %( 1 %) @a(1)', 'E0113@1:25'],
    ['@define a(x) %( 1 %) @a(1', 'E0114@1:22'], ['@define a %( @a %) @a', 'E0115@1:20'], ['@define a %( @b %) @define b %( @a %) @a', 'E0115@1:39'],
  ])('%s is refused', (text, codes) => { expect(run(text).slice(0, codes.length)).toBe(codes); });

  test('a macro that doubles itself ends', () => {
    const doubled = Array.from({ length: 40 }, (_, index) => `@define a${index} %( @a${index + 1} @a${index + 1} %)`).join(' ');
    expect(run(`${doubled} @a0`)).toContain('E0116');
  });
  test('deep nesting of calls ends', () => { expect(run(`@define a(x) %( @x %) ${'@a('.repeat(3000)}1${')'.repeat(3000)}`)).toContain('E0116'); });
  test('arguments 90 deep are fine', () => { expect(run(`@define a(x) %( @x %) ${'@a('.repeat(90)}1${')'.repeat(90)}`)).toBe('1'); });

  test('library macros, and the file\'s own before them', () => {
    const diagnostics = new DiagnosticSink();
    const macros = parseMacroLibrary(new SourceText('lib.stpm', '@define a(x) %( lib @x %)\n%( 1 == 1 %? @define b %( yes %) %)'), { diagnostics, facts: FACTS, args: [] });
    expect(diagnostics.all).toEqual([]);
    expect([...macros.keys()]).toEqual(['a', 'b']);
    expect(run('@a(1) @b', { macros })).toBe('lib 1 yes');
    expect(run('@define b %( mine %) @a(@b)', { macros })).toBe('lib mine');
  });
  test('a macro file holds definitions alone', () => {
    const diagnostics = new DiagnosticSink();
    parseMacroLibrary(new SourceText('lib.stpm', 'probe begin {}'), { diagnostics, facts: FACTS, args: [] });
    expect(diagnostics.all.map(codeAt)).toEqual(['E0125@1:1']);
  });

  test('tokens remember the calls they came through', () => {
    const diagnostics = new DiagnosticSink();
    const context = { diagnostics, facts: FACTS, args: [] };
    const { tokens } = preprocess(tokenize(new SourceText('t', '@define a %( @b %) @define b %( c %) @a'), context), context);
    const spans: string[] = [];
    for (let span = tokens[0]?.span; span !== undefined; span = span.usedAt) spans.push(`${span.start}`);
    expect(spans).toEqual(['32', '13', '37']);
  });
});

test.each<[a: string, b: string]>([
  ['2.6.9', '2.6.10'], ['2.6.18', '2.6.32'], ['6.1', '6.1.0'], ['6.1.0-9-amd64', '6.1.0-56-amd64'], ['5.19', '6.1'], ['000', '00'], ['00', '01'], ['01', '010'], ['010', '09'], ['09', '0'], ['0', '1'], ['1', '9'], ['9', '10'],
  ['', 'a'], ['a', 'b'], ['1.a', '1.b'], ['4.8', '5.6'], ['6.9', '6.12'],
])('version %s < %s', (a, b) => {
  expect(Math.sign(compareVersions(a, b))).toBe(-1);
  expect(Math.sign(compareVersions(b, a))).toBe(1);
  expect(compareVersions(a, a)).toBe(0);
});

test.each<[text: string, pattern: string, match: boolean]>([
  ['abc', 'a*', true], ['abc', '*c', true], ['abc', 'a?c', true], ['abc', 'a[b-d]c', true], ['abc', 'a[!b]c', false], ['abc', 'a[^x]c', true], ['a.c', 'a.c', true], ['abc', 'a.c', false],
  ['', '*', true], ['a*c', String.raw`a\*c`, true], ['abc', String.raw`a\*c`, false], ['a]c', 'a[]]c', true], ['a[', 'a[', true], ['x', '[z-a]', false], ['a\nb', 'a*b', true], ['(x)', '(*)', true],
])('wildcard %j %s', (text, pattern, match) => { expect(matchesWildcard(text, pattern)).toBe(match); });
