import { describe, expect, test } from '@jest/globals';
import { ElfFile } from '../elf/elf-file.js';
import { DebugInfoError } from '../errors.js';
import { DwarfBuilder, entry } from '../testing/dwarf-builder.test-support.js';
import type { Attribute, Entry } from '../testing/dwarf-builder.test-support.js';
import { SectionBuilder } from '../testing/section-builder.test-support.js';
import * as dw from './constants.js';
import { Dwarf } from './dwarf.js';
import type { DwarfScope } from './model.js';

const name = (text: string): Attribute => [dw.DW_AT_name, dw.DW_FORM_strp, text];
const type = (to: Entry): Attribute => [dw.DW_AT_type, dw.DW_FORM_ref4, to];
const code = (low: number, bytes: number): Attribute[] => [[dw.DW_AT_low_pc, dw.DW_FORM_addr, low], [dw.DW_AT_high_pc, dw.DW_FORM_data4, bytes]];
const origin = (of: Entry): Attribute => [dw.DW_AT_abstract_origin, dw.DW_FORM_ref4, of];
const specification = (of: Entry): Attribute => [dw.DW_AT_specification, dw.DW_FORM_ref4, of];
const at = (...expression: number[]): Attribute => [dw.DW_AT_location, dw.DW_FORM_exprloc, Uint8Array.from(expression)];
const flag = (attribute: number): Attribute => [attribute, dw.DW_FORM_flag_present];
const inline = (kind: number): Attribute => [dw.DW_AT_inline, dw.DW_FORM_data1, kind];
const language = (number: number): Attribute => [dw.DW_AT_language, dw.DW_FORM_data2, number];
const func = (text: string, attributes: readonly Attribute[], ...children: readonly Entry[]): Entry => entry(dw.DW_TAG_subprogram, [name(text), ...attributes], ...children);
const parameter = (text: string, to: Entry, ...rest: Attribute[]): Entry => entry(dw.DW_TAG_formal_parameter, [name(text), type(to), ...rest]);
const variable = (text: string, to: Entry, ...rest: Attribute[]): Entry => entry(dw.DW_TAG_variable, [name(text), type(to), ...rest]);
const int = (): Entry => entry(dw.DW_TAG_base_type, [name('int'), [dw.DW_AT_byte_size, dw.DW_FORM_data1, 4], [dw.DW_AT_encoding, dw.DW_FORM_data1, 5]]);
const C = 0x1d;
const CPP = 0x21;

/** A unit of [0x1000, 0x9000). */
const unit = (lang: number, ...children: readonly Entry[]): Entry => entry(dw.DW_TAG_compile_unit, [language(lang), name('a.c'), ...code(0x1000, 0x8000)], ...children);
const open = (...units: readonly Entry[]): Dwarf => {
  const builder = new DwarfBuilder();
  for (const one of units) builder.unit(one);
  return Dwarf.open(ElfFile.parse(builder.elf()))!;
};
const names = (found: readonly { readonly qualifiedName: string }[]): string[] => found.map(({ qualifiedName }) => qualifiedName);

