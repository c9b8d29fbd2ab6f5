/** Conversion of 64-bit integers to text by printf's rules, as SystemTap's runtime applies them. */
import { ScriptError } from './script-error.js';

export type Flag = '0' | '+' | '-' | ' ' | '#';

/** Width and precision after `*` has been filled in. A negative width pads on the right; a precision below 0 counts as absent. */
export interface Layout {
  readonly flag: Flag | undefined;
  readonly width: number;
  readonly precision: number | undefined;
}

export const PLAIN_LAYOUT: Layout = { flag: undefined, width: 0, precision: undefined };

/** The widest field and the longest precision that one conversion may have; stap's print buffer holds 8192 bytes. */
const WIDTH_MAX = 1 << 16;

/** A field width or precision from a script's value. Throws ScriptError on one that no output can be meant to have. */
export function layoutNumber(value: bigint): number {
  if (value > WIDTH_MAX || value < -WIDTH_MAX) throw new ScriptError(`field width ${value} is beyond ${WIDTH_MAX}`);
  return Number(value);
}

/** The same in a text of the script, which is cut at its limit: any wider field looks alike. */
export function textLayoutNumber(value: bigint): number {
  return Number(value > WIDTH_MAX ? WIDTH_MAX : value < -WIDTH_MAX ? -WIDTH_MAX : value);
}

/** Pads text to a field with spaces. */
export function padText(text: string, layout: Layout): string {
  if (layout.width < 0) return text.padEnd(-layout.width);
  return layout.flag === '-' ? text.padEnd(layout.width) : text.padStart(layout.width);
}

/**
 * Lays out a number: precision is the least count of digits; the flag 0 fills the field with zeros
 * between sign or prefix and digits. Unlike C, a precision does not switch the flag 0 off, precision 0
 * of 0 still prints a digit, and the prefix is printed for 0 too: SystemTap's runtime does it so.
 */
export function layOutNumber(sign: string, digits: string, layout: Layout): string {
  const { flag, width, precision } = layout;
  let body = precision !== undefined && precision > digits.length ? digits.padStart(precision, '0') : digits;
  if (flag === '0' && width > 0) body = body.padStart(width - sign.length, '0');
  return padText(sign + body, layout);
}

/** `%d`: signed decimal. */
export function formatSigned(value: bigint, layout: Layout): string {
  const sign = value < 0n ? '-' : layout.flag === '+' ? '+' : layout.flag === ' ' ? ' ' : '';
  return layOutNumber(sign, (value < 0n ? -value : value).toString(), layout);
}

/** `%u %o %x %X %p`: the value's 64 bits as an unsigned number. */
export function formatUnsigned(value: bigint, conversion: 'u' | 'o' | 'x' | 'X' | 'p', layout: Layout): string {
  const unsigned = BigInt.asUintN(64, value);
  const alternate = layout.flag === '#';
  switch (conversion) {
    case 'u': return layOutNumber('', unsigned.toString(), layout);
    case 'o': return layOutNumber(alternate ? '0' : '', unsigned.toString(8), layout);
    case 'x': return layOutNumber(alternate ? '0x' : '', unsigned.toString(16), layout);
    case 'X': return layOutNumber(alternate ? '0X' : '', unsigned.toString(16).toUpperCase(), layout);
    case 'p': return layOutNumber('0x', unsigned.toString(16), layout);
    default: return conversion satisfies never;
  }
}
