/**
 * `%m` and `%M` (man stap, PRINTING): memory of the kernel, with `#` of the process. What a record carries are values, so the
 * format is rewritten before its arguments are bound: a known count of bytes is read in words, which the host writes out in
 * their order; where width or count are arguments, a library function gives the bytes as hexadecimal text.
 */
import type { FormatPiece } from '@stapkit/object';
import type { Span } from '../source/index.js';
import type { Expression } from '../syntax/index.js';
import type { Frame } from './frame.js';

type Conversion = Extract<FormatPiece, { readonly conversion: string }>;

/** A format whose arguments are bytes or texts instead of addresses. */
export interface ExpandedFormat {
  readonly pieces: readonly FormatPiece[];
  readonly args: readonly Expression[];
  readonly types: readonly ('long' | 'string')[];
}

/** Each is a read of its own: more would be a handler of nothing else. */
const MOST_BYTES = 1024;
const WORDS = [8, 4, 2, 1] as const;

export const hasMemory = (pieces: readonly FormatPiece[]): boolean => pieces.some((piece) => 'conversion' in piece && isMemory(piece));

const isMemory = ({ conversion }: Conversion): boolean => conversion === 'm' || conversion === 'M';

/** Why the format cannot be had. */
export function memoryProblem(pieces: readonly FormatPiece[]): string | undefined {
  for (const piece of pieces) {
    if ('conversion' in piece && isMemory(piece) && typeof piece.precision === 'number' && piece.precision > MOST_BYTES) return `${piece.precision} is too many bytes for a memory dump: at most ${MOST_BYTES}`;
  }
  return undefined;
}

/** @param isText of sprintf: hexadecimal text that a handler in the kernel can make */
export function expandMemory(frame: Frame, pieces: readonly FormatPiece[], args: readonly Expression[], span: Span, isText: boolean): ExpandedFormat {
  const made = { pieces: [] as FormatPiece[], args: [] as Expression[], types: [] as ('long' | 'string')[] };
  let next = 0;
  for (const piece of pieces) {
    if ('literal' in piece) {
      made.pieces.push(piece);
      continue;
    }
    const stars = [piece.width, piece.precision].filter((one) => one === '*').length;
    const given = args.slice(next, next + stars + 1);
    next += stars + 1;
    const one = !isMemory(piece) ? undefined : stars === 0 && !(isText && piece.conversion === 'M') ? words(frame, piece, given, span) : dump(piece, given, span);
    made.pieces.push(...(one?.pieces ?? [piece]));
    made.args.push(...(one?.args ?? given));
    made.types.push(...(one?.types ?? [...given.slice(1).map(() => 'long' as const), piece.conversion === 's' ? 'string' : 'long']));
  }
  return made;
}

function words(frame: Frame, piece: Conversion, [address]: readonly Expression[], span: Span): ExpandedFormat {
  const count = Math.max(typeof piece.precision === 'number' ? piece.precision : 1, 1);
  const width = typeof piece.width === 'number' ? piece.width : 0;
  const padding = ' '.repeat(Math.max(0, width - count * (piece.conversion === 'M' ? 2 : 1)));
  const start: Expression = { kind: 'name', name: frame.scope.hidden('memory', span).name, span };
  const pieces: FormatPiece[] = [];
  const args: Expression[] = [];
  for (let at = 0; at < count;) {
    const size = WORDS.find((one) => one <= count - at) ?? 1;
    pieces.push({ conversion: piece.conversion, precision: size });
    const place: Expression = at > 0 || address === undefined
      ? { kind: 'binary', operator: '+', left: start, right: { kind: 'number', value: BigInt(at), span }, operatorSpan: span, span }
      : { kind: 'assign', operator: '=', operatorSpan: span, target: start, value: address, span };
    args.push({ kind: 'at', name: piece.flag === '#' ? 'uderef' : 'kderef', args: [{ kind: 'number', value: BigInt(size), span }, place], span: address?.span ?? span });
    at += size;
  }
  const pad: readonly FormatPiece[] = padding === '' ? [] : [{ literal: padding }];
  return { pieces: piece.flag === '-' ? [...pieces, ...pad] : [...pad, ...pieces], args, types: args.map(() => 'long') };
}

function dump(piece: Conversion, given: readonly Expression[], span: Span): ExpandedFormat {
  const { width, precision, flag, conversion } = piece;
  const rest = [...given];
  const fields = width === '*' ? rest.splice(0, 1) : [];
  const count: Expression = precision === '*' ? (rest.shift() ?? number(1, span)) : number(precision ?? 1, span);
  const [address = number(0, span)] = rest;
  const call: Expression = { kind: 'call', name: '__memory_dump', nameSpan: span, args: [address, count, number(flag === '#' ? 1 : 0, span)], span: address.span };
  return {
    pieces: [{ conversion: conversion === 'M' ? 's' : 'm', ...(flag === '#' || flag === undefined ? {} : { flag }), ...(width === undefined ? {} : { width }) }],
    args: [...fields, call], types: [...fields.map(() => 'long' as const), 'string'],
  };
}

function number(value: number, span: Span): Expression {
  return { kind: 'number', value: BigInt(value), span };
}
