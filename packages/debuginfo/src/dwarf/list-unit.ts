/** What a range list or location list is read with, and what both kinds share. */
import type { DebugInfoError } from '../errors.js';
import { ByteReader } from '../reader.js';
import type { AddressTable } from './address-table.js';

/** Facts of the unit that a list belongs to. */
export interface ListUnit {
  /** DWARF version of the unit: 5 selects .debug_rnglists and .debug_loclists. */
  readonly version: number;
  /** Bytes of an address. */
  readonly addressSize: number;
  /** 4, or 8 in 64-bit DWARF. */
  readonly offsetSize: 4 | 8;
  /** DW_AT_low_pc of the unit, 0 when it has none: what offsets in lists add to. */
  readonly baseAddress: bigint;
  /** For index forms; absent when the unit has no DW_AT_addr_base. */
  readonly addresses?: Pick<AddressTable, 'at'>;
}

export interface AddressRange {
  readonly low: bigint;
  /** The first address behind. */
  readonly high: bigint;
}

/** The largest address of that size: selects a base in DWARF 2 to 4, marks code that the linker removed. */
export const largestAddress = (addressSize: number): bigint => (1n << BigInt(8 * addressSize)) - 1n;

export function addressAt(unit: ListUnit, reader: ByteReader): bigint {
  const at = reader.offset;
  const index = reader.uleb();
  if (unit.addresses === undefined) throw reader.error(`address ${index} of .debug_addr, but the unit has no address base`, at);
  return unit.addresses.at(index);
}

export const rangeOf = (unit: ListUnit, low: bigint, high: bigint): AddressRange => {
  const bits = 8 * unit.addressSize;
  return { low: BigInt.asUintN(bits, low), high: BigInt.asUintN(bits, high) };
};

/** Offset of list `index` from the offsets table (DW_FORM_rnglistx, DW_FORM_loclistx). `base`: DW_AT_rnglists_base or DW_AT_loclists_base. */
export function listOffset(bytes: Uint8Array, section: string, base: number, index: number, offsetSize: 4 | 8): number {
  const reader = new ByteReader(bytes, section, base - 4);
  const count = reader.u32();
  if (index >= count) throw reader.error(`list ${index}, but the table has ${count}`, base);
  reader.offset = base + index * offsetSize;
  return base + (offsetSize === 8 ? reader.size() : reader.u32());
}

/**
 * The base that split units leave out (DWARF 5 section 7.28): the table behind the header at `contribution`
 * (0 in a .dwo; where the unit's part starts in a .dwp).
 */
export function impliedListBase(bytes: Uint8Array, section: string, contribution = 0): number {
  const reader = new ByteReader(bytes, section, contribution);
  return contribution + (reader.u32() === 0xffff_ffff ? 20 : 12);
}

/** A list that starts outside of its section is said once, with the section's size. */
export function openList(bytes: Uint8Array, section: string, offset: number): ByteReader {
  const reader = new ByteReader(bytes, section, offset);
  if (offset < 0 || offset >= bytes.length) throw outside(reader, offset);
  return reader;
}

const outside = (reader: ByteReader, offset: number): DebugInfoError => reader.error(`a list is said to be here, but the section has ${reader.bytes.length} bytes`, offset);
