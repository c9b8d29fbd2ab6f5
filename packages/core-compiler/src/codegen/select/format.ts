/** sprintf and its kin in a kernel handler: the text that a site would print. */
import type { IrInstruction, PrintArgument, Value } from '@stapkit/object';
import type { FunctionEmitter } from '../function-emitter.js';
import { TextBuilder } from './text-builder.js';
import type { Conversion, Field, Size } from './text-fields.js';
import { emitBinaryField, emitCharacterField, emitConstantField, emitMemoryField, emitNumberField, emitTextField } from './text-fields.js';

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
      const width = sizeOf(piece.width, rest);
      const precision = sizeOf(piece.precision, rest);
      emitField(e, builder, plainValue(rest.shift()), { ...piece, width, precision });
    }
  });
}

function emitField(e: FunctionEmitter, builder: TextBuilder, value: Value, field: Field & Pick<Conversion, 'conversion'>): void {
  switch (field.conversion) {
    case 's': {
      const { width, precision, flag } = field;
      if ('register' in value) emitTextField(e, builder, e.text(value.register), field);
      else if ('text' in value && (width === undefined || typeof width === 'number') && (precision === undefined || typeof precision === 'number')) {
        builder.literal(padded(value.text, width, precision, flag === '-'));
      } else if ('text' in value) emitConstantField(e, builder, value.text, field);
      return;
    }
    case 'c': emitCharacterField(e, builder, value, field); return;
    case 'b': emitBinaryField(e, builder, value, field); return;
    case 'm': case 'M':
      if (!('register' in value)) throw new Error('internal error: memory that was not read');
      emitMemoryField(e, builder, e.text(value.register), field);
      return;
    default: emitNumberField(e, builder, value, field);
  }
}

function padded(text: string, width = 0, precision = text.length, left: boolean): string {
  const cut = text.slice(0, precision);
  return left ? cut.padEnd(width) : cut.padStart(width);
}

/** Of `*`: a constant too, when it is one. */
function sizeOf(size: number | '*' | undefined, rest: PrintArgument[]): Size | undefined {
  if (size !== '*') return size;
  const value = plainValue(rest.shift());
  return 'long' in value && value.long >= 0n && value.long <= 0xffffn ? Number(value.long) : { value };
}

/** Texts that the host makes are left to it only where something is printed. */
function plainValue(arg: PrintArgument | undefined): Value {
  if (arg?.kind !== 'value') throw new Error('internal error: sprintf() of a value that is made when it is printed');
  return arg.value;
}
