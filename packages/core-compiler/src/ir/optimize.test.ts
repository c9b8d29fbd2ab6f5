import { describe, expect, test } from '@jest/globals';
import type { IrProgram } from '@stapkit/object';
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { ElaboratedProgram, FunctionSymbol, GlobalSymbol, TypedExpression, TypedStatement } from '../semantic/index.js';
import { lowerProgram } from './lower.js';
import { optimizeProgram } from './optimize.js';
import { printIr } from './print.js';
import * as t from './typed-tree.test-support.js';
import { verifyIr } from './verify.js';

const i = t.local('i');
const j = t.local('j');
const s = t.local('s', 'string');
const u = t.local('u', 'string');
const n = t.global('n');
const last = t.global('last', 'string');
const seen = t.global('seen', 'long', { keys: ['string'] });
const quote = t.func('quote', [s], 'string', 'quote');
const written = t.func('written', [], 'string', 'procfs_value');
const execname = t.func('execname', [], 'string', 'execname');
const pid = t.func('pid', [], 'long', 'pid');
const readText = t.func('user_string', [i], 'string', 'read_user_text_or');
const read = (address: number): ReturnType<typeof t.call> => t.call(readText, t.arg(address), t.num(-1), t.str('?'));
/** Pure, made of strings. */
const flags = t.func('flags', [i], 'string', t.block(t.when(t.bin('and', t.load(i), t.num(1)), t.give(t.str('O_WRONLY'))), t.give(t.str('O_RDONLY'))));
const clock = t.func('clock', [], 'long', 'monotonic_ns');
const memory = (address: TypedExpression): TypedExpression => ({ kind: 'read', type: 'long', address, scalar: { bytes: 8, signed: false }, space: 'kernel', span: t.span });
const library: FunctionSymbol[] = [clock, quote, written, execname, pid, readText, flags];

function optimize(program: ElaboratedProgram): { readonly program: IrProgram; readonly text: string; readonly codes: readonly string[] } {
  const diagnostics = new DiagnosticSink();
  const optimized = optimizeProgram(lowerProgram(program, { diagnostics }), { diagnostics });
  verifyIr(optimized);
  return { program: optimized, text: printIr(optimized), codes: diagnostics.all.map((one) => one.code) };
}

/** The lines of one kernel probe after the optimizer. */
function kernel(statements: TypedStatement[], globals: GlobalSymbol[] = [n, last, seen], functions: FunctionSymbol[] = library): string[] {
  const { text } = optimize(t.program([t.probe('kernel', ...statements)], globals, functions));
  return text.slice(text.indexOf('kernel probe')).trimEnd().split('\n').slice(1).map((line) => line.trim());
}

