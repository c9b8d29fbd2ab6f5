/** Runs line number programs (DWARF 5 section 6.2.5) into rows that take 18 bytes each: a kernel has twenty million. */
import { ByteReader } from '../reader.js';
import { byteAt, wordAt } from '../table-access.js';
import type { LineHeader } from './line-header.js';

const DW_LNS_COPY = 1;
const DW_LNS_ADVANCE_PC = 2;
const DW_LNS_ADVANCE_LINE = 3;
const DW_LNS_SET_FILE = 4;
const DW_LNS_SET_COLUMN = 5;
const DW_LNS_NEGATE_STMT = 6;
const DW_LNS_SET_BASIC_BLOCK = 7;
const DW_LNS_CONST_ADD_PC = 8;
const DW_LNS_FIXED_ADVANCE_PC = 9;
const DW_LNS_SET_PROLOGUE_END = 10;
const DW_LNS_SET_EPILOGUE_BEGIN = 11;
const DW_LNS_SET_ISA = 12;
const DW_LNE_END_SEQUENCE = 1;
const DW_LNE_SET_ADDRESS = 2;
const DW_LNE_SET_DISCRIMINATOR = 4;

const IS_STATEMENT = 1;
const BASIC_BLOCK = 2;
const END_SEQUENCE = 4;
const PROLOGUE_END = 8;
const EPILOGUE_BEGIN = 16;
const MAX_DELTA = 0xffff_ffff;

export interface LineRow {
  readonly address: bigint;
  /** Operation in a VLIW instruction; 0 elsewhere. */
  readonly opIndex: number;
  /** Number in the file table. */
  readonly file: number;
  /** From 1; 0: the compiler could not say. */
  readonly line: number;
  /** From 1; 0: the line's left edge. */
  readonly column: number;
  /** A recommended place for a breakpoint. */
  readonly isStatement: boolean;
  readonly isBasicBlock: boolean;
  /** The first address behind a sequence: no code of this line. */
  readonly isEndOfSequence: boolean;
  /** Where a breakpoint at the function's entry belongs. */
  readonly isPrologueEnd: boolean;
  readonly isEpilogueBegin: boolean;
  readonly discriminator: number;
}

/** Rows [first, end) in rising order of addresses; the last one is the end of the sequence unless the program starts anew elsewhere. */
export interface LineSequence {
  readonly low: bigint;
  /** The first address behind. */
  readonly high: bigint;
  readonly first: number;
  readonly end: number;
}

export class LineRows {
  /** In the program's order. */
  readonly sequences: LineSequence[] = [];
  count = 0;
  #deltas = new Uint32Array(64);
  #files = new Uint32Array(64);
  #lines = new Uint32Array(64);
  #columns = new Uint16Array(64);
  #opIndexes = new Uint8Array(64);
  #discriminators = new Uint32Array(64);
  #flags = new Uint8Array(64);
  #base = 0n;
  #first = 0;

