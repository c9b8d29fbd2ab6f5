/** Probe handlers: aliases' prologues, the body, epilogues, bound for one concrete point. */
import type { BlockStatement, ProbePoint } from '../syntax/index.js';
import { pointName } from './aliases.js';
import type { Expansion } from './aliases.js';
import { markBound } from './bound.js';
import type { Bound, BoundStatement } from './bound.js';
import { elidedProbe, neverAssignedLocal } from './catalog.js';
import { bindLong } from './expressions.js';
import { logicalNode } from './fold.js';
import type { Frame } from './frame.js';
import type { Program } from './program.js';
import { bindBlock, sequence } from './statements.js';
import { LocalScope } from './symbols.js';
import type { ElaboratedProbe, TypedExpression } from './typed-tree.js';

export interface Handler {
  readonly frame: Frame;
  readonly point: ProbePoint;
  /** Of the whole probe. */
  readonly points: readonly ProbePoint[];
  readonly expansion: Expansion;
  readonly body: BoundStatement;
  readonly conditions: readonly Bound[];
}

export function bindHandler(program: Program, point: ProbePoint, expansion: Expansion, body: BlockStatement, points: readonly ProbePoint[] = [point]): Handler {
  const { resolved, layers } = expansion;
  const frame: Frame = {
    program, diagnostics: program.diagnostics, scope: new LocalScope(), point: resolved, context: resolved.context, function: undefined,
    iterated: [], inEntry: false, inCondition: false, tentative: false, inAlias: false, handler: body,
  };
  const conditions = expansion.conditions.map((condition) => bindLong({ ...frame, inCondition: true }, condition));
  const inner = { ...frame, inAlias: true };
  const prologues = layers.toReversed().flatMap((alias) => (alias.prologue === undefined ? [] : [bindBlock(inner, alias.prologue)]));
  for (const alias of layers) program.pull(alias.span.source);
  const own = bindBlock(frame, body);
  const epilogues = layers.flatMap((alias) => (alias.epilogue === undefined ? [] : [bindBlock(inner, alias.epilogue)]));
  warnNeverAssigned(frame);
  return { frame, point, points, expansion, conditions, body: sequence(body.span, [...prologues, own, ...epilogues]) };
}

/** Locals that are read and never written: nearly always a slip of the pen. */
export function warnNeverAssigned(frame: Frame): void {
  const { program, scope } = frame;
  for (const variable of scope.all) {
    const span = variable.readSpan;
    if (variable.assigned || span?.source.origin !== 'user') continue;
    const names = [...scope.all.filter((one) => one.assigned).map((one) => one.name), ...program.globalNames(span)];
    const isFunction = program.findFunctions(variable.name, span).some((one) => one.params.length === 0);
    program.diagnostics.report(neverAssignedLocal(variable.name, span, names, isFunction));
  }
}

export function markHandler(handler: Handler): void {
  for (const condition of handler.conditions) markBound(condition);
  handler.body.mark(() => undefined);
}

/** Undefined for a handler that does nothing: as in stap, it is not placed. */
export function emitHandler({ frame, point, points, expansion, body, conditions }: Handler): ElaboratedProbe | undefined {
  const { resolved } = expansion;
  const { diagnostics } = frame.program;
  // Counters have no handler.
  const written = body.emit();
  const statement = written ?? (resolved.attach.kind === 'perf-counter' ? { kind: 'block', statements: [], span: body.span } as const : undefined);
  if (statement === undefined) {
    if (point.span.source.origin === 'user' && !diagnostics.hasErrors) diagnostics.report(elidedProbe(pointName(point.components), point.span));
    return undefined;
  }
  const condition = [...(resolved.guard === undefined ? [] : [resolved.guard]), ...conditions.map((one) => one.emit())].reduce<TypedExpression | undefined>((all, one) => (all === undefined ? one : logicalNode('and', all, one, one.span)), undefined);
  return {
    name: resolved.name,
    point: pointName(point.components),
    derivation: { written: expansion.written, conditions: expansion.conditions, layers: expansion.layers, points },
    ...(resolved.functionName === undefined ? {} : { functionName: resolved.functionName }),
    attach: resolved.attach,
    where: resolved.where,
    locals: frame.scope.emitted,
    body: statement,
    ...(condition === undefined ? {} : { condition }),
    span: point.span,
  };
}
