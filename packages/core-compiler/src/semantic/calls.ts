/** Function calls, function bodies, and facts of the probe that travel into functions as hidden parameters. */
import { INTRINSICS } from '@stapkit/object';
import type { ResolvedPoint } from '../probes/index.js';
import type { Span } from '../source/index.js';
import type { CallExpression } from '../syntax/index.js';
import type { Bound } from './bound.js';
import { embeddedFunction, functionArity, noValue, refusedFunction, typeMismatch, unresolvedFunction } from './catalog.js';
import { bindExpression, textBound } from './expressions.js';
import { badBound, demandCell, valueType } from './frame.js';
import type { Frame } from './frame.js';
import { hiddenParam } from './hidden-parameters.js';
import { InternalError } from './internal-error.js';
import { checkIntrinsic, intrinsicEffect, isProbeFact } from './program.js';
import { isRegexFact, regexPlace } from './regex.js';
import { REFUSED_BODY, SPECIAL_BODIES } from './symbols.js';
import type { FunctionInfo, ProbeFact, RegexFact } from './symbols.js';
import type { FunctionSymbol, TypedExpression } from './typed-tree.js';
import { TypeCell } from './types.js';

export function bindCall(frame: Frame, expression: CallExpression): Bound {
  const { name, nameSpan, span } = expression;
  const info = findFunction(frame, expression);
  const fact = info?.intrinsic;
  if (info !== undefined && fact !== undefined && isProbeFact(fact)) return bindProbeFact(frame, fact, span);
  const args = expression.args.map((arg) => bindExpression(frame, arg));
  if (info === undefined) return badBound(span);
  if (fact !== undefined && !useIntrinsic(frame, info, fact, nameSpan)) return badBound(span);
  for (const [at, arg] of args.entries()) {
    const param = info.params[at];
    if (param === undefined) continue;
    demandCell(frame, arg, param.cell);
    if (!frame.tentative) param.pointed.add(arg.pointsTo, arg.span);
  }
  frame.program.useFunction(info);
  frame.function?.calls.add(info);
  if (frame.iterated.length > 0) frame.program.guardedCalls.push({ callee: info, span: nameSpan, iterated: frame.iterated });
  const emitCall = (isValue: boolean): TypedExpression => {
    const values = args.map((arg) => arg.emit());
    const callee = functionSymbol(frame, info);
    // As in stap, a function without a result can stand where a number is wanted: `n && exit()`.
    if (isValue && callee.result === undefined && info.result.type !== 'long') {
      frame.program.diagnostics.report(noValue(name, span, info.declaration.nameSpan));
      info.result.taint();
    }
    return { kind: 'call', type: callee.result ?? 'long', function: callee, args: [...values, ...hiddenArguments(frame, info, span)], span: nameSpan };
  };
  return {
    span, cell: info.result, children: args, pointsTo: info.pointedResult.answer,
    onMark: () => { info.mark(); },
    effect: () => info.effect(intrinsicEffect),
    emit: () => emitCall(true),
    emitStatement: () => emitCall(false),
  };
}

function findFunction(frame: Frame, { name, nameSpan, args }: CallExpression): FunctionInfo | undefined {
  const { program } = frame;
  const all = program.findFunctions(name, nameSpan);
  const info = all.find((one) => one.params.length === args.length);
  if (info !== undefined) return info;
  frame.diagnostics.report(all.length === 0
    ? unresolvedFunction(name, nameSpan, program.functionNames())
    : functionArity(name, args.length, all.map((one) => ({ count: one.params.length, span: one.declaration.nameSpan })), nameSpan));
  return undefined;
}

/** Types a `%{ NAME %}` function by its intrinsic. False: the body is a user's embedded C. */
function useIntrinsic(frame: Frame, info: FunctionInfo, name: string, span: Span): boolean {
  const { declaration } = info;
  if (declaration.span.source.origin !== 'tapset') {
    const inLibrary = frame.program.library.filesDeclaring('function', info.name).some((file) => file.span.source.origin === 'tapset');
    frame.program.diagnostics.report(embeddedFunction(info.name, name, inLibrary, declaration.nameSpan));
    return false;
  }
  if (name.startsWith(REFUSED_BODY)) {
    frame.diagnostics.report(refusedFunction(info.name, name.slice(REFUSED_BODY.length), span));
    return false;
  }
  checkIntrinsic(info, name);
  const intrinsic = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
  const types = intrinsic?.params ?? SPECIAL_BODIES.get(name) ?? [];
  const mistake = (): never => {
    throw new InternalError(`library function '${info.name}' (${declaration.span.source.file}) is declared with other types than its intrinsic '${name}'`);
  };
  for (const [at, param] of info.params.entries()) {
    const type = types[at];
    if (type !== undefined && !param.cell.unify(TypeCell.of(type, param.span), param.span)) mistake();
  }
  if (intrinsic?.result === undefined) return true;
  info.hasResult = true;
  if (!info.result.unify(TypeCell.of(intrinsic.result, declaration.nameSpan), declaration.nameSpan)) mistake();
  return true;
}

