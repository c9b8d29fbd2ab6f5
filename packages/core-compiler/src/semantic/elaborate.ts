// CONTRACT of pass 2; the semantic owner fills it.
import type { DiagnosticSink } from '../diagnostics/index.js';
import type { ProbeResolver } from '../probes/index.js';
import type { Script } from '../syntax/index.js';
import type { TapsetLibrary } from '../tapset/index.js';
import type { ElaboratedProgram } from './typed-tree.js';

export interface ElaborateInput {
  /** User files, in order. */
  readonly scripts: readonly Script[];
  readonly library: TapsetLibrary;
  readonly probes: ProbeResolver;
  readonly diagnostics: DiagnosticSink;
  /** -G NAME=VALUE. */
  readonly globalOverrides: ReadonlyMap<string, string>;
  readonly autoPrintGlobals: boolean;
}

export declare function elaborate(input: ElaborateInput): ElaboratedProgram;

/** One line of -l / -L. */
export interface ListedProbe {
  readonly name: string;
  /** Alias variables ("name:string") then target variables ("$file:struct file*"), as `stap -L` prints them. */
  readonly variables: readonly string[];
}
export declare function listProbes(pattern: string, input: Omit<ElaborateInput, 'scripts' | 'globalOverrides' | 'autoPrintGlobals'>): readonly ListedProbe[];
