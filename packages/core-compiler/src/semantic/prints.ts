/** The print family. */
import type { FormatPiece } from '@stapkit/object';
import type { Expression, HistogramExpression, PrintExpression } from '../syntax/index.js';
import { EFFECT } from './bound.js';
import type { Bound, Effect } from './bound.js';
import { badFormat, histogramMisuse, printArguments } from './catalog.js';
import { bindExpression } from './expressions.js';
import { argumentTypes, parseFormat } from './format.js';
import { badBound, demand, valueType } from './frame.js';
import type { Frame } from './frame.js';
import { bindHistogram } from './statistics.js';
import type { TypedExpression } from './typed-tree.js';
import { TypeCell } from './types.js';

export function bindPrint(frame: Frame, expression: PrintExpression): Bound {
  const { name, args, span } = expression;
  const [only] = args;
  if (only?.kind === 'histogram' && only.index === undefined && args.length === 1 && (name === 'print' || name === 'println')) return bindHistogramPrint(frame, expression, only);
  const bounds = args.map((arg) => bindArgument(frame, arg));
  const problem = argumentCount(expression);
  if (problem !== undefined) {
    frame.diagnostics.report(printArguments(problem, span));
    return badBound(span);
  }
  // Nothing to print, or no literal where there must be one: the parser has said so.
  if (args.length === 0 && !name.endsWith('f') && !name.endsWith('println')) return badBound(span);
  if (name === 'printf' || name === 'sprintf') return bindFormatted(frame, expression, bounds);
  if (name === 'print_char') {
    for (const bound of bounds) demand(frame, bound, 'long');
    return printBound(expression, bounds, () => bounds.map(() => ({ conversion: 'c' })));
  }
  const between = name.includes('printd') ? (expression.format?.value ?? '') : '';
  return printBound(expression, bounds, () => {
    const pieces: FormatPiece[] = bounds.flatMap((bound, at): FormatPiece[] => {
      const piece: FormatPiece = { conversion: valueType(frame, bound.cell, bound.span) === 'string' ? 's' : 'd' };
      return at === 0 || between === '' ? [piece] : [{ literal: between }, piece];
    });
    return name.endsWith('ln') ? [...pieces, { literal: '\n' }] : pieces;
  });
}

function bindArgument(frame: Frame, arg: Expression): Bound {
  if (arg.kind !== 'histogram' || arg.index !== undefined) return bindExpression(frame, arg);
  frame.diagnostics.report(histogramMisuse(arg.span));
  return badBound(arg.span);
}

function argumentCount({ name, args }: PrintExpression): string | undefined {
  switch (name) {
    case 'printd': case 'printdln': case 'sprintd': case 'sprintdln':
      return args.length === 1 ? `'${name}' takes a delimiter and two or more arguments, found 1` : undefined;
    default:
      return undefined;
  }
}

function bindFormatted(frame: Frame, expression: PrintExpression, bounds: readonly Bound[]): Bound {
  const { span } = expression;
  const format = parseFormat(expression.format?.value ?? '');
  if (!format.ok) {
    frame.diagnostics.report(badFormat(format.message, expression.format?.span ?? span));
    return badBound(span);
  }
  const types = argumentTypes(format.pieces);
  if (types.length !== bounds.length) {
    frame.diagnostics.report(printArguments(`wrong number of args to formatted print operator: expected ${types.length}, found ${bounds.length}`, span));
    return badBound(span);
  }
  for (const [at, bound] of bounds.entries()) demand(frame, bound, types[at] ?? 'long');
  return printBound(expression, bounds, () => format.pieces);
}

function printBound(expression: PrintExpression, args: readonly Bound[], pieces: () => readonly FormatPiece[]): Bound {
  const { span } = expression;
  const result = expression.name.startsWith('s');
  return {
    span, cell: result ? TypeCell.of('string', span) : TypeCell.of('long', span), children: args,
    effect: () => (result ? EFFECT.none : EFFECT.external),
    emit: (): TypedExpression => {
      const values = args.map((arg) => arg.emit());
      return { kind: 'print', type: result ? 'string' : 'long', result, pieces: pieces(), args: values, span };
    },
  };
}

function bindHistogramPrint(frame: Frame, { name, span }: PrintExpression, expression: HistogramExpression): Bound {
  const histogram = bindHistogram(frame, expression);
  if (histogram === undefined) return badBound(span);
  const pieces: FormatPiece[] = [{ conversion: 's' }, ...(name === 'println' ? [{ literal: '\n' }] : [])];
  return {
    span, cell: TypeCell.of('long', span), children: histogram.keys,
    effect: (): Effect => EFFECT.external,
    onMark: () => { histogram.mark(); },
    emit: () => ({ kind: 'print', type: 'long', result: false, pieces, args: [{ kind: 'histogram', place: histogram.emit(), span: expression.span }], span }),
  };
}
