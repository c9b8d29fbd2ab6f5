/** Assembles small ELF64 files for tests. */
import { SectionBuilder, StringTable } from './section-builder.test-support.js';

export interface SectionSpec {
  readonly name: string;
  readonly type: number;
  readonly bytes: Uint8Array;
  readonly flags?: number;
  readonly address?: number;
  readonly link?: number;
  readonly alignment?: number;
}

export interface SymbolSpec {
  readonly name: string;
  readonly address: number | bigint;
  readonly size?: number;
  /** 2 function, 10 ifunc, 1 object. */
  readonly type?: number;
  /** 0 local, 1 global, 2 weak. */
  readonly binding?: number;
  readonly section?: number;
}

export interface SegmentSpec { readonly type: number; readonly offset: number; readonly address: number; readonly fileSize: number; readonly memorySize?: number }

/** Sections get indexes from 1 in the given order, .shstrtab comes last; contents are aligned to 8 bytes, the first at 0x40 + 56 × segments. */
export function buildElf(sections: readonly SectionSpec[], segments: readonly SegmentSpec[] = [], machine = 62, type = 3): Uint8Array {
  const names = new StringTable();
  const contents = new SectionBuilder();
  const start = 64 + segments.length * 56;
  const headers = new SectionBuilder().u64(0, 0, 0, 0, 0, 0, 0, 0);
  const all = [...sections, { name: '.shstrtab', type: 3, bytes: new Uint8Array() }];
  for (const { name } of all) names.add(name);
  for (const section of all) {
    contents.align(8);
    const bytes = section.name === '.shstrtab' ? names.build() : section.bytes;
    headers.u32(names.add(section.name), section.type).u64(section.flags ?? 0, section.address ?? 0, start + contents.length, bytes.length);
    headers.u32(section.link ?? 0, 0).u64(section.alignment ?? 8, 0);
    if (section.type !== 8) contents.bytes(bytes);
  }
  contents.align(8);
  const file = new SectionBuilder().u8(0x7f).text('ELF').u8(2, 1, 1).align(16);
  file.u16(type, machine).u32(1).u64(0, segments.length > 0 ? 64 : 0, start + contents.length).u32(0);
  file.u16(64, 56, segments.length, 64, all.length + 1, all.length);
  for (const { type: kind, offset, address, fileSize, memorySize } of segments) file.u32(kind, 5).u64(offset, address, address, fileSize, memorySize ?? fileSize, 0x1000);
  return file.bytes(contents.build()).bytes(headers.build()).build();
}

/** Contents of a symbol table and of its string table. */
export function buildSymbols(symbols: readonly SymbolSpec[]): { readonly table: Uint8Array; readonly strings: Uint8Array } {
  const strings = new StringTable();
  const table = new SectionBuilder().u64(0, 0, 0);
  for (const symbol of symbols) {
    table.u32(strings.add(symbol.name)).u8(((symbol.binding ?? 1) << 4) | (symbol.type ?? 2), 0).u16(symbol.section ?? 1);
    table.u64(symbol.address, symbol.size ?? 0);
  }
  return { table: table.build(), strings: strings.build() };
}
