/** kprobe.function, kprobe.module("M").function, kprobe.statement(ADDRESS).absolute: places in the kernel without type information, so without variables. */
import { isGlob } from '@stapkit/debuginfo';
import type { DiagnosticSink } from '../diagnostics/index.js';
import type { ProbePoint, ProbePointComponent } from '../syntax/index.js';
import { contextWithoutVariables } from './empty-context.js';
import { hasNoArgument, mostFunctions, numberArgument, pointText, textArgument, type Expand, type Surroundings } from './family.js';
import { parametersOf, readSuffixes, REGISTER_ARGUMENTS, typesOf } from './kernel-functions.js';
import { inModules } from './modules.js';
import { hasCode, placeOfAddress, pointAtAddress, whyNoFunction } from './kernel-symbols.js';
import { incompletePoint, incompleteSuffix, noFunctionMatches, tooManyMatches, unknownComponent, unknownFunction, unprobeableSymbol } from './problems.js';
import type { ResolvedPoint } from './resolve.js';

export const expandKprobe: Expand = (point, around, problems) => {
  const [kprobe, second, ...others] = point.components;
  if (kprobe === undefined || !hasNoArgument(kprobe, problems)) return [];
  if (second?.name !== 'module') return expandIn({ parts: [second, ...others] }, point, around, problems);
  return inModules(second, around, problems, (module, own) => expandIn({ parts: others, module }, point, around, own));
};

/** What stands behind `kprobe`, or behind `kprobe.module("NAME")`. */
function expandIn({ parts, module }: { readonly parts: readonly (ProbePointComponent | undefined)[]; readonly module?: string }, point: ProbePoint, around: Surroundings, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const [kind, ...suffixes] = parts;
  const isOfModule = module !== undefined;
  const prefix = module === undefined ? 'kprobe' : `kprobe.module("${module}")`;
  if (kind === undefined) {
    problems.report(incompletePoint(point, prefix, '.function("NAME")'));
    return [];
  }
  if (kind.name === 'statement' && !isOfModule) return statement(kind, suffixes.flatMap((one) => one ?? []), around, problems);
  if (kind.name !== 'function') {
    problems.report(unknownComponent(kind, prefix, isOfModule ? ['function'] : ['function', 'module', 'statement']));
    return [];
  }
  return functions({ prefix, kind, suffixes: suffixes.flatMap((one) => one ?? []), module, hasOthers: point.optional || point.sufficient }, around, problems);
}

interface Wanted {
  readonly prefix: string;
  readonly kind: ProbePointComponent;
  readonly suffixes: readonly ProbePointComponent[];
  readonly module: string | undefined;
  /** Written with `?` or `!`: the script goes on without it. */
  readonly hasOthers: boolean;
}

function functions({ prefix, kind, suffixes, module, hasOthers }: Wanted, around: Surroundings, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const pattern = textArgument(kind, problems);
  const isReturn = pattern === undefined ? undefined : readSuffixes(suffixes, `${prefix}.function("${pattern}")`, problems);
  if (pattern === undefined || isReturn === undefined) return [];
  const btf = isGlob(pattern) ? typesOf(module, kind.span, around, problems) : undefined;
  if (isGlob(pattern) && btf === undefined) return [];
  if (module === undefined && btf === undefined && isAbsent(pattern, hasOthers, around)) {
    problems.report(unknownFunction(pattern, kind.span, { where: 'the kernel', ...whyNoFunction(pattern, around), similar: [] }));
    return [];
  }
  const first = module === undefined ? 0 : (btf?.firstTypeId ?? 0);
  const names = btf === undefined ? [pattern] : [...new Set(btf.functions(pattern).filter(({ id }) => id >= first).map(({ name }) => name))];
  if (names.length === 0) problems.report(noFunctionMatches(pattern, kind.span, module === undefined ? 'the kernel' : `module '${module}'`));
  const most = mostFunctions(around);
  if (names.length > most) {
    problems.report(tooManyMatches(pattern, kind.span, names.length, most));
    return [];
  }
  return names.map((name) => withoutTypes({ prefix, module }, name, isReturn, around));
}

/** Type information lacks some functions that can be probed; symbols lack none, but those of another machine's kernel are not at hand. */
function isAbsent(name: string, hasOthers: boolean, { lookup, target }: Surroundings): boolean {
  if (lookup.btf?.function(name) !== undefined) return false;
  const symbols = target.kernelSymbols?.();
  return symbols === undefined ? hasOthers && lookup.btf !== undefined : !hasCode(name, symbols);
}

function withoutTypes({ prefix, module }: Pick<Wanted, 'prefix' | 'module'>, symbol: string, isReturn: boolean, around: Surroundings): ResolvedPoint {
  const name = `${prefix}.function("${symbol}")${isReturn ? '.return' : ''}`;
  const { btf } = around.lookup;
  const known = module === undefined ? btf?.function(symbol) : undefined;
  const slots = btf === undefined || known === undefined ? REGISTER_ARGUMENTS[around.target.arch] : parametersOf(known.parameters, btf).slots;
  return {
    name, where: 'kernel', isReturn, functionName: symbol,
    attach: { kind: 'function', symbol, ...(module === undefined ? {} : { module }), return: isReturn, arguments: slots },
    context: contextWithoutVariables(name, around.lookup, isReturn ? 'kprobe.function has no variables: use returnval(), or kernel.function' : 'kprobe.function has no variables: use int_arg(N) and pointer_arg(N), or kernel.function'),
  };
}

/** An address of the running kernel. */
function statement(kind: ProbePointComponent, [absolute, extra]: readonly ProbePointComponent[], around: Surroundings, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const address = numberArgument(kind, problems);
  if (address === undefined) return [];
  const before = pointText([kind]);
  if (absolute === undefined) {
    problems.report(incompleteSuffix(kind, `kprobe.${before}`, '.absolute'));
    return [];
  }
  if (absolute.name !== 'absolute' || extra !== undefined || !hasNoArgument(absolute, problems)) {
    if (absolute.name !== 'absolute' || extra !== undefined) problems.report(unknownComponent(extra ?? absolute, `kprobe.${before}`, extra === undefined ? ['absolute'] : []));
    return [];
  }
  const text = `0x${BigInt.asUintN(64, address).toString(16)}`;
  const place = placeOfAddress(BigInt.asUintN(64, address), around);
  if (typeof place !== 'string') return [pointAtAddress(`kprobe.statement(${text}).absolute`, place, around)];
  problems.report(unprobeableSymbol(text, kind.span, place));
  return [];
}
