/** Expressions to instructions. Operands are evaluated left to right; && || ?: only as far as needed. */
import type { BlockId, IrType, RegisterId, Value } from '@stapkit/object';
import type { TypedExpression } from '../semantic/index.js';
import { lowerCall } from './lower-calls.js';
import { lowerAggregate, lowerAssign, lowerHistogramBucket, lowerIncrement, lowerKeys, lowerLoad, lowerStat, lowerUpdate } from './lower-places.js';
import { lowerPrint } from './lower-prints.js';
import type { BodyLowering } from './lowering.js';
import { longValue, registerValue, textValue } from './operands.js';

/**
 * The value of an expression. An operation writes to `into` when given; a constant or a
 * variable is returned as it is. `wanted` false: only the side effects matter.
 */
export function lowerValue(body: BodyLowering, expression: TypedExpression, into?: RegisterId, wanted = true): Value {
  const { builder, tables } = body;
  const target = (type: IrType): RegisterId => into ?? body.temporary(type);
  switch (expression.kind) {
    case 'number': return longValue(expression.value);
    // As a variable would hold it: stap copies texts with strlcpy().
    case 'text': return textValue(expression.value.slice(0, tables.limits.MAXSTRINGLEN - 1));
    case 'load': return lowerLoad(body, expression.place, into);
    case 'unary': {
      const src = lowerValue(body, expression.operand);
      const dst = target('long');
      builder.emit({ op: 'unary', fn: expression.fn, dst, src });
      return registerValue(dst);
    }
    case 'binary': {
      const [a, b] = lowerPair(body, expression.left, expression.right);
      const dst = target('long');
      const fallible = expression.fn === 'div' || expression.fn === 'mod';
      builder.emit({ op: 'binary', fn: expression.fn, dst, a, b, ...(fallible ? { location: tables.locations.near(expression.operatorSpan) } : {}) });
      return registerValue(dst);
    }
    case 'compare-text': {
      const [a, b] = lowerPair(body, expression.left, expression.right);
      const dst = target('long');
      builder.emit({ op: 'compare-text', fn: expression.fn, dst, a, b });
      return registerValue(dst);
    }
    case 'and': case 'or': return lowerTruth(body, expression, target('long'));
    case 'concat': {
      const parts = lowerOperands(body, concatParts(expression));
      const dst = target('string');
      builder.emit({ op: 'concat', dst, parts });
      return registerValue(dst);
    }
    case 'ternary': return lowerTernary(body, expression, target(expression.type));
    case 'in': return lowerMembership(body, expression, target('long'));
    case 'assign': return lowerAssign(body, expression, wanted);
    case 'update': return lowerUpdate(body, expression, wanted, into);
    case 'aggregate': return lowerAggregate(body, expression);
    case 'increment': return lowerIncrement(body, expression, wanted, into);
    case 'stat': return lowerStat(body, expression, target('long'));
    case 'histogram-bucket': return lowerHistogramBucket(body, expression, target('long'));
    case 'call': return lowerCall(body, expression, into, wanted);
    case 'print': return lowerPrint(body, expression, into);
    default: return lowerTarget(body, expression, target(expression.type));
  }
}

/** Evaluates into a given register. */
export function lowerInto(body: BodyLowering, expression: TypedExpression, dst: RegisterId): void {
  body.builder.move(dst, lowerValue(body, expression, dst));
}

/** Evaluates for the side effects alone. */
export function lowerEffect(body: BodyLowering, expression: TypedExpression): void {
  lowerValue(body, expression, undefined, false);
}

/** Evaluates operands in order. A variable that a later operand assigns is copied first. */
export function lowerOperands(body: BodyLowering, operands: readonly TypedExpression[]): Value[] {
  return operands.map((operand, index) => {
    const value = lowerValue(body, operand);
    if (!body.isLocal(value) || !operands.slice(index + 1).some(assignsLocal)) return value;
    const copy = body.temporary(operand.type);
    body.builder.move(copy, value);
    return registerValue(copy);
  });
}

function lowerPair(body: BodyLowering, left: TypedExpression, right: TypedExpression): [Value, Value] {
  const [a, b] = lowerOperands(body, [left, right]);
  return [a ?? longValue(0n), b ?? longValue(0n)];
}

/** `a . b . c` as one list. */
export function concatParts(expression: TypedExpression): TypedExpression[] {
  if (expression.kind !== 'concat') return [expression];
  return [...concatParts(expression.left), ...concatParts(expression.right)];
}

