/** Range lists and location lists, each kind of entry. */
import { describe, expect, test } from '@jest/globals';
import { DebugInfoError } from '../errors.js';
import { SectionBuilder } from '../testing/section-builder.test-support.js';
import { AddressTable } from './address-table.js';
import { impliedListBase, listOffset } from './list-unit.js';
import type { ListUnit } from './list-unit.js';
import { locationAt, readLocations } from './location-lists.js';
import { readRanges } from './ranges.js';

const ADDRESSES = new AddressTable(new SectionBuilder().u64(0, 0x5000, 0x6000, 0x7000).build(), 8, 8);
const V5: ListUnit = { version: 5, addressSize: 8, offsetSize: 4, baseAddress: 0x1000n, addresses: ADDRESSES };
const V4: ListUnit = { ...V5, version: 4 };
const build = (): SectionBuilder => new SectionBuilder();
const ALL_ONES = 0xffff_ffff_ffff_ffffn;
const short = (ranges: readonly { low: bigint; high: bigint }[]): string => ranges.map(({ low, high }) => `${low.toString(16)}-${high.toString(16)}`).join(' ');

describe('ranges', () => {
  test.each<[string, ListUnit, SectionBuilder, string]>([
    ['DWARF 4: relative to the unit', V4, build().u64(0x10, 0x20, 0x30, 0x38, 0, 0), '1010-1020 1030-1038'],
    ['DWARF 4: another base', V4, build().u64(ALL_ONES, 0x8000, 0x10, 0x20, 0, 0), '8010-8020'],
    ['DWARF 4: a base of 0 for absolute addresses', V4, build().u64(ALL_ONES, 0, 0x400000, 0x400010, 0, 0), '400000-400010'],
    ['DWARF 4: empty ones are left out', V4, build().u64(0x10, 0x10, 0x30, 0x38, 0, 0), '1030-1038'],
    ['DWARF 4: kernel addresses', V4, build().u64(ALL_ONES, 0xffff_ffff_8100_0000n, 0, 8, 0, 0), 'ffffffff81000000-ffffffff81000008'],
    ['DWARF 3, addresses of 4 bytes', { ...V4, version: 3, addressSize: 4 }, build().u32(0xffff_ffff, 0x8000, 1, 2, 0, 0), '8001-8002'],
    ['no entries', V5, build().u8(0), ''],
    ['offset_pair', V5, build().u8(4, 0x10, 0x20, 0), '1010-1020'],
    ['base_address', V5, build().u8(5).u64(0x9000).u8(4, 1, 2, 0), '9001-9002'],
    ['base_addressx', V5, build().u8(1, 1, 4, 1, 2, 0), '6001-6002'],
    ['startx_endx', V5, build().u8(2, 0, 2, 0), '5000-7000'],
    ['startx_length', V5, build().u8(3, 0, 0x80, 0x01, 0), '5000-5080'],
    ['start_end', V5, build().u8(6).u64(0x9000, 0x9010).u8(0), '9000-9010'],
    ['start_length', V5, build().u8(7).u64(0x9000).u8(0x10, 0), '9000-9010'],
    ['empty ones are left out', V5, build().u8(4, 0x10, 0x10, 4, 1, 2, 0), '1001-1002'],
  ])('%s', (_name, unit, section, expected) => {
    expect(short(readRanges(section.build(), 0, unit))).toBe(expected);
  });

  test('a list in the middle', () => {
    expect(short(readRanges(build().u8(9, 9, 9, 4, 1, 2, 0).build(), 3, V5))).toBe('1001-1002');
  });

  test.each<[string, ListUnit, number, SectionBuilder, string]>([
    ['outside of the section', V5, 7, build().u8(0), '.debug_rnglists+0x7: a list is said to be here, but the section has 1 bytes'],
    ['before the section', V4, -1, build().u8(0), '.debug_ranges+0x-1: a list'],
    ['without end', V4, 0, build().u64(1, 2), '.debug_ranges+0x10: 8 bytes wanted, 0 left'],
    ['an unknown entry', V5, 0, build().u8(4, 1, 2, 8), '.debug_rnglists+0x3: unknown range list entry 8'],
    ['an index without table', { version: 5, addressSize: 8, offsetSize: 4, baseAddress: 0n }, 0, build().u8(2, 0, 1), 'address 0 of .debug_addr, but the unit has no address base'],
    ['an index outside of the table', V5, 0, build().u8(2, 3, 1), '.debug_addr+0x8: address 3 is outside of the section'],
    ['addresses of no size', { ...V4, addressSize: 0 }, 0, build().u64(0), 'an integer of 0 bytes'],
  ])('%s', (_name, unit, offset, section, message) => {
    expect(() => readRanges(section.build(), offset, unit)).toThrow(DebugInfoError);
    expect(() => readRanges(section.build(), offset, unit)).toThrow(message);
  });
});

