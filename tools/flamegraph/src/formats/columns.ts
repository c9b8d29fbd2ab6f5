/**
 * Columns of numbers and texts as bytes, behind a head of JSON: what of a profile is large. Whole numbers are written as differences
 * to the one before, in seven bits a byte (LEB128), which packs well. No node and no DOM here: the page reads it, too.
 */
import { ProfileError } from '../profile/profile-error.js';
import { Json, parseJson } from './json.js';

/** `same`: all entries are as the one in the head. */
type Coding = 'same' | 'whole' | 'float' | 'long' | 'text';
const CODINGS: readonly Coding[] = ['same', 'whole', 'float', 'long', 'text'];
/** Differences of numbers up to it are exact. */
const LARGEST_WHOLE = 2 ** 51;
const HEAD_LENGTH_BYTES = 4;
/** Entries: `same` needs no bytes for them. */
const LONGEST_COLUMN = 2 ** 28;

class Bytes {
  #bytes = new Uint8Array(1024);
  length = 0;

  get written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }

  add(values: Uint8Array): void {
    this.#room(values.length);
    this.#bytes.set(values, this.length);
    this.length += values.length;
  }

  /** Signs in the lowest bit. */
  difference(value: number): void {
    this.#room(8);
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) this.#bytes[this.length++] = (rest % 0x80) | 0x80;
    this.#bytes[this.length++] = rest;
  }

  #room(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + more));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }
}

function wholes(values: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const bytes = new Bytes();
  for (let index = 0, before = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    bytes.difference(value - before);
    before = value;
  }
  return bytes.written;
}

export class ColumnWriter {
  readonly #columns: (StoredColumn & { readonly name: string })[] = [];

  /** Finite numbers. */
  numbers(name: string, values: Int32Array | Float64Array): this {
    const [first = 0] = values;
    if (values.every((value: number) => value === first)) return this.#add(name, 'same', values.length, new Uint8Array(), first);
    const isWhole = values instanceof Int32Array || values.every((value) => Number.isInteger(value) && Math.abs(value) <= LARGEST_WHOLE);
    return this.#add(name, isWhole ? 'whole' : 'float', values.length, isWhole ? wholes(values) : floats(values));
  }

  longs(name: string, values: BigUint64Array): this {
    if (values.every((value) => value === 0n)) return this.#add(name, 'same', values.length, new Uint8Array());
    const view = new DataView(new ArrayBuffer(values.length * 8));
    values.forEach((value, index) => { view.setBigUint64(index * 8, value, true); });
    return this.#add(name, 'long', values.length, new Uint8Array(view.buffer));
  }

  /** Lengths in UTF-16 units, then all in UTF-8. Half characters become U+FFFD. */
  texts(name: string, values: readonly string[]): this {
    const bytes = new Bytes();
    bytes.add(wholes(values.map(({ length }) => length)));
    bytes.add(new TextEncoder().encode(values.join('')));
    return this.#add(name, 'text', values.length, bytes.written);
  }

