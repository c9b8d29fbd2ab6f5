/** `=`, `<<<`, `+=` and their kin, `++` and `--`. */
import type { LongBinary } from '@stapkit/object';
import type { WritableVariable } from '../probes/index.js';
import type { AssignExpression, Expression, IncrementExpression, TargetExpression } from '../syntax/index.js';
import { EFFECT, effectOf } from './bound.js';
import type { Bound, Effect } from './bound.js';
import { localStatistic, refusedWrite, typeMismatch, writeNeedsGuruMode, writeToTarget } from './catalog.js';
import { constantOf } from './constants.js';
import { bindExpression } from './expressions.js';
import { concatNode } from './fold.js';
import { badBound, demand, demandCell, valueType } from './frame.js';
import type { Frame } from './frame.js';
import { callIntrinsic } from './intrinsic-calls.js';
import { LONG_OPERATORS } from './operators.js';
import { bindPlace, demandPlace, keepKeys, noteWrite } from './places.js';
import type { VariablePlace } from './places.js';
import { targetName } from './targets.js';
import type { TypedExpression } from './typed-tree.js';
import { TypeCell } from './types.js';

export function bindAssign(frame: Frame, expression: AssignExpression): Bound {
  const { operator, operatorSpan, span } = expression;
  const writable = writableTarget(frame, expression.target);
  if (writable !== undefined) return bindTargetWrite(frame, expression, writable);
  const place = bindWritten(frame, expression.target);
  const value = bindExpression(frame, expression.value);
  if (place === undefined) return badBound(span);
  const write = writing(place);
  const children = [...place.keys, value];
  if (operator === '=') {
    const fits = demandCell(frame, value, place.cell);
    if (!frame.tentative) place.variable.pointed.add(value.pointsTo, span);
    return {
      ...write, span, cell: place.cell, children, ...(value.pointsTo === undefined ? {} : { pointsTo: value.pointsTo }),
      // A scalar that nothing reads is not stored even inside an expression.
      ...(place.keys.length === 0 ? {} : { onMark: () => { place.variable.mark(); } }),
      emit: () => {
        if (!place.variable.live || !fits) return value.emit();
        const source = value.emit();
        const target = place.emit();
        return { kind: 'assign', type: valueType(frame, place.cell, span), place: target, value: source, span };
      },
    };
  }
  const onMark = (): void => { place.variable.mark(); };
  if (operator === '.=') {
    demandPlace(frame, place, 'string');
    demand(frame, value, 'string');
    return { ...updating(place), span, cell: place.cell, children, onMark, emit: () => emitAppend(frame, expression, place, value) };
  }
  if (operator === '<<<') {
    if (place.variable.scope === 'local') {
      if (!place.cell.isTainted) frame.diagnostics.report(localStatistic(place.variable.name, place.span));
      place.cell.taint();
      return badBound(span);
    }
    demandPlace(frame, place, 'stat');
    demand(frame, value, 'long');
    return { ...write, span, cell: TypeCell.of('long', span), children, onMark, emit: () => ({ kind: 'aggregate', type: 'long', place: place.emit(), value: value.emit(), span }) };
  }
  demandPlace(frame, place, 'long');
  demand(frame, value, 'long');
  const fn = updateFunction(operator);
  return { ...updating(place), span, cell: TypeCell.of('long', span), children, onMark, emit: () => ({ kind: 'update', type: 'long', fn, operatorSpan, place: place.emit(), value: value.emit(), span }) };
}

/** `$value` of a procfs probe is no variable of what is probed: it is the text that somebody reads; `$verdict` is what a hook answers. */
function writableTarget({ context, function: inFunction }: Frame, target: Expression): WritableVariable | undefined {
  if (target.kind !== 'target' || target.base.kind !== 'variable' || inFunction !== undefined) return undefined;
  return target.steps.length === 0 && !target.addressOf && target.pretty === 0 ? context?.writable?.(target.base.name) : undefined;
}

