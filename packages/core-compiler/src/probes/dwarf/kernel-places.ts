/** `kernel.function("…")` with `.inline`, `.label`, `.callee`, source files and lines, and `kernel.statement(…)`: by the kernel's DWARF. */
import { isGlob, type ElfFile } from '@stapkit/debuginfo';
import { similarNames, type DiagnosticSink } from '../../diagnostics/index.js';
import type { ProbePointComponent } from '../../syntax/index.js';
import { hasNoArgument, type Surroundings } from '../family.js';
import { badPattern, needsDebugFile, noDebugFunction, noStatement, notAtStatement, unknownComponent, unprobeableSymbol, wrongArgument } from '../problems.js';
import { placeOfAddress, pointAtAddress } from '../kernel-symbols.js';
import type { ResolvedPoint } from '../resolve.js';
import { enclosingInstance, innermost, statementsOf, statementStart, type CodePoint } from './code-points.js';
import type { DebugProgram } from './debug-program.js';
import { expandDebugFunctions, type FunctionOwner } from './function-points.js';
import { parseFunctionPattern } from './function-pattern.js';
import { readFunctionSuffix } from './function-suffix.js';
import { kernelPoint } from './kernel-points.js';

export interface KernelPlace {
  readonly kind: ProbePointComponent;
  readonly suffixes: readonly ProbePointComponent[];
  /** `kernel`, `module("ext4")`. */
  readonly prefix: string;
  readonly module?: string;
}

export function expandByDebugInfo(place: KernelPlace, text: string, around: Surroundings, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const { kind, prefix } = place;
  const pattern = parseFunctionPattern(text);
  if (pattern === undefined) {
    problems.report(badPattern(text, kind.span));
    return [];
  }
  // `.maxactive(N)` behind .return says how many calls at a time; the runtime gives more places than that.
  const suffixes = place.suffixes.filter(({ name }) => name !== 'maxactive');
  const suffix = readFunctionSuffix(suffixes, `${prefix}.function("${text}")`, problems);
  const owner = suffix === undefined ? undefined : ownerOf(place, `${prefix}.function("${text}")${suffixes.map(({ name }) => `.${name}`).join('')}`, around, problems);
  if (suffix === undefined || owner === undefined) return [];
  const points = expandDebugFunctions(owner, { pattern, text, suffix, component: kind }, problems);
  if (points === undefined) problems.report(noDebugFunction(text, kind.span, { path: owner.path, similar: isGlob(pattern.name) ? [] : similarNames(pattern.name, owner.debug.functionNames(), 5), files: undefined }));
  return points ?? [];
}

export function expandKernelStatement(place: KernelPlace, around: Surroundings, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const { kind, suffixes, prefix } = place;
  const { argument, span } = kind;
  const [suffix, extra] = suffixes;
  const allowed = argument?.kind === 'number' ? ['absolute', 'nearest'] : ['nearest'];
  if (suffix !== undefined && (!allowed.includes(suffix.name) || extra !== undefined || !hasNoArgument(suffix, problems))) {
    problems.report(unknownComponent(extra ?? suffix, `${prefix}.statement`, extra === undefined ? allowed : []));
    return [];
  }
  if (argument === undefined) {
    problems.report(wrongArgument(kind, 'a text "NAME@FILE:LINE" or an address'));
    return [];
  }
  const pattern = argument.kind === 'text' ? parseFunctionPattern(argument.value) : undefined;
  if (argument.kind === 'text' && pattern === undefined) {
    problems.report(badPattern(argument.value, span));
    return [];
  }
  const text = argument.kind === 'text' ? argument.value : `0x${BigInt.asUintN(64, argument.value).toString(16)}`;
  // Without debug information, and where the address is said to be one of the kernel that runs.
  const isOfRunning = suffix?.name === 'absolute' && around.target.kernelSymbols?.() !== undefined;
  if (argument.kind === 'number' && suffix?.name !== 'nearest' && (isOfRunning || typeof debugOf(place, around) === 'string')) return withoutDebugInfo(place, BigInt.asUintN(64, argument.value), around, problems);
  const owner = ownerOf(place, `${prefix}.statement("${text}")`, around, problems);
  if (owner === undefined) return [];
  if (argument.kind === 'number') return atAddress(owner, BigInt.asUintN(64, argument.value), place, problems);
  const { points, before, after } = statementsOf(owner.debug, pattern ?? { name: text }, suffix !== undefined);
  if (points.length === 0) problems.report(noStatement(text, span, { path: owner.path, before, after }));
  return points.flatMap((point) => owner.point(point, { kind: 'statement', suffix: suffix === undefined ? '' : '.nearest', span }) ?? []);
}