describe('folding and dead code', () => {
  test.each<[string, TypedStatement[], string[]]>([
    ['constants', [t.run(t.assign(t.place(i), t.num(2))), t.printf('%d', t.bin('mul', t.load(i), t.num(21)))], ['print "%d", 42']],
    ['variables that were never set are 0 or ""', [t.printf('%d%s', t.load(i), t.load(s))], ['print "%d%s", 0, ""']],
    ['a branch that is known', [t.when(t.bin('lt', t.num(1), t.num(2)), t.printf('a'), t.printf('b'))], ['print "a"']],
    ['unused alias variables cost nothing', [t.run(t.assign(t.place(i), t.arg(0))), t.run(t.assign(t.place(s), t.call(quote, read(1)))), t.run(t.inc(t.place(n)))], ['add n += 1']],
    ['an unused division that cannot fail', [t.run(t.bin('div', t.arg(0), t.num(2)))], []],
    ['an unused division that can fail stays', [t.run(t.bin('div', t.num(1), t.arg(0)))], ['r0:long = argument 0 as s64', 'r1:long = div 1, r0']],
    ['&& of constants', [t.run(t.assign(t.place(n), t.both('and', t.num(1), t.num(2))))], ['store n = 1']],
    ['equal reads happen once', [t.printf('%d %d', t.arg(0), t.arg(0))], ['r0:long = argument 0 as s64', 'print "%d %d", r0, r0']],
    ['reads through equal reads happen once', [t.printf('%d %d', memory(memory(t.arg(0))), memory(memory(t.arg(0))))],
      ['r2:long = argument 0 as s64', 'r1:long = read kernel u64 at r2', 'r0:long = read kernel u64 at r1', 'print "%d %d", r0, r0']],
    ['the clock is read each time', [t.printf('%d %d', t.call(clock), t.call(clock))], ['r0:long = monotonic_ns()', 'r1:long = monotonic_ns()', 'print "%d %d", r0, r1']],
    ['a value in both arms, then a branch on it', [t.when(t.both('or', t.arg(0), t.arg(1)), t.printf('x'))],
      ['r0:long = argument 0 as s64', 'branch r0 ? b2 : b1', 'b1:', 'r1:long = argument 1 as s64', 'branch r1 ? b2 : b3', 'b2:', 'print "x"', 'jump b3', 'b3:']],
  ])('%s', (_name, statements, expected) => {
    expect(kernel(statements)).toEqual(['b0:', ...expected, 'return']);
  });

  test('a probe without anything left still counts', () => {
    expect(kernel([t.run(t.assign(t.place(i), t.arg(0)))])).toEqual(['b0:', 'return']);
  });

  test('what a catch block reads survives', () => {
    const error = t.func('error', [s], undefined, 'throw');
    const lines = kernel([
      t.attempt(t.block(t.run(t.assign(t.place(i), t.num(1))), t.when(t.arg(0), t.run(t.call(error, t.str('e')))), t.run(t.assign(t.place(i), t.num(2)))), t.block()),
      t.printf('%d', t.load(i)),
    ], [], [error]);
    expect(lines).toContain('print "%d", i');
    expect(lines).toContain('i:long = 1');
  });
});

describe('inlining', () => {
  test('locals of a function start anew in each turn of a loop', () => {
    const f = t.func('f', [], 'long', t.block(t.run(t.inc(t.place(j))), t.run(t.inc(t.place(n))), t.give(t.load(j))));
    const lines = kernel([t.loop(t.bin('lt', t.load(i), t.num(3)), t.printf('%d', t.call(f)), t.inc(t.place(i)))], [n], [f]);
    expect(lines).toContain('print "%d", 1');
  });

  test('a recursive function is not left to the host, though pure and only printed: its calls can nest too deep', () => {
    const f: FunctionSymbol = t.func('f', [i], 'string', t.block());
    f.body = t.block(t.when(t.bin('gt', t.load(i), t.num(0)), t.give(t.cat(t.str('x'), t.call(f, t.bin('sub', t.load(i), t.num(1)))))), t.give(t.str('')));
    const { text, codes } = optimize(t.program([t.probe('kernel', t.printf('%s', t.call(f, t.arg(0))))], [], [f]));
    expect(codes).toEqual([]);
    expect(text).toContain('throw "MAXNESTING exceeded"');
    expect(text).not.toContain('f(');
  });
});

