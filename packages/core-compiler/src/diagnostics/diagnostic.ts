import type { Span } from '../source/index.js';

export interface Note {
  readonly message: string;
  readonly span?: Span;
}

/** Something to tell the script's author. Codes: E01xx lexer and preprocessor, E02xx parser, E03xx names and types, E04xx probe points and target variables, E05xx what BPF cannot do, W0xxx warnings. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** Lower case, no full stop; names the thing in quotes; says what was found and what was expected. */
  readonly message: string;
  readonly span?: Span;
  /** Other places that matter. */
  readonly notes?: readonly Note[];
  /** What to do, as an imperative. */
  readonly hints?: readonly string[];
}

/** Collects what the passes report, in order, each message and place once. */
export class DiagnosticSink {
  readonly #all: Diagnostic[] = [];
  readonly #seen = new Set<string>();

  report(diagnostic: Diagnostic): void {
    const { span } = diagnostic;
    const key = `${diagnostic.code}\0${diagnostic.message}\0${span?.source.file ?? ''}\0${span?.start ?? -1}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#all.push(diagnostic);
  }

  get all(): readonly Diagnostic[] {
    return this.#all;
  }

  get hasErrors(): boolean {
    return this.#all.some((one) => one.severity === 'error');
  }
}
