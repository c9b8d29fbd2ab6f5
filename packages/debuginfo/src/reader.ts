/** A cursor over little-endian bytes that says which section and offset ran short. */
import { DebugInfoError } from './errors.js';

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

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
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

  error(detail: string, offset = this.offset): DebugInfoError {
    return new DebugInfoError(this.section, offset, detail);
  }

  #take(count: number): number {
    const start = this.offset;
    if (count < 0 || start + count > this.bytes.length) throw this.error(`${count} bytes wanted, ${this.remaining} left`);
    this.offset = start + count;
    return start;
  }
}

/** UTF-8 text of bytes[start, end). Bytes that are no UTF-8 become U+FFFD. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('utf8', start, end);
}
