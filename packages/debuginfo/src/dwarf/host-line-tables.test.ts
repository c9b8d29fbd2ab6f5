/** Line tables of the host's compilers, compared with readelf, llvm-dwarfdump and addr2line. */
import { afterAll, describe, expect, test } from '@jest/globals';
import type { ElfFile } from '../elf/elf-file.js';
import { DebugPrograms, debugProgramNames, hasDebugTools } from '../testing/debug-programs.test-support.js';
import { hasTool, run } from '../testing/host-tools.test-support.js';
import { Dwarf } from './dwarf.js';
import { LineTables } from './line-tables.js';
import type { LineTable } from './line-table.js';

const programs = new DebugPrograms();
afterAll(() => {
  programs.remove();
});

/** "address file line statement" of every row. */
function rowsOf(elf: ElfFile): string[] {
  return [...new LineTables(elf).all()].flatMap((table) => [...table.rows()].map((row) => [
    inSection(elf, row.address).toString(16), table.file(row.file)?.name ?? '?', row.isEndOfSequence ? '-' : row.line, row.isStatement && !row.isEndOfSequence ? 'x' : '',
  ].join(' ').trim()));
}

/** Addresses of relocatable files as others print them: from the start of the section. */
function inSection(elf: ElfFile, address: bigint): bigint {
  if (elf.type !== 'rel') return address;
  return elf.layout.placeOf(address)?.offset ?? elf.layout.placeOf(address - 1n)!.offset + 1n;
}

/** Addresses of an object file are its own: the test with readelf compares them. Binutils 2.40 finds no line in 64-bit DWARF, nor where the source is embedded. */
const NOT_FOR_ADDR2LINE = ['gcc-O2-64', 'clang-embedded-source', 'gcc-object'];

(hasDebugTools ? describe : describe.skip).each(debugProgramNames)('%s', (name) => {
  test('rows are readelf --debug-dump=decodedline\'s', () => {
    const { path, elf } = programs.get(name);
    // file, line, address, view, statement: an end has "-" for its line, and no mark.
    const want = [...run('readelf', '--wide', '--debug-dump=decodedline', path).matchAll(/^(\S+) +(\d+|-) +(0x[0-9a-f]+|0)(?:\[\d+\])?(?: +(?:\d+))?(?: +(x))? *(?:END)?$/gm)]
      .map(([, file, line, address, statement]) => [address!.replace(/^0x/, ''), file, line, statement ?? ''].join(' ').trim());
    expect(want.length).toBeGreaterThan(20);
    expect(rowsOf(elf)).toEqual(want);
  });

  if (name !== 'gcc-object') test('rows are llvm-dwarfdump --debug-line\'s, with columns, discriminators and flags', () => {
    const { path, elf } = programs.get(name);
    const want = [...run('llvm-dwarfdump', '--debug-line', path).matchAll(/^0x([0-9a-f]{16}) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) *(.*)$/gm)]
      .map(([, address, line, column, file, , discriminator, flags]) => [BigInt(`0x${address}`).toString(16), line, column, file, discriminator, flags!.trim().replace(/ +/g, ' ')].join(' '));
    const have = [...new LineTables(elf).all()].flatMap((table) => [...table.rows()].map((row) => [
      row.address.toString(16), row.line, row.column, row.file, row.discriminator,
      [...(row.isStatement ? ['is_stmt'] : []), ...(row.isBasicBlock ? ['basic_block'] : []), ...(row.isPrologueEnd ? ['prologue_end'] : []), ...(row.isEpilogueBegin ? ['epilogue_begin'] : []), ...(row.isEndOfSequence ? ['end_sequence'] : [])].join(' '),
    ].join(' ')));
    expect(want.length).toBeGreaterThan(20);
    expect(have).toEqual(want);
  });

  if (!NOT_FOR_ADDR2LINE.includes(name)) test('every address has addr2line\'s file and line', () => {
    const { path, elf } = programs.get(name);
    const tables = new LineTables(elf, { isCode: (address) => elf.isCode(address) });
    const functions = elf.functions('*').filter(({ name: one }) => ['sum', 'main', 'average', 'fail'].includes(one));
    const addresses = functions.flatMap(({ address, size }) => Array.from({ length: Math.min(size, 60) }, (_, index) => address + BigInt(index)));
    const want = run('addr2line', '-e', path, ...addresses.map((address) => `0x${address.toString(16)}`)).trim().split('\n').map((line) => line.replace(/ \(discriminator \d+\)$/, ''));
    const differing: string[] = [];
    addresses.forEach((address, index) => {
      const found = tables.lineAt(address);
      const have = found === undefined ? '??:0' : `${found.table.path(found.row.file)}:${found.row.line === 0 ? '?' : found.row.line}`;
      // Before DWARF 5 the table alone does not know the compilation directory. LTO's unit has no file: addr2line prints its name there.
      const wanted = want[index]!.replace(/^.*<artificial>/, found?.table.path(found.row.file) ?? '');
      if (!wanted.endsWith(have)) differing.push(`${address.toString(16)}: ${have}, addr2line ${want[index]!}`);
    });
    expect(addresses.length).toBeGreaterThan(50);
    expect(differing).toEqual([]);
  });
});

