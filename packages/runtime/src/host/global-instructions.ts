/** Instructions on globals, arrays, statistics and foreach cursors to closures. */
import type { IrInstruction, IterationSort } from '@stapkit/object';
import type { Scalar } from '../format/printf.js';
import { InternalError } from '../format/script-error.js';
import type { ArrayEntry } from './array-store.js';
import { readAll, readLong, readScalar } from './frame.js';
import type { Read, Step } from './frame.js';
import type { HostProgram } from './program.js';
import type { Statistic } from './statistic.js';

export type GlobalInstruction = Extract<IrInstruction, {
  op: 'load-global' | 'store-global' | 'add-global' | 'clear-global' | 'array-get' | 'array-set' | 'array-add' | 'array-has' | 'array-delete'
    | 'array-clear' | 'stat-add' | 'stat-get' | 'histogram-get' | 'iterate' | 'advance';
}>;

/** Steps that each element of a foreach adds to what MAXACTION allows: a loop over a big array is no runaway loop. */
const ACTIONS_PER_ELEMENT = 10;

function compileScalarInstruction(instruction: Extract<GlobalInstruction, { op: 'load-global' | 'store-global' | 'add-global' | 'clear-global' }>, program: HostProgram): Step {
  const slot = program.scalar(instruction.global);
  switch (instruction.op) {
    case 'load-global': return (frame) => { frame.registers[instruction.dst] = slot.load(); };
    case 'store-global': {
      const src = readScalar(instruction.src);
      return (frame) => { slot.store(src(frame)); };
    }
    case 'clear-global': return () => { slot.clear(); };
    case 'add-global': {
      const value = readLong(instruction.value);
      const { dst, result } = instruction;
      return (frame) => {
        const amount = value(frame);
        const old = slot.add(amount);
        if (dst !== undefined) frame.registers[dst] = result === 'old' ? old : BigInt.asIntN(64, old + amount);
      };
    }
    default: return instruction satisfies never;
  }
}

function compileArrayInstruction(instruction: Extract<GlobalInstruction, { op: 'array-get' | 'array-set' | 'array-add' | 'array-has' | 'array-delete' }>, program: HostProgram): Step {
  const array = program.array(instruction.global);
  const keys = readAll(instruction.keys);
  switch (instruction.op) {
    case 'array-get': return (frame) => { frame.registers[instruction.dst] = array.get(keys(frame)); };
    case 'array-has': return (frame) => { frame.registers[instruction.dst] = array.has(keys(frame)) ? 1n : 0n; };
    case 'array-delete': return (frame) => { array.delete(keys(frame)); };
    case 'array-set': {
      const src = readScalar(instruction.src);
      return (frame) => { array.set(keys(frame), src(frame)); };
    }
    case 'array-add': {
      const value = readLong(instruction.value);
      const { dst, result } = instruction;
      return (frame) => {
        const values = array.add(keys(frame), value(frame));
        if (dst !== undefined) frame.registers[dst] = result === 'old' ? values.old : values.new;
      };
    }
    default: return instruction satisfies never;
  }
}

/** The statistic that an instruction reads: a scalar's, or an array element's. */
function readStatistic(instruction: Extract<GlobalInstruction, { op: 'stat-get' | 'histogram-get' }>, program: HostProgram): Read<Statistic> {
  if (instruction.keys === undefined) {
    const scalar = program.scalarStatistic(instruction.global);
    return () => scalar.read();
  }
  const array = program.array(instruction.global);
  const keys = readAll(instruction.keys);
  return (frame) => array.statistic(keys(frame));
}

function compileStatAdd(instruction: Extract<GlobalInstruction, { op: 'stat-add' }>, program: HostProgram): Step {
  const value = readLong(instruction.value);
  if (instruction.keys === undefined) {
    const scalar = program.scalarStatistic(instruction.global);
    return (frame) => { scalar.addSample(value(frame)); };
  }
  const array = program.array(instruction.global);
  const keys = readAll(instruction.keys);
  return (frame) => { array.addSample(keys(frame), value(frame)); };
}

