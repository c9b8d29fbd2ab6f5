/** Unit headers: DWARF 5 section 7.5.1, DWARF 4 section 7.5.1. */
import { DebugInfoError } from '../errors.js';
import { ByteReader } from '../reader.js';
import { DW_UT_compile, DW_UT_partial, DW_UT_skeleton, DW_UT_split_compile, DW_UT_split_type, DW_UT_type } from './constants.js';
import type { UnitShape } from './forms.js';
import type { SectionData } from './section-data.js';

/** Most that a header takes: 64-bit DWARF 5, a type unit. */
export const UNIT_HEADER_MAX = 40;

export interface UnitHeader extends UnitShape {
  /** Of the unit, in its section. */
  readonly offset: number;
  /** Of the next unit. */
  readonly end: number;
  /** DW_UT_*; before DWARF 5 compile or type, by its section. */
  readonly unitType: number;
  readonly abbreviationsOffset: number;
  /** Bytes: where the first entry stands in the unit. */
  readonly size: number;
  /** Of type units: what DW_FORM_ref_sig8 names. */
  readonly signature: bigint | undefined;
  /** Of type units: offset of the type's entry in the unit. */
  readonly typeOffset: number;
  /** Of skeleton and split units of DWARF 5. */
  readonly dwoId: bigint | undefined;
}

/** The header at `offset`; undefined: padding up to the section's end. Throws DebugInfoError. */
export function readUnitHeader(section: SectionData, offset: number, isTypesSection: boolean): UnitHeader | undefined {
  return parseUnitHeader(section.upTo(offset, offset + UNIT_HEADER_MAX), section, offset, isTypesSection);
}

/** The same from bytes that are read already: UNIT_HEADER_MAX of them, fewer at the section's end. */
export function parseUnitHeader(bytes: Uint8Array, section: Pick<SectionData, 'name' | 'length'>, offset: number, isTypesSection: boolean): UnitHeader | undefined {
  const reader = new ByteReader(bytes, section.name);
  let failure: DebugInfoError | undefined;
  const fail = (detail: string): DebugInfoError => (failure = new DebugInfoError(section.name, offset, detail));
  if (reader.remaining < 4) return undefined;
  const first = reader.u32();
  if (first === 0) return undefined;
  if (first >= 0xffff_fff0 && first !== 0xffff_ffff) throw fail(`unit length 0x${first.toString(16)} is reserved`);
  try {
    const offsetSize = first === 0xffff_ffff ? 8 : 4;
    const length = offsetSize === 8 ? reader.size() : first;
    const end = offset + reader.offset + length;
    if (end > section.length) throw fail(`a unit of ${length} bytes, ${section.length - offset - reader.offset} left in the section`);
    const header = readVersioned(reader, offsetSize, isTypesSection, fail);
    if (header.size > end - offset) throw fail(`a unit of ${length} bytes is shorter than its header`);
    return { offset, end, offsetSize, ...header };
  } catch (error) {
    // The reader counts from the header's start.
    if (error instanceof DebugInfoError && error !== failure) throw new DebugInfoError(section.name, offset + error.offset, error.detail);
    throw error;
  }
}

type Versioned = Omit<UnitHeader, 'offset' | 'end' | 'offsetSize'>;

function readVersioned(reader: ByteReader, offsetSize: 4 | 8, isTypesSection: boolean, fail: (detail: string) => DebugInfoError): Versioned {
  const sectionOffset = (): number => (offsetSize === 8 ? reader.size() : reader.u32());
  const version = reader.u16();
  if (version < 2 || version > 5) throw fail(`DWARF version ${version} is not supported: 2 to 5 are`);
  let unitType = isTypesSection ? DW_UT_type : DW_UT_compile;
  let addressSize = 0;
  if (version >= 5) {
    unitType = reader.u8();
    addressSize = reader.u8();
  }
  const abbreviationsOffset = sectionOffset();
  if (version < 5) addressSize = reader.u8();
  if (addressSize !== 8 && addressSize !== 4 && addressSize !== 2 && addressSize !== 1) throw fail(`addresses of ${addressSize} bytes`);
  let signature: bigint | undefined;
  let typeOffset = 0;
  let dwoId: bigint | undefined;
  if (unitType === DW_UT_type || unitType === DW_UT_split_type) {
    signature = reader.u64();
    typeOffset = sectionOffset();
  } else if (unitType === DW_UT_skeleton || unitType === DW_UT_split_compile) {
    dwoId = reader.u64();
  } else if (unitType !== DW_UT_compile && unitType !== DW_UT_partial) {
    throw fail(`unit type 0x${unitType.toString(16)} is not supported`);
  }
  return { version, unitType, addressSize, abbreviationsOffset, size: reader.offset, signature, typeOffset, dwoId };
}
