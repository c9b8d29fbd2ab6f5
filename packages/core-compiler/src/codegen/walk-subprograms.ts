/**
 * The functions of a walk. The rows form a binary heap, so that collecting is linear and a loop that stops early, or has
 * a small `limit`, never pays for a whole sort. Rows stay where they are; the heap is of row numbers.
 */
import { EXTREME_RANK, type IterationSort } from '@stapkit/object';
import type { Register } from '../bpf/index.js';
import { Assembler, FP, HELPER, R0, R1, R2, R3, R4, R6, R7, R8, R9, asm } from '../bpf/index.js';
import type { Subprogram } from './handler-environment.js';
import type { HashStorage } from './storage.js';
import { ROW, WALK, sortPlace } from './walk-table.js';
import type { WalkRows } from './walk-table.js';

const KEY = -8;
const KEPT = -16;
const SIGN = 1n << 63n;
/** Beyond this many bytes a helper call copies. */
const UNROLL_BYTES = 128;

/** Stack that a walk's functions take below the handler's: four of them, each rounded up to 32 bytes. */
export const WALK_STACK_BYTES = 128;

type Label = Parameters<Assembler['bind']>[0];

/** r0 = the row whose number is in `number`. */
function lookupRow(code: Assembler, rows: WalkRows, number: Register, absent: Label): void {
  code.emit(asm.store(4, FP, KEY, number), asm.mov.reg(R2, FP), asm.add.imm(R2, KEY), asm.loadMap(R1, rows.map), asm.call(HELPER.mapLookup));
  code.emit(asm.jumpIf('eq', R0, { imm: 0 }, absent));
}

/** (position a, position b) → 1 when the row at a comes before the row at b. */
export function lessProgram(rows: WalkRows): Subprogram {
  const code = new Assembler();
  const [no, yes] = [{ name: 'no' }, { name: 'yes' }];
  const rowAt = (position: Register): void => {
    lookupRow(code, rows, position, no);
    code.emit(asm.load(8, R1, R0, ROW.slot));
    lookupRow(code, rows, R1, no);
  };
  code.emit(asm.mov.reg(R7, R2));
  rowAt(R1);
  code.emit(asm.mov.reg(R6, R0));
  rowAt(R7);
  for (let word = 0; word < rows.orderWords; word++) {
    const offset = ROW.order + 8 * word;
    code.emit(asm.load(8, R1, R6, offset), asm.load(8, R2, R0, offset), asm.jumpIf('lt', R1, { reg: R2 }, yes), asm.jumpIf('gt', R1, { reg: R2 }, no));
  }
  code.bind(no);
  code.emit(asm.mov.imm(R0, 0), asm.exit());
  code.bind(yes);
  code.emit(asm.mov.imm(R0, 1), asm.exit());
  return { symbol: `${rows.map}_less`, code: code.assemble(), parameters: ['a', 'b'] };
}

/**
 * Callback of bpf_loop (index, pointer to the pointer to the walk's state): moves the row at `position` down one level
 * of the heap; 1 when it is where it belongs. What it works on is in the state, so that the verifier sees one level
 * and not each way through all of them.
 */
export function levelProgram(rows: WalkRows): Subprogram {
  const code = new Assembler();
  const [left, done] = [{ name: 'left' }, { name: 'done' }];
  const less = asm.callSymbol(`${rows.map}_less`);
  const [position, size, child, state] = [R6, R7, R8, R9] as const;
  code.emit(asm.load(8, state, R2, 0), asm.load(8, position, state, WALK.position), asm.load(8, size, state, WALK.size));
  code.emit(asm.mov.reg(child, position), asm.shl.imm(child, 1), asm.add.imm(child, 1), asm.jumpIf('ge', child, { reg: size }, done));
  code.emit(asm.mov.reg(R1, child), asm.add.imm(R1, 1), asm.jumpIf('ge', R1, { reg: size }, left), asm.mov.reg(R2, child), less);
  code.emit(asm.jumpIf('eq', R0, { imm: 0 }, left), asm.add.imm(child, 1));
  code.bind(left);
  code.emit(asm.mov.reg(R1, child), asm.mov.reg(R2, position), less, asm.jumpIf('eq', R0, { imm: 0 }, done));
  lookupRow(code, rows, position, done);
  code.emit(asm.store(8, FP, KEPT, R0));
  lookupRow(code, rows, child, done);
  code.emit(asm.load(8, R1, FP, KEPT), asm.load(8, R2, R1, ROW.slot), asm.load(8, R3, R0, ROW.slot), asm.store(8, R1, ROW.slot, R3), asm.store(8, R0, ROW.slot, R2));
  code.emit(asm.store(8, state, WALK.position, child), asm.mov.imm(R0, 0), asm.exit());
  code.bind(done);
  code.emit(asm.mov.imm(R0, 1), asm.exit());
  return { symbol: `${rows.map}_level`, code: code.assemble(), parameters: ['index', 'state'] };
}

