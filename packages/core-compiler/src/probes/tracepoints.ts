/** kernel.trace("[SYSTEM:]NAME"): tracepoints, with the parameters that the kernel gives them. */
import { DebugInfoError, Glob, isGlob, type Btf } from '@stapkit/debuginfo';
import { similarNames, type DiagnosticSink } from '../diagnostics/index.js';
import { textArgument, type Expand, type Surroundings } from './family.js';
import { parametersOf } from './kernel-functions.js';
import { noKernelTypes, noTracepointMatches, unknownComponent, unknownTracepoint } from './problems.js';
import type { ResolvedPoint } from './resolve.js';
import { TargetContext } from './target-context.js';
import type { ProbePointComponent } from '../syntax/index.js';

export const expandTracepoint: Expand = (point, around, problems) => {
  const [, trace, extra] = point.components;
  const pattern = trace === undefined ? undefined : textArgument(trace, problems);
  if (trace === undefined || pattern === undefined) return [];
  if (extra !== undefined) {
    problems.report(unknownComponent(extra, `kernel.trace("${pattern}")`, []));
    return [];
  }
  const { btf } = around.lookup;
  if (btf === undefined) {
    problems.report(noKernelTypes('kernel.trace', trace.span, around.target.btfProblem ?? 'the target kernel has none'));
    return [];
  }
  try {
    return find(trace, pattern, { btf, around }, problems);
  } catch (cause) {
    if (!(cause instanceof DebugInfoError)) throw cause;
    problems.report(noKernelTypes(`kernel.trace("${pattern}")`, trace.span, cause.message));
    return [];
  }
};

interface Kernel { readonly btf: Btf; readonly around: Surroundings }

function find(trace: ProbePointComponent, pattern: string, kernel: Kernel, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const colon = pattern.indexOf(':');
  const system = colon < 0 ? undefined : pattern.slice(0, colon);
  const name = pattern.slice(colon + 1);
  const { btf, around } = kernel;
  if (!isGlob(name) && (system === undefined || !isGlob(system))) return exact(trace, { system, name }, kernel, problems);
  const systems = systemsByName(around);
  const systemGlob = system === undefined ? undefined : new Glob(system);
  const names = btf.tracepoints(name).filter((one) => systemGlob === undefined || systemGlob.matches(systems?.get(one) ?? ''));
  const found = names.flatMap((one) => resolved(one, systems?.get(one), kernel));
  if (found.length === 0) problems.report(noTracepointMatches(pattern, trace.span, systemGlob !== undefined && systems === undefined));
  return found;
}

function exact(trace: ProbePointComponent, { system, name }: { readonly system: string | undefined; readonly name: string }, kernel: Kernel, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const { btf, around } = kernel;
  const known = around.target.tracepointSystem?.(name);
  // Without tracefs the system cannot be checked: it is only the name's ornament.
  const wrongSystem = system !== undefined && known !== undefined && known !== system;
  const found = wrongSystem ? [] : resolved(name, known ?? system, kernel);
  if (found.length === 0) {
    const full = system === undefined ? name : `${system}:${name}`;
    if (wrongSystem) problems.report(unknownTracepoint(full, trace.span, { similar: [`${known}:${name}`] }));
    else problems.report(unknownTracepoint(full, trace.span, { similar: similarNames(name, btf.tracepoints(), 5), ...adviceFor(system, name) }));
  }
  return found;
}

/** Trace events of system calls look like tracepoints and are none. */
function adviceFor(system: string | undefined, name: string): { readonly hint?: string } {
  const call = /^sys_(enter|exit)_(\w+)$/.exec(name);
  if (call?.[2] === undefined || (system !== undefined && system !== 'syscalls')) return {};
  return { hint: `use syscall.${call[2]}${call[1] === 'exit' ? '.return' : ''}` };
}

function systemsByName(around: Surroundings): ReadonlyMap<string, string> | undefined {
  const all = around.target.tracepoints?.();
  if (all === undefined) return undefined;
  return new Map(all.map((full): [string, string] => {
    const colon = full.indexOf(':');
    return [full.slice(colon + 1), full.slice(0, colon)];
  }));
}

/** Modules have tracepoints of their own, and types for them. */
function ofModules(name: string, system: string | undefined, { btf, around: { target, ...rest } }: Kernel): ResolvedPoint[] {
  if (btf.module !== undefined) return [];
  for (const module of target.moduleNames?.() ?? []) {
    const own = target.moduleBtf?.(module);
    if (own?.tracepoint(name) !== undefined) return resolved(name, system, { btf: own, around: { target, ...rest } });
  }
  return [];
}

function resolved(name: string, system: string | undefined, { btf, around }: Kernel): ResolvedPoint[] {
  const tracepoint = btf.tracepoint(name);
  if (tracepoint === undefined) return ofModules(name, system, { btf, around });
  const text = `kernel.trace("${system === undefined ? '' : `${system}:`}${name}")`;
  const { parameters, slots } = parametersOf(tracepoint.parameters, btf);
  const context = new TargetContext({
    point: text, lookup: around.lookup, parameters, space: 'kernel', parametersAtEntry: false, positional: true,
    texts: { '$$name': name, ...(system === undefined ? {} : { '$$system': system }) },
    ...(parameters.some((one) => one.name !== '') ? {} : { advice: 'this kernel does not name the parameters of tracepoints: use $arg1, $arg2 …' }),
  });
  return [{
    name: text, where: 'kernel', isReturn: false, context,
    attach: { kind: 'tracepoint', ...(system === undefined ? {} : { system }), name, arguments: slots },
  }];
}
