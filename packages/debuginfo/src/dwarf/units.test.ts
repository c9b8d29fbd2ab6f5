import { describe, expect, test } from '@jest/globals';
import { ElfFile } from '../elf/elf-file.js';
import { DebugInfoError } from '../errors.js';
import { DwarfBuilder, entry } from '../testing/dwarf-builder.test-support.js';
import type { Attribute, Entry, UnitOptions } from '../testing/dwarf-builder.test-support.js';
import { buildElf } from '../testing/elf-builder.test-support.js';
import { SectionBuilder } from '../testing/section-builder.test-support.js';
import * as dw from './constants.js';
import { Dwarf } from './dwarf.js';
import type { DwarfOptions } from './dwarf.js';
import { World } from './world.js';

const name = (text: string, form = dw.DW_FORM_string): Attribute => [dw.DW_AT_name, form, text];
const code = (low: number, bytes: number): Attribute[] => [[dw.DW_AT_low_pc, dw.DW_FORM_addr, low], [dw.DW_AT_high_pc, dw.DW_FORM_data4, bytes]];
const func = (text: string, low: number): Entry => entry(dw.DW_TAG_subprogram, [name(text), ...code(low, 0x10)]);
const struct = (text: string, bytes: number): Entry => entry(dw.DW_TAG_structure_type, [name(text), [dw.DW_AT_byte_size, dw.DW_FORM_data1, bytes]]);
const open = (builder: DwarfBuilder, options?: DwarfOptions): Dwarf => Dwarf.open(ElfFile.parse(builder.elf()), options)!;

