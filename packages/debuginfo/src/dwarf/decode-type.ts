/** Entries that are types, as values. DWARF 5 chapter 5. */
import {
  DW_AT_GNU_vector, DW_AT_artificial, DW_AT_bit_offset, DW_AT_bit_size, DW_AT_byte_size, DW_AT_const_value, DW_AT_containing_type, DW_AT_count, DW_AT_data_bit_offset,
  DW_AT_data_member_location, DW_AT_declaration, DW_AT_discr, DW_AT_discr_list, DW_AT_discr_value, DW_AT_encoding, DW_AT_external, DW_AT_lower_bound, DW_AT_signature, DW_AT_type, DW_AT_upper_bound,
  DW_TAG_array_type, DW_TAG_atomic_type, DW_TAG_base_type, DW_TAG_class_type, DW_TAG_const_type, DW_TAG_enumeration_type, DW_TAG_enumerator, DW_TAG_formal_parameter,
  DW_TAG_generic_subrange, DW_TAG_inheritance, DW_TAG_interface_type, DW_TAG_member, DW_TAG_pointer_type, DW_TAG_ptr_to_member_type, DW_TAG_reference_type, DW_TAG_restrict_type,
  DW_TAG_rvalue_reference_type, DW_TAG_structure_type, DW_TAG_subrange_type, DW_TAG_subroutine_type, DW_TAG_typedef, DW_TAG_union_type, DW_TAG_unspecified_parameters,
  DW_TAG_unspecified_type, DW_TAG_variable, DW_TAG_variant, DW_TAG_variant_part, DW_TAG_volatile_type, OTHER_TYPE_NAMES,
} from './constants.js';
import { arrayDimensionId, describeId, dimensionOf, withoutDimension } from './die-id.js';
import type { Die } from './die.js';
import { DebugInfoError } from '../errors.js';
import { ByteReader } from '../reader.js';
import { chainOf, flagOf, nameOf, referenceOf } from './origins.js';
import type { DwarfArray, DwarfComposite, DwarfEncoding, DwarfEnum, DwarfMember, DwarfReference, DwarfStaticMember, DwarfType, DwarfTypeParameter, DwarfVariant, DwarfVariantPart } from './types.js';

/** What decoding asks about other types. */
export interface TypeFacts {
  sizeOf(id: number): number | undefined;
  type(id: number): DwarfType;
  resolve(id: number): DwarfType;
  nameOf(id: number): string;
}

const ENCODINGS: Readonly<Record<number, DwarfEncoding>> = {
  1: 'address', 2: 'boolean', 3: 'complex-float', 4: 'float', 5: 'signed', 6: 'signed-char', 7: 'unsigned', 8: 'unsigned-char', 9: 'imaginary-float', 10: 'packed-decimal',
  11: 'numeric-string', 12: 'edited', 13: 'signed-fixed', 14: 'unsigned-fixed', 15: 'decimal-float', 16: 'utf', 17: 'ucs', 18: 'ascii',
};
const REFERENCES: Readonly<Record<number, DwarfReference['kind']>> = {
  [DW_TAG_pointer_type]: 'pointer', [DW_TAG_reference_type]: 'reference', [DW_TAG_rvalue_reference_type]: 'rvalue-reference', [DW_TAG_typedef]: 'typedef', [DW_TAG_const_type]: 'const',
  [DW_TAG_volatile_type]: 'volatile', [DW_TAG_restrict_type]: 'restrict', [DW_TAG_atomic_type]: 'atomic',
};
/** Languages whose arrays start at 1: Ada, Fortran, Pascal, Modula, PL/I, COBOL and kin. */
const BASE_ONE: ReadonlySet<number> = new Set([0x03, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0d, 0x0e, 0x0f, 0x17, 0x1f, 0x22, 0x23, 0x2d, 0x2e, 0x2f]);
const DW_OP_constu = 0x10;
const DW_OP_plus_uconst = 0x23;
const DW_DSC_range = 1;

