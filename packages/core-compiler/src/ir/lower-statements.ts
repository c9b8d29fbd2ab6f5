/** Statements to blocks. */
import type { BlockId, SourceLocation } from '@stapkit/object';
import type { TypedStatement } from '../semantic/index.js';
import { InternalError, present } from './internal-error.js';
import { lowerCondition, lowerEffect, lowerOperands, lowerValue } from './lower-expressions.js';
import { lowerDelete } from './lower-places.js';
import type { BodyLowering } from './lowering.js';
import { registerValue } from './operands.js';

type Of<Kind extends TypedStatement['kind']> = TypedStatement & { readonly kind: Kind };

export function lowerStatement(body: BodyLowering, statement: TypedStatement): void {
  const { builder, tables } = body;
  if (statement.kind === 'block') {
    for (const one of statement.statements) lowerStatement(body, one);
    return;
  }
  builder.location = tables.locations.at(statement.span);
  switch (statement.kind) {
    case 'expression': lowerEffect(body, statement.expression); return;
    case 'if': lowerIf(body, statement); return;
    case 'loop': lowerLoop(body, statement); return;
    case 'foreach': lowerForeach(body, statement); return;
    case 'break': builder.jump(enclosingLoop(body, statement).breakTo); return;
    case 'continue': builder.jump(enclosingLoop(body, statement).continueTo); return;
    case 'next': lowerNext(body, statement); return;
    case 'return':
      builder.end({ kind: 'return', ...(statement.value === undefined ? {} : { value: lowerValue(body, statement.value) }) });
      return;
    case 'delete': lowerDelete(body, statement.place); return;
    case 'clear':
      builder.emit({ op: statement.global.keys === undefined ? 'clear-global' : 'array-clear', global: tables.global(statement.global) });
      return;
    case 'try': lowerTry(body, statement);
  }
}

function lowerIf(body: BodyLowering, statement: Of<'if'>): void {
  const { builder } = body;
  const then = builder.block();
  const after = builder.block();
  const otherwise = statement.otherwise === undefined ? after : builder.block();
  lowerCondition(body, statement.condition, then, otherwise);
  builder.enter(then);
  lowerStatement(body, statement.then);
  if (statement.otherwise !== undefined) {
    builder.jump(after);
    builder.enter(otherwise);
    lowerStatement(body, statement.otherwise);
  }
  builder.enter(after);
}

function lowerLoop(body: BodyLowering, statement: Of<'loop'>): void {
  const { builder, tables } = body;
  const [header, inside, after] = [builder.block(), builder.block(), builder.block()];
  const step = statement.step === undefined ? header : builder.block();
  builder.markLoop(header, loopPlace(body, statement));
  builder.enter(header);
  if (statement.condition === undefined) builder.jump(inside);
  else lowerCondition(body, statement.condition, inside, after);
  builder.enter(inside);
  lowerLoopBody(body, statement.body, after, step);
  if (statement.step !== undefined) {
    builder.enter(step);
    builder.location = tables.locations.at(statement.step.span);
    lowerEffect(body, statement.step);
  }
  builder.jump(header);
  builder.enter(after);
}

/** stap names a loop by its keyword: "keyword 'while'". */
function loopPlace(body: BodyLowering, { span }: TypedStatement): SourceLocation {
  const word = /^[a-z]+/.exec(span.source.text.slice(span.start, span.end))?.[0];
  return body.tables.locations.near(span, word === undefined ? undefined : `keyword '${word}'`);
}

function lowerLoopBody(body: BodyLowering, statement: TypedStatement, breakTo: BlockId, continueTo: BlockId): void {
  body.loops.push({ breakTo, continueTo });
  lowerStatement(body, statement);
  body.loops.pop();
}

function lowerForeach(body: BodyLowering, statement: Of<'foreach'>): void {
  const { builder, tables } = body;
  if (statement.value !== undefined && statement.array.type === 'stat') {
    throw new InternalError(`foreach takes a value from the array of statistics '${statement.array.name}'`);
  }
  const iterator = body.nextIterator();
  const given = (statement.slice ?? []).filter((key) => key !== undefined);
  const operands = lowerOperands(body, statement.limit === undefined ? given : [...given, statement.limit]);
  const slice = statement.slice?.map((key) => (key === undefined ? undefined : operands[given.indexOf(key)]));
  const limit = statement.limit === undefined ? undefined : operands.at(-1);
  builder.emit({
    op: 'iterate', iterator, global: tables.global(statement.array),
    location: tables.locations.near(statement.span, "keyword 'foreach'"),
    ...(statement.sort === undefined ? {} : { sort: statement.sort }),
    ...(limit === undefined ? {} : { limit }),
    ...(slice === undefined ? {} : { slice }),
  });
  const [header, inside, after] = [builder.block(), builder.block(), builder.block()];
  builder.markLoop(header, loopPlace(body, statement));
  builder.enter(header);
  const more = body.temporary('long');
  builder.emit({
    op: 'advance', iterator, more,
    keys: statement.keys.map((key) => body.local(key)),
    ...(statement.value === undefined ? {} : { value: body.local(statement.value) }),
  });
  builder.branch(registerValue(more), inside, after);
  builder.enter(inside);
  lowerLoopBody(body, statement.body, after, header);
  builder.jump(header);
  builder.enter(after);
}

function lowerNext(body: BodyLowering, statement: TypedStatement): void {
  if (body.function === undefined) body.builder.end({ kind: 'return' });
  // A function without another overload to go on with: stap's message.
  else body.builder.end({ kind: 'throw', message: { text: 'all functions exhausted' }, location: body.tables.locations.near(statement.span) });
}

function lowerTry(body: BodyLowering, statement: Of<'try'>): void {
  const { builder } = body;
  const handler = builder.block();
  const after = builder.block();
  builder.protect(handler, () => { lowerStatement(body, statement.body); });
  builder.jump(after);
  builder.enter(handler);
  if (statement.variable !== undefined) builder.emit({ op: 'caught', dst: body.local(statement.variable) });
  lowerStatement(body, statement.handler);
  builder.enter(after);
}

function enclosingLoop(body: BodyLowering, statement: TypedStatement): { readonly breakTo: BlockId; readonly continueTo: BlockId } {
  return present(body.loops.at(-1), `the loop around '${statement.kind}'`);
}

