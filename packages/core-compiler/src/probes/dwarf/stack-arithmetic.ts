/** DW_OP_plus and its kin. The generic type is an unsigned address, comparisons and division are signed (DWARF 5 section 2.5.1.4). */
import type { ArithmeticOperation } from '@stapkit/debuginfo';
import type { LongBinary } from '@stapkit/object';
import { unaryNode } from '../../semantic/fold.js';
import type { TypedExpression } from '../../semantic/typed-tree.js';
import type { Span } from '../../source/index.js';
import { binary, numberNode } from '../arithmetic.js';

const BINARY: Partial<Readonly<Record<ArithmeticOperation, LongBinary>>> = {
  and: 'and', div: 'div', minus: 'sub', mul: 'mul', or: 'or', plus: 'add', shl: 'shl', shr: 'ushr', shra: 'shr', xor: 'xor',
  eq: 'eq', ge: 'ge', gt: 'gt', le: 'le', lt: 'lt', ne: 'ne',
};

/** Undefined for what handlers cannot compute. `left` is the entry below the top; unary operations take `right`. */
export function arithmetic(operation: ArithmeticOperation, left: TypedExpression, right: TypedExpression, span: Span): TypedExpression | undefined {
  const fn = BINARY[operation];
  if (fn !== undefined) return binary(fn, left, right, span);
  switch (operation) {
    case 'neg': return unaryNode('neg', right, span);
    case 'not': return unaryNode('not', right, span);
    case 'abs': {
      // (x ^ s) - s with s = x >> 63: no branch.
      const sign = binary('shr', right, numberNode(63n, span), span);
      return binary('sub', binary('xor', right, sign, span), sign, span);
    }
    default:
      // DW_OP_mod is unsigned; it is the same for numbers below 2^63, which compilers use it on.
      return operation === 'mod' ? binary('mod', left, right, span) : undefined;
  }
}
