import { describe, expect, test } from '@jest/globals';
import { ElfFile } from '../elf/elf-file.js';
import { DwarfBuilder, entry, leb } from '../testing/dwarf-builder.test-support.js';
import type { Attribute, Entry, UnitOptions } from '../testing/dwarf-builder.test-support.js';
import * as dw from './constants.js';
import { dieId, PART_INFO } from './die-id.js';
import { Dwarf } from './dwarf.js';

const name = (text: string): Attribute => [dw.DW_AT_name, dw.DW_FORM_string, text];
const size = (bytes: number): Attribute => [dw.DW_AT_byte_size, dw.DW_FORM_data1, bytes];
const type = (to: Entry): Attribute => [dw.DW_AT_type, dw.DW_FORM_ref4, to];
const at = (bytes: number): Attribute => [dw.DW_AT_data_member_location, dw.DW_FORM_data1, bytes];
const base = (text: string, bytes: number, encoding: number): Entry => entry(dw.DW_TAG_base_type, [name(text), size(bytes), [dw.DW_AT_encoding, dw.DW_FORM_data1, encoding]]);
const member = (text: string, to: Entry, ...rest: Attribute[]): Entry => entry(dw.DW_TAG_member, [...(text === '' ? [] : [name(text)]), type(to), ...rest]);
const around = (tag: number, to?: Entry, ...rest: Attribute[]): Entry => entry(tag, [...(to === undefined ? [] : [type(to)]), ...rest]);
const subrange = (...rest: Attribute[]): Entry => entry(dw.DW_TAG_subrange_type, rest);
const language = (code: number): Attribute => [dw.DW_AT_language, dw.DW_FORM_data2, code];
const C = 0x1d;
const CPP = 0x21;
const RUST = 0x1c;

function open(children: readonly Entry[], options: UnitOptions & { readonly language?: number } = {}): Dwarf {
  const root = entry(dw.DW_TAG_compile_unit, [language(options.language ?? C)], ...children);
  return Dwarf.open(ElfFile.parse(new DwarfBuilder(options).unit(root).elf()))!;
}
const idOf = (one: Entry): number => dieId(PART_INFO, one.offset);

/** New ones for each file: an entry knows its place in one. */
function bases(): Record<'int' | 'char' | 'ulong' | 'float' | 'bool' | 'int128' | 'utf', Entry> {
  return { int: base('int', 4, 5), char: base('char', 1, 6), ulong: base('long unsigned int', 8, 7), float: base('float', 4, 4), bool: base('_Bool', 1, 2), int128: base('__int128', 16, 5), utf: base('char32_t', 4, 16) };
}

