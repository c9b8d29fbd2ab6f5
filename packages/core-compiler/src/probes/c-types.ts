/**
 * C types as target variables see them: types of BTF and of DWARF, pointers made by a cast or a syscall's
 * parameter list, and scalars that are known without either.
 */
import type { Btf, BtfType, Dwarf } from '@stapkit/debuginfo';
import type { AddressSpace, ScalarType } from '@stapkit/object';
import { locateInDwarf, shapeOfDwarf } from './dwarf/types.js';

export type CType =
  | { readonly kind: 'btf'; readonly btf: Btf; readonly id: number }
  | { readonly kind: 'dwarf'; readonly dwarf: Dwarf; readonly id: number }
  | { readonly kind: 'pointer'; readonly to: CType }
  /** A scalar named in C; `scalar` is undefined for void. */
  | { readonly kind: 'base'; readonly name: string; readonly scalar: ScalarType | undefined }
  /** A name that no type information describes. */
  | { readonly kind: 'unknown'; readonly name: string; readonly why: string };

/** What can be done with a value of a type. */
export type TypeShape =
  | { readonly shape: 'scalar'; readonly scalar: ScalarType; readonly isChar: boolean; readonly isBool: boolean }
  /** `isUser`: the kernel marks it `__user` (needs a kernel whose BTF has type tags). */
  | { readonly shape: 'pointer'; readonly to: CType; readonly isUser: boolean }
  | { readonly shape: 'array'; readonly element: CType; readonly length: number }
  /** `memberNames`: those of anonymous members are among them. */
  | { readonly shape: 'composite'; readonly keyword: 'struct' | 'union' | 'class'; readonly memberNames: () => readonly string[] }
  | { readonly shape: 'void' }
  | { readonly shape: 'other'; readonly why: string };

/** A member or element inside a type. */
export interface TypeLocation {
  /** Bytes from the root: of the load unit for bit-fields. */
  readonly offset: number;
  readonly type: CType;
  /** Width of a bit-field; 0 for others. */
  readonly bitSize: number;
  /** Undefined when the value is no scalar. */
  readonly scalar: ScalarType | undefined;
  /** CO-RE access string, for what the running kernel's BTF relocates. */
  readonly access?: string;
}

export const POINTER_SCALAR: ScalarType = { bytes: 8, signed: false };

export function shapeOf(type: CType): TypeShape {
  switch (type.kind) {
    case 'pointer':
      return { shape: 'pointer', to: type.to, isUser: false };
    case 'base':
      if (type.scalar === undefined) return { shape: 'void' };
      return { shape: 'scalar', scalar: type.scalar, isChar: type.scalar.bytes === 1 && type.name.includes('char'), isBool: false };
    case 'unknown':
      return { shape: 'other', why: type.why };
    case 'btf':
      return shapeOfBtf(type.btf, type.btf.resolve(type.id));
    case 'dwarf':
      return shapeOfDwarf(type.dwarf, type.id);
  }
}

/** Where a path of member names and constant indexes leads to; undefined when there is no such place. */
export function locate(root: CType, path: readonly (string | number)[]): TypeLocation | undefined {
  if (root.kind === 'dwarf') return locateInDwarf(root.dwarf, root.id, path);
  if (root.kind !== 'btf') return undefined;
  const found = root.btf.locate(root.id, path);
  if (found === undefined) return undefined;
  return { offset: found.offset, type: { kind: 'btf', btf: root.btf, id: found.typeId }, bitSize: found.bitSize, scalar: found.scalar, access: found.access };
}

