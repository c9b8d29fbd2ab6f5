/** Assembles BTF for tests: each method adds a type and gives its id. */
import { SectionBuilder, StringTable } from './section-builder.test-support.js';

type Member = readonly [name: string, typeId: number, offsetBits: number, bitSize?: number];

export class BtfBuilder {
  readonly #types = new SectionBuilder();
  readonly #strings: StringTable;
  #nextId: number;

  /** For split BTF: the base's typeCount and the length of its strings. */
  constructor(firstTypeId = 1, stringStart = 0) {
    this.#nextId = firstTypeId;
    this.#strings = new StringTable(stringStart);
  }

  /** Any record: `extra` are the words after the first three. */
  record(kind: number, name: string, third: number, vlen = 0, extra: readonly number[] = [], kindFlag = false): number {
    const info = (((kindFlag ? 1 << 31 : 0) | (kind << 24) | vlen) >>> 0);
    this.#types.u32(this.#strings.add(name), info, third, ...extra);
    return this.#nextId++;
  }

  int(name: string, size: number, encoding: 'signed' | 'char' | 'bool' | 'unsigned' = 'unsigned', bits = size * 8, bitOffset = 0): number {
    const code = { signed: 1, char: 2, bool: 4, unsigned: 0 }[encoding];
    return this.record(1, name, size, 0, [(code << 24) | (bitOffset << 16) | bits]);
  }

  ptr(typeId: number): number { return this.record(2, '', typeId); }
  array(elementTypeId: number, length: number, indexTypeId = 1): number { return this.record(3, '', 0, 0, [elementTypeId, indexTypeId, length]); }
  struct(name: string, size: number, members: readonly Member[], kindFlag = members.some(([, , , bitSize]) => bitSize !== undefined)): number { return this.#composite(4, name, size, members, kindFlag); }
  union(name: string, size: number, members: readonly Member[], kindFlag = false): number { return this.#composite(5, name, size, members, kindFlag); }
  enum(name: string, values: Readonly<Record<string, number>>, signed = false): number {
    const entries = Object.entries(values);
    return this.record(6, name, 4, entries.length, entries.flatMap(([key, value]) => [this.#strings.add(key), value]), signed);
  }
  enum64(name: string, values: Readonly<Record<string, bigint>>, signed = false): number {
    const entries = Object.entries(values);
    const words = entries.flatMap(([key, value]) => [this.#strings.add(key), Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n))]);
    return this.record(19, name, 8, entries.length, words, signed);
  }
  fwd(name: string, of: 'struct' | 'union' = 'struct'): number { return this.record(7, name, 0, 0, [], of === 'union'); }
  typedef(name: string, typeId: number): number { return this.record(8, name, typeId); }
  volatile(typeId: number): number { return this.record(9, '', typeId); }
  const(typeId: number): number { return this.record(10, '', typeId); }
  restrict(typeId: number): number { return this.record(11, '', typeId); }
  func(name: string, prototypeId: number, linkage = 1): number { return this.record(12, name, prototypeId, linkage); }
  funcProto(returnTypeId: number, parameters: readonly (readonly [name: string, typeId: number])[]): number {
    return this.record(13, '', returnTypeId, parameters.length, parameters.flatMap(([name, typeId]) => [this.#strings.add(name), typeId]));
  }
  variable(name: string, typeId: number, linkage = 1): number { return this.record(14, name, typeId, 0, [linkage]); }
  datasec(name: string, size: number, variables: readonly (readonly [typeId: number, offset: number, size: number])[]): number {
    return this.record(15, name, size, variables.length, variables.flat());
  }
  float(name: string, size: number): number { return this.record(16, name, size); }
  declTag(tag: string, typeId: number, component = -1): number { return this.record(17, tag, typeId, 0, [component]); }
  typeTag(tag: string, typeId: number): number { return this.record(18, tag, typeId); }

  get stringsLength(): number { return this.#strings.build().length; }

  /** @param layout rows of struct btf_layout by kind, for headers that have the table. */
  build(layout?: readonly (readonly [fixed: number, each: number])[]): Uint8Array {
    const strings = this.#strings.build();
    const header = new SectionBuilder().u16(0xeb9f).u8(1, 0).u32(layout === undefined ? 24 : 32);
    header.u32(0, this.#types.length, this.#types.length, strings.length);
    if (layout !== undefined) header.u32(this.#types.length + strings.length, layout.length * 4);
    header.bytes(this.#types.build()).bytes(strings);
    for (const [fixed, each] of layout ?? []) header.u8(fixed, each, 0, 0);
    return header.build();
  }

  #composite(kind: 4 | 5, name: string, size: number, members: readonly Member[], kindFlag: boolean): number {
    const words = members.flatMap(([member, typeId, offsetBits, bitSize]) => [this.#strings.add(member), typeId, kindFlag ? ((bitSize ?? 0) << 24) | offsetBits : offsetBits]);
    return this.record(kind, name, size, members.length, words, kindFlag);
  }
}
