/** -l and -L: probe points, with their variables. --dump-…: the language's probe points, aliases and functions. */
import { loadCompiler } from '@stapkit/cli-kit';
import type { LanguageList, Target } from '@stapkit/core-compiler';
import { readLibraries } from './libraries.js';
import type { StapOptions } from './options.js';

/** Prints one line a probe point, sorted; status 1 when nothing matches, as stap. */
export async function listProbes(list: { readonly pattern: string; readonly variables: boolean }, options: StapOptions, target: Target): Promise<number> {
  const { listScriptProbes, renderDiagnostics } = await loadCompiler();
  const { probes, diagnostics } = listScriptProbes(Buffer.from(list.pattern, 'utf8').toString('latin1'), { target, variables: list.variables, library: readLibraries(options.libraries, target), ...(options.command === undefined ? {} : { command: options.command }) });
  const lines = [...new Set(probes.map((probe) => (probe.variables.length > 0 ? [probe.name, ...probe.variables].join(' ') : probe.name)))];
  if (lines.length === 0) {
    const errors = diagnostics.filter((one) => one.severity === 'error');
    if (errors.length > 0) process.stderr.write(renderDiagnostics(errors, options.color));
    return 1;
  }
  const warnings = diagnostics.filter((one) => one.severity === 'warning');
  if (warnings.length > 0) process.stderr.write(renderDiagnostics(warnings, options.color));
  process.stdout.write(Buffer.from(`${lines.sort().join('\n')}\n`, 'latin1'));
  return 0;
}

/** Prints one line each; with -v those too whose names begin with `_`. */
export async function dumpLanguage(what: LanguageList, options: StapOptions, target: Target): Promise<number> {
  const { describeLanguage, renderDiagnostics } = await loadCompiler();
  const { lines, diagnostics } = describeLanguage(what, { target, library: readLibraries(options.libraries, target), all: options.verbosity > 0 });
  const errors = diagnostics.filter((one) => one.severity === 'error');
  if (errors.length > 0) process.stderr.write(renderDiagnostics(errors, options.color));
  process.stdout.write(Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1'));
  return errors.length > 0 ? 1 : 0;
}