describe('units', () => {
  test.each<[string, UnitOptions]>([
    ['DWARF 2', { version: 2 }], ['DWARF 3', { version: 3 }], ['DWARF 4', { version: 4 }], ['DWARF 5', { version: 5 }], ['64-bit DWARF 3', { version: 3, offsetSize: 8 }], ['64-bit DWARF 5', { version: 5, offsetSize: 8 }],
    ['32-bit addresses', { version: 4, addressSize: 4 }], ['a list without its end', { version: 4, unclosed: true }],
  ])('%s', (_name, options) => {
    const root = (text: string, low: number): Entry => entry(
      dw.DW_TAG_compile_unit, [name(`${text}.c`), [dw.DW_AT_comp_dir, dw.DW_FORM_string, '/build'], [dw.DW_AT_producer, dw.DW_FORM_string, 'a compiler'], [dw.DW_AT_language, dw.DW_FORM_data1, 0x0c], ...code(low, 0x100)], func(text, low),
    );
    const dwarf = open(new DwarfBuilder(options).unit(root('one', 0x1000)).unit(root('two', 0x2000)));
    expect(dwarf.units).toMatchObject([
      { name: 'one.c', compilationDirectory: '/build', producer: 'a compiler', language: 'c', languageNumber: 12, version: options.version, addressSize: options.addressSize ?? 8, offsetSize: options.offsetSize ?? 4, ranges: [{ low: 0x1000n, high: 0x1100n }], baseAddress: 0x1000n },
      { name: 'two.c' },
    ]);
    expect(dwarf.functions('*').map(({ name: text, entryPc, unit }) => [text, entryPc, unit.name])).toEqual([['one', 0x1000n, 'one.c'], ['two', 0x2000n, 'two.c']]);
    expect(dwarf.functionAt(0x2004n)?.name).toBe('two');
  });

  test('partial and type units are units without code', () => {
    const type = struct('shared', 8);
    const builder = new DwarfBuilder().unit(entry(dw.DW_TAG_partial_unit, [], struct('common', 4))).unit(entry(dw.DW_TAG_type_unit, [], type), { signature: 5n, type }).unit(entry(dw.DW_TAG_compile_unit, [name('c.c'), ...code(0x1000, 16)], func('f', 0x1000)));
    const dwarf = open(builder);
    expect(dwarf.units.map((unit) => unit.name)).toEqual(['', 'c.c']);
    expect(dwarf.types('*').map((found) => found.name)).toEqual(['common', 'shared']);
    expect(dwarf.functionAt(0x1000n)?.name).toBe('f');
  });

  test('types of .debug_types', () => {
    const type = struct('shared', 8);
    const declared = entry(dw.DW_TAG_structure_type, [name('shared'), [dw.DW_AT_declaration, dw.DW_FORM_flag_present], [dw.DW_AT_signature, dw.DW_FORM_ref_sig8, 77n]]);
    const builder = new DwarfBuilder({ version: 4 }).unit(entry(dw.DW_TAG_compile_unit, [], entry(dw.DW_TAG_variable, [name('v'), [dw.DW_AT_type, dw.DW_FORM_ref4, declared]]), declared));
    builder.unit(entry(dw.DW_TAG_type_unit, [], entry(dw.DW_TAG_base_type, [name('filler')]), type), { signature: 77n, type, inTypes: true });
    const dwarf = open(builder);
    const [variable] = dwarf.globals('v');
    expect(dwarf.type(variable!.typeId)).toMatchObject({ isDeclaration: true });
    expect(dwarf.resolve(variable!.typeId)).toMatchObject({ name: 'shared', size: 8 });
    expect(dwarf.findType('shared', 'struct')?.size).toBe(8);
  });

  test('a type that says nothing besides its type unit, as GCC writes for C', () => {
    const type = struct('shared', 8);
    const pointer = entry(dw.DW_TAG_structure_type, [[dw.DW_AT_signature, dw.DW_FORM_ref_sig8, 77n]]);
    const builder = new DwarfBuilder({ version: 4 }).unit(entry(dw.DW_TAG_compile_unit, [], entry(dw.DW_TAG_variable, [name('v'), [dw.DW_AT_type, dw.DW_FORM_ref4, pointer]]), pointer));
    builder.unit(entry(dw.DW_TAG_type_unit, [], type), { signature: 77n, type, inTypes: true });
    const dwarf = open(builder);
    const [variable] = dwarf.globals('v');
    expect(dwarf.resolve(variable!.typeId)).toMatchObject({ name: 'shared', size: 8, isDeclaration: false });
    expect(dwarf.typeName(variable!.typeId)).toBe('struct shared');
  });

  test('a file without .debug_info', () => {
    expect(Dwarf.open(ElfFile.parse(buildElf([])))).toBeUndefined();
    expect(Dwarf.open(ElfFile.parse(buildElf([{ name: '.debug_info', type: 8, bytes: new Uint8Array() }])))).toBeUndefined();
  });

  test('padding behind the last unit', () => {
    const sections = new DwarfBuilder().unit(entry(dw.DW_TAG_compile_unit, [name('a')])).sections().map((section) => (section.name === '.debug_info' ? { ...section, bytes: new SectionBuilder().bytes(section.bytes).u32(0, 0).build() } : section));
    expect(Dwarf.open(ElfFile.parse(buildElf(sections)))!.units).toHaveLength(1);
  });

  const header = (...words: number[]): SectionBuilder => new SectionBuilder().u32(...words);
  test.each<[string, Uint8Array, string]>([
    ['a length that is reserved', header(0xffff_fff1).build(), '.debug_info+0x0: unit length 0xfffffff1 is reserved'],
    ['longer than the section', header(1000).u16(4).build(), '.debug_info+0x0: a unit of 1000 bytes, 2 left in the section'],
    ['a version of the future', header(20).u16(6).u64(0, 0, 0).build(), '.debug_info+0x0: DWARF version 6 is not supported: 2 to 5 are'],
    ['a version of the past', header(20).u16(1).u64(0, 0, 0).build(), 'DWARF version 1 is not supported'],
    ['addresses of 3 bytes', header(20).u16(4).u32(0).u8(3).u64(0, 0).build(), 'addresses of 3 bytes'],
    ['a unit type that there is not', header(20).u16(5).u8(9, 8).u32(0).u64(0, 0).build(), 'unit type 0x9 is not supported'],
    ['cut in the header', header(3).u16(4).u8(0).build(), '.debug_info+0x6: 4 bytes wanted, 1 left'],
    ['shorter than its header', header(4).u16(4).u32(0).u8(8).u32(8, 8).build(), 'a unit of 4 bytes is shorter than its header'],
    ['cut in the second header', new SectionBuilder().u32(7).u16(4).u32(0).u8(8).u32(50).u16(4).build(), '.debug_info+0xb: a unit of 50 bytes, 2 left'],
    ['64-bit beyond all files', header(0xffff_ffff, 0xffff_ffff, 0xffff_ffff).u16(4).build(), '.debug_info+0x4: 0xffffffffffffffff is too large'],
    ['a unit without entries', header(7).u16(4).u32(0).u8(8).build(), 'an entry that its unit ends in'],
    ['without abbreviations', header(8).u16(4).u32(0).u8(8, 1).build(), '.debug_abbrev+0x0: the file has no such section'],
  ])('%s', (_name, bytes, message) => {
    const dwarf = Dwarf.open(ElfFile.parse(buildElf([{ name: '.debug_info', type: 1, bytes }])))!;
    const look = (): unknown => dwarf.units.map((unit) => unit.name);
    expect(look).toThrow(DebugInfoError);
    expect(look).toThrow(message);
  });

  test.each<[string, number[], string]>([
    ['without end', [1, 0x11, 0, 0x03, 0x08], '.debug_abbrev+0x'], ['with a form that there is not', [1, 0x11, 0, 0x03, 0x7f, 0, 0, 0], 'attribute 0 of an entry of tag 0x11 has the unknown form 0x7f'],
  ])('abbreviations %s', (_name, table, message) => {
    const bytes = header(9).u16(4).u32(0).u8(8, 1, 0).build();
    const dwarf = Dwarf.open(ElfFile.parse(buildElf([{ name: '.debug_info', type: 1, bytes }, { name: '.debug_abbrev', type: 1, bytes: Uint8Array.from(table) }])))!;
    expect(() => dwarf.functions('*')).toThrow(message);
  });

  test('abbreviations with gaps, and twice', () => {
    const table = Uint8Array.from([7, 0x11, 1, 0x03, 0x08, 0, 0, 0xac, 0x02, 0x2e, 0, 0x03, 0x08, 0x11, 0x01, 0x12, 0x0b, 0, 0, 7, 0x34, 0, 0, 0, 0]);
    const body = new SectionBuilder().u16(4).u32(0).u8(8, 7).text('a.c\0').u8(0xac, 0x02).text('f\0').u64(0x1000).u8(16, 0);
    const info = new SectionBuilder().u32(body.length).bytes(body.build()).build();
    const text = { name: '.text', type: 1, bytes: new Uint8Array(0x100), flags: 6, address: 0x1000 };
    const dwarf = Dwarf.open(ElfFile.parse(buildElf([text, { name: '.debug_info', type: 1, bytes: info }, { name: '.debug_abbrev', type: 1, bytes: table }])))!;
    expect(dwarf.functions('*').map(({ name: found, ranges }) => [found, ranges])).toEqual([['f', [{ low: 0x1000n, high: 0x1010n }]]]);
  });
});