/** Whether evaluating the expression can change a local variable of this body. */
export function assignsLocal(expression: TypedExpression): boolean {
  switch (expression.kind) {
    case 'assign': case 'update':
      return expression.place.kind === 'local' || placeAssigns(expression.place) || assignsLocal(expression.value);
    case 'increment': return expression.place.kind === 'local' || placeAssigns(expression.place);
    case 'aggregate': return placeAssigns(expression.place) || assignsLocal(expression.value);
    case 'load': case 'stat': return placeAssigns(expression.place);
    case 'histogram-bucket': return placeAssigns(expression.place) || assignsLocal(expression.index);
    case 'unary': return assignsLocal(expression.operand);
    case 'binary': case 'compare-text': case 'and': case 'or': case 'concat':
      return assignsLocal(expression.left) || assignsLocal(expression.right);
    case 'ternary': return assignsLocal(expression.condition) || assignsLocal(expression.then) || assignsLocal(expression.otherwise);
    case 'in': return expression.keys.some((key) => key !== undefined && assignsLocal(key));
    case 'call': return expression.args.some(assignsLocal);
    case 'print': return expression.args.some((arg) => (arg.kind === 'histogram' ? placeAssigns(arg.place) : assignsLocal(arg)));
    case 'address': return assignsLocal(expression.base);
    case 'read': return assignsLocal(expression.address);
    case 'number': case 'text': case 'argument': case 'return-value': case 'register': case 'entry': return false;
  }
}

function placeAssigns(place: { readonly kind: string; readonly keys?: readonly TypedExpression[] }): boolean {
  return place.keys?.some(assignsLocal) ?? false;
}

/** Goes to `then` when the expression is not 0, else to `otherwise`. */
export function lowerCondition(body: BodyLowering, expression: TypedExpression, then: BlockId, otherwise: BlockId): void {
  const { builder } = body;
  if (expression.kind === 'and' || expression.kind === 'or') {
    const middle = builder.block();
    if (expression.kind === 'and') lowerCondition(body, expression.left, middle, otherwise);
    else lowerCondition(body, expression.left, then, middle);
    builder.enter(middle);
    lowerCondition(body, expression.right, then, otherwise);
  } else if (expression.kind === 'unary' && expression.fn === 'lnot') {
    lowerCondition(body, expression.operand, otherwise, then);
  } else builder.branch(lowerValue(body, expression), then, otherwise);
}

function lowerTruth(body: BodyLowering, expression: TypedExpression, dst: RegisterId): Value {
  const { builder } = body;
  const [yes, no, after] = [builder.block(), builder.block(), builder.block()];
  lowerCondition(body, expression, yes, no);
  builder.enter(yes);
  builder.move(dst, longValue(1n));
  builder.jump(after);
  builder.enter(no);
  builder.move(dst, longValue(0n));
  builder.enter(after);
  return registerValue(dst);
}

function lowerTernary(body: BodyLowering, expression: TypedExpression & { readonly kind: 'ternary' }, dst: RegisterId): Value {
  const { builder } = body;
  const [then, otherwise, after] = [builder.block(), builder.block(), builder.block()];
  lowerCondition(body, expression.condition, then, otherwise);
  builder.enter(then);
  lowerInto(body, expression.then, dst);
  builder.jump(after);
  builder.enter(otherwise);
  lowerInto(body, expression.otherwise, dst);
  builder.enter(after);
  return registerValue(dst);
}

function lowerMembership(body: BodyLowering, expression: TypedExpression & { readonly kind: 'in' }, dst: RegisterId): Value {
  const { builder, tables } = body;
  const global = tables.global(expression.array);
  const given = expression.keys.filter((key) => key !== undefined);
  const values = lowerKeys(body, given);
  if (given.length === expression.keys.length) {
    builder.emit({ op: 'array-has', dst, global, keys: values });
    return registerValue(dst);
  }
  // `[x, *] in a`: look whether a cursor over the slice finds anything.
  const iterator = body.nextIterator();
  const slice = expression.keys.map((key) => (key === undefined ? undefined : values[given.indexOf(key)]));
  builder.emit({ op: 'iterate', iterator, global, slice, limit: longValue(1n), location: tables.locations.near(expression.span) });
  const keys = (expression.array.keys ?? []).map((type) => body.temporary(type));
  builder.emit({ op: 'advance', iterator, more: dst, keys });
  return registerValue(dst);
}

function lowerTarget(body: BodyLowering, expression: TypedExpression, dst: RegisterId): Value {
  const { builder, tables } = body;
  switch (expression.kind) {
    case 'argument':
      builder.emit({ op: 'read-argument', dst, index: expression.index, type: expression.scalar });
      break;
    case 'return-value':
      builder.emit({ op: 'read-return', dst, type: expression.scalar });
      break;
    case 'register':
      builder.emit({ op: 'read-register', dst, register: expression.register, of: expression.of, location: tables.locations.near(expression.span) });
      break;
    case 'address':
      builder.emit({ op: 'field-address', dst, base: lowerValue(body, expression.base), field: tables.field(expression.field) });
      break;
    case 'read': {
      const address = lowerValue(body, expression.address);
      const { scalar: type, space, field } = expression;
      const location = tables.locations.near(expression.span);
      builder.emit({ op: 'read-memory', dst, address, type, space, location, ...(field === undefined ? {} : { field: tables.field(field) }) });
      break;
    }
    case 'entry':
      if (body.atEntry) return lowerValue(body, expression.expression, dst);
      builder.emit({ op: 'read-entry', dst, slot: body.entrySlot(expression.expression) });
      break;
  }
  return registerValue(dst);
}
