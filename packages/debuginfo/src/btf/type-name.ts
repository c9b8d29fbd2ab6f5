/**
 * C type names as `stap -L` (4.8) prints them: modifiers after what they modify,
 * no blank before `*`, arrays without length: "char const*", "int (*[]) (void)".
 */
import { DebugInfoError } from '../errors.js';
import type { Btf } from './btf.js';

/** Prototypes nest, so a small hostile BTF could name a type of endless length. */
const LENGTH_LIMIT = 64 * 1024;
const DEPTH_LIMIT = 64;

export function printTypeName(btf: Btf, id: number): string {
  return print(btf, id, '', 0);
}

/** `inner` is the declarator so far, e.g. "*" inside "int (*) (int)". */
function print(btf: Btf, id: number, inner: string, depth: number): string {
  const text = printUnbounded(btf, id, inner, depth);
  if (text.length > LENGTH_LIMIT) throw new DebugInfoError('.BTF', 0, `the name of type ${id} is longer than ${LENGTH_LIMIT} characters`);
  return text;
}

function printUnbounded(btf: Btf, id: number, inner: string, depth: number): string {
  if (depth > DEPTH_LIMIT) throw new DebugInfoError('.BTF', 0, `type ${id}: more than ${DEPTH_LIMIT} types in a chain, or a cycle`);
  const type = btf.type(id);
  switch (type.kind) {
    case 'struct': case 'union': case 'enum': case 'enum64': {
      const keyword = type.kind === 'enum64' ? 'enum' : type.kind;
      return type.name === '' ? `${keyword} {...}${inner}` : `${keyword} ${type.name}${inner}`;
    }
    case 'fwd':
      return `${type.of} ${type.name}${inner}`;
    case 'const': case 'volatile': case 'restrict':
      return print(btf, type.typeId, ` ${type.kind}${inner}`, depth + 1);
    case 'type_tag':
      return print(btf, type.typeId, inner, depth + 1);
    case 'ptr':
      return print(btf, type.typeId, `*${inner}`, depth + 1);
    case 'array': {
      // C's multi-dimensional arrays are arrays of arrays here and one type in DWARF: one pair of brackets, no length.
      const element = btf.skipModifiers(type.elementTypeId);
      return element.kind === 'array' ? print(btf, element.id, inner, depth + 1) : print(btf, type.elementTypeId, `[]${inner}`, depth + 1);
    }
    case 'func_proto': {
      const parameters = type.parameters.map(({ typeId }) => print(btf, typeId, '', depth + 1));
      if (type.variadic) parameters.push('...');
      const list = `(${parameters.length === 0 ? 'void' : parameters.join(', ')})`;
      return print(btf, type.returnTypeId, inner === '' ? ` ${list}` : ` (${inner}) ${list}`, depth + 1);
    }
    default:
      return `${type.name}${inner}`;
  }
}
