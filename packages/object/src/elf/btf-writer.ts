/** Builds the section `.BTF` (Documentation/bpf/btf.rst). Equal types are written once. */

const MAGIC = 0xeb9f;
const HEADER_BYTES = 24;
/** BTF_KIND_*. */
export const BTF_KIND = {
  int: 1, ptr: 2, array: 3, struct: 4, union: 5, enum: 6, fwd: 7, typedef: 8, volatile: 9, const: 10, restrict: 11,
  func: 12, funcProto: 13, var: 14, datasec: 15, float: 16, declTag: 17, typeTag: 18, enum64: 19,
} as const;

export interface BtfMember {
  readonly name: string;
  readonly type: number;
  readonly offsetBits: number;
  /** Bit-fields only. */
  readonly sizeBits?: number;
}

export class BtfWriter {
  readonly #types: Uint8Array[] = [];
  readonly #known = new Map<string, number>();
  readonly #strings = new Map<string, number>([['', 0]]);
  readonly #stringBytes: number[] = [0];

  /** Adds to the string table and gives the offset. */
  string(text: string): number {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    const offset = this.#stringBytes.length;
    this.#strings.set(text, offset);
    this.#stringBytes.push(...Buffer.from(text.replaceAll('\0', ''), 'latin1'), 0);
    return offset;
  }

  int(name: string, bytes: number, signed: boolean): number {
    return this.#add(name, BTF_KIND.int, 0, 0, bytes, [((signed ? 1 : 0) << 24) | (bytes * 8)]);
  }

  /** `type` 0 is void. */
  pointer(type: number): number {
    return this.#add('', BTF_KIND.ptr, 0, 0, type, []);
  }

  array(type: number, count: number): number {
    return this.#add('', BTF_KIND.array, 0, 0, 0, [type, this.int('unsigned int', 4, false), count]);
  }

  /** A struct or union. `distinct` keeps it apart from equal ones. */
  composite(kind: 'struct' | 'union', name: string, bytes: number, members: readonly BtfMember[]): number {
    const bitFields = members.some(({ sizeBits }) => sizeBits !== undefined);
    const words = members.flatMap(({ name: member, type, offsetBits, sizeBits }) =>
      [this.string(member), type, bitFields ? ((sizeBits ?? 0) << 24) | offsetBits : offsetBits]);
    return this.#add(name, BTF_KIND[kind], members.length, bitFields ? 1 : 0, bytes, words);
  }

  enumeration(name: string, bytes: number): number {
    return this.#add(name, BTF_KIND.enum, 0, 0, bytes, []);
  }

  float(name: string, bytes: number): number {
    return this.#add(name, BTF_KIND.float, 0, 0, bytes, []);
  }

  typedef(name: string, type: number): number {
    return this.#add(name, BTF_KIND.typedef, 0, 0, type, []);
  }

  functionPrototype(result: number, params: readonly { readonly name: string; readonly type: number }[]): number {
    return this.#add('', BTF_KIND.funcProto, params.length, 0, result, params.flatMap(({ name, type }) => [this.string(name), type]));
  }

  func(name: string, prototype: number, linkage: 'static' | 'global'): number {
    return this.#add(name, BTF_KIND.func, linkage === 'global' ? 1 : 0, 0, prototype, []);
  }

  /** A global variable. */
  variable(name: string, type: number): number {
    return this.#add(name, BTF_KIND.var, 0, 0, type, [1]);
  }

  dataSection(name: string, bytes: number, variables: readonly { readonly type: number; readonly offset: number; readonly bytes: number }[]): number {
    return this.#add(name, BTF_KIND.datasec, variables.length, 0, bytes, variables.flatMap(({ type, offset, bytes: size }) => [type, offset, size]));
  }

  #add(name: string, kind: number, vlen: number, flag: 0 | 1, sizeOrType: number, words: readonly number[]): number {
    const key = [name, kind, vlen, flag, sizeOrType, ...words].join('\0');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const bytes = new Uint8Array(12 + words.length * 4);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, this.string(name), true);
    view.setUint32(4, ((flag << 31) | (kind << 24) | vlen) >>> 0, true);
    view.setUint32(8, sizeOrType, true);
    words.forEach((word, index) => {
      view.setUint32(12 + index * 4, word >>> 0, true);
    });
    this.#types.push(bytes);
    this.#known.set(key, this.#types.length);
    return this.#types.length;
  }

  /** The whole section. Strings must all have been added before. */
  bytes(): Uint8Array {
    const typeBytes = this.#types.reduce((sum, { length }) => sum + length, 0);
    const bytes = new Uint8Array(HEADER_BYTES + typeBytes + this.#stringBytes.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, MAGIC, true);
    view.setUint8(2, 1);
    view.setUint32(4, HEADER_BYTES, true);
    view.setUint32(12, typeBytes, true);
    view.setUint32(16, typeBytes, true);
    view.setUint32(20, this.#stringBytes.length, true);
    let at = HEADER_BYTES;
    for (const type of this.#types) {
      bytes.set(type, at);
      at += type.length;
    }
    bytes.set(this.#stringBytes, at);
    return bytes;
  }
}
