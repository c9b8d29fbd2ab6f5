import { describe, expect, test } from '@jest/globals';
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { ElaboratedProgram, TypedExpression, TypedStatement } from '../semantic/index.js';
import { lowerProgram } from './lower.js';
import { printIr } from './print.js';
import * as t from './typed-tree.test-support.js';
import { verifyIr } from './verify.js';

const i = t.local('i');
const s = t.local('s', 'string');
const n = t.global('n');
const a = t.global('a', 'long', { keys: ['long'] });
const st = t.global('st', 'stat', { statFunctions: new Set(['count'] as const) });
const sa = t.global('sa', 'stat', { keys: ['long'] });
const pid = t.func('pid', [], 'long', 'pid');
const error = t.func('error', [s], undefined, 'throw');
const warn = t.func('warn', [s], undefined, 'warn');
const readLong = t.func('read_long', [i], 'long', 'read_kernel_long');
const readText = t.func('read_text', [i], 'string', 'read_user_text_or');
const f = t.func('f', [i], 'long', t.block(t.give(t.load(i))));
const all = [pid, error, warn, readLong, readText, f];

function dump(program: ElaboratedProgram): string {
  const lowered = lowerProgram(program, { diagnostics: new DiagnosticSink() });
  verifyIr(lowered);
  return printIr(lowered);
}

/** The instructions of one kernel probe, blocks run together. */
function lower(...statements: TypedStatement[]): string[] {
  const text = dump(t.program([t.probe('kernel', ...statements)], [n, a, st, sa], all));
  return text.slice(text.indexOf('kernel probe')).trimEnd().split('\n').slice(1).map((line) => line.trim());
}

describe('expressions', () => {
  test.each<[string, TypedStatement[], string[]]>([
    ['n++ as statement is atomic and gives nothing', [t.run(t.inc(t.place(n)))], ['add n += 1']],
    ['n++ as value gives the old', [t.run(t.assign(t.place(i), t.inc(t.place(n))))], ['i:long = old of add n += 1']],
    ['n -= 5 adds -5', [t.run(t.update('sub', t.place(n), t.num(5)))], ['add n += -5']],
    ['n -= i negates', [t.run(t.update('sub', t.place(n), t.load(i)))], ['r1:long = neg i', 'add n += r1']],
    ['a[k] += 2', [t.run(t.update('add', t.place(a, t.load(i)), t.num(2)))], ['add a[i] += 2']],
    ['a[k] *= 2 reads, multiplies, writes', [t.run(t.update('mul', t.place(a, t.num(1)), t.num(2)))], ['r0:long = load a[1]', 'r1:long = mul r0, 2', 'store a[1] = r1']],
    ['i++ as value copies', [t.run(t.assign(t.place(n), t.inc(t.place(i))))], ['r1:long = i', 'i:long = add i, 1', 'store n = r1']],
    ['an operand that a later one changes is copied', [t.run(t.assign(t.place(n), t.bin('add', t.load(i), t.inc(t.place(i)))))],
      ['r1:long = i', 'r2:long = i', 'i:long = add i, 1', 'r3:long = add r1, r2', 'store n = r3']],
    ['st <<< i', [t.run(t.aggregate(t.place(st), t.load(i)))], ['add st <<< i']],
    ['sa[1] <<< i', [t.run(t.aggregate(t.place(sa, t.num(1)), t.load(i)))], ['add sa[1] <<< i']],
    ['results go straight to the variable', [t.run(t.assign(t.place(i), t.bin('mul', t.call(pid), t.num(2))))], ['r1:long = pid()', 'i:long = mul r1, 2']],
    ['delete', [{ kind: 'delete', place: t.place(a, t.num(1)), span: t.span }, { kind: 'clear', global: a, span: t.span }, { kind: 'delete', place: t.place(st), span: t.span }],
      ['delete a[1]', 'clear a', 'clear st']],
    ['reads of memory', [t.run(t.call(readLong, t.arg(0), t.num(4), t.num(0))), t.run(t.call(readText, t.num(9), t.num(-1), t.str('?')))],
      ['r0:long = argument 0 as s64', 'r1:long = read kernel u32 at r0', 'r2:string = read user text at 9 limit -1 or "?"']],
  ])('%s', (_name, statements, expected) => {
    expect(lower(...statements)).toEqual(['b0:', ...expected, 'return']);
  });
});

describe('prints', () => {
  test.each<[string, TypedStatement, string[]]>([
    ['a constant goes into the format', t.printf('%s=%d\n', t.str('x%'), t.num(1)), ['print "x%%=%d\\n", 1']],
    ['sprintf and concatenation are spliced', t.printf('[%s]', t.cat(t.sprintf('%d-%s', t.num(1), t.str('b')), t.str('c'))), ['print "[%d-bc]", 1']],
    ['but where they can be too long: they are cut before they are printed', t.printf('[%s]', t.cat(t.str('b'), t.load(s))), ['r1:string = concat "b", s', 'print "[%s]", r1']],
    ['warn prints to its own stream', t.run(t.call(warn, t.cat(t.str('no '), t.sprintf('%d', t.num(2))))), ['print warn "no %d", 2']],
    ['sprintf without arguments is a constant', t.run(t.assign(t.place(s), t.sprintf('abc'))), ['s:string = "abc"']],
  ])('%s', (_name, statement, expected) => {
    expect(lower(statement)).toEqual(['b0:', ...expected, 'return']);
  });
});

