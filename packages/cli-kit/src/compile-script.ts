/** Script text to object, with the diagnostics as a person reads them. */
import { compile, listLanguage, listProbePoints, renderDiagnostic, type CompileInput, type CompileResult, type Diagnostic, type LanguageList, type ListedProbe, type TapsetFile, type Target } from '@stapkit/core-compiler';
import { loadTapset, type Tapset } from '@stapkit/tapset';
import { describePasses, type PassVerbosity } from './passes.js';

/** Everything of {@link CompileInput} that the machine does not give. */
export type ScriptInput = Omit<CompileInput, 'tapset' | 'syscallTable' | 'kernelSources' | 'target' | 'now'> & {
  readonly target: Target;
  /** Files of -I folders. */
  readonly library?: readonly TapsetFile[];
};

let loaded: Tapset | undefined;
const tapset = (): Tapset => (loaded ??= loadTapset());

/** Compiles with the shipped tapset and a clock. */
export function compileScript(input: ScriptInput): CompileResult {
  const { files, syscallTable, kernelSources } = tapset();
  const { library = [], ...rest } = input;
  return compile({ ...rest, tapset: [...files, ...library], syscallTable, kernelSources, now: () => performance.now() });
}

/** What -v says about the passes of a compilation. */
export function passReport(result: CompileResult, verbosity: PassVerbosity): string {
  return describePasses(result, tapset().files.length, verbosity);
}

/** Probe points that match a pattern, for -l and, with their `variables`, for -L. */
export function listScriptProbes(pattern: string, input: { readonly target: Target; readonly command?: string; readonly library?: readonly TapsetFile[]; readonly variables: boolean }): { readonly probes: readonly ListedProbe[]; readonly diagnostics: readonly Diagnostic[] } {
  const { files, syscallTable, kernelSources } = tapset();
  const { library = [], variables, ...rest } = input;
  return listProbePoints(pattern, { ...rest, tapset: [...files, ...library], syscallTable, kernelSources }, variables);
}

/** Builtin probe points, or what the shipped tapset and the libraries declare: for --dump-probe-types, --dump-probe-aliases, --dump-functions. */
export function describeLanguage(what: LanguageList, input: { readonly target: Target; readonly library?: readonly TapsetFile[]; readonly all: boolean }): { readonly lines: readonly string[]; readonly diagnostics: readonly Diagnostic[] } {
  const { files, syscallTable } = tapset();
  const { library = [], all, target } = input;
  return listLanguage(what, { target, tapset: [...files, ...library], syscallTable }, all);
}

/** Diagnostics as text for stderr, one after another. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], color: boolean): string {
  return diagnostics.map((one) => `${renderDiagnostic(one, { color }).trimEnd()}\n`).join('');
}
