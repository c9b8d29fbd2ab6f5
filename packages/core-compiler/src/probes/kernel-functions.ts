/** kernel.function and module("M").function: functions of the kernel by name or address. */
import { DebugInfoError, isGlob, type Btf, type BtfFunction } from '@stapkit/debuginfo';
import type { AttachPoint } from '@stapkit/object';
import { DiagnosticSink, similarNames } from '../diagnostics/index.js';
import type { Span } from '../source/index.js';
import type { ProbePoint, ProbePointComponent } from '../syntax/index.js';
import { sizeOf, type CType } from './c-types.js';
import { parseFunctionPattern } from './dwarf/function-pattern.js';
import { expandByDebugInfo, expandKernelStatement } from './dwarf/kernel-places.js';
import { hasNoArgument, mostFunctions, numberArgument, pointText, textArgument, type Expand, type Surroundings } from './family.js';
import { fileNotChecked, filesOfOtherKernel, functionInOtherFile, incompletePoint, noFunctionMatches, noKernelTypes, noModuleTypes, tooManyMatches, unknownComponent, unknownFunction, unprobeableSymbol, withoutEffect } from './problems.js';
import { inModules } from './modules.js';
import { placeOfAddress, whyNoFunction } from './kernel-symbols.js';
import type { ResolvedPoint } from './resolve.js';
import { TargetContext, type ContextParameter } from './target-context.js';

const SLOT_BYTES = 8;
/** Registers that carry arguments: what is assumed of functions without a known prototype. */
export const REGISTER_ARGUMENTS = { x86_64: 6, aarch64: 8 } as const;
const SUFFIXES = ['call', 'return', 'maxactive'];
const NEED_DEBUGINFO: ReadonlySet<string> = new Set(['inline', 'label', 'callee', 'callees', 'exported']);

interface Wanted {
  readonly component: ProbePointComponent;
  /** "kernel", "module("ext4")", "kprobe". */
  readonly prefix: string;
  readonly name: string;
  readonly isReturn: boolean;
  readonly module?: string;
  /** The source file, where it was asked for. */
  readonly file?: string;
  /** Nobody will read why it is not there: another point may stand in for it. */
  readonly isOptional?: boolean;
}

/** kernel.function(…) and its kin; `kernel.trace` and `kernel.syscall` have gone another way. */
export const expandKernelFunction: Expand = (point, around, problems) => {
  const [, kind, ...suffixes] = point.components;
  return expandFunction(point, { kind, suffixes, prefix: 'kernel' }, around, problems);
};

export const expandModuleFunction: Expand = (point, around, problems) => {
  const [first, kind, ...suffixes] = point.components;
  if (first === undefined) return [];
  return inModules(first, around, problems, (module, own) => expandFunction(point, { kind, suffixes, prefix: `module("${module}")`, module }, around, own));
};

interface Parts {
  readonly kind: ProbePointComponent | undefined;
  readonly suffixes: readonly ProbePointComponent[];
  readonly prefix: string;
  readonly module?: string;
}

function expandFunction(point: ProbePoint, parts: Parts, around: Surroundings, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const { kind, suffixes, prefix, module } = parts;
  if (kind === undefined) {
    problems.report(incompletePoint(point, prefix, '.function("NAME")'));
    return [];
  }
  if (kind.name !== 'function') {
    if (kind.name === 'statement') return expandKernelStatement({ kind, suffixes, prefix, ...(module === undefined ? {} : { module }) }, around, problems);
    problems.report(unknownComponent(kind, prefix, module === undefined ? ['function', 'trace', 'syscall', 'statement'] : ['function', 'statement']));
    return [];
  }
  const pattern = kind.argument?.kind === 'number' ? nameAt(kind, kind.argument.value, module, around, problems) : textArgument(kind, problems);
  if (pattern === undefined) return [];
  if (isOfDebugInfo(pattern, suffixes) || (module === undefined && pattern.includes('@') && typeof around.debug.kernel() !== 'string')) {
    return expandBySourceIndex(parts, pattern, around, problems) ?? expandByDebugInfo({ kind, suffixes, prefix, ...(module === undefined ? {} : { module }) }, pattern, around, problems);
  }
  const isReturn = readSuffixes(suffixes, pointText(point.components.slice(0, 2)), problems);
  if (isReturn === undefined) return [];
  // A module may have no BTF, or not be loaded; with debug information it needs neither.
  if (module !== undefined && around.target.moduleBtf?.(module) === undefined && typeof around.debug.module(module) !== 'string') return expandByDebugInfo({ kind, suffixes, prefix, module }, pattern, around, problems);
  const place = withoutFile(pattern, { kind, module }, around, problems);
  const btf = place === undefined ? undefined : typesOf(module, kind.span, around, problems);
  if (place === undefined || btf === undefined) return [];
  const { name } = place;
  const wanted: Wanted = { component: kind, prefix, isReturn, isOptional: point.optional || point.sufficient, ...place, ...(module === undefined ? {} : { module }) };
  try {
    return isGlob(name) ? matching(wanted, btf, around, problems) : exact(wanted, btf, around, problems);
  } catch (cause) {
    if (!(cause instanceof DebugInfoError)) throw cause;
    problems.report(noKernelTypes(`${prefix}.function("${name}")`, kind.span, cause.message));
    return [];
  }
}

