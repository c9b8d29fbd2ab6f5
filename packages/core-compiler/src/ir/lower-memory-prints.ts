/** %m and %M: the memory at an address. It is read where the print stands, so that a fault is an error there. */
import type { FormatPiece, PrintArgument, RegisterId, ScalarType, Value } from '@stapkit/object';
import type { Span } from '../source/index.js';
import type { BodyLowering } from './lowering.js';
import { longValue, registerValue } from './operands.js';

type Conversion = Extract<FormatPiece, { readonly conversion: string }>;
interface Print { readonly pieces: readonly FormatPiece[]; readonly args: readonly PrintArgument[] }

/** Each 8 bytes are a value of the handler. */
const MOST_BYTES = 1024;
const CHUNKS = [8, 4, 2, 1] as const;

/** In place of each address: its memory, in values of at most 8 bytes, each with a conversion that has their number as its precision. */
export function readPrintedMemory(body: BodyLowering, print: Print, span: Span): Print {
  if (!print.pieces.some((piece) => 'conversion' in piece && isMemory(piece))) return print;
  const result = { pieces: [] as FormatPiece[], args: [] as PrintArgument[] };
  let next = 0;
  for (const piece of print.pieces) {
    if ('literal' in piece) {
      result.pieces.push(piece);
      continue;
    }
    const stars = [piece.width, piece.precision].filter((size) => size === '*').length;
    const args = print.args.slice(next, next + stars + 1);
    next += stars + 1;
    const address = args.at(-1);
    if (!isMemory(piece) || address?.kind !== 'value') {
      result.pieces.push(piece);
      result.args.push(...args);
    } else expand(body, { piece, args, address: address.value, span }, result);
  }
  return result;
}

const isMemory = ({ conversion }: Conversion): boolean => conversion === 'm' || conversion === 'M';

interface Memory { readonly piece: Conversion; readonly args: readonly PrintArgument[]; readonly address: Value; readonly span: Span }

function expand(body: BodyLowering, { piece, args, address, span }: Memory, to: { readonly pieces: FormatPiece[]; readonly args: PrintArgument[] }): void {
  const { conversion, flag } = piece;
  const [width, precision] = sizes(piece, args);
  const bytes = precision ?? 1;
  if (width === undefined || !Number.isInteger(bytes) || bytes > MOST_BYTES) {
    body.tables.diagnostics.report({ code: 'E0506', severity: 'error', message: `%${conversion} prints a number of bytes that is a constant up to ${MOST_BYTES}, on a field of constant width`, span, hints: [`write the number: %.16${conversion}`] });
    return;
  }
  const filled = { literal: ' '.repeat(Math.max(0, width - bytes * (conversion === 'M' ? 2 : 1))) };
  if (flag !== '-' && filled.literal !== '') to.pieces.push(filled);
  for (let done = 0; done < bytes; ) {
    const size = CHUNKS.find((one) => one <= bytes - done) ?? 1;
    to.pieces.push({ conversion, precision: size });
    to.args.push({ kind: 'value', value: registerValue(read(body, address, { done, size, space: flag === '#' ? 'user' : 'kernel' }, span)) });
    done += size;
  }
  if (flag === '-' && filled.literal !== '') to.pieces.push(filled);
}

/** Width (0 for none) and precision; NaN, or undefined for the width, when it is not a constant. A negative precision is none. */
function sizes({ width, precision }: Conversion, args: readonly PrintArgument[]): [width: number | undefined, precision: number | undefined] {
  const rest = [...args];
  const take = (size: number | '*' | undefined): number | undefined => {
    if (size !== '*') return size;
    const given = rest.shift();
    return given?.kind === 'value' && 'long' in given.value ? Number(given.value.long) : Number.NaN;
  };
  const [wide, precise] = [take(width) ?? 0, take(precision)];
  return [Number.isNaN(wide) ? undefined : Math.abs(wide), precise !== undefined && precise < 0 ? undefined : precise];
}

function read(body: BodyLowering, base: Value, { done, size, space }: { readonly done: number; readonly size: ScalarType['bytes']; readonly space: 'kernel' | 'user' }, span: Span): RegisterId {
  let address = base;
  if (done > 0) {
    const moved = body.temporary('long');
    body.builder.emit({ op: 'binary', fn: 'add', dst: moved, a: base, b: longValue(BigInt(done)) });
    address = registerValue(moved);
  }
  const dst = body.temporary('long');
  body.builder.emit({ op: 'read-memory', dst, address, space, type: { bytes: size, signed: false }, location: body.tables.locations.near(span) });
  return dst;
}
