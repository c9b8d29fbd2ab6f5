/** Answers about scripts, for editors: what is wrong, what could stand here, what this is, where it is declared. */
import { loadCompiler, type Compiler, type LocalTarget } from '@stapkit/cli-kit';
import type { Diagnostic, TapsetFile } from '@stapkit/core-compiler';
import { loadTapset, tapsetDirectory } from '@stapkit/tapset';
import { join } from 'node:path';
import { declarationsIn, type Declaration } from './declarations.js';
import { placeAt, wordAt } from './place.js';

export interface Completion {
  readonly label: string;
  readonly kind: Declaration['kind'] | 'point' | 'variable';
  readonly detail: string;
  readonly documentation?: string;
  /** What takes the place of the `replaced` characters before the cursor. */
  readonly text: string;
  readonly replaced: number;
}

/** Byte strings of the compiler, and text of the editor. */
const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const textOf = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

/** Statements and operators that are words (man stap). */
const KEYWORDS = ['probe', 'function', 'global', 'if', 'else', 'while', 'for', 'foreach', 'in', 'limit', 'return', 'next', 'break', 'continue', 'delete', 'try', 'catch'];

/** Arguments of points as the builtin list names them. */
const normalized = (point: string): string => point.replace(/\("(?:[^"\\]|\\.)*"\)/g, '(string)').replace(/\((?:0x[0-9a-f]+|\d+)\)/gi, '(number)');
const written = (point: string): string => point.replaceAll('(string)', '("")').replaceAll('(number)', '()');

export class ScriptLanguage {
  readonly #compiler: Compiler;
  readonly #target: LocalTarget;
  readonly #library: readonly TapsetFile[];
  readonly #declared: readonly Declaration[];
  readonly #pointTypes: readonly string[];

  private constructor(compiler: Compiler, target: LocalTarget, library: readonly TapsetFile[]) {
    this.#compiler = compiler;
    this.#target = target;
    this.#library = library;
    const shipped = loadTapset().files.map(({ path, text }) => ({ path: join(tapsetDirectory, 'stp', path), text }));
    this.#declared = [...shipped, ...library].flatMap(({ path, text }) => declarationsIn(path, textOf(text), false));
    this.#pointTypes = compiler.describeLanguage('probe-types', { target, all: false }).lines;
  }

  static async create(target: LocalTarget, library: readonly TapsetFile[]): Promise<ScriptLanguage> {
    return new ScriptLanguage(await loadCompiler(), target, library);
  }

  /** What passes 1 and 2 say about a script. Positions are of the script's UTF-16 text. */
  diagnose(file: string, text: string, args: readonly string[]): readonly (Pick<Diagnostic, 'code' | 'severity'> & { readonly message: string; readonly start: number; readonly end: number })[] {
    const bytes = bytesOf(text);
    const { diagnostics } = this.#compiler.compileScript({ scripts: [{ file, text: bytes }], args: args.map(bytesOf), name: 'script', library: this.#library, target: this.#target, until: 'elaborate' });
    return diagnostics.map(({ code, severity, message, span, hints = [] }) => {
      // What stands in the library is shown at the script's start.
      const here = span?.source.file === file ? span : undefined;
      const at = (offset: number): number => textOf(bytes.slice(0, offset)).length;
      return { code, severity, message: textOf([message, ...hints.map((hint) => `hint: ${hint}`)].join('\n')), start: here === undefined ? 0 : at(here.start), end: here === undefined ? 0 : at(here.end) };
    });
  }

