/** Arithmetic on constants, as handlers do it: 64-bit, wrapping. */
import type { Comparison, LongBinary, LongUnary } from '@stapkit/object';
import type { Span } from '../source/index.js';
import type { TypedExpression } from './typed-tree.js';

/** undefined where the operation must fail when it runs. */
export function binaryValue(fn: LongBinary, a: bigint, b: bigint): bigint | undefined {
  switch (fn) {
    case 'add': return BigInt.asIntN(64, a + b);
    case 'sub': return BigInt.asIntN(64, a - b);
    case 'mul': return BigInt.asIntN(64, a * b);
    case 'div': return b === 0n ? undefined : BigInt.asIntN(64, a / b);
    case 'mod': return b === 0n ? undefined : BigInt.asIntN(64, a % b);
    case 'and': return a & b;
    case 'or': return a | b;
    case 'xor': return a ^ b;
    case 'shl': return BigInt.asIntN(64, a << (b & 63n));
    case 'shr': return a >> (b & 63n);
    case 'ushr': return BigInt.asIntN(64, BigInt.asUintN(64, a) >> (b & 63n));
    case 'eq': return truth(a === b);
    case 'ne': return truth(a !== b);
    case 'lt': return truth(a < b);
    case 'le': return truth(a <= b);
    case 'gt': return truth(a > b);
    case 'ge': return truth(a >= b);
  }
}

export function unaryValue(fn: LongUnary, a: bigint): bigint {
  if (fn === 'lnot') return truth(a === 0n);
  return BigInt.asIntN(64, fn === 'neg' ? -a : ~a);
}

/** Byte strings compare byte by byte. */
export function compareTexts(fn: Comparison, a: string, b: string): bigint {
  switch (fn) {
    case 'eq': return truth(a === b);
    case 'ne': return truth(a !== b);
    case 'lt': return truth(a < b);
    case 'le': return truth(a <= b);
    case 'gt': return truth(a > b);
    case 'ge': return truth(a >= b);
  }
}

export function numberNode(value: bigint, span: Span): TypedExpression {
  return { kind: 'number', type: 'long', value, span };
}

export function binaryNode(fn: LongBinary, left: TypedExpression, right: TypedExpression, span: Span, operatorSpan: Span): TypedExpression {
  if (left.kind === 'number' && right.kind === 'number') {
    const value = binaryValue(fn, left.value, right.value);
    if (value !== undefined) return numberNode(value, span);
  }
  return { kind: 'binary', type: 'long', fn, left, right, span, operatorSpan };
}

export function unaryNode(fn: LongUnary, operand: TypedExpression, span: Span): TypedExpression {
  return operand.kind === 'number' ? numberNode(unaryValue(fn, operand.value), span) : { kind: 'unary', type: 'long', fn, operand, span };
}

export function compareTextNode(fn: Comparison, left: TypedExpression, right: TypedExpression, span: Span): TypedExpression {
  if (left.kind === 'text' && right.kind === 'text') return numberNode(compareTexts(fn, left.value, right.value), span);
  return { kind: 'compare-text', type: 'long', fn, left, right, span };
}

export function logicalNode(kind: 'and' | 'or', left: TypedExpression, right: TypedExpression, span: Span): TypedExpression {
  if (left.kind === 'number') {
    const settled = kind === 'or';
    if ((left.value !== 0n) === settled) return numberNode(settled ? 1n : 0n, span);
    return isTruth(right) ? right : binaryNode('ne', right, numberNode(0n, span), span, span);
  }
  return { kind, type: 'long', left, right, span };
}

export function concatNode(left: TypedExpression, right: TypedExpression, span: Span): TypedExpression {
  if (left.kind === 'text' && right.kind === 'text') return { kind: 'text', type: 'string', value: left.value + right.value, span };
  return { kind: 'concat', type: 'string', left, right, span };
}

/** Gives 0 or 1 by its form. */
function isTruth(expression: TypedExpression): boolean {
  switch (expression.kind) {
    case 'compare-text': case 'and': case 'or': case 'in': return true;
    case 'binary': return ['eq', 'ne', 'lt', 'le', 'gt', 'ge'].includes(expression.fn);
    case 'unary': return expression.fn === 'lnot';
    case 'number': return expression.value === 0n || expression.value === 1n;
    default: return false;
  }
}

function truth(value: boolean): bigint {
  return value ? 1n : 0n;
}
