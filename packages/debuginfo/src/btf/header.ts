/** The header of BTF data and the size of each kind of type record. Source: include/uapi/linux/btf.h. */
import { DebugInfoError } from '../errors.js';
import { ByteReader } from '../reader.js';
import type { BtfKind } from './types.js';
import { byteAt, wordAt } from '../table-access.js';

/** BTF_KIND_* in their order. Index 0 (BTF_KIND_UNKN) never appears in a file. */
export const BTF_KINDS = [
  'void', 'int', 'ptr', 'array', 'struct', 'union', 'enum', 'fwd', 'typedef', 'volatile', 'const', 'restrict', 'func', 'func_proto',
  'var', 'datasec', 'float', 'decl_tag', 'type_tag', 'enum64',
] as const satisfies readonly BtfKind[];

const BTF_MAGIC = 0xeb9f;
const BTF_MAGIC_BIG_ENDIAN = 0x9feb;
const BTF_VERSION = 1;
const HEADER_BYTES_MIN = 24;
/** From this header size on there is a table of record sizes by kind (kernel 7.0). */
const HEADER_BYTES_WITH_LAYOUT = 32;
/** Kinds have 7 bits. */
const MAX_KINDS: number = 128;

/** What follows the 12 bytes that every type record starts with: `fixed` words, then `each` words for every member. */
export interface RecordLayout {
  readonly fixed: Uint8Array;
  readonly each: Uint8Array;
  /** 1 where the record size of the kind is known. */
  readonly known: Uint8Array;
}

export interface BtfHeader {
  readonly types: Uint8Array;
  readonly strings: Uint8Array;
  readonly layout: RecordLayout;
  /** Of the type section in the file, for errors. */
  readonly typesOffset: number;
  readonly stringsOffset: number;
}

export function parseHeader(bytes: Uint8Array): BtfHeader {
  const reader = new ByteReader(bytes, '.BTF');
  const magic = reader.u16();
  if (magic === BTF_MAGIC_BIG_ENDIAN) throw reader.error('big-endian BTF is not supported', 0);
  if (magic !== BTF_MAGIC) throw reader.error(`not BTF: magic 0x${magic.toString(16)}, expected 0xeb9f`, 0);
  const version = reader.u8();
  if (version !== BTF_VERSION) throw reader.error(`BTF version ${version} is not supported`, 2);
  reader.skip(1); // flags
  const headerBytes = reader.u32();
  if (headerBytes < HEADER_BYTES_MIN) throw reader.error(`header of ${headerBytes} bytes, at least ${HEADER_BYTES_MIN} expected`, 4);
  const region = (what: string): { bytes: Uint8Array; offset: number } => {
    const at = reader.offset;
    const start = headerBytes + reader.u32();
    const length = reader.u32();
    if (start + length > bytes.length) throw reader.error(`${what} end at ${start + length}, but the data has ${bytes.length} bytes`, at);
    return { bytes: bytes.subarray(start, start + length), offset: start };
  };
  const types = region('types');
  const strings = region('strings');
  if (types.offset % 4 !== 0) throw reader.error('types are not aligned to 4 bytes', 8);
  if (types.bytes.length % 4 !== 0) throw reader.error('size of types is not a multiple of 4', 12);
  if (strings.bytes.length > 0 && strings.bytes.at(-1) !== 0) throw reader.error('strings do not end with NUL', strings.offset + strings.bytes.length - 1);
  const layout = standardLayout();
  if (headerBytes >= HEADER_BYTES_WITH_LAYOUT) addLayout(layout, region('layouts').bytes);
  return { types: types.bytes, strings: strings.bytes, layout, typesOffset: types.offset, stringsOffset: strings.offset };
}

function standardLayout(): RecordLayout {
  const layout = { fixed: new Uint8Array(MAX_KINDS), each: new Uint8Array(MAX_KINDS), known: new Uint8Array(MAX_KINDS) };
  layout.known.fill(1, 1, BTF_KINDS.length);
  const set = (kind: (typeof BTF_KINDS)[number], fixed: number, each: number): void => {
    const index = BTF_KINDS.indexOf(kind);
    layout.fixed[index] = fixed;
    layout.each[index] = each;
  };
  set('int', 1, 0);
  set('array', 3, 0);
  set('struct', 0, 3);
  set('union', 0, 3);
  set('enum', 0, 2);
  set('func_proto', 0, 2);
  set('var', 1, 0);
  set('datasec', 0, 3);
  set('decl_tag', 1, 0);
  set('enum64', 0, 3);
  return layout;
}

/** Takes in `struct btf_layout { u8 info_sz; u8 elem_sz; u16 flags; }` for kinds that this reader does not know. */
function addLayout(layout: RecordLayout, table: Uint8Array): void {
  for (let kind = BTF_KINDS.length; kind < MAX_KINDS && kind * 4 + 4 <= table.length; kind++) {
    const fixed = byteAt(table, kind * 4);
    const each = byteAt(table, kind * 4 + 1);
    if (fixed % 4 !== 0 || each % 4 !== 0) continue;
    layout.fixed[kind] = fixed / 4;
    layout.each[kind] = each / 4;
    layout.known[kind] = 1;
  }
}

export interface TypeIndex {
  /** Word index of each type record; index 0 is the first type of this BTF. */
  readonly starts: Uint32Array;
  /** String offset of each type's name, side by side so that the engine's own search runs over them. */
  readonly names: Uint32Array;
  readonly count: number;
}

/** Finds where each record starts: one pass, checking that each lies inside the type section. */
export function indexTypes(words: Uint32Array, layout: RecordLayout, typesOffset: number): TypeIndex {
  // The shortest record has 3 words.
  const starts = new Uint32Array(Math.floor(words.length / 3));
  const names = new Uint32Array(starts.length);
  const { fixed, each, known } = layout;
  let count = 0;
  let at = 0;
  while (at < words.length) {
    if (at + 3 > words.length) throw new DebugInfoError('.BTF', typesOffset + at * 4, `12 bytes wanted, ${(words.length - at) * 4} left`);
    const info = wordAt(words, at + 1);
    // Kernel 7.1 widened vlen from 16 to 24 bits and kind from 5 to 7; the bits were reserved as 0 before.
    const kind = (info >>> 24) & 0x7f;
    if (known[kind] !== 1) throw new DebugInfoError('.BTF', typesOffset + at * 4, `type ${count + 1} has kind ${kind}, which this reader does not know`);
    const next = at + 3 + byteAt(fixed, kind) + (info & 0xffffff) * byteAt(each, kind);
    if (next > words.length) throw new DebugInfoError('.BTF', typesOffset + at * 4, `${(next - at) * 4} bytes wanted, ${(words.length - at) * 4} left`);
    names[count] = words[at] as number;
    starts[count++] = at;
    at = next;
  }
  return { starts, names: names.subarray(0, count), count };
}
