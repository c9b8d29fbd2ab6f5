/** Address ranges that are not contiguous: .debug_rnglists (DWARF 5 section 2.17.3) and .debug_ranges (DWARF 4 section 2.17.3). */
import type { ByteReader } from '../reader.js';
import { addressAt, largestAddress, openList, rangeOf } from './list-unit.js';
import type { AddressRange, ListUnit } from './list-unit.js';

const DW_RLE_END_OF_LIST = 0;
const DW_RLE_BASE_ADDRESSX = 1;
const DW_RLE_STARTX_ENDX = 2;
const DW_RLE_STARTX_LENGTH = 3;
const DW_RLE_OFFSET_PAIR = 4;
const DW_RLE_BASE_ADDRESS = 5;
const DW_RLE_START_END = 6;
const DW_RLE_START_LENGTH = 7;

/**
 * The ranges of the list at `offset`, in its order, empty ones left out.
 * @param bytes .debug_rnglists (or .dwo) for units of DWARF 5, .debug_ranges for older ones
 */
export function readRanges(bytes: Uint8Array, offset: number, unit: ListUnit): AddressRange[] {
  return unit.version >= 5 ? readRangeList(openList(bytes, '.debug_rnglists', offset), unit) : readOldRanges(openList(bytes, '.debug_ranges', offset), unit);
}

function readOldRanges(reader: ByteReader, unit: ListUnit): AddressRange[] {
  const { addressSize } = unit;
  const selectsBase = largestAddress(addressSize);
  const ranges: AddressRange[] = [];
  let base = unit.baseAddress;
  for (;;) {
    const low = reader.unsigned(addressSize);
    const high = reader.unsigned(addressSize);
    if (low === 0n && high === 0n) return ranges;
    if (low === selectsBase) base = high;
    else if (low !== high) ranges.push(rangeOf(unit, base + low, base + high));
  }
}

function readRangeList(reader: ByteReader, unit: ListUnit): AddressRange[] {
  const ranges: AddressRange[] = [];
  const add = (low: bigint, high: bigint): void => {
    if (low !== high) ranges.push(rangeOf(unit, low, high));
  };
  let base = unit.baseAddress;
  for (;;) {
    const at = reader.offset;
    const kind = reader.u8();
    if (kind === DW_RLE_END_OF_LIST) return ranges;
    if (kind === DW_RLE_BASE_ADDRESSX) base = addressAt(unit, reader);
    else if (kind === DW_RLE_BASE_ADDRESS) base = reader.unsigned(unit.addressSize);
    else if (kind === DW_RLE_STARTX_ENDX) add(addressAt(unit, reader), addressAt(unit, reader));
    else if (kind === DW_RLE_OFFSET_PAIR) add(base + reader.ulebBig(), base + reader.ulebBig());
    else if (kind === DW_RLE_START_END) add(reader.unsigned(unit.addressSize), reader.unsigned(unit.addressSize));
    else if (kind === DW_RLE_STARTX_LENGTH || kind === DW_RLE_START_LENGTH) {
      const low = kind === DW_RLE_START_LENGTH ? reader.unsigned(unit.addressSize) : addressAt(unit, reader);
      add(low, low + reader.ulebBig());
    } else throw reader.error(`unknown range list entry ${kind}`, at);
  }
}
