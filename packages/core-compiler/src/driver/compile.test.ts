import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { renderDiagnostic } from '../diagnostics/index.js';
import type { Target } from '../target/index.js';
import { compile, listProbePoints } from './compile.js';
import type { CompileInput, CompileResult } from './compile.js';
import { COMPILER_VERSION } from './version.js';

const TARGET: Target = {
  arch: 'x86_64', kernelRelease: '6.1.0-56-amd64', config: () => undefined, btf: undefined, btfProblem: 'a test',
  features: { loop: true, forEachMapElem: true, atomicFetch: true, lookupPerCpu: true, taskRegisters: true, snprintf: true, attachCookie: true, trampolines: true },
  readBinary: () => undefined, resolvePath: () => undefined,
};
const TAPSET = [
  { path: 'twice.stp', text: 'function twice:long (x:long) { return x * 2 }\nglobal uses\nfunction counted() { uses++; return uses }' },
  { path: 'broken.stp', text: 'function broken() { return ; x = }' },
  { path: 'macros.stpm', text: '@define three %( 3 %)' },
];

function run(text: string, part: Partial<CompileInput> = {}): CompileResult {
  return compile({ scripts: [{ file: 'test.stp', text }], args: [], tapset: TAPSET, syscallTable: '', target: TARGET, name: 'test', ...part });
}

const codes = (result: CompileResult): readonly string[] => result.diagnostics.map((one) => one.code);
const passes = (result: CompileResult): readonly string[] => result.timings.map((one) => one.pass);

