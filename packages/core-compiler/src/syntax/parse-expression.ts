import * as catalog from '../diagnostics/catalog.js';
import type { AssignOperator, BinaryOperator, Expression, RegexExpression, UnaryExpression } from './ast.js';
import { CHAIN_MAX, cover } from './cursor.js';
import type { TokenCursor } from './cursor.js';
import { parsePostfix } from './parse-primary.js';
import { describeToken } from './tokens.js';
import type { Token } from './tokens.js';

const ASSIGNMENTS: ReadonlySet<string> = new Set<AssignOperator>(['=', '<<<', '+=', '-=', '*=', '/=', '%=', '<<=', '>>=', '&=', '^=', '|=', '.=']);

/** Binary operators under `in`, by binding strength. */
const LOOSE: Readonly<Record<string, number>> = { '||': 1, '&&': 2, '|': 3, '^': 4, '&': 5 };
/** Binary operators over the comparisons. */
const TIGHT: Readonly<Record<string, number>> = { '<<': 1, '>>': 1, '>>>': 1, '.': 2, '+': 3, '-': 3, '*': 4, '/': 4, '%': 4 };
const COMPARISONS: ReadonlySet<string> = new Set(['<', '>', '<=', '>=', '==', '!=']);

/** Level 1: assignment, right associative. */
export function parseExpression(cursor: TokenCursor): Expression {
  return cursor.nested(() => {
    const target = parseTernary(cursor);
    const operator = cursor.peek();
    if (operator.kind !== 'operator' || !ASSIGNMENTS.has(operator.text)) return target;
    checkTarget(cursor, target, operator);
    cursor.next();
    const value = parseExpression(cursor);
    return { kind: 'assign', operator: operator.text as AssignOperator, operatorSpan: operator.span, target, value, span: cover(target.span, value.span) };
  });
}

function parseTernary(cursor: TokenCursor): Expression {
  const condition = parseLoose(cursor, 1);
  const mark = cursor.acceptOperator('?');
  if (mark === undefined) return condition;
  if (cursor.isOperator(':')) return cursor.expected("an expression between '?' and ':'", 'write CONDITION ? VALUE : OTHER');
  const then = parseExpression(cursor);
  cursor.expectOperator(':', "and the other value of '?:'");
  const otherwise = cursor.nested(() => parseTernary(cursor));
  return { kind: 'ternary', condition, then, otherwise, span: cover(condition.span, otherwise.span) };
}

/** Levels 3 to 7, by climbing: operands bind at least as strongly as `level`. */
function parseLoose(cursor: TokenCursor, level: number): Expression {
  let left = parseMembership(cursor);
  for (let length = 0; ; length++) {
    const operator = cursor.peek();
    const strength = operator.kind === 'operator' ? (LOOSE[operator.text] ?? 0) : 0;
    if (strength < level || strength === 0) return left;
    checkChain(cursor, length);
    cursor.next();
    checkShortCircuitAssign(cursor, operator);
    left = binary(left, operator, parseLoose(cursor, strength + 1));
  }
}

function checkChain(cursor: TokenCursor, length: number): void {
  if (length >= CHAIN_MAX) cursor.giveUp();
}

function checkShortCircuitAssign(cursor: TokenCursor, operator: Token): void {
  const { text } = operator;
  const assign = cursor.peek();
  if ((text === '&&' || text === '||') && cursor.isOperator('=') && assign.span.start === operator.span.end) {
    cursor.fail(catalog.notAnOperator(cover(operator.span, assign.span), `${text}=`, `write x = x ${text} y`));
  }
}

function binary(left: Expression, operator: Token, right: Expression): Expression {
  return { kind: 'binary', operator: operator.text as BinaryOperator, operatorSpan: operator.span, left, right, span: cover(left.span, right.span) };
}

/** Level 8: `x in a`, `[x, *] in a`. */
function parseMembership(cursor: TokenCursor): Expression {
  const first = cursor.peek();
  if (cursor.isOperator('[')) {
    const indexes = parseIndexes(cursor, true);
    if (!cursor.isKeyword('in')) cursor.expected("'in' and an array after '[...]'");
    return membership(cursor, first, indexes);
  }
  const left = parseComparison(cursor);
  return cursor.isKeyword('in') ? membership(cursor, left, [left]) : left;
}

function membership(cursor: TokenCursor, start: { readonly span: Expression['span'] }, indexes: readonly (Expression | undefined)[]): Expression {
  cursor.next();
  const array = cursor.peek();
  if (array.kind !== 'identifier') return cursor.expected("an array's name after 'in'");
  cursor.next();
  return { kind: 'in', indexes, array: array.text, arraySpan: array.span, span: cursor.since(start) };
}

/** `[a, b]`, with `*` for "any" where that has a meaning. */
export function parseIndexes(cursor: TokenCursor, wildcards: boolean): (Expression | undefined)[] {
  const open = cursor.expectOperator('[');
  // For this list alone, not for those inside it.
  cursor.wildcards = false;
  const indexes: (Expression | undefined)[] = [];
  do {
    if (cursor.isOperator('*') && (cursor.isOperator(',', 1) || cursor.isOperator(']', 1))) {
      if (!wildcards) cursor.report(catalog.strayWildcard(cursor.peek().span));
      cursor.next();
      indexes.push(undefined);
    } else indexes.push(parseExpression(cursor));
  } while (cursor.acceptOperator(',') !== undefined);
  cursor.expectClose(']', open);
  return indexes;
}

