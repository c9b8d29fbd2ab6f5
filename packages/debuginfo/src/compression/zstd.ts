/**
 * Zstandard (RFC 8878), for sections that are compressed with it: Node has it since 22.15 only. Frames without a dictionary;
 * checksums are skipped, not compared. Written here because of the packages that we know of, the one that works in one call and
 * without a WebAssembly start-up loops without end on damaged input.
 */
import { ByteReader } from '../reader.js';
import { BLOCK_MAX, readLiterals } from './zstd-literals.js';
import type { HuffmanTable } from './zstd-literals.js';
import { readSequences } from './zstd-sequences.js';
import type { SequenceTables } from './zstd-sequences.js';

const MAGIC = 0xfd2f_b528;
const SKIPPABLE_MAGIC = 0x184d_2a50;

/** Exactly `size` bytes from the frames that `bytes` hold. Throws DebugInfoError when the data is damaged or another size. */
export function decompressZstd(bytes: Uint8Array, section: string, size: number): Uint8Array {
  const reader = new ByteReader(bytes, section);
  const out = new Output(size, reader);
  while (!reader.atEnd) {
    const at = reader.offset;
    const magic = reader.u32();
    if (magic === MAGIC) readFrame(reader, out);
    else if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE_MAGIC) reader.skip(reader.u32());
    else throw reader.error('not zstd data', at);
  }
  if (out.length !== size) throw reader.error(`${size} bytes expected, ${out.length} decompressed`, 0);
  return out.bytes;
}

/** The output, which is its own window. */
class Output {
  readonly bytes: Uint8Array;
  length = 0;
  /** Matches must not reach back before it. */
  frameStart = 0;
  #recent: readonly [number, number, number] = [1, 4, 8];
  readonly #reader: ByteReader;

  constructor(size: number, reader: ByteReader) {
    this.bytes = new Uint8Array(size);
    this.#reader = reader;
  }

  startFrame(): void {
    this.frameStart = this.length;
    this.#recent = [1, 4, 8];
  }

  append(part: Uint8Array): void {
    this.reserve(part.length);
    this.bytes.set(part, this.length);
    this.length += part.length;
  }

  fill(value: number, count: number): void {
    this.reserve(count);
    this.bytes.fill(value, this.length, this.length + count);
    this.length += count;
  }

  reserve(count: number): void {
    if (this.length + count > this.bytes.length) throw this.#reader.error(`zstd: more than the ${this.bytes.length} bytes that the header says`);
  }

  repeat(offsetValue: number, hasLiterals: boolean, count: number): void {
    const offset = this.#offset(offsetValue, hasLiterals);
    if (offset <= 0 || offset > this.length - this.frameStart) throw this.#reader.error('zstd: a match from before the start');
    this.reserve(count);
    const { bytes, length } = this;
    const from = length - offset;
    if (offset >= count) bytes.copyWithin(length, from, from + count);
    else for (let index = 0; index < count; index++) bytes[length + index] = bytes[from + index] as number;
    this.length += count;
  }

  /** Section 3.1.1.5: 1 to 3 name recent offsets, others by one when no literals stand before. */
  #offset(value: number, hasLiterals: boolean): number {
    const [first, second, third] = this.#recent;
    if (value > 3) {
      this.#recent = [value - 3, first, second];
      return value - 3;
    }
    const which = value + (hasLiterals ? 0 : 1);
    if (which === 1) return first;
    const offset = which === 2 ? second : which === 3 ? third : first - 1;
    this.#recent = which === 2 ? [second, first, third] : [offset, first, second];
    return offset;
  }
}

function readFrame(reader: ByteReader, out: Output): void {
  const at = reader.offset;
  const descriptor = reader.u8();
  if ((descriptor & 8) !== 0) throw reader.error('zstd: a reserved bit is set', at);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  if (!isSingleSegment) reader.skip(1); // window size: all of the output is kept
  const dictionary = reader.take([0, 1, 2, 4][descriptor & 3] as number);
  if (dictionary.some((byte) => byte !== 0)) throw reader.error('zstd: compressed with a dictionary', at);
  const sizeFlag = descriptor >>> 6;
  reader.skip(sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag);
  out.startFrame();
  const decoder = new BlockDecoder(out);
  for (let isLast = false; !isLast;) {
    const header = reader.u16() | (reader.u8() << 16);
    isLast = (header & 1) !== 0;
    const type = (header >>> 1) & 3;
    const size = header >>> 3;
    if (type === 0) out.append(reader.take(size));
    else if (type === 1) out.fill(reader.u8(), size);
    else if (type === 2) decoder.decode(new ByteReader(reader.take(size), reader.section));
    else throw reader.error('zstd: a block of a reserved type');
  }
  if ((descriptor & 4) !== 0) reader.skip(4);
}

class BlockDecoder {
  readonly #out: Output;
  #huffman: HuffmanTable | undefined;
  #tables: SequenceTables | undefined;

  constructor(out: Output) {
    this.#out = out;
  }

  decode(block: ByteReader): void {
    const out = this.#out;
    const limit = out.length + BLOCK_MAX;
    const { bytes: literals, table } = readLiterals(block, this.#huffman);
    this.#huffman = table;
    let used = 0;
    this.#tables = readSequences(block, this.#tables, (literalLength, matchLength, offset) => {
      if (used + literalLength > literals.length) throw block.error('zstd: more literals than the block has');
      out.append(literals.subarray(used, used + literalLength));
      used += literalLength;
      if (out.length + matchLength > limit) throw block.error('zstd: a block of more than 128 KiB');
      out.repeat(offset, literalLength > 0, matchLength);
    });
    out.append(literals.subarray(used));
    if (out.length > limit) throw block.error('zstd: a block of more than 128 KiB');
  }
}
