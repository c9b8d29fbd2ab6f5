import * as catalog from '../diagnostics/catalog.js';
import type { AliasDeclaration, Declaration, DeclaredType, FunctionDeclaration, GlobalDeclaration, ProbePoint } from './ast.js';
import { ParseFailure } from './cursor.js';
import type { TokenCursor } from './cursor.js';
import { parseProbePoint } from './parse-probe-point.js';
import { parseBlock } from './parse-statement.js';
import { describeToken } from './tokens.js';
import type { Token } from './tokens.js';

/** Everything up to the end of the file. Goes on at the next declaration after a malformed one. */
export function parseDeclarations(cursor: TokenCursor): Declaration[] {
  const declarations: Declaration[] = [];
  while (cursor.peek().kind !== 'end') {
    const index = cursor.index;
    try {
      parseDeclaration(cursor, declarations);
    } catch (failure) {
      if (!(failure instanceof ParseFailure)) throw failure;
      cursor.loops = 0;
      recover(cursor, index);
    }
  }
  return declarations;
}

/** Steps to the next declaration. */
function recover(cursor: TokenCursor, startIndex: number): void {
  if (cursor.index === startIndex) cursor.next();
  for (let depth = 0; cursor.peek().kind !== 'end'; cursor.next()) {
    const token = cursor.peek();
    const before = cursor.previous();
    if (token.kind === 'embedded' && depth === 0) return;
    if (token.kind === 'keyword' && ['probe', 'function', 'global', 'private'].includes(token.text)) {
      // `a.probe.b` is a probe point, and `private` belongs to what it stands before.
      if (before.kind !== 'operator' || (before.text !== '.' && before.text !== '->')) return;
    }
    if (token.kind !== 'operator') continue;
    if (token.text === '{') depth++;
    if (token.text === '}') depth = Math.max(0, depth - 1);
  }
}

function parseDeclaration(cursor: TokenCursor, into: Declaration[]): void {
  const token = cursor.peek();
  if (token.kind === 'embedded') {
    cursor.next();
    into.push({ kind: 'embedded-declaration', code: token.text, span: token.span });
    return;
  }
  if (token.kind === 'keyword') {
    switch (token.text) {
      case 'probe':
        cursor.next();
        into.push(parseProbe(cursor, token));
        return;
      case 'global':
        cursor.next();
        parseGlobals(cursor, false, into);
        return;
      case 'function':
        cursor.next();
        into.push(parseFunction(cursor, token, false));
        return;
      case 'private':
        cursor.next();
        parsePrivate(cursor, token, into);
        return;
    }
  }
  cursor.fail(catalog.expectedDeclaration(token.span, describeToken(token), declarationHint(cursor, token)));
}

function declarationHint(cursor: TokenCursor, token: Token): string | undefined {
  if (token.kind === 'operator' && token.text === ';') return "leave the ';' out";
  if (token.kind === 'operator' && token.text === '}') return "a '}' too many, here or before";
  if (token.kind === 'at' && cursor.isOperator('(', 1)) return "a macro is defined by @define, and is used inside a probe or function";
  if (token.kind === 'identifier' && ['fn', 'func', 'def', 'fun', 'sub', 'void', 'int'].includes(token.text)) return 'write function NAME(ARGUMENTS) { ... }';
  const after = cursor.peek(1);
  if (token.kind === 'identifier' && after.kind === 'operator' && ['.', '{'].includes(after.text)) return `write probe ${token.text}${after.text === '.' ? '.' : ' '}...`;
  if (token.kind === 'identifier' && after.kind === 'operator' && (after.text === '=' || after.text === '[')) return `write global ${token.text}, or put the statement into a probe`;
  if (token.kind === 'keyword' || token.kind === 'identifier') return 'statements stand in probes and functions: probe begin { ... }';
  return undefined;
}

function parsePrivate(cursor: TokenCursor, start: Token, into: Declaration[]): void {
  if (cursor.acceptKeyword('function') !== undefined) into.push(parseFunction(cursor, start, true));
  else if (cursor.acceptKeyword('global') !== undefined || cursor.peek().kind === 'identifier') parseGlobals(cursor, true, into);
  else cursor.expected("'function', 'global' or a variable's name after 'private'");
}

