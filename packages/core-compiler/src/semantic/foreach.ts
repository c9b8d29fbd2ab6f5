/** `foreach`. */
import type { IterationSort } from '@stapkit/object';
import type { ForeachStatement, NameExpression } from '../syntax/index.js';
import { EFFECT, effectOf, markBound, once, strongest } from './bound.js';
import type { Bound, BoundStatement, Effect } from './bound.js';
import { foreachKey, foreachStatValue, inconsistentArity, typeMismatch } from './catalog.js';
import { bindLong } from './expressions.js';
import { bindForeachBucket } from './foreach-bucket.js';
import type { Frame } from './frame.js';
import { bindKeys, demandPlace, findArray, findVariable, globalSymbol, localSymbol, noteRead, noteWrite, variablePlace } from './places.js';
import { bindStatement, blockNode, sequence } from './statements.js';
import type { PointedFlow } from './pointed-types.js';
import { GlobalVariable } from './symbols.js';
import type { LocalVariable } from './symbols.js';
import type { TypedExpression, TypedStatement } from './typed-tree.js';
import type { TypeCell } from './types.js';

/** A loop variable: the local that the loop fills, and the global that it is copied to when the name is a global's. */
export interface LoopVariable {
  readonly local: LocalVariable;
  readonly copy: () => TypedStatement | undefined;
}

export function bindForeach(frame: Frame, statement: ForeachStatement): BoundStatement {
  const { span, array, keys } = statement;
  if (array.kind === 'histogram') return bindForeachBucket(frame, statement, array);
  const variable = findArray(frame, array.name, array.slice?.length ?? keys.length, array.span);
  if (array.slice !== undefined && array.slice.length !== keys.length) frame.diagnostics.report(inconsistentArity(array.name, keys.length, array.slice.length, span, array.span));
  const slice = array.slice === undefined ? undefined : bindKeys(frame, array.slice, variable?.keys);
  const limit = statement.limit === undefined ? undefined : bindLong(frame, statement.limit);
  if (variable !== undefined) {
    noteRead(frame, variable, array.span);
    useSort(frame, statement, variable);
  }
  const value = statement.value === undefined ? undefined : bindLoopVariable(frame, statement.value, variable?.cell, variable?.pointed);
  const names = keys.map((key, at) => bindLoopVariable(frame, key, variable?.keys?.[at], variable?.pointedKey(at)));
  const inner = variable === undefined ? frame.iterated : [...frame.iterated, { variable, span: array.span }];
  const body = bindStatement({ ...frame, iterated: inner }, statement.body);
  if (variable === undefined || names.includes(undefined)) return sequence(span, []);
  const loop = { frame, statement, variable, keys: names.filter((one) => one !== undefined), value, slice, limit, body };
  return foreachStatement(loop);
}

interface ForeachParts {
  readonly frame: Frame;
  readonly statement: ForeachStatement;
  readonly variable: GlobalVariable;
  readonly keys: readonly LoopVariable[];
  readonly value: LoopVariable | undefined;
  readonly slice: readonly (Bound | undefined)[] | undefined;
  readonly limit: Bound | undefined;
  readonly body: BoundStatement;
}

function foreachStatement(parts: ForeachParts): BoundStatement {
  const { statement, variable, limit, body } = parts;
  const operands = [...(parts.slice ?? []), limit].filter((one) => one !== undefined);
  const hasEffects = (): boolean => operands.some((one) => effectOf(one) !== EFFECT.none);
  let needed = false;
  return {
    span: statement.span,
    mark: (need) => {
      const all = once(() => {
        needed = true;
        for (const operand of operands) markBound(operand);
        variable.mark();
        need();
      });
      if (hasEffects()) all();
      // What a loop leaves in its variables is a result of it as well.
      for (const one of [...parts.keys, parts.value]) one?.local.whenLive(all);
      body.mark(all);
    },
    effect: () => operands.reduce<Effect>((most, one) => strongest(most, effectOf(one)), strongest(EFFECT.local, body.effect())),
    emit: () => (needed ? emitForeach(parts) : undefined),
  };
}

