/**
 * All rows of a file's call frame tables in the form that a BPF program can search and follow: where the CFA is, where the
 * caller's frame pointer and the return address are saved. 22 bytes a row; node's own 90 MB binary has 700,000.
 */
import { DebugInfoError } from '../errors.js';
import { addressOf } from './addresses.js';
import type { Fde, FrameSection } from './entries.js';
import { runInstructions } from './instructions.js';
import type { FrameMachine, RuleKind } from './instructions.js';

/** In cfaRegisters: no rule. Between functions, and where the tables end. */
export const CFA_NONE = 255;
/** In cfaRegisters: the CFA is an expression; cfaOffsets has its index in `expressions`. PLTs have one. */
export const CFA_EXPRESSION = 254;

/** How a register is saved; the numbers in the compact tables. */
export const SavedAs = {
  /** Not saved: it still has the caller's value. */
  same: 0,
  /** In memory at CFA + offset. */
  offset: 1,
  /** Not recoverable; for the return address: this is the outermost frame. */
  undefined: 2,
  /** In memory at what an expression gives (run with the CFA on the stack); the offset is its index in `expressions`. */
  expression: 3,
  /** In another register, whose DWARF number is the offset. */
  register: 4,
  /** CFA + offset itself. */
  valueOffset: 5,
  /** What an expression gives. */
  valueExpression: 6,
} as const;
export type SavedAs = (typeof SavedAs)[keyof typeof SavedAs];
const SAVED_AS: Readonly<Record<RuleKind, SavedAs>> = {
  'same-value': SavedAs.same, offset: SavedAs.offset, undefined: SavedAs.undefined, expression: SavedAs.expression,
  register: SavedAs.register, 'value-offset': SavedAs.valueOffset, 'value-expression': SavedAs.valueExpression,
};

/** Row i holds from base + starts[i] up to the next row. */
export interface UnwindTable {
  readonly base: bigint;
  readonly count: number;
  /** Bytes from `base`, rising. */
  readonly starts: Uint32Array;
  /** DWARF number of the register that the CFA is relative to, CFA_NONE or CFA_EXPRESSION. */
  readonly cfaRegisters: Uint8Array;
  readonly cfaOffsets: Int32Array;
  readonly framePointerRules: Uint8Array;
  readonly framePointerOffsets: Int32Array;
  readonly returnAddressRules: Uint8Array;
  readonly returnAddressOffsets: Int32Array;
  /** Bit 0: a signal frame. Bit 1: the return address is signed (AArch64). */
  readonly flags: Uint8Array;
  /** DWARF expressions that rows refer to, each once. */
  readonly expressions: readonly Uint8Array[];
}

export const UNWIND_SIGNAL_FRAME = 1;
export const UNWIND_SIGNED_RETURN = 2;
const REMEMBERED_MAX = 64;
const MAX_DELTA = 0xffff_ffff;

/** What a row says, and what instructions change. */
interface Row {
  cfaRegister: number;
  cfaOffset: number;
  fpRule: number;
  fpOffset: number;
  raRule: number;
  raOffset: number;
  flags: number;
}
const emptyRow = (): Row => ({ cfaRegister: CFA_NONE, cfaOffset: 0, fpRule: SavedAs.same, fpOffset: 0, raRule: SavedAs.same, raOffset: 0, flags: 0 });

const isWord = (offset: number): boolean => (offset | 0) === offset;

class Columns {
  count = 0;
  starts = new Uint32Array(256);
  /** CFA register, rules of frame pointer and return address, flags. */
  readonly bytes = [0, 1, 2, 3].map(() => new Uint8Array(256));
  /** Offsets of CFA, frame pointer, return address. */
  readonly words = [0, 1, 2].map(() => new Int32Array(256));
  readonly base: number;

  constructor(base: number) {
    this.base = base;
  }