function bindTargetWrite(frame: Frame, expression: AssignExpression, writable: WritableVariable): Bound {
  const { operator, value: operand, target, span } = expression;
  const value = bindExpression(frame, operand);
  demand(frame, value, writable.type);
  if (writable.type === 'long') return bindNumberWrite(frame, expression, writable, value);
  const { set, append } = writable;
  if (operator !== '=' && operator !== '.=') {
    frame.diagnostics.report(typeMismatch('long', 'string', target.span, []));
    return badBound(span);
  }
  return {
    span, cell: TypeCell.of('string', span), children: [value], effect: () => EFFECT.external,
    emit: () => callIntrinsic(operator === '=' ? set : append, [value.emit()], span),
  };
}

function bindNumberWrite(frame: Frame, { operator, operatorSpan, value: operand, target, span }: AssignExpression, { get, set, refuse }: WritableVariable & { readonly type: 'long' }, value: Bound): Bound {
  const name = targetName(target as TargetExpression);
  const constant = operator === '=' ? constantOf(frame, operand) : undefined;
  const refusal = typeof constant === 'bigint' ? refuse(constant) : undefined;
  if (!frame.program.guruMode) frame.diagnostics.report(writeNeedsGuruMode(name, target.span));
  else if (refusal !== undefined) frame.diagnostics.report(refusedWrite(name, refusal, operand.span));
  else if (operator === '.=' || operator === '<<<') frame.diagnostics.report(typeMismatch('long', operator === '.=' ? 'string' : 'stat', target.span, []));
  else {
    const fn = operator === '=' ? undefined : updateFunction(operator);
    return {
      span, cell: TypeCell.of('long', span), children: [value], effect: () => EFFECT.external,
      emit: () => callIntrinsic(set, [fn === undefined ? value.emit() : { kind: 'binary', type: 'long', fn, operatorSpan, left: callIntrinsic(get, [], target.span), right: value.emit(), span }], span),
    };
  }
  return badBound(span);
}

export function bindIncrement(frame: Frame, expression: IncrementExpression): Bound {
  const { span } = expression;
  const place = bindWritten(frame, expression.target);
  if (place === undefined) return badBound(span);
  demandPlace(frame, place, 'long');
  return {
    ...updating(place), span, cell: TypeCell.of('long', span), children: place.keys,
    onMark: () => { place.variable.mark(); },
    emit: () => ({ kind: 'increment', type: 'long', place: place.emit(), by: expression.operator === '++' ? 1n : -1n, result: expression.prefix ? 'new' : 'old', span }),
  };
}

function bindWritten(frame: Frame, target: Expression): VariablePlace | undefined {
  // The parser lets nothing else through but targets, which other runtimes write.
  if (target.kind === 'target') frame.diagnostics.report(writeToTarget(targetName(target), target.span, writableTarget(frame, target) !== undefined));
  const place = bindPlace(frame, target);
  if (place !== undefined) noteWrite(frame, place.variable, place.span);
  return place;
}

function writing(place: VariablePlace): { readonly effect: () => Effect; readonly write: NonNullable<Bound['write']> } {
  return { effect: () => (place.variable.scope === 'local' ? EFFECT.local : EFFECT.external), write: { variable: place.variable } };
}

/** A variable of the handler that is added to is read by that, too: stap keeps it. */
function updating(place: VariablePlace): Pick<Bound, 'effect' | 'write'> {
  const { effect, write } = writing(place);
  return place.variable.scope === 'local' ? { effect } : { effect, write };
}

function updateFunction(operator: AssignExpression['operator']): LongBinary {
  return LONG_OPERATORS[operator.slice(0, -1)] ?? 'add';
}

/** a .= b is a = a . b; an index that changes something is evaluated once, and kept. */
function emitAppend(frame: Frame, { span }: AssignExpression, place: VariablePlace, value: Bound): TypedExpression {
  const target = place.emit();
  const [written, read] = place.keys.some((key) => effectOf(key) !== EFFECT.none) ? keepKeys(frame, target, place.span) : [target, target];
  const old: TypedExpression = { kind: 'load', type: 'string', place: read, span: place.span };
  return { kind: 'assign', type: 'string', place: written, value: concatNode(old, value.emit(), span), span };
}