  /** @param head JSON.stringify takes it; it has no `columns` */
  finish(head: object): Uint8Array<ArrayBuffer> {
    const text = new TextEncoder().encode(JSON.stringify({ ...head, columns: this.#columns.map(({ name, coding, count, bytes, value }) => [name, coding, count, bytes.length, value]) }));
    const length = new DataView(new ArrayBuffer(HEAD_LENGTH_BYTES));
    length.setUint32(0, text.length, true);
    const file = new Bytes();
    for (const part of [new Uint8Array(length.buffer), text, ...this.#columns.map(({ bytes }) => bytes)]) file.add(part);
    return file.written;
  }

  #add(name: string, coding: Coding, count: number, bytes: Uint8Array, value = 0): this {
    this.#columns.push({ name, coding, count, bytes, value });
    return this;
  }
}

function floats(values: Float64Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(values.length * 8));
  values.forEach((value, index) => { view.setFloat64(index * 8, value, true); });
  return new Uint8Array(view.buffer);
}

interface StoredColumn {
  readonly coding: Coding;
  readonly count: number;
  readonly bytes: Uint8Array;
  /** Of `same`. */
  readonly value: number;
}

const wanted = (low: number, high: number): string => `a number from ${low} to ${high} is wanted`;

/** Reads what ColumnWriter wrote. All methods throw ProfileError for what is not as it should be. */
export class ColumnReader {
  readonly head: Json;
  readonly #format: string;
  readonly #columns = new Map<string, StoredColumn>();

  constructor(format: string, bytes: Uint8Array) {
    this.#format = format;
    const whole = (length: number): void => { if (bytes.length < length) throw new ProfileError(format, undefined, `${length} bytes are announced, ${bytes.length} are there`); };
    whole(HEAD_LENGTH_BYTES);
    let at = HEAD_LENGTH_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    whole(at);
    this.head = new Json(format, parseJson(format, new TextDecoder().decode(bytes.subarray(HEAD_LENGTH_BYTES, at))));
    for (const column of this.head.need('columns').list()) {
      const [name, coding, count, length, value] = column.list();
      const known = CODINGS.find((one) => one === coding?.text());
      const [entries, size] = [count, length].map((one) => one?.number() ?? -1);
      if (name === undefined || known === undefined || entries === undefined || size === undefined || !Number.isSafeInteger(entries) || entries < 0 || !Number.isSafeInteger(size) || (size < entries && known !== 'same') || entries > LONGEST_COLUMN) return column.fail('this is no column');
      whole(at + size);
      this.#columns.set(name.text(), { coding: known, count: entries, bytes: bytes.subarray(at, at + size), value: value?.number() ?? 0 });
      at += size;
    }
  }

  has(name: string): boolean {
    return this.#columns.has(name);
  }

  /** Whole numbers, each from `low` to `high`, which fit 32 bits. @param length undefined: any */
  indexes(name: string, low: number, high: number, length?: number): Int32Array<ArrayBuffer> {
    return this.#wholes(name, (count) => new Int32Array(count), low, high, length);
  }

  /** @param least finite numbers from it on */
  numbers(name: string, least: number, length?: number): Float64Array<ArrayBuffer> {
    const { coding, count, bytes } = this.#column(name, ['same', 'whole', 'float'], length);
    if (coding !== 'float') return this.#wholes(name, (size) => new Float64Array(size), least, Number.MAX_SAFE_INTEGER, length);
    const view = this.#wide(name, count, bytes);
    const values = new Float64Array(count);
    for (let index = 0; index < count; index += 1) {
      const value = view.getFloat64(index * 8, true);
      if (!Number.isFinite(value) || value < least) this.#fail(name, `${value} in entry ${index}`);
      values[index] = value;
    }
    return values;
  }

  longs(name: string, length?: number): BigUint64Array<ArrayBuffer> {
    const { coding, count, bytes } = this.#column(name, ['same', 'long'], length);
    if (coding === 'same') return new BigUint64Array(count);
    const view = this.#wide(name, count, bytes);
    const values = new BigUint64Array(count);
    // In one piece where the processor has the same order: BigInts one by one are slow.
    if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) new Uint8Array(values.buffer).set(bytes);
    else values.forEach((_, index) => { values[index] = view.getBigUint64(index * 8, true); });
    return values;
  }

  texts(name: string): string[] {
    const { count, bytes } = this.#column(name, ['text'], undefined);
    const lengths = new Float64Array(count);
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(this.#decode(name, bytes, lengths, 0, Number.MAX_SAFE_INTEGER)));
    const texts = new Array<string>(count);
    let at = 0;
    for (let index = 0; index < count; index += 1) {
      const end = at + (lengths[index] ?? 0);
      texts[index] = text.slice(at, end);
      at = end;
    }
    return at === text.length ? texts : this.#fail(name, `texts of ${at} characters in ${text.length}`);
  }

  #wholes<Column extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(name: string, make: (count: number) => Column, low: number, high: number, length: number | undefined): Column {
    const { coding, count, bytes, value } = this.#column(name, ['same', 'whole'], length);
    const values = make(count);
    if (coding === 'same') {
      if (count > 0 && !(value >= low && value <= high)) this.#fail(name, `${wanted(low, high)}, not ${value}`);
      values.fill(value);
      return values;
    }
    const end = this.#decode(name, bytes, values, low, high);
    return end === bytes.length ? values : this.#fail(name, `${bytes.length - end} bytes too many`);
  }

  /** Fills `values`; gives how many bytes that took. */
  #decode(name: string, bytes: Uint8Array, values: Int32Array | Float64Array, low: number, high: number): number {
    let [at, value] = [0, 0];
    for (let index = 0; index < values.length; index += 1) {
      let byte = bytes[at++] ?? -1;
      if (byte >= 0 && byte < 0x80) value += (byte & 1) === 1 ? -(byte + 1) / 2 : byte / 2;
      else {
        let [coded, scale] = [0, 1];
        for (; byte >= 0x80 && scale < 2 ** 49; byte = bytes[at++] ?? -1, scale *= 0x80) coded += (byte & 0x7f) * scale;
        if (byte < 0 || byte >= 0x80) this.#fail(name, `entry ${index} is no number`);
        coded += byte * scale;
        value += coded % 2 === 1 ? -(coded + 1) / 2 : coded / 2;
      }
      if (!(value >= low && value <= high)) this.#fail(name, `${wanted(low, high)}, not ${value}`, index);
      values[index] = value;
    }
    return at;
  }

  #wide(name: string, count: number, bytes: Uint8Array): DataView {
    if (bytes.length !== count * 8) this.#fail(name, `${bytes.length} bytes for ${count} entries`);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  #column(name: string, codings: readonly Coding[], length: number | undefined): StoredColumn {
    const column = this.#columns.get(name) ?? this.head.fail(`the column '${name}' is missing`);
    if (!codings.includes(column.coding)) this.#fail(name, `it is ${column.coding}`);
    return length === undefined || length === column.count ? column : this.#fail(name, `${column.count} entries where ${length} are wanted`);
  }

  #fail(name: string, problem: string, index?: number): never {
    throw new ProfileError(this.#format, index === undefined ? name : `${name}[${index}]`, problem);
  }
}