describe('a function', () => {
  const i = int();
  const block = entry(dw.DW_TAG_lexical_block, code(0x1010, 0x10), variable('i', i, at(0x91, 0x6c)), entry(dw.DW_TAG_lexical_block, code(0x1014, 4), variable('deep', i, at(0x91, 0x68))));
  const label = entry(dw.DW_TAG_label, [name('out'), [dw.DW_AT_low_pc, dw.DW_FORM_addr, 0x1030], [dw.DW_AT_decl_line, dw.DW_FORM_data1, 9]]);
  const callee = func('callee', [flag(dw.DW_AT_external), flag(dw.DW_AT_declaration)]);
  const call = entry(
    dw.DW_TAG_call_site, [[dw.DW_AT_call_return_pc, dw.DW_FORM_addr, 0x1028], [dw.DW_AT_call_origin, dw.DW_FORM_ref4, callee]],
    entry(dw.DW_TAG_call_site_parameter, [at(0x55), [dw.DW_AT_call_value, dw.DW_FORM_exprloc, Uint8Array.of(0x31)]]),
  );
  const tail = entry(dw.DW_TAG_call_site, [[dw.DW_AT_call_return_pc, dw.DW_FORM_addr, 0x1040], flag(dw.DW_AT_call_tail_call), [dw.DW_AT_call_target, dw.DW_FORM_exprloc, Uint8Array.of(0x50)]]);
  const body = func(
    'main', [flag(dw.DW_AT_external), flag(dw.DW_AT_prototyped), flag(dw.DW_AT_noreturn), flag(dw.DW_AT_call_all_calls), [dw.DW_AT_decl_line, dw.DW_FORM_data1, 5], type(i), ...code(0x1000, 0x40), [dw.DW_AT_frame_base, dw.DW_FORM_exprloc, Uint8Array.of(0x9c)]],
    parameter('argc', i, at(0x91, 0x5c)), parameter('argv', i), entry(dw.DW_TAG_unspecified_parameters, []), variable('local', i, at(0x91, 0x70)), variable('constant', i, [dw.DW_AT_const_value, dw.DW_FORM_sdata, -7]), variable('argc', i, at(0x91, 0x00)), block, label, call, tail,
  );
  const dwarf = open(unit(C, i, callee, body));
  const [main] = dwarf.functions('main');

  test('what it is', () => {
    expect(main).toMatchObject({
      name: 'main', qualifiedName: 'main', linkageName: undefined, isExternal: true, isPrototyped: true, isNoReturn: true, isArtificial: false, inline: 'not-inlined', callsRecorded: 'all', entryPc: 0x1000n,
      ranges: [{ low: 0x1000n, high: 0x1040n }], isVariadic: true, declaration: { file: '', line: 5, column: undefined },
    });
    expect(dwarf.typeName(main!.returnTypeId)).toBe('int');
    expect(main!.frameBase).toMatchObject({ kind: 'expression', expression: Uint8Array.of(0x9c) });
    expect(main!.unit).toMatchObject({ name: 'a.c', language: 'c', version: 5, addressSize: 8 });
    expect(main!.inlinedInstances()).toEqual([]);
  });

  test('parameters and locals', () => {
    expect(main!.parameters.map((one) => [one.name, one.isParameter, one.location?.kind])).toEqual([['argc', true, 'expression'], ['argv', true, undefined]]);
    expect(main!.scope.variables.map((one) => [one.name, one.constant])).toEqual([['local', undefined], ['constant', -7n], ['argc', undefined]]);
    expect(main!.scope.scopes.map(({ kind, ranges, variables }) => [kind, ranges, variables.map((one) => one.name)])).toEqual([['block', [{ low: 0x1010n, high: 0x1020n }], ['i']]]);
  });

  test('labels and calls', () => {
    expect(main!.scope.labels).toEqual([{ name: 'out', address: 0x1030n, declaration: { file: '', line: 9, column: undefined } }]);
    const [direct, indirect] = main!.scope.callSites;
    expect(direct).toMatchObject({ returnAddress: 0x1028n, callAddress: undefined, targetName: 'callee', isTailCall: false, target: undefined });
    expect(direct!.parameters).toEqual([{ location: Uint8Array.of(0x55), value: Uint8Array.of(0x31), dataLocation: undefined, dataValue: undefined }]);
    expect(indirect).toMatchObject({ targetName: undefined, targetId: undefined, isTailCall: true, target: Uint8Array.of(0x50) });
  });

  test.each<[number, string[]]>([
    [0x1000, ['local', 'constant', 'argc', 'argv']], [0x1012, ['i', 'local', 'constant', 'argc', 'argv']], [0x1014, ['deep', 'i', 'local', 'constant', 'argc', 'argv']], [0x103f, ['local', 'constant', 'argc', 'argv']], [0x1040, []],
  ])('variables at 0x%i', (pc, want) => {
    const found = dwarf.variablesAt(BigInt(pc));
    expect(found.map((one) => one.name)).toEqual(want);
    // The local hides the parameter of its name.
    expect(found.find((one) => one.name === 'argc')?.isParameter ?? false).toBe(false);
  });

  test('by address', () => {
    expect(dwarf.functionAt(0x103fn)?.name).toBe('main');
    expect(dwarf.functionAt(0x1040n)).toBeUndefined();
    expect(dwarf.functionAt(0xfffn)).toBeUndefined();
    expect(dwarf.unitAt(0x5000n)?.name).toBe('a.c');
    expect(dwarf.unitAt(0x9000n)).toBeUndefined();
  });

  test('declarations are no functions', () => {
    expect(dwarf.functions('callee')).toEqual([]);
    expect(names(dwarf.functions('*'))).toEqual(['main']);
  });
});

