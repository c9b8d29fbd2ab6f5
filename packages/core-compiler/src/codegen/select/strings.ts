/** Operations on texts that the script itself looks at. */
import type { Comparison, IrInstruction, RegisterId, Value } from '@stapkit/object';
import { FP, HELPER, R0, R1, R2, R3, asm } from '../../bpf/index.js';
import type { JumpCondition } from '../../bpf/index.js';
import { errorsOf } from '../error-messages.js';
import type { FunctionEmitter } from '../function-emitter.js';
import { isLimited } from '../handler-plan.js';
import type { TextPlace } from '../handler-plan.js';
import { alignTo8, literalWords } from '../text-layout.js';
import { TextBuilder } from './text-builder.js';
import { emitNumberField } from './text-fields.js';
import type { Conversion, Field } from './text-fields.js';
import { clamp, clearText, copyBytes, loadLength, moveText, setLength, zeroBytes } from './text-memory.js';

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const HOLDS: Readonly<Record<Comparison, (order: number) => boolean>> = {
  eq: (order) => order === 0, ne: (order) => order !== 0, lt: (order) => order < 0, le: (order) => order <= 0, gt: (order) => order > 0, ge: (order) => order >= 0,
};
const SWAPPED: Readonly<Record<Comparison, Comparison>> = { eq: 'eq', ne: 'ne', lt: 'gt', le: 'ge', gt: 'lt', ge: 'le' };
const ORDER_JUMP: Partial<Record<Comparison, JumpCondition>> = { lt: 'lt', le: 'lt', gt: 'gt', ge: 'gt' };

/** Texts are NUL-padded: equal words up to the shorter slot's end are equal texts, and the first unequal word decides. */
export function emitCompareText(e: FunctionEmitter, one: Extract<IrInstruction, { op: 'compare-text' }>): void {
  let { fn, a, b } = one;
  if ('text' in a && 'text' in b) {
    e.emit(asm.mov.imm(R0, HOLDS[fn](compareTexts(a.text, b.text)) ? 1 : 0));
    e.commit(one.dst, R0);
    return;
  }
  if ('text' in a) {
    [a, b] = [b, a];
    fn = SWAPPED[fn];
  }
  const [different, done] = [e.label('different'), e.label('compared')];
  const left = e.text(registerOf(a));
  const from = e.address(left, left.offset);
  const right = 'register' in b ? e.text(b.register) : undefined;
  const literal = 'text' in b ? literalWords(b.text, alignTo8(b.text.length + 1)) : undefined;
  const words = Math.min(left.bytes / 8, right === undefined ? (literal?.length ?? 0) : right.bytes / 8);
  for (let index = 0; index < words; index++) {
    e.emit(asm.load(8, R1, from.register, from.offset + index * 8));
    if (right !== undefined) {
      const other = e.address(right, right.offset);
      e.emit(asm.load(8, R2, other.register, other.offset + index * 8));
    } else e.constant(R2, literal?.[index] ?? 0n);
    e.emit(asm.jumpIf('ne', R1, { reg: R2 }, different));
  }
  // A literal that is longer than the register can be is greater.
  const cut = literal !== undefined && literal.length > words;
  e.emit(asm.mov.imm(R0, HOLDS[fn](cut ? -1 : 0) ? 1 : 0), asm.jump(done));
  e.bind(different);
  const order = ORDER_JUMP[fn];
  if (order === undefined) e.emit(asm.mov.imm(R0, fn === 'ne' ? 1 : 0));
  else e.emit(asm.toBigEndian(R1, 64), asm.toBigEndian(R2, 64), asm.mov.imm(R0, 1), asm.jumpIf(order, R1, { reg: R2 }, done), asm.mov.imm(R0, 0));
  e.bind(done);
  e.commit(one.dst, R0);
}

function registerOf(value: Value): RegisterId {
  if (!('register' in value)) throw new Error('internal error: a text register is wanted');
  return value.register;
}

export function emitConcat(e: FunctionEmitter, { dst, parts }: Extract<IrInstruction, { op: 'concat' }>): void {
  if (!e.plan.texts.has(dst)) return;
  TextBuilder.build(e, dst, (builder) => {
    for (const part of parts) {
      if ('text' in part) builder.literal(part.text);
      else builder.text(e.text(registerOf(part)));
    }
  });
}

export function emitTextLength(e: FunctionEmitter, dst: RegisterId, text: Value | undefined): void {
  if (text === undefined) throw new Error('internal error: strlen() lacks its argument');
  if ('text' in text) e.emit(asm.mov.imm(R0, text.text.length));
  else loadLength(e, e.text(registerOf(text)), R0);
  e.commit(dst, R0);
}

