/** A growing byte buffer with the few writes that the hot path needs, none of which makes a string. */

const ZERO = 0x30;
const TWO_32 = 0x1_0000_0000;
const BILLION = 1_000_000_000;

/** Decimal digits of an integer in 0 … 2^32 - 1. */
function digitCount(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1000) return 3;
  if (value < 10_000) return 4;
  if (value < 100_000) return 5;
  if (value < 1_000_000) return 6;
  if (value < 10_000_000) return 7;
  if (value < 100_000_000) return 8;
  return value < BILLION ? 9 : 10;
}

export class OutputBuffer {
  bytes: Buffer;
  length = 0;

  constructor(capacity = 64 * 1024) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  /** The bytes so far, which the caller now owns; the buffer starts anew. Little is copied, much is handed over. */
  take(): Buffer {
    const written = this.bytes.subarray(0, this.length);
    this.length = 0;
    if (written.length < this.bytes.length / 4) return Buffer.from(written);
    this.bytes = Buffer.allocUnsafeSlow(this.bytes.length);
    return written;
  }

  /** A byte string: one character a byte. */
  writeText(text: string): void {
    this.reserve(text.length);
    if (text.length < 24) {
      for (let index = 0; index < text.length; index += 1) this.bytes[this.length++] = text.charCodeAt(index);
    } else {
      this.length += this.bytes.write(text, this.length, 'latin1');
    }
  }

  writeBytes(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    if (count < 48) {
      const { bytes } = this;
      let at = this.length;
      for (let index = start; index < end; index += 1) bytes[at++] = source[index] ?? 0;
      this.length = at;
    } else {
      this.bytes.set(source.subarray(start, end), this.length);
      this.length += count;
    }
  }

  fill(byte: number, count: number): void {
    if (count <= 0) return;
    this.reserve(count);
    this.bytes.fill(byte, this.length, this.length + count);
    this.length += count;
  }

  /** Decimal of an integer in 0 … 2^32 - 1, padded with zeros to `digits`. */
  private writeSmall(value: number, digits: number): void {
    const { bytes } = this;
    let rest = value;
    let at = this.length + digits;
    while (at > this.length) {
      const quotient = (rest / 10) | 0;
      bytes[--at] = ZERO + (rest - quotient * 10);
      rest = quotient;
    }
    this.length += digits;
  }

  /** Unsigned decimal of `high * 2^32 + low` (both unsigned 32-bit). */
  writeUnsigned(high: number, low: number): void {
    this.reserve(20);
    if (high === 0) {
      this.writeSmall(low, digitCount(low));
    } else if (high < 0x20_0000) { // below 2^53: exact in a double
      const value = high * TWO_32 + low;
      const upper = Math.floor(value / BILLION);
      if (upper > 0) this.writeSmall(upper, digitCount(upper));
      const lower = value - upper * BILLION;
      this.writeSmall(lower, upper > 0 ? 9 : digitCount(lower));
    } else {
      this.writeText(((BigInt(high) << 32n) | BigInt(low)).toString());
    }
  }

  /** Signed decimal of a 64-bit value given as its two 32-bit halves (`high` signed, `low` unsigned). */
  writeSigned(high: number, low: number): void {
    if (high >= 0) {
      this.writeUnsigned(high, low);
      return;
    }
    this.reserve(1);
    this.bytes[this.length++] = 0x2d;
    const negated = -low >>> 0;
    this.writeUnsigned((negated === 0 ? -high : ~high) >>> 0, negated);
  }

  /** Hexadecimal without leading zeros. `letters`: the code of `a` or `A`. */
  writeHex(high: number, low: number, letters: number): void {
    this.reserve(16);
    let shift = high === 0 ? 28 - (Math.clz32(low | 1) & ~3) : 28 - (Math.clz32(high) & ~3);
    if (high !== 0) {
      for (; shift >= 0; shift -= 4) this.writeDigit((high >>> shift) & 15, letters);
      shift = 28;
    }
    for (; shift >= 0; shift -= 4) this.writeDigit((low >>> shift) & 15, letters);
  }

  private writeDigit(digit: number, letters: number): void {
    this.bytes[this.length++] = digit < 10 ? ZERO + digit : letters + digit - 10;
  }

  /** Moves what was written since `start` to the right end of a field of `width` bytes, or fills up behind it. */
  padSince(start: number, width: number, left: boolean): void {
    const missing = width - (this.length - start);
    if (missing <= 0) return;
    this.reserve(missing);
    if (!left) {
      this.bytes.copyWithin(start + missing, start, this.length);
      this.bytes.fill(0x20, start, start + missing);
    } else {
      this.bytes.fill(0x20, this.length, this.length + missing);
    }
    this.length += missing;
  }
}