function shapeOfBtf(btf: Btf, type: BtfType): TypeShape {
  switch (type.kind) {
    case 'void':
      return { shape: 'void' };
    case 'ptr':
      return { shape: 'pointer', to: { kind: 'btf', btf, id: type.typeId }, isUser: hasUserTag(btf, type.typeId) };
    case 'array':
      return { shape: 'array', element: { kind: 'btf', btf, id: type.elementTypeId }, length: type.length };
    case 'struct':
    case 'union':
      return { shape: 'composite', keyword: type.kind, memberNames: () => btf.memberNames(type.id) };
    case 'fwd':
      return { shape: 'other', why: `'${type.of} ${type.name}' is only declared in this kernel's BTF, not described` };
    case 'float':
      return { shape: 'other', why: 'floating-point values cannot be read' };
    case 'func_proto':
      return { shape: 'other', why: 'a function has no value' };
    default: {
      const scalar = btf.scalar(type.id);
      if (scalar === undefined) return { shape: 'other', why: `'${btf.typeName(type.id)}' is wider than 64 bits` };
      const isInt = type.kind === 'int';
      return { shape: 'scalar', scalar, isChar: isInt && type.size === 1 && !type.isBool && (type.isChar || /char/.test(type.name)), isBool: isInt && type.isBool };
    }
  }
}

/** Modifiers up to the first type that is none. */
function hasUserTag(btf: Btf, id: number): boolean {
  let current = btf.type(id);
  while (current.kind === 'const' || current.kind === 'volatile' || current.kind === 'restrict' || current.kind === 'type_tag') {
    if (current.kind === 'type_tag' && current.name === 'user') return true;
    current = btf.type(current.typeId);
  }
  return false;
}

/** As `stap -L` prints it: "struct file*". */
export function typeName(type: CType): string {
  switch (type.kind) {
    case 'btf':
      return type.btf.typeName(type.id);
    case 'dwarf':
      return type.dwarf.typeName(type.id);
    case 'pointer':
      return `${typeName(type.to)}*`;
    default:
      return type.name;
  }
}

/** Bytes; undefined for void and for types that are only declared. */
export function sizeOf(type: CType): number | undefined {
  switch (type.kind) {
    case 'btf':
      return type.btf.sizeOf(type.id);
    case 'dwarf':
      return type.dwarf.sizeOf(type.id);
    case 'pointer':
      return 8;
    case 'base':
      return type.scalar?.bytes;
    case 'unknown':
      return undefined;
  }
}

/** C's own scalars and the kernel's names that need no BTF, on LP64. `char` is signed on x86-64 and unsigned on arm64. */
function baseScalar(name: string, charIsSigned: boolean): ScalarType | undefined {
  const signed = (bytes: 1 | 2 | 4 | 8): ScalarType => ({ bytes, signed: true });
  const unsigned = (bytes: 1 | 2 | 4 | 8): ScalarType => ({ bytes, signed: false });
  const words = name.split(' ').filter((word) => word !== 'int' || name === 'int').sort().join(' ');
  switch (words) {
    case 'char': return charIsSigned ? signed(1) : unsigned(1);
    case 'char signed': case 's8': case '__s8': case 'int8_t': return signed(1);
    case 'char unsigned': case 'u8': case '__u8': case 'uint8_t': case 'bool': case '_Bool': return unsigned(1);
    case 'short': case 'short signed': case 's16': case '__s16': case 'int16_t': return signed(2);
    case 'short unsigned': case 'u16': case '__u16': case 'uint16_t': case 'umode_t': return unsigned(2);
    case 'int': case 'signed': case 's32': case '__s32': case 'int32_t': case 'pid_t': case 'key_t': case 'clockid_t': case 'timer_t': case 'mqd_t': case 'key_serial_t': case 'rwf_t': return signed(4);
    case 'unsigned': case 'u32': case '__u32': case 'uint32_t': case 'uid_t': case 'gid_t': case 'qid_t': return unsigned(4);
    case 'long': case 'long signed': case 'long long': case 'long long signed': case 's64': case '__s64': case 'int64_t':
    case 'ssize_t': case 'off_t': case 'loff_t': return signed(8);
    case 'long unsigned': case 'long long unsigned': case 'u64': case '__u64': case 'uint64_t':
    case 'size_t': case 'uintptr_t': case 'aio_context_t': case 'cap_user_header_t': case 'cap_user_data_t': case '__sighandler_t': return unsigned(8);
    default: return undefined;
  }
}

