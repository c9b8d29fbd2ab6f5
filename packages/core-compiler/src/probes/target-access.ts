/**
 * Walks `->member` and `[index]` from a typed value and builds the typed tree's
 * reads. Members of embedded structures collect into one field, relative to the structure that
 * the last pointer led to: that is what CO-RE relocates.
 */
import type { Btf } from '@stapkit/debuginfo';
import type { AddressSpace, IrField, ScalarType } from '@stapkit/object';
import { similarNames } from '../diagnostics/index.js';
import { add, numberNode } from './arithmetic.js';
import type { TypedExpression } from '../semantic/typed-tree.js';
import type { Span } from '../source/index.js';
import { locate, POINTER_SCALAR, shapeOf, sizeOf, typeName, type CType, type TypeLocation } from './c-types.js';
import { readParts, type Part } from './value-parts.js';

/** Why a `$target` cannot be resolved; becomes a {@link TargetResolution} that is not ok. */
export class TargetProblem extends Error {
  readonly span: Span;
  readonly similar: readonly string[];
  readonly hint: string | undefined;

  constructor(message: string, span: Span, details: { readonly similar?: readonly string[]; readonly hint?: string } = {}) {
    super(message);
    this.span = span;
    this.similar = details.similar ?? [];
    this.hint = details.hint;
  }
}

/** Something with a C type: a value at hand, or a place in memory. */
export type Place = {
  readonly type: CType;
  /** Where the memory lies that a pointer of this place points to, or that this place is in. */
  readonly space: AddressSpace;
  /** Memory reads so far: any makes the value one of the entry, where `atEntry` holds. */
  readonly reads: number;
  /** As the user wrote it so far: "$sk->__sk_common". */
  readonly text: string;
  /** Starts from a parameter in a return probe: reads happen at the function's entry. */
  readonly atEntry: boolean;
} & (
  | { readonly kind: 'value'; readonly expression: TypedExpression }
  | ({ readonly kind: 'memory'; readonly base: TypedExpression } & Inside)
  /** An object that is in several registers, or partly in memory. */
  | ({ readonly kind: 'parts'; readonly parts: readonly Part[] } & Inside)
);

/** Where in an object. */
interface Inside {
  /** What `base` points to, or what the parts make up. */
  readonly root: CType;
  readonly path: readonly (string | number)[];
  readonly location?: TypeLocation;
}

type Memory = Extract<Place, { readonly kind: 'memory' }>;
type Parts = Extract<Place, { readonly kind: 'parts' }>;

/** The structure behind a type and the id that CO-RE names it by: a typedef's when the structure itself has no name. */
function relocatableRoot(root: CType): { readonly btf: Btf; readonly id: number; readonly name: string } | undefined {
  if (root.kind !== 'btf') return undefined;
  const { btf } = root;
  const resolved = btf.resolve(root.id);
  if (resolved.kind !== 'struct' && resolved.kind !== 'union') return undefined;
  if (resolved.name !== '') return { btf, id: resolved.id, name: `${resolved.kind} ${resolved.name}` };
  const outer = btf.skipModifiers(root.id);
  return outer.kind === 'typedef' ? { btf, id: outer.id, name: outer.name } : undefined;
}

function fieldOf(place: Memory, span: Span, scalar?: ScalarType): IrField | undefined {
  const { location, root, path } = place;
  if (location?.access === undefined) return undefined;
  const named = relocatableRoot(root);
  if (named === undefined) return undefined;
  const isModules = named.btf.base !== undefined && named.id >= named.btf.firstTypeId;
  const rootModule = isModules ? named.btf.module : undefined;
  if (isModules && rootModule === undefined) throw new TargetProblem(`'${named.name}' is known to the BTF of a module without a name`, span);
  return {
    root: named.name, path, offset: location.offset, access: location.access, rootTypeId: named.id,
    ...(rootModule === undefined ? {} : { rootModule }),
    ...(scalar === undefined ? {} : { scalar }),
  };
}

/** The place's address as a value. */
export function addressOf(place: Memory, span: Span): TypedExpression {
  if (place.location === undefined) return place.base;
  if (place.location.bitSize > 0) throw new TargetProblem(`cannot take the address of bit-field '${place.text}'`, span);
  const field = fieldOf(place, span);
  if (field === undefined) return add(place.base, BigInt(place.location.offset), span);
  return { kind: 'address', type: 'long', base: place.base, field, span };
}

