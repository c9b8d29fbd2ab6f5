/** `foreach (b in @hist_log(x))`: b is the number of each bucket, from the first to the last. */
import type { Histogram } from '@stapkit/object';
import type { Span } from '../source/index.js';
import type { ForeachStatement, HistogramExpression } from '../syntax/index.js';
import { EFFECT, effectOf, markBound, once, strongest } from './bound.js';
import type { BoundStatement } from './bound.js';
import { inconsistentArity, unsupported } from './catalog.js';
import { bindLong } from './expressions.js';
import type { LoopVariable } from './foreach.js';
import { bindLoopVariable } from './foreach.js';
import type { Frame } from './frame.js';
import { keepKeys, localSymbol } from './places.js';
import { bindStatement, blockNode, sequence } from './statements.js';
import { bindHistogram } from './statistics.js';
import type { LocalVariable } from './symbols.js';
import type { LocalSymbol, TypedExpression, TypedPlace, TypedStatement } from './typed-tree.js';
import { TypeCell } from './types.js';

const LOG_BUCKETS = 128n;
const LONG_MAX = (1n << 63n) - 1n;

/** @hist_linear has a bucket for what is below, one for what is above, and one for `high` itself. */
function bucketCount(shape: Histogram): bigint {
  return shape.kind === 'log' ? LOG_BUCKETS : BigInt(Math.trunc((shape.high - shape.low) / shape.interval) + 3);
}

export function bindForeachBucket(frame: Frame, statement: ForeachStatement, histogram: HistogramExpression): BoundStatement {
  const { span, keys } = statement;
  const bound = bindHistogram(frame, histogram);
  const limit = statement.limit === undefined ? undefined : bindLong(frame, statement.limit);
  const [key] = keys;
  if (key === undefined || keys.length > 1) frame.diagnostics.report(inconsistentArity('histogram', keys.length, 1, span, histogram.span));
  if (statement.sort !== undefined) frame.diagnostics.report(unsupported('E0553', 'sorting the buckets of a histogram', histogram.span, 'they come in the order of their values'));
  const bucket = key === undefined ? undefined : bindLoopVariable(frame, key, TypeCell.of('long', key.span));
  // After a mistake the other names are variables of the loop all the same.
  const value = statement.value === undefined ? undefined : bindLoopVariable(frame, statement.value, TypeCell.of('long', statement.value.span));
  for (const other of keys.slice(1)) bindLoopVariable(frame, other, TypeCell.of('long', other.span));
  const body = bindStatement(frame, statement.body);
  if (bound === undefined || bucket === undefined || keys.length > 1 || statement.sort !== undefined) return sequence(span, []);
  const [counter, most] = [hiddenLong(frame, span), hiddenLong(frame, span)];
  const operands = [...bound.keys, limit].filter((one) => one !== undefined);
  let needed = false;
  return {
    span,
    mark: (need) => {
      const all = once(() => {
        needed = true;
        for (const operand of operands) markBound(operand);
        bound.mark();
        need();
      });
      if (operands.some((one) => effectOf(one) !== EFFECT.none)) all();
      bucket.local.whenLive(all);
      value?.local.whenLive(all);
      body.mark(all);
    },
    effect: () => operands.reduce((strength, one) => strongest(strength, effectOf(one)), strongest(EFFECT.local, body.effect())),
    emit: () => {
      if (!needed) return undefined;
      return bucketLoop({
        span, bucket, read: value === undefined ? undefined : { variable: value, symbol: localSymbol(frame, value.local, span), places: keepKeys(frame, bound.emit(), span) }, count: bucketCount(bound.shape), limit: limit?.emit(), body: body.emit(),
        bucketSymbol: localSymbol(frame, bucket.local, span), counter: localSymbol(frame, counter, span), most: localSymbol(frame, most, span),
      });
    },
  };
}

function hiddenLong(frame: Frame, span: Span): LocalVariable {
  const local = frame.scope.hidden('bucket', span);
  local.cell.unify(TypeCell.of('long', span), span);
  return local;
}

interface LoopParts {
  readonly span: Span;
  readonly bucket: LoopVariable;
  readonly bucketSymbol: LocalSymbol;
  /** The variable that takes the count of each bucket, and the places of {@link keepKeys}. */
  readonly read: { readonly variable: LoopVariable; readonly symbol: LocalSymbol; readonly places: readonly [keeping: TypedPlace, kept: TypedPlace] } | undefined;
  readonly counter: LocalSymbol;
  readonly most: LocalSymbol;
  readonly count: bigint;
  readonly limit: TypedExpression | undefined;
  readonly body: TypedStatement | undefined;
}

/** `most = limit; for (counter = 0; counter < count && counter < most; counter++) { bucket = counter; value = @hist(x)[counter]; body }` */
function bucketLoop({ span, bucket, bucketSymbol, read, counter, most, count, limit, body }: LoopParts): TypedStatement {
  const place = (symbol: LocalSymbol): TypedPlace => ({ kind: 'local', symbol, type: symbol.type, span });
  const load = (symbol: LocalSymbol): TypedExpression => ({ kind: 'load', type: 'long', place: place(symbol), span });
  const number = (value: bigint): TypedExpression => ({ kind: 'number', type: 'long', value, span });
  const assign = (symbol: LocalSymbol, value: TypedExpression): TypedStatement =>
    ({ kind: 'expression', expression: { kind: 'assign', type: 'long', place: place(symbol), value, span }, span });
  const below = (right: TypedExpression): TypedExpression => ({ kind: 'binary', type: 'long', fn: 'lt', left: load(counter), right, span, operatorSpan: span });
  const values = read === undefined ? [] : [assign(read.symbol, { kind: 'histogram-bucket', type: 'long', place: read.places[1], index: load(counter), span }), read.variable.copy()];
  const index: TypedStatement[] = read?.places[0].kind !== 'element' ? [] : read.places[0].keys.map((expression) => ({ kind: 'expression', expression, span }));
  const loop: TypedStatement = {
    kind: 'loop', span,
    condition: limit === undefined ? below(number(count)) : { kind: 'and', type: 'long', left: below(number(count)), right: below(load(most)), span },
    step: { kind: 'increment', type: 'long', place: place(counter), by: 1n, result: 'old', span },
    body: blockNode(span, [assign(bucketSymbol, load(counter)), bucket.copy(), ...values, body]) ?? { kind: 'block', statements: [], span },
  };
  return { kind: 'block', span, statements: [...index, assign(most, limit ?? number(LONG_MAX)), assign(counter, number(0n)), loop] };
}
