import { expect, test } from '@jest/globals';
import type { AttachPoint } from '@stapkit/object';
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { ElaboratedProgram } from '../semantic/index.js';
import { run } from '../semantic/elaborate.test-support.js';
import { lowerProgram } from './lower.js';
import { mergeProbes } from './merge-probes.js';
import { optimizeProgram } from './optimize.js';
import { printIr } from './print.js';
import { verifyIr } from './verify.js';

/** The handler at three functions of a program, as a wildcard gives it. */
function merged(handler: string, isReturn = false, attachOf?: (symbol: string, index: number) => AttachPoint): ReturnType<typeof mergeProbes> {
  const counts = handler.includes('n++') ? 'global n probe end { println(n) }' : '';
  const array = handler.includes('a[') ? 'global a probe end { foreach (x in a) println(x, a[x]) }' : '';
  const { program, codes } = run(`${counts} ${array} probe kernel.function("vfs_read")${isReturn ? '.return' : ''} { ${handler} }`);
  expect(codes.filter((code) => code.startsWith('E'))).toEqual([]);
  const probes = program.probes.flatMap((probe): ElaboratedProgram['probes'][number][] => {
    if (probe.where === 'host') return [probe];
    return ['one', 'two', 'three'].map((symbol, index) => {
      const name = `process("/x").function("${symbol}")`;
      return { ...probe, name, functionName: symbol, body: rename(probe.body, probe.name, name, symbol), attach: attachOf?.(symbol, index) ?? { kind: 'user-function', path: '/x', symbol, fileOffset: 16 * index, return: isReturn } };
    });
  });
  const diagnostics = new DiagnosticSink();
  return mergeProbes(lowerProgram({ ...program, probes }, { diagnostics, keepNames: true }));
}

/** A copy of a handler with its probe's names replaced; symbols are known by identity and stay. */
function rename<T>(value: T, from: string, to: string, symbol: string): T {
  const walk = (one: unknown, key: string): unknown => {
    if (key === 'symbol' || key === 'function' || key === 'span' || key === 'operatorSpan' || key === 'array') return one;
    if (one === from) return to;
    if (one === 'vfs_read') return symbol;
    if (Array.isArray(one)) return one.map((part: unknown) => walk(part, ''));
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, part]) => [name, walk(part, name)]));
  };
  return walk(value, '') as T;
}

const kernelProbes = ({ probes }: ReturnType<typeof mergeProbes>): number => probes.filter(({ where }) => where === 'kernel').length;

test.each([
  ['n++', false, 1],
  ['a[pid()]++', false, 1],
  ['a[ppfunc()]++', false, 1],
  ['println(pp(), " ", ppfunc())', false, 1],
  // One of them has the text for a name: it is not the others' code then.
  ['println("two", ppfunc())', false, 2],
  ['n++', true, 1],
  ['println(@entry(pid()))', true, 3],
])('%s (return: %p): %i', (handler, isReturn, count) => {
  const program = merged(handler, isReturn);
  expect(kernelProbes(program)).toBe(count);
  const diagnostics = new DiagnosticSink();
  const optimized = optimizeProgram(program, { diagnostics });
  verifyIr(optimized);
  expect(diagnostics.all).toEqual([]);
});

test('names are looked up by the cookie, and by the host when they are printed', () => {
  const program = merged('a[ppfunc()]++; println(pp())');
  expect(program.members).toEqual(['one', 'two', 'three'].map((symbol) => ({ name: `process("/x").function("${symbol}")`, function: symbol })));
  expect(program.probes.find(({ where }) => where === 'kernel')).toMatchObject({ name: 'kernel.function("vfs_read")', attach: { members: [{ symbol: 'one', fileOffset: 0, cookie: 0 }, { symbol: 'two', fileOffset: 16, cookie: 1 }, { symbol: 'three', fileOffset: 32, cookie: 2 }] } });
  const optimized = optimizeProgram(program, { diagnostics: new DiagnosticSink() });
  const text = printIr(optimized);
  expect(text).toContain('attach_cookie');
  expect(text).toContain('member_function');
  // The name is made where it is printed: no instruction of the handler has it as its result.
  expect(text).not.toMatch(/^ +\S+ = member_name/m);
  expect(optimized.members).toHaveLength(3);
  expect(optimized.globals.find(({ name }) => name === 'a')).toMatchObject({ keys: [{ type: 'string', capacity: 8 }] });
});

test('a handful of kernel functions keep programs of their own', () => {
  const { program } = run('global n probe kernel.function("vfs_*") { n++ } probe end { println(n) }');
  const lowered = lowerProgram(program, { diagnostics: new DiagnosticSink() });
  expect(lowered.probes.length).toBeGreaterThan(2);
  expect(mergeProbes(lowered)).toBe(lowered);
});

test('inlined bodies of a kernel function share a program, each with its offset; entries are of another kind', () => {
  const inside = merged('println(ppfunc())', false, (_symbol, index) => ({ kind: 'function', symbol: 'caller', return: false, arguments: 0, offset: 16 * index + 8, frame: { register: 7, offset: index } }));
  const [probe] = inside.probes;
  expect(probe?.attach).toMatchObject({ kind: 'function', members: [8, 24, 40].map((offset, cookie) => ({ symbol: 'caller', offset, cookie })) });
  expect(probe?.attach).not.toHaveProperty('offset');
  // The first is the function's own entry: fentry goes there.
  expect(kernelProbes(merged('n++', false, (_symbol, index) => ({ kind: 'function', symbol: 'caller', return: false, arguments: 0, offset: 16 * index })))).toBe(2);
});
