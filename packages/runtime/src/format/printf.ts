/** The generic printf: from a format's pieces and its arguments to a byte string. The ring buffer's hot path is in record-writer.ts. */
import type { FormatPiece } from '@stapkit/object';
import { formatSigned, formatUnsigned, layoutNumber, padText, textLayoutNumber } from './long-text.js';
import type { Flag, Layout } from './long-text.js';
import { escapeCharacter } from './quote.js';
import { InternalError, readFault } from './script-error.js';

/** A value of the script: a signed 64-bit long or a byte string (one character a byte). */
export type Scalar = bigint | string;
export type Formatter = (args: readonly Scalar[]) => string;
export type Conversion = Extract<FormatPiece, { conversion: string }>;

const HEX = '0123456789abcdef';

function asLong(value: Scalar): bigint {
  if (typeof value !== 'bigint') throw new InternalError('a number conversion was given a string');
  return value;
}

function asText(value: Scalar): string {
  if (typeof value !== 'string') throw new InternalError('a string conversion was given a number');
  return value;
}

/** `%b`: the value's low bytes in memory order, 1 to 8 of them (precision, else width, else 8); a wider field is NUL-padded on the left. */
function formatBinary(value: bigint, layout: Layout): string {
  const width = Math.abs(layout.width);
  const wanted = layout.precision ?? (width === 0 ? 8 : width);
  const size = Math.min(Math.max(wanted, 1), 8);
  let text = '';
  let rest = BigInt.asUintN(64, value);
  for (let index = 0; index < size; index += 1) {
    text += String.fromCharCode(Number(rest & 255n));
    rest >>= 8n;
  }
  return text.padStart(width, '\0');
}

/** `%m` and `%M`: the bytes that the handler read. A number is an address, which this process may not follow. */
function formatMemory(value: Scalar, hex: boolean, layout: Layout): string {
  if (typeof value === 'bigint') {
    throw readFault(layout.flag === '#' ? 'user' : 'kernel', 'read', value);
  }
  if (!hex) return padText(value, layout);
  let text = '';
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index);
    text += (HEX[code >> 4] ?? '') + (HEX[code & 15] ?? '');
  }
  return padText(text, layout);
}

/** One conversion of one argument, with width and precision known. */
export function convert(conversion: Conversion['conversion'], value: Scalar, layout: Layout): string {
  switch (conversion) {
    case 'd': return formatSigned(asLong(value), layout);
    case 'u': case 'o': case 'x': case 'X': case 'p': return formatUnsigned(asLong(value), conversion, layout);
    case 'c': {
      const code = Number(asLong(value) & 255n);
      return padText(layout.flag === '#' ? escapeCharacter(code) : String.fromCharCode(code), layout);
    }
    case 's': {
      const text = asText(value);
      return padText(layout.precision === undefined ? text : text.slice(0, layout.precision), layout);
    }
    case 'b': return formatBinary(asLong(value), layout);
    case 'm': return formatMemory(value, false, layout);
    case 'M': return formatMemory(value, true, layout);
    default: return conversion satisfies never;
  }
}

/** How many arguments a conversion takes: itself and one for each `*`. */
export function argumentCount(piece: FormatPiece): number {
  if ('literal' in piece) return 0;
  return 1 + (piece.width === '*' ? 1 : 0) + (piece.precision === '*' ? 1 : 0);
}

/** Width and precision of a conversion whose `*` are filled in from `args`, starting at `first`. */
export function resolveLayout(piece: Conversion, args: readonly Scalar[], first: number, toNumber = layoutNumber): Layout {
  let next = first;
  const read = (part: number | '*' | undefined): number | undefined =>
    part === '*' ? toNumber(asLong(args[next++] ?? 0n)) : part;
  const width = read(piece.width) ?? 0;
  const precision = read(piece.precision);
  return layoutOf(piece.flag, width, precision);
}

function layoutOf(flag: Flag | undefined, width: number, precision: number | undefined): Layout {
  return { flag, width, precision: precision !== undefined && precision < 0 ? undefined : precision };
}

type Step = (args: readonly Scalar[]) => string;

function compilePiece(piece: FormatPiece, first: number, toNumber: (value: bigint) => number): Step {
  if ('literal' in piece) {
    const { literal } = piece;
    return () => literal;
  }
  const { conversion } = piece;
  const value = first + argumentCount(piece) - 1;
  const read = (args: readonly Scalar[]): Scalar => {
    const given = args[value];
    if (given === undefined) throw new InternalError(`argument ${value} of a format is missing`);
    return given;
  };
  if (piece.width === '*' || piece.precision === '*') {
    return (args) => convert(conversion, read(args), resolveLayout(piece, args, first, toNumber));
  }
  const layout = layoutOf(piece.flag, piece.width ?? 0, piece.precision);
  return (args) => convert(conversion, read(args), layout);
}

/**
 * Compiles a format once; the formatter takes the arguments in order, `*` values before the value that they lay out.
 * @param makesText the result is a text of the script, not output
 */
export function compileFormat(pieces: readonly FormatPiece[], makesText = false): Formatter {
  let next = 0;
  const steps = pieces.map((piece) => {
    const step = compilePiece(piece, next, makesText ? textLayoutNumber : layoutNumber);
    next += argumentCount(piece);
    return step;
  });
  return (args) => {
    let text = '';
    for (const step of steps) text += step(args);
    return text;
  };
}
