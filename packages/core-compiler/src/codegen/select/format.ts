/** sprintf and its kin in a kernel handler: the text that a site would print. */
import type { IrInstruction, PrintArgument, Value } from '@stapkit/object';
import type { FunctionEmitter } from '../function-emitter.js';
import { TextBuilder } from './text-builder.js';
import { REFUSAL } from '../refusals.js';

export function emitFormat(e: FunctionEmitter, { dst, site, args }: Extract<IrInstruction, { op: 'format' }>): void {
  const found = e.env.program.sites[site];
  if (found === undefined) throw new Error(`internal error: no print site ${site}`);
  if (!e.plan.texts.has(dst)) return;
  TextBuilder.build(e, dst, (builder) => {
    const rest = [...args];
    for (const piece of found.pieces) {
      if ('literal' in piece) {
        builder.literal(piece.literal);
        continue;
      }
      const width = piece.width === '*' ? constant(e, rest.shift()) : piece.width;
      const precision = piece.precision === '*' ? constant(e, rest.shift()) : piece.precision;
      const value = plainValue(e, rest.shift());
      if (value === undefined) continue;
      const { width: _width, precision: _precision, ...kind } = piece;
      const conversion = { ...kind, ...(width === undefined ? {} : { width }), ...(precision === undefined ? {} : { precision }) };
      if (piece.conversion !== 's') builder.number(value, conversion);
      else if ('text' in value) builder.literal(padded(value.text, width, precision, piece.flag === '-'));
      else if ('register' in value) {
        builder.text(e.text(value.register), { ...(precision === undefined ? {} : { most: precision }), ...(width === undefined ? {} : { width }), left: piece.flag === '-' });
      }
    }
  });
}

function padded(text: string, width = 0, precision = text.length, left: boolean): string {
  const cut = text.slice(0, precision);
  return left ? cut.padEnd(width) : cut.padStart(width);
}

function plainValue(e: FunctionEmitter, arg: PrintArgument | undefined): Value | undefined {
  if (arg?.kind === 'value') return arg.value;
  const what = arg?.kind === 'intrinsic' ? `${arg.name}()` : 'a value that is made when it is printed';
  e.env.refuse(REFUSAL.hostOnly, `${what} cannot be formatted in a kernel probe`, e.block.location, 'use it only in what is printed');
  return undefined;
}

function constant(e: FunctionEmitter, arg: PrintArgument | undefined): number | undefined {
  if (arg?.kind === 'value' && 'long' in arg.value) return Number(arg.value.long);
  e.env.refuse(REFUSAL.hostOnly, 'a width or precision that is not a constant cannot be formatted in a kernel probe', e.block.location, 'print with printf() instead of sprintf()');
  return undefined;
}
