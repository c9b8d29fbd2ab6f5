import * as catalog from '../diagnostics/catalog.js';
import type { Diagnostic, DiagnosticSink } from '../diagnostics/index.js';
import type { Span } from '../source/index.js';
import type { BadExpression } from './ast.js';
import { describeToken, quoteText } from './tokens.js';
import type { Token } from './tokens.js';

/** Thrown by {@link TokenCursor.fail} after the report; caught where parsing can go on. Never leaves the parser. */
export class ParseFailure extends Error {
  override readonly name = 'ParseFailure';
}

/** Nested expressions and statements; each level costs some ten stack frames here and in later passes. */
const DEPTH_MAX = 200;
/** Operators in one chain (`a + b + c …`): its tree is as deep as it is long, and later passes walk it by recursion. */
export const CHAIN_MAX = 500;
/** `else if` in one chain. */
export const ELSE_IF_MAX = 2000;

/** The parser's place in the tokens, with what it must remember about where it is. */
export class TokenCursor {
  readonly diagnostics: DiagnosticSink;
  /** The macros that could have been meant. */
  readonly macroNames: () => readonly string[];
  /** What the statement being parsed stands in. */
  inside: 'probe' | 'function' = 'probe';
  loops = 0;
  /** `*` may stand for an index: in the operand of delete. */
  wildcards = false;
  /** The histogram that is a whole argument of a print. */
  bareHistogram: Token | undefined;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #lastFailure = -1;
  #gaveUp = false;

  constructor(tokens: readonly Token[], diagnostics: DiagnosticSink, macroNames: () => readonly string[]) {
    this.#tokens = tokens;
    this.diagnostics = diagnostics;
    this.macroNames = macroNames;
  }

  get index(): number {
    return this.#at;
  }

  peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)];
    if (token === undefined) throw new Error('token list without end');
    return token;
  }

  /** The token before, to end a span with. */
  previous(): Token {
    return this.#tokens[Math.max(0, this.#at - 1)] ?? this.peek();
  }

  /** Gives the token and steps over it; the end is never stepped over. */
  next(): Token {
    const token = this.peek();
    if (this.#at < this.#tokens.length - 1) this.#at++;
    return token;
  }

  isOperator(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'operator' && token.text === text;
  }

  isKeyword(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'keyword' && token.text === text;
  }

  acceptOperator(text: string): Token | undefined {
    return this.isOperator(text) ? this.next() : undefined;
  }

  acceptKeyword(text: string): Token | undefined {
    return this.isKeyword(text) ? this.next() : undefined;
  }

  expectOperator(text: string, context = '', hint?: string): Token {
    if (this.isOperator(text)) return this.next();
    return this.expected(`'${text}'${context === '' ? '' : ` ${context}`}`, hint);
  }

  /** The `)` or `]` that belongs to `opening`. */
  expectClose(close: string, opening: Token, hint?: string): Token {
    if (this.isOperator(close)) return this.next();
    return this.fail(catalog.missingClose(this.peek().span, describeToken(this.peek()), close, opening.span, hint ?? this.#wordOperatorHint()));
  }

  /** Fails with "expected X, found Y" at the next token. */
  expected(what: string, hint?: string): never {
    return this.fail(catalog.unexpected(this.peek().span, describeToken(this.peek()), what, [hint ?? this.#wordOperatorHint()]));
  }

  /** Reports, unless the next token is a gap that was reported already, and gives up this construct. */
  fail(diagnostic: Diagnostic): never {
    if (this.peek().kind !== 'bad' && this.#lastFailure !== this.#at) this.report(diagnostic);
    this.#lastFailure = this.#at;
    throw new ParseFailure();
  }

  /** A block ended by the end of the file or by a declaration; told once, for the innermost block. */
  unclosed(open: Token): void {
    if (this.#lastFailure === this.#at) return;
    this.#lastFailure = this.#at;
    this.report(catalog.missingBrace(this.peek().span, describeToken(this.peek()), open.span));
  }

  report(diagnostic: Diagnostic): void {
    if (!this.#gaveUp) this.diagnostics.report(diagnostic);
  }

  /** For what no person wrote: every level of it would be an error of its own, so the rest of the file is left. */
  giveUp(): never {
    this.report(catalog.tooDeep(this.peek().span));
    this.#gaveUp = true;
    this.#at = this.#tokens.length - 1;
    throw new ParseFailure();
  }

  /** Runs `parse` one level deeper. */
  nested<Result>(parse: () => Result): Result {
    if (this.#depth >= DEPTH_MAX) return this.giveUp();
    this.#depth++;
    try {
      return parse();
    } finally {
      this.#depth--;
    }
  }

  /** One or more string literals side by side: one string. */
  textLiteral(what: string, hint?: string): { readonly value: string; readonly span: Span } {
    const first = this.peek();
    if (first.kind !== 'text') return this.fail(catalog.literalNeeded(first.span, describeToken(first), what, hint ?? textHint(first)));
    let value = '';
    while (this.peek().kind === 'text') value += this.next().text;
    return { value, span: this.since(first) };
  }

  /** A number with an optional minus. */
  numberLiteral(what: string): { readonly value: bigint; readonly span: Span } {
    const first = this.peek();
    const minus = this.acceptOperator('-') !== undefined;
    const token = this.peek();
    if (token.kind !== 'number') return this.fail(catalog.literalNeeded(token.span, describeToken(token), what));
    this.next();
    const value = token.value ?? 0n;
    return { value: minus ? BigInt.asIntN(64, -value) : value, span: this.since(first) };
  }

  /** From a token or node to the last token stepped over. */
  since(start: { readonly span: Span }): Span {
    return cover(start.span, this.previous().span);
  }

  bad(start: Token): BadExpression {
    return { kind: 'bad-expression', span: this.since(start) };
  }

  #wordOperatorHint(): string | undefined {
    const token = this.peek();
    const symbol = token.kind === 'identifier' ? { and: '&&', or: '||', not: '!', mod: '%', eq: '==', ne: '!=', xor: '^' }[token.text] : undefined;
    return symbol === undefined ? undefined : `write '${symbol}' for '${token.text}'`;
  }
}

function textHint(token: Token): string | undefined {
  return token.kind === 'identifier' || token.kind === 'keyword' || token.kind === 'number' ? `put it into double quotes: ${quoteText(token.text)}` : undefined;
}

/** The smallest span that holds both. Where they come from different expansions, the place that holds both uses. */
export function cover(a: Span, b: Span): Span {
  if (a === b) return a;
  for (let left: Span | undefined = a; left !== undefined; left = left.usedAt) {
    for (let right: Span | undefined = b; right !== undefined; right = right.usedAt) {
      if (left.source !== right.source || !sameUse(left.usedAt, right.usedAt)) continue;
      const span = { source: left.source, start: Math.min(left.start, right.start), end: Math.max(left.end, right.end) };
      return left.usedAt === undefined ? span : { ...span, usedAt: left.usedAt };
    }
  }
  return a;
}

function sameUse(a: Span | undefined, b: Span | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && a.source === b.source && a.start === b.start && a.end === b.end && sameUse(a.usedAt, b.usedAt);
}
