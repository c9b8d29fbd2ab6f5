/**
 * LZMA's decoder, as LZMA2 chunks use it. Source: the LZMA specification (7-Zip's lzma-specification.txt, public domain):
 * an adaptive binary range coder over a window of earlier output.
 */
import type { ByteReader } from '../reader.js';

const BIT_MODEL_BITS = 11;
const MOVE_BITS = 5;
const TOP = 0x100_0000;
const HALF = 1 << (BIT_MODEL_BITS - 1);
const STATES = 12;
const POSITION_BITS_MAX = 4;
const MATCH_MIN = 2;
const ALIGN_BITS = 4;
const END_POSITION_MODEL = 14;
const FULL_DISTANCES = 1 << (END_POSITION_MODEL >>> 1);
const LENGTH_STATES = 4;

const models = (count: number): Uint16Array => new Uint16Array(count).fill(HALF);

/** Decodes bits whose probability it learns. */
class RangeDecoder {
  readonly #bytes: Uint8Array;
  #at: number;
  #range = 0xffff_ffff;
  #code = 0;

  constructor(reader: ByteReader, length: number) {
    this.#bytes = reader.take(length);
    this.#at = 5;
    const [zero, a, b, c, d] = this.#bytes;
    if (length < 5 || zero !== 0 || a === undefined || b === undefined || c === undefined || d === undefined) throw reader.error('xz: a chunk without range coder');
    this.#code = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  }

  /** All bytes are used, and the code has come to its end. */
  get isFinished(): boolean {
    return this.#at === this.#bytes.length && this.#code === 0;
  }

  get isOverrun(): boolean {
    return this.#at > this.#bytes.length;
  }

  bit(table: Uint16Array, index: number): 0 | 1 {
    const probability = table[index] as number;
    const bound = (this.#range >>> BIT_MODEL_BITS) * probability;
    let bit: 0 | 1;
    if (this.#code < bound) {
      this.#range = bound;
      table[index] = probability + (((1 << BIT_MODEL_BITS) - probability) >>> MOVE_BITS);
      bit = 0;
    } else {
      this.#range -= bound;
      this.#code -= bound;
      table[index] = probability - (probability >>> MOVE_BITS);
      bit = 1;
    }
    this.#normalize();
    return bit;
  }

  direct(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left--) {
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) this.#code -= this.#range;
      value = value * 2 + bit;
      this.#normalize();
    }
    return value;
  }

  tree(table: Uint16Array, start: number, bits: number): number {
    let node = 1;
    for (let left = bits; left > 0; left--) node = (node << 1) | this.bit(table, start + node);
    return node - (1 << bits);
  }

  reverseTree(table: Uint16Array, start: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let index = 0; index < bits; index++) {
      const bit = this.bit(table, start + node);
      node = (node << 1) | bit;
      value |= bit << index;
    }
    return value;
  }

  #normalize(): void {
    if (this.#range >= TOP) return;
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | (this.#bytes[this.#at++] ?? 0)) >>> 0;
  }
}

/** Lengths of matches: 2 to 273. */
class LengthDecoder {
  readonly #choice = models(2);
  readonly #low = models(1 << (POSITION_BITS_MAX + 3));
  readonly #middle = models(1 << (POSITION_BITS_MAX + 3));
  readonly #high = models(256);