describe('scalars', () => {
  const { int, char, ulong, float, bool, int128, utf } = bases();
  const pointer = around(dw.DW_TAG_pointer_type, int, size(8));
  const plainPointer = around(dw.DW_TAG_pointer_type);
  const reference = around(dw.DW_TAG_reference_type, int);
  const constInt = around(dw.DW_TAG_const_type, int);
  const alias = entry(dw.DW_TAG_typedef, [name('s32'), type(constInt)]);
  const volatile = around(dw.DW_TAG_volatile_type, alias);
  const unsignedEnum = entry(dw.DW_TAG_enumeration_type, [name('color'), size(4)], entry(dw.DW_TAG_enumerator, [name('RED'), [dw.DW_AT_const_value, dw.DW_FORM_data1, 200]]));
  const signedEnum = entry(dw.DW_TAG_enumeration_type, [name('sign'), size(4)], entry(dw.DW_TAG_enumerator, [name('MINUS'), [dw.DW_AT_const_value, dw.DW_FORM_sdata, -1]]));
  const typedEnum = entry(dw.DW_TAG_enumeration_type, [name('small'), type(char)], entry(dw.DW_TAG_enumerator, [name('A'), [dw.DW_AT_const_value, dw.DW_FORM_data1, 1]]));
  const all = [int, char, ulong, float, bool, int128, utf, pointer, plainPointer, reference, constInt, alias, volatile, unsignedEnum, signedEnum, typedEnum];
  const dwarf = open(all);

  test.each<[string, Entry, string, number | undefined, object | undefined]>([
    ['int', int, 'int', 4, { bytes: 4, signed: true }],
    ['char', char, 'char', 1, { bytes: 1, signed: true }],
    ['unsigned long', ulong, 'long unsigned int', 8, { bytes: 8, signed: false }],
    ['float', float, 'float', 4, undefined],
    ['bool', bool, '_Bool', 1, { bytes: 1, signed: false }],
    ['16 bytes', int128, '__int128', 16, undefined],
    ['UTF', utf, 'char32_t', 4, { bytes: 4, signed: false }],
    ['pointer', pointer, 'int*', 8, { bytes: 8, signed: false }],
    ['void pointer', plainPointer, 'void*', 8, { bytes: 8, signed: false }],
    ['reference', reference, 'int&', 8, { bytes: 8, signed: false }],
    ['const', constInt, 'int const', 4, { bytes: 4, signed: true }],
    ['typedef', alias, 's32', 4, { bytes: 4, signed: true }],
    ['volatile typedef', volatile, 's32 volatile', 4, { bytes: 4, signed: true }],
    ['enum', unsignedEnum, 'enum color', 4, { bytes: 4, signed: false }],
    ['enum with negative values', signedEnum, 'enum sign', 4, { bytes: 4, signed: true }],
    ['enum of a type', typedEnum, 'enum small', 1, { bytes: 1, signed: true }],
  ])('%s', (_name, one, text, bytes, scalar) => {
    expect([dwarf.typeName(idOf(one)), dwarf.sizeOf(idOf(one)), dwarf.scalar(idOf(one))]).toEqual([text, bytes, scalar]);
  });

  test('enumerators', () => {
    expect(dwarf.type(idOf(unsignedEnum))).toMatchObject({ kind: 'enum', enumerators: [{ name: 'RED', value: 200n }] });
    expect(dwarf.type(idOf(signedEnum))).toMatchObject({ enumerators: [{ name: 'MINUS', value: -1n }] });
  });

  test('void', () => {
    expect([dwarf.type(0), dwarf.typeName(0), dwarf.sizeOf(0)]).toEqual([{ kind: 'void', id: 0, name: 'void' }, 'void', undefined]);
  });

  test('what is no type', () => {
    expect(() => dwarf.type(idOf(int) + 1)).toThrow('.debug_');
    const unit = open([entry(dw.DW_TAG_label, [name('here')])]);
    expect(() => unit.type(dieId(PART_INFO, 15))).toThrow('is no type (tag 0xa)');
  });

  test('resolve and skipModifiers', () => {
    expect(dwarf.resolve(idOf(volatile))).toMatchObject({ kind: 'base', name: 'int' });
    expect(dwarf.skipModifiers(idOf(volatile))).toMatchObject({ kind: 'typedef', name: 's32' });
  });
});

