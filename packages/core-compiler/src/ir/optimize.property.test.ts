import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { FunctionSymbol, TypedExpression, TypedStatement } from '../semantic/index.js';
import { Interpreter } from './interpreter.test-support.js';
import { lowerProgram } from './lower.js';
import { optimizeProgram } from './optimize.js';
import { printIr } from './print.js';
import * as t from './typed-tree.test-support.js';
import { findIrProblems } from './verify.js';

// Random handlers run the same before and after the optimizer.

const longs = ['i', 'j', 'k'].map((name) => t.local(name));
const texts = ['s', 'u'].map((name) => t.local(name, 'string'));
const total = t.global('total');
const label = t.global('label', 'string');
const table = t.global('table', 'long', { keys: ['long', 'string'] });
const names = t.global('names', 'string', { keys: ['long'] });

const n = t.local('n');
const m = t.local('m');
const text = t.local('text', 'string');
const quote = t.func('quote', [text], 'string', 'quote');
const pid = t.func('pid', [], 'long', 'pid');
const execname = t.func('execname', [], 'string', 'execname');
const fail = t.func('error', [text], undefined, 'throw');
const userText = t.func('user_string', [n, m], 'string', 'read_user_text');
const length = t.func('strlen', [text], 'long', 'strlen');
/** Pure, with a loop: left to the host when printed. */
const stars = t.func('stars', [n], 'string', t.block(
  t.loop(t.bin('gt', t.load(n), t.num(0)), t.block(
    t.run(t.assign(t.place(text), t.cat(t.load(text), t.sprintf('*%d', t.load(n))))),
    t.run(t.update('shr', t.place(n), t.num(1))),
    t.when(t.bin('eq', t.load(n), t.num(5)), t.jump('break')),
  )),
  t.give(t.load(text)),
));
/** Pure and cheap: inlined. */
const clamp = t.func('clamp', [n, m], 'long', t.block(t.when(t.bin('gt', t.load(n), t.load(m)), t.give(t.load(m))), t.give(t.load(n))));
/** Not pure: its text has two forms. */
const quotedOrNull = t.func('quoted', [n], 'string', t.block(
  t.when(t.bin('eq', t.load(n), t.num(0)), t.give(t.str('NULL'))),
  t.give(t.call(quote, t.call(userText, t.load(n), t.num(20)))),
));
const count = t.func('count', [n], 'long', t.block(t.run(t.update('add', t.place(total), t.load(n))), t.give(t.load(total))));
const functions: FunctionSymbol[] = [quote, pid, execname, fail, userText, length, stars, clamp, quotedOrNull, count];

const { long, string } = fc.letrec<{ long: TypedExpression; string: TypedExpression }>((tie) => {
  const depth = { depthSize: 'small', maxDepth: 4 } as const;
  const [l, s] = [tie('long'), tie('string')];
  const local = fc.constantFrom(...longs);
  return {
    long: fc.oneof(depth,
      fc.integer({ min: -3, max: 9 }).map(t.num),
      local.map((one) => t.load(one)),
      fc.integer({ min: 0, max: 2 }).map(t.arg),
      fc.constant(t.load(total)),
      fc.tuple(fc.constantFrom('add', 'sub', 'mul', 'and', 'xor', 'shl', 'shr', 'ushr', 'eq', 'lt', 'ge', 'ne'), l, l).map(([fn, a, b]) => t.bin(fn as 'add', a, b)),
      fc.tuple(l, l).map(([a, b]) => t.bin('div', a, t.bin('or', b, t.num(1)))),
      fc.tuple(fc.constantFrom('and', 'or'), l, l).map(([kind, a, b]) => t.both(kind as 'and', a, b)),
      l.map(t.not),
      fc.tuple(s, s).map(([a, b]) => t.sameText(a, b)),
      fc.tuple(l, l, l).map(([a, b, c]) => t.cond(a, b, c)),
      fc.tuple(local, l).map(([one, value]) => t.assign(t.place(one), value)),
      fc.tuple(local, fc.constantFrom('old', 'new')).map(([one, result]) => t.inc(t.place(one), result as 'old')),
      fc.constantFrom('old', 'new').map((result) => t.inc(t.place(total), result as 'old', -1n)),
      fc.tuple(l, s).map(([k, key]) => t.inc(t.place(table, t.bin('and', k, t.num(3)), key))),
      fc.tuple(l, s).map(([k, key]) => t.load(table, k, key)),
      fc.tuple(l, l).map(([a, b]) => t.call(clamp, a, b)),
      l.map((a) => t.call(count, a)),
      s.map((a) => t.call(length, a)),
      fc.constant(t.call(pid)),
    ),
    string: fc.oneof(depth,
      fc.constantFrom('', 'a', 'bc').map(t.str),
      fc.constantFrom(...texts).map((one) => t.load(one)),
      fc.constant(t.load(label)),
      fc.constant(t.call(execname)),
      fc.tuple(s, s).map(([a, b]) => t.cat(a, b)),
      fc.tuple(l, s).map(([a, b]) => t.sprintf('%d:%s', a, b)),
      fc.tuple(l, s, s).map(([a, b, c]) => t.cond(a, b, c)),
      fc.tuple(fc.constantFrom(...texts), s).map(([one, value]) => t.assign(t.place(one), value)),
      l.map((a) => t.call(stars, t.bin('and', a, t.num(31)))),
      l.map((a) => t.call(quotedOrNull, a)),
      l.map((a) => t.load(names, a)),
    ),
  };
});

