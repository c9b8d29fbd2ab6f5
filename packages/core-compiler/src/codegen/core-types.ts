/**
 * Local types for CO-RE: for each field that the script reads, the smallest struct that
 * names it, with the offsets of the kernel that was compiled against. The loader finds
 * the same names in the running kernel and changes the instructions.
 */
import type { Btf } from '@stapkit/debuginfo';
import type { BtfWriter, IrField } from '@stapkit/object';
import { CORE_RELOCATION } from '@stapkit/object';
import type { CoreReference } from '../bpf/index.js';

export interface CoreField {
  readonly typeId: number;
  readonly access: string;
  /** In the local type, and in the kernel that was compiled against. */
  readonly offset: number;
}

interface Local { readonly type: number; readonly access: readonly number[] }

interface Types { readonly btf: Btf | undefined; moduleBtf?(module: string): Btf | undefined }

export class CoreTypes {
  readonly #btf: BtfWriter;
  /** Opening the kernel's BTF costs milliseconds that a script without kernel types need not pay. */
  readonly #target: Types;
  readonly #known = new Map<string, CoreField>();

  constructor(btf: BtfWriter, target: Types) {
    this.#btf = btf;
    this.#target = target;
  }

  field(field: IrField): CoreField {
    const key = `${field.rootModule ?? ''} ${field.rootTypeId} ${field.root} ${field.access} ${field.path.join('.')}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const kernel = field.rootModule === undefined ? this.#target.btf : this.#target.moduleBtf?.(field.rootModule);
    const local = kernel === undefined ? this.#byPath(field) : this.#byAccess(kernel, field.rootTypeId, field.access.split(':').slice(1).map(Number));
    const made: CoreField = { typeId: local.type, access: [0, ...local.access].join(':'), offset: field.offset };
    this.#known.set(key, made);
    return made;
  }

  /** A field of code generation's own: at offset 0 of a struct that holds nothing else. */
  own(root: string, path: readonly string[], leaf: 'pointer' | 'int' | 'long' | 'text'): CoreField {
    const [last, ...inner] = [...path].reverse();
    let type = leaf === 'pointer' ? this.#btf.pointer(0) : leaf === 'text' ? this.#btf.array(this.#btf.int('char', 1, true), 8) : leaf === 'int' ? this.#btf.int('int', 4, true) : this.#btf.int('long', 8, true);
    const bytes = leaf === 'int' ? 4 : 8;
    for (const [index, name] of [last ?? '', ...inner].entries()) {
      const isRoot = index === path.length - 1;
      type = this.#btf.composite('struct', isRoot ? root : '', bytes, [{ name, type, offsetBits: 0 }]);
    }
    return { typeId: type, access: ['0', ...path.map(() => '0')].join(':'), offset: 0 };
  }

  /** Mirrors the kernel's types along an access, anonymous members included. */
  #byAccess(kernel: Btf, typeId: number, access: readonly number[]): Local {
    const type = kernel.type(typeId);
    switch (type.kind) {
      case 'typedef': {
        const inner = this.#byAccess(kernel, type.typeId, access);
        return { type: this.#btf.typedef(type.name, inner.type), access: inner.access };
      }
      case 'const': case 'volatile': case 'restrict': case 'type_tag': return this.#byAccess(kernel, type.typeId, access);
      case 'struct': case 'union': {
        const [index, ...rest] = access;
        if (index === undefined) return { type: this.#btf.composite(type.kind, type.name, type.size, []), access: [] };
        const member = type.members[index];
        if (member === undefined) throw new Error(`internal error: ${type.name} has no member ${index}`);
        const inner = this.#byAccess(kernel, member.typeId, rest);
        const local = { name: member.name, type: inner.type, offsetBits: member.offsetBits, ...(member.bitSize > 0 ? { sizeBits: member.bitSize } : {}) };
        return { type: this.#btf.composite(type.kind, type.name, type.size, [local]), access: [0, ...inner.access] };
      }
      case 'array': {
        const [index, ...rest] = access;
        const inner = this.#byAccess(kernel, type.elementTypeId, rest);
        return { type: this.#btf.array(inner.type, type.length), access: index === undefined ? [] : [index, ...inner.access] };
      }
      case 'int': return { type: this.#btf.int(type.name, type.size, type.signed), access: [] };
      case 'enum': case 'enum64': return { type: this.#btf.enumeration(type.name, type.size), access: [] };
      case 'float': return { type: this.#btf.float(type.name, type.size), access: [] };
      default: return { type: this.#btf.pointer(0), access: [] };
    }
  }

  /** Without the kernel's types: nested structs by the names in the path. The whole offset is the outermost member's. */
  #byPath({ root, path, offset, scalar }: IrField): Local {
    const bytes = scalar?.bytes ?? 8;
    let type = bytes === 8 && scalar?.signed !== true ? this.#btf.pointer(0) : this.#btf.int(`s${bytes * 8}`, bytes, scalar?.signed ?? false);
    const name = root.replace(/^(struct|union) /, '');
    const kind = root.startsWith('union ') ? 'union' : 'struct';
    const access: number[] = [];
    for (let index = path.length - 1; index >= 0; index--) {
      const step = path[index];
      if (typeof step === 'number') {
        type = this.#btf.array(type, step + 1);
        access.unshift(step);
      } else {
        const first = index === 0;
        type = this.#btf.composite(first ? kind : 'struct', first ? name : '', (first ? offset : 0) + bytes, [{ name: step ?? '', type, offsetBits: first ? offset * 8 : 0 }]);
        access.unshift(0);
      }
    }
    return { type, access };
  }
}

const reference = (kind: number) => ({ typeId, access }: CoreField): CoreReference => ({ typeId, access, kind });
export const byteOffset = reference(CORE_RELOCATION.fieldByteOffset);
export const byteSize = reference(CORE_RELOCATION.fieldByteSize);
export const leftShift = reference(CORE_RELOCATION.fieldLeftShift);
export const rightShift = reference(CORE_RELOCATION.fieldRightShift);
