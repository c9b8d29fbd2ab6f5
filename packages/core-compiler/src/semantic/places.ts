/** Variables: which one a name means, reading it, and what its use says about its type and shape. */
import type { Span } from '../source/index.js';
import type { Expression, IndexExpression, NameExpression } from '../syntax/index.js';
import type { Bound, BoundPlace } from './bound.js';
import { arrayInitial, conditionName, entryLocal, inconsistentArity, modifiedDuringForeach, tooManyKeys, typeMismatch, unresolvedArray, unresolvedType } from './catalog.js';
import { bindExpression } from './expressions.js';
import { demandCell, valueType } from './frame.js';
import type { Frame } from './frame.js';
import { GlobalVariable, LocalVariable } from './symbols.js';
import type { GlobalSymbol, LocalSymbol, TypedPlace } from './typed-tree.js';
import { TypeCell } from './types.js';
import type { ValueType } from './types.js';

export interface VariablePlace extends BoundPlace {
  readonly variable: GlobalVariable | LocalVariable;
}

/** Parameters hide globals; globals come before locals, which exist by being named. */
export function findVariable(frame: Frame, name: string, span: Span): GlobalVariable | LocalVariable | undefined {
  const param = frame.function?.params.find((one) => one.name === name);
  if (param !== undefined) return usableLocal(frame, param, span);
  const global = frame.program.findGlobal(name, span);
  if (global !== undefined) return global;
  return usableLocal(frame, frame.scope.get(name) ?? frame.scope.declare(name, span), span);
}

function usableLocal(frame: Frame, variable: LocalVariable, span: Span): LocalVariable | undefined {
  if (frame.inCondition) frame.diagnostics.report(conditionName(variable.name, span));
  else if (frame.inEntry) frame.diagnostics.report(entryLocal(variable.name, span));
  else return variable;
  return undefined;
}

/** A global array of `arity` keys; reported and undefined when there is none. */
export function findArray(frame: Frame, name: string, arity: number, span: Span): GlobalVariable | undefined {
  const variable = frame.program.findGlobal(name, span);
  if (variable === undefined || frame.function?.params.some((one) => one.name === name) === true) {
    frame.diagnostics.report(unresolvedArray(name, arity, span, frame.program.globalNames(span)));
    return undefined;
  }
  return useKeys(frame, variable, arity, span) ? variable : undefined;
}

/** Says that `variable` is used with `arity` keys (0: as a scalar). */
export function useKeys(frame: Frame, variable: GlobalVariable, arity: number, span: Span): boolean {
  if (arity > 9) {
    frame.diagnostics.report(tooManyKeys(variable.name, span));
    return false;
  }
  if (variable.keys === undefined) {
    const { declaration } = variable;
    const isSized = declaration.size !== undefined;
    if (isSized && arity === 0) {
      frame.diagnostics.report(inconsistentArity(variable.name, 0, 1, span, declaration.nameSpan));
      return false;
    }
    variable.keys = Array.from({ length: arity }, () => new TypeCell());
    variable.keysSpan = span;
    return true;
  }
  if (variable.keys.length === arity) return true;
  frame.diagnostics.report(inconsistentArity(variable.name, arity, variable.keys.length, span, variable.keysSpan));
  return false;
}

/** undefined: not a place, or a mistake in it was reported (`isPlaceForm` tells which). */
export function bindPlace(frame: Frame, expression: Expression): VariablePlace | undefined {
  if (expression.kind === 'name') return bindName(frame, expression);
  if (expression.kind === 'index') return bindElement(frame, expression);
  return undefined;
}

export function isPlaceForm(expression: Expression): expression is NameExpression | IndexExpression {
  return expression.kind === 'name' || expression.kind === 'index';
}

function bindName(frame: Frame, { name, span }: NameExpression): VariablePlace | undefined {
  const variable = findVariable(frame, name, span);
  if (variable === undefined) return undefined;
  if (variable instanceof GlobalVariable && !useKeys(frame, variable, 0, span)) return undefined;
  return variablePlace(frame, variable, span);
}

export function variablePlace(frame: Frame, variable: GlobalVariable | LocalVariable, span: Span): VariablePlace {
  const { cell } = variable;
  return {
    span, cell, keys: [], variable,
    emit: () => {
      if (variable instanceof LocalVariable) {
        const symbol = localSymbol(frame, variable, span);
        return { kind: 'local', symbol, type: symbol.type, span };
      }
      const symbol = globalSymbol(frame, variable);
      return { kind: 'global', symbol, type: symbol.type, span };
    },
  };
}

function bindElement(frame: Frame, expression: IndexExpression): VariablePlace | undefined {
  const { name, nameSpan, span, indexes } = expression;
  const variable = findArray(frame, name, indexes.length, nameSpan);
  const keys = bindKeys(frame, indexes, variable?.keys);
  if (variable === undefined) return undefined;
  if (!frame.tentative) keys.forEach((key, at) => { variable.pointedKey(at).add(key?.pointsTo, span); });
  return {
    span, cell: variable.cell, keys: keys.filter((key) => key !== undefined), variable,
    emit: () => {
      const symbol = globalSymbol(frame, variable);
      return { kind: 'element', symbol, type: symbol.type, keys: keys.filter((key) => key !== undefined).map((key) => key.emit()), span };
    },
  };
}

