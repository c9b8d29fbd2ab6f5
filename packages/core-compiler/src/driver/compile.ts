import { DEFAULT_LIMITS } from '@stapkit/object';
import type { IrProgram, Limits, UnwindMode } from '@stapkit/object';
import { generateObject } from '../codegen/index.js';
import type { CompiledObject } from '../codegen/index.js';
import { unusedArgument } from '../diagnostics/catalog.js';
import { DiagnosticSink } from '../diagnostics/index.js';
import type { Diagnostic } from '../diagnostics/index.js';
import { defaultNesting, fixHostFields, lowerProgram, mergeProbes, optimizeProgram, printIr, timeProbes } from '../ir/index.js';
import { createProbeResolver, probePointTypes } from '../probes/index.js';
import type { ProbeResolver } from '../probes/index.js';
import { declaredAliases, declaredFunctions, elaborate, listProbes } from '../semantic/index.js';
import type { ElaboratedProgram, ListedProbe } from '../semantic/index.js';
import { SourceText } from '../source/index.js';
import { parseScript, printScript } from '../syntax/index.js';
import type { PreprocessorFacts, Script } from '../syntax/index.js';
import { createTapsetLibrary } from '../tapset/index.js';
import type { TapsetFile, TapsetLibrary } from '../tapset/index.js';
import type { Target } from '../target/index.js';
import { printElaborated } from './print-elaborated.js';
import { COMPILER_VERSION, SYSTEMTAP_VERSION } from './version.js';

export type PassName = 'parse' | 'elaborate' | 'translate' | 'write';
export interface PassTiming { readonly pass: PassName; readonly milliseconds: number }

export interface CompileInput {
  /** Main script first, then -E scripts. Texts are byte strings. */
  readonly scripts: readonly { readonly file: string; readonly text: string }[];
  readonly args: readonly string[];
  readonly tapset: readonly TapsetFile[];
  readonly syscallTable: string;
  /** Which source file each function of the kernel is in (see {@link ProbeResolverOptions}); read when a script asks. */
  readonly kernelSources?: () => string;
  readonly target: Target;
  readonly name: string;
  readonly limits?: Partial<Limits>;
  readonly globalOverrides?: ReadonlyMap<string, string>;
  readonly command?: string;
  readonly guruMode?: boolean;
  /** --compatible: what `systemtap_v` tells. Default: {@link SYSTEMTAP_VERSION}. */
  readonly compatible?: string;
  /** For an object that is run later: globals that nothing writes can still be set then. */
  readonly settableGlobals?: boolean;
  /** --skip-badvars: target variables that cannot be found are 0. */
  readonly skipBadVariables?: boolean;
  /** How user stacks will be found: fp makes an object that can find them by frame pointers alone, without the walker and its maps. Default: auto. */
  readonly unwind?: UnwindMode;
  /** Output for machines (--json, --timestamps): each print tells its time and process. */
  readonly records?: 'json' | 'time';
  /** -t: probes keep how often and how long they run. --monitor: they can be switched off, too. */
  readonly timesProbes?: 'report' | 'monitor';
  /** Default: true. */
  readonly autoPrintGlobals?: boolean;
  /** Stop after this pass. */
  readonly until?: PassName;
  /** Milliseconds; passed in because the compiler has no clock. */
  readonly now?: () => number;
}

export interface CompileResult {
  readonly diagnostics: readonly Diagnostic[];
  /** Of the passes that ran, the one that found errors included. */
  readonly timings: readonly PassTiming[];
  /** Texts for -p1, -p2, -p3; made when asked; empty when that pass was not reached. */
  dump(pass: 'parse' | 'elaborate' | 'translate'): string;
  /** Absent after errors or when stopped earlier. */
  readonly object?: CompiledObject;
}

type ListInput = Omit<CompileInput, 'scripts' | 'args' | 'name'> & Partial<Pick<CompileInput, 'args'>>;

/**
 * Passes 1 to 4. Mistakes in the script come as diagnostics; a pass that found errors is the last.
 * @throws InternalError of a stage, which is our bug
 */
export function compile(input: CompileInput): CompileResult {
  const compilation = new Compilation(input);
  compilation.run(input);
  return compilation;
}

