import * as catalog from '../diagnostics/catalog.js';
import type { Diagnostic } from '../diagnostics/index.js';
import type { Span } from '../source/index.js';
import type { MacroDefinition } from './parse-script.js';
import { describeToken } from './tokens.js';
import type { Token } from './tokens.js';

/** More tokens than any script needs; macros that double themselves end here. */
const EXPANDED_TOKENS_MAX = 500_000;
/** Macro calls inside the arguments of macro calls. */
const CALL_DEPTH_MAX = 100;

interface Frame {
  readonly name: string;
  readonly tokens: readonly Token[];
  at: number;
}

/**
 * The tokens of a file with its macros expanded: the layer below the conditionals, which pull from it.
 * Definitions are taken out as they pass. Errors come as 'bad' tokens, so that left-out text may hold them.
 */
export class MacroStream {
  /** Definitions of this file. */
  readonly defined = new Map<string, MacroDefinition>();
  readonly #definedAt = new Map<string, Span>();
  readonly #library: ReadonlyMap<string, MacroDefinition> | undefined;
  readonly #frames: Frame[];
  readonly #report: (diagnostic: Diagnostic) => void;
  readonly #end: Token;
  #expanded = 0;
  #callDepth = 0;

  constructor(tokens: readonly Token[], end: Token, library: ReadonlyMap<string, MacroDefinition> | undefined, report: (diagnostic: Diagnostic) => void) {
    this.#frames = [{ name: '', tokens, at: 0 }];
    this.#end = end;
    this.#library = library;
    this.#report = report;
  }

  /** The next token as written: for text that a conditional leaves out. */
  raw(): Token {
    for (;;) {
      const frame = this.#frames.at(-1);
      if (frame === undefined) return this.#end;
      const token = frame.tokens[frame.at++];
      if (token !== undefined && token.kind !== 'end') return token;
      // The file's own frame stays: its end may be asked for again and again.
      if (this.#frames.length === 1) return this.#end;
      this.#frames.pop();
    }
  }

  /** The next token after expansion. */
  next(): Token {
    for (;;) {
      const token = this.raw();
      if (token.kind !== 'at') return token;
      if (token.text === '@define') {
        this.#define(token);
        continue;
      }
      const name = token.text.slice(1);
      const macro = this.defined.get(name) ?? this.#library?.get(name);
      if (macro === undefined) return token;
      const problem = this.#expand(token, macro);
      if (problem !== undefined) return { kind: 'bad', text: token.text, span: token.span, problem };
    }
  }

  #peekRaw(): Token {
    for (let depth = this.#frames.length - 1; depth >= 0; depth--) {
      const frame = this.#frames[depth];
      const token = frame?.tokens[frame.at];
      if (token !== undefined) return token;
    }
    return this.#end;
  }