describe('names of types', () => {
  const { int, char } = bases();
  const file = entry(dw.DW_TAG_structure_type, [name('file'), size(8)]);
  const nameless = entry(dw.DW_TAG_union_type, [size(8)], member('a', int));
  const constChar = around(dw.DW_TAG_const_type, char);
  const pointerToConst = around(dw.DW_TAG_pointer_type, constChar);
  const constPointer = around(dw.DW_TAG_const_type, pointerToConst);
  const restricted = around(dw.DW_TAG_restrict_type, pointerToConst);
  const row = entry(dw.DW_TAG_array_type, [type(int)], subrange([dw.DW_AT_upper_bound, dw.DW_FORM_data1, 3]));
  const matrix = entry(dw.DW_TAG_array_type, [type(pointerToConst)], subrange([dw.DW_AT_upper_bound, dw.DW_FORM_data1, 3]), subrange([dw.DW_AT_count, dw.DW_FORM_data1, 2]));
  const handler = entry(dw.DW_TAG_subroutine_type, [type(int)], entry(dw.DW_TAG_formal_parameter, [type(file)]), entry(dw.DW_TAG_unspecified_parameters, []));
  const toHandler = around(dw.DW_TAG_pointer_type, handler);
  const nothing = entry(dw.DW_TAG_subroutine_type, []);
  const handlers = entry(dw.DW_TAG_array_type, [type(toHandler)], subrange());
  const klass = entry(dw.DW_TAG_class_type, [name('Shape'), size(4)]);
  const space = entry(dw.DW_TAG_namespace, [name('geo')], klass);
  const anonymous = entry(dw.DW_TAG_namespace, [], entry(dw.DW_TAG_structure_type, [name('Hidden'), size(1)]));
  const rvalue = around(dw.DW_TAG_rvalue_reference_type, klass);
  const toMember = entry(dw.DW_TAG_ptr_to_member_type, [type(int), [dw.DW_AT_containing_type, dw.DW_FORM_ref4, klass]]);
  const nullptr = entry(dw.DW_TAG_unspecified_type, [name('decltype(nullptr)')]);
  const atomic = around(dw.DW_TAG_atomic_type, int);
  const dwarf = open([int, char, file, nameless, constChar, pointerToConst, constPointer, restricted, row, matrix, handler, toHandler, nothing, handlers, space, anonymous, rvalue, toMember, nullptr, atomic], { language: CPP });

  test.each<[string, Entry, string]>([
    ['struct', file, 'struct file'], ['union without a name', nameless, 'union {...}'], ['pointer to const', pointerToConst, 'char const*'], ['const pointer', constPointer, 'char const* const'],
    ['restrict', restricted, 'char const* restrict'], ['array', row, 'int[]'], ['matrix', matrix, 'char const*[]'], ['function', handler, 'int (struct file, ...)'],
    ['pointer to function', toHandler, 'int (*) (struct file, ...)'], ['void function', nothing, 'void (void)'], ['array of pointers to functions', handlers, 'int (*[]) (struct file, ...)'],
    ['class in a namespace', klass, 'class geo::Shape'], ['struct in an anonymous namespace', anonymous.children[0]!, 'struct (anonymous namespace)::Hidden'], ['rvalue reference', rvalue, 'class geo::Shape&&'],
    ['pointer to member', toMember, 'int geo::Shape::*'], ['unspecified', nullptr, 'decltype(nullptr)'], ['atomic', atomic, 'int atomic'],
  ])('%s', (_name, one, want) => {
    expect(dwarf.typeName(idOf(one))).toBe(want);
  });

  test('a pointer to a member is found by findType\'s qualified name', () => {
    expect(dwarf.findType('geo::Shape')?.id).toBe(idOf(klass));
    expect(dwarf.findType('Shape', 'class')?.id).toBe(idOf(klass));
    expect(dwarf.findType('Shape', 'union')).toBeUndefined();
    expect(dwarf.findType('other::Shape')).toBeUndefined();
    expect(dwarf.qualifiedTypeName(idOf(klass))).toBe('geo::Shape');
    expect(dwarf.types('*ile').map(({ id }) => id)).toEqual([idOf(file)]);
  });
});