  /** Sets the row from `start` on. One that repeats what holds already is not needed; one at the same place replaces. */
  put(start: number, row: Row): void {
    const delta = start - this.base;
    if (delta > MAX_DELTA || delta < 0) throw new DebugInfoError('call frames', 0, 'code of 4 GiB and more');
    if (!isWord(row.cfaOffset) || !isWord(row.fpOffset) || !isWord(row.raOffset)) throw new DebugInfoError('call frames', 0, 'an offset of 2 GiB and more');
    if (this.count > 0 && this.starts[this.count - 1] === delta) this.count--;
    const values = [row.cfaRegister, row.fpRule, row.raRule, row.flags] as const;
    const offsets = [row.cfaOffset, row.fpOffset, row.raOffset] as const;
    const last = this.count - 1;
    if (last >= 0 && values.every((value, column) => this.bytes[column]?.[last] === value) && offsets.every((value, column) => this.words[column]?.[last] === value)) return;
    if (this.count === this.starts.length) this.#grow();
    const at = this.count++;
    this.starts[at] = delta;
    for (let column = 0; column < 4; column++) (this.bytes[column] as Uint8Array)[at] = values[column] as number;
    for (let column = 0; column < 3; column++) (this.words[column] as Int32Array)[at] = offsets[column] as number;
  }

  #grow(): void {
    const capacity = this.starts.length * 2;
    const { starts } = this;
    this.starts = new Uint32Array(capacity);
    this.starts.set(starts);
    this.bytes.forEach((old, column) => {
      const larger = new Uint8Array(capacity);
      larger.set(old);
      this.bytes[column] = larger;
    });
    this.words.forEach((old, column) => {
      const larger = new Int32Array(capacity);
      larger.set(old);
      this.words[column] = larger;
    });
  }

  byteColumn(column: number): Uint8Array {
    return (this.bytes[column] as Uint8Array).slice(0, this.count);
  }

  wordColumn(column: number): Int32Array {
    return (this.words[column] as Int32Array).slice(0, this.count);
  }
}

class CompactMachine implements FrameMachine {
  readonly columns: Columns;
  readonly expressions: Uint8Array[] = [];
  readonly #indexes = new Map<string, number>();
  /** Rows that CIEs start their functions with. */
  readonly #initials = new Map<number, Row>();
  readonly #bytes: Uint8Array;
  readonly #framePointer: number;
  #returnAddress = 0;
  #row = emptyRow();
  #initial = emptyRow();
  #low = 0;
  #high = 0;
  /** Rows before this address belong to an earlier FDE. */
  #from = 0;
  #remembered: Row[] = [];

  constructor(bytes: Uint8Array, framePointer: number, base: number) {
    this.#bytes = bytes;
    this.#framePointer = framePointer;
    this.columns = new Columns(base);
  }

  run(section: FrameSection, fde: Fde, from: number): void {
    const { cie } = fde;
    this.#returnAddress = cie.returnAddressRegister;
    this.#from = from;
    this.#initial = this.#initials.get(cie.offset) ?? this.#runCie(section, fde);
    this.#row = { ...this.#initial };
    this.#remembered = [];
    this.#low = fde.low;
    this.#high = fde.high;
    runInstructions(section, cie, fde.instructions, fde.end, fde.low, this);
    this.#put(fde.high);
  }

