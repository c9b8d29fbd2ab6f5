/**
 * Where a variable is in which part of its function: .debug_loclists (DWARF 5 section 2.6.2), .debug_loc (DWARF 4
 * section 2.6.2) and .debug_loc.dwo of GNU split DWARF.
 */
import type { ByteReader } from '../reader.js';
import { addressAt, largestAddress, openList, rangeOf } from './list-unit.js';
import type { AddressRange, ListUnit } from './list-unit.js';

const DW_LLE_END_OF_LIST = 0;
const DW_LLE_BASE_ADDRESSX = 1;
const DW_LLE_STARTX_ENDX = 2;
const DW_LLE_STARTX_LENGTH = 3;
const DW_LLE_OFFSET_PAIR = 4;
const DW_LLE_DEFAULT_LOCATION = 5;
const DW_LLE_BASE_ADDRESS = 6;
const DW_LLE_START_END = 7;
const DW_LLE_START_LENGTH = 8;
const DW_LLE_GNU_VIEW_PAIR = 9;

export interface LocationEntry {
  /** Where it holds; undefined for the default location: wherever no other entry holds. May be empty (low = high) at view numbers. */
  readonly range: AddressRange | undefined;
  /** A DWARF expression (decodeExpression); empty: the value is not to be had here. */
  readonly expression: Uint8Array;
}

/**
 * The list at `offset`, in its order.
 * @param bytes .debug_loclists for units of DWARF 5, .debug_loc for older ones, .debug_loc.dwo with `isGnuSplit`
 */
export function readLocations(bytes: Uint8Array, offset: number, unit: ListUnit, isGnuSplit = false): LocationEntry[] {
  if (unit.version >= 5) return readLocationList(openList(bytes, '.debug_loclists', offset), unit);
  const reader = openList(bytes, '.debug_loc', offset);
  return isGnuSplit ? readGnuSplitLocations(reader, unit) : readOldLocations(reader, unit);
}

/** The expression that holds at `pc`; undefined: the list has none there. */
export function locationAt(entries: readonly LocationEntry[], pc: bigint): Uint8Array | undefined {
  const found = entries.find(({ range }) => range !== undefined && pc >= range.low && pc < range.high);
  return (found ?? entries.find(({ range }) => range === undefined))?.expression;
}

function readOldLocations(reader: ByteReader, unit: ListUnit): LocationEntry[] {
  const { addressSize } = unit;
  const selectsBase = largestAddress(addressSize);
  const entries: LocationEntry[] = [];
  let base = unit.baseAddress;
  for (;;) {
    const low = reader.unsigned(addressSize);
    const high = reader.unsigned(addressSize);
    if (low === 0n && high === 0n) return entries;
    if (low === selectsBase) base = high;
    else entries.push({ range: rangeOf(unit, base + low, base + high), expression: reader.take(reader.u16()) });
  }
}

function readGnuSplitLocations(reader: ByteReader, unit: ListUnit): LocationEntry[] {
  const entries: LocationEntry[] = [];
  for (;;) {
    const at = reader.offset;
    const kind = reader.u8();
    if (kind === DW_LLE_END_OF_LIST) return entries;
    // No entry is relative to a base: this one is read and has no effect.
    if (kind === DW_LLE_BASE_ADDRESSX) addressAt(unit, reader);
    else if (kind === DW_LLE_STARTX_ENDX || kind === DW_LLE_STARTX_LENGTH) {
      const low = addressAt(unit, reader);
      const high = kind === DW_LLE_STARTX_ENDX ? addressAt(unit, reader) : low + BigInt(reader.u32());
      entries.push({ range: rangeOf(unit, low, high), expression: reader.take(reader.u16()) });
    } else throw reader.error(`unknown location list entry ${kind} of GNU split DWARF`, at);
  }
}

function readLocationList(reader: ByteReader, unit: ListUnit): LocationEntry[] {
  const { addressSize } = unit;
  const entries: LocationEntry[] = [];
  const add = (low: bigint, high: bigint): void => {
    entries.push({ range: rangeOf(unit, low, high), expression: reader.take(reader.uleb()) });
  };
  let base = unit.baseAddress;
  for (;;) {
    const at = reader.offset;
    const kind = reader.u8();
    if (kind === DW_LLE_END_OF_LIST) return entries;
    if (kind === DW_LLE_BASE_ADDRESSX) base = addressAt(unit, reader);
    else if (kind === DW_LLE_BASE_ADDRESS) base = reader.unsigned(addressSize);
    else if (kind === DW_LLE_STARTX_ENDX) add(addressAt(unit, reader), addressAt(unit, reader));
    else if (kind === DW_LLE_OFFSET_PAIR) add(base + reader.ulebBig(), base + reader.ulebBig());
    else if (kind === DW_LLE_START_END) add(reader.unsigned(addressSize), reader.unsigned(addressSize));
    else if (kind === DW_LLE_DEFAULT_LOCATION) entries.push({ range: undefined, expression: reader.take(reader.uleb()) });
    else if (kind === DW_LLE_STARTX_LENGTH || kind === DW_LLE_START_LENGTH) {
      const low = kind === DW_LLE_START_LENGTH ? reader.unsigned(addressSize) : addressAt(unit, reader);
      add(low, low + reader.ulebBig());
    } else if (kind === DW_LLE_GNU_VIEW_PAIR) {
      // Views tell apart instructions at one address; a probe cannot stop between them.
      reader.uleb();
      reader.uleb();
    } else throw reader.error(`unknown location list entry ${kind}`, at);
  }
}
