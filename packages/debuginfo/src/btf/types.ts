/**
 * BTF types as values. Kinds have the names of the kernel's BTF_KIND_* constants
 * (include/uapi/linux/btf.h) in lower case; id 0 is `void`.
 */

export type BtfKind =
  | 'void' | 'int' | 'ptr' | 'array' | 'struct' | 'union' | 'enum' | 'fwd' | 'typedef' | 'volatile' | 'const' | 'restrict'
  | 'func' | 'func_proto' | 'var' | 'datasec' | 'float' | 'decl_tag' | 'type_tag' | 'enum64'
  /** A kind that this reader does not know and that the BTF's own layout table lets it step over (kernel 7.0). */
  | 'unknown';

interface Base {
  readonly id: number;
  /** '' for anonymous types and for kinds without a name. */
  readonly name: string;
}

export interface BtfVoid extends Base { readonly kind: 'void' }
export interface BtfInt extends Base {
  readonly kind: 'int';
  /** Bytes. */
  readonly size: number;
  readonly signed: boolean;
  readonly isChar: boolean;
  readonly isBool: boolean;
  /** Width in bits: less than size * 8 for bit-fields of BTF made before kernel 4.20 (no kind_flag). */
  readonly bits: number;
  readonly bitOffset: number;
}
export interface BtfFloat extends Base { readonly kind: 'float'; readonly size: number }
/** ptr, the modifiers, and typedef: one type around another. `type_tag` keeps the tag as its name. */
export interface BtfReference extends Base {
  readonly kind: 'ptr' | 'typedef' | 'volatile' | 'const' | 'restrict' | 'type_tag';
  readonly typeId: number;
}
export interface BtfArray extends Base {
  readonly kind: 'array';
  readonly elementTypeId: number;
  readonly indexTypeId: number;
  /** Elements; 0 for a flexible array member. */
  readonly length: number;
}
export interface BtfMember {
  /** '' for anonymous members. */
  readonly name: string;
  readonly typeId: number;
  /** Position among the members of its struct. */
  readonly index: number;
  /** From the start of the struct. */
  readonly offsetBits: number;
  /** Width of a bit-field; 0 for other members. */
  readonly bitSize: number;
}
export interface BtfComposite extends Base {
  readonly kind: 'struct' | 'union';
  /** Bytes. */
  readonly size: number;
  readonly members: readonly BtfMember[];
}
export interface BtfEnumerator { readonly name: string; readonly value: bigint }
export interface BtfEnum extends Base {
  readonly kind: 'enum' | 'enum64';
  /** Bytes. */
  readonly size: number;
  readonly signed: boolean;
  readonly enumerators: readonly BtfEnumerator[];
}
export interface BtfForward extends Base { readonly kind: 'fwd'; readonly of: 'struct' | 'union' }
export interface BtfFunc extends Base {
  readonly kind: 'func';
  /** A func_proto. */
  readonly typeId: number;
  readonly linkage: 'static' | 'global' | 'extern';
}
export interface BtfParameter {
  /** '' when the type information has no name for it. */
  readonly name: string;
  readonly typeId: number;
}
export interface BtfFuncProto extends Base {
  readonly kind: 'func_proto';
  readonly returnTypeId: number;
  /** Without the `...` of a variadic function. */
  readonly parameters: readonly BtfParameter[];
  readonly variadic: boolean;
}
export interface BtfVar extends Base {
  readonly kind: 'var';
  readonly typeId: number;
  readonly linkage: 'static' | 'global' | 'extern';
}
export interface BtfDataSection extends Base {
  readonly kind: 'datasec';
  readonly size: number;
  readonly variables: readonly { readonly typeId: number; readonly offset: number; readonly size: number }[];
}
export interface BtfDeclTag extends Base {
  readonly kind: 'decl_tag';
  readonly typeId: number;
  /** Member or parameter that is tagged; -1: the type itself. */
  readonly componentIndex: number;
}
export interface BtfUnknown extends Base { readonly kind: 'unknown'; readonly kindNumber: number }

export type BtfType =
  | BtfVoid | BtfInt | BtfFloat | BtfReference | BtfArray | BtfComposite | BtfEnum | BtfForward | BtfFunc | BtfFuncProto | BtfVar
  | BtfDataSection | BtfDeclTag | BtfUnknown;

/** The type of a kind: BtfTypeOf<'struct'> is BtfComposite. */
export type BtfTypeOf<K extends BtfKind> = Extract<BtfType, { readonly kind: unknown }> extends infer T
  ? T extends { readonly kind: infer U } ? (K & U extends never ? never : T) : never
  : never;

/** A C scalar as a load sees it: fits @stapkit/object's ScalarType. Little-endian. */
export interface BtfScalar {
  readonly bytes: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  /** Bit-fields: position from the least significant bit of the loaded unit, and width. */
  readonly bitOffset?: number;
  readonly bitSize?: number;
}

/** A place inside a struct, union or array. */
export interface BtfLocation {
  /** Member and array indexes from the root, those of anonymous members too; without the leading 0 of a CO-RE access string. */
  readonly indexes: readonly number[];
  /** CO-RE access string: "0:1:2". */
  readonly access: string;
  /** Type of what is there. */
  readonly typeId: number;
  /** From the root's start; exact also for bit-fields. */
  readonly offsetBits: number;
  /** Bytes from the root's start to where a load starts: for a bit-field, its load unit. */
  readonly offset: number;
  /** Width of a bit-field; 0 otherwise. */
  readonly bitSize: number;
  /** How to load it; undefined for structs, unions, arrays, floats and 16-byte integers. */
  readonly scalar: BtfScalar | undefined;
}

/** A kernel function with its prototype. */
export interface BtfFunction {
  readonly id: number;
  readonly name: string;
  readonly linkage: 'static' | 'global' | 'extern';
  readonly parameters: readonly BtfParameter[];
  /** 0: void. */
  readonly returnTypeId: number;
  readonly variadic: boolean;
}

/** A tracepoint that BTF programs (tp_btf) and raw tracepoints can use. */
export interface BtfTracepoint {
  readonly name: string;
  /** Id of the typedef `btf_trace_NAME`, which is what attach_btf_id of a tp_btf program names. */
  readonly typedefId: number;
  /** What TP_PROTO lists, without the leading `void *__data`. Names are '' when the kernel has no `__traceiter_NAME`. */
  readonly parameters: readonly BtfParameter[];
}
