/**
 * Call frame information of a file: from an address to the rules that recover the caller's frame. .eh_frame is in almost every
 * program, .debug_frame in debug files and where exceptions are not used. Nothing is decoded but what is asked for.
 */
import { lastBefore } from '../last-before.js';
import type { ElfFile } from '../elf/elf-file.js';
import { DebugInfoError } from '../errors.js';
import { addressNumber, addressOf } from './addresses.js';
import { readCie, readEntryHead, readFde } from './entries.js';
import type { Cie, EntryHead, Fde, FrameSection } from './entries.js';
import { FdeSearchTable } from './search-table.js';
import { forEachRow } from './frame-rows.js';
import type { FrameRow } from './frame-rows.js';
import { buildUnwindTable } from './unwind-table.js';
import type { UnwindTable } from './unwind-table.js';

export interface CallFramesOptions {
  /** False for entries that the linker left behind for removed code. Default: all are kept. */
  readonly isCode?: (address: bigint) => boolean;
  /** .eh_frame_hdr, to search without reading all of .eh_frame. */
  readonly searchTable?: FdeSearchTable | undefined;
}

/** Length and CIE pointer of an entry of 32-bit DWARF, before its address. */
const PLAIN_HEAD_BYTES = 8;

export class CallFrames {
  readonly section: FrameSection;
  readonly #options: CallFramesOptions;
  readonly #cies = new Map<number, Cie>();
  #index: { readonly lows: Float64Array; readonly offsets: Uint32Array } | undefined;

  constructor(section: FrameSection, options: CallFramesOptions = {}) {
    this.section = section;
    this.#options = options;
  }

  /** undefined: the file has no such section, or no contents for it (.eh_frame of a separate debug file). */
  static ofElf(elf: ElfFile, name: FrameSection['name']): CallFrames | undefined {
    const header = elf.section(name);
    const bytes = elf.debugSection(name);
    if (bytes === undefined || bytes.length === 0) return undefined;
    const address = header === undefined ? 0n : elf.type === 'rel' ? elf.layout.addressOf(header.index, 0n) : header.address;
    const text = elf.section('.text');
    const data = elf.section('.got');
    const bases = { section: addressNumber(address), ...(text === undefined ? {} : { text: addressNumber(text.address) }), ...(data === undefined ? {} : { data: addressNumber(data.address) }) };
    return new CallFrames({ name, bytes, addressSize: 8, bases }, { isCode: (one) => elf.isCode(one), searchTable: name === '.eh_frame' ? FdeSearchTable.ofElf(elf, addressNumber(address)) : undefined });
  }

