/** Points of the kernel and its modules that only debug information knows: inlined bodies, labels, callees, statements. Kprobes at an offset. */
import { lastBefore, type ElfFile } from '@stapkit/debuginfo';
import type { AttachPoint } from '@stapkit/object';
import type { Surroundings } from '../family.js';
import type { ResolvedPoint } from '../resolve.js';
import { TargetContext, type DebugScope } from '../target-context.js';
import { callerGuard } from './caller-guard.js';
import type { CodePoint } from './code-points.js';
import type { DebugProgram } from './debug-program.js';
import { debugScope } from './debug-scope.js';
import { moduleTypes } from './module-types.js';
import { frameRule, type ProbedPlace } from './probed-code.js';
import type { PointForm } from './user-points.js';

/** x86: a kprobe's saved instruction pointer is behind its int3 (arch/x86/kernel/kprobes/core.c). arm64: at the instruction. */
const INSTRUCTION_POINTER_BIAS = { x86_64: 1, aarch64: 0 } as const;

export interface KernelPart {
  /** `kernel`, `module("ext4")`. */
  readonly label: string;
  readonly module?: string;
  readonly debug: DebugProgram;
}

/** Undefined when no symbol of the kernel covers the code. */
export function kernelPoint(part: KernelPart, point: CodePoint, form: PointForm, around: Surroundings): ResolvedPoint | undefined {
  const { debug, label } = part;
  const { body, instance, pc } = point;
  // Nearly every function calls some: __stack_chk_fail().
  if (form.calledFrom !== undefined && symbolsOf(debug.elf).forbids(pc)) return undefined;
  const { arch } = around.target;
  const isReturn = form.isReturn === true;
  const rule = frameRule({ program: debug, arch, body: point.body }, pc);
  const isFirst = pc === body.entryPc;
  const attach = attachPoint(part, point, isReturn, isFirst ? undefined : rule);
  if (attach === undefined) return undefined;
  const where = point.place === undefined || point.place.file === '' ? '' : `@${point.place.file}:${point.place.line}`;
  const name = `${label}.${form.kind}("${point.name}${where}")${form.suffix}`;
  const place: ProbedPlace = {
    program: debug, arch, space: 'kernel', pc, body, instructionPointerBias: INSTRUCTION_POINTER_BIAS[arch],
    ...(body.entryPc !== undefined && (isFirst || rule !== undefined) ? { entryPc: body.entryPc } : {}),
  };
  let scope: DebugScope | undefined;
  return {
    name, where: 'kernel', isReturn, functionName: point.name, attach,
    context: new TargetContext({
      point: name, lookup: around.lookup, parameters: [], space: 'kernel', parametersAtEntry: false, modules: moduleTypes(debug, around),
      get debug() {
        scope ??= debugScope({ place, scope: instance ?? body.scope, ...(isReturn ? { returns: { resultTypeId: body.returnTypeId } } : {}) });
        return scope;
      },
    }),
    ...(form.calledFrom === undefined ? {} : { guard: callerGuard(place, form.calledFrom, isReturn, form.span) }),
  };
}

function attachPoint({ debug, module }: KernelPart, { pc, body }: CodePoint, isReturn: boolean, rule: ReturnType<typeof frameRule>): Extract<AttachPoint, { kind: 'function' }> | undefined {
  const symbols = symbolsOf(debug.elf);
  const at = symbols.covering(isReturn && body.entryPc !== undefined ? body.entryPc : pc);
  const entry = body.entryPc === undefined ? undefined : symbols.covering(body.entryPc);
  if (at === undefined) return undefined;
  const frame = rule === undefined ? {} : { frame: rule };
  // Offsets of entry and probe are from one symbol: both are given by the loader with the same name.
  const entryOffset = entry !== undefined && body.entryPc !== undefined ? Number(body.entryPc - (pc - BigInt(at.offset))) : undefined;
  return {
    kind: 'function', symbol: at.name, ...(module === undefined ? {} : { module }), return: isReturn, arguments: 0,
    ...(isReturn ? (at.offset === 0 ? {} : { offset: at.offset }) : { offset: at.offset, ...frame, ...(entryOffset === undefined || entryOffset < 0 ? {} : { entry: { offset: entryOffset } }) }),
  };
}

/** Code that the kernel never lets be probed, by the symbols at its ends (include/asm-generic/vmlinux.lds.h since 5.8). */
const FORBIDDEN = ['noinstr', 'entry'].map((section) => [`__${section}_text_start`, `__${section}_text_end`] as const);

function forbiddenRanges(elf: ElfFile): readonly { readonly low: bigint; readonly high: bigint }[] {
  return FORBIDDEN.flatMap(([start, end]) => {
    const [low, high] = [elf.symbols(start)[0]?.address, elf.symbols(end)[0]?.address];
    return low === undefined || high === undefined ? [] : [{ low, high }];
  });
}

interface Symbols {
  covering(pc: bigint): { readonly name: string; readonly offset: number } | undefined;
  forbids(pc: bigint): boolean;
}

/** Start of the kernel's code: static functions of one name are told apart by their distance from it; in modules from one before them. */
const TEXT = '_text';
const known = new WeakMap<ElfFile, Symbols>();

function symbolsOf(elf: ElfFile): Symbols {
  const made = known.get(elf) ?? indexSymbols(elf);
  known.set(elf, made);
  return made;
}

function indexSymbols(elf: ElfFile): Symbols {
  // In modules, which are relocatable, sections have places of the file's layout.
  const placed = elf.functions().map(({ name, address, sectionIndex }) => ({ name, address: elf.type === 'rel' ? elf.layout.addressOf(sectionIndex, address) : address, sectionIndex }));
  const functions = placed.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  const addresses = functions.map(({ address }) => address);
  const uses = new Map<string, number>();
  for (const { name } of functions) uses.set(name, (uses.get(name) ?? 0) + 1);
  const text = elf.symbols(TEXT)[0]?.address;
  let forbidden: ReturnType<typeof forbiddenRanges> | undefined;
  return {
    forbids: (pc) => (forbidden ??= forbiddenRanges(elf)).some(({ low, high }) => pc >= low && pc < high),
    covering(pc) {
      const last = lastBefore(addresses.length, (index) => (addresses[index] ?? 0n) <= pc);
      const found = functions[last];
      if (found === undefined || (elf.type === 'rel' && elf.layout.placeOf(pc)?.section.index !== found.sectionIndex)) return undefined;
      const anchor = text !== undefined || uses.get(found.name) === 1 ? undefined : functions.slice(0, last).findLast((one) => one.sectionIndex === found.sectionIndex && uses.get(one.name) === 1);
      if (anchor !== undefined) return { name: anchor.name, offset: Number(pc - anchor.address) };
      if ((uses.get(found.name) ?? 0) > 1 && text !== undefined && pc >= text) return { name: TEXT, offset: Number(pc - text) };
      return { name: found.name, offset: Number(pc - found.address) };
    },
  };
}
