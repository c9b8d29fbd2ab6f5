/** Types by id: decoded once, resolved through typedefs and qualifiers to their definitions, measured, named. */
import { bitFieldUnit, isLoadSize } from '../btf/scalars.js';
import { DebugInfoError } from '../errors.js';
import { decodeType } from './decode-type.js';
import type { TypeFacts } from './decode-type.js';
import { DW_AT_signature } from './constants.js';
import { offsetOf, withoutDimension } from './die-id.js';
import { chainOf, nameOf, qualifiedNameOf } from './origins.js';
import { printTypeName } from './type-name.js';
import type { DwarfComposite, DwarfMember, DwarfPlace, DwarfScalar, DwarfType } from './types.js';
import type { World } from './world.js';

/** Longest chain of typedefs and modifiers that is followed. */
const CHAIN_LIMIT = 64;
/** Deepest nesting of anonymous members and base classes. */
const NESTING_LIMIT = 64;
/** Decoded types that are kept; then the cache starts anew. */
const CACHE_MAX = 1 << 15;
const VOID: DwarfType = { kind: 'void', id: 0, name: 'void' };

export class TypeReader implements TypeFacts {
  readonly #world: World;
  readonly #findDefinition: (declaration: DwarfType, qualifiedName: string) => number | undefined;
  readonly #decoded = new Map<number, DwarfType>();
  readonly #definitions = new Map<number, number>();
  /** Types that are being decoded: an enum asks for the type under it, which could be itself. */
  readonly #busy = new Set<number>();

  /** @param findDefinition id of the type that a declaration declares, wherever the program has it */
  constructor(world: World, findDefinition: (declaration: DwarfType, qualifiedName: string) => number | undefined) {
    this.#world = world;
    this.#findDefinition = findDefinition;
  }

