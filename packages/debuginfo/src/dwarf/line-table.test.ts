import { describe, expect, test } from '@jest/globals';
import { DebugInfoError } from '../errors.js';
import { buildLineProgram, sectionsOf } from '../testing/line-builder.test-support.js';
import type { LineProgramSpec } from '../testing/line-builder.test-support.js';
import { SectionBuilder } from '../testing/section-builder.test-support.js';
import { LineTable } from './line-table.js';
import { LineTables, SourceFilePattern } from './line-tables.js';

const op = (): SectionBuilder => new SectionBuilder();
const setAddress = (address: number | bigint): Uint8Array => op().u8(0, 9, 2).u64(address).build();
const END = [0, 1, 1];
const SPEC: Omit<LineProgramSpec, 'program'> = { version: 4, files: [{ name: 'a.c' }, { name: 'b.h', directory: 1 }], directories: ['include'] };
const tableOf = (program: SectionBuilder, spec: Partial<LineProgramSpec> = {}): LineTable => LineTable.parse(sectionsOf(buildLineProgram({ ...SPEC, ...spec, program: program.build() })), 0);

/** "address line", and what is not as usual: column, file, flags. */
const texts = (table: LineTable): string[] => [...table.rows()].map((row) => [
  row.address.toString(16), row.line,
  ...(row.file === 1 ? [] : [`file ${row.file}`]), ...(row.column === 0 ? [] : [`column ${row.column}`]), ...(row.opIndex === 0 ? [] : [`op ${row.opIndex}`]),
  ...(row.isStatement ? [] : ['no stmt']), ...(row.isBasicBlock ? ['block'] : []), ...(row.isPrologueEnd ? ['prologue_end'] : []), ...(row.isEpilogueBegin ? ['epilogue_begin'] : []),
  ...(row.discriminator === 0 ? [] : [`discriminator ${row.discriminator}`]), ...(row.isEndOfSequence ? ['end'] : []),
].join(' '));

describe('each opcode', () => {
  test.each<[string, SectionBuilder, Partial<LineProgramSpec>, string[]]>([
    ['copy', op().u8(1), {}, ['0 1']],
    ['advance_pc', op().u8(2, 0x80, 0x01, 1), {}, ['80 1']],
    ['advance_pc counts instructions', op().u8(2, 3, 1), { minimumInstructionLength: 4 }, ['c 1']],
    ['advance_line', op().u8(3, 10, 1, 3, 0x7b, 1), {}, ['0 11', '0 6']],
    ['set_file', op().u8(4, 2, 1), {}, ['0 1 file 2']],
    ['set_column', op().u8(5, 7, 1), {}, ['0 1 column 7']],
    ['negate_stmt', op().u8(6, 1, 6, 1), {}, ['0 1 no stmt', '0 1']],
    ['default_is_stmt', op().u8(1), { defaultIsStatement: false }, ['0 1 no stmt']],
    ['set_basic_block, for one row', op().u8(7, 1, 1), {}, ['0 1 block', '0 1']],
    ['const_add_pc', op().u8(8, 1), {}, ['11 1']],
    ['fixed_advance_pc does not count instructions', op().u8(9, 0x34, 0x12, 1), { minimumInstructionLength: 4 }, ['1234 1']],
    ['set_prologue_end, for one row', op().u8(10, 1, 1), {}, ['0 1 prologue_end', '0 1']],
    ['set_epilogue_begin, for one row', op().u8(11, 1, 1), {}, ['0 1 epilogue_begin', '0 1']],
    ['set_isa', op().u8(12, 1, 1), {}, ['0 1']],
    ['special: 13 is line -5', op().u8(3, 9, 13), {}, ['0 5']],
    ['special: address and line', op().u8(13 + 14 * 3 + 5 + 2), {}, ['3 3']],
    ['special: the largest', op().u8(3, 1, 255), {}, ['11 1']],
    ['unknown standard opcodes are skipped', op().u8(13, 5, 6, 1), { opcodeBase: 14 }, ['0 1']],
    ['an opcode_base below 10: 9 is special', op().u8(3, 4, 9), { opcodeBase: 9 }, ['0 0']],
    ['end_sequence starts anew', op().u8(3, 4, 1).u8(...END).u8(1), {}, ['0 5', '0 5 end', '0 1']],
    ['set_address', op().bytes(setAddress(0xffff_ffff_8100_0000n)).u8(1), {}, ['ffffffff81000000 1']],
    ['set_address of 4 bytes', op().u8(0, 5, 2).u32(0x4000).u8(1), {}, ['4000 1']],
    ['set_address ahead, in a sequence', op().bytes(setAddress(0x1000)).u8(1).bytes(setAddress(0x1010)).u8(1), {}, ['1000 1', '1010 1']],
    ['set_address back starts another sequence', op().bytes(setAddress(0x1000)).u8(1).bytes(setAddress(0x10)).u8(1, 2, 4, 1), {}, ['1000 1', '10 1', '14 1']],
    ['set_discriminator, for one row', op().u8(0, 2, 4, 9, 1, 1), {}, ['0 1 discriminator 9', '0 1']],
    ['define_file and vendors\' opcodes are skipped', op().u8(0, 6, 3).text('x').u8(0, 0, 0, 0).u8(0, 3, 0x80, 1, 2, 1), {}, ['0 1']],
    ['an extended opcode of no bytes', op().u8(0, 0, 1), {}, ['0 1']],
    ['operations of a VLIW machine', op().u8(2, 5, 1, 2, 2, 1), { maximumOperations: 4, minimumInstructionLength: 8 }, ['8 1 op 1', '8 1 op 3']],
    ['special on a VLIW machine', op().u8(13 + 14 * 3 + 5), { maximumOperations: 2, minimumInstructionLength: 4 }, ['4 1 op 1']],
  ])('%s', (_name, program, spec, expected) => {
    expect(texts(tableOf(program, spec))).toEqual(expected);
  });
});