(hasDebugTools ? describe : describe.skip)('units with a source file', () => {
  test.each(debugProgramNames)('%s: a search for its name finds those that reading all tables finds', (name) => {
    const { elf } = programs.get(name);
    const dwarf = Dwarf.open(elf)!;
    const names = [...new Set([...dwarf.lines.all()].flatMap(({ files }) => files.map((file) => file.path.slice(file.path.lastIndexOf('/') + 1))))].filter((file) => /^[\w.]+$/.test(file));
    const units = (pattern: string): string[] => dwarf.unitsWithFile(pattern).map((unit) => unit.name);
    expect(names).toEqual(expect.arrayContaining(['main.c', 'inner.h']));
    // With a wildcard in its name no search is made.
    for (const file of names) expect([file, units(file)]).toEqual([file, units(`${file.slice(0, -1)}[${file.slice(-1)}]`)]);
    expect([units('inner.h').length > 0, units('ner.h'), units('no-such-file.c')]).toEqual([true, [], []]);
  });
});

(hasDebugTools ? describe : describe.skip)('lines of a source file', () => {
  const lines = (table: LineTable): number[] => table.linesOf(table.filesWhere((path) => path.endsWith('main.c')));
  test('a line that was inlined from a header', () => {
    const { elf } = programs.get('gcc-O0-dwarf5');
    const tables = new LineTables(elf, { isCode: (address) => elf.isCode(address) });
    const sum = elf.function('sum')!;
    const found = tables.rowsFor('inner.h', 2).map(({ row }) => row.address);
    expect(found.some((address) => address > sum.address && address < sum.address + BigInt(sum.size))).toBe(true);
    expect(found.length).toBeGreaterThanOrEqual(2);
  });
  test('lines with code, comment and brace lines left out', () => {
    const { elf } = programs.get('gcc-O0-dwarf5');
    const [table] = [...new LineTables(elf).all()];
    expect(lines(table!)).toEqual(expect.arrayContaining([9, 10, 11, 12, 14, 15]));
    expect(lines(table!)).not.toContain(13);
  });
  test.each(['gcc-O0-dwarf5', ...(hasTool('clang') ? ['clang-O0-dwarf5'] : [])])('%s: behind the prologue, parameters are stored', (name) => {
    const { path, elf } = programs.get(name);
    const { address, size } = elf.function('average')!;
    const [table] = [...new LineTables(elf).all()];
    const after = table!.addressAfterPrologue(address, address + BigInt(size))!;
    expect(after).toBeGreaterThan(address + 4n);
    const code = run('objdump', '-d', '--no-show-raw-insn', `--start-address=${address}`, `--stop-address=${after}`, path);
    expect(code).toMatch(/mov\s+%edi|mov\s+%rdi/);
    expect(code).toMatch(/mov\s+%esi/);
  });
});