  complete(file: string, text: string, offset: number): readonly Completion[] {
    const place = placeAt(text, offset);
    const own = declarationsIn(file, text, true);
    switch (place.kind) {
      case 'nothing': return [];
      case 'point': return this.#completePoint(place.typed, own);
      case 'variable': return this.#variables(place.points).filter(({ name }) => name.startsWith(place.typed)).map(({ name, type }) => ({ label: name, kind: 'variable', detail: type, text: name, replaced: place.typed.length }));
      case 'word': {
        const { typed } = place;
        const declared = [...own, ...this.#declared].filter(({ kind, name }) => kind !== 'alias' && (kind === 'macro' ? `@${name}` : name).startsWith(typed));
        const locals = this.#variables(place.points).filter(({ name }) => !name.startsWith('$') && name.startsWith(typed));
        return [
          ...locals.map(({ name, type }): Completion => ({ label: name, kind: 'variable', detail: type, text: name, replaced: typed.length })),
          ...unique(declared).map((one): Completion => ({ label: one.name, kind: one.kind, detail: one.signature, documentation: one.comment, text: one.kind === 'macro' ? `@${one.name}` : one.name, replaced: typed.length })),
          ...KEYWORDS.filter((word) => word.startsWith(typed)).map((word): Completion => ({ label: word, kind: 'point', detail: 'keyword', text: word, replaced: typed.length })),
        ];
      }
    }
  }

  /** Markdown. */
  hover(file: string, text: string, offset: number): { readonly markdown: string; readonly start: number; readonly length: number } | undefined {
    const found = wordAt(text, offset);
    if (found === undefined) return undefined;
    const { word, start } = found;
    const place = placeAt(text, offset);
    const shown = (code: string, comment: string): { markdown: string; start: number; length: number } => ({ markdown: `\`\`\`systemtap\n${code}\n\`\`\`${comment === '' ? '' : `\n\n${comment}`}`, start, length: word.length });
    const variable = 'points' in place ? this.#variables(place.points).find(({ name }) => name === word) : undefined;
    if (variable !== undefined) return shown(`${variable.name}: ${variable.type}`, '');
    const declared = this.#find(file, text, word, place.kind === 'point');
    if (declared !== undefined) return shown(declared.signature, declared.comment);
    const types = place.kind === 'point' ? this.#pointTypes.filter((one) => one === word || one.startsWith(`${word}(`)) : [];
    return types.length === 0 ? undefined : shown(types.slice(0, 12).join('\n'), 'builtin probe points');
  }

  /** Where a function, an alias, a global or a macro is declared. */
  define(file: string, text: string, offset: number): Declaration | undefined {
    const found = wordAt(text, offset);
    return found === undefined ? undefined : this.#find(file, text, found.word, placeAt(text, offset).kind === 'point');
  }

  #find(file: string, text: string, word: string, isPoint: boolean): Declaration | undefined {
    const name = word.replace(/^@/, '');
    return [...declarationsIn(file, text, true), ...this.#declared].find((one) => one.name === name && (one.kind === 'alias') === isPoint);
  }

  #completePoint(typed: string, own: readonly Declaration[]): readonly Completion[] {
    const start = normalized(typed);
    const aliases = unique([...own, ...this.#declared].filter(({ kind, name }) => kind === 'alias' && name.startsWith(start)));
    return [
      ...aliases.map(({ name, comment }): Completion => ({ label: name, kind: 'alias', detail: 'alias of the library', documentation: comment, text: name, replaced: typed.length })),
      ...this.#pointTypes.filter((one) => one.startsWith(start)).map((one): Completion => ({ label: one, kind: 'point', detail: 'builtin probe point', text: `${typed}${written(one.slice(start.length))}`, replaced: typed.length })),
    ];
  }

  /** Of the first point that this machine has. */
  #variables(points: readonly string[]): readonly { readonly name: string; readonly type: string }[] {
    for (const point of points) {
      const { probes } = this.#compiler.listScriptProbes(bytesOf(point), { target: this.#target, variables: true, library: this.#library });
      if (probes[0] !== undefined) return probes[0].variables.map((one) => ({ name: one.slice(0, one.indexOf(':')), type: one.slice(one.indexOf(':') + 1) }));
    }
    return [];
  }
}

/** Overloads and aliases of several files once. */
function unique(declarations: readonly Declaration[]): readonly Declaration[] {
  return [...new Map(declarations.map((one) => [`${one.kind} ${one.name}`, one] as const)).values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
