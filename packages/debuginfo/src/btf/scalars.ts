/** How values are loaded: width, sign, and the load unit of bit-fields. */
import type { Btf } from './btf.js';
import type { BtfScalar } from './types.js';

const POINTER_BYTES = 8;

/** A scalar of a whole type; undefined for structs, unions, arrays, floats, functions and 16-byte integers. */
export function scalarOf(btf: Btf, id: number): BtfScalar | undefined {
  const type = btf.resolve(id);
  switch (type.kind) {
    case 'int': {
      if (!isLoadSize(type.size)) return undefined;
      return { bytes: type.size, signed: type.signed };
    }
    case 'enum':
    case 'enum64':
      return isLoadSize(type.size) ? { bytes: type.size, signed: type.signed } : undefined;
    case 'ptr':
      return { bytes: POINTER_BYTES, signed: false };
    default:
      return undefined;
  }
}

export interface LoadUnit {
  /** Bytes from the struct's start, a multiple of `bytes`. */
  readonly offset: number;
  readonly bytes: 1 | 2 | 4 | 8;
  /** From the unit's least significant bit. */
  readonly bitOffset: number;
}

/**
 * The naturally aligned unit that covers a bit-field: as wide as the declared
 * type, doubled while the field reaches over its end (packed structs). These are
 * libbpf's rules (bpf_core_calc_field_relo), so that offsets agree with CO-RE's.
 * Undefined when even 8 bytes do not cover it.
 */
export function bitFieldUnit(offsetBits: number, bitSize: number, declaredBytes: number): LoadUnit | undefined {
  if (bitSize < 1) return undefined;
  for (let bytes = declaredBytes; isLoadSize(bytes); bytes *= 2) {
    const offset = Math.floor(offsetBits / 8 / bytes) * bytes;
    const bitOffset = offsetBits - offset * 8;
    if (bitOffset + bitSize <= bytes * 8) return { offset, bytes, bitOffset };
  }
  return undefined;
}

export function isLoadSize(bytes: number): bytes is 1 | 2 | 4 | 8 {
  return bytes === 1 || bytes === 2 || bytes === 4 || bytes === 8;
}
