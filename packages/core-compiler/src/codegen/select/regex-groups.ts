/** matched(n) in a kernel handler: the four walks of regex-group-tables.ts in @stapkit/object. */
import { GLOBALS_MAP, GROUP_DEAD, GROUP_POSITION_MASK, GROUP_SLOT_SHIFT } from '@stapkit/object';
import type { IrInstruction, RegisterId, Value } from '@stapkit/object';
import type { Label, Register } from '../../bpf/index.js';
import { FP, HELPER, R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, asm } from '../../bpf/index.js';
import type { FunctionEmitter } from '../function-emitter.js';
import type { WorkAreas } from '../handler-plan.js';
import { groupPatterns } from '../regex-group-tables.js';
import type { PlacedGroups } from '../regex-group-tables.js';
import { alignTo8, literalWords } from '../text-layout.js';
import { MACHINE } from '../text-loops.js';
import type { Step } from '../text-loops.js';
import { emitTextLoop, setWord } from './text-loop.js';
import { clamp, clearText, copyBytes, setLength, zeroBytes } from './text-memory.js';
import { keepLength, place } from './text-scans.js';

type Code = Step['code'];

/** regex_group(subject, pattern, n). */
export function emitRegexGroup(e: FunctionEmitter, dst: RegisterId, one: Extract<IrInstruction, { op: 'intrinsic' }>): void {
  if (!e.plan.texts.has(dst)) return;
  const [subject, pattern, number] = one.args;
  if (subject === undefined || pattern === undefined || number === undefined) throw new Error('internal error: regex_group() lacks arguments');
  const [none, done] = [e.label('no group'), e.label('group')];
  const bytes = place(e, subject, e.plan.work.source);
  keepLength(e, subject, 'length');
  const patterns = 'text' in pattern ? [pattern.text] : groupPatterns(e.plan.body);
  for (const text of patterns) {
    const tables = e.env.storage.groupTables.get(text);
    if (tables === undefined) throw new Error('internal error: a regular expression without tables');
    const other = e.label('another pattern');
    if ('register' in pattern) compareWith(e, pattern.register, text, other);
    emitGroup(e, dst, { tables, bytes, number, none });
    e.emit(asm.jump(done));
    e.bind(other);
  }
  e.bind(none);
  clearText(e, dst);
  e.bind(done);
}

/** Goes to `different` when a NUL-padded text is not the literal. */
function compareWith(e: FunctionEmitter, register: RegisterId, text: string, different: Label): void {
  const source = e.text(register);
  const from = e.address(source, source.offset);
  const words = literalWords(text, Math.min(source.bytes, alignTo8(text.length + 1)));
  if (text.length >= source.bytes) {
    e.emit(asm.jump(different));
    return;
  }
  words.forEach((word, index) => {
    e.constant(R2, word);
    e.emit(asm.load(8, R1, from.register, from.offset + index * 8), asm.jumpIf('ne', R1, { reg: R2 }, different));
  });
}

interface Wanted { readonly tables: PlacedGroups; readonly bytes: number; readonly number: Value; readonly none: Label }

function emitGroup(e: FunctionEmitter, dst: RegisterId, { tables, bytes, number, none }: Wanted): void {
  const { work } = e.plan;
  const word = (name: keyof typeof MACHINE): number => work.machine + MACHINE[name];
  const loop = (name: string, most: number, make: (step: Step) => void): void => { emitTextLoop(e, `regex${tables.number}_${name}_${bytes}`, most, make); };
  const { search, classCount, groups } = tables.tables;
  // Where matches begin. Words: position is the state, from the beginning, wanted the end, result the position of walk 4.
  const [empty, begun] = [e.label('empty'), e.label('begun')];
  setWord(e, 'position', 0);
  e.emit(asm.load(8, R1, e.scratch, word('length')), asm.jumpIf('eq', R1, { imm: 0 }, empty));
  if (!search.beginsAtEnd) e.emit(asm.mov.imm(R1, -1));
  e.emit(asm.jump(begun));
  e.bind(empty);
  if (!search.beginsEmpty) e.emit(asm.mov.imm(R1, -1));
  e.bind(begun);
  e.emit(asm.store(8, e.scratch, word('from'), R1));
  loop('search', bytes, (step) => { searchStep(step, work, tables, bytes); });
  startExtent(e, word, classCount, none);
  loop('extent', bytes + 1, (step) => { extentStep(step, work, tables, bytes); });
  startViable(e, word, classCount);
  loop('viable', bytes, (step) => { viableStep(step, work, tables, bytes); });
  for (let slot = 0; slot < 2 * groups; slot++) e.emit(asm.storeImm(8, e.scratch, work.groups + slot * 8, -1));
  startParse(e, word);
  loop('parse', bytes, (step) => { parseStep(step, work, tables, bytes); });
  lastSlots(e, word, tables, none);
  takeGroup(e, dst, { number, groups, bytes, none });
}