function emitForeach({ frame, statement, variable, keys, value, slice, limit, body }: ForeachParts): TypedStatement {
  const { span } = statement;
  const array = globalSymbol(frame, variable);
  if (value !== undefined && array.type === 'stat') {
    frame.program.diagnostics.report(foreachStatValue(variable.name, span));
    value.local.cell.taint();
  }
  const sort = sortOf(frame, statement, variable);
  const bound = limit?.emit();
  const symbols = keys.map((key) => localSymbol(frame, key.local, span));
  const taken = value === undefined || array.type === 'stat' ? undefined : localSymbol(frame, value.local, span);
  const copies = [...keys, value].map((one) => one?.copy());
  const empty: TypedStatement = { kind: 'block', statements: [], span: body.span };
  return {
    kind: 'foreach', span, array, keys: symbols,
    ...(taken === undefined ? {} : { value: taken }),
    ...(sort === undefined ? {} : { sort }),
    ...(bound === undefined ? {} : { limit: bound }),
    ...(slice === undefined ? {} : { slice: slice.map((one) => one?.emit()) }),
    body: blockNode(body.span, [...copies, body.emit()]) ?? empty,
  };
}

/** Sorting by an @operator makes the array one of statistics. */
function useSort(frame: Frame, { sort, keys, array, span }: ForeachStatement, variable: GlobalVariable): void {
  if (sort === undefined) return;
  if (sort.by === 'key' && sort.key >= keys.length) frame.diagnostics.report(foreachKey(sort.key + 1, keys.length, span));
  if (sort.by === 'value' && sort.stat !== undefined) demandPlace(frame, { span: array.span, cell: variable.cell, keys: [], variable, emit: () => variablePlace(frame, variable, array.span).emit() }, 'stat');
}

function sortOf(frame: Frame, { sort }: ForeachStatement, variable: GlobalVariable): IterationSort | undefined {
  if (sort === undefined) return undefined;
  if (sort.by === 'key') return { by: 'key', key: sort.key, descending: sort.descending };
  const symbol = globalSymbol(frame, variable);
  if (symbol.type !== 'stat') return { by: 'value', key: 0, descending: sort.descending };
  // stap sorts by @variance as by @count.
  const stat = sort.stat === undefined || sort.stat === 'variance' ? 'count' : sort.stat;
  symbol.statFunctions.add(stat);
  return { by: 'value', key: 0, stat, descending: sort.descending };
}

export function bindLoopVariable(frame: Frame, { name, span }: NameExpression, cell: TypeCell | undefined, pointed?: PointedFlow): LoopVariable | undefined {
  const variable = findVariable(frame, name, span);
  if (variable === undefined) return undefined;
  noteWrite(frame, variable, span);
  const place = variablePlace(frame, variable, span);
  if (cell !== undefined) uniteCells(frame, place.cell, cell, span);
  variable.pointed.add(pointed?.answer, span);
  if (!(variable instanceof GlobalVariable)) return { local: variable, copy: () => undefined };
  if (variable.keys === undefined) variable.keys = [];
  const local = frame.scope.hidden('key', span);
  local.cell.unify(variable.cell, span);
  return {
    local,
    copy: () => {
      if (!variable.live) return undefined;
      const symbol = localSymbol(frame, local, span);
      const value: TypedExpression = { kind: 'load', type: symbol.type, place: { kind: 'local', symbol, type: symbol.type, span }, span };
      return { kind: 'expression', expression: { kind: 'assign', type: symbol.type, place: place.emit(), value, span }, span };
    },
  };
}

function uniteCells(frame: Frame, cell: TypeCell, key: TypeCell, span: TypedStatement['span']): void {
  const [found, expected] = [cell.type, key.type];
  const origins = [{ type: found ?? 'long', span: cell.origin }, { type: expected ?? 'long', span: key.origin }] as const;
  if (expected === 'stat' || key.unify(cell, span)) return;
  frame.diagnostics.report(typeMismatch(expected ?? 'long', found ?? 'long', span, origins));
}
