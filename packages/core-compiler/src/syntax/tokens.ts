import type { Diagnostic } from '../diagnostics/index.js';
import type { Span } from '../source/index.js';

/**
 * identifier: names, also with `$`; keyword: reserved words; text: a string literal, decoded;
 * operator: punctuation, `%( %? %: %)` included; at: `@word`; embedded: `%{ … %}`;
 * bad: malformed text that has a `problem`; end: after the last.
 */
export type TokenKind = 'identifier' | 'keyword' | 'number' | 'text' | 'operator' | 'at' | 'embedded' | 'bad' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Names, keywords, operators and `@words` as written; a literal's decoded bytes; an embedded body without its marks. */
  readonly text: string;
  /** Numbers: the value as signed 64-bit. */
  readonly value?: bigint;
  readonly span: Span;
  /** What is wrong with a bad token. It is reported only when the token is used: text that `%( %)` leaves out may be wrong. */
  readonly problem?: Diagnostic;
}

export const KEYWORDS: ReadonlySet<string> = new Set([
  'probe', 'global', 'private', 'function', 'if', 'else', 'for', 'foreach', 'in', 'limit', 'return', 'delete',
  'while', 'break', 'continue', 'next', 'string', 'long', 'try', 'catch',
]);

/** Longest first within each length. `%{` is not here: it opens an embedded body. */
export const OPERATORS: readonly (readonly string[])[] = [
  ['<<<', '<<=', '>>=', '>>>'],
  ['==', '!=', '<=', '>=', '=~', '!~', '+=', '-=', '*=', '/=', '%=', '&=', '^=', '|=', '.=', '&&', '||', '++', '--', '->', '<<', '>>', '%(', '%?', '%:', '%)'],
  ['+', '-', '*', '/', '%', '&', '|', '^', '~', '!', '=', '<', '>', '?', ':', ';', ',', '.', '(', ')', '[', ']', '{', '}'],
];

/** How a message names a token. */
export function describeToken(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'end of file';
    case 'text':
      return `string ${quoteText(token.text.length > 20 ? `${token.text.slice(0, 20)}...` : token.text)}`;
    case 'embedded':
      return "embedded code '%{'";
    case 'number':
    case 'keyword':
      return `${token.kind} '${token.text}'`;
    case 'bad':
    case 'identifier':
    case 'operator':
    case 'at':
      return `'${token.text}'`;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { '\x07': '\\a', '\b': '\\b', '\t': '\\t', '\n': '\\n', '\v': '\\v', '\f': '\\f', '\r': '\\r', '\\': '\\\\', '"': '\\"' };

/** A byte string as a literal: what the lexer reads back to the same bytes. */
export function quoteText(text: string): string {
  return `"${text.replace(/[\x00-\x1f\\"\x7f]/g, (char) => ESCAPES[char] ?? `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)}"`;
}
