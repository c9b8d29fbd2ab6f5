/** The unwind rows of a file: its call frame tables as rules that a walk over a stack needs nothing else for. */
import { CallFrames } from '../cfi/call-frames.js';
import { addressNumber } from '../cfi/addresses.js';
import { CFA_EXPRESSION, CFA_NONE, SavedAs, UNWIND_SIGNAL_FRAME } from '../cfi/unwind-table.js';
import type { UnwindTable } from '../cfi/unwind-table.js';
import { frameRegisters } from '../dwarf/registers.js';
import { DebugInfoError } from '../errors.js';
import type { ElfFile } from '../elf/elf-file.js';
import { PT_LOAD, PF_X } from '../elf/header.js';
import { stackExpression } from './expressions.js';
import { FRAME, packRule, SAVED_FP } from './rules.js';

/** A part of the file that is mapped as code. */
export interface CodeSegment {
  /** In the file. */
  readonly offset: number;
  readonly bytes: number;
  /** As the file's own addresses count. */
  readonly address: number;
}

/** Row i holds from base + words[2 i] up to the next row; its rule is words[2 i + 1]. Equal neighbours are one row. */
export interface UnwindRows {
  /** Address of the file that rows count from. */
  readonly base: number;
  readonly count: number;
  readonly words: Uint32Array;
  readonly segments: readonly CodeSegment[];
}

const STACK_POINTER = 7;
const FRAME_POINTER = 6;
/** Functions start at multiples of 16: up to so many bytes between two are padding, which nobody asks for. */
const PADDING = 15;

/**
 * Rows of .eh_frame, and of .debug_frame for code that .eh_frame does not know. No tables: no rows. x86-64 only: undefined for
 * other machines. Throws DebugInfoError for damaged tables.
 */
export function readUnwindRows(elf: ElfFile): UnwindRows | undefined {
  if (elf.machine !== 'x86_64') return undefined;
  const framePointer = frameRegisters(elf.machine)?.framePointer ?? FRAME_POINTER;
  const tables = (['.eh_frame', '.debug_frame'] as const).flatMap((name) => CallFrames.ofElf(elf, name)?.unwindTable(framePointer) ?? []).filter(({ count }) => count > 0);
  const segments = elf.segments.filter(({ type, flags }) => type === PT_LOAD && (flags & PF_X) !== 0)
    .map(({ offset, fileSize, address }) => ({ offset, bytes: fileSize, address: addressNumber(address) }));
  const [first, second] = tables;
  if (first === undefined) return { base: 0, count: 0, words: new Uint32Array(), segments };
  return { ...(second === undefined ? packTable(first) : overlay(packTable(first), packTable(second))), segments };
}

type Packed = Omit<UnwindRows, 'segments'>;

class RowWriter {
  readonly #base: number;
  #words: Uint32Array;
  #count = 0;

  constructor(base: number, capacity: number) {
    this.#base = base;
    this.#words = new Uint32Array(2 * capacity);
  }