const statement: fc.Arbitrary<TypedStatement> = fc.letrec<{ one: TypedStatement; many: TypedStatement }>((tie) => ({
  many: fc.array(tie('one'), { maxLength: 4 }).map((list) => t.block(...list)),
  one: fc.oneof({ depthSize: 'small', maxDepth: 3 },
    fc.tuple(fc.constantFrom(...longs), long).map(([one, value]) => t.run(t.assign(t.place(one), value))),
    fc.tuple(fc.constantFrom(...texts), string).map(([one, value]) => t.run(t.assign(t.place(one), value))),
    fc.tuple(long, string).map(([a, b]) => t.printf('%d %s\n', a, b)),
    string.map((a) => t.printf('%s\n', a)),
    string.map((a) => t.run(t.assign(t.place(label), a))),
    fc.tuple(long, string).map(([a, b]) => t.run(t.assign(t.place(names, a), b))),
    long.map((a) => t.run(t.update('sub', t.place(total), a))),
    long.map((a) => t.run(a)),
    fc.tuple(long, tie('many'), tie('many')).map(([a, b, c]) => t.when(a, b, c)),
    fc.tuple(tie('many'), tie('many'), fc.boolean()).map(([a, b, named]) => t.attempt(a, b, named ? texts[0] : undefined)),
    fc.tuple(long, string).map(([a, b]) => t.when(a, t.run(t.call(fail, b)))),
    fc.tuple(long, tie('many'), fc.constantFrom('break', 'continue', 'next')).map(([a, body, kind]) => counted(a, body, kind as 'break')),
  ),
})).many;

/** A loop of at most 4 turns over a variable of its own. */
function counted(exit: TypedExpression, body: TypedStatement, kind: 'break' | 'continue' | 'next'): TypedStatement {
  const turn = t.local('turn');
  return t.block(
    t.run(t.assign(t.place(turn), t.num(0))),
    t.loop(t.bin('lt', t.load(turn), t.num(4)), t.block(body, t.when(exit, t.jump(kind)), t.printf('.')), t.inc(t.place(turn))),
  );
}

describe('optimizeProgram keeps what a handler does', () => {
  const make = (body: TypedStatement, where: 'kernel' | 'host') => t.program([t.probe(where, body), t.probe(where, body)], [total, label, table, names], functions);

  test.each(['kernel', 'host'] as const)('in a %s probe', (where) => {
    fc.assert(
      fc.property(statement, fc.array(fc.bigInt({ min: -4n, max: 70n }), { minLength: 3, maxLength: 3 }), (body, args) => {
        const diagnostics = new DiagnosticSink();
        const lowered = lowerProgram(make(body, where), { diagnostics });
        expect(findIrProblems(lowered)).toEqual([]);
        const optimized = optimizeProgram(lowered, { diagnostics });
        expect(findIrProblems(optimized)).toEqual([]);
        const [before, after] = [new Interpreter(lowered, args).run(), new Interpreter(optimized, args).run()];
        if (after.output !== before.output) throw new Error(`${before.output}\n--\n${after.output}\n${printIr(lowered)}\n${printIr(optimized)}`);
        const left = new Set(after.globals.map((pair) => (pair as [string])[0]));
        expect(after.globals).toEqual(before.globals.filter((pair) => left.has((pair as [string])[0])));
      }),
      { numRuns: Number(process.env['STAPKIT_FUZZ_RUNS'] ?? 300) },
    );
  });
});
