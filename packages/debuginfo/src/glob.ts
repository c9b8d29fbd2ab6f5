/**
 * SystemTap's wildcards: `*` any text, `?` one character, `[abc]`, `[a-z]`,
 * `[!a]` or `[^a]` a character of a set, `\x` the character x itself: fnmatch(3)
 * with no flags. A `[` that no `]` closes stands for itself.
 *
 * Works on UTF-8 bytes, so that symbol tables are searched without decoding
 * every name; takes at most length(pattern) × length(text) steps.
 */
import { decodeText } from './reader.js';
import { byteAt, wordAt } from './table-access.js';

type Token =
  | { readonly kind: 'literal'; readonly byte: number }
  | { readonly kind: 'any-one' }
  | { readonly kind: 'any-text' }
  | { readonly kind: 'set'; readonly negated: boolean; readonly ranges: readonly (readonly [low: number, high: number])[] };

const encoder = new TextEncoder();

/** True when `text` has a wildcard: otherwise an exact look-up does, which is faster. */
export function isGlob(text: string): boolean {
  return /[*?[\]\\]/.test(text);
}

export class Glob {
  readonly pattern: string;
  /** Bytes that every match starts with. */
  readonly prefix: Uint8Array;
  readonly #tokens: readonly Token[];

  constructor(pattern: string) {
    this.pattern = pattern;
    this.#tokens = parsePattern(pattern);
    const firstWild = this.#tokens.findIndex((token) => token.kind !== 'literal');
    const literals = firstWild < 0 ? this.#tokens : this.#tokens.slice(0, firstWild);
    this.prefix = Uint8Array.from(literals, (token) => (token.kind === 'literal' ? token.byte : 0));
  }

  matches(text: string): boolean {
    return this.matchesBytes(encoder.encode(text));
  }

  /** Matches the UTF-8 text bytes[start, end). */
  matchesBytes(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
    if (!this.#startsWithPrefix(bytes, start, end)) return false;
    const tokens = this.#tokens;
    let at = start + this.prefix.length;
    let token = this.prefix.length;
    // Where to go on after a mismatch: the last `*`, which then swallows one byte more.
    let starToken = -1;
    let starAt = 0;
    for (;;) {
      const current = tokens[token];
      if (current === undefined && at === end) return true;
      if (current?.kind === 'any-text') {
        starToken = token++;
        starAt = at;
        continue;
      }
      const next = current === undefined || at >= end ? -1 : step(current, bytes, at, end);
      if (next >= 0) {
        at = next;
        token++;
        continue;
      }
      if (starToken < 0 || starAt >= end) return false;
      starAt++;
      at = starAt;
      token = starToken + 1;
    }
  }

  #startsWithPrefix(bytes: Uint8Array, start: number, end: number): boolean {
    const { prefix } = this;
    if (end - start < prefix.length) return false;
    for (let index = 0; index < prefix.length; index++) if (bytes[start + index] !== prefix[index]) return false;
    return true;
  }
}

/** Where the text goes on when the token takes the character at `at`; -1 when it does not. */
function step(token: Token, bytes: Uint8Array, at: number, end: number): number {
  if (token.kind === 'literal') return bytes[at] === token.byte ? at + 1 : -1;
  let next = at + 1;
  while (next < end && (byteAt(bytes, next) & 0xc0) === 0x80) next++;
  if (token.kind === 'any-one') return next;
  if (token.kind === 'any-text') return -1;
  const code = next === at + 1 ? byteAt(bytes, at) : firstCode(decodeText(bytes, at, next));
  const inSet = token.ranges.some(([low, high]) => code >= low && code <= high);
  return inSet !== token.negated ? next : -1;
}

const firstCode = (text: string): number => text.codePointAt(0) ?? 0;
const BACKSLASH = firstCode('\\');
const CLOSING = firstCode(']');
const DASH = firstCode('-');

function parsePattern(pattern: string): Token[] {
  const codes = Uint32Array.from(Array.from(pattern, firstCode));
  const tokens: Token[] = [];
  const literal = (code: number): void => {
    for (const byte of encoder.encode(String.fromCodePoint(code))) tokens.push({ kind: 'literal', byte });
  };
  for (let index = 0; index < codes.length; index++) {
    const code = wordAt(codes, index);
    const character = String.fromCodePoint(code);
    if (character === '*') {
      if (tokens.at(-1)?.kind !== 'any-text') tokens.push({ kind: 'any-text' });
    } else if (character === '?') {
      tokens.push({ kind: 'any-one' });
    } else if (character === '\\' && index + 1 < codes.length) {
      literal(wordAt(codes, ++index));
    } else if (character === '[') {
      const set = parseSet(codes, index + 1);
      if (set === undefined) literal(code);
      else {
        tokens.push(set.token);
        index = set.end;
      }
    } else {
      literal(code);
    }
  }
  return tokens;
}

/** The set whose first character is at `start`; undefined when it is never closed. */
function parseSet(codes: Uint32Array, start: number): { token: Token; end: number } | undefined {
  const negated = codes[start] === firstCode('!') || codes[start] === firstCode('^');
  const first = negated ? start + 1 : start;
  const ranges: [number, number][] = [];
  for (let index = first; index < codes.length; index++) {
    // A `]` in first place is a member, as in fnmatch(3).
    if (codes[index] === CLOSING && index > first) return { token: { kind: 'set', negated, ranges }, end: index };
    if (codes[index] === BACKSLASH && index + 1 < codes.length) index++;
    const low = wordAt(codes, index);
    let high = low;
    if (codes[index + 1] === DASH && index + 2 < codes.length && codes[index + 2] !== CLOSING) {
      index += 2;
      if (codes[index] === BACKSLASH && index + 1 < codes.length) index++;
      high = wordAt(codes, index);
    }
    ranges.push([low, high]);
  }
  return undefined;
}
