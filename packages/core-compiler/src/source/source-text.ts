/** A script; a file of a -I folder, which is library code of the user's own; our tapset. */
export type SourceOrigin = 'user' | 'library' | 'tapset';

/** A source file (script, -e text, tapset file) as bytes-in-a-string with line look-up. */
export class SourceText {
  /** Name as messages show it; `<input>` for -e, as stap does. */
  readonly file: string;
  /** Byte string: one char a byte. */
  readonly text: string;
  /** Who wrote it: decides privileges (embedded bodies, function priority) and which globals are auto-printed. */
  readonly origin: SourceOrigin;
  #lineStarts: readonly number[] | undefined;

  constructor(file: string, text: string, origin: SourceOrigin = 'user') {
    this.file = file;
    this.text = text;
    this.origin = origin;
  }

  /** Line and column (both from 1, columns in bytes) of an offset. */
  position(offset: number): { line: number; column: number } {
    const starts = this.#starts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  }

  /** The text of a line (from 1), without its newline. */
  line(number: number): string {
    const starts = this.#starts();
    const start = starts[number - 1] ?? this.text.length;
    const end = starts[number] ?? this.text.length + 1;
    return this.text.slice(start, end - 1);
  }

  /** Made at the first question: most tapset files are never asked. */
  #starts(): readonly number[] {
    if (this.#lineStarts !== undefined) return this.#lineStarts;
    const starts = [0];
    for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#lineStarts = starts;
    return starts;
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