/** What an element is sorted by. An empty statistic's @min, @max, @avg sort as 0. */
function sortValue(entry: ArrayEntry, sort: IterationSort): Scalar {
  if (sort.by === 'key') return entry.keys[sort.key] ?? 0n;
  if (entry.statistic === undefined) return entry.value ?? 0n;
  return entry.statistic.count === 0n && sort.stat !== 'sum' ? 0n : entry.statistic.get(sort.stat ?? 'count');
}

/** Stable: equal elements stay in order of insertion, ascending or descending. */
function sortEntries(entries: readonly ArrayEntry[], sort: IterationSort): ArrayEntry[] {
  const direction = sort.descending ? -1 : 1;
  const decorated = entries.map((entry) => ({ entry, by: sortValue(entry, sort) }));
  decorated.sort((a, b) => (a.by < b.by ? -direction : a.by > b.by ? direction : 0));
  return decorated.map(({ entry }) => entry);
}

function compileIterate(instruction: Extract<GlobalInstruction, { op: 'iterate' }>, program: HostProgram): Step {
  const array = program.array(instruction.global);
  const { iterator, sort } = instruction;
  const limit = instruction.limit === undefined ? undefined : readLong(instruction.limit);
  const skip = instruction.skip === undefined ? undefined : readLong(instruction.skip);
  const slice = instruction.slice?.map((value) => (value === undefined ? undefined : readScalar(value)));
  return (frame) => {
    const most = limit?.(frame);
    let entries = array.entries();
    if (sort !== undefined) {
      const before = entries;
      entries = sortEntries(entries, sort);
      if (entries.some((entry, index) => entry !== before[index])) array.reorder(entries);
    }
    if (slice !== undefined) {
      const wanted = slice.map((read) => read?.(frame));
      entries = entries.filter((entry) => wanted.every((key, index) => key === undefined || key === entry.keys[index]));
    }
    if (skip !== undefined) entries = entries.slice(Number(skip(frame)));
    if (most !== undefined && most < BigInt(entries.length)) entries = entries.slice(0, most < 0n ? 0 : Number(most));
    frame.run.actionsLeft += entries.length * ACTIONS_PER_ELEMENT;
    frame.cursors[iterator] = { entries, next: 0 };
  };
}

function compileAdvance(instruction: Extract<GlobalInstruction, { op: 'advance' }>): Step {
  const { iterator, more, keys, value } = instruction;
  return (frame) => {
    const cursor = frame.cursors[iterator];
    if (cursor === undefined) throw new InternalError('a foreach cursor is used before it is opened');
    const entry = cursor.entries[cursor.next];
    if (entry === undefined) {
      frame.registers[more] = 0n;
      frame.cursors[iterator] = { entries: [], next: 0 };
      return;
    }
    cursor.next += 1;
    frame.registers[more] = 1n;
    keys.forEach((register, index) => { frame.registers[register] = entry.keys[index] ?? 0n; });
    if (value !== undefined && entry.value !== undefined) frame.registers[value] = entry.value;
  };
}

export function compileGlobalInstruction(instruction: GlobalInstruction, program: HostProgram): Step {
  switch (instruction.op) {
    case 'load-global': case 'store-global': case 'add-global': case 'clear-global':
      return compileScalarInstruction(instruction, program);
    case 'array-get': case 'array-set': case 'array-add': case 'array-has': case 'array-delete':
      return compileArrayInstruction(instruction, program);
    case 'array-clear': {
      const array = program.array(instruction.global);
      return () => { array.clear(); };
    }
    case 'stat-add': return compileStatAdd(instruction, program);
    case 'stat-get': {
      const statistic = readStatistic(instruction, program);
      return (frame) => { frame.registers[instruction.dst] = statistic(frame).get(instruction.fn); };
    }
    case 'histogram-get': {
      const statistic = readStatistic(instruction, program);
      const index = readLong(instruction.index);
      return (frame) => { frame.registers[instruction.dst] = statistic(frame).bucket(index(frame)); };
    }
    case 'iterate': return compileIterate(instruction, program);
    case 'advance': return compileAdvance(instruction);
    default: return instruction satisfies never;
  }
}
