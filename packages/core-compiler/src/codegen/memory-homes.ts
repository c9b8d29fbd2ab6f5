/**
 * Longs that live in the CPU's context. The verifier follows the values of machine registers and of the stack along every path,
 * and paths that meet with different values stay apart, so that a handler with many branches would take it more steps than
 * it allows. It does not follow what is in a map's value: there, paths that meet are one.
 */
import type { BlockId, IrBody, RegisterId } from '@stapkit/object';
import { eachOutput, terminatorInput } from '../ir/index.js';
import type { AcquirePoint } from './acquire-point.js';
import { assign, liveIntervals } from './allocate-registers.js';
import type { ContextArea } from './context-area.js';
import type { ExtraInputs, Liveness } from './liveness.js';
import { eachUse } from './liveness.js';

/** Handlers with more blocks are crowded; smaller ones the verifier follows with ease. */
const FEW_BLOCKS = 24;

/** @param inlineLoops loops stay in the handler, and the verifier walks each iteration */
export function isCrowded(body: IrBody, inlineLoops: boolean): boolean {
  return (inlineLoops && body.loops.length > 0) || body.blocks.length > FEW_BLOCKS;
}

/**
 * Offsets in the context for the first `count` registers, those that are not texts.
 * @param acquire where the handler takes the context: what is used before it stays in machine registers
 */
export function placeLongs(
  body: IrBody, count: number, { liveness, extra, acquire, area }: { readonly liveness: Liveness; readonly extra: ExtraInputs; readonly acquire: AcquirePoint | undefined; readonly area: ContextArea },
): Map<RegisterId, number> {
  const before = acquire === undefined ? new Set<RegisterId>() : touched(body, liveness.order.filter((id) => !acquire.inside.has(id) || id === acquire.block), liveness, extra);
  const intervals = [...liveIntervals(body, liveness.order, liveness, extra).values()]
    .filter(({ register }) => register < count && body.registers[register]?.type === 'long' && !before.has(register))
    .sort((a, b) => a.start - b.start);
  const colours = new Map<RegisterId, number>();
  let words = 0;
  assign(intervals, ({ register }, colour) => {
    colours.set(register, colour);
    words = Math.max(words, colour + 1);
  });
  const base = area.take(words * 8);
  return new Map([...colours].map(([register, colour]) => [register, base + colour * 8]));
}

/** Registers that are read, written or live in the blocks. */
function touched(body: IrBody, blocks: readonly BlockId[], liveness: Liveness, extra: ExtraInputs): Set<RegisterId> {
  const found = new Set<RegisterId>();
  const add = (register: RegisterId): void => { found.add(register); };
  for (const id of blocks) {
    for (const register of liveness.liveIn(id)) add(register);
    for (const register of liveness.liveOut(id)) add(register);
    const block = body.blocks[id];
    for (const instruction of block?.instructions ?? []) {
      eachUse(instruction, extra, add);
      eachOutput(instruction, add);
    }
    const input = block === undefined ? undefined : terminatorInput(block.terminator);
    if (input !== undefined && 'register' in input) add(input.register);
  }
  return found;
}
