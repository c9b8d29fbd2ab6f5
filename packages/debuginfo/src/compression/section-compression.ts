/** Compressed sections: SHF_COMPRESSED (elf(5), gABI "Section Compression") and GNU's older ".zdebug_" sections. */
import { inflateSync } from 'node:zlib';
import { ByteReader } from '../reader.js';
import { decompressZstd } from './zstd.js';

const ELFCOMPRESS_ZLIB = 1;
const ELFCOMPRESS_ZSTD = 2;
const COMPRESSION_HEADER_BYTES = 24;
const ZDEBUG_HEADER_BYTES = 12;
/**
 * Deflate cannot do better, and zstd does only for sections of one repeated byte: a larger size in the header is a lie, and no
 * reason to reserve memory.
 */
const RATIO_MAX = 1032;

/** Contents of a section with SHF_COMPRESSED. Throws DebugInfoError: unknown method, damaged data, a size that is not the header's. */
export function decompressSection(contents: Uint8Array, section: string): Uint8Array {
  const reader = new ByteReader(contents, section);
  const method = reader.u32();
  reader.skip(4); // ch_reserved
  const size = reader.size();
  reader.skip(8); // ch_addralign
  if (method === ELFCOMPRESS_ZLIB) return inflate(reader, COMPRESSION_HEADER_BYTES, size);
  if (method === ELFCOMPRESS_ZSTD) {
    checkRatio(reader, size);
    return decompressZstd(contents.subarray(COMPRESSION_HEADER_BYTES), section, size);
  }
  throw reader.error(`unknown compression ${method}`, 0);
}

/** Contents of a ".zdebug_" section: "ZLIB", the size in big-endian, a zlib stream. Without that head the section is not compressed. */
export function decompressOldSection(contents: Uint8Array, section: string): Uint8Array {
  if (contents.length < ZDEBUG_HEADER_BYTES || Buffer.from(contents.subarray(0, 4)).toString('latin1') !== 'ZLIB') return contents;
  const reader = new ByteReader(contents, section);
  const size = Buffer.from(contents.buffer, contents.byteOffset, contents.length).readBigUInt64BE(4);
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw reader.error(`0x${size.toString(16)} is too large for a size`, 4);
  return inflate(reader, ZDEBUG_HEADER_BYTES, Number(size));
}

function checkRatio(reader: ByteReader, size: number): void {
  const { length } = reader.bytes;
  if (size > length * RATIO_MAX) throw reader.error(`${size} bytes from ${length} compressed ones are not believed`, 0);
}

function inflate(reader: ByteReader, start: number, size: number): Uint8Array {
  const { bytes } = reader;
  checkRatio(reader, size);
  let inflated: Uint8Array;
  try {
    inflated = inflateSync(bytes.subarray(start), { maxOutputLength: Math.max(size, 1) });
  } catch (error) {
    throw reader.error(`cannot decompress: ${error instanceof Error ? error.message : String(error)}`, start);
  }
  if (inflated.length !== size) throw reader.error(`${size} bytes expected, ${inflated.length} decompressed`, 0);
  return inflated;
}
