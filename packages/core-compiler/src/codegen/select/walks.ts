/** `foreach` in a kernel handler: a snapshot of the array in this CPU's rows, taken out of a heap one by one. */
import type { IrInstruction, IteratorId } from '@stapkit/object';
import { REFUSAL } from '../refusals.js';
import { FP, HELPER, R0, R1, R2, R3, R4, asm } from '../../bpf/index.js';
import type { FunctionEmitter } from '../function-emitter.js';
import type { HashStorage } from '../storage.js';
import { gatherProgram, heapProgram, lessProgram, levelProgram, popProgram, skipProgram } from '../walk-subprograms.js';
import type { Walk, WalkRows } from '../walk-table.js';
import { WALK } from '../walk-table.js';
import { hashOf, storeLong } from './arrays.js';
import { clamp, readSlot, writeSlot } from './text-memory.js';

interface Place { readonly walk: Walk; readonly storage: HashStorage; readonly rows: WalkRows; readonly isText: boolean }

function placeOf(e: FunctionEmitter, iterator: IteratorId): Place {
  const walk = e.plan.walks.get(iterator);
  if (walk === undefined) throw new Error(`internal error: cursor ${iterator} is never opened`);
  const { global } = walk.instruction;
  const array = e.env.program.globals[global];
  if (array?.kind !== 'array') throw new Error(`internal error: global ${global} is not an array`);
  const storage = hashOf(e, global);
  return { walk, storage, rows: e.env.walks.rows(global, walk, storage, array.maxEntries ?? e.env.limits.MAXMAPENTRIES), isText: array.value === 'string' };
}

export function emitIterate(e: FunctionEmitter, one: Extract<IrInstruction, { op: 'iterate' }>): void {
  const { features } = e.env;
  if (!features.forEachMapElem || !features.loop) {
    const [helper, since] = features.forEachMapElem ? ['bpf_loop', '5.17'] : ['bpf_for_each_map_elem and bpf_loop', '5.17'];
    const name = e.env.program.globals[one.global]?.name ?? '';
    e.env.refuse(REFUSAL.kernelTooOld, `array '${name}' is walked in a kernel probe, which needs ${helper} (Linux ${since})`, one.location ?? e.block.location, `do it in an end or timer probe, which sees the same '${name}'`);
    return;
  }
  const place = placeOf(e, one.iterator);
  const { walk: { state }, storage, rows } = place;
  keepSlice(e, place, one);
  keepLimit(e, state, one);
  e.emit(asm.storeImm(8, e.scratch, state + WALK.count, 0));
  const gather = gatherSymbol(e, place, one);
  e.env.subprogram(`${rows.map}_less`, () => lessProgram(rows));
  e.env.subprogram(`${rows.map}_level`, () => levelProgram(rows));
  const heap = e.env.subprogram(`${rows.map}_heap`, () => heapProgram(rows));
  e.withTemp(8, (pointer) => {
    e.pointer(R1, { register: e.scratch, offset: state });
    e.emit(asm.store(8, FP, pointer, R1), asm.mov.reg(R3, FP), asm.add.imm(R3, pointer), asm.loadMap(R1, storage.map), asm.loadFunction(R2, gather), asm.mov.imm(R4, 0), asm.call(HELPER.forEachMapElem));
    e.emit(asm.load(8, R1, e.scratch, state + WALK.count), asm.shr.imm(R1, 1), asm.mov.reg(R3, FP), asm.add.imm(R3, pointer), asm.loadFunction(R2, heap), asm.mov.imm(R4, 0), asm.call(HELPER.loop));
    if (one.skip === undefined) return;
    const skip = e.env.subprogram(`${rows.map}_skip`, () => skipProgram(rows));
    e.env.subprogram(`${rows.map}_pop`, () => popProgram(rows));
    e.into(one.skip, R1);
    clamp(e, R1, rows.entries);
    e.emit(asm.mov.reg(R3, FP), asm.add.imm(R3, pointer), asm.loadFunction(R2, skip), asm.mov.imm(R4, 0), asm.call(HELPER.loop));
  });
}

