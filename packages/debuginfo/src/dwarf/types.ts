/**
 * Types that DWARF describes, as values: DWARF 5 chapter 5. Ids are numbers that
 * are valid for one open Dwarf; id 0 is `void`. The shape follows BTF's types
 * (btf/types.ts), so that readers of both look alike.
 */

export type DwarfTypeKind =
  | 'void' | 'base' | 'pointer' | 'reference' | 'rvalue-reference' | 'member-pointer' | 'struct' | 'class' | 'union' | 'enum' | 'array'
  | 'typedef' | 'const' | 'volatile' | 'restrict' | 'atomic' | 'subroutine' | 'unspecified'
  /** A type of another language (Pascal's sets, Fortran's strings, …): named, and with a size where it has one. */
  | 'other';

/** DW_ATE_*: DWARF 5 table 7.11. */
export type DwarfEncoding =
  | 'address' | 'boolean' | 'complex-float' | 'float' | 'signed' | 'signed-char' | 'unsigned' | 'unsigned-char' | 'imaginary-float'
  | 'packed-decimal' | 'numeric-string' | 'edited' | 'signed-fixed' | 'unsigned-fixed' | 'decimal-float' | 'utf' | 'ucs' | 'ascii' | 'other';

interface Base {
  readonly id: number;
  /** As the source has it, without `struct` and without namespaces; '' for anonymous types and for kinds without a name. */
  readonly name: string;
}

export interface DwarfVoid extends Base { readonly kind: 'void' }
export interface DwarfBase extends Base {
  readonly kind: 'base';
  /** Bytes. */
  readonly size: number;
  readonly encoding: DwarfEncoding;
}
/** One type around another. */
export interface DwarfReference extends Base {
  readonly kind: 'pointer' | 'reference' | 'rvalue-reference' | 'typedef' | 'const' | 'volatile' | 'restrict' | 'atomic';
  readonly typeId: number;
  /** Bytes of pointers and references; of others what they are around counts. */
  readonly size: number | undefined;
}
export interface DwarfMemberPointer extends Base {
  readonly kind: 'member-pointer';
  readonly typeId: number;
  readonly containingTypeId: number;
  /** Bytes: 8 for pointers to data, 16 for pointers to functions (Itanium C++ ABI). Undefined when not recorded for a function. */
  readonly size: number | undefined;
}
export interface DwarfMember {
  /** '' for anonymous members; the base class's name for `isBase`. */
  readonly name: string;
  readonly typeId: number;
  /** Position among the members of its struct. */
  readonly index: number;
  /** From the start of the struct; undefined when a program computes it (virtual base classes). */
  readonly offsetBits: number | undefined;
  /** Width of a bit-field; 0 for other members. */
  readonly bitSize: number;
  /** A base class (DW_TAG_inheritance). */
  readonly isBase: boolean;
  /** Made by the compiler (`_vptr.Shape`). */
  readonly isArtificial: boolean;
}
/** One case of a Rust enum: the members that it has while the discriminant has one of the values. */
export interface DwarfVariant {
  /** Inclusive; empty for the default case. */
  readonly values: readonly (readonly [low: bigint, high: bigint])[];
  readonly members: readonly DwarfMember[];
}
export interface DwarfVariantPart {
  /** Undefined when the variant part has no stored discriminant. */
  readonly discriminant: DwarfMember | undefined;
  readonly variants: readonly DwarfVariant[];
}
export interface DwarfStaticMember { readonly id: number; readonly name: string; readonly typeId: number }
export interface DwarfComposite extends Base {
  readonly kind: 'struct' | 'class' | 'union';
  /** Bytes; undefined for declarations. */
  readonly size: number | undefined;
  /** `struct a;`: the definition, if the file has one, is what `Dwarf.resolve` gives. */
  readonly isDeclaration: boolean;
  readonly members: readonly DwarfMember[];
  readonly staticMembers: readonly DwarfStaticMember[];
  readonly variantParts: readonly DwarfVariantPart[];
}
export interface DwarfEnumerator { readonly name: string; readonly value: bigint }
export interface DwarfEnum extends Base {
  readonly kind: 'enum';
  /** Bytes; undefined for declarations. */
  readonly size: number | undefined;
  readonly isDeclaration: boolean;
  readonly signed: boolean;
  /** 0 when not recorded. */
  readonly underlyingTypeId: number;
  readonly enumerators: readonly DwarfEnumerator[];
}
export interface DwarfArray extends Base {
  readonly kind: 'array';
  /** Of `int a[2][3]` the element is the array `int [3]`, as in C and in BTF. */
  readonly elementTypeId: number;
  readonly lowerBound: number;
  /** Elements; 0 for a flexible array member; undefined when the program computes it (C's variable-length arrays). */
  readonly length: number | undefined;
  /** A SIMD vector (DW_AT_GNU_vector). */
  readonly isVector: boolean;
}
export interface DwarfTypeParameter { readonly name: string; readonly typeId: number }
export interface DwarfSubroutine extends Base {
  readonly kind: 'subroutine';
  /** 0: void. */
  readonly returnTypeId: number;
  readonly parameters: readonly DwarfTypeParameter[];
  readonly variadic: boolean;
}
/** `decltype(nullptr)`, Go's unsafe.Pointer. */
export interface DwarfUnspecified extends Base { readonly kind: 'unspecified' }
export interface DwarfOther extends Base {
  readonly kind: 'other';
  /** DW_TAG_*, e.g. "set_type". */
  readonly tag: string;
  readonly size: number | undefined;
  /** 0 when it is around no other. */
  readonly typeId: number;
}

export type DwarfType =
  | DwarfVoid | DwarfBase | DwarfReference | DwarfMemberPointer | DwarfComposite | DwarfEnum | DwarfArray | DwarfSubroutine | DwarfUnspecified | DwarfOther;

/** The type of a kind: DwarfTypeOf<'union'> is DwarfComposite. */
export type DwarfTypeOf<K extends DwarfTypeKind> = DwarfType extends infer T ? (T extends { readonly kind: infer U } ? (K extends U ? T : never) : never) : never;

/** How to load a value: the same as BTF's. */
export interface DwarfScalar {
  readonly bytes: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  /** Bit-fields: from the load unit's least significant bit. */
  readonly bitOffset?: number;
  readonly bitSize?: number;
}

/** A member of a struct, or an element of an array, however deep. */
export interface DwarfPlace {
  readonly typeId: number;
  readonly offsetBits: number;
  /** Width of a bit-field; 0 for others. */
  readonly bitSize: number;
  /** Bytes from the root: of the load unit for bit-fields. */
  readonly offset: number;
  /** Undefined when the value is no scalar of 1, 2, 4 or 8 bytes. */
  readonly scalar: DwarfScalar | undefined;
}
