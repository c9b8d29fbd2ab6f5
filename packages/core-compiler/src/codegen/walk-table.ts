/**
 * The per-CPU maps that `foreach` in a kernel handler collects its entries in. A handler
 * holds its CPU's context while it runs, so handlers can share them.
 */
import type { GlobalId, IrBody, IrInstruction, IterationSort, IteratorId, MapMetadata, StatLayout } from '@stapkit/object';
import type { ContextArea } from './context-area.js';
import type { HashStorage } from './storage.js';

/** In the context, for each walk of a handler. */
export const WALK = {
  /** Rows that are still in the heap. */
  count: 0,
  /** How many entries `limit` still allows. */
  remaining: 8,
  /** The row that moves down the heap, and how many rows that has. */
  position: 16,
  size: 24,
  /** The keys that a slice names, laid out like the array's. */
  slice: 32,
} as const;

/**
 * A row is: the heap's word of this position (the number of a row), the words that rows are ordered by (unsigned,
 * the first most significant, the time of insertion last), the entry's keys, its value when the loop wants it.
 */
export interface WalkRows {
  /** The map, and the prefix of the names of its functions. */
  readonly map: string;
  readonly orderWords: number;
  readonly keys: number;
  readonly value: number | undefined;
  readonly rowBytes: number;
  readonly entries: number;
}
export const ROW = { slot: 0, order: 8 } as const;

/** One cursor of a handler. */
export interface Walk {
  readonly instruction: Extract<IrInstruction, { op: 'iterate' }>;
  /** How many walks over the same array come before it in the handler. */
  readonly position: number;
  readonly wantsValue: boolean;
  /** Offset of its {@link WALK} in the context. */
  readonly state: number;
}

/** The walks of a handler, with their places in the context. */
export function planWalks(body: IrBody, storages: readonly (HashStorage | { readonly kind: string })[], area: ContextArea): Map<IteratorId, Walk> {
  const walks = new Map<IteratorId, Walk>();
  const positions = new Map<GlobalId, number>();
  const all = body.blocks.flatMap(({ instructions }) => instructions);
  for (const instruction of all) {
    if (instruction.op !== 'iterate' || walks.has(instruction.iterator)) continue;
    const { global, iterator, slice } = instruction;
    const storage = storages[global];
    const keyBytes = storage !== undefined && 'keyBytes' in storage ? storage.keyBytes : 0;
    const position = positions.get(global) ?? 0;
    positions.set(global, position + 1);
    const wantsValue = all.some((one) => one.op === 'advance' && one.iterator === iterator && one.value !== undefined);
    walks.set(iterator, { instruction, position, wantsValue, state: area.take(WALK.slice + (slice === undefined ? 0 : keyBytes)) });
  }
  return walks;
}

/** How many words entries are sorted by, the time of insertion left out. */
export function sortWords(storage: HashStorage, sort: IterationSort | undefined): number {
  if (sort === undefined) return 0;
  const key = storage.keys[sort.key];
  if (sort.by === 'key') return key === undefined ? 0 : key.bytes / 8;
  return storage.layout === undefined ? (storage.valueBytes - storage.valueOffset) / 8 : 1;
}

/** The word of a statistic that entries are sorted by; an average is computed of two. */
export function sortPlace(layout: StatLayout, stat: IterationSort['stat']): { readonly word: number | undefined; readonly by: number | undefined } {
  if (stat === 'avg') return { word: layout.sum, by: layout.count };
  // stap sorts by @variance as by @count.
  return { word: layout[stat === undefined || stat === 'variance' ? 'count' : stat], by: undefined };
}

export class WalkTable {
  readonly #rows = new Map<string, WalkRows>();

  rows(global: GlobalId, walk: Walk, storage: HashStorage, entries: number): WalkRows {
    const words = sortWords(storage, walk.instruction.sort);
    const key = `${global} ${walk.position} ${words} ${walk.wantsValue}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const keys = ROW.order + 8 * (words + 1);
    const value = walk.wantsValue ? keys + storage.keyBytes : undefined;
    const rowBytes = keys + storage.keyBytes + (walk.wantsValue ? storage.valueBytes - storage.valueOffset : 0);
    const made = { map: `walk_${this.#rows.size}`, orderWords: words + 1, keys, value, rowBytes, entries };
    this.#rows.set(key, made);
    return made;
  }

  get maps(): MapMetadata[] {
    return [...this.#rows.values()].map(({ map, rowBytes, entries }) => ({ name: map, type: 'percpu_array', keyBytes: 4, valueBytes: rowBytes, maxEntries: entries, flags: 0 }));
  }
}