describe('call sites of GNU, before DWARF 5', () => {
  const callee = func('callee', [flag(dw.DW_AT_declaration)]);
  const site = entry(
    dw.DW_TAG_GNU_call_site, [[dw.DW_AT_low_pc, dw.DW_FORM_addr, 0x1008], origin(callee), flag(dw.DW_AT_GNU_tail_call)],
    entry(dw.DW_TAG_GNU_call_site_parameter, [at(0x55), [dw.DW_AT_GNU_call_site_value, dw.DW_FORM_exprloc, Uint8Array.of(0x30)]]),
  );
  const caller = func('caller', [...code(0x1000, 0x10), flag(dw.DW_AT_GNU_all_call_sites)], site);
  test('are call sites', () => {
    const builder = new DwarfBuilder({ version: 4 }).unit(unit(C, callee, caller));
    const [found] = Dwarf.open(ElfFile.parse(builder.elf()))!.functions('caller');
    expect(found!.callsRecorded).toBe('all');
    expect(found!.scope.callSites[0]).toMatchObject({ returnAddress: 0x1008n, targetName: 'callee', isTailCall: true });
    expect(found!.scope.callSites[0]!.parameters).toMatchObject([{ value: Uint8Array.of(0x30) }]);
  });
});

describe('inlining', () => {
  const i = int();
  const abstractX = parameter('x', i);
  const abstractUnused = parameter('unused', i);
  const abstractLocal = variable('local', i);
  const abstract = func('twice', [inline(3), [dw.DW_AT_decl_line, dw.DW_FORM_data1, 3], type(i)], abstractX, abstractUnused, abstractLocal);
  const innerAbstract = func('inner', [inline(1)]);
  const innerInlined = (low: number, bytes: number): Entry => entry(dw.DW_TAG_inlined_subroutine, [origin(innerAbstract), ...code(low, bytes), [dw.DW_AT_call_line, dw.DW_FORM_data1, 30]]);
  const inlined = entry(
    dw.DW_TAG_inlined_subroutine, [origin(abstract), ...code(0x2010, 0x10), [dw.DW_AT_entry_pc, dw.DW_FORM_data1, 4], [dw.DW_AT_call_line, dw.DW_FORM_data1, 20], [dw.DW_AT_call_column, dw.DW_FORM_data1, 7]],
    entry(dw.DW_TAG_formal_parameter, [origin(abstractX), at(0x55)]), entry(dw.DW_TAG_variable, [origin(abstractLocal), at(0x50)]), innerInlined(0x2014, 4),
  );
  const emptied = entry(dw.DW_TAG_inlined_subroutine, [origin(abstract), ...code(0x2030, 0)]);
  const caller = func('caller', code(0x2000, 0x40), variable('mine', i, at(0x53)), entry(dw.DW_TAG_lexical_block, code(0x2008, 0x30), inlined), emptied);
  const body = entry(dw.DW_TAG_subprogram, [origin(abstract), ...code(0x3000, 0x10)], entry(dw.DW_TAG_formal_parameter, [origin(abstractX), at(0x55)]));
  const clone = entry(dw.DW_TAG_subprogram, [origin(abstract), ...code(0x4000, 0x10)]);
  const only = func('only_inlined', [inline(1)]);
  const dwarf = open(unit(C, i, abstract, innerAbstract, caller, body, clone, only));

  test('each body is one function', () => {
    const found = dwarf.functions('twice');
    expect(found.map(({ name: text, entryPc, inline: kind, declaration }) => [text, entryPc, kind, declaration?.line])).toEqual([['twice', 0x3000n, 'declared-inlined', 3], ['twice', 0x4000n, 'declared-inlined', 3]]);
    expect(found[0]!.parameters.map((one) => [one.name, one.location?.kind])).toEqual([['x', 'expression'], ['unused', undefined]]);
    expect(found[1]!.parameters.map((one) => [one.name, one.location?.kind])).toEqual([['x', undefined], ['unused', undefined]]);
  });

  test('instances', () => {
    const [twice] = dwarf.functions('twice');
    const instances = twice!.inlinedInstances();
    expect(instances.map(({ entryPc, call, ranges }) => [entryPc, call, ranges])).toEqual([
      [0x2030n, undefined, []], [0x2014n, { file: '', line: 20, column: 7 }, [{ low: 0x2010n, high: 0x2020n }]],
    ]);
    const instance = instances[1]!;
    expect(instance).toMatchObject({ name: 'twice', kind: 'inlined', declaration: { line: 3 } });
    expect(instance.parameters.map((one) => [one.name, one.location?.kind])).toEqual([['x', 'expression'], ['unused', undefined]]);
    expect(instance.variables.map((one) => one.name)).toEqual(['local']);
    expect(instance.parent?.kind).toBe('block');
  });

  test('a function that was inlined everywhere has no body', () => {
    const [found] = dwarf.functions('only_inlined');
    expect(found).toMatchObject({ entryPc: undefined, ranges: [], inline: 'inlined' });
    expect(names(dwarf.functions('*'))).toEqual(['inner', 'caller', 'twice', 'twice', 'only_inlined']);
  });

  test.each<[number, string[]]>([[0x2004, ['caller']], [0x2012, ['twice', 'caller']], [0x2015, ['inner', 'twice', 'caller']], [0x2018, ['twice', 'caller']], [0x2020, ['caller']], [0x3004, ['twice']], [0x5000, []]])('stack at 0x%i', (pc, want) => {
    expect(dwarf.inlineStack(BigInt(pc)).map((frame) => frame.name)).toEqual(want);
  });

  test('scopes and variables inside', () => {
    const kinds = (scopes: readonly DwarfScope[]): string[] => scopes.map(({ kind }) => kind);
    expect(kinds(dwarf.scopesAt(0x2015n))).toEqual(['inlined', 'inlined', 'block', 'function']);
    expect(dwarf.variablesAt(0x2012n).map((one) => one.name)).toEqual(['local', 'x', 'unused']);
    expect(dwarf.variablesAt(0x2008n).map((one) => one.name)).toEqual(['mine']);
  });
});