describe('arrays', () => {
  const { int } = bases();
  const upper = (form: number, value: number | bigint | Uint8Array): Attribute => [dw.DW_AT_upper_bound, form, value];
  const array = (...dimensions: Entry[]): Entry => entry(dw.DW_TAG_array_type, [type(int)], ...dimensions);
  const fixed = array(subrange(upper(dw.DW_FORM_data1, 9)));
  const counted = array(subrange([dw.DW_AT_count, dw.DW_FORM_data2, 300]));
  const flexible = array(subrange());
  const zero = array(subrange(upper(dw.DW_FORM_sdata, -1)));
  const oldZero = array(subrange(upper(dw.DW_FORM_data8, 0xffff_ffff_ffff_ffffn)));
  const variable = array(subrange(upper(dw.DW_FORM_exprloc, Uint8Array.of(0x91, 0x70, 6))));
  const cube = array(subrange(upper(dw.DW_FORM_data1, 1)), subrange(upper(dw.DW_FORM_data1, 2)), subrange(upper(dw.DW_FORM_data1, 3)));
  const vector = entry(dw.DW_TAG_array_type, [type(int), [dw.DW_AT_GNU_vector, dw.DW_FORM_flag_present]], subrange(upper(dw.DW_FORM_data1, 3)));
  const bounded = array(subrange([dw.DW_AT_lower_bound, dw.DW_FORM_sdata, -2], upper(dw.DW_FORM_sdata, 2)));
  const dwarf = open([int, fixed, counted, flexible, zero, oldZero, variable, cube, vector, bounded], { version: 4 });

  test.each<[string, Entry, number | undefined, number | undefined]>([
    ['upper bound', fixed, 10, 40], ['count', counted, 300, 1200], ['flexible', flexible, 0, 0], ['zero', zero, 0, 0], ['zero without a sign', oldZero, 0, 0],
    ['variable length', variable, undefined, undefined], ['lower bound', bounded, 5, 20], ['vector', vector, 4, 16],
  ])('%s', (_name, one, length, bytes) => {
    expect(dwarf.type(idOf(one))).toMatchObject({ kind: 'array', length });
    expect(dwarf.sizeOf(idOf(one))).toBe(bytes);
  });

  test('three dimensions are arrays of arrays', () => {
    const outer = dwarf.resolve(idOf(cube));
    expect(outer).toMatchObject({ kind: 'array', length: 2 });
    const middle = dwarf.resolve(outer.kind === 'array' ? outer.elementTypeId : 0);
    expect(middle).toMatchObject({ kind: 'array', length: 3 });
    const inner = dwarf.resolve(middle.kind === 'array' ? middle.elementTypeId : 0);
    expect(inner).toMatchObject({ kind: 'array', length: 4, elementTypeId: idOf(int) });
    expect([idOf(cube), outer.id, middle.id, inner.id].map((id) => dwarf.sizeOf(id))).toEqual([96, 96, 48, 16]);
    expect(dwarf.typeName(idOf(cube))).toBe('int[]');
    expect(dwarf.locate(idOf(cube), [1, 2, 3])).toEqual({ typeId: idOf(int), offsetBits: 23 * 32, bitSize: 0, offset: 92, scalar: { bytes: 4, signed: true } });
  });

  test.each<[string, Entry, (string | number)[], number | undefined]>([
    ['the last one', fixed, [9], 36], ['one too many', fixed, [10], undefined], ['below zero', fixed, [-1], undefined], ['of a name', fixed, ['x'], undefined], ['between', fixed, [1.5], undefined],
    ['variable length', variable, [1000], 4000], ['lower bound', bounded, [-2], 0], ['above the lower bound', bounded, [2], 16], ['below the lower bound', bounded, [-3], undefined],
    ['a row', cube, [1], 48],
  ])('place: %s', (_name, one, path, offset) => {
    expect(dwarf.locate(idOf(one), path)?.offset).toBe(offset);
  });

  test('Fortran counts from 1', () => {
    const one = entry(dw.DW_TAG_array_type, [], subrange(upper(dw.DW_FORM_data1, 9)));
    const fortran = open([one], { version: 4, language: 0x0e });
    expect(fortran.type(idOf(one))).toMatchObject({ lowerBound: 1, length: 9 });
  });
});

