/** Conversions of printf, appended to a text that is put together in a kernel handler. */
import type { FormatPiece, Value } from '@stapkit/object';
import { FP, R0, R1, R2, R3, R4, asm } from '../../bpf/index.js';
import { NARROW_FIELD } from '../fill-tables.js';
import type { Address, FunctionEmitter } from '../function-emitter.js';
import type { TextPlace } from '../handler-plan.js';
import { alignTo8 } from '../text-layout.js';
import { MACHINE, hexStep } from '../text-loops.js';
import type { NumberKind } from './number-text.js';
import { NUMBER_AREA, callNumber } from './number-text.js';
import type { TextBuilder } from './text-builder.js';
import { emitTextLoop, setWord, textAreas } from './text-loop.js';
import { clamp, copyBytes, loadLength, storeLiteral } from './text-memory.js';

export type Conversion = Extract<FormatPiece, { readonly conversion: string }>;

/** A width or precision: as in the format, or what a `*` took. */
export type Size = number | { readonly value: Value };

export interface Field {
  readonly conversion: Conversion['conversion'];
  readonly flag?: Conversion['flag'];
  readonly width?: Size | undefined;
  readonly precision?: Size | undefined;
}

const isNarrow = (size: Size | undefined): size is number | undefined => size === undefined || (typeof size === 'number' && size <= NARROW_FIELD);

const KINDS: Partial<Record<Conversion['conversion'], NumberKind>> = { d: 'decimal', u: 'unsigned', o: 'octal', x: 'hex', X: 'HEX', p: 'hex' };
const PREFIXES: Readonly<Record<NumberKind, string>> = { octal: '0', hex: '0x', HEX: '0X', decimal: '', unsigned: '' };

function prefixOf(kind: NumberKind, { conversion, flag }: Field): string {
  return conversion === 'p' || flag === '#' ? PREFIXES[kind] : '';
}

/** A long by a conversion of printf. */
export function emitNumberField(e: FunctionEmitter, builder: TextBuilder, value: Value, field: Field): void {
  const { conversion, flag, width, precision } = field;
  const kind = KINDS[conversion];
  if (kind === undefined) throw new Error(`internal error: %${conversion} of a number`);
  if (!isNarrow(width) || !isNarrow(precision)) {
    emitWideNumber(e, builder, value, field, kind);
    return;
  }
  const sign = kind === 'decimal' && (flag === '+' || flag === ' ') ? flag : '';
  e.into(value, R2);
  callNumber(e, kind, { prefix: prefixOf(kind, field), sign, field: flag === '0' ? (width ?? 0) : 0, precision: Math.max(precision ?? 1, 1) });
  appendDigits(e, builder, width ?? 0, flag === '-');
}

function appendDigits(e: FunctionEmitter, builder: TextBuilder, width: number, left: boolean): void {
  e.withTemp(8, (count) => {
    e.emit(asm.load(8, R0, e.scratch, e.plan.work.number + NUMBER_AREA.count), asm.store(8, FP, count, R0));
    builder.onField(count, width, left, () => { appendFromNumber(e, builder, count); });
  });
}

/** The bytes at the end of the number area. */
function appendFromNumber(e: FunctionEmitter, builder: TextBuilder, count: number): void {
  builder.append(count, NUMBER_AREA.end - NUMBER_AREA.digits, () => {
    e.emit(asm.mov.reg(R3, e.scratch), asm.add.imm(R3, e.plan.work.number + NUMBER_AREA.end), asm.sub.reg(R3, R4));
  });
}

/** Stack places of a field whose size is known at run time only. */
interface WidePlaces {
  readonly width: number;
  /** 1: filled on the right. */
  readonly left: number;
  readonly count: number;
  readonly zeros: number;
  readonly pad: number;
  readonly sign: number;
}
const WIDE_BYTES = 48;

function withPlaces(e: FunctionEmitter, use: (places: WidePlaces) => void): void {
  e.withTemp(WIDE_BYTES, (at) => {
    use({ width: at, left: at + 8, count: at + 16, zeros: at + 24, pad: at + 32, sign: at + 40 });
  });
}

/** width = the field's width without its sign, left = whether it is filled on the right. */
function keepWidth(e: FunctionEmitter, { width, left }: WidePlaces, { width: size = 0, flag }: Field): void {
  const positive = e.label('positive');
  e.into(sizeValue(size), R1);
  e.emit(asm.mov.imm(R2, flag === '-' ? 1 : 0), asm.jumpIf('sge', R1, { imm: 0 }, positive), asm.neg(R1), asm.mov.imm(R2, 1));
  e.bind(positive);
  clamp(e, R1, 2 * e.env.limits.MAXSTRINGLEN);
  e.emit(asm.store(8, FP, width, R1), asm.store(8, FP, left, R2));
}