describe('functions in several units', () => {
  const abstract = func('far', [inline(1)], parameter('p', int()));
  const early = unit(C, abstract.children[0]!.attributes[1]![2] as Entry, abstract);
  const refersFar = (tag: number, low: number, ...children: Entry[]): Entry => entry(tag, [[dw.DW_AT_abstract_origin, dw.DW_FORM_ref_addr, abstract], ...code(low, 0x10)], ...children);
  const late = unit(C, refersFar(dw.DW_TAG_subprogram, 0x1100), func('user', code(0x1200, 0x40), refersFar(dw.DW_TAG_inlined_subroutine, 0x1210)));
  const dwarf = open(early, late);

  test('link-time optimization: body and instances are in another unit than the name', () => {
    const [far] = dwarf.functions('far');
    expect(far).toMatchObject({ name: 'far', entryPc: 0x1100n });
    expect(far!.parameters.map((one) => one.name)).toEqual(['p']);
    expect(far!.inlinedInstances().map(({ entryPc }) => entryPc)).toEqual([0x1210n]);
    expect(names(dwarf.inlineStack(0x1215n))).toEqual(['far', 'user']);
  });
});

describe('bodies in parts', () => {
  const list = new SectionBuilder().u32(0x20).u16(5).u8(8, 0).u32(0);
  const cold = list.length;
  list.u8(6).u64(0x5000, 0x5010).u8(6).u64(0x2000, 0x2040).u8(0);
  const removed = list.length;
  list.u8(6).u64(0, 0x10).u8(6).u64(0x3000, 0x3008).u8(0);
  const parts = (offset: number): Attribute => [dw.DW_AT_ranges, dw.DW_FORM_sec_offset, offset];
  const split = func('split', [parts(cold), [dw.DW_AT_entry_pc, dw.DW_FORM_addr, 0x2000]]);
  const half = func('half', [parts(removed)]);
  const gone = func('gone', code(0, 0x20));
  const root = entry(dw.DW_TAG_compile_unit, [language(C), [dw.DW_AT_low_pc, dw.DW_FORM_addr, 0], parts(cold)], split, half, gone);
  const dwarf = Dwarf.open(ElfFile.parse(new DwarfBuilder().unit(root).section('.debug_rnglists', list.build()).elf()))!;

  test('the part with the entry comes first', () => {
    expect(dwarf.functions('split')).toMatchObject([{ entryPc: 0x2000n, ranges: [{ low: 0x2000n, high: 0x2040n }, { low: 0x5000n, high: 0x5010n }] }]);
    expect(dwarf.functionAt(0x5008n)?.name).toBe('split');
  });

  test('what the linker removed is left out', () => {
    expect(dwarf.functions('half')).toMatchObject([{ ranges: [{ low: 0x3000n, high: 0x3008n }] }]);
    expect(dwarf.functions('gone')).toEqual([]);
  });
});

