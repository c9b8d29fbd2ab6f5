/**
 * BTF, the kernel's compact type information: the file /sys/kernel/btf/vmlinux,
 * the split BTF of modules beside it, and the .BTF section of an eBPF object.
 * Format: Documentation/bpf/btf.rst.
 *
 * Opening reads the record headers once (126,000 types in about a millisecond);
 * names and members are decoded when asked for. A name is found by searching the
 * string section for its text and the records for that offset: no index by name
 * is ever built.
 *
 * Bytes that are not BTF give DebugInfoError, at `parse` or, for a broken
 * reference between types, from the method that follows it.
 */
import { DebugInfoError } from '../errors.js';
import { decodeText } from '../reader.js';
import { endOfString, findStringOffsets, OffsetSet } from '../string-search.js';
import { decodeType, kindFlagOf, kindName, kindNumberOf, vlenOf } from './decode-type.js';
import { findEnumerator } from './enums.js';
import { functionOf, listFunctions } from './functions.js';
import { BTF_KINDS, indexTypes, parseHeader } from './header.js';
import { findMember, locate, memberNames } from './members.js';
import { listTracepoints, tracepointByName } from './tracepoints.js';
import { scalarOf } from './scalars.js';
import { printTypeName } from './type-name.js';
import type { BtfFunction, BtfKind, BtfLocation, BtfScalar, BtfTracepoint, BtfType, BtfTypeOf } from './types.js';
import { wordAt } from '../table-access.js';

/** Longest chain of typedefs, modifiers and arrays that is followed: libbpf's own limit is 32. */
const CHAIN_LIMIT = 64;
const POINTER_BYTES = 8;
/** indexOf over all names takes 30 µs, also before anything is compiled; one loop in JavaScript 1 to 5 ms. */
const NATIVE_SEARCHES_MAX = 16;

export interface RawTypes {
  /** The type section as 32-bit words. */
  readonly words: Uint32Array;
  /** Word index of each record, from this BTF's first type. */
  readonly starts: Uint32Array;
  /** String offset of each type's name. */
  readonly names: Uint32Array;
  readonly firstTypeId: number;
  readonly count: number;
  /** The string section, whose first byte has string offset `stringStart`. */
  readonly strings: Buffer;
  readonly stringStart: number;
}

export class Btf {
  /** vmlinux's, for the split BTF of a module. */
  readonly base: Btf | undefined;
  /** Name of the module whose types these are, where it was said. */
  readonly module: string | undefined;
  /** Ids of this BTF's own types run from here to typeCount - 1; lower ones are the base's. */
  readonly firstTypeId: number;
  /** One more than the highest id. Id 0 is `void`. */
  readonly typeCount: number;
  /** @internal Records for tight loops inside this package. */
  readonly raw: RawTypes;
  readonly #strings: Buffer;
  /** Length of the base's strings: offsets from here on are this BTF's own. */
  readonly #stringStart: number;
  readonly #stringsOffset: number;
  readonly #typesOffset: number;
  readonly #decoded = new Map<number, BtfType>();
  /** Ids by name, of the names that were asked for. */
  readonly #found = new Map<string, readonly number[]>();
  readonly #foundEssential = new Map<string, readonly number[]>();

