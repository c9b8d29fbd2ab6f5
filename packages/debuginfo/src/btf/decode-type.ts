/** One type record as a value. */
import { DebugInfoError } from '../errors.js';
import { BTF_KINDS } from './header.js';
import type { BtfEnumerator, BtfKind, BtfMember, BtfParameter, BtfType } from './types.js';
import { wordAt } from '../table-access.js';

const INT_SIGNED = 1;
const INT_CHAR = 2;
const INT_BOOL = 4;

export interface RecordSource {
  readonly words: Uint32Array;
  /** Of the type section in the file, for errors. */
  readonly typesOffset: number;
  /** The text at an offset of the string section (of the base's and then this one's). */
  string(offset: number): string;
}

export const kindNumberOf = (info: number): number => (info >>> 24) & 0x7f;
export const vlenOf = (info: number): number => info & 0xffffff;
export const kindFlagOf = (info: number): boolean => info >>> 31 === 1;
export const kindName = (kindNumber: number): BtfKind => BTF_KINDS[kindNumber] ?? 'unknown';

export function decodeType(source: RecordSource, start: number, id: number): BtfType {
  const { words } = source;
  const info = wordAt(words, start + 1);
  const third = wordAt(words, start + 2);
  const extra = start + 3;
  const kind = kindName(kindNumberOf(info));
  const name = source.string(wordAt(words, start));
  const base = { id, name };
  switch (kind) {
    case 'int': {
      const word = wordAt(words, extra);
      const encoding = (word >>> 24) & 0xf;
      return {
        ...base, kind, size: third, bits: word & 0xff, bitOffset: (word >>> 16) & 0xff,
        signed: (encoding & INT_SIGNED) !== 0, isChar: (encoding & INT_CHAR) !== 0, isBool: (encoding & INT_BOOL) !== 0,
      };
    }
    case 'float':
      return { ...base, kind, size: third };
    case 'ptr':
    case 'typedef':
    case 'volatile':
    case 'const':
    case 'restrict':
    case 'type_tag':
      return { ...base, kind, typeId: third };
    case 'array':
      return { ...base, kind, elementTypeId: wordAt(words, extra), indexTypeId: wordAt(words, extra + 1), length: wordAt(words, extra + 2) };
    case 'struct':
    case 'union':
      return { ...base, kind, size: third, members: decodeMembers(source, extra, info) };
    case 'enum':
    case 'enum64':
      return { ...base, kind, size: third, signed: kindFlagOf(info), enumerators: decodeEnumerators(source, extra, info, kind) };
    case 'fwd':
      return { ...base, kind, of: kindFlagOf(info) ? 'union' : 'struct' };
    case 'func':
      return { ...base, kind, typeId: third, linkage: linkageName(vlenOf(info)) };
    case 'func_proto':
      return { ...base, kind, returnTypeId: third, ...decodeParameters(source, extra, info) };
    case 'var':
      return { ...base, kind, typeId: third, linkage: linkageName(wordAt(words, extra)) };
    case 'datasec': {
      const variables = Array.from({ length: vlenOf(info) }, (_, index) => {
        const at = extra + index * 3;
        return { typeId: wordAt(words, at), offset: wordAt(words, at + 1), size: wordAt(words, at + 2) };
      });
      return { ...base, kind, size: third, variables };
    }
    case 'decl_tag':
      return { ...base, kind, typeId: third, componentIndex: wordAt(words, extra) | 0 };
    case 'unknown':
      return { ...base, kind, kindNumber: kindNumberOf(info) };
    case 'void':
      throw new DebugInfoError('.BTF', source.typesOffset + start * 4, `type ${id} has kind 0`);
    default:
      return kind satisfies never;
  }
}

function linkageName(value: number): 'static' | 'global' | 'extern' {
  // BTF_FUNC_STATIC/GLOBAL/EXTERN; kernels before 5.6 write 0 for all functions.
  return value === 1 ? 'global' : value === 2 ? 'extern' : 'static';
}

function decodeMembers(source: RecordSource, extra: number, info: number): BtfMember[] {
  const { words } = source;
  const withBitSizes = kindFlagOf(info);
  const members: BtfMember[] = [];
  for (let index = 0; index < vlenOf(info); index++) {
    const at = extra + index * 3;
    const place = wordAt(words, at + 2);
    members.push({
      name: source.string(wordAt(words, at)), typeId: wordAt(words, at + 1), index,
      offsetBits: withBitSizes ? place & 0xffffff : place,
      bitSize: withBitSizes ? place >>> 24 : 0,
    });
  }
  return members;
}

function decodeEnumerators(source: RecordSource, extra: number, info: number, kind: 'enum' | 'enum64'): BtfEnumerator[] {
  const { words } = source;
  const stride = kind === 'enum' ? 2 : 3;
  const enumerators: BtfEnumerator[] = [];
  for (let index = 0; index < vlenOf(info); index++) {
    const at = extra + index * stride;
    enumerators.push({ name: source.string(wordAt(words, at)), value: enumeratorValue(words, at, kind, kindFlagOf(info)) });
  }
  return enumerators;
}

/** Value of the enumerator whose record starts at word `at`. */
export function enumeratorValue(words: Uint32Array, at: number, kind: 'enum' | 'enum64', signed: boolean): bigint {
  const low = wordAt(words, at + 1);
  if (kind === 'enum64') {
    const value = BigInt(low) | (BigInt(wordAt(words, at + 2)) << 32n);
    return signed ? BigInt.asIntN(64, value) : value;
  }
  // Before kernel 6.0 no enum has kind_flag, so a negative value there reads as a large unsigned one: the sign is not in the data.
  return BigInt(signed ? low | 0 : low);
}

function decodeParameters(source: RecordSource, extra: number, info: number): { parameters: BtfParameter[]; variadic: boolean } {
  const { words } = source;
  const parameters: BtfParameter[] = [];
  const count = vlenOf(info);
  for (let index = 0; index < count; index++) {
    const at = extra + index * 2;
    const nameOffset = wordAt(words, at);
    const typeId = wordAt(words, at + 1);
    // A last parameter with neither name nor type is `...`.
    if (index === count - 1 && nameOffset === 0 && typeId === 0) return { parameters, variadic: true };
    parameters.push({ name: source.string(nameOffset), typeId });
  }
  return { parameters, variadic: false };
}
