/**
 * Searching a table of NUL-terminated texts (BTF strings, ELF .strtab) for a
 * name without splitting the table: records that name things by their offset in
 * the table are then compared by number.
 */
import { byteAt } from './table-access.js';

const NUL = 0;

/**
 * Every offset at which the text that runs up to the next NUL is exactly `name`.
 * More than one when the table holds it twice or as the tail of a longer text
 * (linkers share tails: "open" may live inside "fopen").
 */
export function findStringOffsets(table: Uint8Array, name: string): number[] {
  if (name.includes('\0')) return [];
  const haystack = Buffer.from(table.buffer, table.byteOffset, table.byteLength);
  const needle = Buffer.from(`${name}\0`);
  const offsets: number[] = [];
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1)) offsets.push(at);
  return offsets;
}

/** A set of small integers, for comparing many records with many offsets. */
export class OffsetSet {
  readonly #bits: Uint8Array;
  readonly #limit: number;
  readonly size: number;

  constructor(offsets: readonly number[], limit: number) {
    this.#limit = limit;
    this.#bits = new Uint8Array((limit >>> 3) + 1);
    for (const offset of offsets) this.#bits[offset >>> 3] = byteAt(this.#bits, offset >>> 3) | (1 << (offset & 7));
    this.size = offsets.length;
  }

  has(offset: number): boolean {
    return offset < this.#limit && (byteAt(this.#bits, offset >>> 3) & (1 << (offset & 7))) !== 0;
  }
}

/** Whether the text at `offset` starts with `prefix`. */
export function startsWithBytes(table: Uint8Array, offset: number, prefix: Uint8Array): boolean {
  if (offset + prefix.length > table.length) return false;
  for (let index = 0; index < prefix.length; index++) if (table[offset + index] !== prefix[index]) return false;
  return true;
}

/** Offset of the NUL that ends the text at `offset`; -1 when there is none. */
export function endOfString(table: Uint8Array, offset: number): number {
  // Names are short: a loop is faster than indexOf's call.
  for (let at = offset; at < table.length; at++) if (table[at] === NUL) return at;
  return -1;
}
