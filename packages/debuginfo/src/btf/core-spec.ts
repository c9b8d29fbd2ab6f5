/** CO-RE access strings against the type information of the object that was compiled. */
import { DebugInfoError } from '../errors.js';
import type { Btf } from './btf.js';
import { memberBits } from './members.js';
import type { BtfArray, BtfComposite, BtfMember, BtfType } from './types.js';

/** libbpf's BPF_CORE_SPEC_MAX_LEN. */
const SPEC_STEPS_MAX = 64;

/** One step that the source named: the root or an array element (no name), or a named member. */
export interface CoreAccessor {
  readonly name: string;
  /** Of the struct that has the member; for the root and array elements, of the element. */
  readonly typeId: number;
  /** Array index, or position of the member. */
  readonly index: number;
  /** The named member itself. */
  readonly member: BtfMember | undefined;
}

export interface CoreSpec {
  readonly btf: Btf;
  readonly rootTypeId: number;
  readonly accessors: readonly CoreAccessor[];
  /** The last accessor: the field. */
  readonly last: CoreAccessor;
  /** Of the place from the root's start. */
  readonly offsetBits: number;
}

/** "task_struct___old" is "task_struct": what stands behind the last `___` (between non-underscores) is a flavor. */
export function essentialName(name: string): string {
  for (let at = name.length - 5; at >= 0; at--) {
    if (name[at] !== '_' && name.startsWith('___', at + 1) && name[at + 4] !== '_') return name.slice(0, at + 1);
  }
  return name;
}

export function parseAccess(access: string): number[] {
  const parts = access.split(':');
  if (!parts.every((part) => /^\d{1,10}$/.test(part))) throw new DebugInfoError('.BTF.ext', 0, `"${access}" is no access string like "0:1:2"`);
  if (parts.length > SPEC_STEPS_MAX) throw new DebugInfoError('.BTF.ext', 0, `access string of ${parts.length} steps, at most ${SPEC_STEPS_MAX} expected`);
  return parts.map(Number);
}

/** Follows an access string for a field. Throws DebugInfoError when it does not fit the type: the object is broken then. */
export function parseFieldSpec(btf: Btf, rootTypeId: number, access: string): CoreSpec {
  const [first = 0, ...rest] = parseAccess(access);
  const broken = (why: string): DebugInfoError => new DebugInfoError('.BTF.ext', 0, `access "${access}" of ${btf.typeName(rootTypeId)}: ${why}`);
  let last: CoreAccessor = { name: '', typeId: rootTypeId, index: first, member: undefined };
  const accessors: CoreAccessor[] = [last];
  let offsetBits = first === 0 ? 0 : first * elementBits(btf, rootTypeId);
  let typeId = rootTypeId;
  let lastMemberOf: BtfComposite | undefined;
  for (const index of rest) {
    const type = btf.resolve(typeId);
    if (type.kind === 'struct' || type.kind === 'union') {
      const member = type.members[index];
      if (member === undefined) throw broken(`no member ${index}`);
      offsetBits += memberBits(btf, member).offsetBits;
      if (member.name !== '') accessors.push((last = { name: member.name, typeId: type.id, index, member }));
      lastMemberOf = index === type.members.length - 1 ? type : undefined;
      typeId = member.typeId;
    } else if (type.kind === 'array') {
      if (index >= type.length && !isFlexible(type, lastMemberOf)) throw broken(`index ${index} of an array of ${type.length}`);
      const element = btf.resolve(type.elementTypeId);
      accessors.push((last = { name: '', typeId: element.id, index, member: undefined }));
      offsetBits += index * elementBits(btf, element.id);
      typeId = element.id;
      lastMemberOf = undefined;
    } else {
      throw broken(`step into ${btf.typeName(typeId)}, which has no members`);
    }
  }
  return { btf, rootTypeId, accessors, last, offsetBits };
}

/** An array of length 0 or 1 that ends a struct may be indexed past its end. */
export function isFlexible(array: BtfArray, lastMemberOf: BtfComposite | undefined): boolean {
  return array.length <= 1 && lastMemberOf?.kind === 'struct';
}

export function elementBits(btf: Btf, typeId: number): number {
  const size = btf.sizeOf(typeId);
  if (size === undefined) throw new DebugInfoError('.BTF', 0, `${btf.typeName(typeId)} has no size`);
  return size * 8;
}

export const isComposite = (type: BtfType): type is BtfComposite => type.kind === 'struct' || type.kind === 'union';
