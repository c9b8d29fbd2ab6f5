/** Places inside structs, unions and arrays. */
import type { Btf } from './btf.js';
import { bitFieldUnit, scalarOf } from './scalars.js';
import type { BtfComposite, BtfLocation, BtfMember, BtfScalar } from './types.js';

/** Deepest nesting of anonymous members: libbpf's limit is 64. Keeps the recursion over hostile BTF flat. */
const NESTING_LIMIT = 64;

interface Step {
  readonly indexes: readonly number[];
  readonly offsetBits: number;
  readonly typeId: number;
  readonly bitSize: number;
}

export function findMember(btf: Btf, id: number, name: string): BtfLocation | undefined {
  return locate(btf, id, [name]);
}

export function locate(btf: Btf, rootId: number, path: readonly (string | number)[]): BtfLocation | undefined {
  let step: Step = { indexes: [], offsetBits: 0, typeId: rootId, bitSize: 0 };
  let insideLast = false;
  for (const part of path) {
    const type = btf.resolve(step.typeId);
    if (typeof part === 'string') {
      if ((type.kind !== 'struct' && type.kind !== 'union') || part === '') return undefined;
      const found = searchMembers(btf, type, part, new Set(), 0);
      if (found === undefined) return undefined;
      insideLast = isLastMember(btf, type, found.indexes);
      step = { ...found, indexes: [...step.indexes, ...found.indexes], offsetBits: step.offsetBits + found.offsetBits };
    } else {
      if (type.kind !== 'array' || !Number.isInteger(part) || part < 0) return undefined;
      // C's flexible arrays: a last member of length 0 (or 1, in the old style).
      const flexible = insideLast && type.length <= 1;
      if (part >= type.length && !flexible) return undefined;
      const size = btf.sizeOf(type.elementTypeId);
      if (size === undefined) return undefined;
      insideLast = false;
      step = { indexes: [...step.indexes, part], offsetBits: step.offsetBits + part * size * 8, typeId: type.elementTypeId, bitSize: 0 };
    }
  }
  return finish(btf, step);
}

/** The bit-field's width and place, also for BTF without kind_flag, where the INT type holds them. */
export function memberBits(btf: Btf, member: BtfMember): { readonly offsetBits: number; readonly bitSize: number } {
  if (member.bitSize > 0) return member;
  const type = btf.resolve(member.typeId);
  if (type.kind === 'int' && (type.bits < type.size * 8 || type.bitOffset > 0) && !type.isBool) {
    return { offsetBits: member.offsetBits + type.bitOffset, bitSize: type.bits };
  }
  return member;
}

export function memberNames(btf: Btf, id: number): string[] {
  const names: string[] = [];
  const seen = new Set<number>();
  const visit = (typeId: number, depth: number): void => {
    const type = btf.resolve(typeId);
    if ((type.kind !== 'struct' && type.kind !== 'union') || seen.has(type.id) || depth > NESTING_LIMIT) return;
    seen.add(type.id);
    for (const member of type.members) {
      if (member.name !== '') names.push(member.name);
      else visit(member.typeId, depth + 1);
    }
  };
  visit(id, 0);
  return names;
}

/**
 * Depth first, in the order of declaration, as libbpf does. `seen` holds types
 * that have no such member, so a type that appears many times is searched once.
 */
function searchMembers(btf: Btf, type: BtfComposite, name: string, seen: Set<number>, depth: number): Step | undefined {
  if (seen.has(type.id) || depth > NESTING_LIMIT) return undefined;
  seen.add(type.id);
  for (const member of type.members) {
    if (member.name === name) {
      return { indexes: [member.index], typeId: member.typeId, ...pick(memberBits(btf, member)) };
    }
    if (member.name !== '') continue;
    const inner = btf.resolve(member.typeId);
    if (inner.kind !== 'struct' && inner.kind !== 'union') continue;
    const found = searchMembers(btf, inner, name, seen, depth + 1);
    if (found !== undefined) return { ...found, indexes: [member.index, ...found.indexes], offsetBits: member.offsetBits + found.offsetBits };
  }
  return undefined;
}

const pick = (bits: { readonly offsetBits: number; readonly bitSize: number }): { offsetBits: number; bitSize: number } => ({ offsetBits: bits.offsetBits, bitSize: bits.bitSize });

function isLastMember(btf: Btf, root: BtfComposite, indexes: readonly number[]): boolean {
  let type: BtfComposite = root;
  for (const [level, index] of indexes.entries()) {
    if (type.kind === 'struct' && index !== type.members.length - 1) return false;
    if (level === indexes.length - 1) return true;
    const inner = btf.resolve(type.members[index]?.typeId ?? 0);
    if (inner.kind !== 'struct' && inner.kind !== 'union') return false;
    type = inner;
  }
  return false;
}

function finish(btf: Btf, step: Step): BtfLocation {
  const access = [0, ...step.indexes].join(':');
  const common = { indexes: step.indexes, access, typeId: step.typeId, offsetBits: step.offsetBits, bitSize: step.bitSize };
  const whole = scalarOf(btf, step.typeId);
  if (step.bitSize === 0) return { ...common, offset: Math.floor(step.offsetBits / 8), scalar: whole };
  const unit = whole === undefined ? undefined : bitFieldUnit(step.offsetBits, step.bitSize, whole.bytes);
  if (whole === undefined || unit === undefined) return { ...common, offset: Math.floor(step.offsetBits / 8), scalar: undefined };
  const scalar: BtfScalar = { bytes: unit.bytes, signed: whole.signed, bitOffset: unit.bitOffset, bitSize: step.bitSize };
  return { ...common, offset: unit.offset, scalar };
}