  /** CIEs and FDEs in the section's order. */
  *entries(): Generator<Cie | Fde, void, undefined> {
    for (const head of this.#heads()) yield head.cieOffset === undefined ? this.#cie(head) : this.#fde(head, head.cieOffset);
  }

  /**
   * The entry of the function (or its part) that an address is in.
   * @param start where the function, or the part, may start: its entry is then found without putting all in order
   */
  fdeAt(pc: bigint, start = pc): Fde | undefined {
    const address = addressNumber(pc);
    const { searchTable } = this.#options;
    if (searchTable !== undefined) {
      const offset = searchTable.find(address);
      return offset === undefined ? undefined : this.#containing(offset, address);
    }
    const near = this.#index === undefined ? this.#startingAt(start) : undefined;
    if (near !== undefined && address >= near.low && address < near.high) return near;
    const { lows, offsets } = this.#sorted();
    const last = lastBefore(lows.length, (index) => (lows[index] as number) <= address);
    return last < 0 ? undefined : this.#containing(offsets[last] as number, address);
  }

  /**
   * The rules that hold at an address; undefined: the table says nothing about it.
   * @param start see fdeAt
   */
  rowAt(pc: bigint, start = pc): FrameRow | undefined {
    const fde = this.fdeAt(pc, start);
    let found: FrameRow | undefined;
    if (fde !== undefined) {
      forEachRow(this.section, fde, (row) => {
        if (pc >= row.low && pc < row.high) found = row;
        return found === undefined;
      });
    }
    return found;
  }

  /** All rows of an entry, in rising order of addresses. */
  rows(fde: Fde): FrameRow[] {
    const rows: FrameRow[] = [];
    forEachRow(this.section, fde, (row) => rows.push(row) > 0);
    return rows;
  }

  /** Rows of all functions in compact form, for unwinding by frame and stack pointer. `framePointer`: DWARF number of the register that is saved like one (registers.ts). */
  unwindTable(framePointer: number): UnwindTable {
    return buildUnwindTable(this.section, this.#functions(), framePointer);
  }

  /** The entry in .debug_frame whose address stands there in plain. What only looks like an entry has no CIE. */
  #startingAt(start: bigint): Fde | undefined {
    const { bytes, name, addressSize } = this.section;
    if (name !== '.debug_frame' || addressSize !== 8) return undefined;
    const needle = Buffer.alloc(8);
    // Addresses that a broken file names may be below 0.
    needle.writeBigUInt64LE(BigInt.asUintN(64, start));
    const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1)) {
      const fde = at < PLAIN_HEAD_BYTES ? undefined : this.#plainEntry(at - PLAIN_HEAD_BYTES);
      if (fde !== undefined && fde.low === addressNumber(start)) return fde;
    }
    return undefined;
  }

  #plainEntry(offset: number): Fde | undefined {
    try {
      const head = readEntryHead(this.section, offset);
      if (head.isTerminator || head.cieOffset === undefined || head.body !== offset + PLAIN_HEAD_BYTES) return undefined;
      return readEntryHead(this.section, head.cieOffset).cieOffset === undefined ? this.#fde(head, head.cieOffset) : undefined;
    } catch (error) {
      if (error instanceof DebugInfoError) return undefined;
      throw error;
    }
  }

  #containing(offset: number, address: number): Fde | undefined {
    const head = readEntryHead(this.section, offset);
    if (head.isTerminator || head.cieOffset === undefined) return undefined;
    const fde = this.#fde(head, head.cieOffset);
    return address >= fde.low && address < fde.high ? fde : undefined;
  }

  *#heads(): Generator<EntryHead, void, undefined> {
    const { bytes } = this.section;
    for (let offset = 0; offset + 4 <= bytes.length;) {
      const head = readEntryHead(this.section, offset);
      // A linker may leave a terminator of one object in the middle.
      if (!head.isTerminator) yield head;
      offset = head.end;
    }
  }

  #cie(head: EntryHead): Cie {
    let cie = this.#cies.get(head.offset);
    if (cie === undefined) {
      cie = readCie(this.section, head);
      this.#cies.set(head.offset, cie);
    }
    return cie;
  }

  #fde(head: EntryHead, cieOffset: number): Fde {
    const known = this.#cies.get(cieOffset);
    if (known !== undefined) return readFde(this.section, head, known);
    const cieHead = readEntryHead(this.section, cieOffset);
    return readFde(this.section, head, this.#cie(cieHead));
  }

  /** FDEs of code by rising address. */
  #sorted(): { readonly lows: Float64Array; readonly offsets: Uint32Array } {
    this.#index ??= this.#sort();
    return this.#index;
  }

  #sort(): { readonly lows: Float64Array; readonly offsets: Uint32Array } {
    const found = this.#functions();
    return { lows: Float64Array.from(found, ({ low }) => low), offsets: Uint32Array.from(found, ({ offset }) => offset) };
  }

  /** FDEs of code by rising address. */
  #functions(): Fde[] {
    const { isCode } = this.#options;
    const found: Fde[] = [];
    for (const head of this.#heads()) {
      if (head.cieOffset === undefined) continue;
      const fde = this.#fde(head, head.cieOffset);
      if (fde.high > fde.low && (isCode === undefined || isCode(addressOf(fde.low)))) found.push(fde);
    }
    return found.sort((a, b) => a.low - b.low || a.offset - b.offset);
  }
}

/** The rules that hold at an address of a file: .eh_frame's, else .debug_frame's. */
export function frameRowAt(elf: ElfFile, pc: bigint): FrameRow | undefined {
  return CallFrames.ofElf(elf, '.eh_frame')?.rowAt(pc) ?? CallFrames.ofElf(elf, '.debug_frame')?.rowAt(pc);
}
