import { describe, expect, test } from '@jest/globals';
import { ElfFile } from '../elf/elf-file.js';
import { DebugInfoError } from '../errors.js';
import { DwarfBuilder, entry } from '../testing/dwarf-builder.test-support.js';
import type { Entry, FormValue, UnitOptions } from '../testing/dwarf-builder.test-support.js';
import * as dw from './constants.js';
import type { Die } from './die.js';
import { World } from './world.js';

const SHAPES: readonly UnitOptions[] = [
  { version: 2 }, { version: 2, addressSize: 4 }, { version: 3 }, { version: 3, offsetSize: 8 }, { version: 4 }, { version: 4, offsetSize: 8 }, { version: 4, addressSize: 4 },
  { version: 5 }, { version: 5, offsetSize: 8 }, { version: 5, addressSize: 4 },
];
const nameOf = ({ version, offsetSize = 4, addressSize = 8 }: UnitOptions): string => `DWARF ${version}, ${offsetSize * 8}-bit offsets, ${addressSize * 8}-bit addresses`;
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** The first child of the first unit, and the entry behind it: that one is found only when the sizes are right. */
function firstEntry(builder: DwarfBuilder): { die: Die; next: Die | undefined; world: World } {
  const world = new World(ElfFile.parse(builder.elf()), {});
  const [die, next] = [...world.info!.units[0]!.root.children()];
  return { die: die!, next, world };
}

function unitWith(one: Entry, options: UnitOptions): DwarfBuilder {
  const root = entry(dw.DW_TAG_compile_unit, options.version === 5 ? [[dw.DW_AT_str_offsets_base, dw.DW_FORM_sec_offset, options.offsetSize === 8 ? 16 : 8], [dw.DW_AT_addr_base, dw.DW_FORM_sec_offset, 8]] : [], one, entry(dw.DW_TAG_label, []));
  return new DwarfBuilder(options).unit(root);
}

