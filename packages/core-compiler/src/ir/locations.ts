/** Source locations of instructions, and the way back from them to spans for diagnostics. */
import type { SourceLocation } from '@stapkit/object';
import type { Span } from '../source/index.js';

/** Spans of the locations that lowering made; the optimizer reports at them. */
export type SpanTable = Map<SourceLocation, Span>;

export class LocationTable {
  readonly spans: SpanTable = new Map();
  readonly #plain = new Map<Span, SourceLocation>();

  /** The place alone: for line tables. */
  at(span: Span): SourceLocation {
    const known = this.#plain.get(span);
    if (known !== undefined) return known;
    const location = this.#make(span);
    this.#plain.set(span, location);
    return location;
  }

  /** The place with the token that a run-time error names. */
  near(span: Span, token: string = tokenAt(span)): SourceLocation {
    return this.#make(span, token);
  }

  #make(span: Span, token?: string): SourceLocation {
    const { line, column } = span.source.position(span.start);
    const location: SourceLocation = { file: span.source.file, line, column, ...(token === undefined ? {} : { token }) };
    this.spans.set(location, span);
    return location;
  }
}

/** How stap names the token at a place: "identifier 'x'", "operator '@min'", "operator '/'". */
export function tokenAt(span: Span): string {
  const text = span.source.text.slice(span.start, span.end);
  const word = /^&?\s*(\$*[A-Za-z_][\w$]*)/.exec(text)?.[1];
  if (word !== undefined) return `identifier '${word}'`;
  const operator = /^@\w+|^[^\s\w"([]{1,3}/.exec(text)?.[0];
  return operator === undefined ? 'statement' : `operator '${operator}'`;
}
