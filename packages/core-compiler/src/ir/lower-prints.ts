/** print and sprint: one site a statement, with texts made inside its arguments joined into its own format. */
import type { FormatPiece, IrSite, PrintArgument, RegisterId, Value } from '@stapkit/object';
import type { TypedExpression, TypedPrintArgument } from '../semantic/index.js';
import type { Span } from '../source/index.js';
import { InternalError } from './internal-error.js';
import { lowerOperands } from './lower-expressions.js';
import { globalOf } from './lower-places.js';
import type { BodyLowering } from './lowering.js';
import { readPrintedMemory } from './lower-memory-prints.js';
import { longValue, registerValue, textValue } from './operands.js';

type Print = TypedExpression & { readonly kind: 'print' };

const STRING: FormatPiece = { conversion: 's' };

export function lowerPrint(body: BodyLowering, print: Print, into?: RegisterId): Value {
  const flat = flatten(print.pieces, print.args);
  if (print.result && flat.args.length === 0) {
    return textValue(flat.pieces.map((piece) => ('literal' in piece ? piece.literal : '')).join(''));
  }
  const { pieces, args } = readPrintedMemory(body, { pieces: flat.pieces, args: lowerPrintArguments(body, flat.args) }, print.span);
  const site = body.tables.site(print.result ? 'text' : 'script', pieces, print.span);
  if (!print.result) {
    // Printing a histogram can fail.
    const fallible = args.some(({ kind }) => kind === 'histogram');
    body.builder.emit({ op: 'print', site, args, ...(fallible ? { location: body.tables.locations.near(print.span) } : {}) });
    return longValue(0n);
  }
  const dst = into ?? body.temporary('string');
  body.builder.emit({ op: 'format', dst, site, args });
  return registerValue(dst);
}

/** Sends values, with spaces between them, where sites of the kind go. */
export function lowerMessage(body: BodyLowering, kind: IrSite['kind'], values: readonly TypedExpression[], span: Span): void {
  const pieces = values.flatMap(({ type }, index): FormatPiece[] => [...(index === 0 ? [] : [{ literal: ' ' }]), type === 'string' ? STRING : { conversion: 'd' }]);
  const flat = flatten(pieces, values);
  const args = lowerPrintArguments(body, flat.args);
  body.builder.emit({ op: 'print', site: body.tables.site(kind, flat.pieces, span), args });
}

/** Splices sprintf(...) and a . b under a plain %s into the format, and puts constant texts into it. */
function flatten(pieces: readonly FormatPiece[], args: readonly TypedPrintArgument[]): { pieces: FormatPiece[]; args: TypedPrintArgument[] } {
  const flat = { pieces: [] as FormatPiece[], args: [] as TypedPrintArgument[] };
  let next = 0;
  const take = (): TypedPrintArgument => {
    const arg = args[next++];
    if (arg === undefined) throw new InternalError('a print has fewer arguments than conversions');
    return arg;
  };
  for (const piece of pieces) {
    if ('literal' in piece) {
      addLiteral(flat.pieces, piece.literal);
      continue;
    }
    const widths = [piece.width, piece.precision].filter((size) => size === '*').map(take);
    const arg = take();
    const plain = piece.conversion === 's' && piece.width === undefined && piece.precision === undefined;
    if (plain && arg.kind !== 'histogram') splice(flat, arg);
    else {
      flat.pieces.push(piece);
      flat.args.push(...widths, arg);
    }
  }
  return flat;
}

function splice(flat: { pieces: FormatPiece[]; args: TypedPrintArgument[] }, text: TypedExpression): void {
  if (text.kind === 'text') addLiteral(flat.pieces, text.value);
  else if (text.kind === 'concat') {
    splice(flat, text.left);
    splice(flat, text.right);
  } else if (text.kind === 'print' && text.result && !text.pieces.some(mayPrintNul)) {
    const inner = flatten(text.pieces, text.args);
    for (const piece of inner.pieces) {
      if ('literal' in piece) addLiteral(flat.pieces, piece.literal);
      else flat.pieces.push(piece);
    }
    flat.args.push(...inner.args);
  } else {
    flat.pieces.push(STRING);
    flat.args.push(text);
  }
}

/** A text ends at its first NUL; what is printed does not. */
const mayPrintNul = (piece: FormatPiece): boolean => 'conversion' in piece && ['c', 'b', 'm', 'M'].includes(piece.conversion);

function addLiteral(pieces: FormatPiece[], literal: string): void {
  const last = pieces.at(-1);
  if (literal === '') return;
  if (last !== undefined && 'literal' in last) pieces[pieces.length - 1] = { literal: last.literal + literal };
  else pieces.push({ literal });
}

function lowerPrintArguments(body: BodyLowering, args: readonly TypedPrintArgument[]): PrintArgument[] {
  // The keys of histograms take part in the order of evaluation like any operand.
  const operands = args.flatMap((arg): readonly TypedExpression[] => {
    if (arg.kind !== 'histogram') return [arg];
    return arg.place.kind === 'element' ? arg.place.keys : [];
  });
  const values = lowerOperands(body, operands);
  let next = 0;
  return args.map((arg): PrintArgument => {
    if (arg.kind !== 'histogram') return { kind: 'value', value: values[next++] ?? longValue(0n) };
    const count = arg.place.kind === 'element' ? arg.place.keys.length : 0;
    next += count;
    return { kind: 'histogram', global: globalOf(body, arg.place), keys: values.slice(next - count, next) };
  });
}