/** By the addresses of the running kernel. */
function withoutDebugInfo({ kind, prefix, module, suffixes }: KernelPlace, address: bigint, around: Surroundings, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const text = `0x${address.toString(16)}`;
  const found = placeOfAddress(address, around);
  const why = typeof found === 'string' ? found : found.module === module ? undefined : `the code there is of ${found.module === undefined ? 'the kernel itself' : `module '${found.module}'`}`;
  if (typeof found !== 'string' && why === undefined) return [pointAtAddress(`${prefix}.statement(${text})${suffixes.map(({ name }) => `.${name}`).join('')}`, found, around)];
  problems.report(unprobeableSymbol(text, kind.span, why ?? ''));
  return [];
}

function atAddress(owner: FunctionOwner, wanted: bigint, { kind, suffixes: [suffix] }: KernelPlace, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const start = suffix?.name === 'absolute' ? undefined : statementStart(owner.debug, wanted);
  if (start !== undefined && start !== wanted && suffix?.name !== 'nearest') {
    problems.report(notAtStatement(wanted, start, kind.span));
    return [];
  }
  const pc = start ?? wanted;
  const body = owner.debug.dwarf.functionAt(pc);
  if (body === undefined) {
    problems.report(unprobeableSymbol(`0x${pc.toString(16)}`, kind.span, `${owner.path} has no function at this address (addresses are those of vmlinux, as nm and objdump print them)`));
    return [];
  }
  const instance = enclosingInstance(innermost(body.scope, pc));
  const { name, qualifiedName } = instance ?? body;
  const point: CodePoint = { pc, body, name, qualifiedName, place: undefined, isEntry: pc === body.entryPc, ...(instance === undefined ? {} : { instance }) };
  const resolved = owner.point(point, { kind: 'statement', suffix: '', span: kind.span });
  return resolved === undefined ? [] : [resolved];
}

/** The section of code that does not stay in memory. */
function discardedSection(elf: ElfFile, pc: bigint): string | undefined {
  const section = elf.type === 'rel' ? elf.layout.placeOf(pc)?.section : elf.sections.find(({ name, address, size }) => name !== '' && address !== 0n && pc >= address && pc < address + BigInt(size));
  return section !== undefined && /^\.(?:init|exit)\.text/.test(section.name) ? section.name : undefined;
}

/** Or why there is none. */
const debugOf = ({ module }: { readonly module?: string | undefined }, { debug }: Surroundings): DebugProgram | string => (module === undefined ? debug.kernel() : debug.module(module));

/** Undefined, and reported, where there is no debug information. */
function ownerOf({ kind, prefix, module }: KernelPlace, text: string, around: Surroundings, problems: DiagnosticSink): FunctionOwner | undefined {
  const debug = debugOf({ module }, around);
  if (typeof debug === 'string') {
    problems.report(needsDebugFile(text, kind.span, debug, module === undefined ? 'kernel' : 'module'));
    return undefined;
  }
  const part = { label: prefix, debug, ...(module === undefined ? {} : { module }) };
  const isWildcard = kind.argument?.kind === 'text' && isGlob(kind.argument.value.split('@', 1)[0] ?? '');
  return {
    path: module === undefined ? 'the kernel' : `module '${module}'`, debug,
    point(point, form) {
      const section = discardedSection(debug.elf, point.body.entryPc ?? point.pc) ?? discardedSection(debug.elf, point.pc);
      if (section === undefined) return kernelPoint(part, point, form, around);
      // As in stap, a wildcard means what can be probed.
      if (!isWildcard) problems.report(unprobeableSymbol(point.name, kind.span, `its code is in ${section}, which is thrown away when the kernel, or the module, has started`));
      return undefined;
    },
  };
}
