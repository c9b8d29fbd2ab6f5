/**
 * Relocation of debug sections in relocatable files (.o, kernel modules), whose references between sections and addresses of
 * code are filled in by the linker or the module loader alone. Sources: System V ABI AMD64 (table 4.9), ELF for the Arm
 * 64-bit Architecture (5.7).
 *
 * All sections of such a file start at address 0. Here each section that is loaded gets a place of its own, so that an
 * address tells its section: SectionLayout.
 */
import { DebugInfoError } from '../errors.js';
import { SHF_ALLOC } from './header.js';
import type { ElfMachine, ElfSection } from './header.js';

const RELA_BYTES = 24;
const SYMBOL_BYTES = 24;
const SHN_LORESERVE = 0xff00;
/** Bytes that a relocation fills with symbol + addend; negative: less its own place, as in .eh_frame; 0: nothing to do. */
const WIDTHS: Partial<Record<ElfMachine, Readonly<Record<number, 0 | 4 | 8 | -4 | -8>>>> = {
  /** R_X86_64_NONE, _64, _PC32, _32, _32S, _DTPOFF64, _DTPOFF32, _PC64. */
  x86_64: { 0: 0, 1: 8, 2: -4, 10: 4, 11: 4, 17: 8, 21: 4, 24: -8 },
  /** R_AARCH64_NONE (both numbers), _ABS64, _ABS32, _PREL64, _PREL32, _TLS_DTPREL64. */
  aarch64: { 0: 0, 256: 0, 257: 8, 258: 4, 260: -8, 261: -4, 1029: 8 },
};

/** Places of a relocatable file's loaded sections, one after another. */
export class SectionLayout {
  readonly #starts: readonly bigint[];
  readonly #sections: readonly ElfSection[];

  constructor(sections: readonly ElfSection[]) {
    let next = 0n;
    this.#sections = sections;
    this.#starts = sections.map(({ flags, alignment, size }) => {
      if ((flags & BigInt(SHF_ALLOC)) === 0n) return 0n;
      const align = alignment > 1n ? alignment : 1n;
      const start = ((next + align - 1n) / align) * align;
      // Room between sections: the address behind the last instruction of one is not the first of the next.
      next = start + BigInt(size) + 1n;
      return start;
    });
  }

  /** The address that stands for an offset in a section. */
  addressOf(sectionIndex: number, offset: bigint): bigint {
    return (this.#starts[sectionIndex] ?? 0n) + offset;
  }

  /** The section, and the offset in it, that an address stands for; undefined: none. */
  placeOf(address: bigint): { readonly section: ElfSection; readonly offset: bigint } | undefined {
    for (const [index, section] of this.#sections.entries()) {
      const start = this.#starts[index] ?? 0n;
      if ((section.flags & BigInt(SHF_ALLOC)) !== 0n && address >= start && address < start + BigInt(section.size)) return { section, offset: address - start };
    }
    return undefined;
  }
}

export interface RelocationSource {
  readonly machine: ElfMachine;
  /** Of the section that is relocated, for errors. */
  readonly section: string;
  /** Contents of its SHT_RELA section. */
  readonly relocations: Uint8Array;
  readonly symbols: Uint8Array;
  readonly layout: SectionLayout;
  /** Place of the section that is relocated. */
  readonly address: bigint;
}

/** A relocated copy of `contents`. */
export function relocate(contents: Uint8Array, source: RelocationSource): Uint8Array {
  const { relocations, section } = source;
  const widths = WIDTHS[source.machine];
  if (widths === undefined) throw new DebugInfoError(section, 0, 'relocatable files of this machine are not supported');
  const copy = Uint8Array.from(contents);
  const target = viewOf(copy);
  const records = viewOf(relocations);
  const values = symbolValues(source);
  for (let at = 0; at + RELA_BYTES <= relocations.length; at += RELA_BYTES) {
    const type = records.getUint32(at + 8, true);
    const width = widths[type];
    const offset = Number(records.getBigUint64(at, true));
    if (width === undefined) throw new DebugInfoError(section, offset, `relocation type ${type} is not supported in debug sections`);
    if (width === 0) continue;
    if (offset + Math.abs(width) > copy.length) throw new DebugInfoError(section, offset, `a relocation outside of the section's ${copy.length} bytes`);
    const value = values(records.getUint32(at + 12, true)) + records.getBigInt64(at + 16, true) - (width < 0 ? source.address + BigInt(offset) : 0n);
    if (Math.abs(width) === 8) target.setBigUint64(offset, BigInt.asUintN(64, value), true);
    else target.setUint32(offset, Number(BigInt.asUintN(32, value)), true);
  }
  return copy;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Value of a symbol by its number. Most relocations name a few section symbols: each is made once. */
function symbolValues({ symbols, layout, section }: RelocationSource): (index: number) => bigint {
  const view = viewOf(symbols);
  const known = new Map<number, bigint>();
  return (index) => {
    let value = known.get(index);
    if (value === undefined) {
      const at = index * SYMBOL_BYTES;
      if (at + SYMBOL_BYTES > symbols.length) throw new DebugInfoError(section, 0, `a relocation names symbol ${index}, which does not exist`);
      const sectionIndex = view.getUint16(at + 6, true);
      const offset = view.getBigUint64(at + 8, true);
      value = sectionIndex >= SHN_LORESERVE ? offset : layout.addressOf(sectionIndex, offset);
      known.set(index, value);
    }
    return value;
  };
}
