/** Expressions: one function a form, each stating its type constraints and how it is emitted. */
import type { LongUnary } from '@stapkit/object';
import type { Span } from '../source/index.js';
import type { Expression, TernaryExpression } from '../syntax/index.js';
import { bindAssign, bindIncrement } from './assignments.js';
import { bindAt } from './at-operators.js';
import type { Bound } from './bound.js';
import { bindCall } from './calls.js';
import { embeddedCode, histogramMisuse } from './catalog.js';
import { constantOf } from './constants.js';
import { binaryNode, compareTextNode, concatNode, logicalNode, unaryNode } from './fold.js';
import { badBound, demand, demandCell, valueType } from './frame.js';
import type { Frame } from './frame.js';
import { COMPARISONS, LONG_OPERATORS } from './operators.js';
import { bindKeys, bindLoad, bindPlace, findArray, globalSymbol, noteRead } from './places.js';
import { eitherPointer } from './pointed-types.js';
import { bindPrint } from './prints.js';
import { bindBucket, bindStat } from './statistics.js';
import { bindRegex } from './regex.js';
import { bindEntry, bindTarget, isDefined } from './targets.js';
import { TypeCell } from './types.js';

type Of<Kind extends Expression['kind']> = Expression & { readonly kind: Kind };

export function bindExpression(frame: Frame, expression: Expression): Bound {
  switch (expression.kind) {
    case 'number': return numberBound(expression.value, expression.span);
    case 'text': return textBound(expression.value, expression.span);
    case 'name': case 'index': {
      const place = bindPlace(frame, expression);
      return place === undefined ? badBound(expression.span) : bindLoad(frame, place);
    }
    case 'unary': return bindUnary(frame, expression);
    case 'binary': return bindBinary(frame, expression);
    case 'in': return bindMembership(frame, expression);
    case 'ternary': return bindTernary(frame, expression);
    case 'assign': return bindAssign(frame, expression);
    case 'increment': return bindIncrement(frame, expression);
    case 'call': return bindCall(frame, expression);
    case 'print': return bindPrint(frame, expression);
    case 'stat': return bindStat(frame, expression);
    case 'histogram': return expression.index === undefined ? refuse(frame, expression.span, histogramMisuse(expression.span)) : bindBucket(frame, expression, expression.index);
    case 'target': return bindTarget(frame, expression);
    case 'entry': return bindEntry(frame, expression);
    case 'defined': return numberBound(isDefined(frame, expression.operand) ? 1n : 0n, expression.span);
    case 'regex': return bindRegex(frame, expression);
    case 'at': return bindAt(frame, expression);
    case 'embedded-expression': return refuse(frame, expression.span, embeddedCode(expression.code, frame.function === undefined ? '' : ` in function '${frame.function.name}'`, expression.span));
    case 'bad-expression': return badBound(expression.span);
  }
}

function refuse(frame: Frame, span: Span, diagnostic: Parameters<Frame['diagnostics']['report']>[0]): Bound {
  frame.diagnostics.report(diagnostic);
  return badBound(span);
}

export function numberBound(value: bigint, span: Span): Bound {
  return { span, cell: TypeCell.of('long', span), children: [], emit: () => ({ kind: 'number', type: 'long', value, span }) };
}

export function textBound(value: string, span: Span): Bound {
  return { span, cell: TypeCell.of('string', span), children: [], emit: () => ({ kind: 'text', type: 'string', value, span }) };
}

/** An operand that must be a long. */
export function bindLong(frame: Frame, expression: Expression): Bound {
  const bound = bindExpression(frame, expression);
  demand(frame, bound, 'long');
  return bound;
}

const UNARY: Readonly<Record<'-' | '!' | '~', LongUnary>> = { '-': 'neg', '!': 'lnot', '~': 'not' };

function bindUnary(frame: Frame, { operator, operand, span }: Of<'unary'>): Bound {
  const bound = bindLong(frame, operand);
  if (operator === '+') return bound;
  const fn = UNARY[operator];
  return { span, cell: TypeCell.of('long', span), children: [bound], emit: () => unaryNode(fn, bound.emit(), span) };
}

function bindBinary(frame: Frame, expression: Of<'binary'>): Bound {
  const { operator, operatorSpan, span } = expression;
  if (operator === '&&' || operator === '||') return bindLogical(frame, expression);
  const left = bindExpression(frame, expression.left);
  const right = bindExpression(frame, expression.right);
  const children = [left, right];
  if (operator === '.') {
    for (const child of children) demand(frame, child, 'string');
    return { span, cell: TypeCell.of('string', span), children, emit: () => concatNode(left.emit(), right.emit(), span) };
  }
  const cell = TypeCell.of('long', span);
  const comparison = COMPARISONS[operator];
  if (comparison !== undefined) {
    demandCell(frame, right, left.cell);
    return {
      span, cell, children,
      emit: () => {
        const [a, b] = [left.emit(), right.emit()];
        const type = valueType(frame, left.cell, left.span);
        return type === 'string' ? compareTextNode(comparison, a, b, span) : binaryNode(comparison, a, b, span, operatorSpan);
      },
    };
  }
  for (const child of children) demand(frame, child, 'long');
  const fn = LONG_OPERATORS[operator] ?? 'add';
  return { span, cell, children, emit: () => binaryNode(fn, left.emit(), right.emit(), span, operatorSpan) };
}

function bindLogical(frame: Frame, expression: Of<'binary'>): Bound {
  const { span } = expression;
  const kind = expression.operator === '&&' ? 'and' : 'or';
  const known = constantOf(frame, expression.left);
  if (typeof known === 'bigint' && (known !== 0n) === (kind === 'or')) return numberBound(kind === 'or' ? 1n : 0n, span);
  const left = bindLong(frame, expression.left);
  const right = bindLong(frame, expression.right);
  return { span, cell: TypeCell.of('long', span), children: [left, right], emit: () => logicalNode(kind, left.emit(), right.emit(), span) };
}

function bindMembership(frame: Frame, expression: Of<'in'>): Bound {
  const { span } = expression;
  const variable = findArray(frame, expression.array, expression.indexes.length, expression.arraySpan);
  const keys = bindKeys(frame, expression.indexes, variable?.keys);
  if (variable === undefined) return badBound(span);
  noteRead(frame, variable, expression.arraySpan);
  return {
    span, cell: TypeCell.of('long', span), children: keys.filter((key) => key !== undefined),
    onMark: () => { variable.mark(); },
    emit: () => ({ kind: 'in', type: 'long', array: globalSymbol(frame, variable), keys: keys.map((key) => key?.emit()), span }),
  };
}

function bindTernary(frame: Frame, expression: TernaryExpression): Bound {
  const { span } = expression;
  const known = constantOf(frame, expression.condition);
  if (typeof known === 'bigint') return bindExpression(frame, known === 0n ? expression.otherwise : expression.then);
  const condition = bindLong(frame, expression.condition);
  const then = bindExpression(frame, expression.then);
  const otherwise = bindExpression(frame, expression.otherwise);
  demandCell(frame, otherwise, then.cell);
  return {
    span, cell: then.cell, children: [condition, then, otherwise],
    pointsTo: eitherPointer([{ give: then.pointsTo, span: then.span }, { give: otherwise.pointsTo, span: otherwise.span }]),
    emit: () => {
      const test = condition.emit();
      if (test.kind === 'number') return (test.value === 0n ? otherwise : then).emit();
      const [first, second] = [then.emit(), otherwise.emit()];
      return { kind: 'ternary', type: valueType(frame, then.cell, span), condition: test, then: first, otherwise: second, span };
    },
  };
}
