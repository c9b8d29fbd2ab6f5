import { expect, test } from '@jest/globals';
import { DiagnosticSink } from '../diagnostics/index.js';
import type { PreprocessorFacts } from '../syntax/index.js';
import { createTapsetLibrary } from './library.js';
import { scanNames } from './scan.js';

const FACTS: PreprocessorFacts = {
  kernelVersion: '6.1.0', kernelRelease: '6.1.0', arch: 'x86_64', config: () => undefined, systemtapVersion: '5.6', runtime: 'bpf', guruMode: false, privilege: 'stapdev',
};

test.each([
  ['function f:long (a) { }\nprivate function g() %{ pid %}', { functions: ['f', 'g'] }],
  ['global a, b = 1, c="x;y", d[100], e%[10] f%\nglobal g = -3\nprivate global h\nprobe begin { }', { globals: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] }],
  ['probe a.b = c.d { x = 1 }\nprobe e += f { }\nprobe g.h = i = j.k("x") ?, l { }\nprobe begin { y == 2 }', { aliases: ['a.b', 'e', 'g.h', 'i'] }],
  ['@define one %( 1 %)\n@define two(a, b) %( @a %)', { macros: ['one', 'two'] }],
  ['global a function f() { } global b', { functions: ['f'], globals: ['a', 'b'] }],
])('names in %j', (text, names) => {
  expect(scanNames(text)).toEqual({ functions: [], globals: [], aliases: [], macros: [], ...names });
});

function library(files: Readonly<Record<string, string>>) {
  const diagnostics = new DiagnosticSink();
  const made = createTapsetLibrary(Object.entries(files).map(([path, text]) => ({ path, text })), { diagnostics, facts: FACTS });
  return { made, diagnostics };
}

test('a file is parsed when a name in it is asked for, and once', () => {
  const { made, diagnostics } = library({ 'good.stp': 'function f() { return 1 } global g probe p.q = begin { }', 'bad.stp': 'function broken( { }' });
  expect(made.filesDeclaring('function', 'nosuch')).toEqual([]);
  const [script] = made.filesDeclaring('function', 'f');
  expect(made.filesDeclaring('global', 'g')).toEqual([script]);
  expect(made.filesDeclaring('alias', 'p')).toEqual([script]);
  expect(script?.span.source).toMatchObject({ file: 'good.stp', origin: 'tapset' });
  expect(diagnostics.all).toEqual([]);
  made.filesDeclaring('function', 'broken');
  expect(diagnostics.hasErrors).toBe(true);
});

test('names for hints leave out what starts with _', () => {
  const { made } = library({ 'a.stp': 'function f() { } function _g() { } probe x.y = begin { } probe x.z = begin { } probe _x = begin { }' });
  expect(made.names('function')).toEqual(['f']);
  expect(made.names('alias')).toEqual(['x.y', 'x.z']);
});

test('macros are found, and parsed file by file', () => {
  const { made, diagnostics } = library({ 'm.stpm': '@define one %( 1 %)\n@define two(a) %( @a + @one %)', 'n.stpm': '@define broken %(' });
  expect(made.macros.has('one')).toBe(true);
  expect(made.macros.get('two')?.params).toEqual(['a']);
  expect(made.macros.has('three')).toBe(false);
  expect(diagnostics.all).toEqual([]);
});

test('a used macro expands in a library file', () => {
  const { made, diagnostics } = library({ 'm.stpm': '@define one %( 1 %)', 'a.stp': 'function f() { return @one }' });
  expect(made.filesDeclaring('function', 'f')).toHaveLength(1);
  expect(diagnostics.all).toEqual([]);
});
