/** A BPF object as a loader wants it: programs with their relocations by name, subprograms appended as the kernel expects them. */
import { METADATA_SECTION } from '../metadata.js';
import type { BtfExt } from './btf-ext.js';
import { parseBtfExt } from './btf-ext.js';
import type { ElfObject, ElfRelocation, ElfSymbol } from './elf-reader.js';
import { readElf } from './elf-reader.js';
import { ElfError, INSN_BYTES, SHF, STT } from './elf-format.js';

/** The section whose bytes are the initial value of the map `globals`. */
export const GLOBALS_SECTION = '.data.globals';
export const GLOBALS_MAP = 'globals';
/** The section of subprograms, shared by all programs. */
export const SUBPROGRAM_SECTION = '.text';

export interface BpfObject {
  readonly elf: ElfObject;
  readonly license: string;
  /** `.BTF`, for BPF_BTF_LOAD; undefined when absent. */
  readonly btf: Uint8Array | undefined;
  readonly ext: BtfExt;
  /** JSON of the section `.stapkit`; undefined in a foreign object. */
  readonly metadata: string | undefined;
  /** Initial value of the `globals` map. */
  readonly globals: Uint8Array | undefined;
  /** Symbols of the programs (not of subprograms). */
  readonly programs: readonly string[];
}

/** An ld_imm64 that wants a map: put the fd in its `imm` and `sourceRegister` in its src field. */
export interface MapReference {
  /** Index of the instruction slot in {@link LinkedProgram.instructions}. */
  readonly instruction: number;
  readonly map: string;
  /** value: address of the map's only value plus `offset` (BPF_PSEUDO_MAP_VALUE; `offset` goes into the second slot's imm); map: the map itself (BPF_PSEUDO_MAP_FD). */
  readonly kind: 'map' | 'value';
  readonly offset: number;
}

