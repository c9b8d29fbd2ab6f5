/**
 * One section of debug information. Small ones are read whole; of large ones only
 * the parts that are asked for, so that .debug_info of hundreds of megabytes costs
 * the memory of the units that were looked at.
 */
import type { ByteSource } from '../byte-source.js';
import { DebugInfoError } from '../errors.js';
import { decodeText } from '../reader.js';
import { endOfString } from '../string-search.js';
import { byteAt } from '../table-access.js';

const WHOLE_MAX = 16 << 20;
/** Larger ones are read in parts until these cost more than all of it: a question mostly needs a few texts and tables. */
const AT_ONCE_MAX = 256 << 10;
/** Lists of one function stand beside each other: what is read of them serves the next ones. */
const NEAR_BYTES = 32 << 10;
const NEAR_LEAST = 1024;
/** What a read costs beside its bytes, in bytes. */
const READ_COST = 16 << 10;
/** What fits a processor's cache is read and searched twice as fast. */
const SEARCH_CHUNK = 1 << 20;
const TEXT_CHUNK = 256;
const READ_CHUNK = 16 << 10;
/** Cached texts of large sections; then the cache starts anew. */
const TEXTS_MAX = 1 << 16;

export class SectionData {
  readonly name: string;
  readonly length: number;
  readonly #source: ByteSource;
  readonly #isWhole: boolean;
  #whole: Uint8Array | undefined;
  #spent = 0;
  #near: Uint8Array = new Uint8Array();
  #nearStart = 0;
  #piece = new Uint8Array();
  #pieceStart = 0;
  #pieceLength = 0;
  readonly #texts = new Map<number, string>();

  /** @param isWhole reads it whole whatever its size: for sections of which every part is needed */
  constructor(name: string, source: ByteSource, isWhole = false) {
    this.name = name;
    this.length = source.length;
    this.#source = source;
    this.#isWhole = isWhole || source.length <= WHOLE_MAX;
  }

  /** Bytes [start, end). Throws DebugInfoError when the section ends before. */
  bytes(start: number, end: number): Uint8Array {
    if (!(start >= 0 && start <= end && end <= this.length)) throw new DebugInfoError(this.name, start, `${end - start} bytes wanted, ${Math.max(0, this.length - start)} left`);
    return this.#read(start, end);
  }