const MD5 = '00112233445566778899aabbccddeeff';
describe('headers of all versions', () => {
  test.each<[string, Partial<LineProgramSpec>, string[]]>([
    ['2', { version: 2 }, ['1 a.c a.c', '2 b.h include/b.h']],
    ['3', { version: 3 }, ['1 a.c a.c', '2 b.h include/b.h']],
    ['4', { version: 4 }, ['1 a.c a.c', '2 b.h include/b.h']],
    ['4, 64-bit', { version: 4, is64Bit: true }, ['1 a.c a.c', '2 b.h include/b.h']],
    ['5', { version: 5, compilationDirectory: '/src' }, ['0 a.c /src/a.c', '1 b.h /src/include/b.h']],
    ['5, line_strp', { version: 5, compilationDirectory: '/src', namesInLineStr: true }, ['0 a.c /src/a.c', '1 b.h /src/include/b.h']],
    ['5, 64-bit', { version: 5, compilationDirectory: '/src', namesInLineStr: true, is64Bit: true }, ['0 a.c /src/a.c', '1 b.h /src/include/b.h']],
    ['5, MD5', { version: 5, files: [{ name: 'a.c', md5: MD5 }] }, [`0 a.c a.c ${MD5}`]],
    ['absolute directories and names', { directories: ['/usr/include'], files: [{ name: '/x/y.c' }, { name: 'b.h', directory: 1 }] }, ['1 /x/y.c /x/y.c', '2 b.h /usr/include/b.h']],
    ['a directory that does not exist', { files: [{ name: 'a.c', directory: 9 }] }, ['1 a.c a.c']],
  ])('%s', (_name, spec, expected) => {
    const table = tableOf(op().u8(1), spec);
    expect(table.files.map(({ index, name, path, md5 }) => [index, name, path, ...(md5 === undefined ? [] : [md5])].join(' '))).toEqual(expected);
    expect([...table.rows()]).toHaveLength(1);
  });

  test('the compilation directory, for versions that do not have it', () => {
    const table = LineTable.parse(sectionsOf(buildLineProgram({ ...SPEC, program: op().u8(1).build() })), 0, { compilationDirectory: '/build' });
    expect([table.path(1), table.path(2), table.path(3), table.file(3)]).toEqual(['/build/a.c', '/build/include/b.h', '', undefined]);
  });
});

