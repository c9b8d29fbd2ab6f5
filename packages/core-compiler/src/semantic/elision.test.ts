/** What a program does not need, what it prints at its end, and -G. */
import { expect, test } from '@jest/globals';
import { run } from './elaborate.test-support.js';

test.each([
  ['probe file.read { println(1) }', 'printf("%d\\n", 1)'],
  ['probe file.read { println(bytes) }', '(bytes = $arg2)\n  printf("%d\\n", bytes)'],
  // conditions that guard nothing that is needed go too
  ['probe a = begin { if (pid() > 3) t = "x" else t = "y" u = 1 } probe a { println(u) }', '(u = 1)\n  printf("%d\\n", u)'],
  ['probe a = begin { if (pid() > 3) t = "x" else t = "y" u = 1 } probe a { println(t) }', 'if ((pid() > 3))\n    (t = "x")\n  else\n    (t = "y")\n  printf("%s\\n", t)'],
  // effects stay when their values go, and so do writes to globals
  ['function side() { println("s") return 3 } global y probe begin { x = side(); y[side()] = 2 y[4] = x++ }', '(x = side())\n  (y[side()] = 2)\n  (y[4] = x++)'],
  ['probe begin { n++ m -= 2 t .= "a" println(5) }', 'n++\n  (m -= 2)\n  (t = (t . "a"))\n  printf("%d\\n", 5)'],
  ['probe begin { x = exit_code = 3 println(x) }', '(x = 3)\n  printf("%d\\n", x)'],
  ['probe a = begin { try { t = 1 } catch { u = 2 } foreach (k in arr) { n = k } } global arr probe a { arr[1] = 2 println(5) }', 'printf("%d\\n", 5)'],
  ['probe a = begin { foreach (k in arr) { n = k } } global arr probe a { println(n) arr[1] = 2 }', 'foreach ([k] in arr)\n    (n = k)\n  printf("%d\\n", n)\n  (arr[1] = 2)'],
])('%s', (script, expected) => {
  const { text, diagnostics } = run(script);
  expect(diagnostics.filter((one) => one.severity === 'error')).toEqual([]);
  const lines = text.trimEnd().split('\n');
  const count = expected.split('\n').length;
  expect(lines.slice(-count).join('\n').trim()).toBe(expected);
  expect(lines.at(-count - 1)).toMatch(/^(\w.*|  \w+:\w+)$/);
});

test('functions that nothing calls are not there', () => {
  expect(run('function unused() { return pid() } probe begin { println(execname()) }').program.functions.map((one) => one.name)).toEqual(['execname']);
});

test.each([
  ['global n probe begin { n++ }', 'printf("n=%d\\n", n)'],
  ['global t probe begin { t = "u" }', 'printf("t=\\"%#s\\"\\n", t)'],
  ['global c probe begin { c["k", 1] += 2 }', 'foreach ([.key0, .key1] in c by value-)\n    printf("c[\\"%#s\\",%#d]=%d\\n", .key0, .key1, c[.key0, .key1])'],
  ['global s probe begin { s <<< 1 }', 'if (@count(s))\n    printf("s @count=%#x @min=%#x @max=%#x @sum=%#x @avg=%#x\\n", @count(s), @min(s), @max(s), @sum(s), @avg(s))\n  else\n    printf("s @count=0x0\\n")'],
])('printed at the end: %s', (script, expected) => {
  const { text, codes, program } = run(script, { autoPrint: true });
  expect(codes).toEqual([]);
  expect(program.globals).toMatchObject([{ autoPrint: true }]);
  expect(program.probes.map((probe) => probe.name)).toEqual(['begin', 'end']);
  expect(text).toContain(`  ${expected}\n`);
});

test('what is read, never written, or the library\'s is not printed at the end', () => {
  const { program } = run('global n, m probe begin { m = n; n++ note_open() }', { autoPrint: true });
  expect(program.globals.filter((one) => one.autoPrint).map((one) => one.name)).toEqual(['m']);
});

test.each<[string, Record<string, string>, string]>([
  ['global n = 1 probe begin { println(n) }', { n: '0x20' }, 'printf("%d\\n", 32)'],
  ['global n = 1 probe begin { println(n) n++ }', { n: '-5' }, 'printf("%d\\n", n)'],
  ['global n = "a" probe begin { println(n) }', { n: '7' }, 'printf("%s\\n", "7")'],
  ['global n probe begin { println(n) }', { n: '7' }, 'printf("%d\\n", 7)'],
  ['global n probe begin { println(n) }', { n: 'x.y' }, 'printf("%s\\n", "x.y")'],
  ['global n probe begin { printf("%s", n) }', { n: '7', unknown: '3' }, 'printf("%s", "7")'],
])('-G: %s', (script, overrides, expected) => {
  const { text, codes } = run(script, { overrides });
  expect(codes.filter((code) => code.startsWith('E'))).toEqual([]);
  expect(text).toContain(expected);
});

test('-G with no number for a long', () => {
  expect(run('global n = 1 probe begin { println(n) }', { overrides: { n: '1x' } }).codes).toEqual(['E0319@1:8']);
});

test('globals of several files: private ones are apart, others are shared', () => {
  const { program, codes } = run('private global p probe begin { p = 1 println(p) shared++ }', { more: ['private global p global shared probe end { p = "x" println(p) println(shared) }'] });
  expect(codes).toEqual([]);
  expect(program.globals.map((global) => [global.name, global.type])).toEqual([['p', 'long'], ['p.2', 'string'], ['shared', 'long']]);
  expect(run('global a probe begin { a = 1 }', { more: ['global a'] }).codes).toContain('E0304@1:8');
});
