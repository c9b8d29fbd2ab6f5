/**
 * Whether a type of the running kernel can stand for one that the object was
 * compiled with. The relations are those of libbpf's relo_core.c:
 * - fields are compatible: what a field access may change between kernels;
 * - types are compatible: the kind is the same, members do not matter;
 * - types match (kernel 6.0, BPF_CORE_TYPE_MATCHES): all that the object knows is there.
 */
import type { Btf } from './btf.js';
import { elementBits, essentialName, isComposite, isFlexible } from './core-spec.js';
import type { CoreAccessor, CoreSpec } from './core-spec.js';
import { memberBits } from './members.js';
import type { BtfComposite, BtfEnum, BtfMember, BtfType } from './types.js';

const DEPTH_LIMIT = 32;
/** Comparisons in one type match: hostile BTF can nest prototypes and structs without end. */
const STEPS_MAX = 100_000;

/** Two types to compare, one of each BTF. */
interface Pair {
  readonly local: Btf;
  readonly target: Btf;
}

export const isEnum = (type: BtfType): type is BtfEnum => type.kind === 'enum' || type.kind === 'enum64';

export function kindsCompatible(local: BtfType, target: BtfType): boolean {
  return local.kind === target.kind || (isEnum(local) && isEnum(target));
}

export function fieldsCompatible(pair: Pair, localId: number, targetId: number): boolean {
  let local = pair.local.resolve(localId);
  let target = pair.target.resolve(targetId);
  for (let depth = 0; depth < DEPTH_LIMIT; depth++) {
    if (isComposite(local) && isComposite(target)) return true;
    if (!kindsCompatible(local, target)) return false;
    if (local.kind === 'ptr' || local.kind === 'float') return true;
    if (local.kind === 'fwd' || isEnum(local)) {
      const [localName, targetName] = [essentialName(local.name), essentialName(target.name)];
      return localName === '' || targetName === '' || localName === targetName;
    }
    // Width and sign may change between kernels; a bit-field kept in the type itself may not be involved.
    if (local.kind === 'int' && target.kind === 'int') return local.bitOffset === 0 && target.bitOffset === 0;
    if (local.kind !== 'array' || target.kind !== 'array') return false;
    local = pair.local.resolve(local.elementTypeId);
    target = pair.target.resolve(target.elementTypeId);
  }
  return false;
}

export function typesCompatible(pair: Pair, localId: number, targetId: number): boolean {
  let steps = 0;
  const compatible = (a: number, b: number, depth: number): boolean => {
    if (depth > DEPTH_LIMIT || ++steps > STEPS_MAX) return false;
    const local = pair.local.resolve(a);
    const target = pair.target.resolve(b);
    if (!kindsCompatible(local, target)) return false;
    if (local.kind === 'int' && target.kind === 'int') return local.bitOffset === 0 && target.bitOffset === 0;
    if (local.kind === 'ptr' && target.kind === 'ptr') return compatible(local.typeId, target.typeId, depth + 1);
    if (local.kind === 'array' && target.kind === 'array') return compatible(local.elementTypeId, target.elementTypeId, depth + 1);
    if (local.kind === 'func_proto' && target.kind === 'func_proto') {
      return local.parameters.length === target.parameters.length
        && local.parameters.every(({ typeId }, index) => compatible(typeId, target.parameters[index]?.typeId ?? 0, depth + 1))
        && compatible(local.returnTypeId, target.returnTypeId, depth + 1);
    }
    return local.kind === 'void' || local.kind === 'fwd' || isComposite(local) || isEnum(local);
  };
  return compatible(localId, targetId, 0);
}

