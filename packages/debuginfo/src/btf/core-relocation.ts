/**
 * CO-RE: what a relocation that a compiler recorded against its own types is on
 * the kernel that runs. Meaning of the kinds and of a match: libbpf's relo_core.c
 * and Documentation/bpf/llvm_reloc.rst.
 */
import { DebugInfoError } from '../errors.js';
import type { Btf } from './btf.js';
import { isEnum, kindsCompatible, matchField, typesCompatible, typesMatch } from './core-match.js';
import { essentialName, parseAccess, parseFieldSpec } from './core-spec.js';
import type { CoreSpec } from './core-spec.js';
import { memberBits } from './members.js';
import { bitFieldUnit, isLoadSize } from './scalars.js';

/** enum bpf_core_relo_kind, include/uapi/linux/bpf.h. */
export const CORE_KINDS = [
  'field_byte_offset', 'field_byte_size', 'field_exists', 'field_signed', 'field_lshift_u64', 'field_rshift_u64',
  'type_id_local', 'type_id_target', 'type_exists', 'type_size', 'enumval_exists', 'enumval_value', 'type_matches',
] as const;
export type CoreKind = (typeof CORE_KINDS)[number];

/** struct bpf_core_relo without the instruction's offset. */
export interface CoreRelocation {
  /** enum bpf_core_relo_kind as a number. */
  readonly kind: number;
  /** Root type in the object's BTF. */
  readonly typeId: number;
  /** "0:1:2"; "0" for types; the enumerator's position for enums. */
  readonly access: string;
}

export type CoreResult =
  | {
      readonly ok: true;
      readonly value: bigint;
      /** What the compiler put into the instruction: the loader checks that before it patches. */
      readonly localValue: bigint;
      /** field_byte_offset of a scalar: bytes that a load must take, here and in the object. */
      readonly loadBytes: 1 | 2 | 4 | 8 | undefined;
      readonly localLoadBytes: 1 | 2 | 4 | 8 | undefined;
      /** Both are pointers or unsigned: a load of another width gives the same value. */
      readonly widthMayChange: boolean;
      /** The kernel's type; undefined for type_id_local and for what does not exist. */
      readonly target: { readonly btf: Btf; readonly typeId: number } | undefined;
    }
  /** The instruction must be poisoned: it may stand on a path that the program never takes there. */
  | { readonly ok: false; readonly reason: 'missing' | 'ambiguous'; readonly message: string };

/**
 * Calculates one relocation.
 * @param targets the running kernel's BTF, then the split BTFs of modules, whose own types are searched when vmlinux has no candidate.
 * Throws DebugInfoError when the relocation does not fit the object's own BTF.
 */
export function relocateCore(local: Btf, relocation: CoreRelocation, targets: readonly Btf[]): CoreResult {
  const kind = CORE_KINDS[relocation.kind];
  if (kind === undefined) throw new DebugInfoError('.BTF.ext', 0, `CO-RE relocation of kind ${relocation.kind}, which this loader does not know`);
  if (kind === 'type_id_local') return value(BigInt(relocation.typeId), BigInt(relocation.typeId));
  const calculate = calculatorOf(kind, local, relocation);
  const localValue = calculate.local();
  const matched: (CoreResult & { ok: true })[] = [];
  const candidates = findCandidates(local, relocation.typeId, targets);
  for (const candidate of candidates) {
    const calculated = calculate.target(candidate.btf, candidate.typeId);
    if (calculated === undefined) continue;
    const { unsigned, ...rest } = calculated;
    matched.push({ ok: true, ...rest, localValue: localValue.value, localLoadBytes: localValue.loadBytes, widthMayChange: unsigned && localValue.unsigned, target: candidate });
  }
  const [best] = matched;
  const existence = kind === 'field_exists' || kind === 'type_exists' || kind === 'enumval_exists' || kind === 'type_matches';
  if (best === undefined) {
    if (existence) return value(0n, localValue.value);
    const why = candidates.length === 0 ? 'the kernel has no such type' : `none of the kernel's ${candidates.length} types of that name has it`;
    return { ok: false, reason: 'missing', message: `${describe(local, relocation, kind)}: ${why}` };
  }
  const other = matched.find((result) => result.value !== best.value);
  if (other !== undefined) {
    const [a, b] = [best, other];
    return { ok: false, reason: 'ambiguous', message: `${describe(local, relocation, kind)}: the kernel has types of that name that disagree: ${a.value} in type ${a.target?.typeId}, ${b.value} in type ${b.target?.typeId}` };
  }
  return best;
}

