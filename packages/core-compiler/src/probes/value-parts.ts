/** Objects that are not in memory as a whole: structures in registers, and what DW_OP_piece describes. */
import type { AddressSpace, ScalarType } from '@stapkit/object';
import type { TypedExpression } from '../semantic/typed-tree.js';
import type { Span } from '../source/index.js';
import { add, binary, narrow, numberNode } from './arithmetic.js';
import { TargetProblem } from './target-access.js';

/** Bytes [offset, offset + bytes) of an object. */
export interface Part {
  readonly offset: number;
  readonly bytes: number;
  readonly content:
    /** In the low bytes of a value, from its byte `from` on. */
    | { readonly kind: 'value'; readonly expression: TypedExpression; readonly from: number }
    | { readonly kind: 'memory'; readonly address: TypedExpression }
    | { readonly kind: 'missing'; readonly why: string };
}

interface Wanted {
  readonly space: AddressSpace;
  /** As the user wrote it. */
  readonly text: string;
  readonly span: Span;
}

const WIDEST_PART = 8;

/** The scalar at a byte of the object. */
export function readParts(parts: readonly Part[], offset: number, scalar: ScalarType, wanted: Wanted): TypedExpression {
  const { span } = wanted;
  const end = offset + scalar.bytes;
  const covering = parts.filter((part) => part.offset < end && part.offset + part.bytes > offset);
  let joined: TypedExpression | undefined;
  let covered = 0;
  for (const part of covering) {
    const start = Math.max(offset, part.offset);
    const bytes = Math.min(end, part.offset + part.bytes) - start;
    const value = bytesOf(part, start - part.offset, bytes, wanted);
    const placed = binary('shl', value, numberNode(BigInt((start - offset) * 8), span), span);
    joined = joined === undefined ? placed : binary('or', joined, placed, span);
    covered += bytes;
  }
  if (joined === undefined || covered < scalar.bytes) throw new TargetProblem(`'${wanted.text}' was optimized away here, at least in part`, span);
  return narrow(joined, scalar, span);
}

/** `bytes` bytes of a part as an unsigned number. */
function bytesOf({ content }: Part, skip: number, bytes: number, { space, text, span }: Wanted): TypedExpression {
  if (bytes > WIDEST_PART) throw new TargetProblem(`'${text}' is wider than 64 bits`, span);
  switch (content.kind) {
    case 'missing':
      throw new TargetProblem(`'${text}' cannot be read here: ${content.why}`, span);
    case 'value': {
      const moved = binary('ushr', content.expression, numberNode(BigInt((skip + content.from) * 8), span), span);
      return bytes === WIDEST_PART ? moved : narrow(moved, { bytes: 8, signed: false, bitSize: bytes * 8 }, span);
    }
    case 'memory':
      return memoryBytes(add(content.address, BigInt(skip), span), bytes, space, span);
  }
}

/** Odd widths are put together from the widths that a read has. */
function memoryBytes(address: TypedExpression, bytes: number, space: AddressSpace, span: Span): TypedExpression {
  const width = bytes >= 8 ? 8 : bytes >= 4 ? 4 : bytes >= 2 ? 2 : 1;
  const low: TypedExpression = { kind: 'read', type: 'long', address, scalar: { bytes: width, signed: false }, space, span };
  if (width === bytes) return low;
  const high = memoryBytes(add(address, BigInt(width), span), bytes - width, space, span);
  return binary('or', low, binary('shl', high, numberNode(BigInt(width * 8), span), span), span);
}
