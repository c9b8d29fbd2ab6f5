/**
 * Constants of the syntax tree: conditions that are settled before anything under them is
 * resolved, so that `@defined($x) ? $x : 0` never asks for a `$x` that is not there.
 */
import type { Expression } from '../syntax/index.js';
import type { Frame } from './frame.js';
import { binaryValue, compareTexts } from './fold.js';
import { COMPARISONS, LONG_OPERATORS } from './operators.js';
import { isProbeWritten } from './at-operators.js';
import { isDefined } from './targets.js';

export function constantOf(frame: Frame, expression: Expression): bigint | string | undefined {
  switch (expression.kind) {
    case 'number': return expression.value;
    case 'text': return expression.value;
    case 'at': return expression.name === 'probewrite' ? (isProbeWritten(frame, expression) ? 1n : 0n) : undefined;
    case 'defined': return isDefined(frame, expression.operand) ? 1n : 0n;
    case 'unary': {
      const value = constantOf(frame, expression.operand);
      if (typeof value !== 'bigint') return undefined;
      if (expression.operator === '!') return value === 0n ? 1n : 0n;
      if (expression.operator === '+') return value;
      return BigInt.asIntN(64, expression.operator === '-' ? -value : ~value);
    }
    case 'ternary': {
      const condition = constantOf(frame, expression.condition);
      if (typeof condition !== 'bigint') return undefined;
      return constantOf(frame, condition === 0n ? expression.otherwise : expression.then);
    }
    case 'binary': return binaryConstant(frame, expression);
    default: return undefined;
  }
}

function binaryConstant(frame: Frame, expression: Expression & { readonly kind: 'binary' }): bigint | undefined {
  const { operator } = expression;
  const left = constantOf(frame, expression.left);
  if (operator === '&&' || operator === '||') {
    const settled = operator === '||';
    if (typeof left !== 'bigint') return undefined;
    if ((left !== 0n) === settled) return settled ? 1n : 0n;
    const right = constantOf(frame, expression.right);
    return typeof right === 'bigint' ? (right === 0n ? 0n : 1n) : undefined;
  }
  if (left === undefined) return undefined;
  const right = constantOf(frame, expression.right);
  const comparison = COMPARISONS[operator];
  if (typeof left === 'string' && typeof right === 'string') return comparison === undefined ? undefined : compareTexts(comparison, left, right);
  const fn = comparison ?? LONG_OPERATORS[operator];
  if (typeof left !== 'bigint' || typeof right !== 'bigint' || fn === undefined) return undefined;
  return binaryValue(fn, left, right);
}
