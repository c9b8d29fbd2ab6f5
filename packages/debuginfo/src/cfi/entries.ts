/** Entries of call frame tables: DWARF 5 section 6.4.1, Linux Standard Base Core "Exception Frames". */
import type { DebugInfoError } from '../errors.js';
import { ByteReader } from '../reader.js';
import { readAddress } from './addresses.js';
import { DW_EH_PE_OMIT, readEncodedPointer, readEncodedValue } from './encoded-pointer.js';
import type { PointerBases } from './encoded-pointer.js';

/** What functions of one kind share. */
export interface Cie {
  readonly kind: 'cie';
  readonly offset: number;
  readonly version: number;
  /** "zR", "zPLR", "zRS". */
  readonly augmentation: string;
  readonly addressSize: number;
  readonly codeAlignment: number;
  readonly dataAlignment: number;
  /** DWARF number of the column that holds the return address. */
  readonly returnAddressRegister: number;
  /** How .eh_frame encodes addresses of FDEs. */
  readonly pointerEncoding: number;
  readonly lsdaEncoding: number;
  readonly isSignalFrame: boolean;
  /** AArch64: return addresses are signed with key B, not A. */
  readonly usesKeyB: boolean;
  /** Where its instructions stand in the section. */
  readonly instructions: number;
  readonly end: number;
}

/** A function, or a part of one. Addresses as addresses.ts has them. */
export interface Fde {
  readonly kind: 'fde';
  readonly offset: number;
  readonly cie: Cie;
  readonly low: number;
  /** The first address behind. */
  readonly high: number;
  readonly instructions: number;
  readonly end: number;
}

export interface FrameSection {
  readonly name: '.eh_frame' | '.debug_frame';
  readonly bytes: Uint8Array;
  readonly addressSize: number;
  readonly bases: PointerBases;
}

/** Length field of an entry: where it ends, and what its CIE pointer or id is. `isTerminator`: a length of 0. */
export interface EntryHead {
  readonly offset: number;
  readonly end: number;
  readonly isTerminator: boolean;
  /** Section offset of the CIE; undefined: this is one. */
  readonly cieOffset: number | undefined;
  /** Where the rest starts. */
  readonly body: number;
}

export function readEntryHead(section: FrameSection, offset: number): EntryHead {
  const reader = new ByteReader(section.bytes, section.name, offset);
  const first = reader.u32();
  const is64 = first === 0xffff_ffff;
  const length = is64 ? reader.size() : first;
  if (length === 0) return { offset, end: reader.offset, isTerminator: true, cieOffset: undefined, body: reader.offset };
  if (length > reader.remaining) throw reader.error(`an entry of ${length} bytes, ${reader.remaining} left`, offset);
  const end = reader.offset + length;
  const idAt = reader.offset;
  if (section.name === '.eh_frame') {
    // The id has 4 bytes in both formats.
    const back = reader.u32();
    return { offset, end, isTerminator: false, cieOffset: back === 0 ? undefined : idAt - back, body: reader.offset };
  }
  const low = reader.u32();
  const high = is64 ? reader.u32() : 0;
  const isCie = low === 0xffff_ffff && (!is64 || high === 0xffff_ffff);
  return { offset, end, isTerminator: false, cieOffset: isCie ? undefined : high * 0x1_0000_0000 + low, body: reader.offset };
}

export function readCie(section: FrameSection, head: EntryHead): Cie {
  const reader = new ByteReader(section.bytes.subarray(0, head.end), section.name, head.body);
  const version = reader.u8();
  if (version !== 1 && version !== 3 && version !== 4) throw reader.error(`CIE version ${version} is not supported`, head.offset);
  const augmentation = reader.cString();
  let { addressSize } = section;
  if (version >= 4) {
    addressSize = reader.u8();
    if (reader.u8() !== 0) throw reader.error('segmented addresses are not supported', head.offset);
    if (addressSize !== 4 && addressSize !== 8) throw reader.error(`addresses of ${addressSize} bytes are not supported`, head.offset);
  }
  const codeAlignment = reader.uleb();
  const dataAlignment = reader.sleb();
  const returnAddressRegister = version === 1 ? reader.u8() : reader.uleb();
  const augmented = readAugmentation(section, reader, augmentation, addressSize);
  return {
    kind: 'cie', offset: head.offset, version, augmentation, addressSize, codeAlignment, dataAlignment, returnAddressRegister,
    ...augmented, instructions: reader.offset, end: head.end,
  };
}

type Augmented = Pick<Cie, 'pointerEncoding' | 'lsdaEncoding' | 'isSignalFrame' | 'usesKeyB'>;

function readAugmentation(section: FrameSection, reader: ByteReader, augmentation: string, addressSize: number): Augmented {
  let pointerEncoding = 0;
  let lsdaEncoding = DW_EH_PE_OMIT;
  if (augmentation !== '' && !augmentation.startsWith('z')) throw unknownAugmentation(reader, augmentation);
  if (augmentation === '') return { pointerEncoding, lsdaEncoding, isSignalFrame: false, usesKeyB: false };
  const length = reader.uleb();
  const start = reader.offset;
  for (const letter of augmentation.slice(1)) {
    if (letter === 'R') pointerEncoding = reader.u8();
    else if (letter === 'L') lsdaEncoding = reader.u8();
    else if (letter === 'P') readEncodedPointer(reader, reader.u8(), addressSize, { ...section.bases, text: 0, data: 0 });
    else if (letter !== 'S' && letter !== 'B' && letter !== 'G') throw unknownAugmentation(reader, augmentation);
  }
  if (reader.offset > start + length) throw reader.error(`augmentation data of ${length} bytes, ${reader.offset - start} needed`, start);
  reader.offset = start;
  reader.skip(length);
  return { pointerEncoding, lsdaEncoding, isSignalFrame: augmentation.includes('S'), usesKeyB: augmentation.includes('B') };
}

const unknownAugmentation = (reader: ByteReader, augmentation: string): DebugInfoError => reader.error(`CIE augmentation '${augmentation}' is not supported`);

export function readFde(section: FrameSection, head: EntryHead, cie: Cie): Fde {
  const reader = new ByteReader(section.bytes.subarray(0, head.end), section.name, head.body);
  const encoding = section.name === '.eh_frame' ? cie.pointerEncoding : 0;
  const low = section.name === '.eh_frame' ? readEncodedPointer(reader, encoding, cie.addressSize, section.bases) : cie.addressSize === 8 ? readAddress(reader) : reader.u32();
  if (low === undefined) throw reader.error('an FDE without an address', head.offset);
  const size = readEncodedValue(reader, encoding, cie.addressSize);
  if (size < 0 || !Number.isSafeInteger(low + size)) throw reader.error(`an FDE of ${size} bytes`, head.offset);
  if (cie.augmentation !== '') reader.skip(reader.uleb());
  return { kind: 'fde', offset: head.offset, cie, low, high: low + size, instructions: reader.offset, end: head.end };
}
