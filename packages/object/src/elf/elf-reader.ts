/** Reads an ELF64 little-endian relocatable object. Section bytes are views into the file. */
import { EHDR_BYTES, ElfError, REL_BYTES, SHDR_BYTES, SHT, SYM_BYTES } from './elf-format.js';

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly link: number;
  readonly info: number;
  readonly data: Uint8Array;
}

export interface ElfSymbol {
  readonly name: string;
  /** Offset in its section. */
  readonly value: number;
  readonly size: number;
  /** STB_*. */
  readonly binding: number;
  /** STT_*. */
  readonly type: number;
  /** Section index; 0 for undefined. */
  readonly section: number;
}

export interface ElfRelocation {
  /** Offset in the section that the relocation changes. */
  readonly offset: number;
  /** R_BPF_*. */
  readonly type: number;
  readonly symbol: ElfSymbol;
}

export interface ElfObject {
  readonly machine: number;
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
  section(name: string): ElfSection | undefined;
  /** Relocations of a section, by its index, in order of offset. */
  relocations(section: number): readonly ElfRelocation[];
}

const decoder = new TextDecoder('latin1');

function cString(table: Uint8Array, offset: number): string {
  const end = table.indexOf(0, offset);
  return decoder.decode(table.subarray(offset, end < 0 ? table.length : end));
}

/** @throws ElfError when the bytes are not a complete ELF64 little-endian file. */
export function readElf(bytes: Uint8Array): ElfObject {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < EHDR_BYTES || view.getUint32(0) !== 0x7f454c46) throw new ElfError('not an ELF file (bad magic)');
  if (bytes[4] !== 2 || bytes[5] !== 1) throw new ElfError('not a 64-bit little-endian ELF file');
  const machine = view.getUint16(18, true);
  const sectionsAt = Number(view.getBigUint64(40, true));
  const count = view.getUint16(60, true);
  const namesIndex = view.getUint16(62, true);
  const raw = Array.from({ length: count }, (_, index) => sectionHeader(view, bytes, sectionsAt + index * SHDR_BYTES, index));
  const names = raw[namesIndex]?.data ?? new Uint8Array();
  const sections: ElfSection[] = raw.map(({ nameOffset, ...rest }) => ({ ...rest, name: cString(names, nameOffset) }));
  const symtab = sections.find(({ type }) => type === SHT.symtab);
  const symbols = symtab === undefined ? [] : readSymbols(symtab, sections[symtab.link]?.data ?? new Uint8Array());
  const relocations = new Map<number, ElfRelocation[]>();
  for (const section of sections) {
    if (section.type !== SHT.rel) continue;
    const list = relocations.get(section.info) ?? [];
    list.push(...readRelocations(section, symbols));
    relocations.set(section.info, list.sort((a, b) => a.offset - b.offset));
  }
  return {
    machine, sections, symbols,
    section: (name) => sections.find((one) => one.name === name),
    relocations: (index) => relocations.get(index) ?? [],
  };
}

function sectionHeader(view: DataView, bytes: Uint8Array, at: number, index: number): Omit<ElfSection, 'name'> & { nameOffset: number } {
  if (at + SHDR_BYTES > bytes.length) throw new ElfError(`section header ${index} lies beyond the end of the file (${bytes.length} bytes)`);
  const type = view.getUint32(at + 4, true);
  const offset = Number(view.getBigUint64(at + 24, true));
  const size = Number(view.getBigUint64(at + 32, true));
  if (type !== SHT.nobits && type !== SHT.null && offset + size > bytes.length) {
    throw new ElfError(`section ${index} (0x${offset.toString(16)}, ${size} bytes) lies beyond the end of the file (${bytes.length} bytes)`);
  }
  const data = type === SHT.null ? new Uint8Array() : type === SHT.nobits ? new Uint8Array(size) : bytes.subarray(offset, offset + size);
  return {
    index, nameOffset: view.getUint32(at, true), type, data,
    flags: Number(view.getBigUint64(at + 8, true)),
    link: view.getUint32(at + 40, true), info: view.getUint32(at + 44, true),
  };
}

function readSymbols({ data }: ElfSection, names: Uint8Array): ElfSymbol[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: Math.floor(data.length / SYM_BYTES) }, (_, index) => {
    const at = index * SYM_BYTES;
    const info = view.getUint8(at + 4);
    return {
      name: cString(names, view.getUint32(at, true)),
      binding: info >> 4, type: info & 15,
      section: view.getUint16(at + 6, true),
      value: Number(view.getBigUint64(at + 8, true)),
      size: Number(view.getBigUint64(at + 16, true)),
    };
  });
}

function readRelocations({ data, name }: ElfSection, symbols: readonly ElfSymbol[]): ElfRelocation[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: Math.floor(data.length / REL_BYTES) }, (_, index) => {
    const at = index * REL_BYTES;
    const number = view.getUint32(at + 12, true);
    const symbol = symbols[number];
    if (symbol === undefined) throw new ElfError(`${name}: relocation ${index} names symbol ${number}, but there are ${symbols.length}`);
    return { offset: Number(view.getBigUint64(at, true)), type: view.getUint32(at + 8, true), symbol };
  });
}
