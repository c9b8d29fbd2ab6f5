/**
 * stap's warnings, with its wording: never-assigned variables with alternatives, what is left out because it has no effect,
 * what is never reached, references across files, values captured at a function's entry.
 */
import { describe, expect, test } from '@jest/globals';
import { run } from './elaborate.test-support.js';

const at = (script: string, more: readonly string[] = []): readonly string[] =>
  run(script, { more }).diagnostics.map(({ code, message, span }) => `${code}@${span?.source.position(span.start).column ?? 0} ${message}`);

describe.each<[group: string, rows: readonly (readonly [script: string, ...warnings: string[]])[]]>([
  ['never-assigned (man stap, VARIABLES: a local is what was never declared)', [
    ['probe begin { printf("%d", x) }', "W0301@28 never-assigned local variable 'x'"],
    ['probe begin { pid printf("%s", execnam) }', "W0301@15 never-assigned local variable 'pid'", "W0301@32 never-assigned local variable 'execnam'", 'W0304@15 eliding side-effect-free expression'],
    ['function f() { return y + 1 } probe begin { println(f()) }', "W0301@23 never-assigned local variable 'y'"],
    ['global g probe begin { printf("%d", g) }', "W0302@8 never-assigned global variable 'g'"],
    ['global a probe begin { println(1 in a) }', "W0302@8 never-assigned global variable 'a'", "E0307@8 unresolved type of 'a'"],
    ['global s probe begin { println(@count(s)) }', "W0302@8 never-assigned global variable 's'"],
    ['probe begin { println(n = 1) }'],
    ['global g = 1 probe begin { println(g) }'],
  ]],
  ['eliding (man stap, PROCESSING: "remove variables, expressions, and functions that have no useful value and no side-effect")', [
    ['probe begin { x = 4; println(1) }', "W0303@15 eliding assignment to 'x'"],
    ['function f(x) { x = 2; return 1 } probe begin { println(f(1)) }', "W0303@17 eliding assignment to 'x'"],
    ['probe begin { 3 + 4; println(1) }', 'W0304@15 eliding side-effect-free expression'],
    ['probe begin { "a"; println(1) }', 'W0304@15 eliding side-effect-free expression'],
    ['probe begin { pid(); println(1) }', 'W0304@15 eliding side-effect-free expression'],
    ['probe begin { sprint("x"); println(1) }', 'W0304@15 eliding side-effect-free expression'],
    ['global a probe begin { a[1]; a[1] = 2; println(a[1]) }', 'W0304@24 eliding side-effect-free expression'],
    ['function f(x) { return x } probe begin { f(2); println(1) }', 'W0304@42 eliding side-effect-free expression'],
    ['function f() { } probe begin { f(); println(1) }', 'W0304@32 eliding side-effect-free expression', "W0308@10 side-effect-free function 'f'"],
    ['function f:long() { } probe begin { println(f()) }', "W0308@10 side-effect-free function 'f'"],
    ['probe begin { x = 1; y = x; println(y) }'],
    ['probe begin { x = println(1) }', "W0303@15 eliding assignment to 'x'"],
    ['probe begin { } probe end { println(1) }', "W0307@7 probe 'begin' has been elided: its handler does nothing"],
    ['probe begin { x = 1 } probe end { println(1) }', "W0303@15 eliding assignment to 'x'", "W0307@7 probe 'begin' has been elided: its handler does nothing"],
    ['probe file.read { } probe end { println(1) }', "W0307@7 probe 'file.read' has been elided: its handler does nothing"],
    ['probe begin { }', "W0307@7 probe 'begin' has been elided: its handler does nothing", 'E0405@7 no probes found'],
  ]],
  ['never reached', [
    ['probe begin { next; println(1) }', 'W0305@21 statement will never be reached'],
    ['function f() { return 1; println(2) } probe begin { println(f()) }', 'W0305@26 statement will never be reached'],
    ['probe begin { while (1) { break; println(2) } }', 'W0305@34 statement will never be reached'],
    ['probe begin { for (;;) { continue; println(2) } }', 'W0305@36 statement will never be reached'],
    ['probe begin { if (pid()) next; println(1) }'],
    ['probe begin { println(1) next; }'],
  ]],
  ['captured at entry (man stapprobes, RETURN PROBES)', [
    ['probe kernel.function("vfs_read").return { println($count) }', 'W0310@52 confusing usage, value is captured as @entry($count) in .return probe'],
    ['probe kernel.function("vfs_read").return { println($file->f_mode) }', 'W0310@52 confusing usage, value is captured as @entry($file->f_mode) in .return probe'],
    ['probe kernel.function("vfs_read").return { println($$parms) }', 'W0310@52 confusing usage, value is captured as @entry($$parms) in .return probe'],
    ['probe kernel.function("vfs_read").return { println(@entry($count), $return, @defined($buf)) }'],
    ['probe kernel.function("vfs_read") { println($count) }'],
    ['probe mine = kernel.function("vfs_read").return { n = $count } probe mine { println(n) }'],
  ]],
])('%s', (_group, rows) => {
  test.each(rows.map(([script, ...warnings]) => ({ script, warnings })))('$script', ({ script, warnings }) => {
    expect(at(script)).toEqual(warnings);
  });
});

test.each([
  ['global counter, other probe begin { counter = 1 println(counter, conter) other = 2 println(other) }', "did you mean 'counter'?"],
  ['global counter, countr probe begin { counter = 1 println(counter + countr) }', "did you mean 'counter'?"],
  ['probe begin { printf("%s", execname) }', 'to call the function, write execname()'],
])('alternatives: %s', (script, hint) => {
  expect(run(script).diagnostics.flatMap((one) => one.hints ?? [])).toContain(hint);
});

describe('references across files (man stap, VARIABLES: "one namespace for all global variables")', () => {
  const library = [{ path: 'mine/own.stp', text: 'function theirs() { return ug + 1 }', isUsers: true }];
  test('a -I library sees the script\'s globals, with a warning that shows both places', () => {
    const { diagnostics, codes } = run('global ug = 2 probe begin { ug++ println(theirs()) }', { library });
    expect(codes).toEqual(['W0309@1:28']);
    expect(diagnostics[0]).toMatchObject({ message: "cross-file global variable reference to 'ug'", notes: [{ message: 'declared here', span: { start: 7 } }] });
  });

  test('our tapset does not: a script\'s names cannot change what its functions mean', () => {
    const tapset = [{ path: 'shipped.stp', text: 'function ours() { n = 1; return n }' }];
    expect(run('global n = 2 probe begin { n++ println(ours(), n) }', { library: tapset }).codes).toEqual([]);
  });

  test('scripts of one command line share their globals, without a word', () => {
    expect(at('global ug = 2 probe begin { ug++ }', ['probe end { println(ug) }'])).toEqual([]);
  });
});

test('what an alias leaves unused is no mistake', () => {
  expect(at('probe mine = begin { unused = 1; used = 2 } probe mine { println(used) }')).toEqual([]);
});
