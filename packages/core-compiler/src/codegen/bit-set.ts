/** A set of small numbers. */
export class BitSet {
  readonly #words: Uint32Array;

  constructor(size: number) {
    this.#words = new Uint32Array((size + 31) >> 5);
  }

  add(member: number): void {
    const index = member >> 5;
    this.#words[index] = (this.#words[index] ?? 0) | (1 << (member & 31));
  }

  delete(member: number): void {
    const index = member >> 5;
    this.#words[index] = (this.#words[index] ?? 0) & ~(1 << (member & 31));
  }

  has(member: number): boolean {
    return ((this.#words[member >> 5] ?? 0) & (1 << (member & 31))) !== 0;
  }

  /** Adds all of `other`; true when that changed something. */
  addAll(other: BitSet): boolean {
    let changed = false;
    const words = this.#words;
    for (let index = 0; index < words.length; index++) {
      const before = words[index] ?? 0;
      const after = before | (other.#words[index] ?? 0);
      if ((after >>> 0) !== (before >>> 0)) {
        words[index] = after;
        changed = true;
      }
    }
    return changed;
  }

  copy(size: number): BitSet {
    const copy = new BitSet(size);
    copy.#words.set(this.#words);
    return copy;
  }

  *[Symbol.iterator](): Generator<number> {
    for (let index = 0; index < this.#words.length; index++) {
      let word = (this.#words[index] ?? 0) >>> 0;
      while (word !== 0) {
        const bit = 31 - Math.clz32(word & -word);
        yield index * 32 + bit;
        word = (word & (word - 1)) >>> 0;
      }
    }
  }
}
