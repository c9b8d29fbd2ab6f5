// CONTRACT of pass 1; the syntax owner fills it.
import type { DiagnosticSink } from '../diagnostics/index.js';
import type { SourceText } from '../source/index.js';
import type { Script } from './ast.js';
import type { Token } from './tokens.js';

/** What `%( … %)` may ask. */
export interface PreprocessorFacts {
  /** Version without suffix: "6.1.0". */
  readonly kernelVersion: string;
  /** Full release: "6.1.0-56-amd64". */
  readonly kernelRelease: string;
  readonly arch: string;
  /** "y", "m", a value, or undefined when unset or unknown. */
  config(name: string): string | undefined;
  readonly systemtapVersion: string;
  /** "bpf" */
  readonly runtime: string;
  readonly guruMode: boolean;
  readonly privilege: 'stapdev' | 'stapsys' | 'stapusr';
}

export interface MacroDefinition {
  readonly name: string;
  readonly params: readonly string[] | undefined;
  readonly body: readonly Token[];
}

export interface ParseContext {
  readonly diagnostics: DiagnosticSink;
  readonly facts: PreprocessorFacts;
  /** $1 … $N / @1 … @N of user scripts. */
  readonly args: readonly string[];
  /** Called for each argument index (from 0) that is used. */
  readonly usedArgument?: (index: number) => void;
  /** Macros of the library's .stpm files. */
  readonly macros?: ReadonlyMap<string, MacroDefinition>;
  /** Called when a `%( %)` condition asked about the kernel (kernel_v, kernel_vr, CONFIG_*): the object is then bound to it. */
  readonly kernelAsked?: () => void;
}

export declare function parseScript(source: SourceText, context: ParseContext): Script;
/** Reads a .stpm file: definitions only. */
export declare function parseMacroLibrary(source: SourceText, context: ParseContext): Map<string, MacroDefinition>;
