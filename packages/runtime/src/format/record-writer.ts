/**
 * The hot path of printing: a print site whose arguments are plain leaves is compiled to steps that write straight from
 * the ring buffer's bytes into the output buffer. What is not plain goes through the generic printf.
 */
import type { FormatPiece, LeafEncoding } from '@stapkit/object';
import { argumentCount, convert, resolveLayout } from './printf.js';
import type { Conversion, Scalar } from './printf.js';
import { PLAIN_LAYOUT } from './long-text.js';
import type { OutputBuffer } from './output-buffer.js';
import type { RecordView } from './record-view.js';

/** What one argument of the site is made of. */
export type SiteArgument =
  | { readonly kind: 'leaf'; readonly leaf: number; readonly encoding: LeafEncoding }
  | { readonly kind: 'constant'; readonly value: Scalar }
  | { readonly kind: 'computed'; readonly evaluate: (view: RecordView) => Scalar };

export type WriteStep = (out: OutputBuffer, view: RecordView) => void;

function literalStep(text: string): WriteStep {
  const bytes = Buffer.from(text, 'latin1');
  const only = bytes[0] ?? 0;
  if (bytes.length === 1) {
    return (out) => {
      out.reserve(1);
      out.bytes[out.length++] = only;
    };
  }
  return (out) => { out.writeBytes(bytes, 0, bytes.length); };
}

/** Wraps a step in a field of a fixed width. */
function padded(step: WriteStep, width: number, left: boolean): WriteStep {
  if (width === 0) return step;
  return (out, view) => {
    const start = out.length;
    step(out, view);
    out.padSince(start, width, left);
  };
}

function longStep(piece: Conversion, leaf: number): WriteStep | undefined {
  const prefixed = piece.flag === '#' || piece.conversion === 'p';
  switch (piece.conversion) {
    case 'd':
      return (out, view) => {
        const at = view.positions[leaf] ?? 0;
        out.writeSigned(view.high(at), view.low(at));
      };
    case 'u':
      return (out, view) => {
        const at = view.positions[leaf] ?? 0;
        out.writeUnsigned(view.high(at) >>> 0, view.low(at));
      };
    case 'x': case 'X': case 'p': {
      const letters = piece.conversion === 'X' ? 0x41 : 0x61;
      const prefix = prefixed ? (piece.conversion === 'X' ? '0X' : '0x') : '';
      return (out, view) => {
        const at = view.positions[leaf] ?? 0;
        if (prefixed) out.writeText(prefix);
        out.writeHex(view.high(at) >>> 0, view.low(at), letters);
      };
    }
    default: return undefined;
  }
}

function textStep(leaf: number, encoding: LeafEncoding): WriteStep {
  if (encoding.kind === 'variable') {
    return (out, view) => {
      const at = view.positions[leaf] ?? 0;
      out.writeBytes(view.bytes, at + 8, at + 8 + view.low(at));
    };
  }
  return (out, view) => {
    const at = view.positions[leaf] ?? 0;
    out.writeBytes(view.bytes, at, view.textEnd(at, encoding));
  };
}

/** A step without any value of the script's, or undefined when the piece needs the generic way. */
function directStep(piece: Conversion, argument: SiteArgument): WriteStep | undefined {
  if (argument.kind !== 'leaf' || piece.width === '*' || piece.precision !== undefined) return undefined;
  const plainFlag = piece.flag === undefined || piece.flag === '-' || (piece.flag === '#' && piece.conversion !== 'd');
  if (!plainFlag) return undefined;
  const step = argument.encoding.kind === 'long'
    ? longStep(piece, argument.leaf)
    : piece.conversion === 's' ? textStep(argument.leaf, argument.encoding) : undefined;
  return step === undefined ? undefined : padded(step, piece.width ?? 0, piece.flag === '-');
}

export function evaluateArgument(argument: SiteArgument, view: RecordView): Scalar {
  switch (argument.kind) {
    case 'leaf': return view.value(view.positions[argument.leaf] ?? 0, argument.encoding);
    case 'constant': return argument.value;
    case 'computed': return argument.evaluate(view);
    default: return argument satisfies never;
  }
}

function genericStep(piece: Conversion, args: readonly SiteArgument[]): WriteStep {
  const last = args.length - 1;
  const plain = args.length === 1 && piece.flag === undefined && piece.width === undefined && piece.precision === undefined;
  return (out, view) => {
    const values = args.map((argument) => evaluateArgument(argument, view));
    const layout = plain ? PLAIN_LAYOUT : resolveLayout(piece, values, 0);
    out.writeText(convert(piece.conversion, values[last] ?? 0n, layout));
  };
}

/** Joins neighbouring literals, so that a line's tail and the next line's head are one write. */
function joinLiterals(steps: readonly (WriteStep | string)[]): WriteStep[] {
  const joined: WriteStep[] = [];
  let literal = '';
  for (const step of steps) {
    if (typeof step === 'string') {
      literal += step;
      continue;
    }
    if (literal !== '') joined.push(literalStep(literal));
    literal = '';
    joined.push(step);
  }
  if (literal !== '') joined.push(literalStep(literal));
  return joined;
}

/** Compiles a site once. The step throws ScriptError when an argument cannot be computed; what it wrote until then stays in the buffer. */
export function compileRecordWriter(pieces: readonly FormatPiece[], args: readonly SiteArgument[]): WriteStep {
  let next = 0;
  const steps = pieces.map((piece): WriteStep | string => {
    if ('literal' in piece) return piece.literal;
    const count = argumentCount(piece);
    const taken = args.slice(next, next + count);
    next += count;
    const direct = taken[0] === undefined ? undefined : directStep(piece, taken[0]);
    if (direct !== undefined && count === 1) return direct;
    if (taken.every((argument) => argument.kind === 'constant')) {
      const values = taken.map((argument) => argument.value);
      return convert(piece.conversion, values.at(-1) ?? 0n, resolveLayout(piece, values, 0));
    }
    return genericStep(piece, taken);
  });
  const compiled = joinLiterals(steps);
  return (out, view) => {
    for (let index = 0; index < compiled.length; index += 1) compiled[index]?.(out, view);
  };
}