describe('locations', () => {
  const entry = (low: bigint, high: bigint, ...expression: number[]): object => ({ range: { low, high }, expression: Uint8Array.from(expression) });
  test.each<[string, ListUnit, SectionBuilder, object[]]>([
    ['DWARF 4', V4, build().u64(0x10, 0x20).u16(1).u8(0x50).u64(0x20, 0x30).u16(2).u8(0x91, 0x10).u64(0, 0), [entry(0x1010n, 0x1020n, 0x50), entry(0x1020n, 0x1030n, 0x91, 0x10)]],
    ['DWARF 4, another base', V4, build().u64(ALL_ONES, 0x8000, 0, 1).u16(0).u64(0, 0), [entry(0x8000n, 0x8001n)]],
    ['offset_pair', V5, build().u8(4, 1, 2, 1, 0x50, 0), [entry(0x1001n, 0x1002n, 0x50)]],
    ['base_address', V5, build().u8(6).u64(0x9000).u8(4, 1, 2, 1, 0x50, 0), [entry(0x9001n, 0x9002n, 0x50)]],
    ['base_addressx', V5, build().u8(1, 2, 4, 1, 2, 1, 0x50, 0), [entry(0x7001n, 0x7002n, 0x50)]],
    ['startx_endx', V5, build().u8(2, 0, 1, 1, 0x50, 0), [entry(0x5000n, 0x6000n, 0x50)]],
    ['startx_length', V5, build().u8(3, 0, 4, 1, 0x50, 0), [entry(0x5000n, 0x5004n, 0x50)]],
    ['start_end', V5, build().u8(7).u64(0x9000, 0x9001).u8(1, 0x50, 0), [entry(0x9000n, 0x9001n, 0x50)]],
    ['start_length', V5, build().u8(8).u64(0x9000).u8(5, 1, 0x50, 0), [entry(0x9000n, 0x9005n, 0x50)]],
    ['default_location', V5, build().u8(5, 1, 0x51, 0), [{ range: undefined, expression: Uint8Array.of(0x51) }]],
    ['GNU_view_pair', V5, build().u8(9, 1, 2, 4, 1, 2, 1, 0x50, 0), [entry(0x1001n, 0x1002n, 0x50)]],
  ])('%s', (_name, unit, section, expected) => {
    expect(readLocations(section.build(), 0, unit)).toEqual(expected);
  });

  test('GNU split DWARF', () => {
    const section = build().u8(1, 0).u8(2, 0, 1).u16(1).u8(0x50).u8(3, 2).u32(0x10).u16(1).u8(0x51).u8(0);
    expect(readLocations(section.build(), 0, V4, true)).toEqual([entry(0x5000n, 0x6000n, 0x50), entry(0x7000n, 0x7010n, 0x51)]);
    expect(() => readLocations(build().u8(4).build(), 0, V4, true)).toThrow('unknown location list entry 4 of GNU split DWARF');
  });

  test.each<[string, SectionBuilder, string]>([
    ['an unknown entry', build().u8(10), '.debug_loclists+0x0: unknown location list entry 10'],
    ['an expression cut short', build().u8(4, 1, 2, 9, 0x50), '9 bytes wanted, 1 left'],
  ])('%s', (_name, section, message) => {
    expect(() => readLocations(section.build(), 0, V5)).toThrow(message);
  });

  test('which one holds', () => {
    const entries = readLocations(build().u8(5, 1, 0x51, 4, 1, 3, 1, 0x50, 0).build(), 0, V5);
    expect([0x1000n, 0x1001n, 0x1002n, 0x1003n].map((pc) => locationAt(entries, pc)?.[0])).toEqual([0x51, 0x50, 0x50, 0x51]);
    expect(locationAt(entries.slice(1), 0x1003n)).toBeUndefined();
  });
});

describe('lists by index', () => {
  const section = build().u32(100).u16(5).u8(8, 0).u32(2).u32(8, 0x20).build();
  test('offsets count from the base', () => {
    expect([listOffset(section, '.x', 12, 0, 4), listOffset(section, '.x', 12, 1, 4)]).toEqual([20, 44]);
    expect(() => listOffset(section, '.x', 12, 2, 4)).toThrow('.x+0xc: list 2, but the table has 2');
    expect(() => listOffset(section, '.x', 2, 0, 4)).toThrow(DebugInfoError);
  });
  test('64-bit DWARF', () => {
    const wide = build().u32(0xffff_ffff).u64(100).u16(5).u8(8, 0).u32(1).u64(0x10).build();
    expect([impliedListBase(wide, '.x'), listOffset(wide, '.x', 20, 0, 8)]).toEqual([20, 36]);
    expect(impliedListBase(section, '.x')).toBe(12);
  });
});
