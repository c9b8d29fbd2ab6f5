import * as catalog from '../diagnostics/catalog.js';
import type { BlockStatement, Expression, NameExpression, Statement } from './ast.js';
import { ELSE_IF_MAX, ParseFailure, cover } from './cursor.js';
import type { TokenCursor } from './cursor.js';
import { parseCondition, parseExpression } from './parse-expression.js';
import { parseForeach } from './parse-foreach.js';
import { describeToken } from './tokens.js';
import type { Token } from './tokens.js';

/** Keywords that begin a declaration: inside a block they mean that a `}` is missing. */
const DECLARATIONS: ReadonlySet<string> = new Set(['probe', 'function', 'global', 'private']);
const STATEMENTS: ReadonlySet<string> = new Set(['if', 'for', 'foreach', 'while', 'return', 'delete', 'break', 'continue', 'next', 'try']);

/** `{ … }`. Goes on after a malformed statement, so that one run reports several. */
export function parseBlock(cursor: TokenCursor, after: string): BlockStatement {
  const open = cursor.expectOperator('{', after);
  return cursor.nested(() => {
    const statements: Statement[] = [];
    let lastIsBad = false;
    for (;;) {
      const token = cursor.peek();
      if (cursor.acceptOperator('}') !== undefined) break;
      if (token.kind === 'end' || (token.kind === 'keyword' && DECLARATIONS.has(token.text))) {
        cursor.unclosed(open);
        break;
      }
      // The `if` that this belonged to was malformed: its error was told.
      if (lastIsBad && cursor.acceptKeyword('else') !== undefined) continue;
      const statement = parseRecovering(cursor);
      lastIsBad = statement.kind === 'bad-statement' || (lastIsBad && statement.kind === 'block');
      statements.push(statement);
    }
    return { kind: 'block', statements, span: cursor.since(open) };
  });
}

function parseRecovering(cursor: TokenCursor): Statement {
  const start = cursor.peek();
  const index = cursor.index;
  const { loops } = cursor;
  try {
    return parseStatement(cursor);
  } catch (failure) {
    if (!(failure instanceof ParseFailure)) throw failure;
    cursor.loops = loops;
    cursor.wildcards = false;
    recover(cursor, index);
    return { kind: 'bad-statement', span: cursor.since(start) };
  }
}

/** Steps to where a statement may begin: after a `;`, before a brace, or at a line that begins like a statement. */
function recover(cursor: TokenCursor, startIndex: number): void {
  for (let depth = 0; ; cursor.next()) {
    const token = cursor.peek();
    if (token.kind === 'end') return;
    if (token.kind === 'keyword' && DECLARATIONS.has(token.text)) return;
    const moved = cursor.index > startIndex;
    if (token.kind === 'operator') {
      if (token.text === ';' && depth === 0) {
        cursor.next();
        return;
      }
      if (token.text === '}' || (token.text === '{' && moved)) return;
      if (token.text === '(' || token.text === '[') depth++;
      if (token.text === ')' || token.text === ']') depth = Math.max(0, depth - 1);
    }
    if (moved && beginsLine(cursor) && looksLikeStatement(cursor)) return;
  }
}

function beginsLine(cursor: TokenCursor): boolean {
  const { span } = cursor.peek();
  const before = cursor.previous().span;
  return before.source === span.source && before.end <= span.start && span.source.text.slice(before.end, span.start).includes('\n');
}

function looksLikeStatement(cursor: TokenCursor): boolean {
  const token = cursor.peek();
  if (token.kind === 'keyword') return STATEMENTS.has(token.text);
  const after = cursor.peek(1);
  return token.kind === 'identifier' && after.kind === 'operator' && ['=', '+=', '-=', '<<<', '++', '--', '(', '['].includes(after.text);
}

