/** The map `unwind_code`: ranges of a process's addresses as prefixes of an LPM trie. See unwind-maps.ts of @stapkit/object. */
import { UNWIND_KEY, UNWIND_KIND, UNWIND_PREFIX, UNWIND_RANGE } from '@stapkit/object';
import type { BpfMap } from '../bpf/map.js';

export interface CodeRange {
  readonly start: number;
  readonly end: number;
  readonly kind: keyof typeof UNWIND_KIND;
  /** Of `rows`: see UNWIND_RANGE. */
  readonly bias?: number;
  readonly chunk?: number;
  readonly first?: number;
  readonly count?: number;
}

/** Blocks of 2^n bytes at multiples of their size that make up a range: start and n. */
export function blocksOf(start: number, end: number): readonly (readonly [start: number, bits: number])[] {
  const blocks: [number, number][] = [];
  for (let at = start; at < end;) {
    let bits = 0;
    while (bits < 47 && at % 2 ** (bits + 1) === 0 && at + 2 ** (bits + 1) <= end) bits++;
    blocks.push([at, bits]);
    at += 2 ** bits;
  }
  return blocks;
}

export function keyOf(pid: number, address: number, prefix: number): Uint8Array {
  const key = new Uint8Array(UNWIND_KEY.bytes);
  const view = new DataView(key.buffer);
  view.setUint32(UNWIND_KEY.prefix, prefix, true);
  view.setUint32(UNWIND_KEY.process, pid, true);
  view.setBigUint64(UNWIND_KEY.address, BigInt(address), false);
  return key;
}

function valueOf({ kind, bias = 0, chunk = 0, first = 0, count = 0 }: CodeRange): Uint8Array {
  const value = new Uint8Array(UNWIND_RANGE.bytes);
  const view = new DataView(value.buffer);
  view.setBigInt64(UNWIND_RANGE.bias, BigInt(bias), true);
  view.setUint32(UNWIND_RANGE.chunk, chunk, true);
  view.setUint32(UNWIND_RANGE.first, first, true);
  view.setUint32(UNWIND_RANGE.count, count, true);
  view.setUint32(UNWIND_RANGE.kind, UNWIND_KIND[kind], true);
  return value;
}

export class CodeRanges {
  readonly #map: BpfMap;

  constructor(map: BpfMap) {
    this.#map = map;
  }

  /** False: the map is full. */
  put(pid: number, range: CodeRange): boolean {
    const value = valueOf(range);
    return blocksOf(range.start, range.end).every(([start, bits]) => this.#map.update(keyOf(pid, start, UNWIND_PREFIX.whole - bits), value, 'any') === 'ok');
  }

  remove(pid: number, range: Pick<CodeRange, 'start' | 'end'>): void {
    for (const [start, bits] of blocksOf(range.start, range.end)) this.#map.delete(keyOf(pid, start, UNWIND_PREFIX.whole - bits));
  }

  /** From here on an address without a range is one that the process does not have. */
  known(pid: number): boolean {
    return this.#map.update(keyOf(pid, 0, UNWIND_PREFIX.process), valueOf({ start: 0, end: 0, kind: 'unmapped' }), 'any') === 'ok';
  }

  forget(pid: number): void {
    this.#map.delete(keyOf(pid, 0, UNWIND_PREFIX.process));
  }
}