/** Reads a scalar or pointer place. The caller has checked that it is one. */
function read(place: Memory | Parts, scalar: ScalarType, span: Span): TypedExpression {
  if (place.kind === 'parts') return readParts(place.parts, place.location?.offset ?? 0, scalar, { space: place.space, text: place.text, span });
  const field = fieldOf(place, span, scalar);
  if (field !== undefined) return { kind: 'read', type: 'long', address: place.base, field, scalar, space: place.space, span };
  const address = add(place.base, BigInt(place.location?.offset ?? 0), span);
  return { kind: 'read', type: 'long', address, scalar, space: place.space, span };
}

/** Follows a pointer place to what it points to. */
export function dereference(place: Place, span: Span): Memory {
  const shape = shapeOf(place.type);
  if (shape.shape !== 'pointer') throw new TargetProblem(`'${place.text}' is '${typeName(place.type)}', not a pointer`, span);
  const base = place.kind === 'value' ? place.expression : read(place, POINTER_SCALAR, span);
  return {
    kind: 'memory', base, root: shape.to, path: [], type: shape.to,
    space: shape.isUser ? 'user' : place.space, reads: place.reads + (place.kind === 'value' ? 0 : 1), text: place.text, atEntry: place.atEntry,
  };
}

/** `place->name`: a member of the structure, or of the structure that the pointer leads to. */
export function memberOf(place: Place, name: string, span: Span): Place {
  const owner = shapeOf(place.type).shape === 'pointer' ? dereference(place, span) : place;
  const shape = shapeOf(owner.type);
  const text = `${place.text}->${name}`;
  if (shape.shape !== 'composite') throw notAStructure(place, owner.type, name, span);
  if (owner.kind === 'value') throw new TargetProblem(`'${place.text}' is a structure passed by value, which cannot be read`, span);
  const extended = extend(owner, name, text);
  if (extended !== undefined) return extended;
  const names = shape.memberNames();
  const similar = similarNames(name, names);
  throw new TargetProblem(`'${typeName(owner.type)}' has no member '${name}'`, span, {
    similar,
    ...(similar.length > 0 || names.length === 0 ? {} : { hint: `its members: ${listSome(names)}` }),
  });
}

function listSome(names: readonly string[]): string {
  return names.length > 20 ? `${names.slice(0, 20).join(', ')} and ${names.length - 20} more` : names.join(', ');
}

function notAStructure(place: Place, type: CType, name: string, span: Span): TargetProblem {
  const shape = shapeOf(type);
  if (shape.shape === 'other') return new TargetProblem(`cannot read '${place.text}->${name}': ${shape.why}`, span);
  const what = typeName(type);
  if (shape.shape === 'void') return new TargetProblem(`'${place.text}' is 'void*', and has no members`, span, { hint: `say what it points to: @cast(${place.text}, "struct NAME")->${name}` });
  if (shape.shape === 'array') return new TargetProblem(`'${place.text}' is an array ('${what}'), and needs an index before '->${name}'`, span);
  if (shape.shape === 'pointer') return new TargetProblem(`'${place.text}' is a pointer to a pointer ('${what}*'), and needs an index before '->${name}'`, span, { hint: `use ${place.text}[0]->${name}` });
  const asPointer = shape.shape === 'scalar' && shape.scalar.bytes === 8 && place.text.startsWith('$') ? { hint: `if it is a pointer, say what to: @cast(${place.text}, "struct NAME")->${name}` } : {};
  return new TargetProblem(`'${place.text}' is '${typeName(place.type)}', not a structure, and has no member '${name}'`, span, asPointer);
}

/** One more member name or constant index within the same memory object. */
function extend<T extends Memory | Parts>(owner: T, part: string | number, text: string): T | undefined {
  const path = [...owner.path, part];
  const location = locate(owner.root, path);
  return location === undefined ? undefined : { ...owner, path, location, type: location.type, text };
}