type Reads = 'constant' | 'number' | 'text' | 'block' | 'address' | 'flag' | 'listPlace';
const VALUES: readonly (readonly [name: string, form: number, value: FormValue, reads: Reads, want: unknown, since?: number])[] = [
  ['data1', dw.DW_FORM_data1, 0xfe, 'constant', 0xfen],
  ['data2', dw.DW_FORM_data2, 0xfedc, 'constant', 0xfedcn],
  ['data4', dw.DW_FORM_data4, 0xfedc_ba98, 'constant', 0xfedc_ba98n],
  ['data8', dw.DW_FORM_data8, 0xfedc_ba98_7654_3210n, 'constant', 0xfedc_ba98_7654_3210n],
  ['data8 as a number', dw.DW_FORM_data8, 0x1f_ffff_ffff_ffffn, 'number', 0x1f_ffff_ffff_ffff],
  ['data8 beyond 2^53', dw.DW_FORM_data8, 0x20_0000_0000_0001n, 'number', undefined],
  ['data16', dw.DW_FORM_data16, Uint8Array.from({ length: 16 }, (_, index) => index), 'constant', Uint8Array.from({ length: 16 }, (_, index) => index), 5],
  ['sdata', dw.DW_FORM_sdata, -5, 'constant', -5n],
  ['sdata as a number', dw.DW_FORM_sdata, -70_000, 'number', -70_000],
  ['sdata of 64 bits', dw.DW_FORM_sdata, -(2n ** 63n), 'constant', -(2n ** 63n)],
  ['udata', dw.DW_FORM_udata, 300, 'number', 300],
  ['udata of 64 bits', dw.DW_FORM_udata, 2n ** 64n - 1n, 'constant', 2n ** 64n - 1n],
  ['implicit_const', dw.DW_FORM_implicit_const, -3, 'constant', -3n, 5],
  ['implicit_const as a number', dw.DW_FORM_implicit_const, 200, 'number', 200, 5],
  ['implicit_const as a flag', dw.DW_FORM_implicit_const, 0, 'flag', false, 5],
  ['flag set', dw.DW_FORM_flag, 1, 'flag', true],
  ['flag clear', dw.DW_FORM_flag, 0, 'flag', false],
  ['flag_present', dw.DW_FORM_flag_present, true, 'flag', true, 4],
  ['string', dw.DW_FORM_string, 'Größe', 'text', 'Größe'],
  ['empty string', dw.DW_FORM_string, '', 'text', ''],
  ['strp', dw.DW_FORM_strp, 'from .debug_str', 'text', 'from .debug_str'],
  ['line_strp', dw.DW_FORM_line_strp, 'from .debug_line_str', 'text', 'from .debug_line_str', 5],
  ['strx', dw.DW_FORM_strx, 'indexed', 'text', 'indexed', 5],
  ['strx1', dw.DW_FORM_strx1, 'indexed', 'text', 'indexed', 5],
  ['strx2', dw.DW_FORM_strx2, 'indexed', 'text', 'indexed', 5],
  ['strx3', dw.DW_FORM_strx3, 'indexed', 'text', 'indexed', 5],
  ['strx4', dw.DW_FORM_strx4, 'indexed', 'text', 'indexed', 5],
  ['block', dw.DW_FORM_block, bytes(1, 2, 3), 'block', bytes(1, 2, 3)],
  ['block1', dw.DW_FORM_block1, bytes(1, 2, 3), 'block', bytes(1, 2, 3)],
  ['block2', dw.DW_FORM_block2, bytes(1, 2, 3), 'block', bytes(1, 2, 3)],
  ['block4', dw.DW_FORM_block4, new Uint8Array(300).fill(7), 'block', new Uint8Array(300).fill(7)],
  ['exprloc', dw.DW_FORM_exprloc, new Uint8Array(200).fill(9), 'block', new Uint8Array(200).fill(9), 4],
  ['addr', dw.DW_FORM_addr, 0x1234_5678, 'address', 0x1234_5678n],
  ['addrx', dw.DW_FORM_addrx, 0x4000, 'address', 0x4000n, 5],
  ['addrx1', dw.DW_FORM_addrx1, 0x4000, 'address', 0x4000n, 5],
  ['addrx2', dw.DW_FORM_addrx2, 0x4000, 'address', 0x4000n, 5],
  ['addrx3', dw.DW_FORM_addrx3, 0x4000, 'address', 0x4000n, 5],
  ['addrx4', dw.DW_FORM_addrx4, 0x4000, 'address', 0x4000n, 5],
  ['sec_offset', dw.DW_FORM_sec_offset, 0x123, 'number', 0x123, 4],
  ['sec_offset of a list', dw.DW_FORM_sec_offset, 0x123, 'listPlace', { value: 0x123, isIndex: false }, 4],
  ['loclistx', dw.DW_FORM_loclistx, 300, 'listPlace', { value: 300, isIndex: true }, 5],
  ['rnglistx', dw.DW_FORM_rnglistx, 2, 'listPlace', { value: 2, isIndex: true }, 5],
  ['indirect data2', dw.DW_FORM_indirect, [dw.DW_FORM_data2, 0x1234], 'number', 0x1234],
  ['indirect udata', dw.DW_FORM_indirect, [dw.DW_FORM_udata, 300], 'number', 300],
  ['indirect string', dw.DW_FORM_indirect, [dw.DW_FORM_string, 'inside'], 'text', 'inside'],
  ['indirect strp', dw.DW_FORM_indirect, [dw.DW_FORM_strp, 'outside'], 'text', 'outside'],
  ['data4 of a number is no text', dw.DW_FORM_data4, 4, 'text', undefined],
  ['string is no address', dw.DW_FORM_string, 'x', 'address', undefined],
];