  type(id: number): DwarfType {
    if (id === 0) return VOID;
    let type = this.#decoded.get(id);
    if (type === undefined) {
      if (this.#busy.has(id) || this.#busy.size > CHAIN_LIMIT) throw this.#error(id, 'a type that is made of itself');
      this.#busy.add(id);
      try {
        type = decodeType(this.#world.die(id), id, this);
      } finally {
        this.#busy.delete(id);
      }
      if (this.#decoded.size >= CACHE_MAX) this.#decoded.clear();
      this.#decoded.set(id, type);
    }
    return type;
  }

  /** Strips qualifiers, and typedefs unless told otherwise. A declaration gives its definition, when the program has one. */
  resolve(id: number, typedefs = true): DwarfType {
    let type = this.type(id);
    for (let depth = 0; depth < CHAIN_LIMIT; depth++) {
      switch (type.kind) {
        case 'typedef':
          if (!typedefs) return type;
          break;
        case 'const': case 'volatile': case 'restrict': case 'atomic':
          break;
        case 'other':
          if (type.typeId === 0 || type.size !== undefined) return type;
          break;
        case 'struct': case 'class': case 'union': case 'enum':
          return type.isDeclaration ? this.type(this.#definition(type)) : type;
        default:
          return type;
      }
      type = this.type(type.typeId);
    }
    throw this.#chainError(id);
  }

  sizeOf(id: number): number | undefined {
    let elements = 1;
    let current = id;
    for (let depth = 0; depth < CHAIN_LIMIT; depth++) {
      const type = this.resolve(current);
      switch (type.kind) {
        case 'array':
          if (type.length === undefined) return undefined;
          elements *= type.length;
          current = type.elementTypeId;
          break;
        case 'base': case 'struct': case 'class': case 'union': case 'enum': case 'pointer': case 'reference': case 'rvalue-reference': case 'member-pointer': case 'other':
          return type.size === undefined ? undefined : this.#checkedSize(id, elements * type.size);
        default:
          return undefined;
      }
    }
    throw this.#chainError(id);
  }

  typeName(id: number): string {
    return printTypeName(this, id);
  }

  /** With namespaces and classes around it; without `struct`. */
  qualifiedName(id: number): string {
    return id === 0 ? 'void' : qualifiedNameOf(chainOf(this.#world.die(withoutDimension(id))));
  }

  /** Without decoding the rest: base classes nest deeply. */
  nameOf(id: number): string {
    return id === 0 ? 'void' : nameOf(chainOf(this.#world.die(withoutDimension(id))));
  }

  scalar(id: number): DwarfScalar | undefined {
    const type = this.resolve(id);
    switch (type.kind) {
      case 'base':
        switch (type.encoding) {
          case 'signed': case 'signed-char': return loadOf(type.size, true);
          case 'boolean': case 'unsigned': case 'unsigned-char': case 'utf': case 'ucs': case 'ascii': case 'address': return loadOf(type.size, false);
          default: return undefined;
        }
      case 'enum': return loadOf(type.size, type.signed);
      case 'pointer': case 'reference': case 'rvalue-reference': case 'member-pointer': return loadOf(type.size, false);
      default: return undefined;
    }
  }

  locate(rootId: number, path: readonly (string | number)[]): DwarfPlace | undefined {
    let place: Found = { typeId: rootId, offsetBits: 0, bitSize: 0 };
    let isLastMember = false;
    for (const step of path) {
      const type = this.resolve(place.typeId);
      if (typeof step === 'string') {
        if (!isComposite(type) || step === '') return undefined;
        const found = this.#search(type, step, new Set(), 0);
        if (found === undefined) return undefined;
        isLastMember = type.kind === 'union' || type.members.at(-1)?.name === step;
        place = { ...found, offsetBits: place.offsetBits + found.offsetBits };
      } else {
        if (type.kind !== 'array' || !Number.isInteger(step) || step < type.lowerBound) return undefined;
        const index = step - type.lowerBound;
        // C's flexible arrays: a last member of length 0, or 1 in the old style. Of variable-length arrays the program knows.
        if (type.length !== undefined && index >= type.length && !(isLastMember && type.length <= 1)) return undefined;
        const size = this.sizeOf(type.elementTypeId);
        if (size === undefined) return undefined;
        isLastMember = false;
        place = { typeId: type.elementTypeId, offsetBits: place.offsetBits + index * size * 8, bitSize: 0 };
      }
    }
    return this.#finish(place);
  }

  memberNames(id: number): string[] {
    const names: string[] = [];
    const seen = new Set<number>();
    const visit = (typeId: number, depth: number): void => {
      const type = this.resolve(typeId);
      if (!isComposite(type) || seen.has(type.id) || depth > NESTING_LIMIT) return;
      seen.add(type.id);
      for (const member of type.members) {
        if (member.name !== '' && !member.isBase) names.push(member.name);
        else visit(member.typeId, depth + 1);
      }
      for (const { variants } of type.variantParts) for (const { members } of variants) for (const { name } of members) if (name !== '') names.push(name);
    };
    visit(id, 0);
    return names;
  }

  /** Own members first, then those of anonymous members and of base classes: a derived class hides its base's. */
  #search(type: DwarfComposite, name: string, seen: Set<number>, depth: number): Found | undefined {
    if (seen.has(type.id) || depth > NESTING_LIMIT) return undefined;
    seen.add(type.id);
    const variantMembers = type.variantParts.flatMap(({ variants }) => variants.flatMap(({ members }) => members));
    const own = [...type.members.filter(({ isBase }) => !isBase), ...variantMembers].find((member) => member.name === name);
    if (own !== undefined) return placed(own);
    for (const member of type.members) {
      if ((member.name !== '' && !member.isBase) || member.offsetBits === undefined) continue;
      const inner = this.resolve(member.typeId);
      if (!isComposite(inner)) continue;
      const found = this.#search(inner, name, seen, depth + 1);
      if (found !== undefined) return { ...found, offsetBits: found.offsetBits + member.offsetBits };
    }
    return undefined;
  }

  #finish({ typeId, offsetBits, bitSize }: Found): DwarfPlace {
    const whole = this.scalar(typeId);
    const common = { typeId, offsetBits, bitSize };
    if (bitSize === 0) return { ...common, offset: Math.floor(offsetBits / 8), scalar: whole };
    const unit = whole === undefined ? undefined : bitFieldUnit(offsetBits, bitSize, whole.bytes);
    if (whole === undefined || unit === undefined) return { ...common, offset: Math.floor(offsetBits / 8), scalar: undefined };
    return { ...common, offset: unit.offset, scalar: { bytes: unit.bytes, signed: whole.signed, bitOffset: unit.bitOffset, bitSize } };
  }

  #definition(declaration: DwarfType): number {
    let id = this.#definitions.get(declaration.id);
    if (id === undefined) {
      const chain = chainOf(this.#world.die(declaration.id));
      id = chain[0]?.reference(DW_AT_signature) ?? (declaration.name === '' ? undefined : this.#findDefinition(declaration, qualifiedNameOf(chain))) ?? declaration.id;
      this.#definitions.set(declaration.id, id);
    }
    return id;
  }

  #checkedSize(id: number, size: number): number {
    if (size > 0xffff_ffff) throw this.#error(id, 'a type larger than 4 GiB');
    return size;
  }

  #chainError(id: number): DebugInfoError {
    return this.#error(id, `more than ${CHAIN_LIMIT} types in a chain, or a cycle`);
  }

  #error(id: number, detail: string): DebugInfoError {
    return new DebugInfoError('.debug_info', offsetOf(id), detail);
  }
}

interface Found { readonly typeId: number; readonly offsetBits: number; readonly bitSize: number }

const placed = ({ typeId, offsetBits, bitSize }: DwarfMember): Found | undefined => (offsetBits === undefined ? undefined : { typeId, offsetBits, bitSize });
const isComposite = (type: DwarfType): type is DwarfComposite => type.kind === 'struct' || type.kind === 'class' || type.kind === 'union';
const loadOf = (bytes: number | undefined, signed: boolean): DwarfScalar | undefined => (bytes !== undefined && isLoadSize(bytes) ? { bytes, signed } : undefined);
