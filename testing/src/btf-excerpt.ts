/**
 * A part of a kernel's type information (BTF): the types that a compilation looked at. With it the same compilation gives the same
 * objects, in a hundredth of the size. Layout: include/uapi/linux/btf.h.
 */
import { Btf } from '@stapkit/debuginfo';

/** Ids of the types that are read while `compile` runs. */
export function typesReadBy(compile: () => void): ReadonlySet<number> {
  const ids = new Set<number>();
  const names = ['type', 'record'] as const;
  const methods = names.map((name) => [name, Object.getOwnPropertyDescriptor(Btf.prototype, name)] as const);
  for (const [name, descriptor] of methods) {
    const method = descriptor?.value as (this: Btf, id: number) => unknown;
    Object.defineProperty(Btf.prototype, name, { configurable: true, value(this: Btf, id: number) { ids.add(id); return method.call(this, id); } });
  }
  try {
    compile();
  } finally {
    for (const [name, descriptor] of methods) if (descriptor !== undefined) Object.defineProperty(Btf.prototype, name, descriptor);
  }
  return ids;
}

const HEADER_BYTES = 24;
/** Words behind the three that every record starts with: a fixed number, and so many for each member. Indexes are BTF_KIND_*. */
const RECORDS: readonly (readonly [fixed: number, each: number])[] = [
  [0, 0], [1, 0], [0, 0], [3, 0], [0, 3], [0, 3], [0, 2], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [0, 2], [1, 0], [0, 3], [0, 0], [1, 0], [0, 0], [0, 3],
];
const [ARRAY, STRUCT, UNION, ENUM, FUNC_PROTO, DATASEC, ENUM64] = [3, 4, 5, 6, 13, 15, 19];
/** Kinds whose third word is a type, not a size. */
const REFERS = new Set([2, 8, 9, 10, 11, 12, 13, 14, 17, 18]);

/** The records of some types with new ids; references to others become void. */
export function excerpt(btf: Buffer, wanted: ReadonlySet<number>): Buffer {
  const [typesAt = 0, typesLength = 0, stringsAt = 0] = [8, 12, 16].map((at) => btf.readUInt32LE(at));
  const start = btf.readUInt32LE(4) + typesAt;
  const strings = btf.subarray(btf.readUInt32LE(4) + stringsAt);
  const records: { readonly id: number; readonly words: Uint32Array; readonly kind: number }[] = [];
  for (let at = start, id = 1; at < start + typesLength; id++) {
    const info = btf.readUInt32LE(at + 4);
    const kind = (info >>> 24) & 0x1f;
    const [fixed, each] = RECORDS[kind] ?? [0, 0];
    const count = 3 + fixed + each * (info & 0xffff);
    if (wanted.has(id)) records.push({ id, kind, words: Uint32Array.from({ length: count }, (_, index) => btf.readUInt32LE(at + 4 * index)) });
    at += 4 * count;
  }
  const ids = new Map(records.map(({ id }, index) => [id, index + 1]));
  const texts: Buffer[] = [Buffer.of(0)];
  const places = new Map([[0, 0]]);
  let length = 1;
  const string = (offset: number): number => {
    let place = places.get(offset);
    if (place === undefined) {
      place = length;
      const text = strings.subarray(offset, strings.indexOf(0, offset) + 1);
      texts.push(text);
      length += text.length;
      places.set(offset, place);
    }
    return place;
  };
  for (const { kind, words } of records) rename(words, kind, { string, type: (id) => ids.get(id) ?? 0 });
  const types = Buffer.concat(records.map(({ words }) => Buffer.from(words.buffer)));
  const header = Buffer.alloc(HEADER_BYTES);
  btf.copy(header, 0, 0, 4);
  for (const [index, word] of [HEADER_BYTES, 0, types.length, types.length, length].entries()) header.writeUInt32LE(word, 4 + 4 * index);
  return Buffer.concat([header, types, ...texts]);
}

interface NewPlaces { readonly string: (offset: number) => number; readonly type: (id: number) => number }

/** Puts the new places of names and types into a record. */
function rename(words: Uint32Array, kind: number, { string, type }: NewPlaces): void {
  const set = (index: number, of: (old: number) => number): void => { words[index] = of(words[index] ?? 0); };
  set(0, string);
  if (REFERS.has(kind)) set(2, type);
  if (kind === ARRAY) for (const index of [3, 4]) set(index, type);
  const [, each = 0] = RECORDS[kind] ?? [];
  for (let at = 3; each > 0 && at < words.length; at += each) {
    if (kind === DATASEC) set(at, type);
    else set(at, string);
    if (kind === STRUCT || kind === UNION || kind === FUNC_PROTO) set(at + 1, type);
  }
  if (![STRUCT, UNION, ENUM, FUNC_PROTO, DATASEC, ENUM64].includes(kind) && each > 0) throw new Error(`members of kind ${kind}`);
}