/** `place[index]`: an element of an array, or of the array that the pointer leads to. */
export function elementOf(place: Place, index: TypedExpression, span: Span): Place {
  const shape = shapeOf(place.type);
  const constant = index.kind === 'number' ? index.value : undefined;
  const text = `${place.text}[${constant ?? '…'}]`;
  if (place.atEntry && constant === undefined) {
    throw new TargetProblem(`'${text}' is read at the function's entry, where the index is not known yet: it must be a constant`, span, { hint: `save the address in an entry probe, or read through @cast in the return probe` });
  }
  if (shape.shape === 'array') {
    if (place.kind === 'value') throw new TargetProblem(`'${place.text}' is passed by value, and cannot be indexed`, span);
    if (constant !== undefined) {
      const known = extend(place, Number(constant), text);
      if (known !== undefined) return known;
      if (shape.length > 0 && (constant < 0n || constant >= BigInt(shape.length))) {
        throw new TargetProblem(`index ${constant} is outside of '${place.text}', which has ${shape.length} elements`, span);
      }
    }
    if (place.kind === 'parts') throw new TargetProblem(`'${place.text}' is in registers, and can be indexed by constants only`, span);
    return elementAt(addressOf(place, span), shape.element, place, index, text, span);
  }
  if (shape.shape === 'pointer') {
    const target = dereference(place, span);
    return elementAt(target.base, shape.to, target, index, text, span);
  }
  if (shape.shape === 'other') throw new TargetProblem(`cannot read '${text}': ${shape.why}`, span);
  throw new TargetProblem(`'${place.text}' is '${typeName(place.type)}', which is no array or pointer and cannot be indexed`, span);
}

function elementAt(start: TypedExpression, element: CType, place: Memory, index: TypedExpression, text: string, span: Span): Place {
  const size = sizeOf(element);
  if (size === undefined) {
    const shape = shapeOf(element);
    const why = shape.shape === 'void' ? `'${place.text}' is 'void*'` : shape.shape === 'other' ? shape.why : `the size of '${typeName(element)}' is not known`;
    throw new TargetProblem(`cannot index '${place.text}': ${why}`, span);
  }
  const { space, reads, atEntry } = place;
  const offset: TypedExpression = index.kind === 'number'
    ? numberNode(BigInt.asIntN(64, index.value * BigInt(size)), span)
    : { kind: 'binary', type: 'long', fn: 'mul', operatorSpan: span, left: index, right: numberNode(BigInt(size), span), span };
  return { kind: 'memory', base: add(start, offset, span), root: element, path: [], type: element, space, reads, text, atEntry };
}

/** The value of a place: a scalar, a pointer as a number, an array as its address. */
export function valueOf(place: Place, span: Span): TypedExpression {
  const shape = shapeOf(place.type);
  switch (shape.shape) {
    case 'scalar':
    case 'pointer': {
      if (place.kind === 'value') return atEntry(place, place.expression, place.reads);
      const bits = place.location?.scalar;
      const scalar = shape.shape === 'pointer' ? POINTER_SCALAR : (bits ?? shape.scalar);
      return atEntry(place, read(place, scalar, span), place.reads + 1);
    }
    case 'array':
      if (place.kind === 'memory') return atEntry(place, addressOf(place, span), place.reads);
      break;
    case 'composite':
      throw new TargetProblem(`'${place.text}' is a structure ('${typeName(place.type)}'), and needs a member`, span, { hint: `use ${place.text}->MEMBER, &${place.text} for its address, or ${place.text}$ to print it` });
    case 'void':
      throw new TargetProblem(`'${place.text}' is 'void' and has no value`, span);
    case 'other':
      throw new TargetProblem(`cannot read '${place.text}': ${shape.why}`, span);
  }
  throw new TargetProblem(`'${place.text}' ('${typeName(place.type)}') has no value that can be read`, span);
}

/** `&place`. */
export function addressValue(place: Place, span: Span): TypedExpression {
  if (place.kind !== 'memory') throw new TargetProblem(`cannot take the address of '${place.text}': it is in a register`, span);
  return atEntry(place, addressOf(place, span), place.reads);
}

/** Reads through a parameter of a return probe happen when the function is entered, while they still mean what the caller passed. */
function atEntry(place: Place, expression: TypedExpression, reads: number): TypedExpression {
  if (!place.atEntry || reads === 0) return expression;
  return { kind: 'entry', type: 'long', expression, span: expression.span };
}