/** The function that code at an address belongs to. */
function nameAt(component: ProbePointComponent, address: bigint, module: string | undefined, around: Surroundings, problems: DiagnosticSink): string | undefined {
  const text = `0x${BigInt.asUintN(64, address).toString(16)}`;
  const place = placeOfAddress(BigInt.asUintN(64, address), around);
  if (typeof place !== 'string' && place.module === module && place.symbol !== '_text') return place.symbol;
  const why = typeof place === 'string' ? place : place.module !== module ? `the code there is of ${place.module === undefined ? 'the kernel itself' : `module '${place.module}'`}` : `several functions have the name of that there: write kprobe.statement(${text}).absolute`;
  problems.report(unprobeableSymbol(text, component.span, why));
  return undefined;
}

/** What BTF does not know: bodies that were inlined, labels, calls, lines, which file a function is in. */
function isOfDebugInfo(pattern: string, [suffix]: readonly ProbePointComponent[]): boolean {
  if (suffix !== undefined && NEED_DEBUGINFO.has(suffix.name)) return true;
  const parsed = parseFunctionPattern(pattern);
  return parsed?.file !== undefined && (isGlob(parsed.name) || parsed.lines !== undefined);
}

/**
 * `kernel.function("*@net/socket.c")` of a kernel without debug information: by the shipped table of source files. Of what it
 * says, those functions are probed that this kernel's BTF has. Undefined: there is debug information, or the table cannot answer.
 */
function expandBySourceIndex({ kind, suffixes, prefix, module }: Parts, text: string, around: Surroundings, problems: DiagnosticSink): readonly ResolvedPoint[] | undefined {
  const { name = '', file, lines } = parseFunctionPattern(text) ?? {};
  const { target, lookup } = around;
  if (kind === undefined || module !== undefined || file === undefined || lines !== undefined || (suffixes[0] !== undefined && NEED_DEBUGINFO.has(suffixes[0].name))) return undefined;
  const missing = around.debug.kernel();
  const { btf } = lookup;
  if (typeof missing !== 'string' || btf === undefined) return undefined;
  const answer = around.sources()?.find({ name, file }, { release: target.kernelRelease, arch: target.arch });
  if (answer === undefined || answer.functions.length === 0) return undefined;
  const isReturn = readSuffixes(suffixes, `${prefix}.function("${text}")`, problems);
  if (isReturn === undefined) return [];
  const ids = new Map(btf.functions().map((one) => [one.name, one.id]));
  const here = answer.functions.flatMap((one) => { const id = ids.get(one.name); return id === undefined ? [] : [{ ...one, id }]; });
  const most = mostFunctions(around);
  if (here.length > most) {
    problems.report(tooManyMatches(text, kind.span, here.length, most));
    return [];
  }
  problems.report(filesOfOtherKernel(text, kind.span, { release: target.kernelRelease, from: answer.release, missing, count: here.length, absent: answer.functions.length - here.length, ambiguous: here.filter(({ isAmbiguous }) => isAmbiguous).map((one) => one.name) }));
  if (here.length === 0) problems.report(noFunctionMatches(text, kind.span, 'the kernel'));
  const wanted: Wanted = { component: kind, prefix, name: text, isReturn };
  return here.map(({ name: symbol, id, file: path }) => new FunctionPoint({ ...wanted, file: path }, symbol, id, { btf, around }));
}

