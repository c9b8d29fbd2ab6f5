/** The program under elaboration: files, their declarations, and what of the library has been pulled in. */
import { DEFAULT_LIMITS, INTRINSICS } from '@stapkit/object';
import type { Limits } from '@stapkit/object';
import type { DiagnosticSink } from '../diagnostics/index.js';
import { InternalError } from './internal-error.js';
import type { ProbeContext, ProbeResolver } from '../probes/index.js';
import type { SourceText, Span } from '../source/index.js';
import type { AliasDeclaration, GlobalDeclaration, ProbeDeclaration, Script } from '../syntax/index.js';
import { firstComponent } from '../tapset/index.js';
import type { TapsetLibrary } from '../tapset/index.js';
import { EFFECT } from './bound.js';
import type { Effect } from './bound.js';
import { crossFileGlobal, duplicateGlobal, embeddedCode } from './catalog.js';
import { FunctionInfo, GlobalVariable, PROBE_FACTS, SPECIAL_BODIES } from './symbols.js';
import type { ProbeFact } from './symbols.js';

interface FileScope {
  readonly source: SourceText;
  readonly globals: ReadonlyMap<string, GlobalVariable>;
  readonly functions: readonly FunctionInfo[];
  readonly probes: readonly ProbeDeclaration[];
  readonly aliases: readonly AliasDeclaration[];
}

export interface ProgramInput {
  readonly scripts: readonly Script[];
  readonly library: TapsetLibrary;
  readonly probes: ProbeResolver;
  readonly diagnostics: DiagnosticSink;
  readonly skipBadVariables?: boolean;
  readonly guruMode?: boolean;
  readonly settableGlobals?: boolean;
  readonly limits?: Partial<Limits>;
}

export class Program {
  readonly library: TapsetLibrary;
  readonly probes: ProbeResolver;
  readonly diagnostics: DiagnosticSink;
  /** --skip-badvars. */
  readonly skipBadVariables: boolean;
  /** -g: handlers may change what the machine does. */
  readonly guruMode: boolean;
  readonly #settableGlobals: boolean;
  /** Limits by their names, for @const. */
  readonly limits: ReadonlyMap<string, bigint>;
  readonly #files = new Map<SourceText, FileScope>();
  readonly #userFiles: FileScope[] = [];
  readonly #overloads = new Map<string, readonly FunctionInfo[]>();
  readonly #pulled = new Set<FileScope>();
  readonly #globals: GlobalVariable[] = [];
  readonly #globalNames = new Map<string, number>();
  /** Functions that were called and whose bodies are not bound yet. */
  readonly unboundFunctions: FunctionInfo[] = [];
  readonly boundFunctions: FunctionInfo[] = [];
  /** Functions whose symbols reached the typed tree. */
  readonly emittedFunctions: FunctionInfo[] = [];
  /** Things without a type that go with a reported mistake. */
  readonly untyped: { readonly what: string; readonly span: Span }[] = [];
  /** Calls inside a foreach, checked when all functions' writes are known. */
  readonly guardedCalls: { readonly callee: FunctionInfo; readonly span: Span; readonly iterated: readonly { readonly variable: GlobalVariable; readonly span: Span }[] }[] = [];

  constructor(input: ProgramInput) {
    this.library = input.library;
    this.probes = input.probes;
    this.diagnostics = input.diagnostics;
    this.skipBadVariables = input.skipBadVariables ?? false;
    this.guruMode = input.guruMode ?? false;
    this.limits = new Map(Object.entries({ ...DEFAULT_LIMITS, ...input.limits }).map(([name, value]) => [name, BigInt(value)]));
    this.#settableGlobals = input.settableGlobals ?? false;
    for (const script of input.scripts) this.#userFiles.push(this.#register(script));
    this.#refuseDuplicateGlobals();
  }

  get userGlobals(): readonly GlobalVariable[] {
    return this.#userFiles.flatMap((file) => [...file.globals.values()]);
  }

  /** All globals of all files read, in order of declaration. */
  get globals(): readonly GlobalVariable[] {
    return this.#globals;
  }

