/** The map `unwind_rows`: rows of all files, in chunks. Small files share one; large ones are cut where a page of code begins. */
import type { UnwindRows } from '@stapkit/debuginfo';
import { rowIndex } from '@stapkit/debuginfo';
import { UNWIND_CHUNK_ROWS } from '@stapkit/object';

const PAGE = 4096;

/** Rows of a part of a file: of its addresses from `low` to `high`. */
export interface PlacedRows {
  readonly low: number;
  readonly high: number;
  readonly chunk: number;
  readonly first: number;
  readonly count: number;
}

export class RowChunks {
  readonly #words: Uint32Array;
  readonly #chunks: number;
  #chunk = 0;
  #used = 0;

  /** @param memory of the map, shared with the kernel */
  constructor(memory: ArrayBuffer, chunks: number) {
    this.#words = new Uint32Array(memory, 0, 2 * UNWIND_CHUNK_ROWS * chunks);
    this.#chunks = chunks;
  }

  /** The rows themselves, not a copy. */
  words({ chunk, first, count }: PlacedRows): Uint32Array {
    const start = 2 * (chunk * UNWIND_CHUNK_ROWS + first);
    return this.#words.subarray(start, start + 2 * count);
  }

  /** undefined: they do not fit any more. */
  place({ base, count, words }: UnwindRows): readonly PlacedRows[] | undefined {
    const placed: PlacedRows[] = [];
    const before = [this.#chunk, this.#used] as const;
    let low = base;
    for (let next = 0; next < count;) {
      // A part starts with the row that holds at its first address.
      const from = Math.max(0, rowIndex(words, 0, count, low - base));
      const left = count - from;
      if (this.#used > 0 && left > UNWIND_CHUNK_ROWS - this.#used && left <= UNWIND_CHUNK_ROWS) this.#next();
      if (this.#chunk >= this.#chunks) {
        [this.#chunk, this.#used] = before;
        return undefined;
      }
      const end = Math.min(count, from + UNWIND_CHUNK_ROWS - this.#used);
      const high = end === count ? Infinity : Math.floor((base + (words[2 * end] ?? 0)) / PAGE) * PAGE;
      if (high <= low) {
        this.#next();
        continue;
      }
      const last = end === count ? count : Math.max(from, rowIndex(words, from, end, high - 1 - base)) + 1;
      const first = this.#used;
      this.#words.set(words.subarray(2 * from, 2 * last), 2 * (this.#chunk * UNWIND_CHUNK_ROWS + first));
      placed.push({ low, high, chunk: this.#chunk, first, count: last - from });
      this.#used += last - from;
      if (this.#used === UNWIND_CHUNK_ROWS) this.#next();
      next = end === count ? count : last;
      low = high;
    }
    return placed;
  }

  #next(): void {
    this.#chunk++;
    this.#used = 0;
  }
}