const sizeValue = (size: Size): Value => (typeof size === 'number' ? { long: BigInt(size) } : size.value);

/** pad = what the field is wider than count + zeros + sign + `more`. */
function keepPad(e: FunctionEmitter, places: WidePlaces, more: number): void {
  const [none, kept] = [e.label('no padding'), e.label('padding')];
  const hasSign = e.label('counted');
  e.emit(asm.load(8, R1, FP, places.count), asm.load(8, R2, FP, places.zeros), asm.add.reg(R1, R2), asm.add.imm(R1, more));
  e.emit(asm.load(8, R2, FP, places.sign), asm.jumpIf('eq', R2, { imm: 0 }, hasSign), asm.add.imm(R1, 1));
  e.bind(hasSign);
  e.emit(asm.load(8, R2, FP, places.width), asm.jumpIf('ge', R1, { reg: R2 }, none), asm.sub.reg(R2, R1), asm.jump(kept));
  e.bind(none);
  e.emit(asm.mov.imm(R2, 0));
  e.bind(kept);
  e.emit(asm.store(8, FP, places.pad, R2));
}

/** `content` with its padding on the side that it belongs to. */
function padded(e: FunctionEmitter, builder: TextBuilder, { left, pad }: WidePlaces, { width }: Field, content: () => void): void {
  if (width === undefined) {
    content();
    return;
  }
  const [filled, done] = [e.label('filled'), e.label('field done')];
  e.emit(asm.load(8, R1, FP, left), asm.jumpIf('ne', R1, { imm: 0 }, filled));
  builder.fill(pad, 'space');
  e.bind(filled);
  content();
  e.emit(asm.load(8, R1, FP, left), asm.jumpIf('eq', R1, { imm: 0 }, done));
  builder.fill(pad, 'space');
  e.bind(done);
}

function clearPlaces(e: FunctionEmitter, { zeros, sign }: WidePlaces): void {
  e.emit(asm.storeImm(8, FP, zeros, 0), asm.storeImm(8, FP, sign, 0));
}

function emitWideNumber(e: FunctionEmitter, builder: TextBuilder, value: Value, field: Field, kind: NumberKind): void {
  const prefix = prefixOf(kind, field);
  withPlaces(e, (places) => {
    clearPlaces(e, places);
    keepWidth(e, places, field);
    digitsAndSign(e, value, places, field, kind);
    if (field.precision !== undefined) atLeastDigits(e, places, () => { e.into(sizeValue(field.precision ?? 0), R1); });
    if (field.flag === '0') {
      const onLeft = e.label('no zeros');
      e.emit(asm.load(8, R1, FP, places.left), asm.jumpIf('ne', R1, { imm: 0 }, onLeft));
      atLeastDigits(e, places, () => {
        const unsigned = e.label('unsigned');
        e.emit(asm.load(8, R1, FP, places.width), asm.sub.imm(R1, prefix.length), asm.load(8, R2, FP, places.sign), asm.jumpIf('eq', R2, { imm: 0 }, unsigned), asm.sub.imm(R1, 1));
        e.bind(unsigned);
      });
      e.bind(onLeft);
    }
    keepPad(e, places, prefix.length);
    padded(e, builder, places, field, () => {
      e.emit(asm.load(8, R0, FP, places.sign));
      builder.sign();
      builder.literal(prefix);
      builder.fill(places.zeros, 'zero');
      appendFromNumber(e, builder, places.count);
    });
  });
}

/** The digits to the number area, their number to `count`, the sign's character to `sign`. */
function digitsAndSign(e: FunctionEmitter, value: Value, places: WidePlaces, { flag }: Field, kind: NumberKind): void {
  e.into(value, R2);
  if (kind === 'decimal') {
    const positive = e.label('not negative');
    const sign = flag === '+' ? 0x2b : flag === ' ' ? 0x20 : 0;
    e.emit(asm.mov.imm(R1, sign), asm.jumpIf('sge', R2, { imm: 0 }, positive), asm.mov.imm(R1, 0x2d), asm.neg(R2));
    e.bind(positive);
    e.emit(asm.store(8, FP, places.sign, R1));
  }
  callNumber(e, kind === 'decimal' ? 'unsigned' : kind, { prefix: '', sign: '', field: 0, precision: 1 });
  e.emit(asm.load(8, R0, e.scratch, e.plan.work.number + NUMBER_AREA.count), asm.store(8, FP, places.count, R0));
}

