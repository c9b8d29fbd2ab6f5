/** Operations that go through a text byte by byte: quoting, searching. See text-loops.ts. */
import { ERRNO_NAMES } from '@stapkit/object';
import type { IrInstruction, RegisterId, Value } from '@stapkit/object';
import { R0, R1, R2, asm } from '../../bpf/index.js';
import type { FunctionEmitter } from '../function-emitter.js';
import { alignTo8 } from '../text-layout.js';
import { MACHINE, escapeStep, findStep, markStep, spanStep } from '../text-loops.js';
import { TextBuilder } from './text-builder.js';
import { emitNumberField } from './text-fields.js';
import { emitTextLoop, setWord, textAreas } from './text-loop.js';
import { clearText, copyBytes, loadLength, moveText, storeLiteral } from './text-memory.js';

type Intrinsic = Extract<IrInstruction, { op: 'intrinsic' }>;

function textOf(one: Intrinsic, index: number): Value {
  const value = one.args[index];
  if (value === undefined) throw new Error(`internal error: ${one.name}() lacks argument ${index + 1}`);
  return value;
}

/** Copies a text to `offset` of the context; gives how many bytes that may be, its NUL included. */
export function place(e: FunctionEmitter, value: Value, offset: number): number {
  const to = { register: e.scratch, offset };
  if ('text' in value) {
    const cut = value.text.slice(0, e.env.limits.MAXSTRINGLEN - 1);
    storeLiteral(e, to, cut, alignTo8(cut.length + 1), false);
    return alignTo8(cut.length + 1);
  }
  if (!('register' in value)) throw new Error('internal error: a long where a text is wanted');
  const source = e.text(value.register);
  copyBytes(e, to, e.address(source, source.offset), source.bytes);
  return source.bytes;
}

/** machine[word] = the length of a text. */
export function keepLength(e: FunctionEmitter, value: Value, word: 'length' | 'part'): void {
  if ('text' in value) setWord(e, word, Math.min(value.text.length, e.env.limits.MAXSTRINGLEN - 1));
  else if ('register' in value) {
    loadLength(e, e.text(value.register), R1);
    e.emit(asm.store(8, e.scratch, e.plan.work.machine + MACHINE[word], R1));
  }
}

/** machine.from = the value, at least 0. */
function keepStart(e: FunctionEmitter, value: Value): void {
  const positive = e.label('positive');
  e.into(value, R1);
  e.emit(asm.jumpIf('sge', R1, { imm: 0 }, positive), asm.mov.imm(R1, 0));
  e.bind(positive);
  e.emit(asm.store(8, e.scratch, e.plan.work.machine + MACHINE.from, R1));
}

function commitWord(e: FunctionEmitter, dst: RegisterId, word: keyof typeof MACHINE): void {
  e.emit(asm.load(8, R0, e.scratch, e.plan.work.machine + MACHINE[word]));
  e.commit(dst, R0);
}

/** quote(text), escape(text). */
export function emitEscape(e: FunctionEmitter, dst: RegisterId, one: Intrinsic): void {
  if (!e.plan.texts.has(dst)) return;
  const quoted = one.name === 'quote';
  const most = e.env.limits.MAXSTRINGLEN - 1;
  const { work } = e.plan;
  TextBuilder.build(e, dst, (builder) => {
    const bytes = place(e, textOf(one, 0), work.source);
    setWord(e, 'position', quoted ? 1 : 0);
    setWord(e, 'complete', 1);
    setWord(e, 'overflow', 0);
    if (quoted) e.emit(asm.storeImm(1, e.scratch, work.text, 0x22));
    emitTextLoop(e, `${one.name}_text_${bytes}`, bytes, (step) => { escapeStep(step, textAreas(e), bytes, most, quoted); });
    builder.setLength(() => {
      e.emit(asm.load(8, R1, e.scratch, work.machine + MACHINE.position));
      if (!quoted) return;
      const whole = e.label('whole');
      e.emit(asm.load(8, R2, e.scratch, work.machine + MACHINE.overflow), asm.jumpIf('eq', R2, { imm: 0 }, whole), asm.load(8, R1, e.scratch, work.machine + MACHINE.complete));
      e.bind(whole);
    });
    if (!quoted) return;
    const [cut, done] = [e.label('cut'), e.label('quoted')];
    e.emit(asm.load(8, R2, e.scratch, work.machine + MACHINE.overflow), asm.jumpIf('ne', R2, { imm: 0 }, cut));
    builder.literal('"');
    e.emit(asm.jump(done));
    e.bind(cut);
    builder.literal('"...');
    e.bind(done);
  });
}

