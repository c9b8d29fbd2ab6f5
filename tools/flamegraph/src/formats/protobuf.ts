/** The wire format of protocol buffers, as far as profile.proto needs it. https://protobuf.dev/programming-guides/encoding/ */
import { ProfileError } from '../profile/profile-error.js';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

export class ProtoWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Leaves out the default, 0. Negative numbers take ten bytes, as int64 does. */
  integer(field: number, value: number | bigint): void {
    if (value === 0 || value === 0n) return;
    this.#varint(field * 8 + VARINT);
    this.#varint(value);
  }

  packed(field: number, values: readonly (number | bigint)[]): void {
    if (values.length === 0) return;
    const inner = new ProtoWriter();
    for (const value of values) inner.#varint(value);
    this.bytes(field, inner.finish());
  }

  text(field: number, value: string): void {
    this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, write: (inner: ProtoWriter) => void): void {
    const inner = new ProtoWriter();
    write(inner);
    this.bytes(field, inner.finish());
  }

  bytes(field: number, value: Uint8Array): void {
    this.#varint(field * 8 + BYTES);
    this.#varint(value.length);
    this.#room(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  #varint(value: number | bigint): void {
    this.#room(10);
    if (typeof value === 'bigint' || value < 0 || value > 0x7fff_ffff) {
      let rest = BigInt.asUintN(64, BigInt(value));
      for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      this.#bytes[this.#length++] = Number(rest);
      return;
    }
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + bytes));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** A field's content: an integer, or the bytes of a string, of a message or of packed integers. */
export interface ProtoField {
  readonly number: number;
  readonly integer: bigint;
  readonly bytes: ProtoReader | undefined;
}

/** Reads a message; ProfileError tells the byte. */
export class ProtoReader {
  readonly #format: string;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  #at: number;

  constructor(format: string, bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#format = format;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#at = start;
  }

  get place(): string {
    return `byte 0x${this.#start.toString(16)}`;
  }

  text(): string {
    return new TextDecoder().decode(this.#bytes.subarray(this.#start, this.#end));
  }

  *fields(): Generator<ProtoField> {
    this.#at = this.#start;
    while (this.#at < this.#end) {
      const tag = this.#varint();
      const number = Number(tag >> 3n);
      const wire = Number(tag & 7n);
      if (number === 0) this.#fail('a field numbered 0');
      switch (wire) {
        case VARINT: yield { number, integer: this.#varint(), bytes: undefined }; break;
        case BYTES: yield { number, integer: 0n, bytes: this.#delimited() }; break;
        case FIXED64: this.#skip(8); yield { number, integer: 0n, bytes: undefined }; break;
        case FIXED32: this.#skip(4); yield { number, integer: 0n, bytes: undefined }; break;
        default: this.#fail(`wire type ${wire} is none that this format uses`);
      }
    }
  }

  /** The bytes as integers one after the other. */
  *varints(): Generator<bigint> {
    this.#at = this.#start;
    while (this.#at < this.#end) yield this.#varint();
  }

  #delimited(): ProtoReader {
    const length = Number(this.#varint());
    const from = this.#at;
    this.#skip(length);
    return new ProtoReader(this.#format, this.#bytes, from, this.#at);
  }

  #skip(count: number): void {
    if (count > this.#end - this.#at) this.#fail(`${count} bytes are announced, ${this.#end - this.#at} are there`);
    this.#at += count;
  }

  #varint(): bigint {
    let small = 0;
    let shift = 0;
    for (; shift < 28; shift += 7) {
      const byte = this.#byte();
      small |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(small);
    }
    let value = BigInt(small);
    for (; shift < 70; shift += 7) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    return this.#fail('an integer of more than ten bytes');
  }

  #byte(): number {
    if (this.#at >= this.#end) this.#fail('the file ends within a number');
    return this.#bytes[this.#at++] ?? 0;
  }

  #fail(problem: string): never {
    throw new ProfileError(this.#format, `byte 0x${this.#at.toString(16)}`, problem);
  }
}
