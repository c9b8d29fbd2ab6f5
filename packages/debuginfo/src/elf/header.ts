/** ELF64 little-endian headers: file, sections, segments. Source: elf(5). */
import { DebugInfoError } from '../errors.js';
import type { ByteSource } from '../byte-source.js';
import { ByteReader, decodeText } from '../reader.js';
import { endOfString } from '../string-search.js';

export const SHT_SYMTAB = 2;
export const SHT_NOTE = 7;
export const SHT_NOBITS = 8;
export const SHT_DYNSYM = 11;
export const SHT_RELA = 4;
export const SHF_ALLOC = 2;
export const SHF_EXECINSTR = 4;
export const SHF_COMPRESSED = 0x800;
export const PT_LOAD = 1;
export const PT_INTERP = 3;
export const PT_NOTE = 4;
export const PF_X = 1;
const SHN_XINDEX = 0xffff;
const ELF_HEADER_BYTES = 64;
const SECTION_HEADER_BYTES = 64;
const SEGMENT_HEADER_BYTES = 56;
const FILE_TYPES = ['none', 'rel', 'exec', 'dyn', 'core'] as const;
const MACHINES: Readonly<Record<number, string>> = { 62: 'x86_64', 183: 'aarch64', 247: 'bpf' };

export type ElfFileType = (typeof FILE_TYPES)[number] | 'other';
export type ElfMachine = 'x86_64' | 'aarch64' | 'bpf' | 'other';

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  /** SHT_*. */
  readonly type: number;
  /** SHF_* bits. */
  readonly flags: bigint;
  /** Virtual address; 0 when not loaded. */
  readonly address: bigint;
  /** In the file. */
  readonly offset: number;
  /** Bytes: of the compressed form for compressed sections; NOBITS sections take none in the file. */
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly alignment: bigint;
  readonly entrySize: number;
}

export interface ElfSegment {
  /** PT_*. */
  readonly type: number;
  /** PF_* bits. */
  readonly flags: number;
  readonly offset: number;
  readonly address: bigint;
  readonly fileSize: number;
  readonly memorySize: bigint;
  readonly alignment: bigint;
}

export interface ElfHeader {
  readonly type: ElfFileType;
  readonly machine: ElfMachine;
  /** e_machine as a number, for messages about others. */
  readonly machineNumber: number;
  readonly entry: bigint;
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
}

export function parseElfHeader(source: ByteSource): ElfHeader {
  const reader = new ByteReader(source.read(0, ELF_HEADER_BYTES), 'ELF header');
  checkIdentity(reader);
  reader.offset = 16;
  const type = FILE_TYPES[reader.u16()] ?? 'other';
  const machineNumber = reader.u16();
  reader.skip(4); // e_version
  const entry = reader.u64();
  const segmentsOffset = reader.size();
  const sectionsOffset = reader.size();
  reader.skip(6); // e_flags, e_ehsize
  const segmentBytes = reader.u16();
  const segmentCount = reader.u16();
  const sectionBytes = reader.u16();
  const sectionCount = reader.u16();
  const namesIndex = reader.u16();
  const sections = parseSections(source, sectionsOffset, sectionBytes, sectionCount, namesIndex);
  const segments = parseSegments(source, segmentsOffset, segmentBytes, segmentCount);
  return { type, machine: (MACHINES[machineNumber] ?? 'other') as ElfMachine, machineNumber, entry, sections, segments };
}

function checkIdentity(reader: ByteReader): void {
  const { bytes } = reader;
  if (bytes.length < 4 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    throw reader.error('not an ELF file: it does not start with 7f 45 4c 46', 0);
  }
  if (bytes[4] === 1) throw reader.error('32-bit ELF files are not supported', 4);
  if (bytes[4] !== 2) throw reader.error(`ELF class ${bytes[4] ?? 'missing'}, expected 2 (64-bit)`, 4);
  if (bytes[5] === 2) throw reader.error('big-endian ELF files are not supported', 5);
  if (bytes[5] !== 1) throw reader.error(`ELF data encoding ${bytes[5] ?? 'missing'}, expected 1 (little-endian)`, 5);
}

function parseSections(source: ByteSource, offset: number, entryBytes: number, headerCount: number, headerNames: number): ElfSection[] {
  if (offset === 0) return [];
  if (entryBytes < SECTION_HEADER_BYTES) throw new DebugInfoError('ELF header', 58, `section headers of ${entryBytes} bytes, ${SECTION_HEADER_BYTES} expected`);
  // Files with 0xff00 sections or more keep the numbers in section 0.
  const first = rawSection(readHeaders(source, 'section headers', offset, 1, entryBytes), 0, 0);
  const count = headerCount === 0 ? first.size : headerCount;
  const namesIndex = headerNames === SHN_XINDEX ? first.link : headerNames;
  const headers = readHeaders(source, 'section headers', offset, count, entryBytes);
  const raw = Array.from({ length: count }, (_, index) => rawSection(headers, index * entryBytes, index));
  const names = raw[namesIndex];
  const table = names === undefined || names.type === SHT_NOBITS ? new Uint8Array() : source.read(names.offset, names.offset + names.size);
  return raw.map(({ nameOffset, ...section }) => {
    const end = endOfString(table, nameOffset);
    return { ...section, name: end < 0 ? '' : decodeText(table, nameOffset, end) };
  });
}

function readHeaders(source: ByteSource, what: string, offset: number, count: number, entryBytes: number): Uint8Array {
  if (offset + count * entryBytes > source.length) {
    throw new DebugInfoError(what, offset, `${count} headers of ${entryBytes} bytes wanted, ${Math.max(0, source.length - offset)} bytes left`);
  }
  return source.read(offset, offset + count * entryBytes);
}

function rawSection(headers: Uint8Array, at: number, index: number): Omit<ElfSection, 'name'> & { readonly nameOffset: number } {
  const reader = new ByteReader(headers, 'section headers', at);
  const nameOffset = reader.u32();
  const type = reader.u32();
  const flags = reader.u64();
  const address = reader.u64();
  const offset = reader.size();
  const size = reader.size();
  const link = reader.u32();
  const info = reader.u32();
  const alignment = reader.u64();
  return { index, nameOffset, type, flags, address, offset, size, link, info, alignment, entrySize: reader.size() };
}

function parseSegments(source: ByteSource, offset: number, entryBytes: number, count: number): ElfSegment[] {
  if (offset === 0 || count === 0) return [];
  if (entryBytes < SEGMENT_HEADER_BYTES) throw new DebugInfoError('ELF header', 54, `program headers of ${entryBytes} bytes, ${SEGMENT_HEADER_BYTES} expected`);
  const headers = readHeaders(source, 'program headers', offset, count, entryBytes);
  return Array.from({ length: count }, (_, index) => {
    const reader = new ByteReader(headers, 'program headers', index * entryBytes);
    const type = reader.u32();
    const flags = reader.u32();
    const fileOffset = reader.size();
    const address = reader.u64();
    reader.skip(8); // p_paddr
    const fileSize = reader.size();
    const memorySize = reader.u64();
    return { type, flags, offset: fileOffset, address, fileSize, memorySize, alignment: reader.u64() };
  });
}