function startExtent(e: FunctionEmitter, word: (name: keyof typeof MACHINE) => number, classCount: number, none: Label): void {
  const first = e.label('at the start');
  e.emit(asm.load(8, R1, e.scratch, word('from')), asm.jumpIf('slt', R1, { imm: 0 }, none), asm.store(8, e.scratch, word('wanted'), R1));
  e.emit(asm.mov.imm(R2, 0), asm.jumpIf('eq', R1, { imm: 0 }, first), asm.mov.imm(R2, classCount));
  e.bind(first);
  e.emit(asm.store(8, e.scratch, word('position'), R2));
}

function startViable(e: FunctionEmitter, word: (name: keyof typeof MACHINE) => number, classCount: number): void {
  const inside = e.label('before the end');
  e.emit(asm.load(8, R1, e.scratch, word('wanted')), asm.load(8, R2, e.scratch, word('length')), asm.mov.imm(R3, 0), asm.jumpIf('ne', R1, { reg: R2 }, inside), asm.mov.imm(R3, classCount));
  e.bind(inside);
  e.emit(asm.store(8, e.scratch, word('position'), R3));
}

function startParse(e: FunctionEmitter, word: (name: keyof typeof MACHINE) => number): void {
  const first = e.label('at the start');
  e.emit(asm.load(8, R1, e.scratch, word('from')), asm.mov.imm(R2, 0), asm.jumpIf('eq', R1, { imm: 0 }, first), asm.mov.imm(R2, 1));
  e.bind(first);
  e.emit(asm.store(8, e.scratch, word('result'), R2));
}

/** r0 = what the rows lead to from the state in r5 by byte number r7 of the source; stops where a state is out of range. */
function nextState(step: Step, work: WorkAreas, tables: PlacedGroups, rows: number, count: number): void {
  const { code, stop } = step;
  code.emit(asm.mov.reg(R1, R9), asm.add.reg(R1, R7), asm.load(1, R0, R1, work.source));
  code.emit(asm.loadData(R3, GLOBALS_MAP, tables.classes), asm.add.reg(R3, R0), asm.load(1, R0, R3, 0));
  code.emit(asm.jumpIf('ge', R5, { imm: count }, stop), asm.add.reg(R0, R5), asm.shl.imm(R0, 1), asm.loadData(R3, GLOBALS_MAP, rows), asm.add.reg(R3, R0), asm.load(2, R0, R3, 0));
}

/** Bit 0 of the flags of the state in `state`, bit 1 when `position` is the place in `edge`: goes to `no` when it is not set. */
function testFlag(step: Step, flags: number, count: number, { state, position, edge, no }: { readonly state: Register; readonly position: Register; readonly edge: { readonly reg: Register } | { readonly imm: number }; readonly no: Label }): void {
  const { code, stop } = step;
  const inner = { name: 'not at the edge' };
  code.emit(asm.jumpIf('ge', state, { imm: count }, stop), asm.loadData(R3, GLOBALS_MAP, flags), asm.add.reg(R3, state), asm.load(1, R4, R3, 0));
  code.emit(asm.jumpIf('ne', position, edge, inner), asm.shr.imm(R4, 1));
  code.bind(inner);
  code.emit(asm.and.imm(R4, 1), asm.jumpIf('eq', R4, { imm: 0 }, no));
}