export interface TypeLookup {
  /** May be a getter that opens it. */
  readonly btf: Btf | undefined;
  /** x86-64: true, arm64: false. */
  readonly charIsSigned: boolean;
  /** Types of programs, libraries and headers that a cast names. Absent: only the kernel's. */
  readonly modules?: ModuleTypes;
}

/** Finds the types of modules for `@cast` and `@var`. */
export interface ModuleTypes {
  /** The type that a cast names, in the first of the modules that has it; why there is none as 'unknown'. `modules` undefined: the probe's own. */
  find(typeText: string, modules: string | undefined): CType;
  /** Whether the probe's own program is among the modules. */
  isOwn(modules: string): boolean;
  /** Which memory values of a found type are in. */
  spaceOf(type: CType): AddressSpace;
}

/** `int bar` in "unsigned int bar": words that are no part of a type's name. */
const QUALIFIERS = new Set(['const', 'volatile', 'restrict', '__user', '__restrict', '__const', 'register']);

/** Where names of types are looked up. */
export interface NamedTypes {
  /** A type of that name; `keyword` undefined: a typedef first, then a structure's tag. */
  find(keyword: 'struct' | 'union' | 'enum' | undefined, name: string): CType | undefined;
  /** x86-64: true, arm64: false. */
  readonly charIsSigned: boolean;
  /** Why a name is not found: "this kernel's BTF has no 'struct x'". */
  missing(name: string): string;
}

/**
 * Reads a C type as written in a syscall's parameter list or a cast: `struct tcp_sock`, `const char*`, `unsigned long`,
 * `dev_t`, `char**`. A name that is not found comes back as 'unknown'.
 */
export function parseCType(text: string, lookup: TypeLookup): CType {
  return parseTypeName(text, kernelTypes(lookup));
}

export function parseTypeName(text: string, types: NamedTypes): CType {
  const match = /^([^*]*)((?:\s*\*\s*(?:const|restrict|__user|\s)*)*)$/.exec(text.trim());
  if (match === null) return { kind: 'unknown', name: text.trim(), why: `'${text.trim()}' is not a type that is understood here` };
  const words = (match[1] ?? '').split(/\s+/).filter((word) => word !== '' && !QUALIFIERS.has(word));
  const stars = (match[2] ?? '').replace(/[^*]/g, '').length;
  let type = findNamed(words, types);
  for (let index = 0; index < stars; index++) type = { kind: 'pointer', to: type };
  return type;
}

function findNamed(words: readonly string[], types: NamedTypes): CType {
  const name = words.join(' ');
  const [keyword, tag] = words;
  if (name === 'void') return { kind: 'base', name, scalar: undefined };
  const scalar = baseScalar(name, types.charIsSigned);
  if (scalar !== undefined) return { kind: 'base', name, scalar };
  // Only now: opening the BTF costs milliseconds that a script without kernel types need not pay.
  const isTagged = (keyword === 'struct' || keyword === 'union' || keyword === 'enum') && tag !== undefined;
  return (isTagged ? types.find(keyword, words.slice(1).join(' ')) : types.find(undefined, name)) ?? { kind: 'unknown', name, why: types.missing(name) };
}

function kernelTypes(lookup: TypeLookup): NamedTypes {
  return {
    charIsSigned: lookup.charIsSigned,
    find(keyword, name) {
      const { btf } = lookup;
      if (btf === undefined) return undefined;
      const kinds = keyword === 'enum' ? (['enum', 'enum64'] as const) : keyword === undefined ? undefined : ([keyword] as const);
      // "task_struct" alone is accepted as stap does.
      const found = kinds === undefined ? (btf.findByName(name, 'typedef') ?? btf.findByName(name, 'struct', 'union', 'enum', 'enum64', 'int')) : btf.findAllByName(name, ...kinds)[0];
      return found === undefined ? undefined : { kind: 'btf', btf, id: found.id };
    },
    missing: (name) => (lookup.btf === undefined ? `'${name}' needs the kernel's BTF` : `this kernel's BTF has no ${/^(?:struct|union|enum) /.test(name) ? '' : 'type '}'${name}'`),
  };
}