describe('C++ names', () => {
  const i = int();
  const area = func('area', [[dw.DW_AT_linkage_name, dw.DW_FORM_strp, '_ZNK3geo5Shape4areaEv'], flag(dw.DW_AT_declaration), type(i)], entry(dw.DW_TAG_formal_parameter, [type(i), flag(dw.DW_AT_artificial)]));
  const made = variable('made', i, flag(dw.DW_AT_declaration), flag(dw.DW_AT_external));
  const shape = entry(dw.DW_TAG_class_type, [name('Shape'), [dw.DW_AT_byte_size, dw.DW_FORM_data1, 4]], area, made);
  const max = func('max<int>', code(0x1300, 0x10));
  const geo = entry(dw.DW_TAG_namespace, [name('geo')], shape, max, entry(dw.DW_TAG_namespace, [name('__1')], func('nested', code(0x1400, 0x10))), entry(dw.DW_TAG_namespace, [], func('secret', code(0x1500, 0x10))));
  const lambda = entry(dw.DW_TAG_class_type, [name('<lambda(int)>')], func('operator()', [flag(dw.DW_AT_declaration)]));
  const area2 = entry(dw.DW_TAG_subprogram, [specification(area), ...code(0x1000, 0x10)], entry(dw.DW_TAG_formal_parameter, [name('this'), type(i), flag(dw.DW_AT_artificial), at(0x55)]));
  const outer = func('outer', code(0x1100, 0x20), lambda, entry(dw.DW_TAG_subprogram, [specification(lambda.children[0]!), ...code(0x1200, 0x10)]));
  const made2 = entry(dw.DW_TAG_variable, [specification(made), at(0x03, 0, 0x20, 0, 0, 0, 0, 0, 0)]);
  const global = variable('level', i, at(0x03, 8, 0x20, 0, 0, 0, 0, 0, 0));
  const compare = func('operator<=>', code(0x1600, 0x10));
  const dwarf = open(unit(CPP, i, geo, area2, outer, made2, global, compare));

  test.each<[string, string[]]>([
    ['area', ['geo::Shape::area']], ['Shape::area', ['geo::Shape::area']], ['geo::Shape::area', ['geo::Shape::area']], ['::geo::Shape::area', ['geo::Shape::area']], ['::area', []], ['geo::area', []],
    ['*::area', ['geo::Shape::area']], ['Sh*::a*', ['geo::Shape::area']], ['_ZNK3geo5Shape4areaEv', ['geo::Shape::area']], ['_ZNK*', ['geo::Shape::area']],
    ['max', ['geo::max<int>']], ['max<int>', ['geo::max<int>']], ['max<*>', ['geo::max<int>']], ['max<long>', []], ['geo::nested', ['geo::__1::nested']], ['geo::secret', ['geo::(anonymous namespace)::secret']],
    ['operator()', ['outer::<lambda(int)>::operator()']], ['operator', []], ['operator<=>', ['operator<=>']], ['outer', ['outer']],
    ['*', ['geo::max<int>', 'geo::__1::nested', 'geo::(anonymous namespace)::secret', 'geo::Shape::area', 'outer', 'outer::<lambda(int)>::operator()', 'operator<=>']],
  ])('functions(%s)', (pattern, want) => {
    expect(names(dwarf.functions(pattern))).toEqual(want);
  });

  test('methods', () => {
    const [method] = dwarf.functions('area');
    expect(method).toMatchObject({ linkageName: '_ZNK3geo5Shape4areaEv', entryPc: 0x1000n });
    expect(dwarf.typeName(method!.returnTypeId)).toBe('int');
    expect(method!.parameters.map((one) => [one.name, one.isArtificial])).toEqual([['this', true]]);
  });

  test('variables', () => {
    expect(dwarf.globals('*').map((one) => [one.qualifiedName, one.isExternal, one.location?.kind])).toEqual([['geo::Shape::made', true, 'expression'], ['level', false, 'expression']]);
    expect(names(dwarf.globals('Shape::made'))).toEqual(['geo::Shape::made']);
    expect(dwarf.globals('lev')).toEqual([]);
  });

  test('a nested function is found before the one around it', () => {
    expect(dwarf.functionAt(0x1205n)?.qualifiedName).toBe('outer::<lambda(int)>::operator()');
  });
});