  private constructor(bytes: Uint8Array, base: Btf | undefined, module: string | undefined) {
    this.module = module;
    const header = parseHeader(bytes);
    const words = alignedWords(header.types);
    const index = indexTypes(words, header.layout, header.typesOffset);
    this.base = base;
    this.firstTypeId = base?.typeCount ?? 1;
    this.typeCount = this.firstTypeId + index.count;
    const { strings } = header;
    this.#strings = Buffer.from(strings.buffer, strings.byteOffset, strings.byteLength);
    this.#stringStart = base === undefined ? 0 : base.#stringStart + base.#strings.length;
    this.raw = { words, starts: index.starts, names: index.names, firstTypeId: this.firstTypeId, count: index.count, strings: this.#strings, stringStart: this.#stringStart };
    this.#stringsOffset = header.stringsOffset;
    this.#typesOffset = header.typesOffset;
  }

  /**
   * Opens BTF data. `bytes` is kept, not copied, and must not change afterwards.
   * @param base vmlinux's BTF when `bytes` is a module's split BTF (/sys/kernel/btf/MODULE).
   * @param module the module's name
   */
  static parse(bytes: Uint8Array, base?: Btf, module?: string): Btf {
    return new Btf(bytes, base, module);
  }

  /** The type with that id; 0 is void. Throws DebugInfoError for an id that does not exist. */
  type(id: number): BtfType {
    if (id === 0) return { kind: 'void', id: 0, name: 'void' };
    if (this.base !== undefined && id < this.firstTypeId) return this.base.type(id);
    let type = this.#decoded.get(id);
    if (type === undefined) {
      const start = this.#start(id);
      type = decodeType({ words: this.raw.words, typesOffset: this.#typesOffset, string: (offset) => this.string(offset) }, start, id);
      this.#decoded.set(id, type);
    }
    return type;
  }

  /** The kind of a type without decoding it. */
  kind(id: number): BtfKind {
    if (id === 0) return 'void';
    if (this.base !== undefined && id < this.firstTypeId) return this.base.kind(id);
    return kindName(kindNumberOf(wordAt(this.raw.words, this.#start(id) + 1)));
  }

  /** The name of a type without decoding the rest; '' for anonymous ones. */
  name(id: number): string {
    if (id === 0) return 'void';
    if (this.base !== undefined && id < this.firstTypeId) return this.base.name(id);
    return this.string(wordAt(this.raw.words, this.#start(id)));
  }

  /** The text at an offset of the string section. */
  string(offset: number): string {
    if (offset === 0) return '';
    const place = this.stringPlace(offset);
    return decodeText(place.bytes, place.start, place.end);
  }

  /** Where the text at a string offset lies, for comparing without decoding. */
  stringPlace(offset: number): { readonly bytes: Uint8Array; readonly start: number; readonly end: number } {
    if (this.base !== undefined && offset < this.#stringStart) return this.base.stringPlace(offset);
    const start = offset - this.#stringStart;
    const end = endOfString(this.#strings, start);
    if (end < 0) {
      if (offset === 0) return { bytes: this.#strings, start: 0, end: 0 };
      throw new DebugInfoError('.BTF', this.#stringsOffset + start, `no text at string offset ${offset}`);
    }
    return { bytes: this.#strings, start, end };
  }

  /**
   * The first type of that name, of one of the kinds, or of any. Searches the base first.
   * "task_struct", not "struct task_struct".
   */
  findByName<K extends BtfKind = BtfKind>(name: string, ...kinds: readonly K[]): BtfTypeOf<K> | undefined {
    return this.#firstOf(name, kinds);
  }

  /** All types of that name and kinds, in the order of their ids. Kernel BTF may have several structs of one name. */
  findAllByName<K extends BtfKind = BtfKind>(name: string, ...kinds: readonly K[]): BtfTypeOf<K>[] {
    const wanted = this.idsByName(name).filter((id) => kinds.length === 0 || kinds.includes(this.kind(id) as K));
    return wanted.map((id) => this.type(id) as BtfTypeOf<K>);
  }

  /** Ids of all types of that name, whatever their kind, the base's first. */
  idsByName(name: string): readonly number[] {
    let ids = this.#found.get(name);
    if (ids === undefined) {
      ids = name === '' ? [] : [...(this.base?.idsByName(name) ?? []), ...this.#scan(this.stringOffsets(name))];
      this.#found.set(name, ids);
    }
    return ids;
  }

  /** Ids of this BTF's own types whose name is `name` or `name___flavor`: CO-RE's candidates. */
  idsByEssentialName(name: string): readonly number[] {
    let ids = this.#foundEssential.get(name);
    if (ids === undefined) {
      ids = this.#scan([...this.stringOffsets(name), ...this.#stringOffsetsStarting(`${name}___`)]);
      this.#foundEssential.set(name, ids);
    }
    return ids;
  }

  /** Ids of this BTF's own types of one kind, in order. */
  idsOfKind(kind: BtfKind): number[] {
    const { words, starts, count, firstTypeId } = this.raw;
    const wanted = (BTF_KINDS as readonly BtfKind[]).indexOf(kind);
    const ids: number[] = [];
    for (let index = 0; index < count; index++) {
      if (((wordAt(words, wordAt(starts, index) + 1) >>> 24) & 0x7f) === wanted) ids.push(firstTypeId + index);
    }
    return ids;
  }

  /** String offsets at which `name` stands, in the base's strings too. */
  stringOffsets(name: string): number[] {
    const own = findStringOffsets(this.#strings, name).map((offset) => offset + this.#stringStart);
    return this.base === undefined ? own : [...this.base.stringOffsets(name), ...own];
  }

  /** Whether the record at `id` has kind_flag and how many members: for loops over raw records. */
  record(id: number): { readonly start: number; readonly members: number; readonly flag: boolean } {
    const start = this.#start(id);
    const info = wordAt(this.raw.words, start + 1);
    return { start, members: vlenOf(info), flag: kindFlagOf(info) };
  }

  /** Strips const, volatile, restrict, type tags and typedefs. */
  resolve(id: number): BtfType {
    return this.#strip(id, true);
  }

  /** Strips const, volatile, restrict and type tags, and keeps typedefs. */
  skipModifiers(id: number): BtfType {
    return this.#strip(id, false);
  }

  /** Bytes of a value of the type, as C's sizeof; undefined for void, functions, forward declarations. */
  sizeOf(id: number): number | undefined {
    let elements = 1;
    let current = id;
    for (let depth = 0; depth < CHAIN_LIMIT; depth++) {
      const type = this.resolve(current);
      switch (type.kind) {
        case 'int': case 'float': case 'struct': case 'union': case 'enum': case 'enum64': case 'datasec':
          return this.#checkedSize(id, elements * type.size);
        case 'ptr':
          return this.#checkedSize(id, elements * POINTER_BYTES);
        case 'var':
          current = type.typeId;
          break;
        case 'array':
          elements *= type.length;
          current = type.elementTypeId;
          break;
        default:
          return undefined;
      }
    }
    throw this.#chainError(id);
  }

  /** The type's C name as `stap -L` prints it: "struct file*", "char const*", "u64". */
  typeName(id: number): string {
    return printTypeName(this, id);
  }

  /** How to load a value of the type; undefined when it is no scalar of 1, 2, 4 or 8 bytes. */
  scalar(id: number): BtfScalar | undefined {
    return scalarOf(this, id);
  }

  /**
   * Finds a member by name, also inside anonymous structs and unions.
   * @param id a struct or union, or a typedef of one. Of another type: undefined.
   */
  member(id: number, name: string): BtfLocation | undefined {
    return findMember(this, id, name);
  }

  /**
   * Follows member names and array indexes from a root: `locate(sock, ['__sk_common', 'skc_daddr'])`.
   * Pointers are not followed. Undefined when a step does not exist; an index past an array's end does not, except in a flexible array.
   */
  locate(rootId: number, path: readonly (string | number)[]): BtfLocation | undefined {
    return locate(this, rootId, path);
  }

  /** Names of all members, those of anonymous members included: for "did you mean". */
  memberNames(id: number): string[] {
    return memberNames(this, id);
  }

  /** A function by its name, with its prototype. */
  function(name: string): BtfFunction | undefined {
    const id = this.idsByName(name).find((candidate) => this.kind(candidate) === 'func');
    return id === undefined ? undefined : functionOf(this, id);
  }

  /** Names and ids of functions, those whose names match the wildcard, in the order of their ids. The base's too. */
  functions(glob?: string): { readonly id: number; readonly name: string }[] {
    return listFunctions(this, glob);
  }

  /** Names of all tracepoints, or of those that match the wildcard, in the order of their ids. */
  tracepoints(glob?: string): string[] {
    return listTracepoints(this, glob);
  }

  /** A tracepoint with its parameters. */
  tracepoint(name: string): BtfTracepoint | undefined {
    return tracepointByName(this, name);
  }

  /**
   * The value of an enumerator, e.g. "BPF_FUNC_loop".
   * @param enumName looks in that enum alone.
   */
  enumValue(constant: string, enumName?: string): bigint | undefined {
    return findEnumerator(this, constant, enumName);
  }

  #firstOf<K extends BtfKind>(name: string, kinds: readonly K[]): BtfTypeOf<K> | undefined {
    for (const id of this.idsByName(name)) {
      if (kinds.length === 0 || kinds.includes(this.kind(id) as K)) return this.type(id) as BtfTypeOf<K>;
    }
    return undefined;
  }

  #start(id: number): number {
    const index = id - this.firstTypeId;
    if (!Number.isInteger(index) || index < 0 || index >= this.raw.count) throw new DebugInfoError('.BTF', this.#typesOffset, `type ${id} does not exist: ids end at ${this.typeCount - 1}`);
    return wordAt(this.raw.starts, index);
  }

  /** Own types whose name is at one of the string offsets, in order. */
  #scan(offsets: readonly number[]): number[] {
    const { names, firstTypeId } = this.raw;
    const ids: number[] = [];
    if (offsets.length <= NATIVE_SEARCHES_MAX) {
      for (const offset of offsets) {
        for (let index = names.indexOf(offset); index >= 0; index = names.indexOf(offset, index + 1)) ids.push(firstTypeId + index);
      }
      return offsets.length > 1 ? ids.sort((a, b) => a - b) : ids;
    }
    const wanted = new OffsetSet(offsets, this.#stringStart + this.#strings.length);
    for (let index = 0; index < names.length; index++) if (wanted.has(wordAt(names, index))) ids.push(firstTypeId + index);
    return ids;
  }

  #stringOffsetsStarting(prefix: string): number[] {
    const haystack = this.#strings;
    const needle = Buffer.from(prefix);
    const offsets = this.base === undefined ? [] : this.base.#stringOffsetsStarting(prefix);
    for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1)) offsets.push(at + this.#stringStart);
    return offsets;
  }

  #strip(id: number, typedefs: boolean): BtfType {
    let type = this.type(id);
    for (let depth = 0; depth < CHAIN_LIMIT; depth++) {
      switch (type.kind) {
        case 'typedef':
          if (!typedefs) return type;
          break;
        case 'const': case 'volatile': case 'restrict': case 'type_tag':
          break;
        default:
          return type;
      }
      type = this.type(type.typeId);
    }
    throw this.#chainError(id);
  }

  #checkedSize(id: number, size: number): number {
    if (size > 0xffff_ffff) throw new DebugInfoError('.BTF', this.#typesOffset, `type ${id} is larger than 4 GiB`);
    return size;
  }

  #chainError(id: number): DebugInfoError {
    return new DebugInfoError('.BTF', this.#typesOffset, `type ${id}: more than ${CHAIN_LIMIT} types in a chain, or a cycle`);
  }
}

/** The bytes as words: a view where alignment allows, else a copy. */
function alignedWords(bytes: Uint8Array): Uint32Array {
  if (bytes.byteOffset % 4 === 0) return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  // Not bytes.slice(): a Buffer's slice is no copy.
  return new Uint32Array(new Uint8Array(bytes).buffer, 0, bytes.length / 4);
}
