/** Script text to object, with the diagnostics as a person reads them. */
import { compile, listProbePoints, renderDiagnostic, type CompileInput, type CompileResult, type CompiledObject, type Diagnostic, type ListedProbe, type Target } from '@stapkit/core-compiler';
import { loadTapset, type Tapset } from '@stapkit/tapset';
import { describePasses } from './passes.js';

/** Everything of {@link CompileInput} that the machine does not give. */
export type ScriptInput = Omit<CompileInput, 'tapset' | 'syscallTable' | 'target' | 'now'> & { readonly target: Target };

let loaded: Tapset | undefined;
const tapset = (): Tapset => (loaded ??= loadTapset());

/** Compiles with the shipped tapset and a clock. */
export function compileScript(input: ScriptInput): CompileResult {
  const { files, syscallTable } = tapset();
  return compile({ ...input, tapset: files, syscallTable, now: () => performance.now() });
}

/** What -v says about the passes of a compilation. */
export function passReport(result: CompileResult): string {
  return describePasses(result, tapset().files.length);
}

/** Probe points that match a pattern, for -l and -L. */
export function listScriptProbes(pattern: string, input: { readonly target: Target; readonly command?: string }): { readonly probes: readonly ListedProbe[]; readonly diagnostics: readonly Diagnostic[] } {
  const { files, syscallTable } = tapset();
  return listProbePoints(pattern, { ...input, tapset: files, syscallTable });
}

/** Diagnostics as text for stderr, one after another. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], color: boolean): string {
  return diagnostics.map((one) => `${renderDiagnostic(one, { color }).trimEnd()}\n`).join('');
}

/** A tool's own script does not compile here: the tool may have another way. */
export class ToolScriptError extends Error {
  readonly exitCode = 2;
  readonly advice: string | undefined;

  constructor(message: string, advice?: string) {
    super(message);
    this.name = 'ToolScriptError';
    this.advice = advice;
  }
}

export interface ToolScript {
  /** Of the object: letters, digits and _. */
  readonly name: string;
  /** The .stp's file name. */
  readonly file: string;
  readonly text: string;
  /** As -G does. */
  readonly globals: ReadonlyMap<string, string>;
  readonly target: Target;
  readonly verbose: number;
}

/** Compiles a tool's script, whose mistakes are ours and whose missing probe points are the machine's. */
export function compileTool(script: ToolScript): CompiledObject {
  const { name, file, text, globals, target, verbose } = script;
  const result = compileScript({ scripts: [{ file, text }], args: [], target, name, globalOverrides: globals });
  if (verbose > 0) process.stderr.write(passReport(result));
  if (result.object !== undefined) return result.object;
  const errors = result.diagnostics.filter((one) => one.severity === 'error');
  // E04xx: probe points and target variables.
  const unavailable = errors.length > 0 && errors.every((one) => one.code.startsWith('E04'));
  if (unavailable) throw new ToolScriptError(errors.map((one) => one.message).join('; '), `stapkit -p2 ${file} shows more`);
  throw new Error(`the tool's script ${file} does not compile:\n${errors.map((one) => renderDiagnostic(one)).join('\n')}`);
}
