/** The maps `unwind_code` and `unwind_images`: ranges of a process's addresses as prefixes of an LPM trie, and whose they are. See unwind-maps.ts of @stapkit/object. */
import { IMAGE, UNWIND_IMAGE, UNWIND_KEY, UNWIND_KIND, UNWIND_PREFIX, UNWIND_RANGE } from '@stapkit/object';
import type { BpfMap } from '../bpf/map.js';
import { readText } from '../sys/kernel.js';
import type { Kernel } from '../sys/kernel.js';

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

export function keyOf(space: number, address: number, prefix: number): Uint8Array {
  const key = new Uint8Array(UNWIND_KEY.bytes);
  const view = new DataView(key.buffer);
  view.setUint32(UNWIND_KEY.prefix, prefix, true);
  view.setUint32(UNWIND_KEY.space, space, true);
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
  put(space: number, range: CodeRange): boolean {
    const value = valueOf(range);
    return blocksOf(range.start, range.end).every(([start, bits]) => this.#map.update(keyOf(space, start, UNWIND_PREFIX - bits), value, 'any') === 'ok');
  }

  remove(space: number, range: Pick<CodeRange, 'start' | 'end'>): void {
    for (const [start, bits] of blocksOf(range.start, range.end)) this.#map.delete(keyOf(space, start, UNWIND_PREFIX - bits));
  }
}

/** What a process runs: as the walker makes it of the kernel's own numbers. 0n: this kernel does not tell. undefined: the process is gone. */
export function imageOf(kernel: Kernel, pid: number): bigint | undefined {
  const stat = readText(kernel, `/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name may have blanks and brackets; behind it comes field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [endCode, startStack] = [27, 28].map((field) => BigInt(fields[field - 3] ?? 0)) as [bigint, bigint];
  return startStack === 0n ? 0n : BigInt.asUintN(64, startStack * IMAGE.factor) ^ endCode | IMAGE.mark;
}

/** Whose ranges hold: by process id and by image. */
export class ImageKeys {
  readonly #map: BpfMap;

  constructor(map: BpfMap) {
    this.#map = map;
  }

  /**
   * @param key a process id or an image. False: the map is full
   * @param settled copies of its stacks are of no use
   */
  put(key: bigint, image: bigint, space: number, settled = false): boolean {
    const value = new DataView(new ArrayBuffer(UNWIND_IMAGE.bytes));
    value.setBigUint64(UNWIND_IMAGE.image, image, true);
    value.setUint32(UNWIND_IMAGE.space, space, true);
    value.setUint32(UNWIND_IMAGE.settled, settled ? 1 : 0, true);
    return this.#map.update(wordOf(key), new Uint8Array(value.buffer), 'any') === 'ok';
  }

  delete(key: bigint): void {
    this.#map.delete(wordOf(key));
  }
}

function wordOf(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}