describe('broken tables', () => {
  const good = buildLineProgram({ ...SPEC, program: op().u8(1, ...END).build() })['.debug_line']!;
  const changed = (at: number, ...values: number[]): Uint8Array => {
    const copy = good.slice();
    copy.set(values, at);
    return copy;
  };
  const rows = (line: Uint8Array): unknown => [...LineTable.parse(sectionsOf({ '.debug_line': line }), 0).rows()];
  test.each<[string, () => unknown, string]>([
    ['no section', () => LineTable.parse(sectionsOf({}), 0), '.debug_line+0x0: the file has no line tables'],
    ['an offset outside', () => LineTable.parse(sectionsOf({ '.debug_line': good }), 1000), '.debug_line+0x3e8: 4 bytes wanted'],
    ['version 6', () => rows(changed(4, 6)), 'line table version 6 is not supported'],
    ['version 1', () => rows(changed(4, 1)), 'line table version 1 is not supported'],
    ['a length beyond the section', () => rows(changed(0, 0xff)), 'a line table of 255 bytes'],
    ['a header beyond the table', () => rows(changed(6, 0xff)), 'a header of 255 bytes, but the table ends before'],
    ['line_range 0', () => rows(buildLineProgram({ ...SPEC, lineRange: 0, program: op().u8(200).build() })['.debug_line']!), 'a special opcode, but line_range is 0'],
    ['line_range 0, const_add_pc', () => rows(buildLineProgram({ ...SPEC, lineRange: 0, program: op().u8(8).build() })['.debug_line']!), 'DW_LNS_const_add_pc, but line_range is 0'],
    ['an extended opcode beyond the table', () => rows(buildLineProgram({ ...SPEC, program: op().u8(0, 9, 2, 1).build() })['.debug_line']!), 'an extended opcode of 9 bytes, 2 left'],
    ['an address of 9 bytes', () => rows(buildLineProgram({ ...SPEC, program: op().u8(0, 10, 2).u64(0).u8(0).build() })['.debug_line']!), 'an integer of 9 bytes'],
    ['a sequence of 4 GiB', () => rows(buildLineProgram({ ...SPEC, program: op().u8(1, 2, 0xff, 0xff, 0xff, 0xff, 0x1f, 1).build() })['.debug_line']!), 'a sequence of 4 GiB and more'],
    ['line_strp without its section', () => LineTable.parse(sectionsOf({ '.debug_line': buildLineProgram({ ...SPEC, version: 5, namesInLineStr: true, program: op().build() })['.debug_line']! }), 0), 'a name in .debug_line_str, which the file does not have'],
    ['entries without contents', () => rows(op().u32(32).u16(5).u8(8, 0).u32(18).u8(1, 1, 1, 0xfb, 14, 2, 0).u8(0, 0xff, 0x7f).align(40).build()), 'entries without contents'],
  ])('%s', (_name, read, message) => {
    expect(read).toThrow(DebugInfoError);
    expect(read).toThrow(message);
  });
});

/** f at 0x1000: line 10 entry, 11 after the prologue, inlined line 3 of b.h, 12; g at 0x2000: line 20. Removed code at 0. */
const PROGRAM = op().bytes(setAddress(0x1000)).u8(3, 9, 1, 2, 4, 3, 1, 1, 2, 4, 4, 2, 3, 0x78, 1, 2, 4, 4, 1, 3, 9, 1, 2, 4, 6, 3, 1, 1, 2, 4).u8(...END)
  .bytes(setAddress(0x2000)).u8(3, 19, 1, 2, 8).u8(...END).bytes(setAddress(0)).u8(3, 19, 1, 2, 8).u8(...END).build();
const SECTIONS = sectionsOf(buildLineProgram({ ...SPEC, program: PROGRAM }));

