/** Expressions, range lists and location lists of real programs, compared with what readelf prints of them. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { DebugPrograms, debugProgramNames, hasDebugTools } from '../testing/debug-programs.test-support.js';
import { expressionText } from '../testing/expression-text.test-support.js';
import { run } from '../testing/host-tools.test-support.js';
import type { ElfFile } from '../elf/elf-file.js';
import { AddressTable } from './address-table.js';
import { decodeExpression } from './expression.js';
import type { ListUnit } from './list-unit.js';
import { readLocations } from './location-lists.js';
import { readRanges } from './ranges.js';

/** A unit as readelf tells it, with the lists and expressions that its DIEs name. */
interface Unit extends ListUnit {
  readonly offset: number;
  readonly expressions: (readonly [bytes: Uint8Array, text: string])[];
  readonly locations: number[];
  readonly ranges: number[];
}

function readelfUnits(path: string, elf: ElfFile): Unit[] {
  const units: { -readonly [K in keyof Unit]: Unit[K] }[] = [];
  let isUnitDie = false;
  for (const printed of run('readelf', '--wide', '--debug-dump=info', path).split('\n')) {
    // Binutils 2.40 names the form of each attribute, others do not.
    const line = printed.replace(/(DW_AT_\w+ *: )\((?:exprloc|sec_offset|addrx?\d?|data[48]|rnglistx|loclistx|block\d?)\) /, '$1');
    const start = /^ +Compilation Unit @ offset (?:0x)?([0-9a-f]+):/.exec(line);
    if (start !== null) units.push({ offset: parseInt(start[1]!, 16), version: 0, addressSize: 8, offsetSize: 4, baseAddress: 0n, expressions: [], locations: [], ranges: [] });
    const unit = units.at(-1);
    if (unit === undefined) continue;
    if (/Length:.*\(64-bit\)/.test(line)) unit.offsetSize = 8;
    const version = /^ +Version: +(\d+)/.exec(line);
    if (version !== null) unit.version = Number(version[1]);
    if (/: Abbrev Number:/.test(line)) isUnitDie = /^ <0>/.test(line);
    const low = /DW_AT_low_pc +: (?:\(index: .*?\): )?(?:0x)?([0-9a-f]+)/.exec(line);
    if (isUnitDie && low !== null) unit.baseAddress = BigInt(`0x${low[1]}`);
    const addressBase = /DW_AT_addr_base +: (?:0x)?([0-9a-f]+)/.exec(line);
    if (addressBase !== null) unit.addresses = new AddressTable(elf.debugSection('.debug_addr')!, parseInt(addressBase[1]!, 16), 8);
    const block = /: (\d+) byte block: ([0-9a-f ]+?)\s+\((DW_OP.*)\)\s*$/.exec(line);
    if (block !== null) unit.expressions.push([Uint8Array.from(block[2]!.trim().split(' '), (byte) => parseInt(byte, 16)), block[3]!]);
    const list = /DW_AT_\w+ +: .*?(?:0x)?([0-9a-f]+) \(location list\)/.exec(line);
    if (list !== null && !line.includes('locviews')) unit.locations.push(parseInt(list[1]!, 16));
    const ranges = /DW_AT_ranges +: (?:\(index: 0x[0-9a-f]+\): )?(?:0x)?([0-9a-f]+)/.exec(line);
    if (ranges !== null) unit.ranges.push(parseInt(ranges[1]!, 16));
  }
  return units;
}

/** "low high" of the entries of every list that an attribute names, by the list's offset: LLVM resolves base addresses and indexes. */
function llvmLists(path: string, attribute: RegExp): Map<number, string[]> {
  const lists = new Map<number, string[]>();
  let current: string[] | undefined;
  for (const line of run('llvm-dwarfdump', '--debug-info', path).split('\n')) {
    const start = /(DW_AT_\w+)\t\((?:indexed \(0x[0-9a-f]+\) (?:loc|range)list = )?0x([0-9a-f]+)(?::| *$)/.exec(line);
    if (start !== null && attribute.test(start[1]!)) lists.set(parseInt(start[2]!, 16), current = []);
    else if (/DW_AT_|DW_TAG_/.test(line)) current = undefined;
    const row = /^ +\[0x([0-9a-f]+), 0x([0-9a-f]+)\)/.exec(line);
    if (row !== null) current?.push(`${BigInt(`0x${row[1]!}`).toString(16)} ${BigInt(`0x${row[2]!}`).toString(16)}`);
  }
  return lists;
}
const rangeText = ({ low, high }: { low: bigint; high: bigint }): string => `${low.toString(16)} ${high.toString(16)}`;

const programs = new DebugPrograms();
afterAll(() => {
  programs.remove();
});

(hasDebugTools ? describe : describe.skip).each(debugProgramNames.filter((name) => name !== 'gcc-object'))('%s', (name) => {
  test('expressions', () => {
    const { path, elf } = programs.get(name);
    const differing: string[] = [];
    let count = 0;
    for (const unit of readelfUnits(path, elf)) {
      for (const [bytes, text] of unit.expressions) {
        count++;
        const have = expressionText(decodeExpression(bytes, unit), elf.machine, unit.offset);
        if (have.trim() !== text.trim().replaceAll(' or DW_OP_HP_unknown', '')) differing.push(`${have}, readelf ${text}`);
      }
    }
    expect(count).toBeGreaterThan(5);
    expect(differing).toEqual([]);
  });

  test('ranges', () => {
    const { path, elf } = programs.get(name);
    const lists = llvmLists(path, /ranges/);
    const differing: string[] = [];
    const units = readelfUnits(path, elf);
    for (const unit of units) {
      const bytes = elf.debugSection(unit.version >= 5 ? '.debug_rnglists' : '.debug_ranges');
      for (const offset of unit.ranges) {
        const have = readRanges(bytes!, offset, unit).map(rangeText);
        // Ours leaves empty ones out.
        const want = (lists.get(offset) ?? ['no list']).filter((row) => new Set(row.split(' ')).size > 1);
        if (have.join() !== want.join()) differing.push(`${offset.toString(16)}: ${have.join()}, llvm-dwarfdump ${want.join()}`);
      }
    }
    expect(differing).toEqual([]);
    if (/gcc-O[23]-(dwarf5|sections|lto)/.test(name)) expect(units.flatMap(({ ranges }) => ranges).length).toBeGreaterThan(0);
  });

  test('location lists', () => {
    const { path, elf } = programs.get(name);
    const lists = llvmLists(path, /location|frame_base/);
    const printed = run('readelf', '--wide', '--debug-dump=loc', path);
    const differing: string[] = [];
    let count = 0;
    for (const unit of readelfUnits(path, elf)) {
      const bytes = elf.debugSection(unit.version >= 5 ? '.debug_loclists' : '.debug_loc');
      for (const offset of unit.locations) {
        const entries = readLocations(bytes!, offset, unit);
        const have = entries.map(({ range }) => (range === undefined ? 'default' : rangeText(range)));
        const want = lists.get(offset) ?? ['no list'];
        if (have.join() !== want.join()) differing.push(`${offset.toString(16)}: ${have.join()}, llvm-dwarfdump ${want.join()}`);
        for (const { expression } of entries) {
          count++;
          const text = expressionText(decodeExpression(expression, unit), elf.machine, unit.offset).trim();
          if (!printed.includes(text)) differing.push(`${offset.toString(16)}: ${text} is not readelf's`);
        }
      }
    }
    expect(differing).toEqual([]);
    if (/O[12]/.test(name) && !name.includes('lto')) expect(count).toBeGreaterThan(5);
  });
});
