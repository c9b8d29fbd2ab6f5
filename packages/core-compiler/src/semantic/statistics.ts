/** `@count(x)` and its kin, `@hist_log(x)[i]`. */
import type { Histogram } from '@stapkit/object';
import type { Diagnostic } from '../diagnostics/index.js';
import type { Span } from '../source/index.js';
import type { Expression, HistogramExpression, StatExpression } from '../syntax/index.js';
import type { Bound } from './bound.js';
import { histogramBuckets, histogramInterval, notAStatistic, localStatistic, severalHistograms, varianceShift } from './catalog.js';
import { bindLong } from './expressions.js';
import { badBound } from './frame.js';
import type { Frame } from './frame.js';
import { bindPlace, demandPlace, globalSymbol, isPlaceForm, noteRead } from './places.js';
import type { VariablePlace } from './places.js';
import { GlobalVariable } from './symbols.js';
import type { TypedPlace } from './typed-tree.js';
import { TypeCell } from './types.js';

export interface StatPlace extends VariablePlace {
  readonly variable: GlobalVariable;
}

export function bindStat(frame: Frame, expression: StatExpression): Bound {
  const { operator, span } = expression;
  const place = bindStatPlace(frame, expression.operand);
  if (place === undefined) return badBound(span);
  const { variable } = place;
  if (operator === 'variance') useVarianceShift(frame, variable, expression);
  return {
    span, cell: TypeCell.of('long', span), children: place.keys,
    onMark: () => { variable.mark(); },
    emit: () => {
      globalSymbol(frame, variable).statFunctions.add(operator);
      return { kind: 'stat', type: 'long', fn: operator, place: place.emit(), span };
    },
  };
}

export function bindBucket(frame: Frame, expression: HistogramExpression, index: Expression): Bound {
  const histogram = bindHistogram(frame, expression);
  const at = bindLong(frame, index);
  const { span } = expression;
  if (histogram === undefined) return badBound(span);
  return {
    span, cell: TypeCell.of('long', span), children: [...histogram.keys, at],
    onMark: () => { histogram.mark(); },
    emit: () => ({ kind: 'histogram-bucket', type: 'long', place: histogram.emit(), index: at.emit(), span }),
  };
}

/** The statistic under a histogram operator, whose shape is declared by it. */
export function bindHistogram(frame: Frame, expression: HistogramExpression): { readonly keys: readonly Bound[]; readonly shape: Histogram; mark(): void; emit(): TypedPlace } | undefined {
  const place = bindStatPlace(frame, expression.operand);
  if (place === undefined) return undefined;
  const { variable } = place;
  const shape = shapeOf(expression);
  const fault = shapeFault(shape, expression.span);
  if (fault !== undefined) {
    frame.diagnostics.report(fault);
    return undefined;
  }
  if (variable.histogram === undefined) variable.histogram = { shape, span: expression.span };
  else if (JSON.stringify(variable.histogram.shape) !== JSON.stringify(shape)) frame.diagnostics.report(severalHistograms(variable.name, expression.span, variable.histogram.span));
  return { keys: place.keys, shape, mark: () => { variable.mark(); }, emit: () => place.emit() };
}

/** The operand of an @operator: a global or an element, whose type becomes a statistic. */
export function bindStatPlace(frame: Frame, operand: Expression): StatPlace | undefined {
  if (!isPlaceForm(operand)) {
    if (operand.kind !== 'bad-expression') frame.diagnostics.report(notAStatistic(operand.span));
    return undefined;
  }
  const place = bindPlace(frame, operand);
  if (place === undefined) return undefined;
  const { variable } = place;
  if (!(variable instanceof GlobalVariable)) {
    if (!variable.cell.isTainted) frame.diagnostics.report(localStatistic(variable.name, operand.span));
    variable.cell.taint();
    return undefined;
  }
  demandPlace(frame, place, 'stat');
  noteRead(frame, variable, operand.span);
  return { ...place, variable };
}

/** stap's STP_MAX_BUCKETS; two are for what is below and above. */
const LINEAR_BUCKETS_MAX = 128;

function shapeFault(shape: Histogram, span: Span): Diagnostic | undefined {
  if (shape.kind === 'log') return undefined;
  if (shape.interval === 0) return histogramInterval(span);
  const buckets = Math.trunc((shape.high - shape.low) / shape.interval) + 3;
  return buckets < 3 || buckets > LINEAR_BUCKETS_MAX || shape.interval < 0 ? histogramBuckets(span) : undefined;
}

function shapeOf(expression: HistogramExpression): Histogram {
  if (expression.shape === 'log') return { kind: 'log' };
  const [low = 0n, high = 0n, interval = 0n] = expression.numbers;
  return { kind: 'linear', low: Number(low), high: Number(high), interval: Number(interval) };
}

function useVarianceShift(frame: Frame, variable: GlobalVariable, expression: StatExpression): void {
  const shift = expression.shift ?? 0;
  if (variable.varianceShift !== undefined && variable.varianceShift !== shift) frame.diagnostics.report(varianceShift(variable.name, expression.span));
  variable.varianceShift ??= shift;
}
