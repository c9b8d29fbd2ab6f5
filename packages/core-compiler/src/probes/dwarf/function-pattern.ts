/** The text of `.function("…")` and `.statement("…")`: `NAME`, `NAME@FILE`, `NAME@FILE:LINE`, `NAME@FILE+LINE`, `NAME@FILE:*`. */

export type LineChoice =
  /** One line, several, or ranges: `:12`, `:12-20`, `:12,15-18`. */
  | { readonly kind: 'lines'; readonly ranges: readonly (readonly [first: number, last: number])[] }
  /** Lines after the function's own: `+3`. */
  | { readonly kind: 'relative'; readonly line: number }
  /** Every line of the function: `:*`. */
  | { readonly kind: 'all' };

export interface FunctionPattern {
  /** May have wildcards; C++ and Rust names may be qualified: `Shape::area`. */
  readonly name: string;
  /** Undefined: any. May have wildcards; a path's end is enough. */
  readonly file?: string;
  readonly lines?: LineChoice;
}

/** Undefined when it is not understood. */
export function parseFunctionPattern(text: string): FunctionPattern | undefined {
  const at = text.indexOf('@');
  if (at < 0) return text === '' ? undefined : { name: text };
  const name = text.slice(0, at);
  const place = /^(.*?)(?::(\*|\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)|\+(\d+))?$/.exec(text.slice(at + 1));
  const [, file = '', lines, relative] = place ?? [];
  if (name === '' || file === '' || /:[^/]*$/.test(file)) return undefined;
  if (relative !== undefined) return { name, file, lines: { kind: 'relative', line: Number(relative) } };
  if (lines === undefined) return { name, file };
  if (lines === '*') return { name, file, lines: { kind: 'all' } };
  const ranges = lines.split(',').map((range): readonly [number, number] => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return [first, last];
  });
  return ranges.some(([first, last]) => last < first || first < 1) ? undefined : { name, file, lines: { kind: 'lines', ranges } };
}

/** Whether a line is among the chosen ones; `declared` is the line of the function. */
export function choosesLine(choice: LineChoice, line: number, declared: number): boolean {
  switch (choice.kind) {
    case 'all': return true;
    case 'relative': return line === declared + choice.line;
    case 'lines': return choice.ranges.some(([first, last]) => line >= first && line <= last);
  }
}