describe('members', () => {
  const { int, char, float } = bases();
  const bits = (width: number): Attribute => [dw.DW_AT_bit_size, dw.DW_FORM_data1, width];
  const data = (offset: number): Attribute => [dw.DW_AT_data_bit_offset, dw.DW_FORM_data1, offset];
  const inner = entry(dw.DW_TAG_union_type, [size(8)], member('x', int), member('y', float));
  const deep = entry(dw.DW_TAG_structure_type, [size(16)], member('z', char, at(4)), member('', inner, at(8)));
  const tail = entry(dw.DW_TAG_array_type, [type(char)], subrange());
  const struct = entry(
    dw.DW_TAG_structure_type, [name('node'), size(48)], member('value', int, at(0)), member('', deep, at(8)), member('flags', int, bits(3), data(192)), member('count', int, bits(20), data(195)),
    member('program', int, [dw.DW_AT_data_member_location, dw.DW_FORM_exprloc, Uint8Array.of(0x23, ...leb.uleb(300))]),
    member('computed', int, [dw.DW_AT_data_member_location, dw.DW_FORM_exprloc, Uint8Array.of(0x12, 0x06, 0x22)]), member('name', tail, at(44)),
  );
  const dwarf = open([int, char, float, inner, deep, tail, struct]);
  const root = idOf(struct);

  test.each<[string, (string | number)[], object | undefined]>([
    ['first', ['value'], { offset: 0, typeId: idOf(int), bitSize: 0, scalar: { bytes: 4, signed: true } }],
    ['in an anonymous struct', ['z'], { offset: 12, scalar: { bytes: 1, signed: true } }],
    ['in an anonymous union in it', ['y'], { offset: 16, scalar: undefined }],
    ['the other of the union', ['x'], { offset: 16, scalar: { bytes: 4, signed: true } }],
    ['bit-field', ['flags'], { offset: 24, offsetBits: 192, bitSize: 3, scalar: { bytes: 4, signed: true, bitOffset: 0, bitSize: 3 } }],
    ['bit-field in the middle', ['count'], { offset: 24, offsetBits: 195, bitSize: 20, scalar: { bytes: 4, signed: true, bitOffset: 3, bitSize: 20 } }],
    ['place by a constant program', ['program'], { offset: 300 }],
    ['place by a program', ['computed'], undefined],
    ['flexible array', ['name', 100], { offset: 144, scalar: { bytes: 1, signed: true } }],
    ['not there', ['nothing'], undefined], ['of a scalar', ['value', 'x'], undefined], ['no name', [''], undefined],
  ])('%s', (_name, path, want) => {
    const found = dwarf.locate(root, path);
    if (want === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(want);
  });

  test('all names', () => {
    expect(dwarf.memberNames(root)).toEqual(['value', 'z', 'x', 'y', 'flags', 'count', 'program', 'computed', 'name']);
    expect(dwarf.type(root)).toMatchObject({ members: [{ name: 'value' }, { name: '', offsetBits: 64 }, {}, {}, {}, { name: 'computed', offsetBits: undefined }, {}] });
  });

  test.each<[string, Attribute[], number | undefined]>([
    // DWARF 4 appendix D.2.8: bits counted from the most significant one of the storage unit.
    ['with its own storage', [size(4), bits(5), [dw.DW_AT_bit_offset, dw.DW_FORM_data1, 0x0f], at(4)], 32 + 12],
    ['with its type\'s', [bits(6), [dw.DW_AT_bit_offset, dw.DW_FORM_data1, 26], at(0)], 0],
    ['reaching over the storage unit\'s end', [size(4), bits(20), [dw.DW_AT_bit_offset, dw.DW_FORM_sdata, -4], at(0)], 16],
  ])('bit-field of DWARF 2 and 3 %s', (_name, attributes, offset) => {
    const word = bases().int;
    const field = entry(dw.DW_TAG_structure_type, [name('old'), size(8)], member('f', word, ...attributes));
    const old = open([word, field], { version: 3 });
    expect(old.locate(idOf(field), ['f'])?.offsetBits).toBe(offset);
  });
});

describe('C++', () => {
  const { int, char, ulong } = bases();
  const grand = entry(dw.DW_TAG_class_type, [name('Grand'), size(8)], member('_vptr.Grand', ulong, at(0), [dw.DW_AT_artificial, dw.DW_FORM_flag_present]), member('shared', int, at(4)));
  const parent = entry(dw.DW_TAG_class_type, [name('Parent'), size(16)], entry(dw.DW_TAG_inheritance, [type(grand), at(0)]), member('own', int, at(8)), member('hidden', int, at(12)));
  const virtual = entry(dw.DW_TAG_inheritance, [type(grand), [dw.DW_AT_data_member_location, dw.DW_FORM_exprloc, Uint8Array.of(0x12, 0x06, 0x48, 0x1c, 0x06, 0x22)]]);
  const child = entry(
    dw.DW_TAG_class_type, [name('Child'), size(32)], entry(dw.DW_TAG_inheritance, [type(parent), at(8)]), virtual, member('hidden', char, at(24)),
    entry(dw.DW_TAG_variable, [name('count'), type(int), [dw.DW_AT_declaration, dw.DW_FORM_flag_present]]),
    entry(dw.DW_TAG_member, [name('older'), type(int), [dw.DW_AT_external, dw.DW_FORM_flag_present], [dw.DW_AT_declaration, dw.DW_FORM_flag_present]]),
  );
  const dwarf = open([int, char, ulong, grand, parent, child], { language: CPP });

  test.each<[string, string, number | undefined]>([['own', 'own', 16], ['of a base\'s base', 'shared', 12], ['hiding its base\'s', 'hidden', 24], ['static', 'count', undefined]])('member: %s', (_name, wanted, offset) => {
    expect(dwarf.member(idOf(child), wanted)?.offset).toBe(offset);
  });

  test('bases and static members', () => {
    expect(dwarf.type(idOf(child))).toMatchObject({
      kind: 'class', members: [{ name: 'Parent', isBase: true, offsetBits: 64 }, { name: 'Grand', isBase: true, offsetBits: undefined }, { name: 'hidden', isBase: false }],
      staticMembers: [{ name: 'count', typeId: idOf(int) }, { name: 'older' }],
    });
    expect(dwarf.type(idOf(grand))).toMatchObject({ members: [{ isArtificial: true }, { isArtificial: false }] });
    expect(dwarf.memberNames(idOf(child))).toEqual(['_vptr.Grand', 'shared', 'own', 'hidden', 'hidden']);
  });

  test('a nested class that is defined outside', () => {
    const declared = entry(dw.DW_TAG_structure_type, [name('Inner'), [dw.DW_AT_declaration, dw.DW_FORM_flag_present]]);
    const outer = entry(dw.DW_TAG_structure_type, [name('Outer'), size(8)], declared);
    const defined = entry(dw.DW_TAG_structure_type, [[dw.DW_AT_specification, dw.DW_FORM_ref4, declared], size(4)]);
    const file = open([outer, defined], { language: CPP });
    expect(file.typeName(idOf(defined))).toBe('struct Outer::Inner');
    expect(file.resolve(idOf(declared))).toMatchObject({ id: idOf(defined), size: 4 });
  });
});

describe('Rust', () => {
  const { int, ulong } = bases();
  const discriminant = entry(dw.DW_TAG_member, [type(ulong), at(0), [dw.DW_AT_artificial, dw.DW_FORM_flag_present]]);
  const payload = entry(dw.DW_TAG_structure_type, [name('Some'), size(16)], member('__0', int, at(8)));
  const part = entry(
    dw.DW_TAG_variant_part, [[dw.DW_AT_discr, dw.DW_FORM_ref4, discriminant]], discriminant,
    entry(dw.DW_TAG_variant, [[dw.DW_AT_discr_value, dw.DW_FORM_data1, 1]], member('Some', payload, at(0))),
    entry(dw.DW_TAG_variant, [[dw.DW_AT_discr_list, dw.DW_FORM_block1, Uint8Array.of(1, 2, 5, 0, 9)]], member('Many', int, at(4))),
    entry(dw.DW_TAG_variant, [], member('None', int, at(0))),
  );
  const option = entry(dw.DW_TAG_structure_type, [name('Option<i32>'), size(16)], part, payload);
  const dwarf = open([int, ulong, entry(dw.DW_TAG_namespace, [name('core')], entry(dw.DW_TAG_namespace, [name('option')], option))], { language: RUST });

  test('variant parts', () => {
    expect(dwarf.type(idOf(option))).toMatchObject({
      members: [],
      variantParts: [{ discriminant: { offsetBits: 0, isArtificial: true }, variants: [{ values: [[1n, 1n]], members: [{ name: 'Some' }] }, { values: [[2n, 5n], [9n, 9n]], members: [{ name: 'Many' }] }, { values: [] }] }],
    });
    expect(dwarf.locate(idOf(option), ['Some', '__0'])?.offset).toBe(8);
    expect(dwarf.typeName(idOf(option))).toBe('struct core::option::Option<i32>');
    expect(dwarf.findType('core::option::Option<i32>')?.id).toBe(idOf(option));
    expect(dwarf.findType('option::Option')?.id).toBe(idOf(option));
  });
});

describe('declarations', () => {
  const isDeclaration: Attribute = [dw.DW_AT_declaration, dw.DW_FORM_flag_present];
  const openUnits = (...units: { language: number; children: readonly Entry[] }[]): Dwarf => {
    const builder = new DwarfBuilder();
    for (const unit of units) builder.unit(entry(dw.DW_TAG_compile_unit, [language(unit.language)], ...unit.children));
    return Dwarf.open(ElfFile.parse(builder.elf()))!;
  };

  test('are resolved to definitions in other units', () => {
    const { int } = bases();
    const declared = entry(dw.DW_TAG_structure_type, [name('device'), isDeclaration]);
    const defined = entry(dw.DW_TAG_structure_type, [name('device'), size(24)], member('id', int, at(16)));
    const constDeclared = around(dw.DW_TAG_const_type, declared);
    const dwarf = openUnits({ language: C, children: [declared, constDeclared] }, { language: C, children: [int, entry(dw.DW_TAG_union_type, [name('device'), size(1)]), defined] });
    expect(dwarf.resolve(idOf(constDeclared))).toMatchObject({ id: idOf(defined), size: 24, isDeclaration: false });
    expect(dwarf.locate(idOf(declared), ['id'])?.offset).toBe(16);
    expect(dwarf.sizeOf(idOf(declared))).toBe(24);
    expect(dwarf.type(idOf(declared))).toMatchObject({ isDeclaration: true, size: undefined, members: [] });
  });

  test('that nothing defines stay what they are', () => {
    const lost = entry(dw.DW_TAG_structure_type, [name('lost'), isDeclaration]);
    const dwarf = openUnits({ language: C, children: [lost] });
    expect(dwarf.resolve(idOf(lost))).toMatchObject({ isDeclaration: true });
    expect(dwarf.sizeOf(idOf(lost))).toBeUndefined();
    expect(dwarf.locate(idOf(lost), ['x'])).toBeUndefined();
    expect(dwarf.findType('lost')).toBeUndefined();
  });

  test('are told apart by their namespaces', () => {
    const inA = entry(dw.DW_TAG_structure_type, [name('T'), isDeclaration]);
    const ofA = entry(dw.DW_TAG_structure_type, [name('T'), size(1)]);
    const ofB = entry(dw.DW_TAG_structure_type, [name('T'), size(2)]);
    const space = (text: string, ...children: Entry[]): Entry => entry(dw.DW_TAG_namespace, [name(text)], ...children);
    const dwarf = openUnits({ language: CPP, children: [space('a', inA)] }, { language: CPP, children: [space('b', ofB), space('a', ofA)] });
    expect(dwarf.resolve(idOf(inA)).id).toBe(idOf(ofA));
  });
});

describe('types that cannot be', () => {
  test('a typedef of itself', () => {
    const loop: Entry = entry(dw.DW_TAG_typedef, [name('loop')]);
    const self: Entry = { ...loop, attributes: [name('loop')], children: [] };
    (self.attributes as Attribute[]).push(type(self));
    const dwarf = open([self]);
    expect(() => dwarf.resolve(idOf(self))).toThrow('more than 64 types in a chain, or a cycle');
    expect(dwarf.typeName(idOf(self))).toBe('loop');
  });

  test('a pointer to itself has no name', () => {
    const self = entry(dw.DW_TAG_pointer_type, []);
    (self.attributes as Attribute[]).push(type(self));
    const dwarf = open([self]);
    expect(() => dwarf.typeName(idOf(self))).toThrow('more than 64 types in a chain, or a cycle');
  });

  test('a struct that contains itself', () => {
    const self = entry(dw.DW_TAG_structure_type, [name('self'), size(4)]);
    (self.children as Entry[]).push(member('', self, at(0)), entry(dw.DW_TAG_inheritance, [type(self), at(0)]));
    const dwarf = open([self], { language: CPP });
    expect(dwarf.memberNames(idOf(self))).toEqual([]);
    expect(dwarf.locate(idOf(self), ['x'])).toBeUndefined();
  });

  test('an enum of itself', () => {
    const self = entry(dw.DW_TAG_enumeration_type, [name('self')]);
    (self.attributes as Attribute[]).push(type(self));
    expect(() => open([self]).type(idOf(self))).toThrow('a type that is made of itself');
  });

  test('an array of 4 GiB', () => {
    const { ulong } = bases();
    const large = entry(dw.DW_TAG_array_type, [type(ulong)], subrange([dw.DW_AT_count, dw.DW_FORM_data4, 0xffff_ffff]));
    expect(() => open([ulong, large]).sizeOf(idOf(large))).toThrow('a type larger than 4 GiB');
  });
});