describe('questions', () => {
  const table = LineTable.parse(SECTIONS, 0, { isCode: (address) => address >= 0x1000n });
  const all = texts(table);

  test('the fixture', () => {
    expect(all).toEqual(['1000 10', '1004 11', '1008 3 file 2', '100c 12', '1010 13 no stmt', '1014 13 no stmt end', '2000 20', '2008 20 end']);
  });

  test('removed code is there only without isCode', () => {
    expect(texts(LineTable.parse(SECTIONS, 0)).slice(-2)).toEqual(['0 20', '8 20 end']);
  });

  test.each<[string, bigint, string | undefined]>([
    ['at a row', 0x1004n, '11'], ['between rows', 0x1007n, '11'], ['of another file', 0x1008n, '3'], ['the last byte', 0x1013n, '13'], ['the end', 0x1014n, undefined],
    ['before', 0xfffn, undefined], ['another sequence', 0x2000n, '20'], ['removed code', 4n, undefined],
  ])('lineAt: %s', (_name, address, line) => {
    expect(table.lineAt(address)?.line.toString()).toBe(line);
  });

  test.each<[string, number[], number, number | undefined, string[]]>([
    ['one line', [1], 11, undefined, ['1004']], ['another file', [2], 3, undefined, ['1008']], ['a line range', [1, 2], 1, 12, ['1000', '1004', '1008', '100c']],
    ['rows that are no statements are left out', [1], 13, undefined, []], ['no such line', [1], 99, undefined, []],
  ])('rowsFor: %s', (_name, files, line, last, addresses) => {
    expect(table.rowsFor(files, line, last).map(({ address }) => address.toString(16))).toEqual(addresses);
  });

  test('lines of files', () => {
    expect([table.linesOf([1]), table.linesOf([2]), table.linesOf([])]).toEqual([[10, 11, 12, 20], [3], []]);
  });

  test.each<[string, bigint, bigint, bigint | undefined]>([
    ['the second record', 0x1000n, 0x1014n, 0x1004n], ['a function with one record', 0x2000n, 0x2008n, 0x2000n], ['no records', 0x3000n, 0x3008n, undefined],
  ])('after the prologue: %s', (_name, low, high, expected) => {
    expect(table.addressAfterPrologue(low, high)).toBe(expected);
  });

  test('prologue_end comes before the second record', () => {
    const said = tableOf(op().bytes(setAddress(0x1000)).u8(1, 2, 4, 3, 1, 1, 2, 4, 3, 1, 10, 1, 2, 4).u8(...END));
    expect(said.addressAfterPrologue(0x1000n, 0x1010n)).toBe(0x1008n);
  });

  test('a second record at the same address is none', () => {
    const twice = tableOf(op().bytes(setAddress(0x1000)).u8(1, 5, 3, 1, 2, 4, 3, 1, 1, 2, 4).u8(...END));
    expect(twice.addressAfterPrologue(0x1000n, 0x1008n)).toBe(0x1004n);
  });
});

describe('all tables of a file', () => {
  const first = buildLineProgram({ ...SPEC, program: PROGRAM })['.debug_line']!;
  const second = buildLineProgram({ version: 5, compilationDirectory: '/build/linux', directories: ['net', './lib/../lib'], files: [{ name: 'socket.c', directory: 1 }, { name: 'crc.c', directory: 2 }], program: op().bytes(setAddress(0x3000)).u8(4, 0, 3, 49, 1, 2, 8).u8(...END).build() })['.debug_line']!;
  const tables = new LineTables(sectionsOf({ '.debug_line': op().bytes(first).bytes(second).u32(0).build() }), { isCode: (address) => address !== 0n });

  test('rowsFor a pattern, with the table that names the file', () => {
    expect(tables.rowsFor('net/socket.c', 50).map(({ table, row }) => `${table.path(row.file)} ${row.address.toString(16)}`)).toEqual(['/build/linux/net/socket.c 3000']);
    expect(tables.rowsFor('*.c', 1, 100).map(({ row }) => row.line)).toEqual([10, 11, 12, 20, 50]);
    expect(tables.rowsFor('socket.h', 50)).toEqual([]);
  });

  test('lines around', () => {
    expect([tables.linesAround('a.c', 15), tables.linesAround('a.c', 10), tables.linesAround('socket.c', 60), tables.linesAround('none.c', 1)]).toEqual([
      { before: 12, after: 20 }, { before: undefined, after: 11 }, { before: 50, after: undefined }, { before: undefined, after: undefined },
    ]);
  });

  test('lineAt in any table', () => {
    expect([tables.lineAt(0x3001n)?.row.line, tables.lineAt(0x1000n)?.row.line, tables.lineAt(0n)]).toEqual([50, 10, undefined]);
  });

  test('paths are matched as they are and without detours', () => {
    const table = tables.at(first.length);
    expect([table.filesWhere(new SourceFilePattern('linux/lib/crc.c').matches), table.filesWhere(new SourceFilePattern('/build/linux/./lib/../lib/crc.c').matches)]).toEqual([[1], [1]]);
  });

  test.each<[string, string, boolean]>([
    ['socket.c', '/a/net/socket.c', true], ['net/socket.c', '/a/net/socket.c', true], ['*/socket.c', '/a/net/socket.c', true], ['/a/*', '/a/net/socket.c', true],
    ['ocket.c', '/a/net/socket.c', false], ['net', '/a/net/socket.c', false], ['socket.c', 'socket.c', true], ['n*/s?cket.c', '/a/net/socket.c', true],
  ])('pattern %s of %s: %s', (pattern, path, matches) => {
    expect(new SourceFilePattern(pattern).matches(path)).toBe(matches);
  });
});