  decode(range: RangeDecoder, positionState: number): number {
    if (range.bit(this.#choice, 0) === 0) return range.tree(this.#low, positionState << 3, 3);
    if (range.bit(this.#choice, 1) === 0) return 8 + range.tree(this.#middle, positionState << 3, 3);
    return 16 + range.tree(this.#high, 0, 8);
  }
}

/** Output that is its own dictionary, and grows up to a limit. */
export class GrowingOutput {
  #bytes: Uint8Array = new Uint8Array(64 * 1024);
  length = 0;
  /** Matches must not reach back before it. */
  dictionaryStart = 0;
  readonly #limit: number;
  readonly #reader: ByteReader;

  constructor(reader: ByteReader, limit: number) {
    this.#reader = reader;
    this.#limit = limit;
  }

  reserve(count: number): void {
    const needed = this.length + count;
    if (needed > this.#limit) throw this.#reader.error(`xz: more than ${this.#limit} bytes of output`);
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.min(this.#limit, Math.max(needed, this.#bytes.length * 2)));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }

  /** Room was reserved. */
  push(byte: number): void {
    this.#bytes[this.length++] = byte;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** The byte `distance` back; 0 when there is none. */
  back(distance: number): number {
    const at = this.length - distance;
    return at < this.dictionaryStart ? 0 : (this.#bytes[at] as number);
  }

  /** Room was reserved. */
  repeat(distance: number, count: number): void {
    if (distance > this.length - this.dictionaryStart) throw this.#reader.error('xz: a match from before the start');
    const bytes = this.#bytes;
    for (let left = count; left > 0; left--, this.length++) bytes[this.length] = bytes[this.length - distance] as number;
  }

  slice(from: number): Uint8Array {
    return this.#bytes.subarray(from, this.length);
  }
}

export class LzmaDecoder {
  readonly #reader: ByteReader;
  readonly #out: GrowingOutput;
  readonly #literalContextBits: number;
  readonly #literalPositionMask: number;
  readonly #positionMask: number;
  #literals = models(0);
  #isMatch = models(0);
  #isRepeat = models(0);
  #isRepeat0 = models(0);
  #isRepeat0Long = models(0);
  #isRepeat1 = models(0);
  #isRepeat2 = models(0);
  #positionSlots = models(0);
  #positions = models(0);
  #align = models(0);
  #lengths = new LengthDecoder();
  #repeatLengths = new LengthDecoder();
  #state = 0;
  #distances: [number, number, number, number] = [0, 0, 0, 0];

  /** @param properties the byte (pb × 5 + lp) × 9 + lc */
  constructor(reader: ByteReader, out: GrowingOutput, properties: number) {
    const literalContextBits = properties % 9;
    const literalPositionBits = Math.floor(properties / 9) % 5;
    const positionBits = Math.floor(properties / 45);
    if (positionBits > POSITION_BITS_MAX || literalContextBits + literalPositionBits > 4) throw reader.error(`xz: LZMA properties ${properties}`);
    this.#reader = reader;
    this.#out = out;
    this.#literalContextBits = literalContextBits;
    this.#literalPositionMask = (1 << literalPositionBits) - 1;
    this.#positionMask = (1 << positionBits) - 1;
    this.#literals = models(0x300 << (literalContextBits + literalPositionBits));
    this.reset();
  }

  reset(): void {
    this.#literals.fill(HALF);
    this.#isMatch = models(STATES << POSITION_BITS_MAX);
    this.#isRepeat = models(STATES);
    this.#isRepeat0 = models(STATES);
    this.#isRepeat0Long = models(STATES << POSITION_BITS_MAX);
    this.#isRepeat1 = models(STATES);
    this.#isRepeat2 = models(STATES);
    this.#positionSlots = models(LENGTH_STATES << 6);
    this.#positions = models(1 + FULL_DISTANCES - END_POSITION_MODEL);
    this.#align = models(1 << ALIGN_BITS);
    this.#lengths = new LengthDecoder();
    this.#repeatLengths = new LengthDecoder();
    this.#state = 0;
    this.#distances = [0, 0, 0, 0];
  }

  /** A chunk: exactly `size` bytes of output from exactly `packed` bytes. */
  decode(size: number, packed: number): void {
    const range = new RangeDecoder(this.#reader, packed);
    const out = this.#out;
    out.reserve(size);
    const end = out.length + size;
    while (out.length < end) {
      if (range.isOverrun) throw this.#reader.error('xz: a chunk cut short');
      this.#step(range, end);
    }
    if (!range.isFinished) throw this.#reader.error('xz: a chunk that does not end with its data');
  }

  #step(range: RangeDecoder, end: number): void {
    const positionState = this.#out.length & this.#positionMask;
    if (range.bit(this.#isMatch, (this.#state << POSITION_BITS_MAX) + positionState) === 0) {
      this.#literal(range);
      return;
    }
    const length = MATCH_MIN + (range.bit(this.#isRepeat, this.#state) === 0 ? this.#match(range, positionState) : this.#repeat(range, positionState));
    if (this.#out.length + length > end) throw this.#reader.error('xz: a match over the end of its chunk');
    this.#out.repeat(this.#distances[0] + 1, length);
  }

  #literal(range: RangeDecoder): void {
    const out = this.#out;
    const context = ((out.length & this.#literalPositionMask) << this.#literalContextBits) + (out.back(1) >>> (8 - this.#literalContextBits));
    const start = 0x300 * context;
    let symbol = 1;
    if (this.#state >= 7) {
      let matched = out.back(this.#distances[0] + 1);
      while (symbol < 0x100) {
        const matchBit = (matched >>> 7) & 1;
        matched <<= 1;
        const bit = range.bit(this.#literals, start + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (matchBit !== bit) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | range.bit(this.#literals, start + symbol);
    out.push(symbol & 0xff);
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  /** A match at a new distance; its length - 2. */
  #match(range: RangeDecoder, positionState: number): number {
    const length = this.#lengths.decode(range, positionState);
    this.#state = this.#state < 7 ? 7 : 10;
    const distance = this.#distance(range, Math.min(length, LENGTH_STATES - 1));
    const [first, second, third] = this.#distances;
    this.#distances = [distance, first, second, third];
    return length;
  }

  #distance(range: RangeDecoder, lengthState: number): number {
    const slot = range.tree(this.#positionSlots, lengthState << 6, 6);
    if (slot < 4) return slot;
    const directBits = (slot >>> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** directBits;
    if (slot < END_POSITION_MODEL) return base + range.reverseTree(this.#positions, base - slot, directBits);
    return base + range.direct(directBits - ALIGN_BITS) * (1 << ALIGN_BITS) + range.reverseTree(this.#align, 0, ALIGN_BITS);
  }

  /** A match at one of the last four distances; its length - 2. */
  #repeat(range: RangeDecoder, positionState: number): number {
    const state = this.#state;
    if (range.bit(this.#isRepeat0, state) === 0) {
      if (range.bit(this.#isRepeat0Long, (state << POSITION_BITS_MAX) + positionState) === 0) {
        this.#state = state < 7 ? 9 : 11;
        return 1 - MATCH_MIN;
      }
    } else {
      const [first, second, third, fourth] = this.#distances;
      if (range.bit(this.#isRepeat1, state) === 0) this.#distances = [second, first, third, fourth];
      else if (range.bit(this.#isRepeat2, state) === 0) this.#distances = [third, first, second, fourth];
      else this.#distances = [fourth, first, second, third];
    }
    this.#state = state < 7 ? 8 : 11;
    return this.#repeatLengths.decode(range, positionState);
  }
}