export function decodeType(die: Die, id: number, facts: TypeFacts): DwarfType {
  const { tag } = die;
  const reference = REFERENCES[tag];
  const chain = chainOf(die);
  if (reference !== undefined) {
    const isPointer = reference === 'pointer' || reference === 'reference' || reference === 'rvalue-reference';
    return { kind: reference, id, name: nameOf(chain), typeId: die.reference(DW_AT_type) ?? 0, size: isPointer ? (die.number(DW_AT_byte_size) ?? die.unit.addressSize) : undefined };
  }
  switch (tag) {
    case DW_TAG_base_type:
      return { kind: 'base', id, name: nameOf(chain), size: die.number(DW_AT_byte_size) ?? Math.ceil((die.number(DW_AT_bit_size) ?? 0) / 8), encoding: ENCODINGS[die.number(DW_AT_encoding) ?? 0] ?? 'other' };
    case DW_TAG_structure_type: case DW_TAG_class_type: case DW_TAG_interface_type: case DW_TAG_union_type:
      return decodeComposite(die, chain, id, facts);
    case DW_TAG_enumeration_type:
      return decodeEnum(die, chain, id, facts);
    case DW_TAG_array_type:
      return decodeArray(die, id);
    case DW_TAG_subroutine_type:
      return { kind: 'subroutine', id, name: nameOf(chain), returnTypeId: die.reference(DW_AT_type) ?? 0, ...decodeParameters(die) };
    case DW_TAG_ptr_to_member_type:
      return { kind: 'member-pointer', id, name: nameOf(chain), typeId: die.reference(DW_AT_type) ?? 0, containingTypeId: die.reference(DW_AT_containing_type) ?? 0, size: memberPointerSize(die, facts) };
    case DW_TAG_unspecified_type:
      return { kind: 'unspecified', id, name: nameOf(chain) };
    default: {
      const name = OTHER_TYPE_NAMES[tag];
      if (name === undefined) throw new DebugInfoError(die.unit.section.data.name, die.unit.header.offset + die.at, `the entry at ${describeId(id)} is no type (tag 0x${tag.toString(16)})`);
      return { kind: 'other', id, name: nameOf(chain), tag: name, size: die.number(DW_AT_byte_size), typeId: die.reference(DW_AT_type) ?? 0 };
    }
  }
}

function memberPointerSize(die: Die, facts: TypeFacts): number | undefined {
  const size = die.number(DW_AT_byte_size);
  if (size !== undefined) return size;
  const target = die.reference(DW_AT_type) ?? 0;
  return die.unit.addressSize * (facts.type(target).kind === 'subroutine' ? 2 : 1);
}

function decodeParameters(die: Die): { readonly parameters: readonly DwarfTypeParameter[]; readonly variadic: boolean } {
  const parameters: DwarfTypeParameter[] = [];
  let variadic = false;
  for (const child of die.children()) {
    if (child.tag === DW_TAG_formal_parameter) parameters.push({ name: nameOf(chainOf(child)), typeId: child.reference(DW_AT_type) ?? 0 });
    else if (child.tag === DW_TAG_unspecified_parameters) variadic = true;
  }
  return { parameters, variadic };
}

function decodeComposite(die: Die, chain: readonly Die[], id: number, facts: TypeFacts): DwarfComposite {
  const members: DwarfMember[] = [];
  const staticMembers: DwarfStaticMember[] = [];
  const variantParts: DwarfVariantPart[] = [];
  for (const child of die.children()) {
    switch (child.tag) {
      case DW_TAG_member:
        // Before DWARF 5 a static member is a member that is only declared.
        if (child.flag(DW_AT_declaration) || child.flag(DW_AT_external)) staticMembers.push(staticMember(child));
        else members.push(decodeMember(child, members.length, facts));
        break;
      case DW_TAG_inheritance: members.push(decodeMember(child, members.length, facts)); break;
      case DW_TAG_variable: staticMembers.push(staticMember(child)); break;
      case DW_TAG_variant_part: variantParts.push(decodeVariantPart(child, facts)); break;
      default: // Methods, nested types, template parameters.
    }
  }
  const kind = die.tag === DW_TAG_union_type ? 'union' : die.tag === DW_TAG_structure_type ? 'struct' : 'class';
  return { kind, id, name: nameOf(chain), size: byteSize(die), isDeclaration: isDeclaration(die), members, staticMembers, variantParts };
}

/** What has its definition in a type unit need not say that it is a declaration. */
const isDeclaration = (die: Die): boolean => die.flag(DW_AT_declaration) || die.has(DW_AT_signature);

function byteSize(die: Die): number | undefined {
  const bytes = die.number(DW_AT_byte_size);
  if (bytes !== undefined) return bytes;
  const bits = die.number(DW_AT_bit_size);
  return bits === undefined ? undefined : Math.ceil(bits / 8);
}

const staticMember = (die: Die): DwarfStaticMember => ({ id: die.id, name: nameOf(chainOf(die)), typeId: die.reference(DW_AT_type) ?? 0 });

function decodeMember(die: Die, index: number, facts: TypeFacts): DwarfMember {
  const typeId = die.reference(DW_AT_type) ?? 0;
  const isBase = die.tag === DW_TAG_inheritance;
  const bitSize = die.number(DW_AT_bit_size) ?? 0;
  return {
    name: isBase ? facts.nameOf(typeId) : nameOf(chainOf(die)), typeId, index, offsetBits: memberOffset(die, typeId, bitSize, facts), bitSize, isBase,
    isArtificial: flagOf([die], DW_AT_artificial),
  };
}

function memberOffset(die: Die, typeId: number, bitSize: number, facts: TypeFacts): number | undefined {
  const dataBits = die.number(DW_AT_data_bit_offset);
  if (dataBits !== undefined) return dataBits;
  const bytes = die.has(DW_AT_data_member_location) ? (die.number(DW_AT_data_member_location) ?? constantOffset(die.block(DW_AT_data_member_location))) : 0;
  if (bytes === undefined) return undefined;
  // DWARF 2 and 3 count bits from the most significant one of a storage unit.
  const bitOffset = die.constant(DW_AT_bit_offset);
  if (typeof bitOffset !== 'bigint') return bytes * 8;
  const storage = die.number(DW_AT_byte_size) ?? facts.sizeOf(typeId);
  return storage === undefined ? undefined : (bytes + storage) * 8 - Number(BigInt.asIntN(64, bitOffset)) - bitSize;
}

