/**
 * Several byte strings in a large section at once, by the processor's string functions where these are fast: they look for a
 * needle's first byte, so each needle is looked for from its rarest byte on. Of many needles of four bytes all are looked for
 * together.
 */

/** Node's search compares short needles byte by byte behind each first byte; longer ones by tables, which is slower here. */
const WINDOW_MAX = 7;
/** From so many needles on one pass of our own is faster than a pass for each. */
const MANY = 8;
const SAMPLE = 1 << 16;

interface Window { readonly needle: Uint8Array; readonly part: Uint8Array; readonly skipped: number }

export class NeedleSearch {
  /** Bytes that a needle may reach past the place where it starts. */
  readonly overlap: number;
  readonly #needles: readonly Uint8Array[];
  #windows: readonly Window[] | undefined;
  readonly #words: WordSet | undefined;

  constructor(needles: readonly Uint8Array[]) {
    const words = needles.filter(({ length }) => length === 4);
    const areMany = words.length >= MANY;
    this.#words = areMany ? new WordSet(words) : undefined;
    this.#needles = areMany ? needles.filter(({ length }) => length !== 4) : needles;
    this.overlap = needles.reduce((most, { length }) => Math.max(most, length), 1) - 1;
  }

  /**
   * Places below `end` at which needles start, those of each needle rising.
   * @param visit gives the place to go on from, which is behind the one that it is told
   */
  search(haystack: Buffer, end: number, visit: (at: number) => number): void {
    this.#windows ??= this.#needles.map((needle) => windowOf(needle, frequencies(haystack)));
    for (const { needle, part, skipped } of this.#windows) {
      const isWhole = part.length === needle.length;
      let at = haystack.indexOf(part, skipped);
      while (at >= 0 && at - skipped < end) {
        const start = at - skipped;
        const isThere = isWhole || (start + needle.length <= haystack.length && haystack.compare(needle, 0, needle.length, start, start + needle.length) === 0);
        at = haystack.indexOf(part, (isThere ? visit(start) : start + 1) + skipped);
      }
    }
    this.#words?.search(haystack, end, visit);
  }
}

function windowOf(needle: Uint8Array, counts: Uint32Array): Window {
  let skipped = 0;
  for (let at = 1; at + 1 < needle.length; at++) if ((counts[needle[at] as number] as number) < (counts[needle[skipped] as number] as number)) skipped = at;
  return { needle, part: needle.subarray(skipped, skipped + WINDOW_MAX), skipped };
}

/** How often each byte is in a part of it. */
function frequencies(bytes: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (let at = 0; at < bytes.length && at < SAMPLE; at++) {
    const byte = bytes[at] as number;
    counts[byte] = (counts[byte] as number) + 1;
  }
  return counts;
}

/** Words of four bytes: a table of their first two bytes lets nearly all places pass. */
class WordSet {
  readonly #starts = new Uint8Array(1 << 16);
  readonly #words = new Set<number>();

  constructor(words: readonly Uint8Array[]) {
    for (const word of words) {
      const [a = 0, b = 0, c = 0, d = 0] = word;
      this.#starts[a | (b << 8)] = 1;
      this.#words.add((a | (b << 8) | (c << 16) | (d << 24)) >>> 0);
    }
  }

  search(bytes: Buffer, end: number, visit: (at: number) => number): void {
    const starts = this.#starts;
    const last = Math.min(end, bytes.length - 3);
    for (let at = 0; at < last;) {
      if (starts[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] !== 0 && this.#words.has(bytes.readUInt32LE(at))) at = visit(at);
      else at++;
    }
  }
}