/** Level 9: comparisons, left associative; one regular expression match, not chained. */
function parseComparison(cursor: TokenCursor): Expression {
  let left = parseTight(cursor, 1);
  const match = cursor.peek();
  if (match.kind === 'operator' && (match.text === '=~' || match.text === '!~')) return parseRegex(cursor, left, match);
  for (let length = 0; ; length++) {
    const operator = cursor.peek();
    if (operator.kind !== 'operator') return left;
    if (operator.text === '=~' || operator.text === '!~') return cursor.fail(catalog.regexNotChained(operator.span, operator.text));
    if (!COMPARISONS.has(operator.text)) return left;
    checkChain(cursor, length);
    cursor.next();
    if (cursor.isOperator('=') && operator.text.length === 2 && cursor.peek().span.start === operator.span.end) {
      cursor.fail(catalog.notAnOperator(cover(operator.span, cursor.peek().span), `${operator.text}=`, `write '${operator.text}'`));
    }
    left = binary(left, operator, parseTight(cursor, 1));
  }
}

function parseRegex(cursor: TokenCursor, subject: Expression, operator: Token): RegexExpression {
  cursor.next();
  const { value, span } = cursor.textLiteral(`the regular expression after '${operator.text}'`);
  const after = cursor.peek();
  if (after.kind === 'operator' && (COMPARISONS.has(after.text) || after.text === '=~' || after.text === '!~')) cursor.fail(catalog.regexNotChained(after.span, after.text));
  return { kind: 'regex', negated: operator.text === '!~', subject, pattern: value, patternSpan: span, span: cover(subject.span, span) };
}

/** Levels 10 to 13, by climbing. */
function parseTight(cursor: TokenCursor, level: number): Expression {
  let left = parseUnary(cursor);
  for (let length = 0; ; length++) {
    const operator = cursor.peek();
    const strength = operator.kind === 'operator' ? (TIGHT[operator.text] ?? 0) : 0;
    if (strength < level || strength === 0) return left;
    checkChain(cursor, length);
    cursor.next();
    left = binary(left, operator, parseTight(cursor, strength + 1));
  }
}

/** Level 14. */
function parseUnary(cursor: TokenCursor): Expression {
  const operator = cursor.peek();
  if (operator.kind !== 'operator' || !['+', '-', '!', '~'].includes(operator.text)) return parseIncrement(cursor);
  cursor.next();
  const operand = cursor.nested(() => parseUnary(cursor));
  return { kind: 'unary', operator: operator.text as UnaryExpression['operator'], operand, span: cover(operator.span, operand.span) };
}

/** Level 15: `++x`, `x++`. */
function parseIncrement(cursor: TokenCursor): Expression {
  const prefix = cursor.acceptOperator('++') ?? cursor.acceptOperator('--');
  const target = parsePostfix(cursor);
  if (prefix !== undefined) return increment(cursor, target, prefix, true);
  const postfix = cursor.acceptOperator('++') ?? cursor.acceptOperator('--');
  return postfix === undefined ? target : increment(cursor, target, postfix, false);
}

function increment(cursor: TokenCursor, target: Expression, operator: Token, prefix: boolean): Expression {
  const what = notAPlace(target);
  if (what !== undefined) cursor.report(catalog.notIncrementable(operator.span, operator.text, what));
  return { kind: 'increment', operator: operator.text === '++' ? '++' : '--', prefix, target, span: cover(target.span, operator.span) };
}

function checkTarget(cursor: TokenCursor, target: Expression, operator: Token): void {
  const what = notAPlace(target);
  if (what !== undefined) cursor.report(catalog.notAssignable(operator.span, operator.text, what));
}

/** What an expression is that nothing can be assigned to; undefined for places. */
function notAPlace(expression: Expression): string | undefined {
  switch (expression.kind) {
    case 'name':
    case 'index':
    case 'bad-expression':
    case 'at':
      return undefined;
    case 'target':
      if (expression.addressOf) return 'an address';
      return expression.pretty > 0 ? 'a printed structure' : undefined;
    case 'number':
    case 'text':
      return 'a literal';
    case 'unary':
    case 'binary':
      return `the result of '${expression.operator}'`;
    case 'in':
      return "the result of 'in'";
    case 'regex':
      return 'the result of a match';
    case 'ternary':
      return "the result of '?:'";
    case 'assign':
    case 'increment':
      return `the result of '${expression.operator}'`;
    case 'call':
    case 'print':
      return `the result of '${expression.name}'`;
    case 'stat':
      return `the result of '@${expression.operator}'`;
    case 'histogram':
      return 'a histogram';
    case 'defined':
    case 'entry':
      return `the result of '@${expression.kind}'`;
    case 'embedded-expression':
      return 'embedded code';
  }
}

/** `(condition)` after a keyword. */
export function parseCondition(cursor: TokenCursor, keyword: string): Expression {
  const open = cursor.acceptOperator('(');
  if (open === undefined) return cursor.fail(catalog.missingCondition(cursor.peek().span, describeToken(cursor.peek()), keyword));
  const condition = parseExpression(cursor);
  cursor.expectClose(')', open);
  return condition;
}
