/** An assembler of little-endian bytes for test fixtures. Used by tests alone. */
export class SectionBuilder {
  #parts = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  u8(...values: readonly number[]): this {
    return this.bytes(Uint8Array.from(values, (value) => value & 0xff));
  }

  u16(...values: readonly number[]): this {
    for (const value of values) this.u8(value, value >>> 8);
    return this;
  }

  u32(...values: readonly number[]): this {
    for (const value of values) this.u8(value, value >>> 8, value >>> 16, value >>> 24);
    return this;
  }

  u64(...values: readonly (number | bigint)[]): this {
    for (const value of values) {
      const wide = BigInt.asUintN(64, BigInt(value));
      this.u32(Number(wide & 0xffff_ffffn), Number(wide >> 32n));
    }
    return this;
  }

  bytes(values: Uint8Array): this {
    const end = this.#length + values.length;
    if (end > this.#parts.length) {
      const grown = new Uint8Array(end * 2);
      grown.set(this.#parts.subarray(0, this.#length));
      this.#parts = grown;
    }
    this.#parts.set(values, this.#length);
    this.#length = end;
    return this;
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value));
  }

  align(to: number): this {
    while (this.#length % to !== 0) this.u8(0);
    return this;
  }

  build(): Uint8Array {
    return this.#parts.slice(0, this.#length);
  }
}

/** NUL-terminated texts, each once, and their offsets. */
export class StringTable {
  readonly #offsets = new Map<string, number>([['', 0]]);
  readonly #section = new SectionBuilder().u8(0);
  readonly #start: number;

  /** @param start offset of the first byte, for split BTF. Then the table has no empty text of its own. */
  constructor(start = 0) {
    this.#start = start;
    if (start > 0) this.#section = new SectionBuilder();
  }

  add(text: string): number {
    let offset = this.#offsets.get(text);
    if (offset === undefined) {
      offset = this.#start + this.#section.length;
      this.#offsets.set(text, offset);
      this.#section.text(text).u8(0);
    }
    return offset;
  }

  build(): Uint8Array {
    return this.#section.build();
  }
}
