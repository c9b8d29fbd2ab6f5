/**
 * Where a handler takes its CPU's context: as late as possible, so that a filter at its
 * start costs no map lookup. The place dominates everything that needs the context, and
 * what can be reached both with and without it does nothing but end the handler.
 */
import type { BlockId, IrBlock, IrBody, IrInstruction } from '@stapkit/object';
import { Dominators, successors } from '../ir/index.js';
import type { Liveness } from './liveness.js';

export interface AcquirePoint {
  readonly block: BlockId;
  /** Before this instruction of the block; its length: before the terminator. */
  readonly instruction: number;
  /** Blocks that run with the context. */
  readonly inside: ReadonlySet<BlockId>;
  /** Blocks that only end the handler, reached with and without the context. */
  readonly ends: ReadonlySet<BlockId>;
}

const CHEAP_INTRINSICS = new Set(['pid', 'tid', 'uid', 'gid', 'cpu', 'monotonic_ns', 'realtime_ns', 'target', 'task_current', 'ppid', 'euid', 'egid', 'register_argument', 'register_return']);

/** undefined: at the start of the handler. */
export function findAcquirePoint(body: IrBody, liveness: Liveness): AcquirePoint | undefined {
  if (body.loops.length > 0) return undefined;
  const isText = (register: number): boolean => body.registers[register]?.type === 'string';
  if ([...liveness.liveIn(0)].some(isText)) return undefined;
  const blockOf = (id: BlockId): IrBlock => body.blocks[id] ?? { instructions: [], terminator: { kind: 'return' } };
  const needing = liveness.order.filter((id) => needsContext(blockOf(id), body));
  const [first, ...rest] = needing;
  if (first === undefined) return undefined;
  const dominators = new Dominators(body, liveness.order);
  // In reverse postorder the last common dominator is the nearest.
  const at = liveness.order.filter((id) => [first, ...rest].every((one) => dominators.dominates(id, one))).at(-1);
  if (at === undefined) return undefined;
  const inside = new Set(liveness.order.filter((id) => dominators.dominates(at, id)));
  const ends = new Set<BlockId>();
  for (const id of inside) {
    for (const target of successors(blockOf(id))) {
      if (inside.has(target)) continue;
      const { instructions, terminator } = blockOf(target);
      if (instructions.length > 0 || terminator.kind !== 'return') return undefined;
      ends.add(target);
    }
  }
  const instruction = blockOf(at).instructions.findIndex((one) => !isCheap(one, body));
  return { block: at, instruction: instruction < 0 ? blockOf(at).instructions.length : instruction, inside, ends };
}

function needsContext(block: IrBlock, body: IrBody): boolean {
  return block.terminator.kind === 'throw' || block.onError !== undefined || block.instructions.some((one) => !isCheap(one, body));
}

/** Works on longs alone and cannot fail. */
function isCheap(one: IrInstruction, body: IrBody): boolean {
  const isLong = (register: number): boolean => body.registers[register]?.type === 'long';
  switch (one.op) {
    case 'binary': return (one.fn !== 'div' && one.fn !== 'mod') || ('long' in one.b && one.b.long !== 0n);
    case 'unary': case 'read-argument': case 'read-return': case 'field-address': return true;
    case 'move': case 'load-global': return isLong(one.dst);
    case 'add-global': return true;
    case 'store-global': return 'long' in one.src || ('register' in one.src && isLong(one.src.register));
    case 'intrinsic': return CHEAP_INTRINSICS.has(one.name);
    default: return false;
  }
}
