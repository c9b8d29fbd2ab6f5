/** Statements. */
import type { Span } from '../source/index.js';
import type { BlockStatement, Statement } from '../syntax/index.js';
import { EFFECT, effectOf, markBound, once, strongest } from './bound.js';
import type { Bound, BoundStatement, Effect } from './bound.js';
import { elidedAssignment, elidedExpression, unreachable } from './catalog.js';
import { constantOf } from './constants.js';
import { bindDelete } from './deletes.js';
import { bindExpression, bindLong } from './expressions.js';
import { bindForeach } from './foreach.js';
import { demandCell } from './frame.js';
import type { Frame } from './frame.js';
import { bindNextOverload } from './functions.js';
import { findVariable, localSymbol, noteWrite, variablePlace } from './places.js';
import { LocalVariable } from './symbols.js';
import type { TypedExpression, TypedStatement } from './typed-tree.js';
import { TypeCell } from './types.js';

type Of<Kind extends Statement['kind']> = Statement & { readonly kind: Kind };

export function bindStatement(frame: Frame, statement: Statement): BoundStatement {
  const { span } = statement;
  switch (statement.kind) {
    case 'empty': case 'bad-statement': return sequence(span, []);
    case 'block': return bindBlock(frame, statement);
    case 'expression': return expressionStatement(frame, bindExpression(frame, statement.expression));
    case 'if': return bindIf(frame, statement);
    case 'while': return bindLoop(frame, { span, condition: statement.condition, body: statement.body });
    case 'for': return bindFor(frame, statement);
    case 'foreach': return bindForeach(frame, statement);
    case 'break': case 'continue':
      return jump({ kind: statement.kind, span });
    case 'next': return frame.function === undefined ? jump({ kind: 'next', span }) : bindNextOverload(frame, frame.function, span);
    case 'return': return bindReturn(frame, statement);
    case 'delete': return bindDelete(frame, statement.target, span);
    case 'try': return bindTry(frame, statement);
  }
}

const LEAVES: ReadonlySet<Statement['kind']> = new Set(['break', 'continue', 'next', 'return']);

export function bindBlock(frame: Frame, block: BlockStatement): BoundStatement {
  const bound: BoundStatement[] = [];
  for (const [at, statement] of block.statements.entries()) {
    bound.push(bindStatement(frame, statement));
    const rest = block.statements[at + 1];
    if (!LEAVES.has(statement.kind) || rest === undefined) continue;
    if (rest.kind !== 'empty' && rest.span.source.origin === 'user') frame.diagnostics.report(unreachable(rest.span));
    break;
  }
  return sequence(block.span, bound);
}

export function sequence(span: Span, statements: readonly BoundStatement[]): BoundStatement {
  return {
    span,
    mark: (need) => {
      for (const one of statements) one.mark(need);
    },
    effect: () => statements.reduce<Effect>((most, one) => strongest(most, one.effect()), EFFECT.none),
    emit: () => blockNode(span, statements.map((one) => one.emit())),
  };
}

/** One statement of several; undefined of none. */
export function blockNode(span: Span, parts: readonly (TypedStatement | undefined)[]): TypedStatement | undefined {
  const statements = parts.filter((one) => one !== undefined);
  return statements.length > 1 ? { kind: 'block', statements, span } : statements[0];
}

function jump(statement: TypedStatement): BoundStatement {
  return { span: statement.span, mark: (need) => { need(); }, effect: () => EFFECT.local, emit: () => statement };
}

// ---- expressions as statements ------------------------------------------------------

export function expressionStatement(frame: Frame, bound: Bound): BoundStatement {
  const { span } = bound;
  return {
    span,
    mark: (need) => { markStatement(bound, need); },
    effect: () => effectOf(bound),
    emit: () => emitStatement(frame, bound),
  };
}

function markStatement(bound: Bound, need: () => void): void {
  const all = (): void => {
    markBound(bound);
    need();
  };
  if (bound.write !== undefined) {
    const effects = bound.children.filter((child) => effectOf(child) !== EFFECT.none);
    for (const child of effects) markBound(child);
    if (effects.length > 0) need();
    bound.write.variable.whenLive(all);
  } else if (effectOf(bound) !== EFFECT.none) all();
}

