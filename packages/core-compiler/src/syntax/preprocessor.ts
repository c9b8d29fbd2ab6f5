import * as catalog from '../diagnostics/catalog.js';
import type { DiagnosticSink } from '../diagnostics/index.js';
import { evaluateCondition } from './condition.js';
import { MacroStream } from './macro-stream.js';
import type { MacroDefinition, ParseContext, PreprocessorFacts } from './parse-script.js';
import type { Token } from './tokens.js';

interface Conditional {
  readonly open: Token;
  branch: 'then' | 'else';
}

export interface PreprocessedFile {
  /** The last one is of kind 'end'. */
  readonly tokens: readonly Token[];
  /** The file's own macros. */
  readonly macros: Map<string, MacroDefinition>;
}

/**
 * Expands macros and chooses the branches of `%( … %? … %: … %)`. Reports what is wrong with the chosen text alone.
 * Tokens of kind 'bad' that stay in the result have been reported: the parser is silent about them.
 */
export function preprocess(tokens: readonly Token[], context: ParseContext): PreprocessedFile {
  return new Preprocessor(tokens, context).run();
}

class Preprocessor {
  readonly #stream: MacroStream;
  readonly #diagnostics: DiagnosticSink;
  readonly #facts: PreprocessorFacts;
  readonly #kernelAsked: (() => void) | undefined;
  readonly #open: Conditional[] = [];
  readonly #out: Token[] = [];

  constructor(tokens: readonly Token[], context: ParseContext) {
    const end = tokens.at(-1);
    if (end?.kind !== 'end') throw new Error('token list without end');
    this.#diagnostics = context.diagnostics;
    this.#facts = context.facts;
    this.#kernelAsked = context.kernelAsked;
    this.#stream = new MacroStream(tokens, end, context.macros, (diagnostic) => { this.#diagnostics.report(diagnostic); });
  }

  run(): PreprocessedFile {
    for (;;) {
      const token = this.#stream.next();
      if (token.kind === 'operator' && token.text.startsWith('%')) this.#mark(token);
      else if (token.kind === 'bad') this.#bad(token);
      else if (token.kind === 'end') return this.#finish(token);
      else this.#out.push(token);
    }
  }

  #finish(end: Token): PreprocessedFile {
    // The innermost: those around it may well be closed by its missing mark.
    const innermost = this.#open.at(-1);
    if (innermost !== undefined) this.#diagnostics.report(catalog.unclosedConditional(innermost.open.span));
    this.#out.push(end);
    return { tokens: this.#out, macros: this.#stream.defined };
  }

  #bad(token: Token): void {
    if (token.problem !== undefined) this.#diagnostics.report(token.problem);
    // A stray character is dropped: what stands around it is often right. Everything else leaves a gap.
    if (token.problem?.code !== 'E0104' && token.problem?.code !== 'E0103') this.#out.push(token);
  }

  #mark(token: Token): void {
    const innermost = this.#open.at(-1);
    switch (token.text) {
      case '%(':
        this.#conditional(token);
        return;
      case '%:':
        if (innermost?.branch !== 'then') break;
        this.#open.pop();
        this.#skip(innermost.open, false);
        return;
      case '%)':
        if (innermost === undefined) break;
        this.#open.pop();
        return;
      case '%?':
        break;
      default:
        this.#out.push(token);
        return;
    }
    this.#diagnostics.report(catalog.strayConditionalMark(token.span, token.text));
  }

  #conditional(open: Token): void {
    const tokens: Token[] = [];
    let end: Token;
    for (;;) {
      end = this.#stream.next();
      if (end.kind === 'end' || (end.kind === 'operator' && ['%?', '%:', '%)', '%(', '{', ';'].includes(end.text))) break;
      tokens.push(end);
    }
    const result = this.#evaluate(open, tokens, end);
    if (result === undefined) {
      // The condition was malformed and reported. Neither branch is trusted, and the gap is marked.
      this.#out.push({ kind: 'bad', text: '%(', span: open.span });
      if (end.kind === 'operator' && end.text === '%)') return;
      this.#skip(open, false);
    } else if (result) this.#open.push({ open, branch: 'then' });
    else if (this.#skip(open, true) === 'else') this.#open.push({ open, branch: 'else' });
  }

  /** Undefined: malformed, and reported. */
  #evaluate(open: Token, tokens: readonly Token[], end: Token): boolean | undefined {
    if (end.kind === 'end') {
      this.#diagnostics.report(catalog.unclosedConditional(open.span));
      return undefined;
    }
    const asked = (fact: string): void => {
      this.#kernelAsked?.();
      if (this.#facts.kernelRelease === '') this.#diagnostics.report(catalog.unknownKernel(tokens[0]?.span ?? open.span, fact));
    };
    const result = evaluateCondition(tokens, end, this.#facts, asked);
    if (typeof result === 'boolean') return result;
    this.#diagnostics.report(result);
    return undefined;
  }

  /** Drops text up to the `%)` that matches, or with `stopAtElse` to its `%:`. */
  #skip(open: Token, stopAtElse: boolean): 'else' | 'closed' {
    for (let depth = 1; ; ) {
      const token = this.#stream.raw();
      if (token.kind === 'end') {
        this.#diagnostics.report(catalog.unclosedConditional(open.span));
        return 'closed';
      }
      if (token.kind !== 'operator') continue;
      if (token.text === '%(') depth++;
      else if (token.text === '%)' && --depth === 0) return 'closed';
      else if (token.text === '%:' && depth === 1 && stopAtElse) return 'else';
    }
  }
}