describe('split DWARF', () => {
  const DWO_ID = 0x1122_3344_5566_7788n;

  /** A program whose unit is in a .dwo, and that .dwo. */
  function split(version: 4 | 5): { program: DwarfBuilder; dwo: DwarfBuilder } {
    const program = new DwarfBuilder({ version });
    const dwo = new DwarfBuilder({ version }, '.dwo');
    const five = version === 5;
    const id: Attribute[] = five ? [] : [[dw.DW_AT_GNU_dwo_id, dw.DW_FORM_data8, DWO_ID]];
    program.unit(
      entry(five ? dw.DW_TAG_skeleton_unit : dw.DW_TAG_compile_unit, [
        [five ? dw.DW_AT_dwo_name : dw.DW_AT_GNU_dwo_name, dw.DW_FORM_strp, 'a.dwo'], [dw.DW_AT_comp_dir, dw.DW_FORM_strp, '/build'], ...id, ...code(0x1000, 0x100),
        [five ? dw.DW_AT_addr_base : dw.DW_AT_GNU_addr_base, dw.DW_FORM_sec_offset, five ? 8 : 0],
      ]),
      { dwoId: DWO_ID, ...(five ? { unitType: dw.DW_UT_skeleton } : {}) },
    );
    const strx = five ? dw.DW_FORM_strx1 : dw.DW_FORM_GNU_str_index;
    const addrx = five ? dw.DW_FORM_addrx : dw.DW_FORM_GNU_addr_index;
    const type = struct('packed', 12);
    // Only for its addresses: the program has them.
    program.section('.debug_addr', five ? new SectionBuilder().u32(12).u16(5).u8(8, 0).u64(0x1040).build() : new SectionBuilder().u64(0x1040).build());
    dwo.unit(
      entry(dw.DW_TAG_compile_unit, [name('a.c', strx), [dw.DW_AT_producer, strx, 'a compiler'], [dw.DW_AT_language, dw.DW_FORM_data1, 12], ...id],
        entry(dw.DW_TAG_subprogram, [name('hidden', strx), [dw.DW_AT_low_pc, addrx, 0x1040], [dw.DW_AT_high_pc, dw.DW_FORM_data4, 16]]),
        entry(dw.DW_TAG_variable, [name('v', strx), [dw.DW_AT_type, dw.DW_FORM_ref_sig8, 9n]])),
      { dwoId: DWO_ID, ...(five ? { unitType: dw.DW_UT_split_compile } : {}) },
    );
    dwo.unit(entry(dw.DW_TAG_type_unit, [], type), { signature: 9n, type, inTypes: !five, ...(five ? { unitType: dw.DW_UT_split_type } : {}) });
    return { program, dwo };
  }

  const check = (dwarf: Dwarf): void => {
    expect(dwarf.units).toMatchObject([{ name: 'a.c', compilationDirectory: '/build', producer: 'a compiler', language: 'c', ranges: [{ low: 0x1000n, high: 0x1100n }] }]);
    expect(dwarf.functions('hidden')).toMatchObject([{ entryPc: 0x1040n, ranges: [{ low: 0x1040n, high: 0x1050n }] }]);
    expect(dwarf.functions('hidden')[0]!.unit.compilationDirectory).toBe('/build');
    expect(dwarf.functionAt(0x1048n)?.name).toBe('hidden');
    const [variable] = dwarf.globals('*');
    expect(dwarf.resolve(variable!.typeId)).toMatchObject({ name: 'packed', size: 12 });
    expect(dwarf.types('*').map((type) => type.name)).toEqual(['packed']);
    expect(dwarf.functions('hidden')[0]!.unit.addressAt(0)).toBe(0x1040n);
  };

  test.each([[4], [5]] as const)('DWARF %i: a .dwo', (version) => {
    const { program, dwo } = split(version);
    const asked: unknown[] = [];
    const elf = ElfFile.parse(program.elf());
    const open2 = (index?: Uint8Array): Dwarf => Dwarf.open(elf, { split: (unit) => { asked.push(unit); return ElfFile.parse(dwo.elf()); }, index: () => index })!;
    check(open2());
    expect(asked).toEqual([{ name: 'a.dwo', dwoId: DWO_ID, compilationDirectory: '/build' }]);
    check(open2(open2().exportIndex()));
  });

  test.each([[4], [5]] as const)('DWARF %i: a .dwo that is not there, and one of another build', (version) => {
    const { program, dwo } = split(version);
    const elf = ElfFile.parse(program.elf());
    for (const dwarf of [Dwarf.open(elf)!, Dwarf.open(elf, { split: () => undefined })!]) {
      expect(dwarf.functions('*')).toEqual([]);
      expect(dwarf.units).toMatchObject([{ name: '', compilationDirectory: '/build' }]);
    }
    const bytes = dwo.elf();
    const id = Buffer.alloc(8);
    id.writeBigUInt64LE(DWO_ID);
    for (let at = Buffer.from(bytes.buffer).indexOf(id); at >= 0; at = Buffer.from(bytes.buffer).indexOf(id)) bytes[at] = 0xee;
    expect(Dwarf.open(elf, { split: () => ElfFile.parse(bytes) })!.functions('*')).toEqual([]);
  });

  /** A .dwp of one .dwo: the sections with filler before them, and the indexes that say where the parts start. */
  function packed(dwo: DwarfBuilder, version: 4 | 5): Uint8Array {
    const filler = new Uint8Array(24);
    const moved = new Set(['.debug_abbrev.dwo', '.debug_str_offsets.dwo']);
    const sections = dwo.sections().filter(({ name: section }) => section !== '.text').map((section) => (moved.has(section.name) ? { ...section, bytes: new SectionBuilder().bytes(filler).bytes(section.bytes).build() } : section));
    const infoBytes = sections.find(({ name: section }) => section === '.debug_info.dwo')!.bytes;
    const secondUnit = new DataView(infoBytes.buffer).getUint32(0, true) + 4;
    const index = (id: bigint, columns: readonly (readonly [number, number])[]): Uint8Array => {
      const table = new SectionBuilder();
      if (version === 5) table.u16(5, 0);
      else table.u32(2);
      table.u32(columns.length, 1, 2).u64(0, id).u32(0, 1);
      table.u32(...columns.map(([column]) => column)).u32(...columns.map(([, offset]) => offset)).u32(...columns.map(() => 1000));
      return table.build();
    };
    const strings = [6, 24] as const;
    return buildElf([
      ...sections, { name: '.debug_cu_index', type: 1, bytes: index(DWO_ID, [[1, 0], [3, 24], strings]) },
      { name: '.debug_tu_index', type: 1, bytes: index(9n, version === 5 ? [[1, secondUnit], [3, 24], strings] : [[2, 0], [3, 24], strings]) },
    ]);
  }

  test.each([[4], [5]] as const)('DWARF %i: a .dwp', (version) => {
    const { program, dwo } = split(version);
    const elf = ElfFile.parse(program.elf());
    const dwp = packed(dwo, version);
    check(Dwarf.open(elf, { package: () => ElfFile.parse(dwp) })!);
    check(Dwarf.open(elf, { package: () => ElfFile.parse(dwp), index: () => Dwarf.open(elf, { package: () => ElfFile.parse(dwp) })!.exportIndex() })!);
  });

  test.each<[string, (table: SectionBuilder) => SectionBuilder, string]>([
    ['of an unknown version', (table) => table.u32(3, 1, 1, 2), '.debug_cu_index+0x0: version 3 of a package index is not supported'],
    ['with too many columns', (table) => table.u32(2, 1000, 1, 2), '.debug_cu_index+0x4: 1000 columns'],
    ['that is cut', (table) => table.u32(2, 3, 1, 2), '2 slots and 1 units, but 0 bytes'],
    ['with a row that there is not', (table) => table.u32(2, 1, 1, 1).u64(5).u32(7, 1, 0, 0), 'row 7, but there are 1'],
  ])('a package index %s', (_name, make, message) => {
    const { program } = split(5);
    const dwp = buildElf([{ name: '.debug_cu_index', type: 1, bytes: make(new SectionBuilder()).build() }]);
    expect(() => Dwarf.open(ElfFile.parse(program.elf()), { package: () => ElfFile.parse(dwp) })!.functions('*')).toThrow(message);
  });
});