/** Moves the row at `position` of the state down; `pointer` holds the address of the state's address. */
function sift(code: Assembler, rows: WalkRows, pointer: Register): void {
  const levels = Math.ceil(Math.log2(rows.entries + 1)) + 1;
  code.emit(asm.mov.imm(R1, levels), asm.loadFunction(R2, `${rows.map}_level`), asm.mov.reg(R3, pointer), asm.mov.imm(R4, 0), asm.call(HELPER.loop));
}

/** Callback of bpf_loop (index, pointer to the pointer to the state): makes a heap of the rows, from the last parent to the first. */
export function heapProgram(rows: WalkRows): Subprogram {
  const code = new Assembler();
  const done = { name: 'done' };
  code.emit(asm.mov.reg(R6, R2), asm.load(8, R7, R2, 0), asm.load(8, R2, R7, WALK.count), asm.store(8, R7, WALK.size, R2));
  code.emit(asm.shr.imm(R2, 1), asm.jumpIf('ge', R1, { reg: R2 }, done), asm.sub.imm(R2, 1), asm.sub.reg(R2, R1), asm.store(8, R7, WALK.position, R2));
  sift(code, rows, R6);
  code.bind(done);
  code.emit(asm.mov.imm(R0, 0), asm.exit());
  return { symbol: `${rows.map}_heap`, code: code.assemble(), parameters: ['index', 'state'] };
}

/** (pointer to the pointer to the state, which counts at least 1 row) → the number of the first row, which leaves the heap. */
export function popProgram(rows: WalkRows): Subprogram {
  const code = new Assembler();
  const absent = { name: 'absent' };
  code.emit(asm.mov.reg(R6, R1), asm.load(8, R8, R1, 0), asm.mov.imm(R1, 0), asm.mov.imm(R7, 0));
  lookupRow(code, rows, R1, absent);
  code.emit(asm.store(8, FP, KEPT, R0), asm.load(8, R9, R8, WALK.count), asm.sub.imm(R9, 1), asm.store(8, R8, WALK.count, R9), asm.store(8, R8, WALK.size, R9));
  lookupRow(code, rows, R9, absent);
  code.emit(asm.load(8, R1, FP, KEPT), asm.load(8, R7, R1, ROW.slot), asm.load(8, R2, R0, ROW.slot), asm.store(8, R1, ROW.slot, R2), asm.storeImm(8, R8, WALK.position, 0));
  sift(code, rows, R6);
  code.bind(absent);
  code.emit(asm.mov.reg(R0, R7), asm.exit());
  return { symbol: `${rows.map}_pop`, code: code.assemble(), parameters: ['state'] };
}

/** Callback of bpf_loop (index, pointer to the pointer to the state): passes over the first row, if there is one. */
export function skipProgram(rows: WalkRows): Subprogram {
  const code = new Assembler();
  const done = { name: 'done' };
  code.emit(asm.load(8, R1, R2, 0), asm.load(8, R1, R1, WALK.count), asm.jumpIf('eq', R1, { imm: 0 }, done), asm.mov.reg(R1, R2), asm.callSymbol(`${rows.map}_pop`), asm.mov.imm(R0, 0), asm.exit());
  code.bind(done);
  code.emit(asm.mov.imm(R0, 1), asm.exit());
  return { symbol: `${rows.map}_skip`, code: code.assemble(), parameters: ['index', 'state'] };
}

export interface Gathering {
  readonly symbol: string;
  readonly rows: WalkRows;
  readonly storage: HashStorage;
  readonly sort: IterationSort | undefined;
  /** The array's values are texts. */
  readonly isText: boolean;
  /** Which keys a slice gives. */
  readonly given: readonly boolean[];
}