function emitStatement(frame: Frame, bound: Bound): TypedStatement | undefined {
  const { write, span } = bound;
  const { diagnostics } = frame.program;
  // After a mistake, what is unused may be so because of it.
  const isUsers = span.source.origin === 'user' && !frame.inAlias && !diagnostics.hasErrors;
  if (write !== undefined && !write.variable.live) {
    if (isUsers) diagnostics.report(elidedAssignment(write.variable.name, span));
    const effects = bound.children.filter((child) => effectOf(child) !== EFFECT.none);
    return blockNode(span, effects.map((child) => node(child)));
  }
  if (effectOf(bound) === EFFECT.none) {
    if (isUsers) diagnostics.report(elidedExpression(span));
    return undefined;
  }
  return node(bound);
}

function node(bound: Bound): TypedStatement {
  const expression = (bound.emitStatement ?? bound.emit)();
  return { kind: 'expression', expression, span: bound.span };
}

// ---- control flow ---------------------------------------------------------------------

function bindIf(frame: Frame, statement: Of<'if'>): BoundStatement {
  const { span } = statement;
  const known = constantOf(frame, statement.condition);
  if (typeof known === 'bigint') {
    const taken = known === 0n ? statement.otherwise : statement.then;
    return taken === undefined ? sequence(span, []) : bindStatement(frame, taken);
  }
  const condition = bindLong(frame, statement.condition);
  const then = bindStatement(frame, statement.then);
  const otherwise = statement.otherwise === undefined ? undefined : bindStatement(frame, statement.otherwise);
  let needed = false;
  return {
    span,
    mark: (need) => {
      const all = once(() => {
        needed = true;
        markBound(condition);
        need();
      });
      if (effectOf(condition) !== EFFECT.none) all();
      then.mark(all);
      otherwise?.mark(all);
    },
    effect: () => strongest(effectOf(condition), strongest(then.effect(), otherwise?.effect() ?? EFFECT.none)),
    emit: () => (needed ? ifNode(span, condition.emit(), then, otherwise) : undefined),
  };
}

function ifNode(span: Span, condition: TypedExpression, then: BoundStatement, otherwise: BoundStatement | undefined): TypedStatement | undefined {
  if (condition.kind === 'number') return (condition.value === 0n ? otherwise : then)?.emit();
  const [first, second] = [then.emit(), otherwise?.emit()];
  return { kind: 'if', condition, then: first ?? { kind: 'block', statements: [], span: then.span }, ...(second === undefined ? {} : { otherwise: second }), span };
}

interface LoopParts {
  readonly span: Span;
  readonly condition?: Parameters<typeof bindLong>[1];
  readonly step?: Parameters<typeof bindExpression>[1];
  readonly body: Statement;
}

/** A loop may be endless, so it stays whether or not something in it is needed. */
function bindLoop(frame: Frame, parts: LoopParts): BoundStatement {
  const { span } = parts;
  const known = parts.condition === undefined ? 1n : constantOf(frame, parts.condition);
  if (known === 0n) return sequence(span, []);
  const condition = parts.condition === undefined || typeof known === 'bigint' ? undefined : bindLong(frame, parts.condition);
  const body = bindStatement(frame, parts.body);
  const step = parts.step === undefined ? undefined : bindExpression(frame, parts.step);
  return {
    span,
    mark: (need) => {
      need();
      if (condition !== undefined) markBound(condition);
      if (step !== undefined) markStatement(step, () => undefined);
      body.mark(() => undefined);
    },
    effect: () => [condition, step].reduce<Effect>((most, one) => (one === undefined ? most : strongest(most, effectOf(one))), strongest(EFFECT.local, body.effect())),
    emit: () => {
      const test = condition?.emit();
      const after = step === undefined ? undefined : emitStep(frame, step);
      return {
        kind: 'loop', span,
        ...(test === undefined ? {} : { condition: test }),
        ...(after === undefined ? {} : { step: after }),
        body: body.emit() ?? { kind: 'block', statements: [], span: body.span },
      };
    },
  };
}

