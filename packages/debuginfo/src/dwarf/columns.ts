/** Tables that grow, as typed arrays: millions of entries without an object each. */

const FIRST_CAPACITY = 64;

export class Column {
  #values = new Uint32Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number { return this.#length; }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Uint32Array(this.#length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  get(index: number): number { return this.#values[index] as number; }
  set(index: number, value: number): void { this.#values[index] = value; }
  /** Takes the last one away; 0 when there is none. */
  pop(): number { return this.#length === 0 ? 0 : (this.#values[--this.#length] as number); }
  /** A view that ends where the column does; valid until it grows. */
  view(): Uint32Array { return this.#values.subarray(0, this.#length); }
}

/** Numbers up to 2^53: ids, offsets. */
export class WideColumn {
  #values = new Float64Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number { return this.#length; }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Float64Array(this.#length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  get(index: number): number { return this.#values[index] as number; }
  set(index: number, value: number): void { this.#values[index] = value; }
  view(): Float64Array { return this.#values.subarray(0, this.#length); }
}

/** Position of a value in a rising column; -1 when it has none. */
export function findSorted(column: Column, value: number): number {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (column.get(middle) < value) low = middle + 1;
    else high = middle;
  }
  return low < column.length && column.get(low) === value ? low : -1;
}
