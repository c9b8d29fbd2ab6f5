import * as catalog from '../diagnostics/catalog.js';
import { SourceText } from '../source/index.js';
import type { Span } from '../source/index.js';
import { KEYWORDS, OPERATORS } from './tokens.js';
import type { Token, TokenKind } from './tokens.js';

export interface LexerOptions {
  /** Script arguments; `$1` is pasted and lexed again, `@1` becomes a string. */
  readonly args: readonly string[];
  readonly usedArgument?: ((index: number) => void) | undefined;
}

/** The tokens of a source, the last one of kind 'end'. Malformed text becomes tokens of kind 'bad'. */
export function tokenize(source: SourceText, options: LexerOptions): Token[] {
  return new Lexer(source, options, undefined).run();
}

const TAB = 9, NEWLINE = 10, RETURN = 13, SPACE = 32, QUOTE = 34, HASH = 35, DOLLAR = 36, PERCENT = 37, APOSTROPHE = 39, STAR = 42, SLASH = 47, AT = 64, OPEN_BRACE = 123;

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
function isNameStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === DOLLAR;
}
function isNamePart(code: number): boolean {
  return isNameStart(code) || isDigit(code);
}
function isAlphanumeric(code: number): boolean {
  return isDigit(code) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}
function isSpace(code: number): boolean {
  return code === SPACE || (code >= TAB && code <= RETURN);
}

const OPERATOR_SETS = OPERATORS.map((names) => new Set(names));
const KNOWN_SINGLES = new Set((OPERATORS[2] ?? []).map((name) => name.charCodeAt(0)));

