import { expect, test } from '@jest/globals';
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { run } from '../semantic/elaborate.test-support.js';
import { lowerProgram } from './lower.js';
import { optimizeProgram } from './optimize.js';
import { printIr } from './print.js';
import { verifyIr } from './verify.js';

// Scripts to the text of -p3.

function compile(script: string): { readonly text: string; readonly diagnostics: DiagnosticSink } {
  const { program, codes } = run(script);
  expect(codes.filter((code) => code.startsWith('E'))).toEqual([]);
  const diagnostics = new DiagnosticSink();
  const optimized = optimizeProgram(lowerProgram(program, { diagnostics }), { diagnostics });
  verifyIr(optimized);
  return { text: printIr(optimized), diagnostics };
}

test.each<[string, string]>([
  ['global n; probe kernel.function("vfs_read") { n++ } probe end { println(n) }', `
global n:long = 0

kernel probe kernel.function("vfs_read")
  b0:
    add n += 1
    return

host probe end
  b0:
    r0:long = load n
    print "%d\\n", r0
    return
`],
  ['global a; probe file.read { a[execname(), pid()] <<< bytes } probe timer.s(1) { foreach ([e, p] in a- limit 3) printf("%s %d %d\\n", e, p, @sum(a[e, p])); delete a }', `
global a[string<16>, long]:stat{count, sum} ordered

kernel probe kernel.function("vfs_read") /* file.read */
  b0:
    bytes:long = argument 2 as s64
    r1:string<16> = execname()
    r2:long = pid()
    add a[r1, r2] <<< bytes
    return

host probe timer.s(1)
  b0:
    iterate c0 over a by @count down limit 3
    jump b1
  b1: loop {b1 b2}
    r2 = advance c0 to [e, p]
    branch r2 ? b2 : b3
  b2:
    r3:long = @sum(a[e, p])
    print "%s %d %d\\n", e, p, r3
    jump b1
  b3:
    clear a
    return
`],
  ['probe file.read { println(name, ": ", argstr) }', `
kernel probe kernel.function("vfs_read") /* file.read */
  b0:
    bytes:long = argument 2 as s64
    print "%s: %s\\n", "read", format("%d", bytes)
    return
`],
  ['probe kernel.function("vfs_read").return { if ($file->f_mode & 1) printf("%d\\n", $return) }', `
kernel entry of kernel.function("vfs_read").return keeps entry0:long
  b0:
    r1:long = argument 0 as s64
    r0:long = read kernel s64 at r1
    save entry0 = r0
    return

kernel probe kernel.function("vfs_read").return
  b0:
    r0:long = entry0
    r1:long = and r0, 1
    branch r1 ? b1 : b2
  b1:
    r2:long = return value as s64
    print "%d\\n", r2
    jump b2
  b2:
    return
`],
  ['global depth; function down() { depth--; return depth } probe kernel.function("vfs_read") { while (down() > 0) { if (depth == 3) continue; if (depth == 5) break } exit() }', `
global depth:long = 0

kernel probe kernel.function("vfs_read")
  b0:
    jump b1
  b1: loop {b1 b2 b3}
    add depth += -1
    r5:long = load depth
    r0:long = gt r5, 0
    branch r0 ? b2 : b4
  b2:
    r1:long = load depth
    r2:long = eq r1, 3
    branch r2 ? b1 : b3
  b3:
    r3:long = load depth
    r4:long = eq r3, 5
    branch r4 ? b4 : b1
  b4:
    exit()
    return
`],
])('%s', (script, expected) => {
  expect(compile(script).text).toBe(expected.slice(1));
});

test('a refusal points into the script, with the probe and what to do', () => {
  const { diagnostics } = compile('global a; probe end { println(a) } probe kernel.function("vfs_read") { a = written() }');
  const [only] = diagnostics.all;
  expect(only?.message).toBe("'procfs_value' is used in a kernel probe, and its result decides something there");
  expect(only?.span?.source.text.slice(only.span.start, only.span.start + 7)).toBe('written');
  expect(only?.hints).toEqual(['keep the argument in a global and do it in an end or timer probe, or only print the result']);
  expect(only?.notes?.[0]?.message).toBe('in the kernel probe kernel.function("vfs_read")');
});