describe('large sections', () => {
  test('are read piece by piece', () => {
    const builder = new DwarfBuilder({ version: 4 });
    for (let index = 0; index < 12; index++) builder.unit(entry(dw.DW_TAG_compile_unit, [name(`unit${index}.c`), ...code(0x1000 + index * 16, 16)], func(`f${index}`, 0x1000 + index * 16), entry(dw.DW_TAG_variable, [name(`v${index}`), [dw.DW_AT_const_value, dw.DW_FORM_block4, new Uint8Array(1_500_000).fill(0x41)]])));
    const bytes = builder.elf();
    let read = 0;
    const source = {
      length: bytes.length,
      read: (start: number, end: number): Uint8Array => { read += end - start; return bytes.slice(start, end); },
      readInto: (target: Uint8Array, start: number): number => { const part = bytes.subarray(start, start + target.length); target.set(part); return part.length; },
    };
    const world = new World(ElfFile.parse(source), {});
    expect(world.info!.units.map((unit) => unit.root.text(dw.DW_AT_name))).toContain('unit11.c');
    expect(read).toBeLessThan(bytes.length / 4);
    const dwarf = Dwarf.open(ElfFile.parse(source))!;
    expect(dwarf.functions('f1*').map((found) => found.name)).toEqual(['f1', 'f10', 'f11']);
    const [variable] = dwarf.globals('v7');
    expect(variable!.constant).toHaveLength(1_500_000);
    expect(dwarf.functionAt(0x1000n + 11n * 16n)?.name).toBe('f11');
  });

  test('that are cut short give an error of ours', () => {
    const bytes = new DwarfBuilder().unit(entry(dw.DW_TAG_compile_unit, [name('a'), [dw.DW_AT_producer, dw.DW_FORM_block4, new Uint8Array(17_000_000)]], func('f', 0x1000))).elf();
    const source = { length: bytes.length, read: (start: number, end: number): Uint8Array => bytes.slice(Math.min(start, 5000), Math.min(end, 5000)) };
    expect(() => Dwarf.open(ElfFile.parse({ ...source, read: (start, end) => (start > bytes.length - 3000 || start < 64 ? bytes.slice(start, end) : source.read(start, end)) }))!.functions('*')).toThrow('the file was cut short');
  });
});

