/** Texts of several values: `$$vars` and its kind, and the `$` and `$$` suffixes. */
import type { FormatPiece } from '@stapkit/object';
import { INTRINSICS } from '@stapkit/object';
import type { FunctionSymbol, LocalSymbol, TypedExpression } from '../semantic/typed-tree.js';
import type { Span } from '../source/index.js';
import { shapeOf, typeName, type CType } from './c-types.js';
import { numberNode } from './arithmetic.js';
import { dereference, elementOf, memberOf, TargetProblem, valueOf, type Place } from './target-access.js';

/** A structure with more values than this would not fit a string, and would cost as many reads. */
const MOST_VALUES = 64;
/** stap's own: elements of an array that are printed one by one. */
const MOST_ELEMENTS = 16;

/** A growing sprintf. */
class Text {
  readonly pieces: FormatPiece[] = [];
  readonly args: TypedExpression[] = [];

  literal(text: string): void {
    const last = this.pieces.at(-1);
    if (last !== undefined && 'literal' in last) this.pieces[this.pieces.length - 1] = { literal: last.literal + text };
    else this.pieces.push({ literal: text });
  }

  value(piece: FormatPiece, value: TypedExpression): void {
    this.pieces.push(piece);
    this.args.push(value);
  }

  done(span: Span): TypedExpression {
    if (this.args.length === 0) return { kind: 'text', type: 'string', value: this.pieces.map((piece) => ('literal' in piece ? piece.literal : '')).join(''), span };
    return { kind: 'print', type: 'string', result: true, pieces: this.pieces, args: this.args, span };
  }
}

/** `name=0x1 other=0x2`; with a suffix the values are pretty-printed. What cannot be read is `=?`, as in stap. */
export function summaryText(values: readonly { readonly name: string; readonly place: () => Place }[], pretty: 0 | 1 | 2, span: Span): TypedExpression {
  const text = new Text();
  for (const [index, { name, place }] of values.entries()) {
    text.literal(`${index === 0 ? '' : ' '}${name}=`);
    try {
      if (pretty === 0) text.value({ conversion: 'x', flag: '#' }, valueOf(place(), span));
      else appendPretty(text, place(), pretty, span);
    } catch (problem) {
      if (!(problem instanceof TargetProblem)) throw problem;
      text.literal('?');
    }
  }
  return text.done(span);
}

/** `$x$` (depth 1) and `$x$$` (depth 2). */
export function prettyText(place: Place, depth: 1 | 2, span: Span): TypedExpression {
  const text = new Text();
  appendPretty(text, place, depth, span);
  return text.done(span);
}

function appendPretty(text: Text, place: Place, depth: 1 | 2, span: Span): void {
  const shape = shapeOf(place.type);
  if (shape.shape === 'pointer' && shapeOf(shape.to).shape === 'composite') appendComposite(text, dereference(place, span), depth, span);
  else appendValue(text, place, depth, span);
  if (text.args.length > MOST_VALUES) {
    throw new TargetProblem(`'${place.text}$' would print more than ${MOST_VALUES} values`, span, { hint: depth === 2 ? 'use one $ instead of $$, or print single members' : 'print single members' });
  }
}

function appendValue(text: Text, place: Place, depth: number, span: Span): void {
  const shape = shapeOf(place.type);
  switch (shape.shape) {
    case 'composite':
      if (depth > 0) appendComposite(text, place, depth, span);
      else text.literal('{...}');
      return;
    case 'array':
      appendArray(text, place, shape, depth, span);
      return;
    case 'pointer':
      if (isChar(shape.to)) appendQuoted(text, place, valueOf(place, span), span);
      else text.value({ conversion: 'p' }, valueOf(place, span));
      return;
    case 'scalar':
      if (shape.isChar) {
        text.literal("'");
        text.value({ conversion: 'c', flag: '#' }, valueOf(place, span));
        text.literal("'");
      } else text.value({ conversion: shape.scalar.signed ? 'd' : 'u' }, valueOf(place, span));
      return;
    default:
      text.literal('?');
  }
}

function appendComposite(text: Text, place: Place, depth: number, span: Span): void {
  const shape = shapeOf(place.type);
  if (shape.shape !== 'composite') throw new TargetProblem(`'${place.text}' is '${typeName(place.type)}', not a structure`, span);
  text.literal('{');
  for (const [index, name] of shape.memberNames().entries()) {
    if (text.args.length > MOST_VALUES) return;
    text.literal(`${index === 0 ? '' : ', '}.${name}=`);
    appendValue(text, memberOf(place, name, span), depth - 1, span);
  }
  text.literal('}');
}

function appendArray(text: Text, place: Place, shape: { readonly element: CType; readonly length: number }, depth: number, span: Span): void {
  if (isChar(shape.element)) {
    appendQuoted(text, place, valueOf(place, span), span, shape.length);
    return;
  }
  if (depth <= 0) {
    text.literal('[...]');
    return;
  }
  text.literal('[');
  for (let index = 0; index < shape.length && index < MOST_ELEMENTS; index++) {
    if (index > 0) text.literal(', ');
    appendValue(text, elementOf(place, numberNode(BigInt(index), span), span), depth - 1, span);
  }
  text.literal(shape.length > MOST_ELEMENTS ? ', ...]' : ']');
}

function isChar(type: CType): boolean {
  const shape = shapeOf(type);
  return shape.shape === 'scalar' && shape.isChar;
}

function appendQuoted(text: Text, place: Place, address: TypedExpression, span: Span, length = 0): void {
  const limit = numberNode(BigInt(length > 0 ? length : -1), span);
  const read = call(place.space === 'user' ? 'read_user_text_or' : 'read_kernel_text_or', [address, limit, { kind: 'text', type: 'string', value: '', span }], span);
  text.value({ conversion: 's' }, call('quote', [read], span));
}

/** A call of an intrinsic as the tapset would make it. */
function call(name: string, args: readonly TypedExpression[], span: Span): TypedExpression {
  const intrinsic = INTRINSICS[name];
  const params = (intrinsic?.params ?? []).map((type, index): LocalSymbol => ({ kind: 'local', name: `p${index}`, type }));
  const symbol: FunctionSymbol = { kind: 'function', name: `__${name}`, span, params, locals: [], result: intrinsic?.result, body: { kind: 'intrinsic', name } };
  return { kind: 'call', type: intrinsic?.result ?? 'long', function: symbol, args, span };
}

