import * as catalog from '../diagnostics/catalog.js';
import type { Expression, PrintExpression, PrintName, TargetExpression, TargetStep, TextExpression } from './ast.js';
import { cover } from './cursor.js';
import type { TokenCursor } from './cursor.js';
import { parseAtWord } from './parse-at-word.js';
import { parseExpression, parseIndexes } from './parse-expression.js';
import type { Token } from './tokens.js';

const PRINTS: ReadonlySet<string> = new Set<PrintName>(['print', 'println', 'printd', 'printdln', 'printf', 'print_char', 'sprint', 'sprintln', 'sprintd', 'sprintdln', 'sprintf']);

/** Level 16: `&`, `->member`, `[index]`, and `$` or `$$` at the end. */
export function parsePostfix(cursor: TokenCursor): Expression {
  const ampersand = cursor.acceptOperator('&');
  const start = cursor.peek();
  const base = parsePrimary(cursor);
  const steps = parseSteps(cursor);
  const fresh = base.kind === 'target' && start.kind !== 'operator' ? base : undefined;
  let pretty: 0 | 1 | 2 = fresh?.pretty ?? 0;
  if (pretty > 0 && steps.length > 0) cursor.report(catalog.prettyPrintLast(steps[0]?.span ?? start.span));
  const stripped = stripPretty(cursor, steps);
  pretty = stripped > 0 ? stripped : pretty;
  if (fresh !== undefined || steps.length > 0) {
    const suffix = cursor.peek();
    if (pretty === 0 && suffix.kind === 'identifier' && (suffix.text === '$' || suffix.text === '$$')) {
      cursor.next();
      pretty = suffix.text === '$' ? 1 : 2;
      if (cursor.isOperator('->') || cursor.isOperator('[')) cursor.fail(catalog.prettyPrintLast(suffix.span));
    }
  }
  const span = cursor.since(ampersand ?? base);
  if (fresh !== undefined) return { ...fresh, steps, pretty, addressOf: ampersand !== undefined, span };
  if (steps.length > 0) return { kind: 'target', base: { kind: 'autocast', value: base }, steps, addressOf: ampersand !== undefined, pretty, span };
  // &(place): the parentheses say nothing.
  if (ampersand !== undefined && base.kind === 'target' && !base.addressOf && base.pretty === 0) return { ...base, addressOf: true, span };
  if (ampersand !== undefined && base.kind !== 'bad-expression') cursor.report(catalog.badAddressOf(ampersand.span, describePlain(base)));
  return base;
}

function describePlain(expression: Expression): string {
  switch (expression.kind) {
    case 'name':
      return `script variable '${expression.name}'`;
    case 'index':
      return `array element '${expression.name}[...]'`;
    case 'call':
      return `the result of '${expression.name}'`;
    default:
      return 'a value';
  }
}

function parseSteps(cursor: TokenCursor): TargetStep[] {
  const steps: TargetStep[] = [];
  for (;;) {
    const mark = cursor.peek();
    if (cursor.acceptOperator('->') !== undefined) {
      const name = cursor.peek();
      if (name.kind !== 'identifier' && name.kind !== 'keyword') cursor.expected("a member's name after '->'");
      cursor.next();
      steps.push({ kind: 'member', name: name.text, span: cover(mark.span, name.span) });
    } else if (cursor.isOperator('[')) {
      cursor.next();
      const index = parseExpression(cursor);
      const close = cursor.expectClose(']', mark);
      steps.push({ kind: 'element', index, span: cover(mark.span, close.span) });
    } else return steps;
  }
}

/** A `$` or `$$` at a member's name is the pretty-printing suffix of the whole. Gives which, and leaves the bare name. */
function stripPretty(cursor: TokenCursor, steps: TargetStep[]): 0 | 1 | 2 {
  let pretty: 0 | 1 | 2 = 0;
  steps.forEach((step, at) => {
    if (step.kind !== 'member' || !step.name.endsWith('$')) return;
    const [, name = '', suffix = ''] = /^(.*?)(\$+)$/.exec(step.name) ?? [];
    if (at < steps.length - 1 || suffix.length > 2 || name === '') cursor.report(catalog.prettyPrintLast(step.span));
    pretty = suffix.length === 1 ? 1 : 2;
    steps[at] = { ...step, name };
  });
  return pretty;
}

/** Level 17. */
function parsePrimary(cursor: TokenCursor): Expression {
  const token = cursor.peek();
  switch (token.kind) {
    case 'number':
      cursor.next();
      return { kind: 'number', value: token.value ?? 0n, span: token.span };
    case 'text':
      return { kind: 'text', ...cursor.textLiteral('a string') };
    case 'identifier':
      return parseNamed(cursor, token);
    case 'at':
      return parseAtWord(cursor, token);
    case 'embedded':
      cursor.next();
      return { kind: 'embedded-expression', code: token.text, span: token.span };
    case 'bad':
      cursor.next();
      return cursor.bad(token);
    case 'operator':
      return token.text === '(' ? parseParenthesized(cursor, token) : cursor.expected('an expression', expressionHint(cursor, token));
    case 'keyword':
      return cursor.expected('an expression', token.text === 'string' || token.text === 'long' ? `'${token.text}' is a keyword: it cannot name a variable` : `'${token.text}' is a keyword`);
    case 'end':
      return cursor.expected('an expression');
  }
}