  #define(define: Token): void {
    const name = this.#peekRaw();
    if (name.kind !== 'identifier' && name.kind !== 'keyword') {
      this.#report(catalog.badDefinition(name.span, describeToken(name), "the macro's name"));
      return;
    }
    this.raw();
    const params = this.#parameters();
    if (params === 'bad') return;
    const open = this.#peekRaw();
    if (open.kind !== 'operator' || open.text !== '%(') {
      this.#report(catalog.badDefinition(open.span, describeToken(open), "'%('"));
      return;
    }
    this.raw();
    const body = this.#body();
    if (body === undefined) {
      this.#report(catalog.badDefinition(define.span, 'end of file', "'%)'"));
      return;
    }
    const first = this.#definedAt.get(name.text);
    if (first !== undefined) {
      this.#report(catalog.redefinedMacro(name.span, name.text, first));
      return;
    }
    this.#definedAt.set(name.text, name.span);
    this.defined.set(name.text, { name: name.text, params, body });
  }

  #parameters(): readonly string[] | undefined | 'bad' {
    const open = this.#peekRaw();
    if (open.kind !== 'operator' || open.text !== '(') return undefined;
    this.raw();
    const params: string[] = [];
    for (;;) {
      const name = this.raw();
      if (name.kind !== 'identifier' && name.kind !== 'keyword') {
        this.#report(catalog.badDefinition(name.span, describeToken(name), "a parameter's name"));
        return 'bad';
      }
      params.push(name.text);
      const mark = this.raw();
      if (mark.kind === 'operator' && mark.text === ')') return params;
      if (mark.kind !== 'operator' || mark.text !== ',') {
        this.#report(catalog.badDefinition(mark.span, describeToken(mark), "',' or ')'"));
        return 'bad';
      }
    }
  }

  /** Up to the `%)` that matches; undefined when there is none. */
  #body(): Token[] | undefined {
    const body: Token[] = [];
    for (let depth = 1; ; ) {
      const token = this.raw();
      if (token.kind === 'end') return undefined;
      if (token.kind === 'operator' && token.text === '%(') depth++;
      else if (token.kind === 'operator' && token.text === '%)' && --depth === 0) return body;
      body.push(token);
    }
  }

  #expand(call: Token, macro: MacroDefinition): Diagnostic | undefined {
    const { name, params } = macro;
    if (this.#frames.some((frame) => frame.name === name)) return catalog.recursiveMacro(call.span, name);
    let args: readonly (readonly Token[])[] = [];
    if (params !== undefined) {
      const open = this.#peekRaw();
      if (open.kind !== 'operator' || open.text !== '(') return catalog.macroArguments(call.span, name, params, undefined);
      const given = this.#arguments();
      if (given === 'too deep') return catalog.expansionTooLong(call.span, name);
      if (given === undefined) return catalog.unclosedMacroCall(call.span, name);
      if (given.length !== params.length) return catalog.macroArguments(call.span, name, params, given.length);
      args = given;
    }
    const tokens = this.#substitute(macro, call.span, args);
    if (tokens === undefined) return catalog.expansionTooLong(call.span, name);
    this.#frames.push({ name, tokens, at: 0 });
    return undefined;
  }

  /** `( a , b )` with the macros inside already expanded; undefined: not closed. */
  #arguments(): Token[][] | undefined | 'too deep' {
    if (this.#callDepth >= CALL_DEPTH_MAX) return 'too deep';
    this.#callDepth++;
    const given: Token[][] = [[]];
    this.raw();
    let result: Token[][] | undefined;
    for (let depth = 0; ; ) {
      const token = this.next();
      if (token.kind === 'end') break;
      if (token.kind === 'operator') {
        if (depth === 0 && token.text === ')') {
          result = given;
          break;
        }
        if (depth === 0 && token.text === ',') {
          given.push([]);
          continue;
        }
        if (token.text === '(' || token.text === '[' || token.text === '{') depth++;
        else if (token.text === ')' || token.text === ']' || token.text === '}') depth = Math.max(0, depth - 1);
      }
      given.at(-1)?.push(token);
    }
    this.#callDepth--;
    return result;
  }

  /** The body with parameters replaced. Its tokens remember the call; an argument's tokens stay where they were written. */
  #substitute(macro: MacroDefinition, usedAt: Span, args: readonly (readonly Token[])[]): Token[] | undefined {
    const tokens: Token[] = [];
    for (const token of macro.body) {
      const at = token.kind === 'at' && macro.params !== undefined ? macro.params.indexOf(token.text.slice(1)) : -1;
      if (at >= 0) for (const one of args[at] ?? []) tokens.push(one);
      else tokens.push({ ...token, span: { source: token.span.source, start: token.span.start, end: token.span.end, usedAt: outermost(token.span, usedAt) } });
      if (this.#expanded + tokens.length > EXPANDED_TOKENS_MAX) return undefined;
    }
    this.#expanded += tokens.length;
    return tokens;
  }
}

/** A body that holds a pasted script argument is used at the argument's place, and that at the macro's. */
function outermost(span: Span, usedAt: Span): Span {
  return span.usedAt === undefined ? usedAt : { ...span.usedAt, usedAt: outermost(span.usedAt, usedAt) };
}
