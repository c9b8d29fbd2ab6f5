/**
 * Linear scan over one BPF function: which long registers live in r6 to r9, which on
 * the stack. An interval reaches from the first to the last place where a register is
 * live in the function's linear order. A value that dies in an instruction may share
 * its place with the instruction's result, so expansions write their result last.
 */
import type { BlockId, IrBody, RegisterId } from '@stapkit/object';
import { eachOutput, terminatorInput } from '../ir/index.js';
import type { Register } from '../bpf/index.js';
import { R6, R7, R8, R9 } from '../bpf/index.js';
import type { ExtraInputs, Liveness } from './liveness.js';
import { eachUse } from './liveness.js';

export interface Interval {
  readonly register: RegisterId;
  start: number;
  end: number;
  /** How often it is read or written. */
  weight: number;
}

export type Home =
  | { readonly kind: 'register'; readonly register: Register }
  /** Offset from the frame pointer. */
  | { readonly kind: 'stack'; readonly offset: number }
  /** Offset in the CPU's context. */
  | { readonly kind: 'context'; readonly offset: number };

const CALLEE_SAVED: readonly Register[] = [R6, R7, R8, R9];

/** Live intervals of `blocks` in their order; positions count instructions in steps of 2, uses even, definitions odd. */
export function liveIntervals(body: IrBody, blocks: readonly BlockId[], liveness: Liveness, extra: ExtraInputs): Map<RegisterId, Interval> {
  const intervals = new Map<RegisterId, Interval>();
  const touch = (register: RegisterId, from: number, to: number, weight: number): void => {
    const known = intervals.get(register);
    if (known === undefined) intervals.set(register, { register, start: from, end: to, weight });
    else {
      known.start = Math.min(known.start, from);
      known.end = Math.max(known.end, to);
      known.weight += weight;
    }
  };
  let position = 0;
  for (const id of blocks) {
    const block = body.blocks[id];
    if (block === undefined) continue;
    const start = position;
    const end = start + (block.instructions.length + 1) * 2;
    for (const register of liveness.liveIn(id)) touch(register, start, start, 0);
    for (const register of liveness.liveOut(id)) touch(register, end, end, 0);
    block.instructions.forEach((instruction, index) => {
      const at = start + index * 2;
      eachUse(instruction, extra, (register) => {
        touch(register, at, at, 1);
      });
      eachOutput(instruction, (register) => {
        touch(register, at + 1, at + 1, 1);
      });
    });
    const input = terminatorInput(block.terminator);
    if (input !== undefined && 'register' in input) touch(input.register, end - 2, end - 2, 1);
    position = end + 1 + ((end + 1) & 1);
  }
  return intervals;
}

export interface Allocation {
  readonly homes: ReadonlyMap<RegisterId, Home>;
  /** Bytes of stack that the spilled registers take. */
  readonly stackBytes: number;
}

/** @param pinned registers that would rather be in a machine register than any other */
export function allocateRegisters(intervals: readonly Interval[], pinned: ReadonlySet<RegisterId>): Allocation {
  const sorted = [...intervals].sort((a, b) => a.start - b.start || a.end - b.end);
  const spilled: Interval[] = [];
  const homes = new Map<RegisterId, Home>();
  const active: { interval: Interval; register: Register }[] = [];
  const free = [...CALLEE_SAVED];
  const cost = ({ register, weight, start, end }: Interval): number => (pinned.has(register) ? 1e9 : 0) + weight / (end - start + 2);
  for (const interval of sorted) {
    for (let index = active.length - 1; index >= 0; index--) {
      const one = active[index];
      if (one !== undefined && one.interval.end < interval.start) {
        free.unshift(one.register);
        active.splice(index, 1);
      }
    }
    const register = free.shift();
    if (register !== undefined) {
      active.push({ interval, register });
      continue;
    }
    const cheapest = active.reduce((least, one) => (cost(one.interval) < cost(least.interval) ? one : least));
    if (cost(cheapest.interval) < cost(interval)) {
      spilled.push(cheapest.interval);
      homes.delete(cheapest.interval.register);
      cheapest.interval = interval;
      homes.set(interval.register, { kind: 'register', register: cheapest.register });
    } else spilled.push(interval);
    continue;
  }
  return finish(sorted, spilled, homes);
}

/** A second, plain scan: with the spilled ones known, gives every other interval its register. */
function finish(sorted: readonly Interval[], spilled: readonly Interval[], homes: Map<RegisterId, Home>): Allocation {
  homes.clear();
  const onStack = new Set(spilled);
  assign(sorted.filter((one) => !onStack.has(one)), (interval, index) => {
    const register = CALLEE_SAVED[index];
    if (register === undefined) throw new Error('internal error: register allocation ran out of registers');
    homes.set(interval.register, { kind: 'register', register });
  });
  let words = 0;
  assign(sorted.filter((one) => onStack.has(one)), (interval, index) => {
    words = Math.max(words, index + 1);
    homes.set(interval.register, { kind: 'stack', offset: -8 * (index + 1) });
  });
  return { homes, stackBytes: words * 8 };
}

/** Colours intervals (sorted by start) with the fewest numbers. */
export function assign<T extends { readonly start: number; readonly end: number }>(sorted: readonly T[], place: (interval: T, colour: number) => void): void {
  const ends: number[] = [];
  for (const interval of sorted) {
    let colour = ends.findIndex((end) => end < interval.start);
    if (colour < 0) colour = ends.length;
    ends[colour] = interval.end;
    place(interval, colour);
  }
}