export function parseStatement(cursor: TokenCursor): Statement {
  const token = cursor.peek();
  if (token.kind === 'operator') {
    if (token.text === '{') return parseBlock(cursor, '');
    if (token.text === ';') {
      cursor.next();
      return { kind: 'empty', span: token.span };
    }
    if (token.text === '}' || token.text === ')' || token.text === ']') return cursor.expected('a statement');
  }
  if (token.kind === 'end') return cursor.expected('a statement');
  if (token.kind === 'keyword') return parseKeyword(cursor, token);
  if (token.kind === 'identifier') checkDeclaration(cursor, token);
  const expression = parseExpression(cursor);
  if (cursor.isOperator(')') || cursor.isOperator(']')) cursor.expected("the end of the statement");
  cursor.acceptOperator(';');
  return { kind: 'expression', expression, span: expression.span };
}

function parseKeyword(cursor: TokenCursor, token: Token): Statement {
  switch (token.text) {
    case 'if':
      return parseIf(cursor);
    case 'while':
      return parseWhile(cursor, token);
    case 'for':
      return parseFor(cursor, token);
    case 'foreach':
      return parseForeach(cursor, token);
    case 'break':
    case 'continue':
    case 'next':
      return parseJump(cursor, token, token.text);
    case 'return':
      return parseReturn(cursor, token);
    case 'delete':
      return parseDelete(cursor, token);
    case 'try':
      return parseTry(cursor, token);
    case 'else':
      return cursor.fail(catalog.strayElse(token.span, 'else', 'if'));
    case 'catch':
      return cursor.fail(catalog.strayElse(token.span, 'catch', 'try'));
    case 'long':
    case 'string':
      if (cursor.peek(1).kind === 'identifier') return cursor.fail(catalog.cStyleDeclaration(token.span, token.text, cursor.peek(1).text));
      return cursor.expected('a statement', `'${token.text}' is a keyword: it cannot name a variable`);
    default:
      return cursor.expected('a statement', DECLARATIONS.has(token.text) ? "close the block before it with '}'" : undefined);
  }
}

const C_TYPES: ReadonlySet<string> = new Set(['int', 'char', 'short', 'unsigned', 'signed', 'float', 'double', 'bool', 'void', 'auto', 'var', 'let', 'const', 'local', 'u8', 'u16', 'u32', 'u64', 's8', 's16', 's32', 's64', 'uint8_t', 'uint16_t', 'uint32_t', 'uint64_t', 'int32_t', 'int64_t', 'size_t', 'str']);

/** `int x = 3` would read as the two statements `int` and `x = 3`. */
function checkDeclaration(cursor: TokenCursor, token: Token): void {
  if (!C_TYPES.has(token.text)) return;
  let at = 1;
  while (cursor.isOperator('*', at) || (cursor.peek(at).kind === 'identifier' && C_TYPES.has(cursor.peek(at).text)) || cursor.isKeyword('long', at)) at++;
  const name = cursor.peek(at);
  const after = cursor.peek(at + 1);
  if (name.kind !== 'identifier' || name.text.startsWith('$') || after.kind !== 'operator' || !['=', ';', ',', '['].includes(after.text)) return;
  cursor.fail(catalog.cStyleDeclaration(token.span, token.text, name.text));
}

/** The statement that an if or a loop holds. */
function parseBody(cursor: TokenCursor): Statement {
  return cursor.nested(() => parseStatement(cursor));
}

/** In a loop over `else if`, so that a long chain is no deep recursion. */
function parseIf(cursor: TokenCursor): Statement {
  const arms: { readonly start: Token; readonly condition: Expression; readonly then: Statement }[] = [];
  let otherwise: Statement | undefined;
  for (;;) {
    if (arms.length >= ELSE_IF_MAX) cursor.giveUp();
    const start = cursor.next();
    const condition = parseCondition(cursor, 'if');
    arms.push({ start, condition, then: parseBody(cursor) });
    if (cursor.acceptKeyword('else') === undefined) break;
    if (cursor.isKeyword('if')) continue;
    otherwise = parseBody(cursor);
    break;
  }
  const end = cursor.previous().span;
  for (const { start, condition, then } of arms.reverse()) {
    otherwise = { kind: 'if', condition, then, ...(otherwise === undefined ? {} : { otherwise }), span: cover(start.span, end) };
  }
  return otherwise ?? cursor.expected('a statement');
}

