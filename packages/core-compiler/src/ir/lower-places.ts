/** Reads and writes of variables and array elements, and statistics. */
import type { IrInstruction, RegisterId, SourceLocation, Value } from '@stapkit/object';
import type { TypedExpression, TypedPlace } from '../semantic/index.js';
import { InternalError } from './internal-error.js';
import { lowerInto, lowerOperands, lowerValue } from './lower-expressions.js';
import type { BodyLowering } from './lowering.js';
import { longValue, registerValue } from './operands.js';

type Of<Kind extends TypedExpression['kind']> = TypedExpression & { readonly kind: Kind };

/** Evaluates the keys of an element. */
export function lowerKeys(body: BodyLowering, keys: readonly TypedExpression[]): Value[] {
  return lowerOperands(body, keys);
}

export function lowerLoad(body: BodyLowering, place: TypedPlace, into?: RegisterId): Value {
  if (place.kind === 'local') return registerValue(body.local(place.symbol));
  if (place.type === 'stat') throw new InternalError(`statistic '${place.symbol.name}' is used as a value`);
  const keys = place.kind === 'element' ? lowerKeys(body, place.keys) : undefined;
  const dst = into ?? body.temporary(place.type);
  get(body, place, keys, dst);
  return registerValue(dst);
}

export function lowerAssign(body: BodyLowering, expression: Of<'assign'>, wanted: boolean): Value {
  const { place, value } = expression;
  if (place.kind === 'local') {
    const dst = body.local(place.symbol);
    lowerInto(body, value, dst);
    return registerValue(dst);
  }
  const [keys, src] = keysAndValue(body, place, value);
  set(body, place, keys, src);
  if (!wanted || !body.isLocal(src)) return src;
  const copy = body.temporary(expression.type);
  body.builder.move(copy, src);
  return registerValue(copy);
}

/** `place += value` and the like. Sums on globals are one atomic operation. */
export function lowerUpdate(body: BodyLowering, expression: Of<'update'>, wanted: boolean, into?: RegisterId): Value {
  const { fn, place, value } = expression;
  const fallible = fn === 'div' || fn === 'mod' ? { location: body.tables.locations.near(expression.operatorSpan) } : {};
  if (place.kind === 'local') {
    const dst = body.local(place.symbol);
    const b = lowerValue(body, value);
    body.builder.emit({ op: 'binary', fn, dst, a: registerValue(dst), b, ...fallible });
    return registerValue(dst);
  }
  const [keys, by] = keysAndValue(body, place, value);
  if (fn === 'add' || fn === 'sub') return add(body, place, keys, fn === 'add' ? by : negated(body, by), wanted ? 'new' : undefined, into);
  const old = body.temporary('long');
  get(body, place, keys, old);
  const dst = body.temporary('long');
  body.builder.emit({ op: 'binary', fn, dst, a: registerValue(old), b: by, ...fallible });
  set(body, place, keys, registerValue(dst));
  return registerValue(dst);
}

export function lowerIncrement(body: BodyLowering, expression: Of<'increment'>, wanted: boolean, into?: RegisterId): Value {
  const { place, by, result } = expression;
  if (place.kind !== 'local') {
    const keys = place.kind === 'element' ? lowerKeys(body, place.keys) : undefined;
    return add(body, place, keys, longValue(by), wanted ? result : undefined, into);
  }
  const variable = body.local(place.symbol);
  const old = wanted && result === 'old' ? body.temporary('long') : undefined;
  if (old !== undefined) body.builder.move(old, registerValue(variable));
  body.builder.emit({ op: 'binary', fn: 'add', dst: variable, a: registerValue(variable), b: longValue(by) });
  return registerValue(old ?? variable);
}

/** `place <<< value`; its value is the value added. */
export function lowerAggregate(body: BodyLowering, expression: Of<'aggregate'>): Value {
  const [keys, value] = keysAndValue(body, expression.place, expression.value);
  const { place } = expression;
  body.builder.emit({ op: 'stat-add', global: globalOf(body, place), value, ...(keys === undefined ? {} : { keys }), location: near(body, place) });
  return value;
}