  /** In rising order. A row that begins where the last one did takes its place. */
  put(start: number, rule: number): void {
    const words = this.#words;
    if (this.#count > 0 && words[2 * this.#count - 2] === start) this.#count--;
    if (this.#count > 0 && words[2 * this.#count - 1] === rule) return;
    words[2 * this.#count] = start;
    words[2 * this.#count + 1] = rule;
    this.#count++;
  }

  finish(): Packed {
    return { base: this.#base, count: this.#count, words: this.#words.slice(0, 2 * this.#count) };
  }
}

function packTable(table: UnwindTable): Packed {
  const { starts, count } = table;
  const writer = new RowWriter(addressNumber(table.base), count);
  for (let index = 0; index < count; index++) {
    const start = starts[index] ?? 0;
    const isGap = table.cfaRegisters[index] === CFA_NONE;
    if (isGap && index + 1 < count && (starts[index + 1] ?? 0) - start <= PADDING) continue;
    writer.put(start, ruleOf(table, index));
  }
  return writer.finish();
}

function ruleOf(table: UnwindTable, index: number): number {
  const { returnAddressRules, returnAddressOffsets, framePointerRules, framePointerOffsets, cfaRegisters, cfaOffsets, expressions } = table;
  const register = cfaRegisters[index] ?? CFA_NONE;
  if (register === CFA_NONE) return FRAME.none;
  const returnRule = returnAddressRules[index];
  if (returnRule === SavedAs.undefined) return FRAME.outermost;
  const offset = cfaOffsets[index] ?? 0;
  const fpRule = framePointerRules[index] ?? SavedAs.same;
  const fpOffset = framePointerOffsets[index] ?? 0;
  const place = register === CFA_EXPRESSION ? stackExpression(expressions[offset]) : undefined;
  if (((table.flags[index] ?? 0) & UNWIND_SIGNAL_FRAME) !== 0) return signalRule(table, index);
  if (returnRule !== SavedAs.offset || returnAddressOffsets[index] !== -8) return FRAME.unsupported;
  const saved = savedFramePointer(fpRule, fpOffset, expressions);
  if (saved === undefined) return FRAME.unsupported;
  if (place === undefined) {
    if (register === STACK_POINTER) return packRule({ kind: FRAME.stackPointer, offset, ...saved });
    return register === FRAME_POINTER ? packRule({ kind: FRAME.framePointer, offset, ...saved }) : FRAME.unsupported;
  }
  if (place.kind === 'plt') return packRule({ kind: FRAME.plt, offset: place.pushEnds, ...saved });
  if (place.kind !== 'word') return FRAME.unsupported;
  if (place.register === STACK_POINTER && place.added === 8) return packRule({ kind: FRAME.savedStackPointer, offset: place.offset, ...saved });
  return place.register === FRAME_POINTER && place.added === 0 ? packRule({ kind: FRAME.savedAtFrame, offset: place.offset, ...saved }) : FRAME.unsupported;
}

function savedFramePointer(rule: number, offset: number, expressions: readonly Uint8Array[]): { saved: 0 | 1 | 2; savedOffset: number } | undefined {
  if (rule === SavedAs.same || rule === SavedAs.undefined) return { saved: SAVED_FP.same, savedOffset: 0 };
  if (rule === SavedAs.offset) return { saved: SAVED_FP.atCfa, savedOffset: offset };
  if (rule !== SavedAs.expression) return undefined;
  const place = stackExpression(expressions[offset]);
  return place.kind === 'sum' && place.register === FRAME_POINTER ? { saved: SAVED_FP.atFrame, savedOffset: place.offset } : undefined;
}

/** rsp, rip and rbp in a struct ucontext at rsp, as the kernel lays it out (arch/x86/include/uapi/asm/sigcontext.h). */
function signalRule(table: UnwindTable, index: number): number {
  const at = (rule: number | undefined, offset: number | undefined): ReturnType<typeof stackExpression> => (rule === SavedAs.expression ? stackExpression(table.expressions[offset ?? -1]) : { kind: 'other' });
  const sp = table.cfaRegisters[index] === CFA_EXPRESSION ? stackExpression(table.expressions[table.cfaOffsets[index] ?? -1]) : undefined;
  const pc = at(table.returnAddressRules[index], table.returnAddressOffsets[index]);
  const fp = at(table.framePointerRules[index], table.framePointerOffsets[index]);
  if (sp?.kind !== 'word' || sp.added !== 0 || sp.register !== STACK_POINTER || pc.kind !== 'sum' || fp.kind !== 'sum') return FRAME.unsupported;
  const fits = pc.register === STACK_POINTER && fp.register === STACK_POINTER && pc.offset === sp.offset + 8 && fp.offset === sp.offset - 40;
  return fits ? packRule({ kind: FRAME.signal, offset: sp.offset, saved: SAVED_FP.same, savedOffset: 0 }) : FRAME.unsupported;
}

/** What `main` knows, and `other` where it knows nothing. */
function overlay(main: Packed, other: Packed): Packed {
  const base = Math.min(main.base, other.base);
  const starts = new Set<number>();
  for (const { base: own, count, words } of [main, other]) for (let index = 0; index < count; index++) starts.add(own - base + (words[2 * index] ?? 0));
  const writer = new RowWriter(base, starts.size);
  for (const start of [...starts].sort((a, b) => a - b)) {
    if (start > 0xffff_ffff) throw new DebugInfoError('call frames', 0, 'code of 4 GiB and more');
    const rule = ruleIn(main, base + start);
    writer.put(start, rule === FRAME.none ? ruleIn(other, base + start) : rule);
  }
  return writer.finish();
}

function ruleIn({ base, count, words }: Packed, address: number): number {
  const index = rowIndex(words, 0, count, address - base);
  return index < 0 ? FRAME.none : (words[2 * index + 1] ?? FRAME.none);
}

/** The last row of [first, end) that starts at `delta` or before; -1: none does. */
export function rowIndex(words: Uint32Array, first: number, end: number, delta: number): number {
  let low = first;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((words[2 * middle] ?? 0) <= delta) low = middle + 1;
    else high = middle;
  }
  return low === first ? -1 : low - 1;
}

/** The rule at an address of the file. */
export function ruleAt(rows: UnwindRows, address: number): number {
  return ruleIn(rows, address);
}