function value(result: bigint, localValue: bigint): CoreResult {
  return { ok: true, value: result, localValue, loadBytes: undefined, localLoadBytes: undefined, widthMayChange: false, target: undefined };
}

/** Types of the same essential name and kind: vmlinux's, or when it has none, those of all modules. */
function findCandidates(local: Btf, typeId: number, targets: readonly Btf[]): { readonly btf: Btf; readonly typeId: number }[] {
  const root = local.type(typeId);
  const name = essentialName(root.name);
  if (name === '') return [];
  const inOne = (btf: Btf): { readonly btf: Btf; readonly typeId: number }[] => {
    const ids = btf.idsByEssentialName(name).filter((id) => kindsCompatible(root, btf.type(id)) && essentialName(btf.name(id)) === name);
    return ids.map((id) => ({ btf, typeId: id }));
  };
  const [kernel, ...modules] = targets;
  const found = kernel === undefined ? [] : inOne(kernel);
  return found.length > 0 ? found : modules.flatMap(inOne);
}

type FieldKind = 'field_byte_offset' | 'field_byte_size' | 'field_signed' | 'field_lshift_u64' | 'field_rshift_u64';

interface Calculated {
  readonly value: bigint;
  readonly loadBytes: 1 | 2 | 4 | 8 | undefined;
  readonly unsigned: boolean;
}

interface Calculator {
  local(): Calculated;
  target(btf: Btf, typeId: number): Calculated | undefined;
}

function calculatorOf(kind: Exclude<CoreKind, 'type_id_local'>, local: Btf, { typeId, access }: CoreRelocation): Calculator {
  const plain = (result: bigint): Calculated => ({ value: result, loadBytes: undefined, unsigned: false });
  switch (kind) {
    case 'type_id_target': case 'type_exists': case 'type_size': case 'type_matches': {
      const valueOf = (btf: Btf, id: number): bigint => {
        if (kind === 'type_id_target') return BigInt(id);
        return kind === 'type_size' ? BigInt(sizeOrFail(btf, id)) : 1n;
      };
      const fits = kind === 'type_matches' ? typesMatch : typesCompatible;
      return {
        local: () => plain(valueOf(local, typeId)),
        target: (btf, id) => (fits({ local, target: btf }, typeId, id) ? plain(valueOf(btf, id)) : undefined),
      };
    }
    case 'enumval_exists': case 'enumval_value': {
      const enumerator = localEnumerator(local, typeId, access);
      const name = essentialName(enumerator.name);
      return {
        local: () => plain(kind === 'enumval_exists' ? 1n : enumerator.value),
        target: (btf, id) => {
          const type = btf.resolve(id);
          const found = isEnum(type) ? type.enumerators.find((candidate) => essentialName(candidate.name) === name) : undefined;
          return found === undefined ? undefined : plain(kind === 'enumval_exists' ? 1n : found.value);
        },
      };
    }
    default: {
      const spec = parseFieldSpec(local, typeId, access);
      return {
        local: () => fieldValue(kind, spec),
        target: (btf, id) => {
          const matched = matchField(spec, btf, id);
          return matched === undefined ? undefined : fieldValue(kind, matched);
        },
      };
    }
  }
}