/** Whether it is a return probe; undefined when a suffix is wrong, which is reported. */
export function readSuffixes(suffixes: readonly ProbePointComponent[], before: string, problems: DiagnosticSink): boolean | undefined {
  const [suffix, limit, extra] = suffixes;
  if (suffix === undefined) return false;
  if ((suffix.name !== 'call' && suffix.name !== 'return') || !hasNoArgument(suffix, problems)) {
    if (suffix.argument === undefined || !SUFFIXES.includes(suffix.name)) problems.report(unknownComponent(suffix, before, ['call', 'return']));
    return undefined;
  }
  const isReturn = suffix.name === 'return';
  const unknown = isReturn && limit?.name === 'maxactive' ? extra : limit;
  if (unknown !== undefined) {
    problems.report(unknownComponent(unknown, `${before}.${suffix.name}`, isReturn && unknown === limit ? ['maxactive'] : []));
    return undefined;
  }
  if (limit !== undefined) {
    if (numberArgument(limit, problems) === undefined) return undefined;
    problems.report(withoutEffect(limit, 'return probes have places for many calls at a time here, and calls that find none are told at the end'));
  }
  return isReturn;
}

/**
 * `name@file`, of which BTF knows the name alone; the shipped table may know the file. Undefined, and reported: it is in another one.
 */
function withoutFile(pattern: string, { kind, module }: { readonly kind: ProbePointComponent; readonly module: string | undefined }, around: Surroundings, problems: DiagnosticSink): { readonly name: string; readonly file?: string } | undefined {
  const { name = pattern, file } = parseFunctionPattern(pattern) ?? {};
  if (file === undefined) return { name: pattern };
  const kernel = { release: around.target.kernelRelease, arch: around.target.arch };
  const sources = module === undefined ? around.sources() : undefined;
  const answer = sources?.find({ name, file }, kernel);
  const [found] = answer?.functions ?? [];
  if (answer !== undefined && found !== undefined) {
    if (found.isAmbiguous) problems.report(filesOfOtherKernel(pattern, kind.span, { release: kernel.release, from: answer.release, missing: missingDebug(around), count: 1, absent: 0, ambiguous: [name] }));
    return { name, file: found.file };
  }
  const elsewhere = answer === undefined ? [] : (sources?.find({ name, file: '*' }, kernel)?.functions ?? []);
  if (answer?.release === kernel.release && elsewhere.length > 0) {
    problems.report(functionInOtherFile(pattern, kind.span, elsewhere.map((one) => one.file)));
    return undefined;
  }
  problems.report(fileNotChecked(pattern, kind.span, answer === undefined || elsewhere[0] === undefined ? undefined : { release: answer.release, file: elsewhere[0].file }));
  return { name };
}

function missingDebug({ debug }: Surroundings): string {
  const found = debug.kernel();
  return typeof found === 'string' ? found : found.from;
}

export function typesOf(module: string | undefined, span: Span, { target, lookup, debug }: Surroundings, problems: DiagnosticSink): Btf | undefined {
  const kernel = lookup.btf;
  if (kernel === undefined) {
    problems.report(noKernelTypes('kernel.function', span, target.btfProblem ?? 'the target kernel has none'));
    return undefined;
  }
  if (module === undefined) return kernel;
  const own = target.moduleBtf?.(module);
  if (own === undefined) problems.report(noModuleTypes(module, span, `there is no BTF of it (/sys/kernel/btf/${module})`, debug.module(module)));
  return own;
}

function exact(wanted: Wanted, btf: Btf, around: Surroundings, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const found = btf.function(wanted.name);
  const inModule = wanted.module === undefined || (found !== undefined && found.id >= btf.firstTypeId);
  if (found !== undefined && inModule) return [new FunctionPoint(wanted, found.name, found, { btf, around })];
  const where = wanted.module === undefined ? "the kernel's type information (BTF)" : `the type information of module '${wanted.module}'`;
  // Inlined bodies are places too, where the kernel's debug information is at hand.
  const inlined = wanted.module === undefined && !wanted.isReturn ? expandByDebugInfo({ kind: wanted.component, suffixes: [], prefix: wanted.prefix }, wanted.name, around, new DiagnosticSink()) : [];
  if (inlined.length > 0) return inlined;
  const reason = wanted.module === undefined ? whyNoFunction(wanted.name, around) : { why: 'it may be inlined everywhere, or not exist in this version of the module' };
  problems.report(unknownFunction(wanted.name, wanted.component.span, { where, ...reason, similar: wanted.isOptional === true ? [] : similarNames(wanted.name, btf.functions().map(({ name }) => name), 5) }));
  return [];
}

