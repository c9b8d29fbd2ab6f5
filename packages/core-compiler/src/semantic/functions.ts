/** Bodies of functions. */
import type { Span } from '../source/index.js';
import { EFFECT } from './bound.js';
import type { BoundStatement } from './bound.js';
import { functionSymbol, uniteOverloads } from './calls.js';
import type { Frame } from './frame.js';
import type { Program } from './program.js';
import { bindBlock } from './statements.js';
import { LocalVariable } from './symbols.js';
import type { FunctionInfo } from './symbols.js';
import type { TypedExpression, TypedStatement } from './typed-tree.js';
import { valueType } from './frame.js';

export function functionFrame(program: Program, info: FunctionInfo): Frame {
  return {
    program, diagnostics: program.diagnostics, scope: info.scope, point: undefined, context: undefined, function: info,
    iterated: [], inEntry: false, inCondition: false, tentative: false, inAlias: false,
  };
}

/** Binds the bodies of all functions called so far, and of those that they call. */
export function bindFunctions(program: Program): void {
  for (let info = program.unboundFunctions.pop(); info !== undefined; info = program.unboundFunctions.pop()) {
    const frame = functionFrame(program, info);
    const { body } = info.declaration;
    if (body.kind === 'block') info.body = bindBlock(frame, body);
    if (info.usesNext) uniteOverloads(frame, info);
    program.boundFunctions.push(info);
  }
}

/** Parameters of a function whose overload wants them as they came in. */
const originals = new WeakMap<FunctionInfo, Map<LocalVariable, LocalVariable>>();

/** `next` in a function: goes on with the next overload and its own arguments. Without one it ends in an error, at run time. */
export function bindNextOverload(frame: Frame, info: FunctionInfo, span: Span): BoundStatement {
  info.usesNext = true;
  if (info.overload !== undefined) frame.program.useFunction(info.overload);
  return {
    span,
    mark: (need) => {
      info.overload?.mark();
      for (const param of info.params) param.mark();
      need();
    },
    effect: () => EFFECT.external,
    emit: () => emitNext(frame, info, span),
  };
}

function emitNext(frame: Frame, info: FunctionInfo, span: Span): TypedStatement {
  const { overload } = info;
  if (overload === undefined) return { kind: 'next', span };
  const callee = functionSymbol(frame, overload);
  const given = info.params.map((param): TypedExpression => {
    const type = valueType(frame, param.cell, param.span, `parameter '${param.name}'`);
    const symbol = frame.scope.symbolOf(param.reassigned ? originalOf(info, param) : param, type);
    return { kind: 'load', type, place: { kind: 'local', symbol, type, span }, span };
  });
  const facts = [...overload.needs].map((fact): TypedExpression => {
    const symbol = info.hiddenParams.get(fact)?.symbol;
    if (symbol === undefined) return { kind: 'text', type: 'string', value: '', span };
    return { kind: 'load', type: 'string', place: { kind: 'local', symbol, type: 'string', span }, span };
  });
  const call: TypedExpression = { kind: 'call', type: callee.result ?? 'long', function: callee, args: [...given, ...facts], span };
  if (callee.result !== undefined) return { kind: 'return', value: call, span };
  return { kind: 'block', statements: [{ kind: 'expression', expression: call, span }, { kind: 'return', span }], span };
}

function originalOf(info: FunctionInfo, param: LocalVariable): LocalVariable {
  const kept = originals.get(info) ?? new Map<LocalVariable, LocalVariable>();
  originals.set(info, kept);
  let original = kept.get(param);
  if (original === undefined) kept.set(param, (original = new LocalVariable(`.${param.name}`, param.span, true)));
  return original;
}

/** Fills the bodies of all functions in the typed tree, and of those that they bring in. */
export function emitFunctions(program: Program): void {
  for (let at = 0; at < program.emittedFunctions.length; at++) {
    const info = program.emittedFunctions[at];
    if (info?.symbol === undefined || info.body === undefined) continue;
    const { span } = info.declaration.body;
    const frame = functionFrame(program, info);
    const body = info.body.emit();
    const copies = [...(originals.get(info) ?? [])].map(([param, original]): TypedStatement => {
      const type = valueType(frame, param.cell, param.span, `parameter '${param.name}'`);
      const place = { kind: 'local', symbol: info.scope.symbolOf(original, type), type, span } as const;
      const value: TypedExpression = { kind: 'load', type, place: { kind: 'local', symbol: info.scope.symbolOf(param, type), type, span }, span };
      return { kind: 'expression', expression: { kind: 'assign', type, place, value, span }, span };
    });
    info.symbol.body = { kind: 'block', statements: [...copies, ...(body === undefined ? [] : [body])], span };
  }
}
