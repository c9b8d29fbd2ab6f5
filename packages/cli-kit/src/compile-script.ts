/** Script text to object, with the diagnostics as a person reads them. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile, listProbePoints, renderDiagnostic, type CompileInput, type CompileResult, type CompiledObject, type Diagnostic, type ListedProbe, type Target } from '@stapkit/core-compiler';
import { loadTapset } from '@stapkit/tapset';

/** Everything of {@link CompileInput} that the machine does not give. */
export type ScriptInput = Omit<CompileInput, 'tapset' | 'syscallTable' | 'target' | 'now'> & { readonly target: Target };

/** Compiles with the shipped tapset and a clock. */
export function compileScript(input: ScriptInput): CompileResult {
  const { files, syscallTable } = loadTapset();
  return compile({ ...input, tapset: files, syscallTable, now: () => performance.now() });
}

/** Probe points that match a pattern, for -l and -L. */
export function listScriptProbes(pattern: string, input: { readonly target: Target; readonly command?: string }): { readonly probes: readonly ListedProbe[]; readonly diagnostics: readonly Diagnostic[] } {
  const { files, syscallTable } = loadTapset();
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

/**
 * Text of a tool's .stp, which lies beside the tool's bundle or in the tool's folder.
 * @param moduleUrl `import.meta.url` of the caller
 */
export function readToolScript(moduleUrl: string, file: string): string {
  for (const place of [`./${file}`, `../${file}`]) {
    const path = fileURLToPath(new URL(place, moduleUrl));
    if (existsSync(path)) return readFileSync(path, 'latin1');
  }
  throw new Error(`the script ${file} is missing beside ${moduleUrl}`);
}

/** Compiles a tool's script, whose mistakes are ours and whose missing probe points are the machine's. */
export function compileTool(name: string, file: string, text: string, globals: ReadonlyMap<string, string>, target: Target): CompiledObject {
  const result = compileScript({ scripts: [{ file, text }], args: [], target, name, globalOverrides: globals });
  if (result.object !== undefined) return result.object;
  const errors = result.diagnostics.filter((one) => one.severity === 'error');
  const unavailable = errors.length > 0 && errors.every((one) => one.code.startsWith('E04'));
  const text_ = errors.map((one) => renderDiagnostic(one)).join('\n');
  if (unavailable) throw new ToolScriptError(errors.map((one) => one.message).join('; '), `stapkit -p2 ${file} shows more`);
  throw new Error(`the tool's script ${file} does not compile:\n${text_}`);
}
