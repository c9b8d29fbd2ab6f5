/**
 * Where a handler builds its record. If at every place the number of bytes printed so
 * far is known and small, on the stack: such a handler needs no context. A block that
 * is reached with different numbers but prints nothing more is entered with the record
 * sent.
 */
import type { BlockId, IrBlock, IrBody, IrInstruction } from '@stapkit/object';
import { successors, terminatorTargets } from '../ir/index.js';

export interface StackRecord {
  /** Bytes of the record on the stack. */
  readonly bytes: number;
  /** Bytes printed when a block is entered. */
  readonly at: ReadonlyMap<BlockId, number>;
}

export interface OutputSizes {
  /** Bytes that an instruction prints; undefined: not known before it runs. */
  print(instruction: IrInstruction): number | undefined;
  /** Most bytes of an error entry that the block's instructions or its throw can add; undefined: not known. */
  error(block: IrBlock): number | undefined;
}

const STACK_RECORD_MAX = 200;

/** undefined: the record must be built in the context. */
export function planStackRecord(body: IrBody, order: readonly BlockId[], sizes: OutputSizes): StackRecord | undefined {
  const prints = blocksThatReachPrints(body, order, sizes);
  const at = new Map<BlockId, number>([[0, 0]]);
  let bytes = 0;
  for (const id of order) {
    const block = body.blocks[id];
    if (block === undefined) continue;
    const entry = at.get(id) ?? 0;
    let offset = entry;
    for (const instruction of block.instructions) {
      const size = sizes.print(instruction);
      if (size === undefined) return undefined;
      // An error inside a try leaves for the catch block with what was printed before it.
      if (size > 0 && block.onError !== undefined) return undefined;
      offset += size;
    }
    const error = sizes.error(block);
    if (error === undefined) return undefined;
    bytes = Math.max(bytes, offset + (block.onError === undefined ? error : 0));
    const targets = block.onError === undefined ? terminatorTargets(block.terminator) : successors(block);
    for (const target of targets) {
      const known = at.get(target);
      if (!prints.has(target)) at.set(target, known === undefined || known === offset ? offset : 0);
      else if (known === undefined) at.set(target, offset);
      else if (known !== offset) return undefined;
    }
  }
  if (!isConsistent(body, order, at, prints, sizes)) return undefined;
  return bytes > STACK_RECORD_MAX ? undefined : { bytes: (bytes + 7) & ~7, at };
}

/** With loops or merges seen late, a block's number may have changed after its successors were done. */
function isConsistent(body: IrBody, order: readonly BlockId[], at: ReadonlyMap<BlockId, number>, prints: ReadonlySet<BlockId>, sizes: OutputSizes): boolean {
  return order.every((id) => {
    const block = body.blocks[id];
    if (block === undefined) return true;
    const offset = (at.get(id) ?? 0) + block.instructions.reduce((sum, one) => sum + (sizes.print(one) ?? 0), 0);
    return successors(block).every((target) => at.get(target) === offset || (!prints.has(target) && at.get(target) === 0));
  });
}

function blocksThatReachPrints(body: IrBody, order: readonly BlockId[], sizes: OutputSizes): Set<BlockId> {
  const found = new Set<BlockId>();
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const id of [...order].reverse()) {
      const block = body.blocks[id];
      if (block === undefined || found.has(id)) continue;
      const own = block.instructions.some((one) => sizes.print(one) !== 0) || (sizes.error(block) ?? 1) > 0;
      if (own || successors(block).some((target) => found.has(target))) found.add(id);
    }
  }
  return found;
}