function matching(wanted: Wanted, btf: Btf, around: Surroundings, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const first = wanted.module === undefined ? 0 : btf.firstTypeId;
  // Static functions of one name are one symbol to the kernel's probes.
  const ids = new Map<string, number>();
  for (const { id, name } of btf.functions(wanted.name)) if (id >= first) ids.set(name, id);
  if (ids.size === 0) problems.report(noFunctionMatches(wanted.name, wanted.component.span, wanted.module === undefined ? 'the kernel' : `module '${wanted.module}'`));
  const most = mostFunctions(around);
  if (ids.size > most) {
    problems.report(tooManyMatches(wanted.name, wanted.component.span, ids.size, most));
    return [];
  }
  const points: ResolvedPoint[] = [];
  const from = { btf, around };
  for (const [name, id] of ids) points.push(new FunctionPoint(wanted, name, id, from));
  return points;
}

/** By id: looking each of many names up would take a millisecond a name. */
function prototypeOf(btf: Btf, id: number): Prototype {
  const type = btf.type(id);
  const prototype = type.kind === 'func' ? btf.type(type.typeId) : undefined;
  return prototype?.kind === 'func_proto' ? prototype : { parameters: [], returnTypeId: 0, variadic: false };
}

type Prototype = Pick<BtfFunction, 'parameters' | 'returnTypeId' | 'variadic'>;

interface Origin { readonly btf: Btf; readonly around: Surroundings }

interface Details { readonly context: TargetContext; readonly slots: number; readonly kprobeOnly: boolean }

/** With variable arguments or a structure as result the kernel takes no tracing program (btf_distill_func_proto). */
function isStructure(returnTypeId: number, btf: Btf): boolean {
  const result = returnTypeId === 0 ? undefined : btf.resolve(returnTypeId).kind;
  return result === 'struct' || result === 'union';
}

/** A function's point. Of many that are only listed, nobody asks for more than the name. */
class FunctionPoint implements ResolvedPoint {
  readonly functionName: string;
  readonly #wanted: Wanted;
  readonly #from: Origin;
  /** The prototype, or the id of the function to find it by. */
  readonly #found: Prototype | number;
  #made: Details | undefined;

  constructor(wanted: Wanted, symbol: string, found: Prototype | number, from: Origin) {
    this.functionName = symbol;
    this.#wanted = wanted;
    this.#from = from;
    this.#found = found;
  }

  get where(): 'kernel' {
    return 'kernel';
  }

  get isReturn(): boolean {
    return this.#wanted.isReturn;
  }

  get name(): string {
    const { prefix, file } = this.#wanted;
    return `${prefix}.function("${this.functionName}${file === undefined ? '' : `@${file}`}")${this.isReturn ? '.return' : ''}`;
  }

  get context(): TargetContext {
    return this.#details().context;
  }

  get attach(): AttachPoint {
    const { module } = this.#wanted;
    return { kind: 'function', symbol: this.functionName, ...(module === undefined ? {} : { module }), return: this.isReturn, arguments: this.#details().slots, ...(this.#details().kprobeOnly ? { kprobeOnly: true } : {}) };
  }

  #details(): Details {
    if (this.#made !== undefined) return this.#made;
    const { isReturn, name } = this;
    const { btf, around } = this.#from;
    const { parameters: list, returnTypeId, variadic } = typeof this.#found === 'number' ? prototypeOf(btf, this.#found) : this.#found;
    const { parameters, slots } = parametersOf(list, btf);
    const context = new TargetContext({
      point: name, lookup: around.lookup, parameters, space: 'kernel', parametersAtEntry: isReturn, texts: {},
      ...(isReturn ? { returnType: { kind: 'btf', btf, id: returnTypeId } } : {}),
      ...(parameters.some((one) => one.name !== '') ? {} : { advice: 'only parameters and the return value have names here: BTF does not describe local variables' }),
    });
    return (this.#made = { context, slots, kprobeOnly: variadic || isStructure(returnTypeId, btf) });
  }
}

/** Parameters with the argument slot that each starts in: structures by value take a slot for each 8 bytes. */
export function parametersOf(list: readonly { readonly name: string; readonly typeId: number }[], btf: Btf): { readonly parameters: readonly ContextParameter[]; readonly slots: number } {
  const parameters: ContextParameter[] = [];
  let slots = 0;
  for (const { name, typeId } of list) {
    const type: CType = { kind: 'btf', btf, id: typeId };
    parameters.push({ name, type, index: slots });
    slots += Math.max(1, Math.ceil((sizeOf(type) ?? SLOT_BYTES) / SLOT_BYTES));
  }
  return { parameters, slots };
}