/** A name that is declared. Keywords and `$names` are not names. */
function parseName(cursor: TokenCursor, what: string): Token {
  const token = cursor.peek();
  if (token.kind === 'keyword') return cursor.fail(catalog.reservedName(token.span, token.text, what));
  if (token.kind !== 'identifier' || token.text.startsWith('$')) return cursor.expected(`the name of ${what}`);
  return cursor.next();
}

function parseGlobals(cursor: TokenCursor, isPrivate: boolean, into: Declaration[]): void {
  do into.push(parseGlobal(cursor, isPrivate));
  while (cursor.acceptOperator(',') !== undefined);
  const after = cursor.peek();
  if (after.kind === 'identifier' && !cursor.isOperator('(', 1)) cursor.expected("',' or the next declaration", `part the names by ',': global a, ${after.text}`);
  cursor.acceptOperator(';');
}

function parseGlobal(cursor: TokenCursor, isPrivate: boolean): GlobalDeclaration {
  const name = parseName(cursor, 'a global variable');
  const wrap = cursor.acceptOperator('%') !== undefined;
  let size: number | undefined;
  const open = cursor.acceptOperator('[');
  if (open !== undefined) {
    const token = cursor.peek();
    if (token.kind !== 'number') cursor.fail(catalog.badGlobal(token.span, `size of array '${name.text}' must be a number, found ${describeToken(token)}`, token.kind === 'operator' && token.text === ']' ? `leave '[]' out: how many keys '${name.text}' has is seen from its use` : undefined));
    if (token.value === undefined || token.value < 1n || token.value > 0x7fffffffn) cursor.fail(catalog.badGlobal(token.span, `size of array '${name.text}' must be 1 to 2147483647`));
    size = Number(token.value);
    cursor.next();
    cursor.expectClose(']', open, cursor.isOperator(',') ? 'the size is one number, the elements in all' : undefined);
  }
  if (cursor.isOperator('%')) cursor.fail(catalog.badGlobal(cursor.peek().span, `'%' stands before the size: ${name.text}%[${size ?? 'N'}]`));
  const initial = parseInitial(cursor, name, size !== undefined || wrap);
  return {
    kind: 'global', name: name.text, nameSpan: name.span, isPrivate, wrap, ...(size === undefined ? {} : { size }), ...(initial === undefined ? {} : { initial }), span: cursor.since(name),
  };
}

function parseInitial(cursor: TokenCursor, name: Token, isArray: boolean): GlobalDeclaration['initial'] {
  const equals = cursor.acceptOperator('=');
  if (equals === undefined) return undefined;
  if (isArray) cursor.fail(catalog.badGlobal(equals.span, `array '${name.text}' cannot be initialized`, `fill it in a probe: probe begin { ${name.text}[KEY] = VALUE }`));
  const token = cursor.peek();
  if (token.kind === 'text') return { kind: 'text', ...cursor.textLiteral('') };
  if (token.kind === 'number' || cursor.isOperator('-')) return { kind: 'number', ...cursor.numberLiteral(`the initial value of '${name.text}'`) };
  return cursor.fail(catalog.literalNeeded(token.span, describeToken(token), `the initial value of '${name.text}'`, `compute it in a probe: probe begin { ${name.text} = ... }`));
}

function parseType(cursor: TokenCursor): DeclaredType | undefined {
  if (cursor.acceptOperator(':') === undefined) return undefined;
  if (cursor.acceptKeyword('long') !== undefined) return 'long';
  if (cursor.acceptKeyword('string') !== undefined) return 'string';
  return cursor.expected("type 'long' or 'string'");
}

function parseFunction(cursor: TokenCursor, start: Token, isPrivate: boolean): FunctionDeclaration {
  const name = parseName(cursor, 'a function');
  const result = parseType(cursor);
  const open = cursor.expectOperator('(', `after the name of function '${name.text}'`, `write function ${name.text}() { ... }`);
  const params: FunctionDeclaration['params'][number][] = [];
  if (cursor.acceptOperator(')') === undefined) {
    do params.push(parseParameter(cursor, params));
    while (cursor.acceptOperator(',') !== undefined);
    cursor.expectClose(')', open, cursor.peek().kind === 'identifier' ? "part parameters by ','; a type follows its name: (a:long, b:string)" : undefined);
  }
  const priority = parsePriority(cursor, name.text);
  const head = {
    kind: 'function' as const, name: name.text, nameSpan: name.span, isPrivate, params, ...(result === undefined ? {} : { result }), ...(priority === undefined ? {} : { priority }),
  };
  const embedded = cursor.peek();
  if (embedded.kind === 'embedded') {
    cursor.next();
    return { ...head, body: { kind: 'embedded', code: embedded.text, span: embedded.span }, span: cursor.since(start) };
  }
  cursor.inside = 'function';
  cursor.loops = 0;
  const body = parseBlock(cursor, `for the body of function '${name.text}'`);
  return { ...head, body, span: cursor.since(start) };
}

