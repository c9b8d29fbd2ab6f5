/** Types of DWARF as target variables see them. */
import type { Dwarf, DwarfBase } from '@stapkit/debuginfo';
import type { ScalarType } from '@stapkit/object';
import type { TypeLocation, TypeShape } from '../c-types.js';

const FLOATS: ReadonlySet<DwarfBase['encoding']> = new Set(['float', 'complex-float', 'imaginary-float', 'decimal-float']);
const SIGNED: ReadonlySet<DwarfBase['encoding']> = new Set(['signed', 'signed-char', 'signed-fixed']);
const CHARS: ReadonlySet<DwarfBase['encoding']> = new Set(['signed-char', 'unsigned-char']);

export function shapeOfDwarf(dwarf: Dwarf, id: number): TypeShape {
  const type = dwarf.resolve(id);
  switch (type.kind) {
    case 'void':
      return { shape: 'void' };
    case 'base':
      return shapeOfBase(type);
    case 'enum': {
      const bytes = scalarBytes(type.size);
      if (bytes === undefined) return { shape: 'other', why: `'enum ${type.name}' is only declared in this debug information, not described` };
      return { shape: 'scalar', scalar: { bytes, signed: type.signed }, isChar: false, isBool: false };
    }
    case 'pointer':
    case 'reference':
    case 'rvalue-reference':
      return { shape: 'pointer', to: { kind: 'dwarf', dwarf, id: type.typeId }, isUser: false };
    case 'array':
      return { shape: 'array', element: { kind: 'dwarf', dwarf, id: type.elementTypeId }, length: type.length ?? 0 };
    case 'struct':
    case 'class':
    case 'union':
      if (type.isDeclaration) return { shape: 'other', why: `'${dwarf.typeName(id)}' is only declared in this debug information, not described` };
      return { shape: 'composite', keyword: type.kind, memberNames: () => dwarf.memberNames(type.id) };
    case 'member-pointer':
      return { shape: 'other', why: 'a pointer to a member has no value of its own' };
    case 'subroutine':
      return { shape: 'other', why: 'a function has no value' };
    case 'unspecified':
      return { shape: 'pointer', to: { kind: 'dwarf', dwarf, id: 0 }, isUser: false };
    default:
      return { shape: 'other', why: `values of '${dwarf.typeName(id)}' cannot be read` };
  }
}

function shapeOfBase({ name, size, encoding }: DwarfBase): TypeShape {
  if (FLOATS.has(encoding)) return { shape: 'other', why: `'${name}' is a floating-point type, which BPF cannot handle` };
  const bytes = scalarBytes(size);
  if (bytes === undefined) return { shape: 'other', why: `'${name}' is wider than 64 bits` };
  const scalar: ScalarType = { bytes, signed: SIGNED.has(encoding) };
  return { shape: 'scalar', scalar, isChar: bytes === 1 && CHARS.has(encoding), isBool: encoding === 'boolean' };
}

const scalarBytes = (size: number | undefined): ScalarType['bytes'] | undefined => (size === 1 || size === 2 || size === 4 || size === 8 ? size : undefined);

export function locateInDwarf(dwarf: Dwarf, id: number, path: readonly (string | number)[]): TypeLocation | undefined {
  const place = dwarf.locate(id, path);
  if (place === undefined) return undefined;
  return { offset: place.offset, type: { kind: 'dwarf', dwarf, id: place.typeId }, bitSize: place.bitSize, scalar: place.scalar };
}
