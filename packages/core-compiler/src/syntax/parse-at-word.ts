import * as catalog from '../diagnostics/catalog.js';
import type { Expression, HistogramExpression, StatOperator, TargetExpression, TextExpression } from './ast.js';
import type { TokenCursor } from './cursor.js';
import { parseExpression } from './parse-expression.js';
import type { Token } from './tokens.js';

export const STAT_OPERATORS: ReadonlySet<string> = new Set<StatOperator>(['count', 'sum', 'min', 'max', 'avg', 'variance']);

/** The other operators: how many expressions they take, or that their argument is one literal string. */
const OTHERS: Readonly<Record<string, 'literal' | readonly [min: number, max: number]>> = {
  perf: 'literal', const: 'literal', enum: 'literal', enumname: [1, 3], probewrite: [1, 1],
  kregister: [1, 1], uregister: [1, 1], __register: [1, 1], kderef: [2, 2], uderef: [2, 2],
};

const KNOWN = [...STAT_OPERATORS, 'hist_log', 'hist_linear', 'defined', 'entry', 'cast', 'var', ...Object.keys(OTHERS), 'define'].map((name) => `@${name}`);

/** Whatever begins with `@`: the macros are gone by now. */
export function parseAtWord(cursor: TokenCursor, token: Token): Expression {
  const name = token.text.slice(1);
  if (STAT_OPERATORS.has(name)) return parseStat(cursor, token, name as StatOperator);
  switch (name) {
    case 'hist_log':
    case 'hist_linear':
      return parseHistogramValue(cursor, token);
    case 'defined':
    case 'entry': {
      const operand = parenthesized(cursor, token, () => parseExpression(cursor));
      return { kind: name, operand, span: cursor.since(token) };
    }
    case 'cast':
      return parseCast(cursor, token);
    case 'var':
      return parseVar(cursor, token);
    default:
      return parseOther(cursor, token, name);
  }
}

/** `@word(` inner `)`. */
function parenthesized<Result>(cursor: TokenCursor, word: Token, inner: () => Result): Result {
  cursor.next();
  const open = cursor.expectOperator('(', `after '${word.text}'`);
  const result = inner();
  cursor.expectClose(')', open);
  return result;
}

function parseStat(cursor: TokenCursor, token: Token, operator: StatOperator): Expression {
  const [operand, shift] = parenthesized(cursor, token, () => {
    const value = parseExpression(cursor);
    if (operator !== 'variance' || cursor.acceptOperator(',') === undefined) return [value, undefined] as const;
    return [value, Number(cursor.numberLiteral("the bit shift of '@variance'").value)] as const;
  });
  return { kind: 'stat', operator, ...(shift === undefined ? {} : { shift }), operand, span: cursor.since(token) };
}

/** A histogram, without an index. */
export function parseHistogram(cursor: TokenCursor, token: Token): HistogramExpression {
  const shape = token.text === '@hist_log' ? 'log' : 'linear';
  const [operand, numbers] = parenthesized(cursor, token, () => {
    const value = parseExpression(cursor);
    const given: bigint[] = [];
    if (shape === 'linear') {
      for (const what of ['lower bound', 'upper bound', 'bucket width']) {
        cursor.expectOperator(',', `and the ${what} of '@hist_linear'`, 'write @hist_linear(value, LOW, HIGH, WIDTH)');
        given.push(cursor.numberLiteral(`the ${what} of '@hist_linear'`).value);
      }
    }
    return [value, given] as const;
  });
  return { kind: 'histogram', shape, numbers, operand, span: cursor.since(token) };
}

function parseHistogramValue(cursor: TokenCursor, token: Token): Expression {
  // Only the argument's own first token is the print's histogram, not one further inside.
  const bare = cursor.bareHistogram === token;
  const histogram = parseHistogram(cursor, token);
  const open = cursor.acceptOperator('[');
  cursor.bareHistogram = bare && open === undefined ? token : undefined;
  if (open === undefined) {
    if (!bare) cursor.report(catalog.bareHistogram(token.span, token.text));
    return histogram;
  }
  const index = parseExpression(cursor);
  cursor.expectClose(']', open);
  return { ...histogram, index, span: cursor.since(token) };
}

function parseCast(cursor: TokenCursor, token: Token): TargetExpression {
  const base = parenthesized(cursor, token, () => {
    const value = parseExpression(cursor);
    cursor.expectOperator(',', "and the type of '@cast'", 'write @cast(value, "TYPE") or @cast(value, "TYPE", "MODULE")');
    const type = cursor.textLiteral("the type of '@cast'").value;
    return { kind: 'cast' as const, value, type, ...parseModule(cursor, token) };
  });
  return { kind: 'target', base, steps: [], addressOf: false, pretty: 0, span: cursor.since(token) };
}

function parseVar(cursor: TokenCursor, token: Token): TargetExpression {
  const base = parenthesized(cursor, token, () => {
    const name = cursor.textLiteral("the variable's name in '@var'").value;
    return { kind: 'var' as const, name, ...parseModule(cursor, token) };
  });
  return { kind: 'target', base, steps: [], addressOf: false, pretty: 0, span: cursor.since(token) };
}

function parseModule(cursor: TokenCursor, token: Token): { readonly module?: string } {
  return cursor.acceptOperator(',') === undefined ? {} : { module: cursor.textLiteral(`the module of '${token.text}'`).value };
}

function parseOther(cursor: TokenCursor, token: Token, name: string): Expression {
  const takes = Object.hasOwn(OTHERS, name) ? OTHERS[name] : undefined;
  if (takes === undefined) return cursor.fail(catalog.unknownAtWord(token.span, token.text, [...cursor.macroNames().map((one) => `@${one}`), ...KNOWN]));
  const args = parenthesized(cursor, token, (): Expression[] => {
    if (takes === 'literal') {
      const text: TextExpression = { kind: 'text', ...cursor.textLiteral(`the argument of '${token.text}'`) };
      return [text];
    }
    const given = [parseExpression(cursor)];
    while (given.length < takes[1] && cursor.acceptOperator(',') !== undefined) given.push(parseExpression(cursor));
    if (given.length < takes[0]) cursor.expectOperator(',', `and another argument of '${token.text}'`);
    return given;
  });
  return { kind: 'at', name, args, span: cursor.since(token) };
}
