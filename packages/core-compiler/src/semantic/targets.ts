/** `$target` variables, `@defined`, `@entry`. */
import type { ProbeContext, TargetResolution } from '../probes/index.js';
import { DiagnosticSink } from '../diagnostics/index.js';
import { printExpression } from '../syntax/index.js';
import type { EntryExpression, Expression, TargetExpression } from '../syntax/index.js';
import type { Bound } from './bound.js';
import { capturedAtEntry, entryOutsideReturn, pointsToSeveral, skippedTarget, targetInFunction, unresolvedTarget } from './catalog.js';
import { constantOf } from './constants.js';
import { bindExpression } from './expressions.js';
import { badBound, demand, valueType, zero } from './frame.js';
import type { Frame } from './frame.js';
import { knownPointer } from './pointed-types.js';
import type { TypedExpression } from './typed-tree.js';
import { TypeCell } from './types.js';

/** Targets whose resolution is known at once, so that a cast of one sees it. */
const resolved = new WeakMap<Bound, TypedExpression>();

export function bindTarget(frame: Frame, expression: TargetExpression): Bound {
  const { span } = expression;
  const context = frame.function === undefined ? frame.context : frame.program.functionContext;
  if (context === undefined || (frame.function !== undefined && expression.base.kind === 'variable')) {
    frame.diagnostics.report(targetInFunction(targetName(expression), span));
    return badBound(span);
  }
  if (expression.base.kind === 'autocast') return bindAutocast(frame, context, expression, expression.base.value);
  const operands: { readonly bound: Bound; readonly slot: TypedExpression }[] = [];
  const resolution = context.resolve(expression, (operand) => {
    const bound = bindOperand(frame, operand);
    const slot = resolved.get(bound) ?? literalOf(operand) ?? placeholder(bound);
    operands.push({ bound, slot });
    return slot;
  });
  if (!resolution.ok) return unresolved(frame, expression, resolution, context.variables().map((one) => one.name));
  const { expression: access, doubt } = resolution;
  if (doubt !== undefined && !frame.tentative) frame.diagnostics.report(doubt);
  warnOfCapture(frame, expression);
  const pointsTo = knownPointer(resolution.pointed, span);
  const bound: Bound = {
    span, cell: TypeCell.of(access.type, span), children: operands.map((one) => one.bound), ...(pointsTo === undefined ? {} : { pointsTo }),
    emit: () => {
      for (const one of operands) fill(one.slot, one.bound.emit());
      return access;
    },
  };
  resolved.set(bound, access);
  return bound;
}

/** `p->member`, `(p)[i]`: resolved when all that `p` can be is known, which is after everything is bound. */
function bindAutocast(frame: Frame, context: ProbeContext, expression: TargetExpression, value: Expression): Bound {
  const { span, steps, pretty } = expression;
  const operands = new Map([value, ...steps.flatMap((step) => (step.kind === 'element' ? [step.index] : []))].map((one) => [one, bindOperand(frame, one)]));
  const base = operands.get(value);
  const resolve = (elaborate: (bound: Bound) => TypedExpression): TargetResolution => {
    const answer = base?.pointsTo?.();
    return context.resolve(expression, (operand) => {
      const bound = operands.get(operand);
      return bound === undefined ? zero(operand.span) : elaborate(bound);
    }, answer?.kind === 'known' ? answer.pointer.type : undefined);
  };
  if (frame.tentative) {
    const trial = resolve((bound) => zero(bound.span));
    if (!trial.ok) return unresolved(frame, expression, trial, []);
  }
  return {
    span, cell: TypeCell.of(pretty === 0 ? 'long' : 'string', span), children: [...operands.values()],
    pointsTo: () => {
      const outcome = resolve((bound) => zero(bound.span));
      return outcome.ok ? knownPointer(outcome.pointed, span)?.() : undefined;
    },
    emit: () => {
      const conflict = base?.pointsTo?.();
      if (conflict?.kind === 'conflict') {
        frame.program.diagnostics.report(pointsToSeveral(sourceText(value), span, conflict.pointers.map((one) => ({ type: one.type.name, span: one.span }))));
        return zero(span);
      }
      const outcome = resolve((bound) => bound.emit());
      if (outcome.ok) return outcome.expression;
      return unresolved({ ...frame, diagnostics: frame.program.diagnostics }, expression, outcome, []).emit();
    },
  };
}

function sourceText({ span }: Expression): string {
  return span.source.text.slice(span.start, span.end);
}