describe('deferred texts', () => {
  const argstr = t.run(t.assign(t.place(s), t.sprintf('%s, %s', t.call(quote, read(0)), t.call(flags, t.arg(1)))));

  test('a text of an alias travels as one string and the longs', () => {
    expect(kernel([argstr, t.printf('%s\n', t.load(s))])).toEqual([
      'b0:', 'r0:long = argument 0 as s64', 'r1:string<512> = read user text at r0 or "?"', 'r2:long = argument 1 as s64',
      'print "%s\\n", format("%s, %s", quote(r1), flags(r2))', 'return',
    ]);
  });

  test('through chains of variables and concatenation', () => {
    expect(kernel([argstr, t.run(t.assign(t.place(u), t.cat(t.str('a '), t.load(s)))), t.printf('%s', t.load(u))]).at(-2)).toBe(
      'print "%s", format("a %s", format("%s, %s", quote(r1), flags(r2)))',
    );
  });

  test('inputs that change before the print are copied', () => {
    const lines = kernel([
      t.run(t.assign(t.place(i), t.arg(0))),
      t.run(t.assign(t.place(s), t.call(flags, t.load(i)))),
      t.loop(t.bin('lt', t.load(i), t.load(n)), t.run(t.inc(t.place(i)))),
      t.printf('%s %d', t.load(s), t.load(i)),
    ]);
    expect(lines.at(-2)).toMatch(/^print "%s %d", flags\(r\d+\), i$/);
  });

  test('a text of two forms is chosen by the host', () => {
    const quoted = t.func('quoted', [i], 'string', t.block(t.when(t.not(t.load(i)), t.give(t.str('NULL'))), t.give(t.call(quote, t.call(readText, t.load(i), t.num(-1), t.str(''))))));
    const { text, codes } = optimize(t.program([t.probe('kernel', t.printf('%s', t.call(quoted, t.arg(0))))], [], [...library, quoted]));
    expect(codes).toEqual([]);
    expect(text).toContain('pure function choose_text_2(r0:long, r1:string):string');
    expect(text).toMatch(/print "%s", choose_text_2\(r\d, r\d\)/);
  });

  test('a text that is also a key is made in the kernel', () => {
    const made = t.run(t.assign(t.place(s), t.call(flags, t.arg(0))));
    const lines = kernel([made, t.run(t.inc(t.place(seen, t.load(s)))), t.printf('%s', t.load(s))]);
    expect(lines.join('\n')).toMatch(/add seen\[(\w+)\] \+= 1\n.*print "%s", \1\b/);
    expect(lines.join('\n')).not.toContain('flags');
  });

  test('a use on some ways only makes the text there', () => {
    const made = t.run(t.assign(t.place(s), t.call(flags, t.arg(0))));
    const lines = kernel([made, t.when(t.arg(1), t.run(t.inc(t.place(seen, t.load(s))))), t.printf('%s', t.load(s))]);
    expect(lines.at(-2)).toBe('print "%s", flags(r0)');
    expect(lines.slice(0, 4)).toEqual(['b0:', 'r0:long = argument 0 as s64', 'r1:long = argument 1 as s64', 'branch r1 ? b1 : b5']);
  });

  test('a cheap long function is inlined even when only printed', () => {
    const twice = t.func('twice', [i], 'long', t.block(t.give(t.bin('mul', t.load(i), t.num(2)))));
    expect(kernel([t.printf('%d', t.call(twice, t.arg(0)))], [], [twice])).toEqual(['b0:', 'r0:long = argument 0 as s64', 'r1:long = mul r0, 2', 'print "%d", r1', 'return']);
  });

  test('a costly operation is deferred when it is only printed', () => {
    const { text, codes } = optimize(t.program([t.probe('kernel', t.printf('%s', t.call(quote, t.call(execname))))], [], library));
    expect(codes).toEqual([]);
    expect(text).toContain('print "%s", quote(r0)');
  });
});

describe('what a kernel probe cannot do', () => {
  const array = t.global('array', 'long', { keys: ['long'] });
  const hist = t.global('hist', 'stat', { histogram: { kind: 'log' } });
  test.each<[string, string, TypedStatement]>([
    ['a host function', 'E0504', t.run(t.assign(t.place(last), t.call(written)))],
  ])('%s: %s', (_name, code, statement) => {
    const make = (where: 'kernel' | 'host'): ElaboratedProgram => t.program([t.probe(where, statement)], [n, array, hist, seen, last], library);
    expect(optimize(make('kernel')).codes).toEqual([code]);
    expect(optimize(make('host')).codes).toEqual([]);
  });

  test.each<[string, TypedStatement]>([
    ['foreach', t.each(array, [i], t.printf('%d', t.load(i)))],
    ['a membership test with *', t.run(t.assign(t.place(n), { kind: 'in', type: 'long', array, keys: [undefined], span: t.span }))],
    ['a histogram printed', t.run({ kind: 'print', type: 'long', result: false, pieces: [{ conversion: 's' }], args: [{ kind: 'histogram', place: t.place(hist), span: t.span }], span: t.span })],
  ])('%s is left to code generation', (_name, statement) => {
    expect(optimize(t.program([t.probe('kernel', statement)], [n, array, hist, seen], library)).codes).toEqual([]);
  });
});