function parseParameter(cursor: TokenCursor, before: readonly FunctionDeclaration['params'][number][]): FunctionDeclaration['params'][number] {
  if (cursor.peek().kind === 'keyword' && cursor.peek(1).kind === 'identifier') cursor.expected("a parameter's name", `a type follows its name: ${cursor.peek(1).text}:${cursor.peek().text}`);
  const name = parseName(cursor, 'a parameter');
  const first = before.find((one) => one.name === name.text);
  if (first !== undefined) cursor.report(catalog.duplicateParameter(name.span, name.text, first.span));
  const type = parseType(cursor);
  return { name: name.text, ...(type === undefined ? {} : { type }), span: cursor.since(name) };
}

function parsePriority(cursor: TokenCursor, name: string): number | undefined {
  const colon = cursor.acceptOperator(':');
  if (colon === undefined) return undefined;
  const token = cursor.peek();
  if (token.kind === 'keyword') cursor.fail(catalog.badFunction(token.span, `expected a priority, found type '${token.text}'`, `the type follows the name: function ${name}:${token.text}(...)`));
  if (token.kind !== 'number') return cursor.expected('a priority (a number from 1) after the parameters');
  if (token.value === undefined || token.value < 1n || token.value > 0x7fffffffn) cursor.fail(catalog.badFunction(token.span, `priority of function '${name}' must be 1 to 2147483647`));
  cursor.next();
  return Number(token.value);
}

/** A probe, or with `=` or `+=` after its first name an alias. */
function parseProbe(cursor: TokenCursor, start: Token): Declaration {
  const names: AliasDeclaration['names'][number][] = [];
  let mark = '=';
  let points: ProbePoint[];
  for (;;) {
    points = parseProbePoint(cursor);
    const assign = cursor.acceptOperator('=') ?? cursor.acceptOperator('+=');
    if (assign === undefined) break;
    mark = assign.text;
    names.push(aliasName(cursor, points));
  }
  while (cursor.acceptOperator(',') !== undefined) for (const point of parseProbePoint(cursor)) points.push(point);
  cursor.inside = 'probe';
  cursor.loops = 0;
  if (!cursor.isOperator('{')) cursor.expected("',', '=' or the probe's body '{'", cursor.isOperator(';') ? "a probe has a body: probe POINT { ... }" : undefined);
  const body = parseBlock(cursor, "for the probe's body");
  if (names.length === 0) return { kind: 'probe', points, body, span: cursor.since(start) };
  const comma = cursor.acceptOperator(',');
  if (comma === undefined) return { kind: 'alias', names, points, ...(mark === '=' ? { prologue: body } : { epilogue: body }), span: cursor.since(start) };
  if (mark === '+=') cursor.report(catalog.epilogueTwice(comma.span));
  const epilogue = parseBlock(cursor, 'for the epilogue');
  return { kind: 'alias', names, points, prologue: body, epilogue, span: cursor.since(start) };
}

function aliasName(cursor: TokenCursor, points: readonly ProbePoint[]): AliasDeclaration['names'][number] {
  const [point] = points;
  if (point === undefined || points.length > 1) return cursor.fail(catalog.badAliasName(point?.span ?? cursor.previous().span, 'an alias has one name: braces cannot stand in it'));
  if (point.optional || point.sufficient || point.condition !== undefined) cursor.report(catalog.badAliasName(point.span, "the name of an alias cannot have '?', '!' or 'if'"));
  const wild = point.components.find((component) => component.name.includes('*'));
  if (wild !== undefined) cursor.report(catalog.badAliasName(wild.span, "the name of an alias cannot have '*'"));
  return point.components;
}
