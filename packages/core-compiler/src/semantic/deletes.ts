/** `delete`. */
import type { Span } from '../source/index.js';
import type { IndexExpression, NameExpression } from '../syntax/index.js';
import { EFFECT, effectOf, markBound, strongest } from './bound.js';
import type { BoundStatement, Effect } from './bound.js';
import type { Frame } from './frame.js';
import { bindKeys, bindPlace, findArray, findVariable, globalSymbol, localSymbol, noteWrite } from './places.js';
import { GlobalVariable, LocalVariable } from './symbols.js';
import type { LocalSymbol, TypedExpression, TypedStatement } from './typed-tree.js';

export function bindDelete(frame: Frame, target: NameExpression | IndexExpression, span: Span): BoundStatement {
  if (target.kind === 'name') return bindDeleteVariable(frame, target, span);
  return target.indexes.includes(undefined) ? bindDeleteSlice(frame, target, span) : bindDeleteElement(frame, target, span);
}

function nothing(span: Span): BoundStatement {
  return { span, mark: () => undefined, effect: () => EFFECT.none, emit: () => undefined };
}

function effectOn(variable: GlobalVariable | LocalVariable): Effect {
  return variable instanceof GlobalVariable ? EFFECT.external : EFFECT.local;
}

function bindDeleteVariable(frame: Frame, target: NameExpression, span: Span): BoundStatement {
  const variable = findVariable(frame, target.name, target.span);
  if (variable === undefined) return nothing(span);
  noteWrite(frame, variable, target.span);
  return {
    span,
    mark: (need) => { variable.whenLive(need); },
    effect: () => effectOn(variable),
    emit: (): TypedStatement | undefined => {
      if (!variable.live) return undefined;
      if (variable instanceof GlobalVariable) return { kind: 'clear', global: globalSymbol(frame, variable), span };
      const symbol = localSymbol(frame, variable, target.span);
      return { kind: 'delete', place: { kind: 'local', symbol, type: symbol.type, span: target.span }, span };
    },
  };
}

function bindDeleteElement(frame: Frame, target: IndexExpression, span: Span): BoundStatement {
  const place = bindPlace(frame, target);
  if (place === undefined) return nothing(span);
  const { variable, keys } = place;
  noteWrite(frame, variable, target.span);
  const hasEffects = (): boolean => keys.some((key) => effectOf(key) !== EFFECT.none);
  return {
    span,
    mark: (need) => {
      const all = (): void => {
        for (const key of keys) markBound(key);
        variable.mark();
        need();
      };
      if (hasEffects()) all();
      else variable.whenLive(all);
    },
    effect: () => keys.reduce((most, key) => strongest(most, effectOf(key)), effectOn(variable)),
    emit: () => (variable.live ? { kind: 'delete', place: place.emit(), span } : undefined),
  };
}

/** `delete a[x, *]`: goes over the slice, which is a snapshot, and deletes each element. */
function bindDeleteSlice(frame: Frame, target: IndexExpression, span: Span): BoundStatement {
  const variable = findArray(frame, target.name, target.indexes.length, target.nameSpan);
  const indexes = bindKeys(frame, target.indexes, variable?.keys);
  if (variable === undefined) return nothing(span);
  noteWrite(frame, variable, target.nameSpan);
  const given = indexes.filter((index) => index !== undefined);
  const locals = target.indexes.map((_, at) => {
    const local = frame.scope.hidden('key', span);
    const cell = variable.keys?.[at];
    if (cell !== undefined) local.cell.unify(cell, span);
    return local;
  });
  return {
    span,
    mark: (need) => { variable.whenLive(() => {
      for (const index of given) markBound(index);
      need();
    }); },
    effect: () => given.reduce((most, index) => strongest(most, effectOf(index)), effectOn(variable)),
    emit: () => {
      if (!variable.live) return undefined;
      const array = globalSymbol(frame, variable);
      const keys = locals.map((local) => localSymbol(frame, local, span));
      const body: TypedStatement = { kind: 'delete', place: { kind: 'element', symbol: array, type: array.type, keys: keys.map((key) => load(key, span)), span }, span };
      return { kind: 'foreach', array, keys, slice: indexes.map((index) => index?.emit()), body, span };
    },
  };
}

function load(symbol: LocalSymbol, span: Span): TypedExpression {
  return { kind: 'load', type: symbol.type, place: { kind: 'local', symbol, type: symbol.type, span }, span };
}