/** Callback of bpf_for_each_map_elem (map, key, value, pointer to the pointer to the walk's state): appends a row. */
export function gatherProgram({ symbol, rows, storage, sort, isText, given }: Gathering): Subprogram {
  const code = new Assembler();
  const [next, stop] = [{ name: 'next' }, { name: 'stop' }];
  const [key, value, state] = [R6, R7, R8] as const;
  code.emit(asm.mov.reg(key, R2), asm.mov.reg(value, R3), asm.load(8, state, 4, 0));
  storage.keys.forEach(({ offset, bytes }, index) => {
    if (given[index] !== true) return;
    for (let at = offset; at < offset + bytes; at += 8) code.emit(asm.load(8, R1, key, at), asm.load(8, R2, state, WALK.slice + at), asm.jumpIf('ne', R1, { reg: R2 }, next));
  });
  code.emit(asm.load(8, R9, state, WALK.count), asm.jumpIf('ge', R9, { imm: rows.entries }, stop));
  lookupRow(code, rows, R9, stop);
  code.emit(asm.store(8, R0, ROW.slot, R9), asm.add.imm(R9, 1), asm.store(8, state, WALK.count, R9), asm.mov.reg(R9, R0));
  emitOrder(code, { storage, sort, isText }, key, value);
  const stamp = ROW.order + 8 * (rows.orderWords - 1);
  if (storage.insertedAt === undefined) code.emit(asm.storeImm(8, R9, stamp, 0));
  else code.emit(asm.load(8, R1, value, storage.insertedAt), asm.store(8, R9, stamp, R1));
  copy(code, rows.keys, key, 0, storage.keyBytes);
  if (rows.value !== undefined) copy(code, rows.value, value, storage.valueOffset, storage.valueBytes - storage.valueOffset);
  code.bind(next);
  code.emit(asm.mov.imm(R0, 0), asm.exit());
  code.bind(stop);
  code.emit(asm.mov.imm(R0, 1), asm.exit());
  return { symbol, code: code.assemble(), parameters: ['map', 'key', 'value', 'context'] };
}

/** To the row in r9, from a key or value. */
function copy(code: Assembler, to: number, from: Register, offset: number, bytes: number): void {
  if (bytes <= UNROLL_BYTES) {
    for (let at = 0; at < bytes; at += 8) code.emit(asm.load(8, R1, from, offset + at), asm.store(8, R9, to + at, R1));
    return;
  }
  code.emit(asm.mov.reg(R1, R9), asm.add.imm(R1, to), asm.mov.imm(R2, bytes), asm.mov.reg(R3, from), asm.add.imm(R3, offset), asm.call(HELPER.probeReadKernel));
}

/** The words that rows are ordered by, changed so that unsigned comparison gives the order wanted. */
function emitOrder(code: Assembler, { storage, sort, isText }: Pick<Gathering, 'storage' | 'sort' | 'isText'>, key: Register, value: Register): void {
  if (sort === undefined) return;
  const long = (): void => {
    code.emit(asm.loadImm64(R3, sort.descending ? SIGN - 1n : SIGN), asm.alu64.xor.reg(R1, R3), asm.store(8, R9, ROW.order, R1));
  };
  /** Big-endian words compare as their bytes do. */
  const text = (from: Register, offset: number, bytes: number): void => {
    for (let at = 0; at < bytes; at += 8) {
      code.emit(asm.load(8, R1, from, offset + at), asm.toBigEndian(R1, 64), ...(sort.descending ? [asm.alu64.xor.imm(R1, -1)] : []), asm.store(8, R9, ROW.order + at, R1));
    }
  };
  const slot = sort.by === 'key' ? storage.keys[sort.key] : undefined;
  if (slot !== undefined) {
    if (slot.type === 'string') text(key, slot.offset, slot.bytes);
    else {
      code.emit(asm.load(8, R1, key, slot.offset));
      long();
    }
  } else if (storage.layout !== undefined) {
    emitStatistic(code, storage, sort, value);
    long();
  } else if (isText) text(value, storage.valueOffset, storage.valueBytes - storage.valueOffset);
  else {
    code.emit(asm.load(8, R1, value, storage.valueOffset));
    long();
  }
}

/** r1 = what the statistic is sorted by; an empty one's average is 0. */
function emitStatistic(code: Assembler, { layout, valueOffset }: HashStorage, { stat }: IterationSort, value: Register): void {
  const place = sortPlace(layout ?? { bytes: 0 }, stat);
  if (place.word === undefined) throw new Error('internal error: the statistic does not keep what it is sorted by');
  code.emit(asm.load(8, R1, value, valueOffset + place.word));
  if (stat === 'min' || stat === 'max') code.emit(asm.loadImm64(R3, EXTREME_RANK[stat]), asm.alu64.xor.reg(R1, R3));
  if (place.by === undefined) return;
  const [negative, divided] = [{ name: 'negative' }, { name: 'divided' }];
  code.emit(asm.load(8, R2, value, valueOffset + place.by), asm.jumpIf('slt', R1, { imm: 0 }, negative), asm.div.reg(R1, R2), asm.jump(divided));
  code.bind(negative);
  code.emit(asm.neg(R1), asm.div.reg(R1, R2), asm.neg(R1));
  code.bind(divided);
}
