/** Bits of Zstandard blocks that are read from their end to their start (RFC 8878, section 4.1). */
import type { DebugInfoError } from '../errors.js';
import { ByteReader } from '../reader.js';

/** Bits that one load gives at any alignment. */
const LOAD_BITS = 25;

export class BackwardBits {
  readonly #bytes: Uint8Array;
  readonly #reader: ByteReader;
  readonly #at: number;
  /** Bits that are left. Negative: more were read than there are; those are 0. */
  left: number;

  /** @param stream a whole bit stream: its last byte has a 1 above the first bit, which marks it. */
  constructor(reader: ByteReader, stream: Uint8Array, at: number) {
    this.#bytes = stream;
    this.#reader = reader;
    this.#at = at;
    const last = stream.at(-1) ?? 0;
    if (last === 0) throw this.error('a bit stream without end mark');
    this.left = stream.length * 8 - 1 - Math.clz32(last) + 24;
  }

  /** The next `count` bits, at most 25, without taking them; 0s behind the end. */
  peek(count: number): number {
    const from = this.left - count;
    if (from >= 0) return this.#load(from) & ((1 << count) - 1);
    const available = this.left > 0 ? this.left : 0;
    return (this.#load(0) & ((1 << available) - 1)) << (count - available);
  }

  /** At most 32 bits. */
  take(count: number): number {
    if (count <= LOAD_BITS) {
      const value = this.peek(count);
      this.left -= count;
      return value;
    }
    const high = this.take(count - 16);
    return high * 0x1_0000 + this.take(16);
  }

  error(detail: string): DebugInfoError {
    return this.#reader.error(`zstd: ${detail}`, this.#at);
  }

  #load(bit: number): number {
    const bytes = this.#bytes;
    const at = bit >>> 3;
    const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    return word >>> (bit & 7);
  }
}