/** As in stap: in a `.return` probe of a function, everything but `$return` is what it was at the entry. */
function warnOfCapture(frame: Frame, expression: TargetExpression): void {
  const { base, span } = expression;
  const { point } = frame;
  if (base.kind !== 'variable' || base.name === '$return' || base.name === '$$return' || frame.inEntry || frame.tentative || frame.inAlias) return;
  if (span.source.origin !== 'user' || point?.isReturn !== true || !['function', 'user-function'].includes(point.attach.kind)) return;
  frame.diagnostics.report(capturedAtEntry(printExpression(expression), span));
}

/** A mistake in a script is reported; in the library it matters only where its value is needed. */
function unresolved(frame: Frame, expression: TargetExpression, failure: TargetResolution & { readonly ok: false }, available: readonly string[]): Bound {
  const name = targetName(expression);
  const similar = failure.similar.length > 0 ? failure.similar : expression.steps.length === 0 && !available.includes(name) ? available : [];
  const isForeign = expression.span.source.origin !== 'user' && expression.span.usedAt === undefined;
  const notes = isForeign && frame.point !== undefined ? [{ message: `in probe ${frame.point.name}` }] : [];
  if (frame.program.skipBadVariables && !frame.tentative) {
    frame.diagnostics.report(skippedTarget(failure.message, failure.span, name));
    return { span: expression.span, cell: TypeCell.of('long', expression.span), children: [], emit: () => zero(expression.span) };
  }
  const diagnostic = unresolvedTarget(failure.message, failure.span, name, similar, failure.hint, notes);
  if (frame.tentative || !isForeign) {
    frame.diagnostics.report(diagnostic);
    return badBound(expression.span);
  }
  return {
    span: expression.span, cell: TypeCell.tainted(), children: [],
    emit: () => {
      frame.program.diagnostics.report(diagnostic);
      return zero(expression.span);
    },
  };
}

/** An index, or the value under a cast: always a number or an address. */
function bindOperand(frame: Frame, operand: Expression): Bound {
  const bound = bindExpression(frame, operand);
  demand(frame, bound, 'long');
  return bound;
}

function literalOf(operand: Expression): TypedExpression | undefined {
  return operand.kind === 'number' ? { kind: 'number', type: 'long', value: operand.value, span: operand.span } : undefined;
}

/** Stands for an operand whose types are not all known yet; {@link fill} puts the operand there when they are. */
function placeholder(bound: Bound): TypedExpression {
  return { kind: 'unary', type: 'long', fn: 'neg', operand: zero(bound.span), span: bound.span };
}

function fill(slot: TypedExpression, value: TypedExpression): void {
  if (slot === value) return;
  for (const key of Object.keys(slot)) Reflect.deleteProperty(slot, key);
  Object.assign(slot, value);
}

export function targetName({ base }: TargetExpression): string {
  switch (base.kind) {
    case 'variable': return base.name;
    case 'var': return `@var("${base.name}")`;
    case 'cast': return '@cast';
    case 'autocast': return '->';
  }
}

/** Whether all of an expression can be resolved here. Tries it, and forgets the trial. */
export function isDefined(frame: Frame, operand: Expression): boolean {
  const known = constantOf(frame, operand);
  if (known !== undefined) return true;
  const diagnostics = new DiagnosticSink();
  bindExpression({ ...frame, diagnostics, tentative: true }, operand);
  return !diagnostics.hasErrors;
}

export function bindEntry(frame: Frame, expression: EntryExpression): Bound {
  const { span } = expression;
  if (frame.point?.isReturn !== true) {
    frame.diagnostics.report(entryOutsideReturn(span));
    return badBound(span);
  }
  const operand = bindExpression({ ...frame, inEntry: true }, expression.operand);
  return {
    span, cell: operand.cell, children: [operand],
    emit: () => {
      const type = valueType(frame, operand.cell, span);
      const inner = withoutEntry(operand.emit());
      return type === 'string' ? { kind: 'entry', type, expression: inner, span } : { kind: 'entry', type, expression: inner, span };
    },
  };
}

/** All of @entry's operand is evaluated at entry, so what the resolver moved there already needs no move of its own. */
function withoutEntry(expression: TypedExpression): TypedExpression {
  if (expression.kind === 'entry') return withoutEntry(expression.expression);
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(expression)) {
    // Symbols are known by identity.
    if (key === 'symbol' || key === 'array' || key === 'function') copy[key] = value;
    else if (Array.isArray(value)) copy[key] = value.map((one: unknown) => (isExpression(one) ? withoutEntry(one) : one));
    else copy[key] = isExpression(value) ? withoutEntry(value) : value;
  }
  return copy as unknown as TypedExpression;
}

function isExpression(value: unknown): value is TypedExpression {
  return typeof value === 'object' && value !== null && 'kind' in value && 'type' in value && 'span' in value;
}