/** What -l and -L list for a pattern. */
export function listProbePoints(pattern: string, input: ListInput, variables: boolean): { readonly probes: readonly ListedProbe[]; readonly diagnostics: readonly Diagnostic[] } {
  const room = new Workroom(input, true);
  const probes = listProbes(pattern, { library: room.library, probes: room.probes, diagnostics: room.diagnostics }, variables);
  room.probes.finish?.();
  return { probes, diagnostics: room.findings() };
}

/** What can be asked about the language: builtin probe points, aliases and functions of the library. */
export type LanguageList = 'probe-types' | 'probe-aliases' | 'functions';

/** One line each, sorted. @param all names that begin with `_` too */
export function listLanguage(what: LanguageList, input: ListInput, all: boolean): { readonly lines: readonly string[]; readonly diagnostics: readonly Diagnostic[] } {
  if (what === 'probe-types') return { lines: probePointTypes(), diagnostics: [] };
  const room = new Workroom(input, true);
  const scripts = room.library.scripts();
  if (what === 'probe-aliases') return { lines: declaredAliases(scripts, all), diagnostics: room.findings() };
  // A function whose body does not suit this kernel is a function all the same.
  const lines = declaredFunctions(scripts, { library: room.library, probes: room.probes, diagnostics: new DiagnosticSink() }, all);
  return { lines, diagnostics: room.findings() };
}

/** What the passes share: the library, the resolver, the findings, the facts. */
class Workroom {
  readonly diagnostics = new DiagnosticSink();
  /** Apart from the user's: what stands here is a fault of the library. */
  readonly #tapsetDiagnostics = new DiagnosticSink();
  readonly library: TapsetLibrary;
  readonly probes: ProbeResolver;
  readonly facts: PreprocessorFacts;
  /** Indexes of the command line's arguments that some script reads. */
  readonly usedArguments = new Set<number>();
  kernelBound = false;
  readonly kernelAsked = (): void => { this.kernelBound = true; };