describe('an index that is kept', () => {
  const elf = (): ElfFile => ElfFile.parse(new DwarfBuilder().unit(entry(dw.DW_TAG_compile_unit, [name('a.c'), ...code(0x1000, 32)], func('f', 0x1000), func('g', 0x1010), struct('s', 8))).elf());
  /** Names asked for, and the index if one was made for it. */
  const ask = (options: DwarfOptions): { readonly found: unknown; readonly made: Uint8Array[] } => {
    const made: Uint8Array[] = [];
    const dwarf = Dwarf.open(elf(), { ...options, keepIndex: (index) => { made.push(index); } })!;
    return { found: [dwarf.functions('g').map(({ entryPc }) => entryPc), dwarf.findType('s')?.name, dwarf.functionAt(0x1004n)?.name, dwarf.functions('*').length], made };
  };
  const answers = [[0x1010n], 's', 'f', 2];
  test('is made at the first name, once', () => {
    expect(ask({})).toEqual({ found: answers, made: [expect.any(Uint8Array)] });
  });
  test('is not made when it is there', () => {
    expect(ask({ index: () => ask({}).made[0] })).toEqual({ found: answers, made: [] });
  });
  test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['cut short', (bytes) => bytes.subarray(0, bytes.length - 1)], ['empty', () => new Uint8Array()], ['of another format', (bytes) => bytes.with(4, 99)], ['with a changed byte', (bytes) => bytes.with(bytes.length - 3, bytes.at(-3)! ^ 1)],
  ])('that is %s is made anew', (_name, damage) => {
    expect(ask({ index: () => damage(ask({}).made[0]!) })).toEqual({ found: answers, made: [expect.any(Uint8Array)] });
  });
  test('is not made when addresses alone are asked for', () => {
    const made: Uint8Array[] = [];
    expect(Dwarf.open(elf(), { keepIndex: (index) => { made.push(index); } })!.functionAt(0x1004n)?.name).toBe('f');
    expect(made).toEqual([]);
  });
});

test('of many tables of abbreviations the latest are kept, also within one turn of the program', () => {
  const builder = new DwarfBuilder({ version: 4 });
  for (let index = 0; index < 80; index++) builder.unit(entry(dw.DW_TAG_compile_unit, [name(`unit${index}.c`)]));
  const world = new World(ElfFile.parse(builder.elf()), {});
  const kept = world.info!.units.map(({ header }) => world.main.abbreviations(header.abbreviationsOffset, header).kept);
  expect(new Set(kept).size).toBe(80);
  expect(kept.filter(({ table }) => table !== undefined)).toEqual(kept.slice(-64));
});
