/** POSIX extended regular expressions (regex(7)), as `=~` takes them, without back-references and collating elements. */

/** 256 flags, one a byte; NUL never matches. */
export type ByteSet = Uint8Array;

export type RegexNode =
  | { readonly kind: 'bytes'; readonly set: ByteSet }
  | { readonly kind: 'sequence' | 'alternatives'; readonly parts: readonly RegexNode[] }
  /** `most` undefined: without end. */
  | { readonly kind: 'repeat'; readonly part: RegexNode; readonly least: number; readonly most: number | undefined }
  /** `( )`; counted from 1 by their opening. */
  | { readonly kind: 'group'; readonly part: RegexNode; readonly index: number }
  | { readonly kind: 'start' | 'end' };

/** A pattern that cannot be translated. */
export class RegexError extends Error {
  /** Where in the pattern, from 0. */
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.name = 'RegexError';
    this.position = position;
  }
}

/** RE_DUP_MAX of POSIX. */
const REPEAT_MAX = 255;

const CLASSES: Readonly<Record<string, RegExp | undefined>> = {
  alpha: /[A-Za-z]/, digit: /[0-9]/, alnum: /[A-Za-z0-9]/, upper: /[A-Z]/, lower: /[a-z]/, space: /[ \t\n\v\f\r]/, blank: /[ \t]/,
  punct: /[!-/:-@[-`{-~]/, print: /[ -~]/, graph: /[!-~]/, xdigit: /[0-9A-Fa-f]/,
  cntrl: /[\x01-\x1f\x7f]/,
};

export interface ParsedRegex {
  readonly root: RegexNode;
  /** Parentheses, the whole match not counted. */
  readonly groups: number;
}

/** @throws RegexError */
export function parseRegex(pattern: string): ParsedRegex {
  return new RegexParser(pattern).parse();
}

class RegexParser {
  readonly #text: string;
  #at = 0;
  #groups = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): ParsedRegex {
    const root = this.#alternatives(0);
    if (this.#at < this.#text.length) throw new RegexError("')' without '('", this.#at);
    return { root, groups: this.#groups };
  }

  #alternatives(depth: number): RegexNode {
    if (depth > 100) throw new RegexError('parentheses nest too deeply', this.#at);
    const parts = [this.#sequence(depth)];
    while (this.#accept('|')) parts.push(this.#sequence(depth));
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'alternatives', parts };
  }

  #sequence(depth: number): RegexNode {
    const parts: RegexNode[] = [];
    while (this.#at < this.#text.length && this.#peek() !== '|' && this.#peek() !== ')') parts.push(this.#repeated(depth));
    return { kind: 'sequence', parts };
  }

  #repeated(depth: number): RegexNode {
    let part = this.#atom(depth);
    for (;;) {
      const bounds = this.#bounds();
      if (bounds === undefined) return part;
      part = { kind: 'repeat', part, ...bounds };
    }
  }

  #bounds(): { readonly least: number; readonly most: number | undefined } | undefined {
    if (this.#accept('*')) return { least: 0, most: undefined };
    if (this.#accept('+')) return { least: 1, most: undefined };
    if (this.#accept('?')) return { least: 0, most: 1 };
    const interval = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#text.slice(this.#at, this.#at + 32));
    if (interval === null) {
      if (this.#peek() === '{') throw new RegexError("malformed '{': write {N}, {N,} or {N,M}, or \\\\{ for the character", this.#at);
      return undefined;
    }
    const least = Number(interval[1]);
    const most = interval[2] === undefined ? least : interval[3] === '' || interval[3] === undefined ? undefined : Number(interval[3]);
    if (least > REPEAT_MAX || (most ?? 0) > REPEAT_MAX) throw new RegexError(`more than ${REPEAT_MAX} repetitions`, this.#at);
    if (most !== undefined && most < least) throw new RegexError(`the interval {${least},${most}} ends before it begins`, this.#at);
    this.#at += interval[0].length;
    return { least, most };
  }

  #atom(depth: number): RegexNode {
    const start = this.#at;
    const character = this.#text.charAt(this.#at++);
    switch (character) {
      case '(': {
        const index = ++this.#groups;
        const part = this.#alternatives(depth + 1);
        if (!this.#accept(')')) throw new RegexError("'(' is not closed", start);
        return { kind: 'group', part, index };
      }
      case '[': return { kind: 'bytes', set: this.#bracket(start) };
      case '.': return { kind: 'bytes', set: setOf(() => true) };
      case '^': return { kind: 'start' };
      case '$': return { kind: 'end' };
      case '*': case '+': case '?': case '{':
        throw new RegexError(`'${character}' repeats nothing; write \\\\${character} for the character`, start);
      case '\\': return { kind: 'bytes', set: this.#escape(start) };
      default: return { kind: 'bytes', set: only(character) };
    }
  }

  #escape(start: number): ByteSet {
    const character = this.#text.charAt(this.#at++);
    if (character === '') throw new RegexError("the pattern ends with '\\'", start);
    if (/[1-9]/.test(character)) throw new RegexError(`back-references ('\\${character}') are not supported`, start);
    return only(character);
  }

  #bracket(start: number): ByteSet {
    const negated = this.#accept('^');
    const set = new Uint8Array(256);
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      if (this.#at >= this.#text.length) throw new RegexError("'[' is not closed", start);
      const name = /^\[:(\w*):\]/.exec(this.#text.slice(this.#at, this.#at + 16));
      if (name !== null) {
        const members = CLASSES[name[1] ?? ''];
        if (members === undefined) throw new RegexError(`there is no character class '${name[0]}'`, this.#at);
        add(set, setOf((byte) => members.test(String.fromCharCode(byte))));
        this.#at += name[0].length;
        continue;
      }
      if (/^\[[.=]/.test(this.#text.slice(this.#at, this.#at + 2))) throw new RegexError('collating elements ([. .], [= =]) are not supported', this.#at);
      const low = this.#text.charCodeAt(this.#at++);
      let high = low;
      if (this.#peek() === '-' && this.#text.charAt(this.#at + 1) !== ']' && this.#at + 1 < this.#text.length) {
        high = this.#text.charCodeAt(this.#at + 1);
        this.#at += 2;
      }
      if (high < low) throw new RegexError(`the range '${String.fromCharCode(low)}-${String.fromCharCode(high)}' ends before it begins`, this.#at - 3);
      add(set, setOf((byte) => byte >= low && byte <= high));
    }
    this.#at++;
    return negated ? setOf((byte) => set[byte] === 0) : set;
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  #accept(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }
}

function setOf(has: (byte: number) => boolean): ByteSet {
  return Uint8Array.from({ length: 256 }, (_, byte) => (byte !== 0 && has(byte) ? 1 : 0));
}

function only(character: string): ByteSet {
  const code = character.charCodeAt(0);
  return setOf((byte) => byte === code);
}

function add(to: ByteSet, more: ByteSet): void {
  more.forEach((flag, byte) => { if (flag !== 0) to[byte] = 1; });
}