function searchStep(step: Step, work: WorkAreas, tables: PlacedGroups, bytes: number): void {
  const { code, next, stop, at } = step;
  const count = tables.tables.search.rows.length;
  code.emit(asm.load(8, R7, R9, at('length')), asm.sub.imm(R7, 1), asm.sub.reg(R7, R8), asm.jumpIf('ge', R7, { imm: bytes }, stop), asm.load(8, R5, R9, at('position')));
  nextState(step, work, tables, tables.search, count);
  code.emit(asm.store(8, R9, at('position'), R0));
  testFlag(step, tables.begins, count, { state: R0, position: R7, edge: { imm: 0 }, no: next });
  code.emit(asm.store(8, R9, at('from'), R7), asm.jump(next));
}

function extentStep(step: Step, work: WorkAreas, tables: PlacedGroups, bytes: number): void {
  const { code, next, stop, at } = step;
  const count = tables.tables.extent.rows.length;
  const goOn = { name: 'no end' };
  code.emit(asm.load(8, R7, R9, at('from')), asm.add.reg(R7, R8), asm.load(8, R6, R9, at('length')), asm.jumpIf('gt', R7, { reg: R6 }, stop), asm.jumpIf('ge', R7, { imm: bytes }, stop));
  code.emit(asm.load(8, R5, R9, at('position')));
  testFlag(step, tables.ends, count, { state: R5, position: R7, edge: { reg: R6 }, no: goOn });
  code.emit(asm.store(8, R9, at('wanted'), R7));
  code.bind(goOn);
  code.emit(asm.jumpIf('eq', R7, { reg: R6 }, stop));
  nextState(step, work, tables, tables.extent, count);
  code.emit(asm.jumpIf('eq', R0, { imm: GROUP_DEAD }, stop), asm.store(8, R9, at('position'), R0), asm.jump(next));
}

function viableStep(step: Step, work: WorkAreas, tables: PlacedGroups, bytes: number): void {
  const { code, next, stop, at } = step;
  code.emit(asm.load(8, R7, R9, at('wanted')), asm.sub.imm(R7, 1), asm.sub.reg(R7, R8), asm.load(8, R6, R9, at('from')), asm.jumpIf('slt', R7, { reg: R6 }, stop), asm.jumpIf('ge', R7, { imm: bytes }, stop));
  code.emit(asm.load(8, R5, R9, at('position')));
  nextState(step, work, tables, tables.viable, tables.tables.viable.rows.length);
  code.emit(asm.store(8, R9, at('position'), R0), asm.shl.imm(R7, 1), asm.mov.reg(R1, R9), asm.add.reg(R1, R7), asm.store(2, R1, work.states, R0), asm.jump(next));
}

function parseStep(step: Step, work: WorkAreas, tables: PlacedGroups, bytes: number): void {
  const { code, next, stop, at } = step;
  const { viable, parse, classCount, groups } = tables.tables;
  code.emit(asm.load(8, R7, R9, at('from')), asm.add.reg(R7, R8), asm.load(8, R6, R9, at('wanted')), asm.jumpIf('ge', R7, { reg: R6 }, stop), asm.jumpIf('ge', R7, { imm: bytes }, stop));
  code.emit(asm.mov.reg(R1, R7), asm.shl.imm(R1, 1), asm.add.reg(R1, R9), asm.load(2, R0, R1, work.states), asm.div.imm(R0, classCount));
  code.emit(asm.load(8, R5, R9, at('result')), asm.mul.imm(R5, viable.states), asm.add.reg(R5, R0), asm.jumpIf('ge', R5, { imm: parse.steps.length }, stop), asm.shl.imm(R5, 2));
  code.emit(asm.loadData(R3, GLOBALS_MAP, tables.steps), asm.add.reg(R3, R5), asm.load(4, R0, R3, 0));
  code.emit(asm.mov.reg(R5, R0), asm.and.imm(R5, GROUP_POSITION_MASK), asm.store(8, R9, at('result'), R5), asm.shr.imm(R0, GROUP_SLOT_SHIFT));
  setSlots(code, R9, work.groups, groups);
  code.emit(asm.jump(next));
}

