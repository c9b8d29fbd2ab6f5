import { DEFAULT_LIMITS } from '@stapkit/object';
import { describe, expect, test } from '@jest/globals';
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { run } from '../semantic/elaborate.test-support.js';
import { Interpreter } from './interpreter.test-support.js';
import { lowerProgram } from './lower.js';
import { optimizeProgram } from './optimize.js';
import { defaultNesting } from './recursion.js';
import { verifyIr } from './verify.js';

function compile(script: string, nesting?: number): { readonly plain: unknown; readonly machine: unknown; readonly codes: readonly string[] } {
  const { program, codes } = run(script);
  expect(codes.filter((code) => code.startsWith('E'))).toEqual([]);
  const diagnostics = new DiagnosticSink();
  const lowered = lowerProgram(program, { diagnostics });
  const limits = { ...DEFAULT_LIMITS, MAXNESTING: nesting ?? defaultNesting(lowered.functions) };
  const optimized = optimizeProgram(lowered, { diagnostics, limits });
  const found = diagnostics.all.map((one) => one.code);
  if (found.length > 0) return { plain: undefined, machine: undefined, codes: found };
  verifyIr(optimized);
  const inKernel = optimized.probes[0]?.body.blocks.flatMap((block) => block.instructions) ?? [];
  expect(inKernel.some((one) => one.op === 'call')).toBe(false);
  const globals = (of: typeof optimized): unknown => Object.fromEntries(new Interpreter(of, [0n, 0n, 4n]).run().globals as [string, unknown][]);
  return { plain: globals(lowered), machine: globals(optimized), codes: found };
}

describe('a recursive function in a kernel probe gives what it gives by calls', () => {
  test.each([
    ['linear', 'function f(n) { if (n < 2) return 1; return n * f(n - 1) }', 'f($count)', 24n],
    ['two calls', 'function f(n) { if (n < 2) return n; return f(n - 1) + f(n - 2) }', 'f($count + 4)', 21n],
    ['a call as an argument', 'function f(m, n) { if (m == 0) return n + 1; if (n == 0) return f(m - 1, 1); return f(m - 1, f(m, n - 1)) }', 'f(1, $count)', 6n],
    ['two functions', 'function f(n) { if (n == 0) return 1; return g(n - 1) } function g(n) { if (n == 0) return 0; return f(n - 1) }', 'f($count) * 10 + g($count)', 10n],
    ['swapped parameters', 'function f(a, b, n) { if (n == 0) return a * 10 + b; return f(b, a, n - 1) }', 'f(1, 2, $count - 1)', 21n],
    ['a loop around the call', 'function f(n) { t = 0; for (i = 0; i < n; i++) { t += 1 + f(i) } return t }', 'f($count)', 15n],
    ['locals start anew', 'function f(n) { x += n; if (n > 0) y = f(n - 1); return x + y }', 'f($count)', 10n],
    ['strings', 'function f:string(n) { if (n == 0) return "."; return f(n - 1) . sprint(n) . f(n - 1) }', 'strlen(f($count))', 31n],
    ['a catch around the call', 'function f(n) { if (n == 0) error("x"); try { return f(n - 1) } catch (m) { if (n < 3) error(m . "y"); return strlen(m) } }', 'f($count)', 3n],
    ['errors pass calls without a catch', 'function f(n) { if (n == 0) error("x"); if (n == 3) { try { return f(n - 1) } catch { return 33 } } return 1 + f(n - 1) }', 'f($count)', 34n],
  ])('%s', (_name, functions, call, expected) => {
    const { plain, machine } = compile(`global r; ${functions} probe kernel.function("vfs_read") { r = ${call} } probe end { println(r) }`);
    expect(machine).toEqual({ r: expected });
    expect(plain).toEqual(machine);
  });
});

test.each([[4, 24n], [3, 'MAXNESTING exceeded']])('MAXNESTING %d counts the calls that enclose each other', (nesting, expected) => {
  const script = 'global r, s; function f(n) { if (n < 2) return 1; return n * f(n - 1) } probe kernel.function("vfs_read") { try { r = f($count) } catch (m) { s = m } } probe end { println(r, s) }';
  const { machine } = compile(script, nesting);
  expect(machine).toEqual(typeof expected === 'string' ? { r: 0n, s: expected } : { r: expected, s: '' });
});

test('so do calls of different functions', () => {
  const script = 'global r, s; function f(n) { return g(n) + 1 } function g(n) { r += n; return n } probe kernel.function("vfs_read") { try { r = f($count) } catch (m) { s = m } } probe end { println(r, s) }';
  expect(compile(script, 2).machine).toEqual({ r: 5n, s: '' });
  expect(compile(script, 1).machine).toEqual({ r: 0n, s: 'MAXNESTING exceeded' });
});

test.each([
  ['no function', 'probe begin { }', 10],
  ['recursion adds 10 to the longest chain', 'function f(n) { return n ? f(n - 1) : 0 } function g(n) { return f(n) } probe begin { println(g(1)) }', 12],
])('the default of MAXNESTING: %s', (_name, script, expected) => {
  const { program } = run(script);
  expect(defaultNesting(lowerProgram(program, { diagnostics: new DiagnosticSink() }).functions)).toBe(expected);
});
