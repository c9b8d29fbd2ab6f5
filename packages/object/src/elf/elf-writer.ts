/** Writes an ELF64 little-endian relocatable BPF object. */
import { EHDR_BYTES, EM_BPF, ET_REL, REL_BYTES, SHDR_BYTES, SHF, SHT, STB, SYM_BYTES } from './elf-format.js';

export interface SectionSpec {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly data: Uint8Array;
  readonly alignment?: number;
}

export interface SymbolSpec {
  readonly name: string;
  readonly binding: number;
  readonly type: number;
  /** Name of its section. */
  readonly section: string;
  readonly value: number;
  readonly size: number;
}

export interface RelocationSpec {
  /** Name of the section that it changes. */
  readonly section: string;
  readonly offset: number;
  readonly type: number;
  readonly symbol: string;
}

interface PlacedSection extends SectionSpec { link: number; info: number; entryBytes: number; nameOffset: number; fileOffset: number }

/** A string table: equal strings share one place. Offset 0 is the empty string. */
class StringTable {
  readonly #offsets = new Map<string, number>([['', 0]]);
  readonly #bytes: number[] = [0];

  add(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.#bytes.length;
    this.#offsets.set(text, offset);
    this.#bytes.push(...Buffer.from(text, 'latin1'), 0);
    return offset;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

export function writeElf(input: { readonly sections: readonly SectionSpec[]; readonly symbols: readonly SymbolSpec[]; readonly relocations: readonly RelocationSpec[] }): Uint8Array {
  const strings = new StringTable();
  const place = (spec: SectionSpec, link = 0, info = 0, entryBytes = 0): PlacedSection =>
    ({ ...spec, link, info, entryBytes, nameOffset: strings.add(spec.name), fileOffset: 0 });
  const sections = [place({ name: '', type: SHT.null, flags: 0, data: new Uint8Array(), alignment: 0 }), ...input.sections.map((spec) => place(spec))];
  const indexOf = (name: string): number => {
    const index = sections.findIndex((one, at) => at > 0 && one.name === name);
    if (index < 0) throw new Error(`internal error: no section ${name}`);
    return index;
  };
  // Local symbols come first; sh_info of the table is the number of the first global one.
  const symbols = [...input.symbols].sort((a, b) => a.binding - b.binding);
  const locals = symbols.filter(({ binding }) => binding === STB.local).length;
  const symtabIndex = sections.length;
  const strtabIndex = symtabIndex + 1;
  sections.push(place({ name: '.symtab', type: SHT.symtab, flags: 0, data: encodeSymbols(symbols, indexOf, strings), alignment: 8 }, strtabIndex, locals + 1, SYM_BYTES));
  const strtab = place({ name: '.strtab', type: SHT.strtab, flags: 0, data: new Uint8Array(), alignment: 1 });
  sections.push(strtab);
  const numbers = new Map(symbols.map(({ name }, index) => [name, index + 1]));
  for (const target of new Set(input.relocations.map(({ section }) => section))) {
    const data = encodeRelocations(input.relocations.filter(({ section }) => section === target), numbers);
    sections.push(place({ name: `.rel${target}`, type: SHT.rel, flags: SHF.infoLink, data, alignment: 8 }, symtabIndex, indexOf(target), REL_BYTES));
  }
  sections[strtabIndex] = { ...strtab, data: strings.bytes() };
  return assemble(sections, strtabIndex);
}

function encodeSymbols(symbols: readonly SymbolSpec[], indexOf: (name: string) => number, strings: StringTable): Uint8Array {
  const data = new Uint8Array((symbols.length + 1) * SYM_BYTES);
  const view = new DataView(data.buffer);
  symbols.forEach((symbol, index) => {
    const at = (index + 1) * SYM_BYTES;
    view.setUint32(at, strings.add(symbol.name), true);
    view.setUint8(at + 4, (symbol.binding << 4) | symbol.type);
    view.setUint16(at + 6, indexOf(symbol.section), true);
    view.setBigUint64(at + 8, BigInt(symbol.value), true);
    view.setBigUint64(at + 16, BigInt(symbol.size), true);
  });
  return data;
}

function encodeRelocations(relocations: readonly RelocationSpec[], numbers: ReadonlyMap<string, number>): Uint8Array {
  const data = new Uint8Array(relocations.length * REL_BYTES);
  const view = new DataView(data.buffer);
  relocations.forEach(({ offset, type, symbol }, index) => {
    const number = numbers.get(symbol);
    if (number === undefined) throw new Error(`internal error: relocation against unknown symbol ${symbol}`);
    view.setBigUint64(index * REL_BYTES, BigInt(offset), true);
    view.setUint32(index * REL_BYTES + 8, type, true);
    view.setUint32(index * REL_BYTES + 12, number, true);
  });
  return data;
}

const align = (value: number, to: number): number => (to <= 1 ? value : Math.ceil(value / to) * to);

function assemble(sections: readonly PlacedSection[], namesIndex: number): Uint8Array {
  let at = EHDR_BYTES;
  for (const section of sections) {
    if (section.type === SHT.null) continue;
    at = align(at, section.alignment ?? 8);
    section.fileOffset = at;
    at += section.data.length;
  }
  const headersAt = align(at, 8);
  const file = new Uint8Array(headersAt + sections.length * SHDR_BYTES);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
  view.setUint16(16, ET_REL, true);
  view.setUint16(18, EM_BPF, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(40, BigInt(headersAt), true);
  view.setUint16(52, EHDR_BYTES, true);
  view.setUint16(58, SHDR_BYTES, true);
  view.setUint16(60, sections.length, true);
  view.setUint16(62, namesIndex, true);
  sections.forEach((section, index) => {
    file.set(section.data, section.fileOffset);
    const header = headersAt + index * SHDR_BYTES;
    view.setUint32(header, section.nameOffset, true);
    view.setUint32(header + 4, section.type, true);
    view.setBigUint64(header + 8, BigInt(section.flags), true);
    view.setBigUint64(header + 24, BigInt(section.fileOffset), true);
    view.setBigUint64(header + 32, BigInt(section.data.length), true);
    view.setUint32(header + 40, section.link, true);
    view.setUint32(header + 44, section.info, true);
    view.setBigUint64(header + 48, BigInt(section.alignment ?? (section.type === SHT.null ? 0 : 8)), true);
    view.setBigUint64(header + 56, BigInt(section.entryBytes), true);
  });
  return file;
}