/** zeros = at least what r1, which `wanted` loads, is more than count. */
function atLeastDigits(e: FunctionEmitter, { count, zeros }: WidePlaces, wanted: () => void): void {
  const enough = e.label('enough digits');
  wanted();
  e.emit(asm.load(8, R2, FP, count), asm.sub.reg(R1, R2), asm.load(8, R2, FP, zeros), asm.jumpIf('sle', R1, { reg: R2 }, enough));
  clamp(e, R1, 2 * e.env.limits.MAXSTRINGLEN);
  e.emit(asm.store(8, FP, zeros, R1));
  e.bind(enough);
}

/** %s of a constant, on a field whose size is known at run time only. */
export function emitConstantField(e: FunctionEmitter, builder: TextBuilder, text: string, field: Field): void {
  const cut = text.slice(0, e.env.limits.MAXSTRINGLEN - 1);
  const bytes = alignTo8(cut.length + 1);
  const at = { register: e.scratch, offset: e.plan.work.source };
  storeLiteral(e, at, cut, bytes, false);
  emitWideText(e, builder, { bytes, at, length: () => { e.emit(asm.mov.imm(R3, cut.length)); } }, field);
}

/** %s of a register's text. */
export function emitTextField(e: FunctionEmitter, builder: TextBuilder, source: TextPlace, field: Field): void {
  const { flag, width, precision } = field;
  if (isNarrow(width) && (precision === undefined || typeof precision === 'number')) {
    builder.text(source, { ...(precision === undefined ? {} : { most: precision }), ...(width === undefined ? {} : { width }), left: flag === '-' });
    return;
  }
  emitWideText(e, builder, { bytes: source.bytes, at: e.address(source, source.offset), length: () => { loadLength(e, source, R3); } }, field);
}

/** `length` loads the text's length into r3. */
function emitWideText(e: FunctionEmitter, builder: TextBuilder, source: { readonly bytes: number; readonly at: Address; length(): void }, field: Field): void {
  const { precision } = field;
  withPlaces(e, (places) => {
    clearPlaces(e, places);
    keepWidth(e, places, field);
    source.length();
    if (precision !== undefined) {
      const whole = e.label('whole');
      e.into(sizeValue(precision), R1);
      e.emit(asm.jumpIf('slt', R1, { imm: 0 }, whole), asm.jumpIf('ge', R1, { reg: R3 }, whole), asm.mov.reg(R3, R1));
      e.bind(whole);
    }
    clamp(e, R3, source.bytes);
    e.emit(asm.store(8, FP, places.count, R3));
    keepPad(e, places, 0);
    padded(e, builder, places, field, () => {
      builder.append(places.count, source.bytes, () => { e.pointer(R3, source.at); });
    });
  });
}

/** %c: a byte, with `#` a C escape of it. */
export function emitCharacterField(e: FunctionEmitter, builder: TextBuilder, value: Value, field: Field): void {
  const { flag, width } = field;
  const { number } = e.plan.work;
  e.into(value, R0);
  e.emit(asm.and.imm(R0, 0xff));
  if (flag === '#') escapedCharacter(e);
  else {
    if (!('long' in value) || (value.long & 255n) === 0n) builder.mayHoldNul();
    e.emit(asm.store(1, e.scratch, number + NUMBER_AREA.end - 1, R0), asm.storeImm(8, e.scratch, number + NUMBER_AREA.count, 1));
  }
  if (isNarrow(width)) {
    appendDigits(e, builder, width ?? 0, flag === '-');
    return;
  }
  withPlaces(e, (places) => {
    clearPlaces(e, places);
    keepWidth(e, places, field);
    e.emit(asm.load(8, R0, e.scratch, number + NUMBER_AREA.count), asm.store(8, FP, places.count, R0));
    keepPad(e, places, 0);
    padded(e, builder, places, field, () => { appendFromNumber(e, builder, places.count); });
  });
}

/** The escape of the byte in r0 to the end of the number area: `'` and `\`, the letters of 7 to 13, three octal digits. */
function escapedCharacter(e: FunctionEmitter): void {
  const end = e.plan.work.number + NUMBER_AREA.end;
  const [plain, special, octal, done] = [e.label('plain'), e.label('special'), e.label('octal'), e.label('escaped')];
  e.emit(asm.mov.reg(R3, R0), asm.jumpIf('eq', R0, { imm: 0x27 }, special), asm.jumpIf('eq', R0, { imm: 0x5c }, special));
  e.emit(asm.jumpIf('ge', R0, { imm: 0x7f }, octal), asm.jumpIf('ge', R0, { imm: 0x20 }, plain), asm.jumpIf('lt', R0, { imm: 7 }, octal), asm.jumpIf('gt', R0, { imm: 13 }, octal));
  e.emit(asm.sub.imm(R0, 7), asm.shl.imm(R0, 3), asm.loadImm64(R3, ESCAPE_LETTERS), asm.shr.reg(R3, R0));
  e.bind(special);
  e.emit(asm.storeImm(1, e.scratch, end - 2, 0x5c), asm.store(1, e.scratch, end - 1, R3), asm.mov.imm(R1, 2), asm.jump(done));
  e.bind(plain);
  e.emit(asm.store(1, e.scratch, end - 1, R3), asm.mov.imm(R1, 1), asm.jump(done));
  e.bind(octal);
  e.emit(asm.storeImm(1, e.scratch, end - 4, 0x5c));
  for (const [place, shift] of [[3, 6], [2, 3], [1, 0]] as const) {
    e.emit(asm.mov.reg(R2, R3), asm.shr.imm(R2, shift), asm.and.imm(R2, 7), asm.add.imm(R2, 0x30), asm.store(1, e.scratch, end - place, R2));
  }
  e.emit(asm.mov.imm(R1, 4));
  e.bind(done);
  e.emit(asm.store(8, e.scratch, e.plan.work.number + NUMBER_AREA.count, R1));
}

