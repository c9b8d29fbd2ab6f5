// CONTRACT; the syntax/driver owner fills it.
import type { CompiledObject } from '../codegen/index.js';
import type { Diagnostic } from '../diagnostics/index.js';
import type { ListedProbe } from '../semantic/index.js';
import type { TapsetFile } from '../tapset/index.js';
import type { Target } from '../target/index.js';
import type { Limits } from '@stapkit/object';

export type PassName = 'parse' | 'elaborate' | 'translate' | 'write';
export interface PassTiming { readonly pass: PassName; readonly milliseconds: number }

export interface CompileInput {
  /** Main script first, then -E scripts. Texts are byte strings. */
  readonly scripts: readonly { readonly file: string; readonly text: string }[];
  readonly args: readonly string[];
  readonly tapset: readonly TapsetFile[];
  readonly syscallTable: string;
  readonly target: Target;
  readonly name: string;
  readonly limits?: Partial<Limits>;
  readonly globalOverrides?: ReadonlyMap<string, string>;
  readonly command?: string;
  readonly guruMode?: boolean;
  readonly autoPrintGlobals?: boolean;
  /** Stop after this pass. */
  readonly until?: PassName;
  /** Milliseconds; passed in because the compiler has no clock. */
  readonly now?: () => number;
}

export interface CompileResult {
  readonly diagnostics: readonly Diagnostic[];
  readonly timings: readonly PassTiming[];
  /** Texts for -p1, -p2, -p3; made when asked. */
  dump(pass: 'parse' | 'elaborate' | 'translate'): string;
  /** Absent after errors or when stopped earlier. */
  readonly object?: CompiledObject;
}

export declare function compile(input: CompileInput): CompileResult;
export declare function listProbePoints(pattern: string, input: Omit<CompileInput, 'scripts' | 'args' | 'name'>): { readonly probes: readonly ListedProbe[]; readonly diagnostics: readonly Diagnostic[] };