/** Notes the place in r7 for each slot of the bits in r0. */
function setSlots(code: Code, scratch: Register, slots: number, groups: number): void {
  for (let slot = 0; slot < 2 * groups; slot++) {
    const unset = { name: 'slot stays' };
    code.emit(asm.mov.reg(R1, R0), asm.and.imm(R1, 1 << slot), asm.jumpIf('eq', R1, { imm: 0 }, unset), asm.store(8, scratch, slots + slot * 8, R7));
    code.bind(unset);
  }
}

/** The slots that are passed at the end of the match. */
function lastSlots(e: FunctionEmitter, word: (name: keyof typeof MACHINE) => number, tables: PlacedGroups, none: Label): void {
  const { parse, groups } = tables.tables;
  const inside = e.label('before the end');
  e.emit(asm.load(8, R2, e.scratch, word('wanted')), asm.load(8, R3, e.scratch, word('length')), asm.load(8, R4, e.scratch, word('result')), asm.shl.imm(R4, 1));
  e.emit(asm.jumpIf('ne', R2, { reg: R3 }, inside), asm.or.imm(R4, 1));
  e.bind(inside);
  e.emit(asm.jumpIf('ge', R4, { imm: parse.last.length }, none), asm.shl.imm(R4, 2), asm.loadData(R3, GLOBALS_MAP, tables.last), asm.add.reg(R3, R4), asm.load(4, R0, R3, 0));
  for (let slot = 0; slot < 2 * groups; slot++) {
    const unset = e.label('slot stays');
    e.emit(asm.mov.reg(R1, R0), asm.and.imm(R1, 1 << slot), asm.jumpIf('eq', R1, { imm: 0 }, unset), asm.store(8, e.scratch, e.plan.work.groups + slot * 8, R2));
    e.bind(unset);
  }
}

/** The text between the two slots of the group to its place. */
function takeGroup(e: FunctionEmitter, dst: RegisterId, { number, groups, bytes, none }: { readonly number: Value; readonly groups: number; readonly bytes: number; readonly none: Label }): void {
  const place = e.text(dst);
  const { work } = e.plan;
  if ('long' in number && (number.long < 0n || number.long >= BigInt(groups))) {
    e.emit(asm.jump(none));
    return;
  }
  if ('long' in number) e.emit(asm.mov.reg(R3, e.scratch), asm.add.imm(R3, Number(number.long) * 16));
  else {
    e.into(number, R1);
    e.emit(asm.jumpIf('ge', R1, { imm: groups }, none), asm.shl.imm(R1, 4), asm.mov.reg(R3, e.scratch), asm.add.reg(R3, R1));
  }
  e.emit(asm.load(8, R1, R3, work.groups), asm.load(8, R2, R3, work.groups + 8), asm.jumpIf('ge', R1, { imm: bytes }, none), asm.jumpIf('sle', R2, { reg: R1 }, none), asm.sub.reg(R2, R1));
  clamp(e, R2, place.bytes - 1);
  e.withTemp(16, (kept) => {
    e.emit(asm.store(8, FP, kept, R2), asm.store(8, FP, kept + 8, R1));
    const to = { register: e.scratch, offset: work.text };
    if (place.padded) zeroBytes(e, to, place.bytes);
    e.emit(asm.load(8, R3, FP, kept + 8), asm.jumpIf('ge', R3, { imm: bytes }, none), asm.add.reg(R3, e.scratch), asm.add.imm(R3, work.source), asm.load(8, R2, FP, kept));
    clamp(e, R2, place.bytes - 1);
    e.pointer(R1, to);
    e.emit(asm.call(HELPER.probeReadKernel), asm.load(8, R1, FP, kept));
    clamp(e, R1, place.bytes - 1);
    setLength(e, place, R1);
    e.emit(asm.add.reg(R1, e.scratch), asm.storeImm(1, R1, work.text, 0));
    copyBytes(e, e.address(place, place.offset), to, place.bytes);
  });
}
