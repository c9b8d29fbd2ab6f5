/**
 * Names of an index while it is built: a number for each text. Texts stay in their
 * sections and are told apart by their offsets, which linkers make unique, so that
 * a million names are counted without decoding one.
 */
import { Column } from './columns.js';
import { DebugInfoError } from '../errors.js';
import { endOfString } from '../string-search.js';
import type { SectionData } from './section-data.js';

const EMPTY = 0xffff_ffff;
const FIRST_SLOTS = 1024;
/** Texts are read from a large section in pieces of this size, in the order of their offsets. */
const PIECE = 1 << 20;

/** Numbers of offsets: open addressing, since a Map of millions costs ten times as much. */
class OffsetTable {
  readonly section: SectionData;
  #keys = new Float64Array(FIRST_SLOTS).fill(-1);
  #numbers = new Uint32Array(FIRST_SLOTS);
  #count = 0;

  constructor(section: SectionData) {
    this.section = section;
  }

  get(offset: number): number {
    const mask = this.#keys.length - 1;
    let slot = hash(offset) & mask;
    for (;;) {
      const key = this.#keys[slot] as number;
      if (key === offset) return this.#numbers[slot] as number;
      if (key === -1) return EMPTY;
      slot = (slot + 1) & mask;
    }
  }

  add(offset: number, number: number): void {
    if (++this.#count * 2 > this.#keys.length) this.#grow();
    this.#insert(offset, number);
  }

  /** All offsets, rising. */
  offsets(): Float64Array {
    return this.#keys.filter((key) => key !== -1).sort();
  }

  #insert(offset: number, number: number): void {
    const mask = this.#keys.length - 1;
    let slot = hash(offset) & mask;
    while (this.#keys[slot] !== -1) slot = (slot + 1) & mask;
    this.#keys[slot] = offset;
    this.#numbers[slot] = number;
  }

  #grow(): void {
    const keys = this.#keys;
    const numbers = this.#numbers;
    this.#keys = new Float64Array(keys.length * 2).fill(-1);
    this.#numbers = new Uint32Array(keys.length * 2);
    for (let slot = 0; slot < keys.length; slot++) if (keys[slot] !== -1) this.#insert(keys[slot] as number, numbers[slot] as number);
  }
}

/** Knuth's multiplicative hash of the low 32 bits; offsets are multiples of nothing in particular. */
const hash = (offset: number): number => Math.imul(offset | 0, 0x9e37_79b1) >>> 7;

export class NameTable {
  readonly #tables: OffsetTable[] = [];
  readonly #byText = new Map<string, number>();
  #textsLength = 0;
  #count = 0;

  constructor() {
    // Name 0 is the empty text.
    this.ofText('');
  }

  get count(): number { return this.#count; }

  ofText(text: string): number {
    let number = this.#byText.get(text);
    if (number === undefined) {
      number = this.#count++;
      this.#byText.set(text, number);
      // UTF-8 takes at most three bytes a character.
      this.#textsLength += text.length * 3;
    }
    return number;
  }

  /** The name at an offset of a string section. */
  ofOffset(section: SectionData, offset: number): number {
    let index = 0;
    while (index < this.#tables.length && (this.#tables[index] as OffsetTable).section !== section) index++;
    if (index === this.#tables.length) this.#tables.push(new OffsetTable(section));
    const table = this.#tables[index] as OffsetTable;
    let number = table.get(offset);
    if (number === EMPTY) {
      number = this.#count++;
      table.add(offset, number);
    }
    return number;
  }

  /**
   * All texts one after the other, each with a NUL at its end and one before the first; and where each name starts.
   * Throws DebugInfoError when they are many times larger than their sections, as only a hostile file makes them.
   */
  pool(): NamePool {
    const starts = new Uint32Array(this.#count);
    const order = new Column();
    const writer = new PoolWriter(this.#tables.reduce((sum, { section }) => sum + section.length, this.#textsLength));
    for (const [text, number] of this.#byText) {
      starts[number] = writer.add(Buffer.from(text));
      order.push(number);
    }
    for (const table of this.#tables) {
      const { section } = table;
      let piece: Uint8Array = NOTHING;
      let pieceStart = 0;
      for (const offset of table.offsets()) {
        let end = offset < pieceStart + piece.length ? endOfString(piece, offset - pieceStart) : -1;
        for (let size = PIECE; end < 0; size *= 4) {
          piece = section.upTo(offset, offset + size);
          pieceStart = offset;
          end = endOfString(piece, 0);
          // A name outside of its section, or without end: as an empty one it is found by no question.
          if (end < 0 && offset + size >= section.length) break;
        }
        const number = table.get(offset);
        starts[number] = writer.add(end < 0 ? NOTHING : piece.subarray(offset - pieceStart, end));
        order.push(number);
      }
    }
    return { bytes: writer.bytes(), starts, order: order.view() };
  }
}

export interface NamePool {
  readonly bytes: Uint8Array;
  /** By number. */
  readonly starts: Uint32Array;
  /** Numbers in the order in which they stand in the pool. */
  readonly order: Uint32Array;
}

const NOTHING = new Uint8Array();

class PoolWriter {
  #bytes = new Uint8Array(1 << 16);
  #length = 1;
  readonly #limit: number;

  constructor(textBytes: number) {
    // Linkers let texts share their ends, which costs a few percent here.
    this.#limit = textBytes * 4 + (1 << 20);
  }

  add(text: Uint8Array): number {
    const start = this.#length;
    const needed = start + text.length + 1;
    if (needed > this.#limit) throw new DebugInfoError('.debug_str', 0, `names of more than ${this.#limit} bytes`);
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(text, start);
    this.#length = needed;
    return start;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