  constructor(input: ListInput, listing = false) {
    this.facts = preprocessorFacts(input);
    this.library = createTapsetLibrary(input.tapset, { diagnostics: this.#tapsetDiagnostics, facts: this.facts, kernelAsked: this.kernelAsked, args: input.args ?? [], usedArgument: (index) => this.usedArguments.add(index) });
    this.probes = createProbeResolver({ target: input.target, syscallTable: input.syscallTable, listing, ...(input.kernelSources === undefined ? {} : { kernelSources: input.kernelSources }), ...(input.command === undefined ? {} : { command: input.command }) });
  }

  get hasErrors(): boolean {
    return this.diagnostics.hasErrors || this.#tapsetDiagnostics.hasErrors;
  }

  findings(): readonly Diagnostic[] {
    const ours = this.#tapsetDiagnostics.all.map((one) => (one.span?.source.origin === 'library' ? one : { ...one, hints: [...(one.hints ?? []), 'this stands in the tapset library, not in your script: please report it'] }));
    return [...this.diagnostics.all, ...ours];
  }
}

class Compilation implements CompileResult {
  readonly timings: PassTiming[] = [];
  object?: CompiledObject;
  readonly #room: Workroom;
  readonly #now: () => number;
  #scripts: readonly Script[] = [];
  #program: ElaboratedProgram | undefined;
  #ir: IrProgram | undefined;
  /** Also when the caller wanted to stop before the object was written. */
  #generated: CompiledObject | undefined;

  constructor(input: CompileInput) {
    this.#now = input.now ?? (() => 0);
    this.#room = new Workroom(input);
  }

  get diagnostics(): readonly Diagnostic[] {
    return this.#room.findings();
  }

  dump(pass: 'parse' | 'elaborate' | 'translate'): string {
    switch (pass) {
      case 'parse':
        return this.#scripts.length === 0 ? '' : `# parse tree dump\n${this.#scripts.map(printScript).join('')}`;
      case 'elaborate':
        return this.#program === undefined ? '' : printElaborated(this.#program);
      case 'translate':
        return [this.#ir === undefined ? '' : printIr(this.#ir), this.#generated?.listing() ?? ''].filter((text) => text !== '').join('\n');
    }
  }

  run(input: CompileInput): void {
    const passes: readonly (readonly [PassName, () => void])[] = [
      ['parse', () => { this.#parse(input); }],
      ['elaborate', () => { this.#elaborate(input); }],
      ['translate', () => { this.#translate(input); }],
      ['write', () => { this.#write(); }],
    ];
    for (const [pass, work] of passes) {
      const start = this.#now();
      work();
      this.timings.push({ pass, milliseconds: this.#now() - start });
      if (this.#failed() || pass === input.until) return;
    }
  }

  #failed(): boolean {
    return this.#room.hasErrors;
  }

  #parse(input: CompileInput): void {
    const { diagnostics, facts, library, kernelAsked } = this.#room;
    const usedArgument = (index: number): void => { this.#room.usedArguments.add(index); };
    this.#scripts = input.scripts.map(({ file, text }) =>
      parseScript(new SourceText(file, text), { diagnostics, facts, args: input.args, usedArgument, macros: library.macros, kernelAsked }));
    if (input.until === 'parse' || this.#failed()) this.#reportUnused(input);
  }

  #elaborate(input: CompileInput): void {
    const { library, probes, diagnostics } = this.#room;
    const program = elaborate({ scripts: this.#scripts, library, probes, diagnostics, globalOverrides: input.globalOverrides ?? new Map<string, string>(), autoPrintGlobals: input.autoPrintGlobals ?? true, skipBadVariables: input.skipBadVariables ?? false, guruMode: input.guruMode ?? false, settableGlobals: input.settableGlobals ?? false, limits: input.limits ?? {} });
    probes.finish?.();
    this.#reportUnused(input);
    if (!this.#failed()) this.#program = program;
  }

  /** After pass 2, in which the library's argv has been read if the script wants it. */
  #reportUnused({ args }: CompileInput): void {
    const { usedArguments, diagnostics } = this.#room;
    args.forEach((text, index) => { if (!usedArguments.has(index)) diagnostics.report(unusedArgument(index, text)); });
  }

  #translate(input: CompileInput): void {
    if (this.#program === undefined) return;
    const { diagnostics } = this.#room;
    const given = { ...DEFAULT_LIMITS, ...input.limits };
    const merges = input.target.features.attachCookie;
    const single = lowerProgram(this.#program, { diagnostics, limits: given, keepNames: merges, ...(input.records === undefined ? {} : { records: input.records }) });
    const merged = merges ? mergeProbes(single) : single;
    const lowered = input.timesProbes === undefined ? merged : timeProbes(merged, input.timesProbes === 'monitor');
    const limits = { ...given, MAXNESTING: input.limits?.MAXNESTING ?? defaultNesting(lowered.functions) };
    if (this.#failed()) return;
    this.#ir = optimizeProgram(lowered, { diagnostics, limits });
    if (this.#failed()) return;
    if (fixHostFields(this.#ir)) this.#room.kernelAsked();
    this.#generated = generateObject(this.#ir, {
      name: input.name, target: input.target, limits, sources: input.scripts, kernelBound: this.#room.kernelBound, unwinds: (input.unwind ?? 'auto') !== 'fp', ...(input.timesProbes !== undefined && input.records === 'json' ? { timesAs: 'json' as const } : {}), compilerVersion: COMPILER_VERSION, diagnostics,
    });
  }

  #write(): void {
    // Reading the bytes writes the file, if the generator has not done it yet.
    if (this.#generated !== undefined && this.#generated.bytes.length > 0) this.object = this.#generated;
  }
}

function preprocessorFacts({ target, guruMode = false, compatible = SYSTEMTAP_VERSION }: ListInput): PreprocessorFacts {
  return {
    kernelVersion: /^[0-9.]*[0-9]/.exec(target.kernelRelease)?.[0] ?? '',
    kernelRelease: target.kernelRelease,
    // SystemTap has its own name for it.
    arch: target.arch === 'aarch64' ? 'arm64' : target.arch,
    config: (name) => target.config(name),
    systemtapVersion: compatible,
    runtime: 'bpf',
    guruMode,
    privilege: 'stapdev',
  };
}
