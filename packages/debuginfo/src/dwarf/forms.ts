/**
 * Sizes of attribute values: what lets a reader step over values that it does not
 * want. DWARF 5 section 7.5.6. Plain functions over bytes, for loops over millions
 * of entries: a read past the end gives 0, and whoever steps checks where it ended.
 */
import { DebugInfoError } from '../errors.js';
import { byteAt } from '../table-access.js';
import {
  DW_FORM_GNU_addr_index, DW_FORM_GNU_ref_alt, DW_FORM_GNU_str_index, DW_FORM_GNU_strp_alt, DW_FORM_addr, DW_FORM_addrx, DW_FORM_addrx1, DW_FORM_addrx2, DW_FORM_addrx3,
  DW_FORM_addrx4, DW_FORM_block, DW_FORM_block1, DW_FORM_block2, DW_FORM_block4, DW_FORM_data1, DW_FORM_data16, DW_FORM_data2, DW_FORM_data4, DW_FORM_data8, DW_FORM_exprloc,
  DW_FORM_flag, DW_FORM_flag_present, DW_FORM_implicit_const, DW_FORM_indirect, DW_FORM_line_strp, DW_FORM_loclistx, DW_FORM_ref1, DW_FORM_ref2, DW_FORM_ref4, DW_FORM_ref8,
  DW_FORM_ref_addr, DW_FORM_ref_sig8, DW_FORM_ref_sup4, DW_FORM_ref_sup8, DW_FORM_ref_udata, DW_FORM_rnglistx, DW_FORM_sdata, DW_FORM_sec_offset, DW_FORM_string, DW_FORM_strp,
  DW_FORM_strp_sup, DW_FORM_strx, DW_FORM_strx1, DW_FORM_strx2, DW_FORM_strx3, DW_FORM_strx4, DW_FORM_udata,
} from './constants.js';

/** What the sizes of values depend on. */
export interface UnitShape {
  readonly version: number;
  readonly addressSize: number;
  readonly offsetSize: 4 | 8;
}

/** Bytes of a value; -1 when the value itself says. Undefined: no such form. */
export function formSize(form: number, shape: UnitShape): number | undefined {
  switch (form) {
    case DW_FORM_flag_present: case DW_FORM_implicit_const: return 0;
    case DW_FORM_data1: case DW_FORM_flag: case DW_FORM_ref1: case DW_FORM_strx1: case DW_FORM_addrx1: return 1;
    case DW_FORM_data2: case DW_FORM_ref2: case DW_FORM_strx2: case DW_FORM_addrx2: return 2;
    case DW_FORM_strx3: case DW_FORM_addrx3: return 3;
    case DW_FORM_data4: case DW_FORM_ref4: case DW_FORM_strx4: case DW_FORM_addrx4: case DW_FORM_ref_sup4: return 4;
    case DW_FORM_data8: case DW_FORM_ref8: case DW_FORM_ref_sig8: case DW_FORM_ref_sup8: return 8;
    case DW_FORM_data16: return 16;
    case DW_FORM_addr: return shape.addressSize;
    case DW_FORM_strp: case DW_FORM_sec_offset: case DW_FORM_line_strp: case DW_FORM_strp_sup: case DW_FORM_GNU_ref_alt: case DW_FORM_GNU_strp_alt: return shape.offsetSize;
    // DWARF 2 had addresses here.
    case DW_FORM_ref_addr: return shape.version <= 2 ? shape.addressSize : shape.offsetSize;
    case DW_FORM_sdata: case DW_FORM_udata: case DW_FORM_ref_udata: case DW_FORM_strx: case DW_FORM_addrx: case DW_FORM_loclistx: case DW_FORM_rnglistx:
    case DW_FORM_GNU_addr_index: case DW_FORM_GNU_str_index:
    case DW_FORM_string: case DW_FORM_block: case DW_FORM_exprloc: case DW_FORM_block1: case DW_FORM_block2: case DW_FORM_block4: case DW_FORM_indirect:
      return -1;
    default: return undefined;
  }
}

/** Where the value at `at` ends. */
export function skipForm(bytes: Uint8Array, at: number, form: number, shape: UnitShape): number {
  const size = formSize(form, shape);
  if (size === undefined) throw new DebugInfoError('.debug_info', at, `unknown attribute form 0x${form.toString(16)}`);
  if (size >= 0) return at + size;
  switch (form) {
    case DW_FORM_string: return skipText(bytes, at);
    case DW_FORM_block: case DW_FORM_exprloc: return skipLeb(bytes, at) + readUleb(bytes, at);
    case DW_FORM_block1: return at + 1 + readU8(bytes, at);
    case DW_FORM_block2: return at + 2 + readU16(bytes, at);
    case DW_FORM_block4: return at + 4 + readU32(bytes, at);
    case DW_FORM_indirect: {
      const inner = readUleb(bytes, at);
      // Neither may nest: an implicit constant has no place for its value, and indirection could go on for ever.
      if (inner === DW_FORM_indirect || inner === DW_FORM_implicit_const) throw new DebugInfoError('.debug_info', at, `attribute form 0x${inner.toString(16)} by indirection`);
      return skipForm(bytes, skipLeb(bytes, at), inner, shape);
    }
    default: return skipLeb(bytes, at);
  }
}

export function skipLeb(bytes: Uint8Array, at: number): number {
  while (at < bytes.length && byteAt(bytes, at) >= 0x80) at++;
  return at + 1;
}

/** The value of an unsigned LEB128; larger than 2^53 loses precision, which no size or offset that fits a file does. */
export function readUleb(bytes: Uint8Array, at: number): number {
  let byte = readU8(bytes, at);
  if (byte < 0x80) return byte;
  let value = byte & 0x7f;
  let scale = 0x80;
  do {
    byte = readU8(bytes, ++at);
    value += (byte & 0x7f) * scale;
    scale *= 0x80;
  } while (byte >= 0x80 && scale < 2 ** 70);
  return value;
}

export function skipText(bytes: Uint8Array, at: number): number {
  while (at < bytes.length && byteAt(bytes, at) !== 0) at++;
  return at + 1;
}

export function readU8(bytes: Uint8Array, at: number): number {
  return at < bytes.length ? byteAt(bytes, at) : 0;
}

export function readU16(bytes: Uint8Array, at: number): number {
  return at + 1 < bytes.length ? byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) : 0;
}

export function readU32(bytes: Uint8Array, at: number): number {
  if (at + 3 >= bytes.length) return 0;
  return (byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24)) >>> 0;
}

/** 8 bytes as a number; beyond 2^53 not exact. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) + readU32(bytes, at + 4) * 2 ** 32;
}