/** A step that writes what nothing reads has only its operands' effects, if any: kept whole when it has. */
function emitStep(frame: Frame, step: Bound): TypedExpression | undefined {
  const statement = emitStatement(frame, step);
  return statement?.kind === 'expression' ? statement.expression : undefined;
}

function bindFor(frame: Frame, statement: Of<'for'>): BoundStatement {
  const { span, init, condition, step, body } = statement;
  const first = init === undefined ? [] : [expressionStatement(frame, bindExpression(frame, init))];
  const loop = bindLoop(frame, { span, body, ...(condition === undefined ? {} : { condition }), ...(step === undefined ? {} : { step }) });
  return sequence(span, [...first, loop]);
}

function bindReturn(frame: Frame, statement: Of<'return'>): BoundStatement {
  const { span } = statement;
  const value = statement.value === undefined ? undefined : bindExpression(frame, statement.value);
  // The parser has refused a return outside a function.
  if (frame.function === undefined) return sequence(span, []);
  if (value !== undefined) {
    frame.function.hasResult = true;
    demandCell(frame, value, frame.function.result);
    frame.function.pointedResult.add(value.pointsTo, value.span);
  }
  return {
    span,
    mark: (need) => {
      if (value !== undefined) markBound(value);
      need();
    },
    effect: () => strongest(EFFECT.local, value === undefined ? EFFECT.none : effectOf(value)),
    emit: () => ({ kind: 'return', ...(value === undefined ? {} : { value: value.emit() }), span }),
  };
}

function bindTry(frame: Frame, statement: Of<'try'>): BoundStatement {
  const { span } = statement;
  const body = bindBlock(frame, statement.body);
  const caught = statement.variable === undefined ? undefined : bindCaught(frame, statement.variable.name, statement.variable.span);
  const handler = bindBlock(frame, statement.handler);
  let needed = false;
  return {
    span,
    mark: (need) => {
      const all = once(() => {
        needed = true;
        need();
      });
      body.mark(all);
      handler.mark(all);
    },
    effect: () => strongest(body.effect(), handler.effect()),
    emit: () => {
      if (!needed) return undefined;
      const inner = body.emit() ?? { kind: 'block' as const, statements: [], span: body.span };
      const rescue = handler.emit();
      const variable = caught?.();
      const copied = blockNode(handler.span, [variable?.copy, rescue]) ?? { kind: 'block' as const, statements: [], span: handler.span };
      return { kind: 'try', body: inner, ...(variable === undefined ? {} : { variable: variable.symbol }), handler: copied, span };
    },
  };
}

/** The variable of a catch clause; when the name is a global's, a hidden local that is copied to it. */
function bindCaught(frame: Frame, name: string, span: Span): (() => { readonly symbol: ReturnType<typeof localSymbol>; readonly copy?: TypedStatement } | undefined) | undefined {
  const variable = findVariable(frame, name, span);
  if (variable === undefined) return undefined;
  noteWrite(frame, variable, span);
  const place = variablePlace(frame, variable, span);
  demandCell(frame, { span, cell: TypeCell.of('string', span), children: [], emit: () => ({ kind: 'text', type: 'string', value: '', span }) }, place.cell);
  if (variable instanceof LocalVariable) return () => (variable.live ? { symbol: localSymbol(frame, variable, span) } : undefined);
  const hidden = frame.scope.hidden('caught', span);
  hidden.cell.unify(TypeCell.of('string', span), span);
  return () => {
    if (!variable.live) return undefined;
    const symbol = localSymbol(frame, hidden, span);
    const value: TypedExpression = { kind: 'load', type: 'string', place: { kind: 'local', symbol, type: 'string', span }, span };
    return { symbol, copy: { kind: 'expression', expression: { kind: 'assign', type: 'string', place: place.emit(), value, span }, span } };
  };
}
