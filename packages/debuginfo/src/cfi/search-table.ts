/** .eh_frame_hdr: a sorted table from addresses to entries of .eh_frame (Linux Standard Base Core, "The .eh_frame_hdr section"). */
import { lastBefore } from '../last-before.js';
import type { ElfFile } from '../elf/elf-file.js';
import { ByteReader } from '../reader.js';
import { addressNumber } from './addresses.js';
import { DW_EH_PE_OMIT, readEncodedPointer } from './encoded-pointer.js';
import type { PointerBases } from './encoded-pointer.js';

/** Bytes of the values whose size does not depend on them: others cannot be searched. */
const SIZES: Readonly<Record<number, number>> = { 0x0: 8, 0x2: 2, 0x3: 4, 0x4: 8, 0xa: 2, 0xb: 4, 0xc: 8 };

export class FdeSearchTable {
  /** Entries. */
  readonly count: number;
  readonly #reader: ByteReader;
  readonly #start: number;
  readonly #encoding: number;
  readonly #valueBytes: number;
  readonly #bases: PointerBases;
  readonly #frameSection: number;

  private constructor(reader: ByteReader, encoding: number, count: number, bases: PointerBases, frameSection: number) {
    this.#reader = reader;
    this.#start = reader.offset;
    this.#encoding = encoding;
    this.#valueBytes = SIZES[encoding & 0x0f] ?? 0;
    this.count = count;
    this.#bases = bases;
    this.#frameSection = frameSection;
  }

  /** @param frameSection address of .eh_frame. undefined: no such section, or one that cannot be searched (then .eh_frame itself is read). */
  static ofElf(elf: ElfFile, frameSection: number): FdeSearchTable | undefined {
    const section = elf.section('.eh_frame_hdr');
    const bytes = elf.debugSection('.eh_frame_hdr');
    return section === undefined || bytes === undefined ? undefined : FdeSearchTable.parse(bytes, addressNumber(section.address), frameSection);
  }

  static parse(bytes: Uint8Array, address: number, frameSection: number): FdeSearchTable | undefined {
    const reader = new ByteReader(bytes, '.eh_frame_hdr');
    if (reader.u8() !== 1) return undefined;
    const pointerEncoding = reader.u8();
    const countEncoding = reader.u8();
    const tableEncoding = reader.u8();
    const bases = { section: address, data: address };
    readEncodedPointer(reader, pointerEncoding, 8, bases);
    const count = readEncodedPointer(reader, countEncoding, 8, bases);
    const valueBytes = SIZES[tableEncoding & 0x0f];
    if (count === undefined || tableEncoding === DW_EH_PE_OMIT || valueBytes === undefined || count < 0) return undefined;
    return count * valueBytes * 2 > reader.remaining ? undefined : new FdeSearchTable(reader, tableEncoding, count, bases, frameSection);
  }

  /** Offset in .eh_frame of the last entry that starts at an address or before it. */
  find(address: number): number | undefined {
    const last = lastBefore(this.count, (index) => this.#value(index * 2) <= address);
    return last < 0 ? undefined : this.#value(last * 2 + 1) - this.#frameSection;
  }

  #value(index: number): number {
    this.#reader.offset = this.#start + index * this.#valueBytes;
    return readEncodedPointer(this.#reader, this.#encoding, 8, this.#bases) ?? 0;
  }
}