describe('capacities', () => {
  const capacity = (program: IrProgram, name: string): unknown => {
    const global = program.globals.find((one) => one.name === name);
    return global?.kind === 'array' ? [...global.keys.map((key) => key.capacity), global.capacity] : global !== undefined && 'capacity' in global ? global.capacity : undefined;
  };
  const text = t.global('text', 'string');
  const other = t.global('other', 'string', { initial: 'abcdefgh' });
  const map = t.global('map', 'string', { keys: ['string', 'long'] });

  test.each<[string, TypedStatement[], unknown]>([
    ['execname', [t.run(t.assign(t.place(text), t.call(execname)))], 16],
    ['7 bytes and their NUL', [t.run(t.assign(t.place(text), t.str('1234567')))], 8],
    ['8 bytes and their NUL', [t.run(t.assign(t.place(text), t.str('12345678')))], 16],
    ['a sum', [t.run(t.assign(t.place(text), t.cat(t.call(execname), t.str('/x'))))], 24],
    ['a format', [t.run(t.assign(t.place(text), t.sprintf('%s:%d', t.call(execname), t.call(pid))))], 40],
    ['through another global', [t.run(t.assign(t.place(text), t.load(other))), t.run(t.assign(t.place(other), t.call(execname)))], 16],
    ['a limited read', [t.run(t.assign(t.place(text), t.call(readText, t.num(1), t.num(31), t.str('?'))))], 32],
    ['growth around a loop ends at the limit', [t.loop(t.load(n), t.run(t.assign(t.place(text), t.cat(t.load(text), t.str('x')))))], 512],
  ])('%s', (_name, statements, expected) => {
    const { program } = optimize(t.program([t.probe('kernel', ...statements, t.printf('%s', t.load(text)))], [n, text, other], library));
    expect(capacity(program, 'text')).toBe(expected);
  });

  test('keys and values of arrays, from host probes as well, and keys only looked up', () => {
    const { program } = optimize(t.program([
      t.probe('kernel', t.run(t.assign(t.place(map, t.call(execname), t.num(1)), t.str('v')))),
      t.probe('host', t.printf('%s', t.load(map, t.str('a key of more than sixteen bytes'), t.num(1)))),
    ], [map], library));
    expect(capacity(program, 'map')).toEqual([40, undefined, 8]);
  });
});

describe('pruning', () => {
  test('statistics keep the operators that are read, arrays their order when walked', () => {
    const stats = t.global('stats', 'stat', { keys: ['long'], statFunctions: new Set(['count', 'min', 'max'] as const), histogram: { kind: 'log' } });
    const { program, text } = optimize(t.program([
      t.probe('kernel', t.run(t.aggregate(t.place(stats, t.arg(0)), t.num(1)))),
      t.probe('host', t.printf('%d', t.stat('max', t.place(stats, t.num(1))))),
    ], [stats]));
    expect(program.globals[0]).toMatchObject({ stat: { functions: ['max'] }, ordered: false });
    expect(text).toContain('global stats[long]:stat{max}\n');
  });

  test('unused globals, functions and sites go, and the rest is renumbered', () => {
    const { program, text } = optimize(t.program([t.probe('kernel', t.when(t.num(0), t.printf('never')), t.run(t.inc(t.place(n))))], [last, n], library));
    expect([program.globals.map((one) => one.name), program.functions, program.sites]).toEqual([['n'], [], []]);
    expect(text).toContain('add n += 1');
  });

  test('entry values that nobody reads are not saved', () => {
    const { program } = optimize(t.program([t.probe('kernel', t.run(t.assign(t.place(i), t.atEntry(t.arg(0)))), t.printf('%d', t.atEntry(t.arg(1))))]));
    expect(program.probes[0]?.entry?.slots).toEqual(['long']);
    expect(printIr(program)).toContain('argument 1 as s64\n    save entry0');
    const none = optimize(t.program([t.probe('kernel', t.run(t.assign(t.place(i), t.atEntry(t.arg(0)))))]));
    expect(none.program.probes[0]?.entry).toBeUndefined();
  });
});

test('the input is left as it was', () => {
  const diagnostics = new DiagnosticSink();
  const lowered = lowerProgram(t.program([t.probe('kernel', t.printf('%s', t.call(flags, t.num(1))))], [], library), { diagnostics });
  const before = printIr(lowered);
  optimizeProgram(lowered, { diagnostics });
  expect(printIr(lowered)).toBe(before);
});