/** find(text, part, from). */
export function emitFind(e: FunctionEmitter, dst: RegisterId, one: Intrinsic): void {
  const { work } = e.plan;
  const [text, part, from] = [textOf(one, 0), textOf(one, 1), textOf(one, 2)];
  const bytes = place(e, text, work.source);
  const words = place(e, part, work.text) / 8;
  keepLength(e, text, 'length');
  keepLength(e, part, 'part');
  keepStart(e, from);
  setWord(e, 'result', -1);
  emitTextLoop(e, `find_text_${bytes}_${words}`, bytes, (step) => { findStep(step, textAreas(e), bytes, words); });
  commitWord(e, dst, 'result');
}

/** span(text, set, from, wanted). */
export function emitSpan(e: FunctionEmitter, dst: RegisterId, one: Intrinsic): void {
  const { work } = e.plan;
  const [text, set, from, wanted] = [textOf(one, 0), textOf(one, 1), textOf(one, 2), textOf(one, 3)];
  if ('text' in set) markConstants(e, set.text);
  else {
    for (let word = 0; word < 4; word++) e.emit(asm.storeImm(8, e.scratch, work.machine + MACHINE.bitmap + word * 8, 0));
    const room = place(e, set, work.source);
    emitTextLoop(e, `mark_text_${room}`, room, (step) => { markStep(step, textAreas(e), room); });
  }
  const bytes = place(e, text, work.source);
  keepLength(e, text, 'length');
  keepStart(e, from);
  e.emit(asm.load(8, R1, e.scratch, work.machine + MACHINE.length), asm.store(8, e.scratch, work.machine + MACHINE.result, R1));
  const no = e.label('not wanted');
  e.into(wanted, R1);
  e.emit(asm.jumpIf('eq', R1, { imm: 0 }, no), asm.mov.imm(R1, 1));
  e.bind(no);
  e.emit(asm.store(8, e.scratch, work.machine + MACHINE.wanted, R1));
  emitTextLoop(e, `span_text_${bytes}`, bytes, (step) => { spanStep(step, textAreas(e), bytes); });
  commitWord(e, dst, 'result');
}

function markConstants(e: FunctionEmitter, set: string): void {
  const words = [0n, 0n, 0n, 0n];
  for (let at = 0; at < set.length; at++) {
    const code = set.charCodeAt(at) & 0xff;
    words[code >> 6] = (words[code >> 6] ?? 0n) | (1n << BigInt(code & 63));
  }
  words.forEach((word, index) => {
    e.constant(R0, word);
    e.emit(asm.store(8, e.scratch, e.plan.work.machine + MACHINE.bitmap + index * 8, R0));
  });
}

/** errno_name(value), enum_name(value, table): a decision tree over the numbers that have a name. */
export function emitName(e: FunctionEmitter, dst: RegisterId, one: Intrinsic): void {
  if (!e.plan.texts.has(dst)) return;
  const value = textOf(one, 0);
  const [done, other] = [e.label('named'), e.label('no name')];
  const tree = (names: readonly (readonly [bigint, string])[]): void => {
    const [only] = names;
    if (only === undefined) e.emit(asm.jump(other));
    else if (names.length === 1) {
      e.emit(asm.jumpIf('ne', loadValue(e, value, only[0]), { reg: R2 }, other));
      moveText(e, dst, { text: only[1] });
      e.emit(asm.jump(done));
    } else {
      const middle = names.length >> 1;
      const upper = e.label('upper half');
      e.emit(asm.jumpIf('sge', loadValue(e, value, names[middle]?.[0] ?? 0n), { reg: R2 }, upper));
      tree(names.slice(0, middle));
      e.bind(upper);
      tree(names.slice(middle));
    }
  };
  tree(one.name === 'errno_name' ? ERRNO_NAMES.map(([number, name]) => [BigInt(number), name]) : enumerators(one));
  e.bind(other);
  if (one.name === 'errno_name') clearText(e, dst);
  else TextBuilder.build(e, dst, (builder) => { emitNumberField(e, builder, value, { conversion: 'd' }); });
  e.bind(done);
}

/** The value in the machine register given back, and the constant in r2. */
function loadValue(e: FunctionEmitter, value: Value, constant: bigint): 1 {
  e.into(value, R1);
  e.constant(R2, constant);
  return R1;
}

/** Ascending, the first of equal ones. */
function enumerators(one: Intrinsic): (readonly [bigint, string])[] {
  const table = textOf(one, 1);
  if (!('text' in table)) throw new Error('internal error: the names of an enumeration are not constant');
  const names = new Map<bigint, string>();
  for (const line of table.text.split('\n')) {
    const [, digits, name] = /^(-?\d+) (.*)$/s.exec(line) ?? [];
    if (digits !== undefined && name !== undefined && !names.has(BigInt(digits))) names.set(BigInt(digits), name);
  }
  return [...names].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