  #runCie(section: FrameSection, { cie, low }: Fde): Row {
    this.#row = emptyRow();
    this.#row.flags = cie.isSignalFrame ? UNWIND_SIGNAL_FRAME : 0;
    this.#remembered = [];
    this.#low = low;
    this.#high = low;
    runInstructions(section, cie, cie.instructions, cie.end, low, this);
    this.#initials.set(cie.offset, this.#row);
    return this.#row;
  }

  advance(location: number): boolean {
    this.#put(location);
    if (location > this.#low) this.#low = location;
    return location < this.#high;
  }

  defineCfa(register: number, offset: number): void {
    this.#row.cfaRegister = register >= CFA_EXPRESSION ? CFA_NONE : register;
    this.#row.cfaOffset = offset;
  }

  defineCfaRegister(register: number): void {
    const row = this.#row;
    if (row.cfaRegister >= CFA_EXPRESSION) row.cfaOffset = 0;
    row.cfaRegister = register >= CFA_EXPRESSION ? CFA_NONE : register;
  }

  defineCfaOffset(offset: number): void {
    if (this.#row.cfaRegister < CFA_EXPRESSION) this.#row.cfaOffset = offset;
  }

  defineCfaExpression(start: number, end: number): void {
    this.#row.cfaRegister = CFA_EXPRESSION;
    this.#row.cfaOffset = this.#expression(start, end);
  }

  setRule(register: number, kind: RuleKind, value: number, end: number): void {
    if (register !== this.#framePointer && register !== this.#returnAddress) return;
    const offset = kind === 'expression' || kind === 'value-expression' ? this.#expression(value, end) : value;
    const row = this.#row;
    if (register === this.#framePointer) {
      row.fpRule = SAVED_AS[kind];
      row.fpOffset = offset;
    } else {
      row.raRule = SAVED_AS[kind];
      row.raOffset = offset;
    }
  }

  restoreRule(register: number): void {
    const row = this.#row;
    if (register === this.#framePointer) {
      row.fpRule = this.#initial.fpRule;
      row.fpOffset = this.#initial.fpOffset;
    } else if (register === this.#returnAddress) {
      row.raRule = this.#initial.raRule;
      row.raOffset = this.#initial.raOffset;
    }
  }

  remember(): boolean {
    return this.#remembered.length < REMEMBERED_MAX && this.#remembered.push({ ...this.#row }) > 0;
  }

  restore(): boolean {
    const row = this.#remembered.pop();
    if (row === undefined) return false;
    this.#row = row;
    return true;
  }

  negateReturnAddressState(): void {
    this.#row.flags ^= UNWIND_SIGNED_RETURN;
  }

  /** What was said so far holds from the last location up to `location`. */
  #put(location: number): void {
    if (location <= this.#low || location <= this.#from || this.#low >= this.#high) return;
    this.columns.put(Math.max(this.#low, this.#from), this.#row);
  }

  #expression(start: number, end: number): number {
    const bytes = this.#bytes.subarray(start, end);
    const key = Buffer.from(bytes).toString('latin1');
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = this.expressions.push(bytes) - 1;
      this.#indexes.set(key, index);
    }
    return index;
  }
}

/** @param fdes by rising address. Where two overlap, the first one's rows hold. */
export function buildUnwindTable(section: FrameSection, fdes: readonly Fde[], framePointer: number): UnwindTable {
  const base = fdes[0]?.low ?? 0;
  const machine = new CompactMachine(section.bytes, framePointer, base);
  const { columns } = machine;
  let end = base;
  for (const fde of fdes) {
    // Nothing is known of the bytes between functions.
    if (fde.low > end) columns.put(end, emptyRow());
    if (fde.high > end) machine.run(section, fde, end);
    end = Math.max(end, fde.high);
  }
  if (fdes.length > 0) columns.put(end, emptyRow());
  return {
    base: addressOf(base), count: columns.count, starts: columns.starts.slice(0, columns.count), expressions: machine.expressions,
    cfaRegisters: columns.byteColumn(0), cfaOffsets: columns.wordColumn(0), framePointerRules: columns.byteColumn(1), framePointerOffsets: columns.wordColumn(1),
    returnAddressRules: columns.byteColumn(2), returnAddressOffsets: columns.wordColumn(2), flags: columns.byteColumn(3),
  };
}

/** The row that holds at an address; undefined: none does. */
export function unwindRowAt(table: UnwindTable, pc: bigint): number | undefined {
  const delta = pc - table.base;
  if (delta < 0n || delta > BigInt(MAX_DELTA)) return undefined;
  const wanted = Number(delta);
  let low = 0;
  let high = table.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((table.starts[middle] as number) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low === 0 || table.cfaRegisters[low - 1] === CFA_NONE ? undefined : low - 1;
}