  /** Globals of different files may share a name; maps may not. */
  uniqueGlobalName(name: string): string {
    const count = (this.#globalNames.get(name) ?? 0) + 1;
    this.#globalNames.set(name, count);
    return count === 1 ? name : `${name}.${count}`;
  }

  get userProbes(): readonly ProbeDeclaration[] {
    return this.#userFiles.flatMap((file) => file.probes);
  }

  /** Probes of library files that were pulled in and not asked for yet. */
  takeLibraryProbes(): readonly ProbeDeclaration[] {
    const probes = [...this.#pulled].flatMap((file) => file.probes);
    const fresh = probes.filter((probe) => !this.#taken.has(probe));
    for (const probe of fresh) this.#taken.add(probe);
    return fresh;
  }
  readonly #taken = new Set<ProbeDeclaration>();

  /** Where `@cast` and the like are resolved outside probes. */
  get functionContext(): ProbeContext | undefined {
    return this.probes.functionContext;
  }

  findGlobal(name: string, span: Span): GlobalVariable | undefined {
    const home = this.#homeOf(span);
    const own = home?.globals.get(name);
    if (own !== undefined) return own;
    // As in stap, the user's own libraries see the script's globals; ours must not depend on a script's names.
    if (home === undefined || home.source.origin !== 'tapset') {
      for (const file of this.#userFiles) {
        const found = file.globals.get(name);
        if (found === undefined || found.declaration.isPrivate) continue;
        if (home?.source.origin === 'library') this.diagnostics.report(crossFileGlobal(name, span, found.declaration.nameSpan));
        return found;
      }
    }
    for (const script of this.library.filesDeclaring('global', name)) {
      const file = this.#register(script);
      const found = file.globals.get(name);
      if (found === undefined || found.declaration.isPrivate) continue;
      this.#pulled.add(file);
      return found;
    }
    return undefined;
  }

  globalNames(span: Span): readonly string[] {
    const home = this.#homeOf(span);
    return [...(home?.globals.keys() ?? []), ...(home === undefined || home.source.origin === 'user' ? this.#userFiles.flatMap((file) => [...file.globals.keys()]) : [])];
  }

  /** All functions of that name that are visible from `span`, in the order in which overloads are tried. */
  findFunctions(name: string, span: Span): readonly FunctionInfo[] {
    const home = this.#homeOf(span);
    const key = `${home?.source.file ?? ''}\0${home?.source.origin ?? ''}\0${name}`;
    const known = this.#overloads.get(key);
    if (known !== undefined) return known;
    const library = (): FunctionInfo[] => this.library.filesDeclaring('function', name)
      .flatMap((script) => this.#register(script).functions.filter((one) => one.name === name && (!one.declaration.isPrivate || script.span.source === home?.source)));
    const own = home?.functions.filter((one) => one.name === name) ?? [];
    const user = this.#userFiles.filter((file) => file !== home)
      .flatMap((file) => file.functions.filter((one) => one.name === name && !one.declaration.isPrivate));
    // The library calls its own functions even where a script has one of the same name.
    let found = home !== undefined && home.source.origin !== 'user' ? [...own, ...library()] : [...own, ...user, ...library()];
    if (found.length === 0) found = user;
    const distinct = [...new Set(found)].sort((a, b) => a.priority - b.priority);
    for (const [at, one] of distinct.entries()) one.overload ??= distinct.slice(at + 1).find((other) => other.params.length === one.params.length);
    this.#overloads.set(key, distinct);
    return distinct;
  }

  functionNames(): readonly string[] {
    return [...this.#userFiles.flatMap((file) => file.functions.map((one) => one.name)), ...this.library.names('function')];
  }

  /** Asks for the function's body to be bound, and for the probes of its file. */
  useFunction(info: FunctionInfo): void {
    if (this.#used.has(info)) return;
    this.#used.add(info);
    this.unboundFunctions.push(info);
    this.pull(info.declaration.span.source);
  }
  readonly #used = new Set<FunctionInfo>();

  pull(source: SourceText): void {
    const file = this.#files.get(source);
    if (file !== undefined && source.origin !== 'user') this.#pulled.add(file);
  }

  /** Aliases whose first name is `first`, or matches it when it has a `*`, and that may have `second` behind it: others of the user's and of the same library files may be among them. */
  findAliases(first: string, second: string | undefined, matches: (name: string) => boolean): readonly AliasDeclaration[] {
    const firsts = first.includes('*') ? [...new Set(this.library.names('alias').map(firstComponent))].filter(matches) : [second === undefined || second.includes('*') ? first : `${first}.${second}`];
    const library = new Set(firsts.flatMap((name) => this.library.filesDeclaring('alias', name)));
    return [...this.#userFiles.flatMap((file) => file.aliases), ...[...library].flatMap((script) => this.#register(script).aliases)];
  }

  aliasNames(): readonly string[] {
    const user = this.#userFiles.flatMap((file) => file.aliases.flatMap((alias) => alias.names.map((name) => name.map((part) => part.name).join('.'))));
    return [...user, ...this.library.names('alias')];
  }

  /** The file whose names a piece of text sees: for text out of a macro, the file that used the macro. */
  #homeOf(span: Span): FileScope | undefined {
    let home = span;
    while (home.usedAt !== undefined) home = home.usedAt;
    return this.#files.get(home.source);
  }

  #register(script: Script): FileScope {
    const { source } = script.span;
    const known = this.#files.get(source);
    if (known !== undefined) return known;
    const globals = new Map<string, GlobalVariable>();
    const functions: FunctionInfo[] = [];
    const probes: ProbeDeclaration[] = [];
    const aliases: AliasDeclaration[] = [];
    for (const declaration of script.declarations) {
      switch (declaration.kind) {
        case 'global': {
          const first = globals.get(declaration.name);
          if (first === undefined) globals.set(declaration.name, this.#declareGlobal(declaration));
          else this.diagnostics.report(duplicateGlobal(declaration.name, declaration.nameSpan, first.declaration.nameSpan));
          break;
        }
        case 'function': functions.push(new FunctionInfo(declaration)); break;
        case 'probe': probes.push(declaration); break;
        case 'alias': aliases.push(declaration); break;
        case 'embedded-declaration':
          this.diagnostics.report(embeddedCode(declaration.code, '', declaration.span));
      }
    }
    const file: FileScope = { source, globals, functions, probes, aliases };
    this.#files.set(source, file);
    return file;
  }

  #declareGlobal(declaration: GlobalDeclaration): GlobalVariable {
    const variable = new GlobalVariable(declaration);
    // What the tapset knows of the session is given when the object is loaded, always.
    variable.isSettable = variable.source.origin === 'tapset' ? declaration.name.startsWith('__session_') : this.#settableGlobals && !declaration.isPrivate;
    this.#globals.push(variable);
    return variable;
  }

  #refuseDuplicateGlobals(): void {
    const seen = new Map<string, GlobalVariable>();
    for (const variable of this.userGlobals) {
      if (variable.declaration.isPrivate) continue;
      const first = seen.get(variable.name);
      if (first === undefined) seen.set(variable.name, variable);
      else this.diagnostics.report(duplicateGlobal(variable.name, variable.declaration.nameSpan, first.declaration.nameSpan));
    }
  }
}

/** A library body must name something that exists: else it is our own mistake. */
export function checkIntrinsic(info: FunctionInfo, name: string): void {
  if (SPECIAL_BODIES.has(name) || isProbeFact(name)) return;
  const intrinsic = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
  const place = `library function '${info.name}' (${info.declaration.span.source.file})`;
  if (intrinsic === undefined) throw new InternalError(`${place} names the unknown intrinsic '${name}'`);
  if (intrinsic.params.length !== info.params.length) {
    throw new InternalError(`${place} has ${info.params.length} parameters, and the intrinsic '${name}' takes ${intrinsic.params.length}`);
  }
}

export function isProbeFact(name: string): name is ProbeFact {
  return (PROBE_FACTS as readonly string[]).includes(name);
}

/** What running an intrinsic does to the world. */
export function intrinsicEffect(name: string): Effect {
  if (isProbeFact(name)) return EFFECT.none;
  const intrinsic = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
  return intrinsic?.removable === true ? EFFECT.none : EFFECT.external;
}