describe('control flow', () => {
  test('&& and ! steer branches without a value', () => {
    expect(lower(t.when(t.both('and', t.load(i), t.not(t.load(n))), t.printf('x')))).toEqual([
      'b0:', 'branch i ? b1 : b3', 'b1:', 'r1:long = load n', 'branch r1 ? b3 : b2', 'b2:', 'print "x"', 'jump b3', 'b3:', 'return',
    ]);
  });

  test('a loop is recorded with the blocks of the loop inside it', () => {
    const inner = t.loop(t.load(n), t.when(t.load(i), t.jump('break'), t.jump('continue')));
    const text = lower(t.loop(t.bin('lt', t.load(i), t.num(3)), inner, t.inc(t.place(i)))).filter((line) => line.includes('loop'));
    expect(text).toEqual(['b1: loop {b1 b2 b3 b4 b5 b6 b7 b8}', 'b3: loop {b3 b4 b6}']);
  });

  test('try goes to its catch block, which reads the message first', () => {
    expect(lower(t.attempt(t.block(t.run(t.call(error, t.str('no')))), t.printf('%s', t.load(s)), s))).toEqual([
      'b0:', 'jump b1', 'b1: catch b2', 'throw "no"', 'b2:', 's:string = caught', 'print "%s", s', 'jump b3', 'b3:', 'return',
    ]);
  });

  test('foreach opens a cursor and marks the array ordered', () => {
    const text = dump(t.program([t.probe('host', t.each(a, [i], t.printf('%d', t.load(i))))], [a]));
    expect(text).toContain('global a[long]:long ordered');
    expect(text).toContain('iterate c0 over a\n');
    expect(text).toMatch(/r\d+ = advance c0 to \[i\]/);
  });

  test('next leaves a probe, and in a function finds no other overload', () => {
    expect(lower(t.jump('next'), t.printf('never'))).toEqual(['b0:', 'return']);
    const g = t.func('g', [], 'long', t.block(t.jump('next')));
    expect(dump(t.program([], [], [g]))).toContain('throw "all functions exhausted"');
  });

  test('a condition on the probe point guards the body', () => {
    const text = dump(t.program([{ ...t.probe('host', t.printf('x')), condition: t.load(n) }], [n]));
    expect(text).toContain('branch r0 ? b1 : b2');
  });
});

describe('return probes', () => {
  const expression: TypedExpression = t.bin('add', t.arg(0), t.num(1));

  test('equal entry expressions share a slot', () => {
    const text = dump(t.program([t.probe('kernel', t.printf('%d %d %d', t.atEntry(expression), t.atEntry({ ...expression, span: { ...t.span, start: 1 } }), t.atEntry(t.arg(1))))]));
    expect(text).toContain('entry of test keeps entry0:long, entry1:long');
    expect(text.match(/save entry/g)).toHaveLength(2);
    expect(text).toContain('= entry1');
  });

  test('an entry value inside another is a plain value there', () => {
    const text = dump(t.program([t.probe('kernel', t.printf('%d', t.atEntry(t.atEntry(t.arg(0)))))]));
    expect(text).toContain('r0:long = argument 0 as s64\n    save entry0 = r0');
  });
});

describe('what run-time errors name', () => {
  test.each<[string, TypedStatement, string | undefined]>([
    ['division', t.run(t.bin('div', t.num(1), t.load(i))), "operator '/'"],
    ['array', t.run(t.assign(t.place(a, t.num(1)), t.num(2))), "identifier 'a'"],
    ['intrinsic', t.run(t.call(readLong, t.num(1), t.num(8), t.num(1))), "identifier 'read_long'"],
    ['addition', t.run(t.bin('add', t.num(1), t.load(i))), undefined],
  ])('%s', (_name, statement, token) => {
    const lowered = lowerProgram(t.program([t.probe('kernel', statement)], [a], all), { diagnostics: new DiagnosticSink() });
    expect(lowered.probes[0]?.body.blocks[0]?.instructions.at(-1)?.location?.token).toBe(token);
  });
});

test('a size that is not constant is refused', () => {
  const diagnostics = new DiagnosticSink();
  lowerProgram(t.program([t.probe('kernel', t.run(t.call(readLong, t.num(1), t.load(i), t.num(1))))], [], all), { diagnostics });
  expect(diagnostics.all.map((one) => one.code)).toEqual(['E0506']);
});