// ---- facts of the probe ---------------------------------------------------------

function bindProbeFact(frame: Frame, fact: ProbeFact, span: Span): Bound {
  if (frame.function === undefined && !isRegexFact(fact)) return textBound(factOf(frame.point, fact), span);
  frame.function?.needs.add(fact);
  return { span, cell: TypeCell.of('string', span), children: [], emit: () => factArgument(frame, fact, span) };
}

function factOf(point: ResolvedPoint | undefined, fact: Exclude<ProbeFact, RegexFact>): string {
  if (point === undefined) return '';
  if (fact === 'probe_name') return point.name;
  if (fact === 'function_name') return point.functionName ?? '';
  const { attach } = point;
  if (attach.kind === 'function') return attach.module ?? 'kernel';
  if (attach.kind === 'user-function') return attach.path;
  return attach.kind === 'syscall' || attach.kind === 'tracepoint' ? 'kernel' : '';
}

/** What a caller passes: a constant in a probe, its own hidden parameter in a function. */
function factArgument(frame: Frame, fact: ProbeFact, span: Span): TypedExpression {
  if (isRegexFact(fact)) return { kind: 'load', type: 'string', place: regexPlace(frame, fact, span), span };
  if (frame.function === undefined) return { kind: 'text', type: 'string', value: factOf(frame.point, fact), span };
  const symbol = hiddenParam(frame.function, fact);
  return { kind: 'load', type: 'string', place: { kind: 'local', symbol, type: 'string', span }, span };
}

function hiddenArguments(frame: Frame, info: FunctionInfo, span: Span): readonly TypedExpression[] {
  return [...info.needs].map((fact) => factArgument(frame, fact, span));
}

/** A function needs what its callees need. Call when all bodies are bound. */
export function spreadNeeds(functions: readonly FunctionInfo[]): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const info of functions) {
      for (const callee of [...info.calls, ...(info.usesNext && info.overload !== undefined ? [info.overload] : [])]) {
        for (const fact of callee.needs) {
          if (info.needs.has(fact)) continue;
          info.needs.add(fact);
          changed = true;
        }
      }
    }
  }
}

// ---- emission -----------------------------------------------------------------------

/** The symbol of a function; its body is emitted later, from the queue in `program`. */
export function functionSymbol(frame: Frame, info: FunctionInfo): FunctionSymbol {
  if (info.symbol !== undefined) return info.symbol;
  const { declaration, intrinsic } = info;
  const params = info.params.map((param) => (param.symbol ??= { kind: 'local', name: param.name, type: valueType(frame, param.cell, param.span, `parameter '${param.name}'`) }));
  const result = info.hasResult ? valueType(frame, info.result, declaration.nameSpan, `the result of function '${info.name}'`) : undefined;
  const symbol: FunctionSymbol = {
    kind: 'function',
    name: info.name,
    span: declaration.nameSpan,
    params: [...params, ...[...info.needs].map((fact) => hiddenParam(info, fact))],
    locals: info.scope.emitted,
    result,
    body: intrinsic === undefined ? { kind: 'block', statements: [], span: declaration.body.span } : { kind: 'intrinsic', name: intrinsic },
  };
  info.symbol = symbol;
  frame.program.emittedFunctions.push(info);
  return symbol;
}

/** Overloads of one name and number of parameters are one function to their callers. */
export function uniteOverloads(frame: Frame, info: FunctionInfo): void {
  const next = info.overload;
  if (next === undefined) return;
  if (next.hasResult) info.hasResult = true;
  else if (info.hasResult) next.hasResult = true;
  for (const [at, param] of info.params.entries()) {
    const other = next.params[at];
    if (other === undefined) continue;
    other.pointed.add(param.pointed.answer, other.span);
    const [first, second] = [param.cell.type, other.cell.type];
    if (!param.cell.unify(other.cell, other.span)) frame.diagnostics.report(typeMismatch(first ?? 'long', second ?? 'long', other.span, [{ type: first ?? 'long', span: param.cell.origin }]));
  }
  const [first, second] = [info.result.type, next.result.type];
  const { nameSpan } = next.declaration;
  info.pointedResult.add(next.pointedResult.answer, nameSpan);
  if (!info.result.unify(next.result, nameSpan)) frame.diagnostics.report(typeMismatch(first ?? 'long', second ?? 'long', nameSpan, [{ type: first ?? 'long', span: info.result.origin }]));
}