/** A run of a string's characters that stand for themselves. */
const PLAIN_TEXT = /[^"\\\n]*/y;

/** What goes on a pasted word; the `$` of another argument does not. */
const PASTED_TAIL = /(?:[A-Za-z0-9_]|\$(?![0-9#*]))*/y;

class Lexer {
  readonly #source: SourceText;
  readonly #text: string;
  readonly #options: LexerOptions;
  /** Set while a pasted argument is lexed. */
  readonly #usedAt: Span | undefined;
  readonly #tokens: Token[] = [];
  #at = 0;

  constructor(source: SourceText, options: LexerOptions, usedAt: Span | undefined) {
    this.#source = source;
    this.#text = source.text;
    this.#options = options;
    this.#usedAt = usedAt;
  }

  run(): Token[] {
    for (;;) {
      this.#skipBlanks();
      if (this.#at >= this.#text.length) break;
      this.#token();
    }
    if (this.#usedAt === undefined) this.#push('end', '', this.#text.length);
    return this.#tokens;
  }

  #span(start: number, end = this.#at): Span {
    const span = { source: this.#source, start, end };
    return this.#usedAt === undefined ? span : { ...span, usedAt: this.#usedAt };
  }

  #push(kind: TokenKind, text: string, start: number): void {
    this.#tokens.push({ kind, text, span: this.#span(start) });
  }

  /** Blanks, `# …`, `// …` and comments of C. */
  #skipBlanks(): void {
    const text = this.#text;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (isSpace(code)) this.#at++;
      else if (code === HASH || (code === SLASH && text.charCodeAt(this.#at + 1) === SLASH)) {
        const end = text.indexOf('\n', this.#at);
        this.#at = end < 0 ? text.length : end;
      } else if (code === SLASH && text.charCodeAt(this.#at + 1) === STAR) {
        const start = this.#at;
        const end = text.indexOf('*/', start + 2);
        this.#at = end < 0 ? text.length : end + 2;
        if (end < 0) this.#bad('/*', start, catalog.unclosedComment(this.#span(start, start + 2)));
      } else return;
    }
  }

  #bad(text: string, start: number, problem: Token['problem']): void {
    if (problem !== undefined) this.#tokens.push({ kind: 'bad', text, span: this.#span(start), problem });
  }

  #token(): void {
    const code = this.#text.charCodeAt(this.#at);
    const next = this.#text.charCodeAt(this.#at + 1);
    if (code === DOLLAR && (isDigit(next) || next === HASH || next === STAR)) this.#argument('$');
    else if (isNameStart(code)) this.#name();
    else if (isDigit(code)) this.#number();
    else if (code === QUOTE) this.#string();
    else if (code === AT) this.#atWord(next);
    else if (code === PERCENT && next === OPEN_BRACE) this.#embedded();
    else if (KNOWN_SINGLES.has(code)) this.#operator();
    else this.#unknown();
  }

  #name(): void {
    const start = this.#at;
    while (isNamePart(this.#text.charCodeAt(this.#at))) this.#at++;
    const name = this.#text.slice(start, this.#at);
    this.#push(KEYWORDS.has(name) ? 'keyword' : 'identifier', name, start);
  }

  #number(): void {
    const start = this.#at;
    while (isAlphanumeric(this.#text.charCodeAt(this.#at))) this.#at++;
    const text = this.#text.slice(start, this.#at);
    const value = parseNumber(text);
    if (value === undefined) this.#bad(text, start, catalog.badNumber(this.#span(start), text));
    else this.#tokens.push({ kind: 'number', text, value, span: this.#span(start) });
  }

  #string(): void {
    const start = this.#at++;
    const text = this.#text;
    let decoded = '';
    for (;;) {
      PLAIN_TEXT.lastIndex = this.#at;
      const plain = PLAIN_TEXT.exec(text)?.[0] ?? '';
      decoded += plain;
      this.#at += plain.length;
      const code = text.charCodeAt(this.#at);
      if (Number.isNaN(code) || code === NEWLINE) {
        this.#bad(text.slice(start, this.#at), start, catalog.unclosedString(this.#span(start)));
        return;
      }
      this.#at++;
      if (code === QUOTE) break;
      decoded += this.#escape();
    }
    if (decoded.includes('\0')) this.#bad(text.slice(start, this.#at), start, catalog.nulInString(this.#span(start)));
    else this.#push('text', decoded, start);
  }

  /** After the backslash. Unknown escapes stand for their character, a newline included. */
  #escape(): string {
    const rest = this.#text.slice(this.#at, this.#at + 3);
    const octal = /^[0-7]{1,3}/.exec(rest)?.[0];
    if (octal !== undefined) {
      this.#at += octal.length;
      return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    }
    const hex = /^x([0-9a-fA-F]{1,2})/.exec(rest)?.[1];
    if (hex !== undefined) {
      this.#at += 1 + hex.length;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const char = rest.charAt(0);
    this.#at += char.length;
    const at = 'abtnvfr'.indexOf(char);
    return char !== '' && at >= 0 ? '\x07\b\t\n\v\f\r'.charAt(at) : char;
  }

  #embedded(): void {
    const start = this.#at;
    const end = this.#text.indexOf('%}', start + 2);
    this.#at = end < 0 ? this.#text.length : end + 2;
    if (end < 0) this.#bad('%{', start, catalog.unclosedEmbedded(this.#span(start, start + 2)));
    else this.#push('embedded', this.#text.slice(start + 2, end), start);
  }

  #operator(): void {
    const start = this.#at;
    for (let length = 3; length > 0; length--) {
      const text = this.#text.slice(start, start + length);
      if (OPERATOR_SETS[3 - length]?.has(text) !== true) continue;
      this.#at += length;
      this.#push('operator', text, start);
      return;
    }
  }

  #unknown(): void {
    const start = this.#at;
    if (this.#text.charCodeAt(start) === APOSTROPHE) {
      const quoted = /^'[^'\n]*'/.exec(this.#text.slice(start, start + 200))?.[0];
      this.#at += quoted?.length ?? 1;
      this.#bad(quoted ?? "'", start, catalog.singleQuotes(this.#span(start), quoted));
      return;
    }
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(code) || code === QUOTE || code === AT || code === APOSTROPHE || isSpace(code) || isNamePart(code) || KNOWN_SINGLES.has(code) || code === HASH) break;
      this.#at++;
    }
    const text = this.#text.slice(start, this.#at);
    this.#bad(text, start, catalog.unexpectedCharacters(this.#span(start), text));
  }

  #atWord(next: number): void {
    if (isDigit(next) || next === HASH || next === STAR) {
      this.#argument('@');
      return;
    }
    const start = this.#at++;
    while (isNamePart(this.#text.charCodeAt(this.#at))) this.#at++;
    const word = this.#text.slice(start, this.#at);
    if (word === '@') this.#bad('@', start, catalog.unexpectedCharacters(this.#span(start), '@'));
    else this.#push('at', word, start);
  }

  /** `$N` and `$*` are pasted as text, `@N` and `@*` as strings; `$#` is the number of arguments, `@#` the same as a string. */
  #argument(mark: '$' | '@'): void {
    const start = this.#at++;
    if (this.#text.charCodeAt(this.#at) === HASH || this.#text.charCodeAt(this.#at) === STAR) this.#at++;
    else while (isDigit(this.#text.charCodeAt(this.#at))) this.#at++;
    const word = this.#text.slice(start, this.#at);
    const { args } = this.#options;
    if (this.#usedAt !== undefined) {
      this.#bad(word, start, catalog.nestedArgument(this.#span(start), word));
      return;
    }
    if (word.endsWith('#')) {
      const count = String(args.length);
      if (mark === '@') this.#push('text', count, start);
      else this.#tokens.push({ kind: 'number', text: count, value: BigInt(args.length), span: this.#span(start) });
      return;
    }
    if (word.endsWith('*')) {
      this.#allArguments(mark, start);
      return;
    }
    const index = Number(word.slice(1)) - 1;
    const arg = args[index];
    if (arg === undefined) {
      this.#bad(word, start, catalog.missingArgument(this.#span(start), word, args.length));
      return;
    }
    this.#options.usedArgument?.(index);
    if (mark === '@') this.#push('text', arg, start);
    else this.#paste(`<argument ${index + 1}>`, arg, start);
  }

  #allArguments(mark: '$' | '@', start: number): void {
    const { args } = this.#options;
    args.forEach((_arg, index) => this.#options.usedArgument?.(index));
    if (mark === '$') {
      this.#paste('<arguments>', args.join(', '), start);
      return;
    }
    args.forEach((arg, index) => {
      if (index > 0) this.#push('operator', ',', start);
      this.#push('text', arg, start);
    });
  }

  /** What follows `$1` directly belongs to the pasted word: with the argument 12, `$1ms` reads `12ms`. */
  #paste(file: string, arg: string, start: number): void {
    const usedAt = this.#span(start);
    PASTED_TAIL.lastIndex = this.#at;
    const tail = PASTED_TAIL.exec(this.#text)?.[0] ?? '';
    this.#at += tail.length;
    const source = new SourceText(file, arg + tail, this.#source.origin);
    // One by one: a spread of a long list would overflow the stack.
    for (const token of new Lexer(source, this.#options, usedAt).run()) this.#tokens.push(token);
  }
}

/** As strtoull with base 0: decimal, 0x…, 0…; 2^63 to 2^64-1 wrap to negative. Undefined: invalid or out of range. */
export function parseNumber(text: string): bigint | undefined {
  let value: bigint;
  const [, prefix = '', digits = ''] = /^(0[xX](?=.)|0|)0*([0-9a-fA-F]*)$/.exec(text) ?? [];
  // No 64-bit number has more digits: spares the conversion of absurd texts.
  if (!VALID_DIGITS[prefix.toLowerCase()]?.test(digits) || (prefix + digits === '') || digits.length > 22) return undefined;
  if (prefix === '') value = BigInt(digits);
  else value = BigInt(`${prefix === '0' ? '0o' : '0x'}0${digits}`);
  return value >= 1n << 64n ? undefined : BigInt.asIntN(64, value);
}

const VALID_DIGITS: Readonly<Record<string, RegExp>> = { '0x': /^[0-9a-fA-F]*$/, '0': /^[0-7]*$/, '': /^[0-9]*$/ };
