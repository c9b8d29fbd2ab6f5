/** Which registers hold a value that is still wanted, at the borders of each block. */
import type { BlockId, IrBlock, IrBody, IrInstruction, RegisterId } from '@stapkit/object';
import { eachInput, eachOutput, reversePostorder, successors, terminatorInput } from '../ir/index.js';
import { BitSet } from './bit-set.js';

export interface Liveness {
  /** Reachable blocks in reverse postorder. */
  readonly order: readonly BlockId[];
  liveIn(block: BlockId): BitSet;
  liveOut(block: BlockId): BitSet;
}

/** Registers that an instruction needs beside its operands. */
export type ExtraInputs = (instruction: IrInstruction) => readonly RegisterId[];

export function eachUse(instruction: IrInstruction, extra: ExtraInputs, visit: (register: RegisterId) => void): void {
  eachInput(instruction, (value) => {
    if ('register' in value) visit(value.register);
  });
  extra(instruction).forEach(visit);
}

export function computeLiveness(body: IrBody, extra: ExtraInputs): Liveness {
  const size = body.registers.length;
  const order = reversePostorder(body);
  const ins = body.blocks.map(() => new BitSet(size));
  const outs = body.blocks.map(() => new BitSet(size));
  const at = (sets: readonly BitSet[], block: BlockId): BitSet => {
    const set = sets[block];
    if (set === undefined) throw new Error(`internal error: no block b${block}`);
    return set;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const id of [...order].reverse()) {
      const block = body.blocks[id];
      if (block === undefined) continue;
      const out = at(outs, id);
      for (const target of successors(block)) out.addAll(at(ins, target));
      const live = out.copy(size);
      const caught = block.onError === undefined ? undefined : at(ins, block.onError);
      walkBack(block, live, caught, extra, () => undefined);
      if (at(ins, id).addAll(live)) changed = true;
    }
  }
  return { order, liveIn: (block) => at(ins, block), liveOut: (block) => at(outs, block) };
}

/**
 * Goes through a block from its end; `live` is the set after each step. An error can
 * leave a block anywhere, so what its catch block wants stays live throughout.
 */
export function walkBack(block: IrBlock, live: BitSet, caught: BitSet | undefined, extra: ExtraInputs, visit: (instruction: number) => void): void {
  const input = terminatorInput(block.terminator);
  if (input !== undefined && 'register' in input) live.add(input.register);
  for (let index = block.instructions.length - 1; index >= 0; index--) {
    const instruction = block.instructions[index];
    if (instruction === undefined) continue;
    eachOutput(instruction, (register) => {
      live.delete(register);
    });
    eachUse(instruction, extra, (register) => {
      live.add(register);
    });
    if (caught !== undefined) live.addAll(caught);
    visit(index);
  }
}