/** One program, ready for BPF_PROG_LOAD once maps and CO-RE relocations are applied. All positions count instruction slots from the program's start. */
export interface LinkedProgram {
  readonly symbol: string;
  readonly section: string;
  /** A copy: may be changed. */
  readonly instructions: Uint8Array;
  readonly maps: readonly MapReference[];
  readonly functions: readonly { readonly instruction: number; readonly typeId: number }[];
  readonly lines: readonly { readonly instruction: number; readonly file: string; readonly text: string; readonly line: number; readonly column: number }[];
  readonly relocations: readonly { readonly instruction: number; readonly typeId: number; readonly access: string; readonly kind: number }[];
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('latin1').replace(/\0.*$/s, '');

/** @throws ElfError when the bytes are not an ELF object */
export function readBpfObject(bytes: Uint8Array): BpfObject {
  const elf = readElf(bytes);
  const btf = elf.section('.BTF')?.data;
  const ext = elf.section('.BTF.ext')?.data;
  const metadata = elf.section(METADATA_SECTION)?.data;
  const executable = new Set(elf.sections.filter(({ flags, name }) => (flags & SHF.execinstr) !== 0 && name !== SUBPROGRAM_SECTION).map(({ index }) => index));
  return {
    elf, btf,
    license: text(elf.section('license')?.data),
    ext: btf === undefined || ext === undefined ? { functions: [], lines: [], relocations: [] } : parseBtfExt(ext, btf),
    metadata: metadata === undefined ? undefined : Buffer.from(metadata).toString('utf8'),
    globals: elf.section(GLOBALS_SECTION)?.data,
    programs: elf.symbols.filter(({ type, section }) => type === STT.func && executable.has(section)).map(({ name }) => name),
  };
}

interface Piece { readonly symbol: ElfSymbol; readonly section: string; readonly code: Uint8Array; readonly relocations: readonly ElfRelocation[]; start: number }

const BPF_PSEUDO_CALL = 1;
const BPF_PSEUDO_FUNC = 4;
const BPF_CALL = 0x85;
const BPF_LD_IMM64 = 0x18;

/**
 * The program with the subprograms that it reaches appended, calls and function
 * addresses resolved.
 * @throws ElfError when a symbol is missing
 */
export function linkProgram(object: BpfObject, symbol: string): LinkedProgram {
  const pieces = collectPieces(object.elf, symbol);
  const total = pieces.reduce((sum, { code }) => sum + code.length, 0);
  const instructions = new Uint8Array(total);
  const view = new DataView(instructions.buffer);
  const maps: MapReference[] = [];
  for (const piece of pieces) {
    instructions.set(piece.code, piece.start * INSN_BYTES);
    for (const relocation of piece.relocations) {
      const slot = piece.start + (relocation.offset - piece.symbol.value) / INSN_BYTES;
      const called = functionOf(object.elf, relocation, piece);
      if (called !== undefined) resolveFunction(view, slot, pieceOf(pieces, called));
      else maps.push(mapReference(view, slot, relocation.symbol, object.elf));
    }
  }
  const place = <T extends { section: string; offset: number }>(records: readonly T[]): (T & { instruction: number })[] => pieces.flatMap((piece) =>
    records.filter(({ section, offset }) => section === piece.section && offset >= piece.symbol.value && offset < piece.symbol.value + piece.symbol.size)
      .map((record) => ({ ...record, instruction: piece.start + (record.offset - piece.symbol.value) / INSN_BYTES })));
  return {
    symbol, section: pieces[0]?.section ?? '', instructions, maps,
    functions: place(object.ext.functions), lines: place(object.ext.lines), relocations: place(object.ext.relocations),
  };
}

function collectPieces(elf: ElfObject, symbol: string): Piece[] {
  const pieces: Piece[] = [];
  let next = 0;
  const add = (wanted: ElfSymbol): void => {
    if (pieces.some(({ symbol: known }) => known === wanted)) return;
    const section = elf.sections[wanted.section];
    if (section === undefined) throw new ElfError(`symbol ${wanted.name} has no section`);
    const inside = ({ offset }: ElfRelocation): boolean => offset >= wanted.value && offset < wanted.value + wanted.size;
    const relocations = elf.relocations(section.index).filter(inside);
    pieces.push({ symbol: wanted, section: section.name, code: section.data.subarray(wanted.value, wanted.value + wanted.size), relocations, start: next });
    next += wanted.size / INSN_BYTES;
    const piece = pieces.at(-1);
    for (const relocation of relocations) {
      const called = piece === undefined ? undefined : functionOf(elf, relocation, piece);
      if (called !== undefined) add(called);
    }
  };
  const root = elf.symbols.find(({ name, type }) => name === symbol && type === STT.func);
  if (root === undefined) throw new ElfError(`the object has no program ${symbol}`);
  add(root);
  return pieces;
}

/** The function that a relocation is against: by name, or (as clang has it for addresses) by section and the offset in the immediate. */
function functionOf(elf: ElfObject, { symbol, offset }: ElfRelocation, piece: Piece): ElfSymbol | undefined {
  if (symbol.type === STT.func) return symbol;
  if (symbol.type !== STT.section || elf.sections[symbol.section]?.name !== SUBPROGRAM_SECTION) return undefined;
  const at = new DataView(piece.code.buffer, piece.code.byteOffset).getInt32(offset - piece.symbol.value + 4, true);
  const found = elf.symbols.find(({ type, section, value }) => type === STT.func && section === symbol.section && value === at);
  if (found === undefined) throw new ElfError(`${piece.symbol.name} takes the address of ${SUBPROGRAM_SECTION}+${at}, where no function starts`);
  return found;
}

function pieceOf(pieces: readonly Piece[], symbol: ElfSymbol): Piece {
  const piece = pieces.find((one) => one.symbol === symbol);
  if (piece === undefined) throw new ElfError(`internal error: subprogram ${symbol.name} was not collected`);
  return piece;
}

/** Calls and BPF_PSEUDO_FUNC addresses are relative to the next instruction. */
function resolveFunction(view: DataView, slot: number, target: Piece): void {
  const at = slot * INSN_BYTES;
  const opcode = view.getUint8(at);
  if (opcode !== BPF_CALL && opcode !== BPF_LD_IMM64) throw new ElfError(`instruction ${slot}: opcode 0x${opcode.toString(16)} cannot refer to ${target.symbol.name}`);
  const destination = view.getUint8(at + 1) & 15;
  view.setUint8(at + 1, destination | ((opcode === BPF_CALL ? BPF_PSEUDO_CALL : BPF_PSEUDO_FUNC) << 4));
  view.setInt32(at + 4, target.start - slot - 1, true);
}

function mapReference(view: DataView, slot: number, symbol: ElfSymbol, elf: ElfObject): MapReference {
  const inData = elf.sections[symbol.section]?.name === GLOBALS_SECTION;
  // As clang and libbpf have it, the offset in the value is the symbol's plus the first slot's immediate.
  if (inData) return { instruction: slot, map: GLOBALS_MAP, kind: 'value', offset: symbol.value + view.getInt32(slot * INSN_BYTES + 4, true) };
  return { instruction: slot, map: symbol.name, kind: 'map', offset: 0 };
}
