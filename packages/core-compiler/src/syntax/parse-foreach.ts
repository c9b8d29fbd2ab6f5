import * as catalog from '../diagnostics/catalog.js';
import type { Span } from '../source/index.js';
import type { ForeachStatement, NameExpression, StatOperator } from './ast.js';
import type { TokenCursor } from './cursor.js';
import { STAT_OPERATORS, parseHistogram } from './parse-at-word.js';
import { parseExpression, parseIndexes } from './parse-expression.js';
import { parseLoopBody } from './parse-statement.js';
import { describeToken } from './tokens.js';
import type { Token } from './tokens.js';

type Sort = NonNullable<ForeachStatement['sort']>;
interface Sorted {
  readonly sort: Sort;
  readonly span: Span;
}

/**
 * `foreach ( [VALUE[+|-] =] KEYS in ARRAY [slice] [@op] [+|-] [limit E] ) STATEMENT`,
 * where KEYS is `k[+|-]` or `[k1[+|-], k2, …]`; one sort mark at most.
 */
export function parseForeach(cursor: TokenCursor, start: Token): ForeachStatement {
  cursor.next();
  const open = cursor.expectOperator('(', "after 'foreach'", 'write foreach (key in array) STATEMENT');
  const sorts: Sorted[] = [];
  const head = parseHead(cursor, sorts);
  if (cursor.acceptKeyword('in') === undefined) cursor.fail(catalog.foreachNeedsIn(cursor.peek().span, describeToken(cursor.peek())));
  const array = parseArray(cursor);
  parseArraySort(cursor, sorts);
  const limit = cursor.acceptKeyword('limit') === undefined ? undefined : parseExpression(cursor);
  cursor.expectClose(')', open);
  const body = parseLoopBody(cursor);
  const [first, second] = sorts;
  if (first !== undefined && second !== undefined) cursor.report(catalog.multipleSorts(second.span, first.span));
  return {
    kind: 'foreach', ...head, array, ...(first === undefined ? {} : { sort: first.sort }), ...(limit === undefined ? {} : { limit }), body, span: cursor.since(start),
  };
}

function parseHead(cursor: TokenCursor, sorts: Sorted[]): Pick<ForeachStatement, 'value' | 'keys'> {
  if (cursor.isOperator('[')) return { keys: parseKeys(cursor, sorts) };
  const first = parseVariable(cursor);
  const mark = acceptSign(cursor);
  if (cursor.acceptOperator('=') === undefined) {
    if (mark !== undefined) sorts.push({ sort: { by: 'key', key: 0, descending: mark.text === '-' }, span: mark.span });
    return { keys: [first] };
  }
  if (mark !== undefined) sorts.push({ sort: { by: 'value', descending: mark.text === '-' }, span: mark.span });
  return { value: first, keys: cursor.isOperator('[') ? parseKeys(cursor, sorts) : [parseKey(cursor, 0, sorts)] };
}

function parseKeys(cursor: TokenCursor, sorts: Sorted[]): NameExpression[] {
  const open = cursor.next();
  const keys: NameExpression[] = [];
  do keys.push(parseKey(cursor, keys.length, sorts));
  while (cursor.acceptOperator(',') !== undefined);
  cursor.expectClose(']', open);
  return keys;
}

function parseKey(cursor: TokenCursor, key: number, sorts: Sorted[]): NameExpression {
  const name = parseVariable(cursor);
  const mark = acceptSign(cursor);
  if (mark !== undefined) sorts.push({ sort: { by: 'key', key, descending: mark.text === '-' }, span: mark.span });
  return name;
}

function parseVariable(cursor: TokenCursor): NameExpression {
  const name = cursor.peek();
  if (name.kind !== 'identifier' || name.text.startsWith('$')) return cursor.expected('a variable');
  cursor.next();
  return { kind: 'name', name: name.text, span: name.span };
}

function acceptSign(cursor: TokenCursor): Token | undefined {
  return cursor.acceptOperator('+') ?? cursor.acceptOperator('-');
}

function parseArray(cursor: TokenCursor): ForeachStatement['array'] {
  const token = cursor.peek();
  if (token.text === '@hist_log' || token.text === '@hist_linear') return parseHistogram(cursor, token);
  if (token.kind !== 'identifier') return cursor.expected("an array's name after 'in'");
  cursor.next();
  const slice = cursor.isOperator('[') ? parseIndexes(cursor, true) : undefined;
  return { kind: 'array', name: token.text, ...(slice === undefined ? {} : { slice }), span: cursor.since(token) };
}

function parseArraySort(cursor: TokenCursor, sorts: Sorted[]): void {
  const token = cursor.peek();
  let stat: StatOperator | undefined;
  if (token.kind === 'at') {
    const name = token.text.slice(1);
    if (!STAT_OPERATORS.has(name)) cursor.expected("'@count', '@sum', '@min', '@max' or '@avg' to sort by");
    stat = name as StatOperator;
    cursor.next();
  }
  const mark = acceptSign(cursor);
  if (mark === undefined) {
    if (stat !== undefined) cursor.expected(`'+' or '-' after '${token.text}'`, `write ${token.text}- to have the greatest first`);
    return;
  }
  sorts.push({ sort: { by: 'value', ...(stat === undefined ? {} : { stat }), descending: mark.text === '-' }, span: cursor.since(token) });
}
