/** print and sprint: one site a statement, with texts made inside its arguments joined into its own format. */
import type { FormatPiece, IrSite, Limits, PrintArgument, RegisterId, Value } from '@stapkit/object';
import type { TypedExpression, TypedPrintArgument } from '../semantic/index.js';
import type { Span } from '../source/index.js';
import { InternalError } from './internal-error.js';
import { lowerOperands } from './lower-expressions.js';
import { globalOf } from './lower-places.js';
import type { BodyLowering } from './lowering.js';
import { longValue, registerValue, textValue } from './operands.js';

type Print = TypedExpression & { readonly kind: 'print' };

const STRING: FormatPiece = { conversion: 's' };

/** What a text may be joined into a format by. */
interface Rules {
  readonly limits: Limits;
  /** Names that are known when the probe is hit. */
  readonly names: ReadonlySet<string>;
}

const rulesOf = (body: BodyLowering): Rules => ({ limits: body.tables.limits, names: body.names });

export function lowerPrint(body: BodyLowering, print: Print, into?: RegisterId): Value {
  // As JSON a print tells its values, constants too: none becomes a part of the format.
  const flat = body.tables.records === 'json' && !print.result ? { pieces: [...print.pieces], args: [...print.args] } : flatten(print.pieces, print.args, rulesOf(body));
  if (print.result && flat.args.length === 0) {
    return textValue(flat.pieces.map((piece) => ('literal' in piece ? piece.literal : '')).join(''));
  }
  const args = readMemory(body, flat.pieces, lowerPrintArguments(body, flat.args), print.span);
  const site = body.tables.site(print.result ? 'text' : 'script', flat.pieces, print.span);
  if (!print.result) {
    // Printing a histogram can fail.
    const fallible = args.some(({ kind }) => kind === 'histogram');
    if (body.tables.records !== undefined) args.push(...recordValues(body));
    body.builder.emit({ op: 'print', site, args, ...(fallible ? { location: body.tables.locations.near(print.span) } : {}) });
    return longValue(0n);
  }
  const dst = into ?? body.temporary('string');
  body.builder.emit({ op: 'format', dst, site, args });
  return registerValue(dst);
}

/** When, and in which process. */
function recordValues(body: BodyLowering): PrintArgument[] {
  return ['realtime_ns', 'pid'].map((name) => {
    const dst = body.temporary('long');
    body.builder.emit({ op: 'intrinsic', name, args: [], dst });
    return { kind: 'value', value: registerValue(dst) };
  });
}

/** Sends values, with spaces between them, where sites of the kind go. */
export function lowerMessage(body: BodyLowering, kind: IrSite['kind'], values: readonly TypedExpression[], span: Span): void {
  const pieces = values.flatMap(({ type }, index): FormatPiece[] => [...(index === 0 ? [] : [{ literal: ' ' }]), type === 'string' ? STRING : { conversion: 'd' }]);
  const flat = flatten(pieces, values, rulesOf(body));
  const args = lowerPrintArguments(body, flat.args);
  body.builder.emit({ op: 'print', site: body.tables.site(kind, flat.pieces, span), args });
}

/**
 * Splices sprintf(...) and a . b under a plain %s into the format, and puts constant texts into it. A text that may be longer
 * than MAXSTRINGLEN stays a text of its own, since it is cut before it is printed.
 */
function flatten(pieces: readonly FormatPiece[], args: readonly TypedPrintArgument[], rules: Rules): { pieces: FormatPiece[]; args: TypedPrintArgument[] } {
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
    if (plain && arg.kind !== 'histogram') splice(flat, arg, rules);
    else {
      flat.pieces.push(piece);
      flat.args.push(...widths, arg);
    }
  }
  return flat;
}

function splice(flat: { pieces: FormatPiece[]; args: TypedPrintArgument[] }, text: TypedExpression, rules: Rules): void {
  const fits = longestText(text, rules) < rules.limits.MAXSTRINGLEN;
  if (text.kind === 'text' && !rules.names.has(text.value)) addLiteral(flat.pieces, text.value);
  else if (text.kind === 'concat' && fits) {
    splice(flat, text.left, rules);
    splice(flat, text.right, rules);
  } else if (text.kind === 'print' && text.result && fits && !text.pieces.some(mayHoldNul)) {
    const inner = flatten(text.pieces, text.args, rules);
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

/** Of a 64-bit number in octal with its prefix. */
const LONGEST_NUMBER = 23;

/** No text is longer, before it is cut. */
function longestText(text: TypedPrintArgument, rules: Rules): number {
  if (text.kind === 'text' && !rules.names.has(text.value)) return text.value.length;
  if (text.kind === 'concat') return longestText(text.left, rules) + longestText(text.right, rules);
  if (text.kind !== 'print' || !text.result) return rules.limits.MAXSTRINGLEN - 1;
  let sum = 0;
  let next = 0;
  for (const piece of text.pieces) {
    if ('literal' in piece) {
      sum += piece.literal.length;
      continue;
    }
    const { width = 0, precision, conversion } = piece;
    if (width === '*' || precision === '*') return Infinity;
    const arg = text.args[next++];
    const value = conversion !== 's' || arg === undefined ? LONGEST_NUMBER : Math.min(longestText(arg, rules), precision ?? Infinity);
    sum += Math.max(value, width, conversion === 's' ? 0 : 2 * (precision ?? 0));
  }
  return sum;
}

/** A text of the script ends at its first NUL; what is printed goes on. */
function mayHoldNul(piece: FormatPiece): boolean {
  return 'conversion' in piece && ['c', 'b', 'm'].includes(piece.conversion);
}

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

/** The values of `%m` and `%M` are addresses: what lies there is read now. How much, their precision says. */
function readMemory(body: BodyLowering, pieces: readonly FormatPiece[], args: readonly PrintArgument[], span: Span): PrintArgument[] {
  const read = [...args];
  let next = 0;
  for (const piece of pieces) {
    if ('literal' in piece) continue;
    if (piece.width === '*') next++;
    const count = piece.precision === '*' ? plainValue(args[next++]) : longValue(BigInt(piece.precision ?? 1));
    const at = next++;
    if (piece.conversion !== 'm' && piece.conversion !== 'M') continue;
    checkCount(body, count, span);
    const dst = body.builder.bytes();
    body.builder.emit({ op: 'read-bytes', dst, address: plainValue(args[at]), count, space: piece.flag === '#' ? 'user' : 'kernel', location: body.tables.locations.near(span) });
    read[at] = { kind: 'value', value: registerValue(dst) };
  }
  return read;
}

function checkCount({ tables }: BodyLowering, count: Value, span: Span): void {
  const most = tables.limits.MAXSTRINGLEN - 1;
  if (!('long' in count) || count.long <= BigInt(most)) return;
  tables.diagnostics.report({
    code: 'E0508', severity: 'error', message: `%m and %M of ${count.long} bytes: a handler can hold ${most}`, span, hints: [`raise the limit: -DMAXSTRINGLEN=${count.long + 1n}`],
  });
}

function plainValue(arg: PrintArgument | undefined): Value {
  if (arg?.kind !== 'value') throw new InternalError('a print lacks a value');
  return arg.value;
}
