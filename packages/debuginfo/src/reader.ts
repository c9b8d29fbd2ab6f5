/** A cursor over little-endian bytes that says which section and offset ran short. */
import { DebugInfoError } from './errors.js';
import { byteAt } from './table-access.js';

const MAX_U64 = 0xffff_ffff_ffff_ffffn;

export class ByteReader {
  readonly bytes: Uint8Array;
  /** Names the bytes in errors. */
  readonly section: string;
  /** Where the next read starts, in bytes. */
  offset: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, section: string, offset = 0) {
    this.bytes = bytes;
    this.section = section;
    this.offset = offset;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return Math.max(0, this.bytes.length - this.offset);
  }

  get atEnd(): boolean {
    return this.remaining === 0;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  /** An unsigned integer of 1 to 8 bytes: an address, or a word of a size that stands in a header. */
  unsigned(byteCount: number): bigint {
    if (byteCount === 8) return this.u64();
    if (byteCount === 4) return BigInt(this.u32());
    if (byteCount < 1 || byteCount > 8) throw this.error(`an integer of ${byteCount} bytes`);
    let value = 0n;
    for (const [index, byte] of this.take(byteCount).entries()) value |= BigInt(byte) << BigInt(8 * index);
    return value;
  }

  /** An unsigned LEB128 as a number; beyond 2^53 - 1 an error: counts, offsets, indexes and lengths. */
  uleb(): number {
    const { bytes } = this;
    const start = this.offset;
    // Nearly all are one byte.
    const first = bytes[start];
    if (first !== undefined && first < 0x80) {
      this.offset = start + 1;
      return first;
    }
    let value = 0;
    let scale = 1;
    for (let at = start; at < bytes.length; at++) {
      const byte = byteAt(bytes, at);
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw this.error('an unsigned LEB128 beyond 2^53', start);
      if (byte < 0x80) {
        this.offset = at + 1;
        return value;
      }
      // Bytes that only pad may follow without end; they add 0, whatever the scale.
      scale = Math.min(scale * 128, 2 ** 70);
    }
    throw this.error('a LEB128 without end', start);
  }

  /** A signed LEB128 as a number; beyond ±2^53 an error. */
  sleb(): number {
    const first = this.bytes[this.offset];
    if (first !== undefined && first < 0x80) {
      this.offset++;
      return first < 0x40 ? first : first - 0x80;
    }
    const start = this.offset;
    const value = this.slebBig();
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) throw this.error('a signed LEB128 beyond 2^53', start);
    return Number(value);
  }

  /** An unsigned LEB128 of 64 bits; higher bits are an error unless they are 0. */
  ulebBig(): bigint {
    const start = this.offset;
    const { value } = this.#leb();
    if (value > MAX_U64) throw this.error('an unsigned LEB128 beyond 64 bits', start);
    return value;
  }

  /** A signed LEB128; its low 64 bits, as the programs that write them mean it. */
  slebBig(): bigint {
    const { value, bits } = this.#leb();
    return bits >= 64 ? BigInt.asIntN(64, value) : BigInt.asIntN(bits, value);
  }

  /** A 64-bit size or offset as a number. Larger than 2^53 - 1: an error, since no file can hold it. */
  size(): number {
    const at = this.offset;
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new DebugInfoError(this.section, at, `0x${value.toString(16)} is too large for a size or offset`);
    return Number(value);
  }

  skip(count: number): void {
    this.#take(count);
  }

  /** A view of the next bytes, not a copy. */
  take(count: number): Uint8Array {
    const start = this.#take(count);
    return this.bytes.subarray(start, start + count);
  }

  /** UTF-8 text up to a NUL, which is skipped. */
  cString(): string {
    const start = this.offset;
    const end = this.bytes.indexOf(0, start);
    if (start > this.bytes.length || end < 0) throw this.error('text without end');
    this.offset = end + 1;
    return decodeText(this.bytes, start, end);
  }

  /** A LEB128's bits, without its sign. Bytes beyond the tenth only pad: their bits are dropped, unless they would count in an unsigned one. */
  #leb(): { readonly value: bigint; readonly bits: number } {
    const { bytes } = this;
    const start = this.offset;
    let low = 0;
    let shift = 0;
    let value = 0n;
    for (let at = start; at < bytes.length; at++) {
      const byte = byteAt(bytes, at);
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else if (shift < 77) value |= BigInt(byte & 0x7f) << BigInt(shift);
      shift += 7;
      if (byte >= 0x80) continue;
      this.offset = at + 1;
      return { value: value | BigInt(low >>> 0), bits: Math.min(shift, 77) };
    }
    throw this.error('a LEB128 without end', start);
  }

  error(detail: string, offset = this.offset): DebugInfoError {
    return new DebugInfoError(this.section, offset, detail);
  }

  #take(count: number): number {
    const start = this.offset;
    if (!(start >= 0 && count >= 0 && start + count <= this.bytes.length)) throw this.error(`${count} bytes wanted, ${this.remaining} left`);
    this.offset = start + count;
    return start;
  }
}

/** UTF-8 text of bytes[start, end). Bytes that are no UTF-8 become U+FFFD. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('utf8', start, end);
}