/** Equal callbacks are made once. */
function gatherSymbol(e: FunctionEmitter, { rows, storage, isText }: Place, { sort, slice }: Extract<IrInstruction, { op: 'iterate' }>): string {
  const given = (slice ?? []).map((key) => key !== undefined);
  const order = sort === undefined ? 'time' : `${sort.by}${sort.by === 'key' ? sort.key : ''}${sort.stat ?? ''}_${sort.descending ? 'down' : 'up'}`;
  const symbol = `${rows.map}_gather_${order}${given.map((one) => (one ? '1' : '0')).join('')}`;
  return e.env.subprogram(symbol, () => gatherProgram({ symbol, rows, storage, sort, isText, given }));
}

function keepSlice(e: FunctionEmitter, { walk, storage }: Place, { slice }: Extract<IrInstruction, { op: 'iterate' }>): void {
  slice?.forEach((value, index) => {
    const key = storage.keys[index];
    if (value === undefined || key === undefined) return;
    const to = { register: e.scratch, offset: walk.state + WALK.slice + key.offset };
    if (key.type === 'string') writeSlot(e, to, key.bytes, value);
    else storeLong(e, to, value);
  });
}

/** A negative limit lets nothing through. */
function keepLimit(e: FunctionEmitter, state: number, { limit }: Extract<IrInstruction, { op: 'iterate' }>): void {
  const to = { register: e.scratch, offset: state + WALK.remaining };
  if (limit === undefined) storeLong(e, to, { long: -1n });
  else if ('long' in limit) storeLong(e, to, { long: limit.long < 0n ? 0n : limit.long });
  else {
    const positive = e.label('positive');
    e.into(limit, R1);
    e.emit(asm.jumpIf('sge', R1, { imm: 0 }, positive), asm.mov.imm(R1, 0));
    e.bind(positive);
    e.emit(asm.store(8, to.register, to.offset, R1));
  }
}

export function emitAdvance(e: FunctionEmitter, one: Extract<IrInstruction, { op: 'advance' }>): void {
  // Refused where it was opened.
  if (!e.env.features.forEachMapElem || !e.env.features.loop) return;
  const { walk: { state }, storage, rows, isText } = placeOf(e, one.iterator);
  const [none, done] = [e.label('walk ended'), e.label('advanced')];
  const pop = e.env.subprogram(`${rows.map}_pop`, () => popProgram(rows));
  e.emit(asm.load(8, R1, e.scratch, state + WALK.count), asm.jumpIf('eq', R1, { imm: 0 }, none));
  e.emit(asm.load(8, R2, e.scratch, state + WALK.remaining), asm.jumpIf('eq', R2, { imm: 0 }, none), asm.sub.imm(R2, 1), asm.store(8, e.scratch, state + WALK.remaining, R2));
  e.withTemp(8, (row) => {
    e.pointer(R1, { register: e.scratch, offset: state });
    e.emit(asm.store(8, FP, row, R1), asm.mov.reg(R1, FP), asm.add.imm(R1, row), asm.callSymbol(pop));
    e.emit(asm.store(4, FP, row, R0), asm.mov.reg(R2, FP), asm.add.imm(R2, row), asm.loadMap(R1, rows.map), asm.call(HELPER.mapLookup));
    e.emit(asm.jumpIf('eq', R0, { imm: 0 }, none), asm.store(8, FP, row, R0));
    const read = (register: number, offset: number, bytes: number, text: boolean): void => {
      if (text ? !e.plan.texts.has(register) : e.home(register) === undefined) return;
      e.emit(asm.load(8, R2, FP, row));
      if (text) {
        readSlot(e, register, { register: R2, offset }, bytes);
        return;
      }
      const target = e.target(register, R0);
      e.emit(asm.load(8, target, R2, offset));
      e.commit(register, target);
    };
    storage.keys.forEach(({ type, offset, bytes }, index) => {
      const register = one.keys[index];
      if (register !== undefined) read(register, rows.keys + offset, bytes, type === 'string');
    });
    if (one.value !== undefined && rows.value !== undefined) read(one.value, rows.value, storage.valueBytes - storage.valueOffset, isText);
  });
  e.emit(asm.mov.imm(R1, 1));
  e.commit(one.more, R1);
  e.bind(done);
  e.later(() => {
    e.bind(none);
    e.emit(asm.mov.imm(R1, 0));
    e.commit(one.more, R1);
    e.emit(asm.jump(done));
  });
}