function expressionHint(cursor: TokenCursor, token: Token): string | undefined {
  if (token.text === '[') return "array keys in '[...]' go with 'in': ([a, b] in array)";
  if (token.text === '=' && cursor.previous().text === '=') return "compare with '=='";
  return undefined;
}

function parseParenthesized(cursor: TokenCursor, open: Token): Expression {
  cursor.next();
  const expression = parseExpression(cursor);
  cursor.expectClose(')', open);
  return expression;
}

function parseNamed(cursor: TokenCursor, token: Token): Expression {
  cursor.next();
  const name = token.text;
  if (name.startsWith('$')) return parseTargetVariable(cursor, token);
  if (PRINTS.has(name)) return parsePrint(cursor, token, name as PrintName);
  if (cursor.isOperator('(')) {
    const args = parseArguments(cursor, name);
    return { kind: 'call', name, nameSpan: token.span, args, span: cursor.since(token) };
  }
  if (cursor.isOperator('[')) {
    const indexes = parseIndexes(cursor, cursor.wildcards);
    return { kind: 'index', name, nameSpan: token.span, indexes, span: cursor.since(token) };
  }
  return { kind: 'name', name, span: token.span };
}

/** `$name` or `$$name`, with up to two `$` at its end. More at its beginning are the resolver's to refuse. */
function parseTargetVariable(cursor: TokenCursor, token: Token): TargetExpression {
  const [, name = '', suffix = ''] = /^(\$+[^$].*?)(\${0,2})$/.exec(token.text) ?? [];
  if (name === '' || name.endsWith('$')) cursor.report(catalog.badTargetName(token.span, token.text));
  return { kind: 'target', base: { kind: 'variable', name: name === '' ? token.text : name }, steps: [], addressOf: false, pretty: suffix.length === 2 ? 2 : suffix.length === 1 ? 1 : 0, span: token.span };
}

/** `(a, b)`, possibly empty. */
export function parseArguments(cursor: TokenCursor, name: string): Expression[] {
  const open = cursor.expectOperator('(', `after '${name}'`);
  const args: Expression[] = [];
  if (cursor.acceptOperator(')') !== undefined) return args;
  do args.push(parseExpression(cursor));
  while (cursor.acceptOperator(',') !== undefined);
  cursor.expectClose(')', open);
  return args;
}

function parsePrint(cursor: TokenCursor, token: Token, name: PrintName): PrintExpression {
  const open = cursor.acceptOperator('(');
  if (open === undefined) return cursor.expected(`'(' after '${name}'`, `write ${name}(...)`);
  const formatted = name.endsWith('f');
  const delimited = name.endsWith('d') || name.endsWith('dln');
  let format: TextExpression | undefined;
  if (formatted || delimited) {
    if (cursor.isOperator(')')) cursor.fail(catalog.printArguments(token.span, name, formatted ? 'a format' : 'a delimiter and what to print'));
    format = { kind: 'text', ...cursor.textLiteral(formatted ? `the format of '${name}'` : `the delimiter of '${name}'`, formatted ? `write ${name}("%d\\n", ...) or ${name}("%s\\n", ...)` : undefined) };
  }
  const args: Expression[] = [];
  if (format === undefined ? !cursor.isOperator(')') : cursor.acceptOperator(',') !== undefined) {
    do args.push(parsePrintArgument(cursor));
    while (cursor.acceptOperator(',') !== undefined);
  }
  cursor.expectClose(')', open, cursor.peek().kind === 'text' ? "part arguments by ','" : undefined);
  if (args.length === 0 && !formatted && name !== 'println' && name !== 'sprintln') cursor.report(catalog.printArguments(token.span, name, delimited ? 'something to print after the delimiter' : 'something to print'));
  return { kind: 'print', name, ...(format === undefined ? {} : { format }), args, span: cursor.since(token) };
}

/** The one place beside foreach where a whole histogram may stand. */
function parsePrintArgument(cursor: TokenCursor): Expression {
  const token = cursor.peek();
  if (token.text !== '@hist_log' && token.text !== '@hist_linear') return parseExpression(cursor);
  cursor.bareHistogram = token;
  const argument = parseExpression(cursor);
  if (cursor.bareHistogram === token && argument.kind !== 'histogram') cursor.report(catalog.bareHistogram(token.span, token.text));
  cursor.bareHistogram = undefined;
  return argument;
}