export function typesMatch(pair: Pair, localId: number, targetId: number): boolean {
  let steps = 0;
  const match = (a: number, b: number, behindPointer: boolean, depth: number): boolean => {
    if (depth > DEPTH_LIMIT || ++steps > STEPS_MAX) return false;
    const local = pair.local.resolve(a);
    const target = pair.target.resolve(b);
    if (essentialName(local.name) !== essentialName(target.name)) return false;
    if (isComposite(local) || local.kind === 'fwd') return matchComposite(local, target, behindPointer, depth);
    if (!kindsCompatible(local, target)) return false;
    if (isEnum(local) && isEnum(target)) return enumsMatch(local, target);
    if (local.kind === 'int' && target.kind === 'int') return local.size === target.size && local.signed === target.signed;
    if (local.kind === 'ptr' && target.kind === 'ptr') return match(local.typeId, target.typeId, true, depth + 1);
    if (local.kind === 'array' && target.kind === 'array') {
      return local.length === target.length && match(local.elementTypeId, target.elementTypeId, behindPointer, depth + 1);
    }
    if (local.kind === 'func_proto' && target.kind === 'func_proto') {
      return local.parameters.length === target.parameters.length
        && local.parameters.every(({ typeId }, index) => match(typeId, target.parameters[index]?.typeId ?? 0, behindPointer, depth + 1))
        && match(local.returnTypeId, target.returnTypeId, behindPointer, depth + 1);
    }
    return local.kind === 'void' || (local.kind === 'float' && target.kind === 'float' && local.size === target.size);
  };
  const matchComposite = (local: BtfType, target: BtfType, behindPointer: boolean, depth: number): boolean => {
    const keyword = compositeKeyword(local);
    if (compositeKeyword(target) !== keyword) return false;
    // Behind a pointer a forward declaration stands for the type.
    if (behindPointer) return true;
    if (!isComposite(local)) return target.kind === 'fwd';
    return isComposite(target) && local.members.length <= target.members.length && local.members.every((member) =>
      target.members.some((other) => essentialName(member.name) === essentialName(other.name) && match(member.typeId, other.typeId, behindPointer, depth + 1)));
  };
  return match(localId, targetId, false, 0);
}

function compositeKeyword(type: BtfType): 'struct' | 'union' | undefined {
  if (isComposite(type)) return type.kind;
  return type.kind === 'fwd' ? type.of : undefined;
}

function enumsMatch(local: BtfEnum, target: BtfEnum): boolean {
  const names = new Set(target.enumerators.map(({ name }) => essentialName(name)));
  return local.enumerators.length <= target.enumerators.length && local.enumerators.every(({ name }) => names.has(essentialName(name)));
}

/** Finds in a candidate what a field spec means; undefined when it is not there, or is of another sort. */
export function matchField(local: CoreSpec, target: Btf, candidateId: number): CoreSpec | undefined {
  const pair = { local: local.btf, target };
  const accessors: CoreAccessor[] = [];
  let last = local.last;
  let offsetBits = 0;
  let typeId = candidateId;
  let lastMemberOf: BtfComposite | undefined;
  for (const [step, accessor] of local.accessors.entries()) {
    const type = target.resolve(typeId);
    if (accessor.member !== undefined) {
      const found = isComposite(type) ? matchMember(pair, accessor.member, type, new Set(), 0) : undefined;
      if (found === undefined) return undefined;
      last = found.accessor;
      accessors.push(last);
      offsetBits += found.offsetBits;
      typeId = found.typeId;
      lastMemberOf = found.lastMemberOf;
      continue;
    }
    if (step > 0) {
      if (type.kind !== 'array') return undefined;
      if (accessor.index >= type.length && !isFlexible(type, lastMemberOf)) return undefined;
      typeId = target.resolve(type.elementTypeId).id;
      lastMemberOf = undefined;
    }
    last = { name: '', typeId, index: accessor.index, member: undefined };
    accessors.push(last);
    if (accessor.index > 0 || step > 0) offsetBits += accessor.index * elementBits(target, typeId);
  }
  return { btf: target, rootTypeId: candidateId, accessors, last, offsetBits };
}

interface MatchedMember {
  readonly accessor: CoreAccessor;
  readonly offsetBits: number;
  readonly typeId: number;
  readonly lastMemberOf: BtfComposite | undefined;
}

function matchMember(pair: Pair, local: BtfMember, type: BtfComposite, seen: Set<number>, depth: number): MatchedMember | undefined {
  if (depth > DEPTH_LIMIT || seen.has(type.id)) return undefined;
  seen.add(type.id);
  for (const member of type.members) {
    const { offsetBits } = memberBits(pair.target, member);
    if (member.name === local.name) {
      if (!fieldsCompatible(pair, local.typeId, member.typeId)) return undefined;
      const lastMemberOf = member.index === type.members.length - 1 ? type : undefined;
      return { accessor: { name: member.name, typeId: type.id, index: member.index, member }, offsetBits, typeId: member.typeId, lastMemberOf };
    }
    if (member.name !== '') continue;
    const inner = pair.target.resolve(member.typeId);
    if (!isComposite(inner)) continue;
    const found = matchMember(pair, local, inner, seen, depth + 1);
    if (found !== undefined) return { ...found, offsetBits: offsetBits + found.offsetBits };
  }
  return undefined;
}