describe('the index', () => {
  const units = (): Entry[] => [unit(C, func('alpha', code(0x1000, 0x10)), variable('counter', int())), unit(C, func('beta', code(0x2000, 0x10)), func('alpha', code(0x3000, 0x10)))];
  const builder = new DwarfBuilder();
  for (const one of units()) builder.unit(one);
  const elf = builder.elf();
  const index = Dwarf.open(ElfFile.parse(elf))!.exportIndex();
  const answers = (dwarf: Dwarf): unknown => [dwarf.functions('*').map(({ name: text, entryPc }) => [text, entryPc]), dwarf.functions('alpha').map(({ id }) => id), names(dwarf.globals('*')), dwarf.functionAt(0x2008n)?.name, dwarf.types('*').map(({ name: text }) => text)];
  const want = answers(Dwarf.open(ElfFile.parse(elf))!);

  test('answers the same', () => {
    expect(answers(Dwarf.open(ElfFile.parse(elf), { index: () => index })!)).toEqual(want);
    // At an odd place in memory.
    const shifted = new Uint8Array(index.length + 3);
    shifted.set(index, 3);
    expect(answers(Dwarf.open(ElfFile.parse(elf), { index: () => shifted.subarray(3) })!)).toEqual(want);
    expect(Buffer.from(Dwarf.open(ElfFile.parse(elf), { index: () => index })!.exportIndex()).equals(index)).toBe(true);
  });

  test('is used', () => {
    const other = new DwarfBuilder();
    for (const one of units().reverse()) other.unit(one);
    // Another file with sections of the same sizes: the index says where things were in its own.
    const found = ((): string[] => {
      try {
        return names(Dwarf.open(ElfFile.parse(other.elf()), { index: () => index })!.functions('beta'));
      } catch (error) {
        if (!(error instanceof DebugInfoError)) throw error;
        return [];
      }
    })();
    expect(found).not.toEqual(['beta']);
  });

  test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['nothing', () => new Uint8Array()], ['cut short', (bytes) => bytes.subarray(0, bytes.length - 1)], ['another format', (bytes) => bytes.with(4, 99)], ['of another file', (bytes) => bytes.with(8, 99)],
    ['a broken table', (bytes) => bytes.with(bytes.length - 3, 0x7f)], ['a broken count', (bytes) => bytes.with(36, 0xff)], ['rubbish', (bytes) => bytes.map((byte) => byte ^ 0x5a)],
  ])('is left unused when it is %s', (_name, spoil) => {
    expect(answers(Dwarf.open(ElfFile.parse(elf), { index: () => spoil(index) })!)).toEqual(want);
  });
});

describe('.debug_aranges', () => {
  const table = (...rows: (readonly [low: number, size: number])[]): Uint8Array => {
    const rest = new SectionBuilder().u16(2).u32(0).u8(8, 0).u32(0);
    for (const [low, bytes] of rows) rest.u64(low, bytes);
    rest.u64(0, 0);
    return new SectionBuilder().u32(rest.length).bytes(rest.build()).build();
  };
  test('says where units are', () => {
    const root = entry(dw.DW_TAG_compile_unit, [language(C)], func('far', code(0x8000, 0x10)));
    const dwarf = Dwarf.open(ElfFile.parse(new DwarfBuilder().unit(root).section('.debug_aranges', table([0, 0x10], [0x8000, 0x10])).elf()))!;
    expect(dwarf.functionAt(0x8008n)?.name).toBe('far');
    expect(dwarf.functionAt(0x8010n)).toBeUndefined();
    expect(dwarf.functionAt(0n)).toBeUndefined();
  });

  test.each<[string, Uint8Array, string]>([
    ['a version that there is not', table().with(4, 3), '.debug_aranges+0x0: version 3 is not supported'],
    ['a table that is cut', table([1, 2]).subarray(0, 20), '.debug_aranges+0x0: a table of 44 bytes, 16 left'],
    ['addresses of no size', table().with(10, 0), 'addresses of 0 bytes'],
    ['a unit that is not there', table([0x8000, 1]).with(6, 0xff), '.debug_info+0xff: no unit has an entry here'],
  ])('%s', (_name, bytes, message) => {
    const dwarf = Dwarf.open(ElfFile.parse(new DwarfBuilder().unit(unit(C)).section('.debug_aranges', bytes).elf()))!;
    expect(() => dwarf.unitAt(0x1000n)).toThrow(message);
  });
});