/** stringat(text, position): 0 outside of the text. */
export function emitStringAt(e: FunctionEmitter, dst: RegisterId, args: readonly Value[]): void {
  const [text, position] = args;
  if (text === undefined || position === undefined) throw new Error('internal error: stringat() lacks arguments');
  const source = 'text' in text ? placeLiteral(e, text.text) : e.text(registerOf(text));
  const end = e.label('character');
  e.into(position, R1);
  if ('text' in text) e.emit(asm.mov.imm(R2, source.bytes - 1));
  else loadLength(e, source, R2);
  e.emit(asm.mov.imm(R0, 0), asm.jumpIf('ge', R1, { reg: R2 }, end), asm.jumpIf('ge', R1, { imm: source.bytes }, end));
  const from = e.address(source, source.offset);
  e.emit(asm.mov.reg(R2, from.register), asm.add.reg(R2, R1), asm.load(1, R0, R2, from.offset));
  e.bind(end);
  e.commit(dst, R0);
}

/** Writes a literal behind the text that is put together in the work area, which is twice as long as any text. */
function placeLiteral(e: FunctionEmitter, text: string): TextPlace {
  const limit = alignTo8(e.env.limits.MAXSTRINGLEN);
  const cut = text.slice(0, e.env.limits.MAXSTRINGLEN - 1);
  const offset = e.plan.work.text + limit;
  literalWords(cut, alignTo8(cut.length + 1)).forEach((word, index) => {
    e.constant(R0, word);
    e.emit(asm.store(8, e.scratch, offset + index * 8, R0));
  });
  return { base: 'context', offset, bytes: cut.length + 1, lengthOffset: undefined, padded: true };
}

/** substr(text, start, length): "" when start or length is outside of the text. */
export function emitSubstring(e: FunctionEmitter, dst: RegisterId, args: readonly Value[]): void {
  const [text, start, length] = args;
  if (text === undefined || start === undefined || length === undefined) throw new Error('internal error: substr() lacks arguments');
  if (!e.plan.texts.has(dst)) return;
  const place = e.text(dst);
  const work = { register: e.scratch, offset: e.plan.work.text };
  const source = 'text' in text ? placeLiteral(e, text.text) : e.text(registerOf(text));
  const [empty, done] = [e.label('empty'), e.label('substring')];
  if (place.padded) zeroBytes(e, work, place.bytes);
  if ('text' in text) e.emit(asm.mov.imm(R3, source.bytes - 1));
  else loadLength(e, source, R3);
  e.into(start, R1);
  e.into(length, R2);
  e.emit(asm.jumpIf('ge', R1, { reg: R3 }, empty), asm.jumpIf('sle', R2, { imm: 0 }, empty), asm.jumpIf('gt', R1, { imm: source.bytes }, empty), asm.sub.reg(R3, R1));
  const fits = e.label('fits');
  e.emit(asm.jumpIf('le', R2, { reg: R3 }, fits), asm.mov.reg(R2, R3));
  e.bind(fits);
  clamp(e, R2, place.bytes - 1);
  e.withTemp(8, (saved) => {
    e.emit(asm.store(8, FP, saved, R2));
    const from = e.address(source, source.offset);
    e.emit(asm.mov.reg(R3, from.register), asm.add.imm(R3, from.offset), asm.add.reg(R3, R1));
    e.pointer(R1, work);
    e.emit(asm.call(HELPER.probeReadKernel), asm.load(8, R1, FP, saved));
  });
  clamp(e, R1, place.bytes - 1);
  setLength(e, place, R1);
  e.emit(asm.add.reg(R1, e.scratch), asm.storeImm(1, R1, e.plan.work.text, 0));
  copyBytes(e, e.address(place, place.offset), work, place.bytes);
  e.bind(done);
  e.later(() => {
    e.bind(empty);
    clearText(e, dst);
    e.emit(asm.jump(done));
  });
}

/** The message of the error that was caught last. */
export function emitCaught(e: FunctionEmitter, dst: RegisterId): void {
  if (!e.plan.texts.has(dst)) return;
  const possible = new Set(e.plan.body.blocks.flatMap(({ instructions, onError }) =>
    onError === undefined ? [] : instructions.flatMap((one) => [...errorsOf(one, (global) => isLimited(e.env.program, global))])));
  const done = e.label('message');
  for (const message of possible) {
    const next = e.label('next message');
    e.into({ register: e.plan.pseudo.errorId }, R1);
    e.emit(asm.jumpIf('ne', R1, { imm: message.id }, next));
    TextBuilder.build(e, dst, (builder) => {
      for (const piece of message.pieces) {
        if ('literal' in piece) builder.literal(piece.literal);
        else emitNumberField(e, builder, { register: e.plan.pseudo.errorNumber }, asField(piece));
      }
    });
    e.emit(asm.jump(done));
    e.bind(next);
  }
  moveText(e, dst, { register: e.plan.pseudo.errorText });
  e.bind(done);
}


/** The messages' own conversions have no `*`. */
const asField = ({ conversion, flag, width, precision }: Conversion): Field =>
  ({ conversion, ...(flag === undefined ? {} : { flag }), ...(typeof width === 'number' ? { width } : {}), ...(typeof precision === 'number' ? { precision } : {}) });
