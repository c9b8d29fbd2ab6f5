/**
 * An index as bytes, for a cache. Little-endian; numbers of 8 bytes first, so that
 * every table can be a view. What does not fit the file, or is broken, is no index:
 * a cache's loss costs time and nothing else.
 */
import { crc32 } from 'node:zlib';
import type { IndexTables } from './name-index.js';

const MAGIC = 0x7844_6b53; // "SkDx"
/** Number of the layout, and of what is in it: grows with each change. */
export const INDEX_FORMAT = 2;
const HEADER_WORDS = 16;
const HEADER_BYTES = HEADER_WORDS * 4;
const CHECKSUM_AT = 15 * 4;

/** What ties an index to its file: lengths of the sections that it was made from. */
export type Fingerprint = readonly [info: number, types: number, abbreviations: number, strings: number];

export interface StoredIndex {
  readonly tables: IndexTables;
  /** Offsets of the units of .debug_info and of .debug_types. */
  readonly unitStarts: Float64Array;
  readonly typeUnitStarts: Float64Array;
  /** Code of units: addresses, and positions of the units in .debug_info. */
  readonly rangeLows: BigUint64Array;
  readonly rangeHighs: BigUint64Array;
  readonly rangeUnits: Uint32Array;
}

export function writeIndex(index: StoredIndex, fingerprint: Fingerprint): Uint8Array {
  const { tables: t } = index;
  const wide = [index.unitStarts, index.typeUnitStarts, index.rangeLows, index.rangeHighs, t.entryIds, t.typeIds];
  const narrow = [index.rangeUnits, t.starts, t.scopeParents, t.scopeNames, t.entryNames, t.entryLinkageNames, t.entryScopes, t.entryFlags, t.typeNames, t.typeScopes, t.typeTags];
  const bytes = new Uint8Array(HEADER_BYTES + [...wide, ...narrow, t.pool].reduce((sum, { byteLength }) => sum + byteLength, 0));
  const words = [MAGIC, INDEX_FORMAT, ...fingerprint.map((length) => length % 2 ** 32), index.unitStarts.length, index.typeUnitStarts.length, index.rangeLows.length, t.starts.length, t.scopeParents.length, t.entryIds.length, t.typeIds.length, t.pool.length];
  const view = new DataView(bytes.buffer);
  for (const [position, word] of words.entries()) view.setUint32(position * 4, word, true);
  let at = HEADER_BYTES;
  for (const column of [...wide, ...narrow, t.pool]) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += column.byteLength;
  }
  view.setUint32(CHECKSUM_AT, crc32(bytes.subarray(HEADER_BYTES)), true);
  return bytes;
}

/** Undefined when the bytes are no index, or one of another file. */
export function readIndex(given: Uint8Array, fingerprint: Fingerprint): StoredIndex | undefined {
  if (given.length < HEADER_BYTES) return undefined;
  // Views of 8-byte numbers have to start at a multiple of 8.
  const bytes = given.byteOffset % 8 === 0 ? given : new Uint8Array(given);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (position: number): number => view.getUint32(position * 4, true);
  if (word(0) !== MAGIC || word(1) !== INDEX_FORMAT || fingerprint.some((length, position) => word(2 + position) !== length % 2 ** 32)) return undefined;
  const [units, typeUnits, ranges, names, scopes, entries, types, pool] = Array.from({ length: 8 }, (_, position) => word(6 + position)) as [number, number, number, number, number, number, number, number];
  if (HEADER_BYTES + 8 * (units + typeUnits + 2 * ranges + entries + types) + 4 * (ranges + names + 2 * scopes + 4 * entries + 3 * types) + pool !== bytes.length) return undefined;
  if (crc32(bytes.subarray(HEADER_BYTES)) !== view.getUint32(CHECKSUM_AT, true)) return undefined;
  let at = bytes.byteOffset + HEADER_BYTES;
  const wide = (length: number): Float64Array => new Float64Array(bytes.buffer, (at += length * 8) - length * 8, length);
  const addresses = (length: number): BigUint64Array => new BigUint64Array(bytes.buffer, (at += length * 8) - length * 8, length);
  const narrow = (length: number): Uint32Array => new Uint32Array(bytes.buffer, (at += length * 4) - length * 4, length);
  const unitStarts = wide(units);
  const typeUnitStarts = wide(typeUnits);
  const rangeLows = addresses(ranges);
  const rangeHighs = addresses(ranges);
  const entryIds = wide(entries);
  const typeIds = wide(types);
  const rangeUnits = narrow(ranges);
  const tables: IndexTables = {
    entryIds, typeIds, starts: narrow(names), scopeParents: narrow(scopes), scopeNames: narrow(scopes), entryNames: narrow(entries), entryLinkageNames: narrow(entries),
    entryScopes: narrow(entries), entryFlags: narrow(entries), typeNames: narrow(types), typeScopes: narrow(types), typeTags: narrow(types),
    pool: new Uint8Array(bytes.buffer, at, pool),
  };
  const index = { tables, unitStarts, typeUnitStarts, rangeLows, rangeHighs, rangeUnits };
  return isSound(index) ? index : undefined;
}

function isSound({ tables, unitStarts, typeUnitStarts, rangeUnits }: StoredIndex): boolean {
  const { pool, starts, scopeParents, scopeNames, entryNames, entryLinkageNames, entryScopes, typeNames, typeScopes } = tables;
  const below = (column: Uint32Array, limit: number): boolean => column.every((value) => value < limit);
  const rising = (column: Uint32Array | Float64Array): boolean => column.every((value, position) => position === 0 || value >= (column[position - 1] as number));
  return (
    pool.length > 0 && pool[0] === 0 && pool.at(-1) === 0 && rising(starts) && below(starts, pool.length) && scopeParents.every((parent, scope) => parent < scope || scope === 0) &&
    scopeParents.length > 0 && [scopeNames, entryNames, entryLinkageNames, typeNames].every((column) => below(column, starts.length)) &&
    [entryScopes, typeScopes].every((column) => below(column, scopeParents.length)) && rising(unitStarts) && rising(typeUnitStarts) && below(rangeUnits, unitStarts.length)
  );
}
