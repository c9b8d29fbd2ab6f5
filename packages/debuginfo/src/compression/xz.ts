/**
 * The .xz container with LZMA2 (the .xz file format, version 1.2), which .gnu_debugdata is packed in. Written here because the
 * packages that unpack it are native, or give a stream where our readers need bytes.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ByteReader } from '../reader.js';
import { crc64 } from './crc64.js';
import { GrowingOutput, LzmaDecoder } from './lzma.js';

const STREAM_MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]);
const FOOTER_MAGIC = 0x5a59;
const STREAM_HEADER_BYTES = 12;
const FILTER_LZMA2 = 0x21;
const FILTER_NAMES: Readonly<Record<number, string>> = { 3: 'delta', 4: 'x86', 5: 'PowerPC', 6: 'IA-64', 7: 'ARM', 8: 'ARM-Thumb', 9: 'SPARC', 10: 'ARM64', 11: 'RISC-V' };
const CHECK_CRC32 = 1;
const CHECK_CRC64 = 4;
const CHECK_SHA256 = 10;
/** More is no symbol table of this world. */
export const XZ_OUTPUT_MAX = 256 * 1024 * 1024;

/** Contents of an .xz file. Throws DebugInfoError: damaged, checksums that do not fit, filters other than LZMA2, more than `limit` bytes. */
export function decompressXz(bytes: Uint8Array, section: string, limit = XZ_OUTPUT_MAX): Uint8Array {
  const reader = new ByteReader(bytes, section);
  const out = new GrowingOutput(reader, limit);
  while (!reader.atEnd) {
    readStream(reader, out);
    // Streams follow each other, padded with words of 0.
    while (reader.remaining >= 4 && reader.bytes[reader.offset] === 0) {
      if (reader.u32() !== 0) throw reader.error('xz: padding that is not 0');
    }
  }
  return out.slice(0);
}

function readStream(reader: ByteReader, out: GrowingOutput): void {
  const start = reader.offset;
  if (!STREAM_MAGIC.equals(reader.take(6))) throw reader.error('not xz data', start);
  const flags = reader.take(2);
  checkCrc32(reader, flags);
  const check = flags[1] ?? 0;
  if (flags[0] !== 0 || check > 15) throw reader.error('xz: stream flags that are not known', start + 6);
  for (;;) {
    const at = reader.offset;
    const size = reader.u8();
    if (size === 0) {
      readIndex(reader, at);
      break;
    }
    readBlock(reader, out, at, (size + 1) * 4, check);
  }
  const footerCrc = reader.u32();
  const footer = reader.take(6);
  if (footerCrc !== crc32(footer)) throw reader.error('xz: a footer whose checksum does not fit', reader.offset - 10);
  if (reader.u16() !== FOOTER_MAGIC) throw reader.error('xz: no footer', start + STREAM_HEADER_BYTES);
}

/** The index repeats the sizes of the blocks, which have been read; its checksum tells whether it is whole. */
function readIndex(reader: ByteReader, at: number): void {
  const records = readNumber(reader);
  for (let left = records; left > 0; left--) {
    readNumber(reader);
    readNumber(reader);
  }
  reader.skip((4 - ((reader.offset - at) % 4)) % 4);
  checkCrc32(reader, reader.bytes.subarray(at, reader.offset));
}

function readBlock(reader: ByteReader, out: GrowingOutput, at: number, headerBytes: number, check: number): void {
  const flags = reader.u8();
  if ((flags & 0x3c) !== 0) throw reader.error('xz: block flags that are not known', at);
  if ((flags & 0x40) !== 0) readNumber(reader);
  const size = (flags & 0x80) === 0 ? undefined : readNumber(reader);
  for (let left = (flags & 3) + 1; left > 0; left--) {
    const filter = readNumber(reader);
    if (filter !== FILTER_LZMA2) throw reader.error(`xz: the ${FILTER_NAMES[filter] ?? String(filter)} filter is not supported`, at);
    reader.skip(readNumber(reader)); // dictionary size: all output is kept
  }
  if (reader.offset > at + headerBytes - 4) throw reader.error('xz: a block header that is too short', at);
  reader.offset = at + headerBytes - 4;
  checkCrc32(reader, reader.bytes.subarray(at, reader.offset));
  const from = out.length;
  const start = reader.offset;
  readLzma2(reader, out);
  const unpacked = out.slice(from);
  if (size !== undefined && size !== unpacked.length) throw reader.error(`xz: a block of ${size} bytes, ${unpacked.length} decompressed`, at);
  reader.skip((4 - ((reader.offset - start) % 4)) % 4);
  verify(reader, unpacked, check);
}

function verify(reader: ByteReader, unpacked: Uint8Array, check: number): void {
  const at = reader.offset;
  const expected = Buffer.from(reader.take([0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64][check] ?? 0));
  let fits = true;
  if (check === CHECK_CRC32) fits = crc32(unpacked) === expected.readUInt32LE(0);
  else if (check === CHECK_CRC64) fits = crc64(unpacked) === expected.readBigUInt64LE(0);
  else if (check === CHECK_SHA256) fits = createHash('sha256').update(unpacked).digest().equals(expected);
  if (!fits) throw reader.error('xz: contents whose checksum does not fit', at);
}

function readLzma2(reader: ByteReader, out: GrowingOutput): void {
  let decoder: LzmaDecoder | undefined;
  let needsDictionary = true;
  for (;;) {
    const at = reader.offset;
    const control = reader.u8();
    if (control === 0) return;
    if (control === 1 || control >= 0xe0) {
      out.dictionaryStart = out.length;
      needsDictionary = false;
    } else if (needsDictionary || (control > 2 && control < 0x80)) throw reader.error('xz: an LZMA2 chunk out of place', at);
    if (control < 0x80) {
      out.append(reader.take(bigEndian16(reader) + 1));
      continue;
    }
    const size = ((control & 0x1f) << 16) + bigEndian16(reader) + 1;
    const packed = bigEndian16(reader) + 1;
    if (control >= 0xc0) decoder = new LzmaDecoder(reader, out, reader.u8());
    else if (control >= 0xa0) decoder?.reset();
    if (decoder === undefined) throw reader.error('xz: an LZMA2 chunk without properties', at);
    decoder.decode(size, packed);
  }
}

const bigEndian16 = (reader: ByteReader): number => (reader.u8() << 8) | reader.u8();

/** The container's own variable-length integers: as LEB128, at most 63 bits. */
const readNumber = (reader: ByteReader): number => reader.uleb();

function checkCrc32(reader: ByteReader, bytes: Uint8Array): void {
  const at = reader.offset;
  if (reader.u32() !== crc32(bytes)) throw reader.error('xz: a header whose checksum does not fit', at);
}
