/** How arm64 passes and returns objects: Procedure Call Standard for the Arm 64-bit Architecture, sections 5.9.5, 6.8.2 and 6.9. */
import type { Dwarf } from '@stapkit/debuginfo';

/** What classes of objects are found from. */
export type ObjectTypes = Pick<Dwarf, 'resolve' | 'sizeOf'>;

export type Aapcs64Class =
  /** In general registers that follow each other; from an even one on when the object is aligned to 16 bytes. */
  | { readonly kind: 'general'; readonly registers: number; readonly alignment: 8 | 16 }
  /** Floating-point and vector values, and aggregates of up to four of one such type: in v registers. */
  | { readonly kind: 'vector'; readonly registers: number; readonly alignment: 8 | 16 }
  /** Other objects of more than 16 bytes: a pointer to a copy that the caller made; results in memory that x8 points to. */
  | { readonly kind: 'reference' }
  /** An object without bytes (GNU C). */
  | { readonly kind: 'nothing' };

const WORD = 8;
const LARGEST_IN_REGISTERS = 16;
const MOST_ELEMENTS = 4;
/** Types in types that are looked at before the question is given up. */
const MOST_TYPES = 256;

/** Undefined: the debug information does not tell. */
export function aapcs64Class(dwarf: ObjectTypes, id: number): Aapcs64Class | undefined {
  const size = dwarf.sizeOf(id);
  if (size === undefined) return undefined;
  if (size === 0) return { kind: 'nothing' };
  const budget = { types: MOST_TYPES };
  const alignment = alignmentOf(dwarf, id, budget) >= 2 * WORD ? 16 : 8;
  const elements = homogeneous(dwarf, id, budget);
  if (budget.types < 0) return undefined;
  // Padding makes an aggregate an ordinary one.
  if (elements !== undefined && elements.count > 0 && elements.bytes * elements.count === size) return { kind: 'vector', registers: elements.count, alignment };
  return size > LARGEST_IN_REGISTERS ? { kind: 'reference' } : { kind: 'general', registers: Math.ceil(size / WORD), alignment };
}

interface Elements { readonly bytes: number; readonly count: number }
const NO_ELEMENTS: Elements = { bytes: 0, count: 0 };

/** The elements of an aggregate of one floating-point or vector type, four at most; undefined: it is none. */
function homogeneous(dwarf: ObjectTypes, id: number, budget: { types: number }): Elements | undefined {
  if (--budget.types < 0) return undefined;
  const type = dwarf.resolve(id);
  switch (type.kind) {
    case 'base':
      if (type.encoding === 'float' || type.encoding === 'imaginary-float' || type.encoding === 'decimal-float') return { bytes: type.size, count: 1 };
      return type.encoding === 'complex-float' ? { bytes: type.size / 2, count: 2 } : undefined;
    case 'array': {
      const size = dwarf.sizeOf(id);
      if (type.isVector) return size === 8 || size === 16 ? { bytes: size, count: 1 } : undefined;
      const element = homogeneous(dwarf, type.elementTypeId, budget);
      if (element === undefined || type.length === undefined) return undefined;
      const count = element.count * type.length;
      return count > MOST_ELEMENTS ? undefined : { bytes: element.bytes, count };
    }
    case 'struct': case 'class': case 'union': {
      if (type.variantParts.length > 0) return undefined;
      let all: Elements | undefined = NO_ELEMENTS;
      for (const { typeId, bitSize } of type.members) {
        const one = bitSize > 0 ? undefined : homogeneous(dwarf, typeId, budget);
        all = one === undefined ? undefined : join(all, one, type.kind === 'union');
        if (all === undefined) return undefined;
      }
      return all;
    }
    default:
      return undefined;
  }
}

function join(all: Elements, one: Elements, isUnion: boolean): Elements | undefined {
  if (one.count === 0) return all;
  if (all.count > 0 && all.bytes !== one.bytes) return undefined;
  const count = isUnion ? Math.max(all.count, one.count) : all.count + one.count;
  return count > MOST_ELEMENTS ? undefined : { bytes: one.bytes, count };
}

/** Natural alignment in bytes, 16 at most; attributes of the type itself do not count for calls. */
export function alignmentOf(dwarf: ObjectTypes, id: number, budget = { types: MOST_TYPES }): number {
  if (--budget.types < 0) return WORD;
  const type = dwarf.resolve(id);
  switch (type.kind) {
    case 'struct': case 'class': case 'union':
      // A member of a packed structure is where its own alignment would not have put it.
      return type.members.reduce((most, { typeId, offsetBits = 0, bitSize }) => {
        const one = bitSize > 0 ? 1 : alignmentOf(dwarf, typeId, budget);
        return Math.max(most, (offsetBits / 8) % one === 0 ? one : 1);
      }, 1);
    case 'array':
      return type.isVector ? Math.min(16, dwarf.sizeOf(id) ?? 1) : alignmentOf(dwarf, type.elementTypeId, budget);
    case 'base':
      return Math.max(1, Math.min(16, type.encoding === 'complex-float' ? type.size / 2 : type.size));
    default:
      return Math.max(1, Math.min(WORD, dwarf.sizeOf(id) ?? WORD));
  }
}