  line(index: number): number {
    return wordAt(this.#lines, index);
  }

  file(index: number): number {
    return wordAt(this.#files, index);
  }

  /** Bytes from the sequence's low address. */
  delta(index: number): number {
    return wordAt(this.#deltas, index);
  }

  isStatement(index: number): boolean {
    return (byteAt(this.#flags, index) & IS_STATEMENT) !== 0;
  }

  isEnd(index: number): boolean {
    return (byteAt(this.#flags, index) & END_SEQUENCE) !== 0;
  }

  isPrologueEnd(index: number): boolean {
    return (byteAt(this.#flags, index) & PROLOGUE_END) !== 0;
  }

  row(index: number, sequence: LineSequence): LineRow {
    const flags = byteAt(this.#flags, index);
    return {
      address: BigInt.asUintN(64, sequence.low + BigInt(this.delta(index))), opIndex: byteAt(this.#opIndexes, index),
      file: this.file(index), line: this.line(index), column: this.#columns[index] as number,
      isStatement: (flags & IS_STATEMENT) !== 0, isBasicBlock: (flags & BASIC_BLOCK) !== 0, isEndOfSequence: (flags & END_SEQUENCE) !== 0,
      isPrologueEnd: (flags & PROLOGUE_END) !== 0, isEpilogueBegin: (flags & EPILOGUE_BEGIN) !== 0,
      discriminator: wordAt(this.#discriminators, index),
    };
  }

  add(state: LineState, flags: number): void {
    const at = this.count++;
    if (at === this.#deltas.length) this.#grow();
    if (at === this.#first) {
      this.#base = state.base;
      state.start = state.delta;
    }
    this.#deltas[at] = state.delta - state.start;
    this.#files[at] = state.file;
    this.#lines[at] = state.line;
    this.#columns[at] = Math.min(state.column, 0xffff);
    this.#opIndexes[at] = state.opIndex;
    this.#discriminators[at] = state.discriminator;
    this.#flags[at] = flags;
  }

  /** Ends a sequence; rows without end_sequence (a program that stops short, or starts anew elsewhere) reach to the last row. */
  close(state: LineState): void {
    if (this.count > this.#first) {
      const low = BigInt.asUintN(64, this.#base + BigInt(state.start));
      this.sequences.push({ low, high: BigInt.asUintN(64, low + BigInt(this.delta(this.count - 1))), first: this.#first, end: this.count });
    }
    this.#first = this.count;
  }

  get hasOpenSequence(): boolean {
    return this.count > this.#first;
  }

  #grow(): void {
    const capacity = this.#deltas.length * 2;
    const larger = <T extends Uint32Array | Uint16Array | Uint8Array>(array: T, make: (length: number) => T): T => {
      const copy = make(capacity);
      copy.set(array);
      return copy;
    };
    const words = (length: number): Uint32Array<ArrayBuffer> => new Uint32Array(length);
    this.#deltas = larger(this.#deltas, words);
    this.#files = larger(this.#files, words);
    this.#lines = larger(this.#lines, words);
    this.#discriminators = larger(this.#discriminators, words);
    this.#columns = larger(this.#columns, (length) => new Uint16Array(length));
    this.#opIndexes = larger(this.#opIndexes, (length) => new Uint8Array(length));
    this.#flags = larger(this.#flags, (length) => new Uint8Array(length));
  }
}

/** The registers of the line number state machine. The address is base + delta. */
interface LineState {
  base: bigint;
  delta: number;
  /** Delta of the sequence's first row. */
  start: number;
  opIndex: number;
  file: number;
  line: number;
  column: number;
  discriminator: number;
  isStatement: boolean;
  /** BASIC_BLOCK, PROLOGUE_END, EPILOGUE_BEGIN: last until the next row. */
  flags: number;
}

class LineMachine {
  readonly rows = new LineRows();
  readonly #header: LineHeader;
  readonly #reader: ByteReader;
  #state: LineState;

  constructor(header: LineHeader, line: Uint8Array) {
    this.#header = header;
    this.#reader = new ByteReader(line.subarray(0, header.end), '.debug_line', header.program);
    this.#state = initialState(header);
  }

  run(): LineRows {
    const reader = this.#reader;
    while (!reader.atEnd) {
      const opcode = reader.u8();
      if (opcode >= this.#header.opcodeBase) this.#special(opcode);
      else if (opcode === 0) this.#extended();
      else this.#standard(opcode);
    }
    this.rows.close(this.#state);
    return this.rows;
  }

  #emit(more = 0): void {
    const state = this.#state;
    if (state.delta - state.start > MAX_DELTA) throw this.#reader.error('a sequence of 4 GiB and more');
    this.rows.add(state, state.flags | more | (state.isStatement ? IS_STATEMENT : 0));
    state.flags = 0;
    state.discriminator = 0;
  }

  #advance(operations: number): void {
    const { minimumInstructionLength, maximumOperations } = this.#header;
    const state = this.#state;
    if (maximumOperations === 1) state.delta += operations * minimumInstructionLength;
    else {
      const total = state.opIndex + operations;
      state.delta += minimumInstructionLength * Math.floor(total / maximumOperations);
      state.opIndex = total % maximumOperations;
    }
  }

  #special(opcode: number): void {
    const { opcodeBase, lineRange, lineBase } = this.#header;
    if (lineRange === 0) throw this.#reader.error('a special opcode, but line_range is 0', this.#reader.offset - 1);
    const adjusted = opcode - opcodeBase;
    this.#advance(Math.floor(adjusted / lineRange));
    this.#state.line += lineBase + (adjusted % lineRange);
    this.#emit();
  }

  #standard(opcode: number): void {
    const reader = this.#reader;
    const state = this.#state;
    switch (opcode) {
      case DW_LNS_COPY: this.#emit(); break;
      case DW_LNS_ADVANCE_PC: this.#advance(reader.uleb()); break;
      case DW_LNS_ADVANCE_LINE: state.line = (state.line + reader.sleb()) >>> 0; break;
      case DW_LNS_SET_FILE: state.file = reader.uleb(); break;
      case DW_LNS_SET_COLUMN: state.column = reader.uleb(); break;
      case DW_LNS_NEGATE_STMT: state.isStatement = !state.isStatement; break;
      case DW_LNS_SET_BASIC_BLOCK: state.flags |= BASIC_BLOCK; break;
      case DW_LNS_CONST_ADD_PC: {
        const { opcodeBase, lineRange } = this.#header;
        if (lineRange === 0) throw reader.error('DW_LNS_const_add_pc, but line_range is 0', reader.offset - 1);
        this.#advance(Math.floor((255 - opcodeBase) / lineRange));
        break;
      }
      case DW_LNS_FIXED_ADVANCE_PC:
        state.delta += reader.u16();
        state.opIndex = 0;
        break;
      case DW_LNS_SET_PROLOGUE_END: state.flags |= PROLOGUE_END; break;
      case DW_LNS_SET_EPILOGUE_BEGIN: state.flags |= EPILOGUE_BEGIN; break;
      case DW_LNS_SET_ISA: reader.uleb(); break; // no machine here has more than one
      default:
        for (let left = this.#header.opcodeLengths[opcode - 1] ?? 0; left > 0; left--) reader.ulebBig();
    }
  }

  #extended(): void {
    const reader = this.#reader;
    const length = reader.uleb();
    const at = reader.offset;
    if (length === 0) return;
    if (length > reader.remaining) throw reader.error(`an extended opcode of ${length} bytes, ${reader.remaining} left`, at);
    const opcode = reader.u8();
    if (opcode === DW_LNE_END_SEQUENCE) {
      this.#emit(END_SEQUENCE);
      this.rows.close(this.#state);
      this.#state = initialState(this.#header);
    } else if (opcode === DW_LNE_SET_ADDRESS) this.#setAddress(reader.unsigned(length - 1));
    else if (opcode === DW_LNE_SET_DISCRIMINATOR) this.#state.discriminator = reader.uleb() >>> 0;
    // DW_LNE_define_file is written by no compiler of the last 20 years; it and vendors' opcodes change no row.
    reader.offset = at + length;
  }

  #setAddress(address: bigint): void {
    const state = this.#state;
    const distance = address - state.base;
    if (this.rows.hasOpenSequence && distance >= BigInt(state.delta) && distance - BigInt(state.start) <= BigInt(MAX_DELTA)) {
      state.delta = Number(distance);
    } else {
      // Back or far away: rows of one sequence must rise.
      if (this.rows.hasOpenSequence) this.rows.close(state);
      state.base = address;
      state.delta = 0;
      state.start = 0;
    }
    state.opIndex = 0;
  }
}

function initialState(header: LineHeader): LineState {
  return { base: 0n, delta: 0, start: 0, opIndex: 0, file: 1, line: 1, column: 0, discriminator: 0, isStatement: header.defaultIsStatement, flags: 0 };
}

/** All rows of a program. Memory: 18 bytes a row; a row takes a byte of the section at least. */
export const runLineProgram = (header: LineHeader, line: Uint8Array): LineRows => new LineMachine(header, line).run();