function fieldValue(kind: FieldKind | 'field_exists', spec: CoreSpec): Calculated {
  if (kind === 'field_exists') return { value: 1n, loadBytes: undefined, unsigned: false };
  const { btf } = spec;
  const { member } = spec.last;
  const fieldTypeId = member?.typeId ?? spec.last.typeId;
  const type = btf.resolve(fieldTypeId);
  const bitSize = member === undefined ? 0 : memberBits(btf, member).bitSize;
  if (bitSize === 0 && spec.offsetBits % 8 !== 0) throw new DebugInfoError('.BTF', 0, `a field of ${btf.typeName(spec.rootTypeId)} starts at bit ${spec.offsetBits}, inside a byte`);
  const place = bitSize > 0 ? bitFieldPlace(btf, spec, fieldTypeId, bitSize) : { offset: spec.offsetBits / 8, bytes: sizeOrFail(btf, fieldTypeId) };
  const signed = (type.kind === 'int' || isEnum(type)) && type.signed;
  const unsigned = type.kind === 'ptr' || (type.kind === 'int' && !type.signed);
  const isScalar = type.kind === 'ptr' || type.kind === 'int' || isEnum(type);
  const loadBytes = bitSize === 0 && isScalar && isLoadSize(place.bytes) ? place.bytes : undefined;
  const width = bitSize > 0 ? bitSize : place.bytes * 8;
  return { value: BigInt(pickFieldValue(kind, place, spec.offsetBits - place.offset * 8, width, signed)), loadBytes, unsigned };
}

/** @param bitOffset of the field in its load unit; @param width in bits. */
function pickFieldValue(kind: FieldKind, place: { readonly offset: number; readonly bytes: number }, bitOffset: number, width: number, signed: boolean): number {
  switch (kind) {
    case 'field_byte_offset': return place.offset;
    case 'field_byte_size': return place.bytes;
    case 'field_signed': return signed ? 1 : 0;
    // Of a field wider than 64 bits the shifts mean nothing: negative, as in libbpf.
    case 'field_lshift_u64': return 64 - (bitOffset + width);
    case 'field_rshift_u64': return 64 - width;
    default: return kind satisfies never;
  }
}

function bitFieldPlace(btf: Btf, spec: CoreSpec, typeId: number, bitSize: number): { offset: number; bytes: number } {
  const unit = bitFieldUnit(spec.offsetBits, bitSize, sizeOrFail(btf, typeId));
  if (unit === undefined) throw new DebugInfoError('.BTF', 0, `a bit-field of ${bitSize} bits at bit ${spec.offsetBits} of ${btf.typeName(spec.rootTypeId)} cannot be loaded`);
  return unit;
}

function localEnumerator(local: Btf, typeId: number, access: string): { readonly name: string; readonly value: bigint } {
  const type = local.resolve(typeId);
  const [index = 0] = parseAccess(access);
  const enumerator = isEnum(type) ? type.enumerators[index] : undefined;
  if (enumerator === undefined) throw new DebugInfoError('.BTF.ext', 0, `enumerator ${access} of ${local.typeName(typeId)} does not exist`);
  return enumerator;
}

function sizeOrFail(btf: Btf, typeId: number): number {
  const size = btf.sizeOf(typeId);
  if (size === undefined) throw new DebugInfoError('.BTF', 0, `${btf.typeName(typeId)} has no size`);
  return size;
}

function describe(local: Btf, { typeId, access }: CoreRelocation, kind: CoreKind): string {
  const type = local.typeName(typeId);
  if (kind.startsWith('type_')) return type;
  if (kind.startsWith('enumval_')) return `${type}: ${localEnumerator(local, typeId, access).name}`;
  const steps = parseFieldSpec(local, typeId, access).accessors.slice(1);
  return `${type}: ${steps.map(({ name, index }) => (name === '' ? `[${index}]` : `.${name}`)).join('').replace(/^\./, '')}`;
}
