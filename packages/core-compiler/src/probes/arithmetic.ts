/** Arithmetic that addresses and locations are made of, folding what is constant. */
import type { LongBinary, ScalarType } from '@stapkit/object';
import { binaryNode, numberNode } from '../semantic/fold.js';
import type { TypedExpression } from '../semantic/typed-tree.js';
import type { Span } from '../source/index.js';

export { numberNode };

/** Operations that a right operand of 0 leaves without effect. */
const NEUTRAL_ZERO: ReadonlySet<LongBinary> = new Set(['add', 'sub', 'or', 'xor', 'shl', 'shr', 'ushr']);

export function binary(fn: LongBinary, left: TypedExpression, right: TypedExpression, span: Span): TypedExpression {
  if (right.kind === 'number' && right.value === 0n && NEUTRAL_ZERO.has(fn)) return left;
  return binaryNode(fn, left, right, span, span);
}

/** a + b; a sum with a constant stays one sum. */
export function add(left: TypedExpression, right: bigint | TypedExpression, span: Span): TypedExpression {
  const addend = typeof right === 'bigint' ? numberNode(BigInt.asIntN(64, right), span) : right;
  if (addend.kind === 'number' && left.kind === 'binary' && left.fn === 'add' && left.right.kind === 'number') {
    return add(left.left, left.right.value + addend.value, span);
  }
  return binary('add', left, addend, span);
}

/** The low bits of a 64-bit value as a scalar: cut, moved down for bit-fields, widened by its sign. */
export function narrow(value: TypedExpression, { bytes, signed, bitOffset = 0, bitSize }: ScalarType, span: Span): TypedExpression {
  const bits = bitSize ?? bytes * 8;
  if (bits === 64 && bitOffset === 0) return value;
  const raised = binary('shl', value, numberNode(BigInt(64 - bits - bitOffset), span), span);
  return binary(signed ? 'shr' : 'ushr', raised, numberNode(BigInt(64 - bits), span), span);
}