export function lowerStat(body: BodyLowering, expression: Of<'stat'>, dst: RegisterId): Value {
  const { place } = expression;
  const keys = place.kind === 'element' ? lowerKeys(body, place.keys) : undefined;
  const location = body.tables.locations.near(expression.span);
  body.builder.emit({ op: 'stat-get', fn: expression.fn, dst, global: globalOf(body, place), ...(keys === undefined ? {} : { keys }), location });
  return registerValue(dst);
}

export function lowerHistogramBucket(body: BodyLowering, expression: Of<'histogram-bucket'>, dst: RegisterId): Value {
  const { place } = expression;
  const [keys, index] = keysAndValue(body, place, expression.index);
  const location = body.tables.locations.near(expression.span);
  body.builder.emit({ op: 'histogram-get', dst, global: globalOf(body, place), index, ...(keys === undefined ? {} : { keys }), location });
  return registerValue(dst);
}

/** `delete place`. */
export function lowerDelete(body: BodyLowering, place: TypedPlace): void {
  if (place.kind === 'local') body.builder.move(body.local(place.symbol), place.symbol.type === 'long' ? longValue(0n) : { text: '' });
  else if (place.kind === 'element') body.builder.emit({ op: 'array-delete', global: globalOf(body, place), keys: lowerKeys(body, place.keys) });
  else body.builder.emit({ op: place.symbol.keys === undefined ? 'clear-global' : 'array-clear', global: globalOf(body, place) });
}

export function globalOf(body: BodyLowering, place: TypedPlace): number {
  if (place.kind === 'local') throw new InternalError(`local '${place.symbol.name}' is used as a global`);
  return body.tables.global(place.symbol);
}

function near(body: BodyLowering, place: TypedPlace): SourceLocation {
  return body.tables.locations.near(place.span, place.kind === 'element' || place.kind === 'global' ? `identifier '${place.symbol.name}'` : undefined);
}

/** Keys first, then the value, as stap does. */
function keysAndValue(body: BodyLowering, place: TypedPlace, value: TypedExpression): [keys: Value[] | undefined, value: Value] {
  if (place.kind !== 'element') return [undefined, lowerValue(body, value)];
  const values = lowerOperands(body, [...place.keys, value]);
  return [values.slice(0, -1), values.at(-1) ?? longValue(0n)];
}

function get(body: BodyLowering, place: TypedPlace, keys: readonly Value[] | undefined, dst: RegisterId): void {
  const global = globalOf(body, place);
  body.builder.emit(keys === undefined ? { op: 'load-global', dst, global } : { op: 'array-get', dst, global, keys });
}

function set(body: BodyLowering, place: TypedPlace, keys: readonly Value[] | undefined, src: Value): void {
  const global = globalOf(body, place);
  body.builder.emit(keys === undefined ? { op: 'store-global', global, src } : { op: 'array-set', global, keys, src, location: near(body, place) });
}

function add(body: BodyLowering, place: TypedPlace, keys: readonly Value[] | undefined, value: Value, result: 'old' | 'new' | undefined, into?: RegisterId): Value {
  const global = globalOf(body, place);
  const dst = result === undefined ? undefined : (into ?? body.temporary('long'));
  const wanted: { dst?: RegisterId; result?: 'old' | 'new' } = dst === undefined || result === undefined ? {} : { dst, result };
  const instruction: IrInstruction =
    keys === undefined ? { op: 'add-global', global, value, ...wanted } : { op: 'array-add', global, keys, value, ...wanted, location: near(body, place) };
  body.builder.emit(instruction);
  return dst === undefined ? longValue(0n) : registerValue(dst);
}

function negated(body: BodyLowering, value: Value): Value {
  if ('long' in value) return longValue(BigInt.asIntN(64, -value.long));
  const dst = body.temporary('long');
  body.builder.emit({ op: 'unary', fn: 'neg', dst, src: value });
  return registerValue(dst);
}

