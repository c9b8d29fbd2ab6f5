/** A source file (script, -e text, tapset file) as bytes-in-a-string with line look-up. */
export class SourceText {
  readonly #lineStarts: readonly number[];

  /**
   * @param file name as messages show it; `<input>` for -e, as stap does
   * @param text byte string (one char a byte)
   * @param origin who wrote it: decides privileges (embedded bodies, function priority) and which globals are auto-printed
   */
  constructor(
    readonly file: string,
    readonly text: string,
    readonly origin: 'user' | 'tapset' = 'user',
  ) {
    const starts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#lineStarts = starts;
  }

  /** Line and column (both from 1, columns in bytes) of an offset. */
  position(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }

  /** The text of a line (from 1), without its newline. */
  line(number: number): string {
    const start = this.#lineStarts[number - 1] ?? this.text.length;
    const end = this.#lineStarts[number] ?? this.text.length + 1;
    return this.text.slice(start, end - 1);
  }
}

/** A half-open range of bytes in a source. */
export interface Span {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
  /** Where the macro, argument or alias that brought this text in was used. */
  readonly usedAt?: Span;
}