/** Binds indexes against the key types of an array; without it, only for the mistakes in them. */
export function bindKeys(frame: Frame, indexes: readonly (Expression | undefined)[], keys: readonly TypeCell[] | undefined): readonly (Bound | undefined)[] {
  return indexes.map((index, at) => {
    if (index === undefined) return undefined;
    const bound = bindExpression(frame, index);
    const cell = keys?.[at];
    if (cell !== undefined) demandCell(frame, bound, cell);
    return bound;
  });
}

export function bindLoad(frame: Frame, place: VariablePlace): Bound {
  const { variable, span, cell } = place;
  noteRead(frame, variable, span);
  return {
    span, cell, children: place.keys, pointsTo: variable.pointed.answer,
    onMark: () => { variable.mark(); },
    emit: () => {
      const type = valueType(frame, cell, span, `'${variable.name}'`);
      if (variable instanceof GlobalVariable && variable.isConstant) {
        if (type === 'long') return { kind: 'number', type, value: typeof variable.initial === 'bigint' ? variable.initial : 0n, span };
        return { kind: 'text', type, value: typeof variable.initial === 'string' ? variable.initial : '', span };
      }
      return { kind: 'load', type, place: place.emit(), span };
    },
  };
}

export function noteRead(frame: Frame, variable: GlobalVariable | LocalVariable, span: Span): void {
  if (frame.tentative) return;
  if (variable instanceof GlobalVariable) variable.read = true;
  else variable.readSpan ??= span;
}

export function noteWrite(frame: Frame, variable: GlobalVariable | LocalVariable, span: Span): void {
  if (variable instanceof LocalVariable) {
    variable.assigned = true;
    variable.reassigned = true;
    return;
  }
  variable.written = true;
  frame.function?.writes.add(variable);
  const iteration = frame.iterated.find((one) => one.variable === variable);
  if (iteration !== undefined) frame.diagnostics.report(modifiedDuringForeach(variable.name, span, iteration.span));
}

export function demandPlace(frame: Frame, place: VariablePlace, type: ValueType): void {
  const found = place.cell.type;
  const { origin } = place.cell;
  if (place.cell.unify(TypeCell.of(type), place.span)) return;
  frame.diagnostics.report(typeMismatch(type, found ?? type, place.span, [{ type: found ?? type, span: origin }]));
}

export function localSymbol(frame: Frame, variable: LocalVariable, span: Span): LocalSymbol {
  return variable.symbol ?? frame.scope.symbolOf(variable, valueType(frame, variable.cell, span, `'${variable.name}'`));
}

/** The symbol of a global that the program needs, made at its first use in the typed tree. */
export function globalSymbol(frame: Frame, variable: GlobalVariable): NonNullable<GlobalVariable['symbol']> {
  return (variable.symbol ??= makeGlobalSymbol(frame, variable));
}

function makeGlobalSymbol(frame: Frame, variable: GlobalVariable): NonNullable<GlobalVariable['symbol']> {
  const { declaration, cell, name } = variable;
  const { diagnostics } = frame.program;
  let type: GlobalSymbol['type'] = 'long';
  if (cell.type !== undefined) type = cell.type;
  else if (cell.isTainted) frame.program.untyped.push({ what: `'${name}'`, span: declaration.nameSpan });
  else {
    diagnostics.report(unresolvedType(`'${name}'`, declaration.nameSpan));
    cell.taint();
  }
  const keys = variable.keys ?? [];
  if (keys.length > 0 && declaration.initial !== undefined) diagnostics.report(arrayInitial(name, declaration.nameSpan));
  const initial = type === 'stat' ? undefined : variable.initial;
  return {
    kind: 'global',
    name: frame.program.uniqueGlobalName(name),
    span: declaration.nameSpan,
    type,
    ...(keys.length === 0 ? {} : { keys: keys.map((key, at) => valueType(frame, key, variable.keysSpan ?? declaration.nameSpan, `key ${at + 1} of '${name}'`)) }),
    ...(initial === undefined ? {} : { initial }),
    ...(variable.isSettable ? { settable: true as const } : {}),
    ...(declaration.size === undefined ? {} : { maxEntries: declaration.size }),
    wrap: declaration.wrap,
    statFunctions: new Set(),
    ...(variable.varianceShift === undefined ? {} : { varianceShift: variable.varianceShift }),
    ...(variable.histogram === undefined ? {} : { histogram: variable.histogram.shape }),
    autoPrint: variable.autoPrint,
  };
}

/** An element whose index is to be evaluated once: the place that keeps it, to be evaluated first, and the same place by what was kept. */
export function keepKeys(frame: Frame, place: TypedPlace, span: Span): readonly [keeping: TypedPlace, kept: TypedPlace] {
  if (place.kind !== 'element') return [place, place];
  const kept = place.keys.map((key) => {
    const local = frame.scope.hidden('key', span);
    local.cell.unify(TypeCell.of(key.type, span), span);
    const symbol = localSymbol(frame, local, span);
    return { key, place: { kind: 'local', symbol, type: symbol.type, span } as const };
  });
  return [
    { ...place, keys: kept.map((one) => ({ kind: 'assign', type: one.key.type, place: one.place, value: one.key, span })) },
    { ...place, keys: kept.map((one) => ({ kind: 'load', type: one.key.type, place: one.place, span })) },
  ];
}