export function parseLoopBody(cursor: TokenCursor): Statement {
  cursor.loops++;
  const body = parseBody(cursor);
  cursor.loops--;
  return body;
}

function parseWhile(cursor: TokenCursor, start: Token): Statement {
  cursor.next();
  const condition = parseCondition(cursor, 'while');
  const body = parseLoopBody(cursor);
  return { kind: 'while', condition, body, span: cursor.since(start) };
}

function parseFor(cursor: TokenCursor, start: Token): Statement {
  cursor.next();
  const open = cursor.expectOperator('(', "after 'for'", 'write for (START; CONDITION; STEP) STATEMENT');
  const init = cursor.isOperator(';') ? undefined : parseExpression(cursor);
  if (init?.kind === 'in' && cursor.isOperator(')')) cursor.fail(catalog.forIsForeach(start.span));
  cursor.expectOperator(';', "after the start of 'for'", 'write for (START; CONDITION; STEP) STATEMENT');
  const condition = cursor.isOperator(';') ? undefined : parseExpression(cursor);
  cursor.expectOperator(';', "after the condition of 'for'", 'write for (START; CONDITION; STEP) STATEMENT');
  const step = cursor.isOperator(')') ? undefined : parseExpression(cursor);
  cursor.expectClose(')', open);
  const body = parseLoopBody(cursor);
  return { kind: 'for', ...(init === undefined ? {} : { init }), ...(condition === undefined ? {} : { condition }), ...(step === undefined ? {} : { step }), body, span: cursor.since(start) };
}

function parseJump(cursor: TokenCursor, token: Token, kind: 'break' | 'continue' | 'next'): Statement {
  cursor.next();
  if (kind !== 'next' && cursor.loops === 0) cursor.report(catalog.outsideOf(token.span, kind, 'a loop'));
  cursor.acceptOperator(';');
  return { kind, span: token.span };
}

function parseReturn(cursor: TokenCursor, start: Token): Statement {
  cursor.next();
  if (cursor.inside === 'probe') cursor.report(catalog.outsideOf(start.span, 'return', 'a function'));
  const bare = cursor.isOperator(';') || cursor.isOperator('}') || cursor.peek().kind === 'end';
  const value = bare ? undefined : parseExpression(cursor);
  const span = cursor.since(start);
  cursor.acceptOperator(';');
  return { kind: 'return', ...(value === undefined ? {} : { value }), span };
}

function parseDelete(cursor: TokenCursor, start: Token): Statement {
  cursor.next();
  cursor.wildcards = true;
  const target = parseExpression(cursor);
  cursor.wildcards = false;
  const span = cursor.since(start);
  cursor.acceptOperator(';');
  if (target.kind === 'name' || target.kind === 'index') return { kind: 'delete', target, span };
  if (target.kind !== 'bad-expression') cursor.report(catalog.badDelete(target.span));
  return { kind: 'bad-statement', span };
}

function parseTry(cursor: TokenCursor, start: Token): Statement {
  cursor.next();
  const body = parseBlock(cursor, "after 'try'");
  if (cursor.acceptKeyword('catch') === undefined) return cursor.fail(catalog.missingCatch(cursor.peek().span, describeToken(cursor.peek())));
  let variable: NameExpression | undefined;
  const open = cursor.acceptOperator('(');
  if (open !== undefined) {
    const name = cursor.peek();
    if (name.kind !== 'identifier' || name.text.startsWith('$')) return cursor.expected("the variable that takes the error's message");
    cursor.next();
    variable = { kind: 'name', name: name.text, span: name.span };
    cursor.expectClose(')', open);
  }
  const handler = parseBlock(cursor, "after 'catch'");
  return { kind: 'try', body, ...(variable === undefined ? {} : { variable }), handler, span: cursor.since(start) };
}
