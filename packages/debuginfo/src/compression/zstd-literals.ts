/** Literals of a Zstandard block: raw, repeated, or Huffman-coded (RFC 8878, sections 3.1.1.3.1 and 4.2). */
import type { ByteReader } from '../reader.js';
import { byteAt } from '../table-access.js';
import { BackwardBits } from './zstd-bits.js';
import { FseState, readFseTable } from './zstd-fse.js';

export const BLOCK_MAX = 128 * 1024;
const WEIGHT_ACCURACY_MAX = 6;
const CODE_BITS_MAX = 11;
const SYMBOLS = 256;

export interface HuffmanTable {
  readonly bits: number;
  readonly symbols: Uint8Array;
  readonly lengths: Uint8Array;
}

export interface Literals {
  readonly bytes: Uint8Array;
  /** For later blocks that use the same code. */
  readonly table: HuffmanTable | undefined;
}

/** @param previous the last block's code */
export function readLiterals(reader: ByteReader, previous: HuffmanTable | undefined): Literals {
  const first = reader.u8();
  const type = first & 3;
  const format = (first >>> 2) & 3;
  if (type < 2) {
    const size = (format & 1) === 0 ? first >>> 3 : (first >>> 4) | (reader.u8() << 4) | (format === 3 ? reader.u8() << 12 : 0);
    if (size > BLOCK_MAX) throw reader.error(`zstd: ${size} literals in a block`);
    return { bytes: type === 0 ? reader.take(size) : new Uint8Array(size).fill(reader.u8()), table: previous };
  }
  const sizeBits = format < 2 ? 10 : format === 2 ? 14 : 18;
  const headerBytes = format < 2 ? 2 : format === 2 ? 3 : 4;
  let header = first;
  for (let index = 1; index <= headerBytes; index++) header += reader.u8() * 2 ** (8 * index);
  const size = Math.floor(header / 16) % 2 ** sizeBits;
  const compressed = Math.floor(header / 2 ** (4 + sizeBits)) % 2 ** sizeBits;
  if (size > BLOCK_MAX) throw reader.error(`zstd: ${size} literals in a block`);
  const start = reader.offset;
  const table = type === 2 ? readHuffmanTable(reader) : previous;
  if (table === undefined) throw reader.error('zstd: literals of an earlier code, but there is none', start);
  const streams = reader.take(compressed - (reader.offset - start));
  const bytes = new Uint8Array(size);
  if (format === 0) decodeStream(reader, streams, table, bytes, 0, size);
  else decodeFour(reader, streams, table, bytes);
  return { bytes, table };
}

function decodeFour(reader: ByteReader, streams: Uint8Array, table: HuffmanTable, out: Uint8Array): void {
  if (streams.length < 6) throw reader.error('zstd: literals cut short');
  const part = (out.length + 3) >>> 2;
  let at = 6;
  for (let index = 0; index < 4; index++) {
    const length = index === 3 ? streams.length - at : byteAt(streams, index * 2) | (byteAt(streams, index * 2 + 1) << 8);
    const start = part * index;
    const end = index === 3 ? out.length : start + part;
    if (length < 0 || at + length > streams.length || end > out.length || start > end) throw reader.error('zstd: literals that do not add up');
    decodeStream(reader, streams.subarray(at, at + length), table, out, start, end);
    at += length;
  }
}

function decodeStream(reader: ByteReader, stream: Uint8Array, table: HuffmanTable, out: Uint8Array, start: number, end: number): void {
  const bits = new BackwardBits(reader, stream, reader.offset - stream.length);
  const { symbols, lengths } = table;
  const width = table.bits;
  for (let at = start; at < end; at++) {
    const code = bits.peek(width);
    out[at] = byteAt(symbols, code);
    bits.left -= byteAt(lengths, code);
  }
  if (bits.left !== 0) throw bits.error('literals that do not end with their stream');
}

function readHuffmanTable(reader: ByteReader): HuffmanTable {
  const at = reader.offset;
  const head = reader.u8();
  const weights = head < 128 ? readCodedWeights(reader, head) : readPlainWeights(reader, head - 127);
  let sum = 0;
  for (const weight of weights) {
    if (weight > CODE_BITS_MAX) throw reader.error('zstd: a Huffman code that is too long', at);
    if (weight > 0) sum += 1 << (weight - 1);
  }
  if (sum === 0) throw reader.error('zstd: a Huffman code without symbols', at);
  const bits = 32 - Math.clz32(sum);
  const rest = (1 << bits) - sum;
  if (bits > CODE_BITS_MAX || (rest & (rest - 1)) !== 0 || weights.length >= SYMBOLS) throw reader.error('zstd: a Huffman code that does not add up', at);
  weights.push(32 - Math.clz32(rest));
  return buildHuffmanTable(weights, bits);
}

/** Weights fill the table in their order: the rarest symbols first. */
function buildHuffmanTable(weights: readonly number[], bits: number): HuffmanTable {
  const symbols = new Uint8Array(1 << bits);
  const lengths = new Uint8Array(1 << bits);
  let at = 0;
  for (let weight = 1; weight <= bits; weight++) {
    weights.forEach((one, symbol) => {
      if (one !== weight) return;
      const end = at + (1 << (weight - 1));
      symbols.fill(symbol, at, end);
      lengths.fill(bits + 1 - weight, at, end);
      at = end;
    });
  }
  return { bits, symbols, lengths };
}

function readPlainWeights(reader: ByteReader, count: number): number[] {
  const bytes = reader.take((count + 1) >>> 1);
  return Array.from({ length: count }, (_, index) => (index % 2 === 0 ? byteAt(bytes, index >>> 1) >>> 4 : byteAt(bytes, index >>> 1) & 15));
}

function readCodedWeights(reader: ByteReader, length: number): number[] {
  const end = reader.offset + length;
  const table = readFseTable(reader, CODE_BITS_MAX + 1, WEIGHT_ACCURACY_MAX);
  const stream = reader.take(end - reader.offset);
  const bits = new BackwardBits(reader, stream, reader.offset - stream.length);
  const states = [new FseState(table, bits), new FseState(table, bits)] as const;
  const weights: number[] = [];
  // Two states take turns; the bits run out in one, and the other gives the last symbol.
  for (let turn = 0; ; turn ^= 1) {
    const state = states[turn as 0 | 1];
    weights.push(state.symbol);
    if (weights.length >= SYMBOLS) throw bits.error('a Huffman code with too many symbols');
    state.advance(bits);
    if (bits.left < 0) {
      weights.push(states[(turn ^ 1) as 0 | 1].symbol);
      return weights;
    }
  }
}
