/** `module("NAME")`: one module, or with wildcards each of those that are there. */
import { Glob, isGlob } from '@stapkit/debuginfo';
import { DiagnosticSink } from '../diagnostics/index.js';
import type { ProbePointComponent } from '../syntax/index.js';
import { textArgument, type Surroundings } from './family.js';
import { noModuleMatches } from './problems.js';
import type { ResolvedPoint } from './resolve.js';

/**
 * Points of each module that a component names. Of a wildcard those modules count that have the place; what is wrong with the
 * others is no mistake then.
 */
export function inModules(component: ProbePointComponent, { target }: Surroundings, problems: DiagnosticSink, expand: (module: string, problems: DiagnosticSink) => readonly ResolvedPoint[]): readonly ResolvedPoint[] {
  const pattern = textArgument(component, problems);
  if (pattern === undefined) return [];
  if (!isGlob(pattern)) return expand(pattern, problems);
  // As lsmod has them: file names may have "-".
  const glob = new Glob(pattern.replaceAll(/-(?![^[]*\])/g, '_'));
  const names = (target.moduleNames?.() ?? []).filter((name) => glob.matches(name));
  const reasons = new DiagnosticSink();
  const found = names.flatMap((name) => expand(name, reasons));
  if (found.length > 0) {
    for (const one of reasons.all) if (one.severity === 'warning') problems.report(one);
    return found;
  }
  const [first] = reasons.all.filter(({ severity }) => severity === 'error');
  if (first !== undefined && names.length === 1) problems.report(first);
  else problems.report(noModuleMatches(pattern, component.span, { names, why: first?.message }));
  return [];
}
