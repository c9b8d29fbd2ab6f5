/** Output of several machines in one: whole lines, each with its machine where that is wanted. */

const LINE_END = 0x0a;

/** Makes whole lines of pieces, with `prefix` before each. */
export class PrefixedLines {
  readonly #prefix: Buffer;
  #rest: Buffer = Buffer.alloc(0);

  constructor(prefix: string) {
    this.#prefix = Buffer.from(prefix);
  }

  /** The lines that are whole now. */
  push(chunk: Buffer): Buffer {
    const text = Buffer.concat([this.#rest, chunk]);
    const end = text.lastIndexOf(LINE_END) + 1;
    this.#rest = text.subarray(end);
    return this.#prefixed(text.subarray(0, end));
  }

  /** What is left at the end: a line without an end, which gets none. */
  end(): Buffer {
    const last = this.#rest;
    this.#rest = Buffer.alloc(0);
    return last.length === 0 ? last : Buffer.concat([this.#prefix, last]);
  }

  #prefixed(lines: Buffer): Buffer {
    if (this.#prefix.length === 0 || lines.length === 0) return lines;
    const pieces: Buffer[] = [];
    for (let at = 0; at < lines.length;) {
      const end = lines.indexOf(LINE_END, at) + 1;
      pieces.push(this.#prefix, lines.subarray(at, end));
      at = end;
    }
    return Buffer.concat(pieces);
  }
}
