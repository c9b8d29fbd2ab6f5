/**
 * Type names as `stap -L` prints them: modifiers after what they modify, no blank
 * before `*`, arrays without length; types of C++ and Rust with their namespaces.
 */
import { DebugInfoError } from '../errors.js';
import { offsetOf } from './die-id.js';
import type { TypeReader } from './type-reader.js';

/** Prototypes nest, so a small hostile file could name a type of endless length. */
const LENGTH_LIMIT = 64 * 1024;
const DEPTH_LIMIT = 64;

export function printTypeName(types: TypeReader, id: number): string {
  return print(types, id, '', 0);
}

/** `inner` is the declarator so far, e.g. "*" inside "int (*) (int)". */
function print(types: TypeReader, id: number, inner: string, depth: number): string {
  if (depth > DEPTH_LIMIT) throw new DebugInfoError('.debug_info', offsetOf(id), `more than ${DEPTH_LIMIT} types in a chain, or a cycle`);
  const text = printUnbounded(types, id, inner, depth);
  if (text.length > LENGTH_LIMIT) throw new DebugInfoError('.debug_info', offsetOf(id), `the name of a type is longer than ${LENGTH_LIMIT} characters`);
  return text;
}

function printUnbounded(types: TypeReader, id: number, inner: string, depth: number): string {
  const type = types.type(id);
  switch (type.kind) {
    case 'struct': case 'class': case 'union': case 'enum':
      return type.name === '' ? `${type.kind} {...}${inner}` : `${type.kind} ${types.qualifiedName(id)}${inner}`;
    case 'const': case 'volatile': case 'restrict': case 'atomic':
      if (types.type(type.typeId).kind === 'array') return printQualifiedArray(types, type.kind, type.typeId, inner, depth);
      return print(types, type.typeId, ` ${type.kind}${inner}`, depth + 1);
    case 'pointer':
      // Rust names its pointers; they have a target as well.
      return print(types, type.typeId, `*${inner}`, depth + 1);
    case 'reference':
      return print(types, type.typeId, `&${inner}`, depth + 1);
    case 'rvalue-reference':
      return print(types, type.typeId, `&&${inner}`, depth + 1);
    case 'member-pointer':
      return print(types, type.typeId, ` ${types.qualifiedName(type.containingTypeId)}::*${inner}`, depth + 1);
    case 'array': {
      // One pair of brackets however many dimensions.
      const element = types.type(type.elementTypeId);
      return element.kind === 'array' ? print(types, element.id, inner, depth + 1) : print(types, type.elementTypeId, `[]${inner}`, depth + 1);
    }
    case 'subroutine': {
      const parameters = type.parameters.map(({ typeId }) => print(types, typeId, '', depth + 1));
      if (type.variadic) parameters.push('...');
      const list = `(${parameters.length === 0 ? 'void' : parameters.join(', ')})`;
      return print(types, type.returnTypeId, inner === '' ? ` ${list}` : ` (${inner.trimStart()}) ${list}`, depth + 1);
    }
    case 'void': case 'base': case 'unspecified':
      return `${type.name}${inner}`;
    default:
      return type.name === '' && type.kind === 'other' ? print(types, type.typeId, inner, depth + 1) : `${types.qualifiedName(id)}${inner}`;
  }
}

/** A qualifier of an array is its elements' (C 6.7.3): GCC writes it for both, Clang for the elements. */
function printQualifiedArray(types: TypeReader, qualifier: string, arrayId: number, inner: string, depth: number): string {
  let element = arrayId;
  for (let level = depth; ; level++) {
    const type = types.type(element);
    if (type.kind !== 'array') break;
    if (level > DEPTH_LIMIT) throw new DebugInfoError('.debug_info', offsetOf(arrayId), `more than ${DEPTH_LIMIT} types in a chain, or a cycle`);
    element = type.elementTypeId;
  }
  return print(types, element, types.type(element).kind === qualifier ? `[]${inner}` : ` ${qualifier}[]${inner}`, depth + 1);
}
