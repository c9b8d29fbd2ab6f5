/** Where the reader stands in the ring buffer's mapping: one entry and where its leaves lie. See records.ts in @stapkit/object for the layout. */
import type { LeafEncoding } from '@stapkit/object';
import { InternalError } from './script-error.js';
import type { Scalar } from './printf.js';

const LEAVES_MAX = 256;

/**
 * One reused object, so that reading a record makes nothing. `words` overlays `bytes`; a leaf at byte p of the mapping
 * has its low half in words[p / 4] and its high half in the next.
 */
export class RecordView {
  bytes: Uint8Array = new Uint8Array(0);
  words: Int32Array = new Int32Array(0);
  /** Byte positions in `bytes` of the entry's leaves. */
  readonly positions = new Int32Array(LEAVES_MAX);

  /** Goes to another mapping. Reading a record again and again from one mapping keeps the overlay. */
  use(bytes: Uint8Array): void {
    if (bytes === this.bytes) return;
    if (bytes.byteOffset % 8 !== 0) throw new InternalError('the ring buffer mapping is not aligned');
    this.bytes = bytes;
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  }

  low(position: number): number {
    return (this.words[position >> 2] ?? 0) >>> 0;
  }

  high(position: number): number {
    return this.words[(position >> 2) + 1] ?? 0;
  }

  long(position: number): bigint {
    const high = this.high(position);
    const low = this.low(position);
    // Most values fit a double, which makes a BigInt faster than two of them do.
    return high >= -0x20_0000 && high < 0x20_0000 ? BigInt(high * 0x1_0000_0000 + low) : (BigInt(high) << 32n) | BigInt(low);
  }

  /** End of the text of a string leaf at `position`. */
  textEnd(position: number, leaf: LeafEncoding): number {
    if (leaf.kind === 'variable') return position + 8 + this.low(position);
    const limit = position + (leaf.kind === 'fixed' ? leaf.bytes : 8);
    let end = position;
    while (end < limit && this.bytes[end] !== 0) end += 1;
    return end;
  }

  text(position: number, leaf: LeafEncoding): string {
    const start = leaf.kind === 'variable' ? position + 8 : position;
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, this.textEnd(position, leaf) - start).toString('latin1');
  }

  value(position: number, leaf: LeafEncoding): Scalar {
    return leaf.kind === 'long' ? this.long(position) : this.text(position, leaf);
  }
}

/** Fills `view.positions` for the entry whose leaves start at `start`; throws when they do not fit before `end`. */
export type LeafLocator = (view: RecordView, start: number, end: number) => void;

export function compileLocator(leaves: readonly LeafEncoding[]): LeafLocator {
  if (leaves.length > LEAVES_MAX) throw new InternalError(`a print site has ${leaves.length} leaves`);
  const count = leaves.length;
  const sizes = Int32Array.from(leaves, (leaf) => (leaf.kind === 'long' ? 8 : leaf.kind === 'fixed' ? leaf.bytes : -1));
  return (view, start, end) => {
    let at = start;
    for (let leaf = 0; leaf < count; leaf += 1) {
      view.positions[leaf] = at;
      const size = sizes[leaf] ?? 0;
      at += size >= 0 ? size : 8 + ((view.low(at) + 7) & ~7);
      if (at > end) throw new InternalError('an entry in the ring buffer is shorter than its print site says');
    }
  };
}