const CASES = SHAPES.flatMap((shape) => VALUES.filter(([, , , , , since = 2]) => since <= (shape.version ?? 5)).map((value) => [`${value[0]} in ${nameOf(shape)}`, shape, value] as const));
test.each(CASES)('%s', (_name, shape, [, form, value, reads, want]) => {
  const { die, next } = firstEntry(unitWith(entry(dw.DW_TAG_variable, [[dw.DW_AT_const_value, form, value], [dw.DW_AT_decl_line, dw.DW_FORM_data1, 77]]), shape));
  expect(die[reads](dw.DW_AT_const_value)).toEqual(want);
  expect(die.number(dw.DW_AT_decl_line)).toBe(77);
  expect(next?.tag).toBe(dw.DW_TAG_label);
});

describe('references', () => {
  const LOCAL = [['ref1', dw.DW_FORM_ref1], ['ref2', dw.DW_FORM_ref2], ['ref4', dw.DW_FORM_ref4], ['ref8', dw.DW_FORM_ref8], ['ref_udata', dw.DW_FORM_ref_udata], ['ref_addr', dw.DW_FORM_ref_addr]] as const;
  const cases = SHAPES.flatMap((shape) => LOCAL.map(([name, form]) => [`${name} in ${nameOf(shape)}`, shape, form] as const));
  test.each(cases)('%s', (_name, shape, form) => {
    const target = entry(dw.DW_TAG_base_type, [[dw.DW_AT_name, dw.DW_FORM_string, 'target']]);
    const from = entry(dw.DW_TAG_variable, [[dw.DW_AT_type, form, target], [dw.DW_AT_decl_line, dw.DW_FORM_data1, 77]]);
    const builder = new DwarfBuilder(shape).unit(entry(dw.DW_TAG_compile_unit, [])).unit(entry(dw.DW_TAG_compile_unit, [], from, target));
    const world = new World(ElfFile.parse(builder.elf()), {});
    const [die] = [...world.info!.units[1]!.root.children()];
    expect(die!.number(dw.DW_AT_decl_line)).toBe(77);
    expect(world.die(die!.reference(dw.DW_AT_type)!).text(dw.DW_AT_name)).toBe('target');
  });

  test.each([['ref_addr', dw.DW_FORM_ref_addr, 2], ['ref_addr', dw.DW_FORM_ref_addr, 5]] as const)('%s to another unit', (_name, form, version) => {
    const target = entry(dw.DW_TAG_base_type, [[dw.DW_AT_name, dw.DW_FORM_string, 'far']]);
    const from = entry(dw.DW_TAG_variable, [[dw.DW_AT_type, form, target]]);
    const builder = new DwarfBuilder({ version }).unit(entry(dw.DW_TAG_compile_unit, [], from)).unit(entry(dw.DW_TAG_partial_unit, [], target));
    const world = new World(ElfFile.parse(builder.elf()), {});
    const [die] = [...world.info!.units[0]!.root.children()];
    expect(world.die(die!.reference(dw.DW_AT_type)!).text(dw.DW_AT_name)).toBe('far');
  });

  test.each([
    ['GNU_ref_alt and GNU_strp_alt', 4, dw.DW_FORM_GNU_ref_alt, dw.DW_FORM_GNU_strp_alt, 4],
    ['GNU_ref_alt and GNU_strp_alt, 64-bit', 4, dw.DW_FORM_GNU_ref_alt, dw.DW_FORM_GNU_strp_alt, 8],
    ['ref_sup4 and strp_sup', 5, dw.DW_FORM_ref_sup4, dw.DW_FORM_strp_sup, 4],
    ['ref_sup8 and strp_sup', 5, dw.DW_FORM_ref_sup8, dw.DW_FORM_strp_sup, 8],
  ] as const)('%s', (_name, version, reference, text, offsetSize) => {
    const shared = entry(dw.DW_TAG_base_type, [[dw.DW_AT_name, dw.DW_FORM_strp, 'shared type']]);
    const supplementary = new DwarfBuilder({ version, offsetSize });
    const at = supplementary.strings.add('shared name');
    const common = supplementary.unit(entry(dw.DW_TAG_partial_unit, [], shared)).elf();
    const builder = new DwarfBuilder({ version, offsetSize }).unit(entry(dw.DW_TAG_compile_unit, [], entry(dw.DW_TAG_variable, [[dw.DW_AT_name, text, at], [dw.DW_AT_type, reference, shared]])));
    const elf = ElfFile.parse(builder.elf());
    const world = new World(elf, { supplementary: () => ElfFile.parse(common) });
    const [die] = [...world.info!.units[0]!.root.children()];
    expect(die!.text(dw.DW_AT_name)).toBe('shared name');
    expect(world.die(die!.reference(dw.DW_AT_type)!).text(dw.DW_AT_name)).toBe('shared type');
    const [alone] = [...new World(elf, {}).info!.units[0]!.root.children()];
    expect(() => alone!.text(dw.DW_AT_name)).toThrow('the supplementary file that this debug information refers to was not found');
  });

  test.each([['.debug_types of DWARF 4', 4, true], ['a type unit of DWARF 5', 5, false]] as const)('ref_sig8 to %s', (_name, version, inTypes) => {
    const type = entry(dw.DW_TAG_structure_type, [[dw.DW_AT_name, dw.DW_FORM_string, 'signed'], [dw.DW_AT_byte_size, dw.DW_FORM_data1, 24]]);
    const variable = (signature: bigint): Entry => entry(dw.DW_TAG_variable, [[dw.DW_AT_type, dw.DW_FORM_ref_sig8, signature]]);
    const builder = new DwarfBuilder({ version }).unit(entry(dw.DW_TAG_compile_unit, [], variable(0xfeed_f00d_dead_beefn), variable(1n)));
    builder.unit(entry(dw.DW_TAG_type_unit, [], entry(dw.DW_TAG_base_type, []), type), { signature: 0xfeed_f00d_dead_beefn, type, inTypes });
    const world = new World(ElfFile.parse(builder.elf()), {});
    const [good, bad] = [...world.info!.units[0]!.root.children()];
    expect(world.die(good!.reference(dw.DW_AT_type)!).text(dw.DW_AT_name)).toBe('signed');
    expect(() => bad!.reference(dw.DW_AT_type)).toThrow('no type unit has the signature 0x1');
  });
});