  /**
   * Bytes [start, end), valid until the next call: parts that follow each other are read in large pieces into the same memory.
   * Throws DebugInfoError when the section ends before.
   */
  passingBytes(start: number, end: number): Uint8Array {
    if (this.#isCheaperWhole(0) || this.#source.readInto === undefined) return this.bytes(start, end);
    if (!(start >= this.#pieceStart && end <= this.#pieceStart + this.#pieceLength)) {
      if (end > this.length) return this.bytes(start, end);
      if (this.#piece.length < end - start) this.#piece = new Uint8Array(Math.max(SEARCH_CHUNK, end - start));
      this.#pieceStart = start;
      this.#pieceLength = this.#source.readInto(this.#piece, start);
      if (this.#pieceLength < end - start) throw this.#cutShort(start, end - start, this.#pieceLength);
    }
    return this.#piece.subarray(start - this.#pieceStart, end - this.#pieceStart);
  }

  /** Gives the memory of passingBytes back. */
  endPass(): void {
    this.#piece = new Uint8Array();
    this.#pieceLength = 0;
  }

  /** Bytes [start, end) as far as the section has them. */
  upTo(start: number, end: number): Uint8Array {
    return this.#read(Math.min(start, this.length), Math.min(end, this.length));
  }

  /**
   * Reads something that starts at `start` and ends who knows where: gives `read` the bytes from there on, and where in
   * them it starts. Of large sections these are some thousands, and more when `read` finds them too few (DebugInfoError).
   */
  readFrom<T>(start: number, read: (bytes: Uint8Array, at: number) => T): T {
    if (this.#isCheaperWhole(0) || start < 0) return read(this.#read(0, this.length), start);
    for (let size = 0; ; size = Math.max(READ_CHUNK, size * 8)) {
      const bytes = size === 0 ? this.#nearBytes(start) : this.upTo(start, start + size);
      try {
        return read(bytes, 0);
      } catch (error) {
        if (!(error instanceof DebugInfoError) || start + bytes.length >= this.length) throw error;
      }
    }
  }

  /** From a place on a thousand bytes at least, if the section has them. */
  #nearBytes(start: number): Uint8Array {
    const isNear = start >= this.#nearStart && Math.min(this.length, start + NEAR_LEAST) <= this.#nearStart + this.#near.length;
    if (!isNear) {
      this.#nearStart = Math.min(start, this.length);
      this.#near = this.upTo(start, start + NEAR_BYTES);
    }
    return this.#near.subarray(start - this.#nearStart);
  }

  /** The NUL-terminated text at an offset. */
  text(at: number): string {
    let text = this.#texts.get(at);
    if (text === undefined) {
      text = this.#decode(at);
      if (this.#texts.size >= TEXTS_MAX) this.#texts.clear();
      this.#texts.set(at, text);
    }
    return text;
  }

  /** Calls `visit` with every offset at which `needle` stands, in order, until it returns false. */
  search(needle: Uint8Array, visit: (at: number) => boolean): void {
    for (let start = 0; start < this.length; start += SEARCH_CHUNK) {
      const chunk = this.passingBytes(start, Math.min(this.length, start + SEARCH_CHUNK + needle.length - 1));
      const haystack = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      for (let at = haystack.indexOf(needle); at >= 0 && at < SEARCH_CHUNK; at = haystack.indexOf(needle, at + 1)) {
        if (!visit(start + at)) return;
      }
    }
  }

  /** Every offset at which a text starts that is `name`, also as the tail of a longer one, as linkers share them. */
  textOffsets(name: string): number[] {
    const offsets: number[] = [];
    if (!name.includes('\0')) {
      this.search(Buffer.from(`${name}\0`), (at) => {
        offsets.push(at);
        return true;
      });
    }
    return offsets;
  }

  /** Of a section that fits: whether reading so many bytes more makes it worth having all of it. */
  #isCheaperWhole(bytes: number): boolean {
    if (!this.#isWhole) return false;
    if (this.#whole === undefined && this.length > AT_ONCE_MAX) {
      if (bytes > 0) this.#spent += READ_COST + bytes;
      return this.#spent > this.length;
    }
    return true;
  }

  #read(start: number, end: number): Uint8Array {
    if (this.#isCheaperWhole(end - start)) {
      this.#whole ??= this.#source.read(0, this.length);
      if (this.#whole.length !== this.length) throw this.#cutShort(0, this.length, this.#whole.length);
      return this.#whole.subarray(start, end);
    }
    const bytes = this.#source.read(start, end);
    if (bytes.length !== end - start) throw this.#cutShort(start, end - start, bytes.length);
    return bytes;
  }

  #cutShort(start: number, wanted: number, had: number): DebugInfoError {
    return new DebugInfoError(this.name, start, `${wanted} bytes wanted, ${had} read: the file was cut short`);
  }

  #decode(at: number): string {
    if (!(at >= 0 && at < this.length)) throw new DebugInfoError(this.name, at, `a text is said to be here, but the section has ${this.length} bytes`);
    for (let size = TEXT_CHUNK; ; size *= 4) {
      const chunk = this.upTo(at, at + size);
      const end = endOfString(chunk, 0);
      if (end >= 0) return decodeText(chunk, 0, end);
      if (at + size >= this.length) throw new DebugInfoError(this.name, at, 'text without end');
    }
  }
}

/** An integer of 1 to 4 bytes, from a place that is known to be inside. */
export function smallInteger(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let index = size - 1; index >= 0; index--) value = value * 256 + byteAt(bytes, at + index);
  return value;
}