/** Of the bytes 7 to 13, the first in the lowest byte. */
const ESCAPE_LETTERS = BigInt(`0x${Buffer.from('abtnvfr').reverse().toString('hex')}`);

/** %b: the low bytes, 1 to 8 of them. A field that is wider begins with NUL, where a text of the script ends. */
export function emitBinaryField(e: FunctionEmitter, builder: TextBuilder, value: Value, { width = 0, precision }: Field): void {
  const area = e.plan.work.number;
  builder.mayHoldNul();
  e.withTemp(8, (count) => {
    const [negative, given, atLeast, fits] = [e.label('width'), e.label('given'), e.label('at least one'), e.label('fits')];
    // r1: the width; r2: the bytes wanted.
    e.into(sizeValue(width), R1);
    e.emit(asm.jumpIf('sge', R1, { imm: 0 }, negative), asm.neg(R1));
    e.bind(negative);
    if (precision === undefined) e.emit(asm.mov.imm(R2, -1));
    else e.into(sizeValue(precision), R2);
    e.emit(asm.jumpIf('sge', R2, { imm: 0 }, given), asm.mov.reg(R2, R1), asm.jumpIf('ne', R2, { imm: 0 }, given), asm.mov.imm(R2, 8));
    e.bind(given);
    e.emit(asm.jumpIf('ne', R2, { imm: 0 }, atLeast), asm.mov.imm(R2, 1));
    e.bind(atLeast);
    clamp(e, R2, 8);
    e.emit(asm.store(8, FP, count, R2));
    e.into(value, R3);
    e.emit(asm.jumpIf('le', R1, { reg: R2 }, fits), asm.mov.imm(R3, 0));
    e.bind(fits);
    e.emit(asm.store(8, e.scratch, area + NUMBER_AREA.digits, R3));
    builder.append(count, 8, () => { e.pointer(R3, { register: e.scratch, offset: area + NUMBER_AREA.digits }); });
  });
}

/** %m and %M: bytes that were read from memory, as they are or in hexadecimal. */
export function emitMemoryField(e: FunctionEmitter, builder: TextBuilder, source: TextPlace, field: Field): void {
  const isHex = field.conversion === 'M';
  const { work } = e.plan;
  if (!isHex) builder.mayHoldNul();
  withPlaces(e, (places) => {
    clearPlaces(e, places);
    keepWidth(e, places, field);
    loadLength(e, source, R3);
    clamp(e, R3, source.bytes);
    if (isHex) e.emit(asm.store(8, e.scratch, work.machine + MACHINE.length, R3), asm.shl.imm(R3, 1));
    e.emit(asm.store(8, FP, places.count, R3));
    keepPad(e, places, 0);
    padded(e, builder, places, field, () => {
      const from = e.address(source, source.offset);
      if (isHex) appendHex(e, builder, source);
      else builder.append(places.count, source.bytes, () => { e.pointer(R3, from); });
    });
  });
}

function appendHex(e: FunctionEmitter, builder: TextBuilder, source: TextPlace): void {
  const { work } = e.plan;
  const { bytes } = source;
  const most = e.env.limits.MAXSTRINGLEN - 1;
  copyBytes(e, { register: e.scratch, offset: work.source }, e.address(source, source.offset), bytes);
  setWord(e, 'position', 0);
  e.emit(asm.load(8, R1, FP, builder.lengthPlace), asm.store(8, e.scratch, work.machine + MACHINE.position, R1));
  emitTextLoop(e, `hex_text_${bytes}`, bytes, (step) => { hexStep(step, textAreas(e), bytes, most); });
  builder.setLength(() => { e.emit(asm.load(8, R1, e.scratch, work.machine + MACHINE.position)); });
}