describe('compile', () => {
  test('goes through all passes', () => {
    const result = run('global n\nprobe begin { n = twice(@three); println(n) }\nprobe end { println(n) }');
    expect(result.diagnostics.map((one) => renderDiagnostic(one))).toEqual([]);
    expect(passes(result)).toEqual(['parse', 'elaborate', 'translate', 'write']);
    expect(result.object?.bytes.subarray(0, 4)).toEqual(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46));
    expect(result.object?.metadata).toMatchObject({ name: 'test', kernelBound: false, compiler: COMPILER_VERSION });
  });

  test.each<[until: 'parse' | 'elaborate' | 'translate' | 'write', reached: readonly string[]]>([
    ['parse', ['parse']], ['elaborate', ['parse', 'elaborate']], ['translate', ['parse', 'elaborate', 'translate']], ['write', ['parse', 'elaborate', 'translate', 'write']],
  ])('stops after %s', (until, reached) => {
    const result = run('probe begin { println(1) }', { until });
    expect(passes(result)).toEqual(reached);
    expect(result.object === undefined).toBe(until !== 'write');
    expect([result.dump('parse'), result.dump('elaborate'), result.dump('translate')].map((text) => text !== '')).toEqual([true, reached.length > 1, reached.length > 2]);
  });

  test('dumps', () => {
    const result = run('global a%[10], s\nprobe begin { a[1, "x"] = twice(2); s <<< 1; foreach ([i, j] in a) println(i, j, @count(s)) }');
    expect(result.diagnostics.map((one) => renderDiagnostic(one))).toEqual([]);
    expect(result.dump('parse')).toMatch(/^# parse tree dump\n# file test\.stp\nglobal a%\[10\]\nglobal s\nprobe begin \{\n/);
    expect(result.dump('elaborate')).toBe('# globals\na%[10]:long [long, string]\ns:stats\n# functions\ntwice:long (x:long)\n# probes\nbegin /* <- begin */\n  # locals\n  i:long\n  j:string\n');
  });

  test.each<[text: string, expected: readonly string[], reached: readonly string[]]>([
    ['probe begin { x = }', ['E0201'], ['parse']], ['probe begin { println($1) }', ['E0107'], ['parse']],
  ])('%s stops at its error', (text, expected, reached) => {
    const result = run(text);
    expect(codes(result)).toEqual(expected);
    expect(passes(result)).toEqual(reached);
    expect(result.object).toBeUndefined();
    expect(result.dump('elaborate')).toBe('');
  });
  test('an error of pass 2 is the last', () => {
    const result = run('probe begin { nothing_of_that_name(1) }');
    expect(result.diagnostics.some((one) => one.severity === 'error' && one.code.startsWith('E03'))).toBe(true);
    expect(passes(result)).toEqual(['parse', 'elaborate']);
    expect(result.dump('elaborate')).toBe('');
  });

  test('arguments: used, and unused with a warning that keeps the object', () => {
    expect(codes(run('probe begin { println($1, @2) }', { args: ['1', 'b'] }))).toEqual([]);
    const result = run('probe begin { println(@2) }', { args: ['1', 'b', 'c'] });
    expect(result.diagnostics.map((one) => one.message)).toEqual(["unused command line option $1/@1: '1'", "unused command line option $3/@3: 'c'"]);
    expect(result.object).toBeDefined();
  });
  test('the library sees the arguments, and what it reads is used', () => {
    const tapset = [{ path: 'argv.stp', text: 'global argc = $#\nglobal argv\nprobe begin(-1) { %( $# >= 2 %? argv[2] = @2 %) }' }];
    const result = run('probe begin { println(argc, argv[2]) }', { tapset, args: ['1', 'b'] });
    expect(result.diagnostics.map((one) => one.message)).toEqual(["unused command line option $1/@1: '1'"]);
    expect(result.object).toBeDefined();
  });
  test('an argument used by any script is used', () => {
    const scripts = [{ file: 'a.stp', text: 'probe begin { println(1) }' }, { file: 'b.stp', text: 'probe end { println(@1) }' }];
    expect(codes(run('', { scripts, args: ['x'] }))).toEqual([]);
  });

  test.each<[text: string, bound: boolean]>([
    ['probe begin { println(%( kernel_v >= "2.6" %? 1 %: 2 %)) }', true], ['probe begin { println(%( CONFIG_SMP == "y" %? 1 %: 2 %)) }', true], ['probe begin { println(%( arch == "x86_64" && runtime == "bpf" && systemtap_v >= "5.6" %? 1 %: 2 %)) }', false],
  ])('%s binds to the kernel: %s', (text, bound) => { expect(run(text).object?.metadata.kernelBound).toBe(bound); });
  test('facts come from the target', () => {
    const text = 'probe begin { %( kernel_v == "6.1.0" && kernel_vr == "6.1.0-56-amd64" && arch == "arm64" && CONFIG_X == "m" && guru_mode == 1 && systemtap_privilege == "stapdev" %? println(1) %: x = ; %) }';
    expect(codes(run(text, { until: 'parse', guruMode: true, target: { ...TARGET, arch: 'aarch64', config: (name) => (name === 'CONFIG_X' ? 'm' : undefined) } }))).toEqual([]);
  });

  test('a fault of the library is told as such', () => {
    const result = run('probe begin { broken() }');
    const fault = result.diagnostics.find((one) => one.code === 'E0201');
    expect(fault?.span?.source.file).toBe('broken.stp');
    expect(fault?.hints?.at(-1)).toMatch(/tapset library/);
    expect(result.object).toBeUndefined();
  });

  test('times are measured by the clock that is given', () => {
    let time = 0;
    expect(run('probe begin { println(1) }', { now: () => (time += 5), until: 'elaborate' }).timings).toEqual([{ pass: 'parse', milliseconds: 5 }, { pass: 'elaborate', milliseconds: 5 }]);
  });

  test('global overrides and limits reach their passes', () => {
    const result = run('global limit_n = 1\nprobe begin { println(limit_n++) }', { globalOverrides: new Map([['limit_n', '7']]), limits: { MAXERRORS: 3 } });
    expect(result.object?.metadata.limits).toMatchObject({ MAXERRORS: 3, MAXMAPENTRIES: 2048 });
    expect(result.object?.metadata.globals).toMatchObject([{ name: 'limit_n', initial: 7n }]);
  });
});

test.each<[what: string, text: string]>([
  ['sum', `println(${Array.from({ length: 500 }, () => 'n').join(' + ')})`], ['concatenation', `println(${Array.from({ length: 500 }, () => 'pp').join(' . ')}) pp = "x"`], ['conjunction', `println(${Array.from({ length: 500 }, () => 'n').join(' && ')})`],
  ['nested parentheses', `println(${'(n + '.repeat(180)}1${')'.repeat(180)})`], ['else-if', Array.from({ length: 1000 }, (_, index) => `if (n == ${index}) println(${index})`).join(' else ')], ['nested blocks', `${'if (n++) { '.repeat(90)} println(1) ${'}'.repeat(90)}`],
])('the deepest %s that the parser takes goes through all passes', (_what, text) => {
  const result = run(`global n, pp = "a"\nprobe begin { ${text} n++ }`);
  expect(result.diagnostics.map((one) => renderDiagnostic(one))).toEqual([]);
  expect(result.object).toBeDefined();
});

test('lists probe points', () => {
  const { probes } = listProbePoints('timer.s(1)', { tapset: TAPSET, syscallTable: '', target: TARGET }, true);
  expect(probes.map((probe) => probe.name)).toEqual(['timer.s(1)']);
});

test('the version is the package\'s', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  expect(COMPILER_VERSION).toBe(version);
});