/** DWARF 2 wrote constants as programs that add them. */
function constantOffset(expression: Uint8Array | undefined): number | undefined {
  if (expression === undefined || expression.length < 2 || (expression[0] !== DW_OP_plus_uconst && expression[0] !== DW_OP_constu)) return undefined;
  const reader = new ByteReader(expression, 'member location', 1);
  const value = reader.uleb();
  return reader.atEnd || (reader.remaining === 1 && expression.at(-1) === 0x22) ? value : undefined;
}

function decodeVariantPart(die: Die, facts: TypeFacts): DwarfVariantPart {
  const discriminantId = die.reference(DW_AT_discr);
  let discriminant: DwarfMember | undefined;
  const variants: DwarfVariant[] = [];
  for (const child of die.children()) {
    if (child.tag === DW_TAG_member) {
      if (child.id === discriminantId) discriminant = decodeMember(child, 0, facts);
    } else if (child.tag === DW_TAG_variant) {
      const members: DwarfMember[] = [];
      for (const inner of child.children()) if (inner.tag === DW_TAG_member) members.push(decodeMember(inner, members.length, facts));
      variants.push({ values: discriminantValues(child), members });
    }
  }
  return { discriminant, variants };
}

function discriminantValues(die: Die): (readonly [bigint, bigint])[] {
  const value = die.constant(DW_AT_discr_value);
  if (typeof value === 'bigint') return [[value, value]];
  const list = die.block(DW_AT_discr_list);
  if (list === undefined) return [];
  const reader = new ByteReader(list, 'discriminant list');
  const values: (readonly [bigint, bigint])[] = [];
  while (!reader.atEnd) {
    const isRange = reader.u8() === DW_DSC_range;
    const low = reader.ulebBig();
    values.push([low, isRange ? reader.ulebBig() : low]);
  }
  return values;
}

function decodeEnum(die: Die, chain: readonly Die[], id: number, facts: TypeFacts): DwarfEnum {
  const underlyingTypeId = referenceOf(chain, DW_AT_type) ?? 0;
  const underlying = facts.resolve(underlyingTypeId);
  const enumerators = [];
  for (const child of die.children()) {
    const value = child.tag === DW_TAG_enumerator ? child.constant(DW_AT_const_value) : undefined;
    if (typeof value === 'bigint') enumerators.push({ name: nameOf(chainOf(child)), value });
  }
  const signed = underlying.kind === 'base' ? underlying.encoding === 'signed' || underlying.encoding === 'signed-char' : enumerators.some(({ value }) => value < 0n);
  return { kind: 'enum', id, name: nameOf(chain), size: byteSize(die) ?? (underlying.kind === 'base' ? underlying.size : undefined), isDeclaration: isDeclaration(die), signed, underlyingTypeId, enumerators };
}

function decodeArray(die: Die, id: number): DwarfArray {
  const dimensions = [...die.children()].filter(({ tag }) => tag === DW_TAG_subrange_type || tag === DW_TAG_enumeration_type || tag === DW_TAG_generic_subrange);
  const dimension = dimensionOf(id);
  const range = dimensions[dimension];
  const isLast = dimension + 1 >= dimensions.length;
  const elementTypeId = isLast ? (die.reference(DW_AT_type) ?? 0) : arrayDimensionId(withoutDimension(id), dimension + 1);
  return { kind: 'array', id, name: '', elementTypeId, isVector: die.flag(DW_AT_GNU_vector), ...(range === undefined ? { length: 0, lowerBound: 0 } : extent(range)) };
}

function extent(range: Die): { readonly length: number | undefined; readonly lowerBound: number } {
  if (range.tag === DW_TAG_enumeration_type) return { length: [...range.children()].filter(({ tag }) => tag === DW_TAG_enumerator).length, lowerBound: 0 };
  const lowerBound = range.number(DW_AT_lower_bound) ?? (BASE_ONE.has(range.unit.languageNumber) ? 1 : 0);
  if (range.has(DW_AT_count)) return { length: range.number(DW_AT_count), lowerBound };
  if (!range.has(DW_AT_upper_bound)) return { length: 0, lowerBound };
  const upper = range.constant(DW_AT_upper_bound);
  if (typeof upper !== 'bigint') return { length: undefined, lowerBound };
  // An array of no elements ends before it starts; compilers write -1 in 4 or 8 bytes without a sign.
  const last = upper === 0xffff_ffffn || upper === 0xffff_ffff_ffff_ffffn ? -1 : Number(upper);
  return { length: Math.max(0, last - lowerBound + 1), lowerBound };
}
