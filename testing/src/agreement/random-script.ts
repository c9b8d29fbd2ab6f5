/**
 * Random scripts over what both executors can do. A script is a handler with its functions and globals;
 * names carry the mark § in place of a prefix, so that many scripts go into one object.
 */
import fc from 'fast-check';
import { Expressions, LONG_OPERATORS, comparison } from './expressions.js';
import { STATISTIC_OPERATORS } from './globals.js';
import type { StatisticOperator } from './globals.js';
import type { Text } from './words.js';
import { literal, long, longDirective, number, word } from './words.js';
import type { Place } from './statements.js';
import { Statements } from './statements.js';

export interface RandomScript {
  /** Initial values of the globals n0, n1 and t0, t1. */
  readonly longs: readonly bigint[];
  readonly texts: readonly string[];
  readonly functions: {
    /** Pure: they read their arguments alone, so that their calls may be left to the host. */
    readonly long: string;
    readonly text: string;
    readonly impure: string;
    readonly impureText: string;
    /** Two overloads. */
    readonly first: string;
    readonly second: string;
    /** What a recursive function does at each level. */
    readonly level: string;
  };
  readonly body: string;
  /** How often the handler runs. */
  readonly runs: number;
  /** Operators over the statistics that the end probe prints, and whether it prints their histograms. */
  readonly statistics: readonly StatisticOperator[];
  readonly histograms: boolean;
}

const lines = (statements: Statements, place: Place, depth: number, count: number): Text =>
  fc.array(statements.statement(depth, place), { minLength: 1, maxLength: count }).map((all) => all.join('; '));
const pureLong = fc.tuple(fc.constantFrom(...LONG_OPERATORS), comparison, number).map(([operator, compared, limit]) =>
  `if (a ${compared} ${limit}) return b; return (a ${operator} b) + (b & 7)`);
const pureText = fc.tuple(literal, longDirective, fc.integer({ min: 0, max: 12 })).map(([text, directive, width]) =>
  `if (b == 0) return ${text}; return substr(s, 0, ${width}) . sprintf("${directive}", b) . s`);

/** @param walks whether arrays may be walked, which kernels before 5.17 cannot */
export function randomScript(walks: boolean): fc.Arbitrary<RandomScript> {
  const handler = new Statements(new Expressions(['f', 'g', 'h', 'q', 'r', 'rs', 'o', 'm'], walks));
  const caller = new Statements(new Expressions(['f', 'g', 'r'], walks));
  const leaf = new Statements(new Expressions([], walks));
  return fc.record({
    longs: fc.tuple(long, long),
    texts: fc.tuple(word, word),
    functions: fc.record({
      long: pureLong, text: pureText,
      impure: lines(caller, { loop: false, result: 'long' }, 2, 3), impureText: lines(caller, { loop: false, result: 'text' }, 1, 2),
      first: lines(leaf, { loop: false, result: 'long', overloaded: true }, 1, 2), second: lines(leaf, { loop: false, result: 'long' }, 1, 2),
      level: leaf.statement(1, { loop: false, result: 'long' }),
    }),
    body: lines(handler, { loop: false, result: undefined }, 2, 7),
    runs: fc.integer({ min: 1, max: 3 }),
    statistics: fc.subarray([...STATISTIC_OPERATORS]),
    histograms: fc.boolean(),
  });
}
