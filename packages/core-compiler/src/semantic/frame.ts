/** What binding an expression or statement needs to know of its surroundings. */
import type { DiagnosticSink } from '../diagnostics/index.js';
import type { ProbeContext, ResolvedPoint } from '../probes/index.js';
import type { Span } from '../source/index.js';
import type { BlockStatement } from '../syntax/index.js';
import type { Bound } from './bound.js';
import { typeMismatch, unresolvedType } from './catalog.js';
import type { Program } from './program.js';
import type { FunctionInfo, GlobalVariable, LocalScope } from './symbols.js';
import type { ScriptType, TypedExpression } from './typed-tree.js';
import { TypeCell } from './types.js';
import type { ValueType } from './types.js';

export interface Frame {
  readonly program: Program;
  /** Where mistakes go: a sink of its own under @defined. */
  readonly diagnostics: DiagnosticSink;
  readonly scope: LocalScope;
  /** Probes only. */
  readonly point: ResolvedPoint | undefined;
  readonly context: ProbeContext | undefined;
  /** Functions only. */
  readonly function: FunctionInfo | undefined;
  readonly iterated: readonly { readonly variable: GlobalVariable; readonly span: Span }[];
  /** In the operand of @entry: locals have no values there. */
  readonly inEntry: boolean;
  /** In the condition of a probe point. */
  readonly inCondition: boolean;
  /** Under @defined: a failure to resolve is the answer, not an error. */
  readonly tentative: boolean;
  /** Of a probe: the handler of its own, which @probewrite asks about. */
  readonly handler?: BlockStatement;
  /** The text comes from an alias: what one use of it leaves unread is no mistake. */
  readonly inAlias: boolean;
}

/** Demands a type of an expression; a mismatch is reported at the expression. */
export function demand(frame: Frame, bound: Bound, type: ValueType): void {
  demandCell(frame, bound, TypeCell.of(type), type);
}

/** Makes an expression's type equal to `cell`'s; false when it reported that they differ. */
export function demandCell(frame: Frame, bound: Bound, cell: TypeCell, expected = cell.type): boolean {
  const found = bound.cell.type;
  const origins = [{ type: found ?? 'long', span: bound.cell.origin }, { type: expected ?? 'long', span: cell.origin }] as const;
  if (cell.unify(bound.cell, bound.span)) return true;
  frame.diagnostics.report(typeMismatch(expected ?? 'long', found ?? 'long', bound.span, origins));
  return false;
}

/** The type of a value when all constraints are known. Reports what has none, once. */
export function valueType(frame: Frame, cell: TypeCell, span: Span, what = 'the expression'): ScriptType {
  const { type } = cell;
  if (type === 'long' || type === 'string') return type;
  const { diagnostics } = frame.program;
  if (type === 'stat') diagnostics.report(typeMismatch('long', 'stat', span, [{ type: 'stat', span: cell.origin }]));
  else if (cell.isTainted) frame.program.untyped.push({ what, span });
  else {
    diagnostics.report(unresolvedType(what, span));
    cell.taint();
  }
  return 'long';
}

/** Stands where something wrong was, after it was reported. */
export function badBound(span: Span): Bound {
  return { span, cell: TypeCell.tainted(), children: [], emit: () => zero(span) };
}

export function zero(span: Span): TypedExpression {
  return { kind: 'number', type: 'long', value: 0n, span };
}
