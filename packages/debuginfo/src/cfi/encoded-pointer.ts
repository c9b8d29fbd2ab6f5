/** Pointers as .eh_frame and .eh_frame_hdr encode them: Linux Standard Base Core, "DWARF Exception Header Encoding". */
import type { ByteReader } from '../reader.js';
import { readAddress } from './addresses.js';

export const DW_EH_PE_OMIT = 0xff;
const DW_EH_PE_INDIRECT = 0x80;
const DW_EH_PE_PCREL = 0x10;
const DW_EH_PE_TEXTREL = 0x20;
const DW_EH_PE_DATAREL = 0x30;
const DW_EH_PE_FUNCREL = 0x40;

export interface PointerBases {
  /** Address of the section that is read (addresses.ts). */
  readonly section: number;
  readonly text?: number;
  /** .eh_frame_hdr for pointers in itself, .got elsewhere. */
  readonly data?: number;
}

/** A value of the encoding's format, without what it is relative to. Throws DebugInfoError for formats that do not exist. */
export function readEncodedValue(reader: ByteReader, encoding: number, addressSize: number): number {
  switch (encoding & 0x0f) {
    case 0x00: return addressSize === 8 ? readAddress(reader) : reader.u32(); // absptr
    case 0x01: return reader.uleb();
    case 0x02: return reader.u16();
    case 0x03: return reader.u32();
    case 0x04: case 0x0c: return readAddress(reader); // udata8, sdata8
    case 0x09: return reader.sleb();
    case 0x0a: return reader.i16();
    case 0x0b: return reader.i32();
    default: throw reader.error(`pointer encoding 0x${encoding.toString(16)} is not supported`);
  }
}

/**
 * An encoded pointer; undefined for DW_EH_PE_omit. Indirect pointers (personality routines) are given as the address of the
 * place that holds the pointer. Throws DebugInfoError: unknown encoding, or relative to something that is not known.
 */
export function readEncodedPointer(reader: ByteReader, encoding: number, addressSize: number, bases: PointerBases): number | undefined {
  if (encoding === DW_EH_PE_OMIT) return undefined;
  const at = reader.offset;
  const value = readEncodedValue(reader, encoding, addressSize);
  const base = baseOf(reader, encoding & ~DW_EH_PE_INDIRECT & 0x70, at, bases);
  // A null pointer stays one, whatever it is relative to.
  const address = value === 0 ? 0 : base + value;
  if (!Number.isSafeInteger(address)) throw reader.error('an address beyond 2^53', at);
  return address;
}

function baseOf(reader: ByteReader, application: number, at: number, bases: PointerBases): number {
  if (application === 0) return 0;
  if (application === DW_EH_PE_PCREL) return bases.section + at;
  const base = application === DW_EH_PE_TEXTREL ? bases.text : application === DW_EH_PE_DATAREL ? bases.data : application === DW_EH_PE_FUNCREL ? 0 : undefined;
  if (base === undefined) throw reader.error(`a pointer relative to 0x${application.toString(16)}, which is not known`, at);
  return base;
}