describe('entries that are broken', () => {
  const read = (one: Entry, spoil: (bytes: Uint8Array) => void): void => {
    const sections = unitWith(one, { version: 4 }).sections();
    const info = sections.find(({ name }) => name === '.debug_info')!;
    spoil(info.bytes);
    const builder = new DwarfBuilder({ version: 4 });
    for (const { name, bytes: contents } of sections) if (name !== '.text') builder.section(name, contents);
    const world = new World(ElfFile.parse(builder.elf()), {});
    for (const die of world.info!.units[0]!.root.children()) void die.constant(dw.DW_AT_const_value);
  };
  const value = (form: number, content: FormValue): Entry => entry(dw.DW_TAG_variable, [[dw.DW_AT_const_value, form, content]]);

  test.each<[string, Entry, (bytes: Uint8Array) => void, string]>([
    ['an abbreviation that is not there', value(dw.DW_FORM_data1, 1), (info) => { info[12] = 9; }, '.debug_abbrev+0x0: the table has no abbreviation 9'],
    ['a block that is longer than the unit', value(dw.DW_FORM_block1, bytes(1)), (info) => { info[13] = 200; }, '.debug_info+0xc: an entry that its unit ends in'],
    ['a text without end', value(dw.DW_FORM_string, 'abc'), (info) => { info.fill(0x61, 13); }, '.debug_info+0xc: an entry that its unit ends in'],
    ['indirection of indirection', value(dw.DW_FORM_indirect, [dw.DW_FORM_data1, 1]), (info) => { info[13] = dw.DW_FORM_indirect; }, 'attribute form 0x16 by indirection'],
    ['indirection of a form that there is not', value(dw.DW_FORM_indirect, [dw.DW_FORM_data1, 1]), (info) => { info[13] = 0x7f; }, 'unknown attribute form 0x7f'],
  ])('%s', (_name, one, spoil, message) => {
    expect(() => { read(one, spoil); }).toThrow(DebugInfoError);
    expect(() => { read(one, spoil); }).toThrow(message);
  });
});
