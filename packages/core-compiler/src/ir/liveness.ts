import type { BlockId, IrBody, IrInstruction, RegisterId } from '@stapkit/object';
import { blockAt, reversePostorder, successors } from './control-flow.js';
import { eachInput, eachOutput, terminatorInput } from './operands.js';

/** A set of registers as bits. */
export class RegisterSet {
  readonly #words: Uint32Array;

  constructor(registers: number | RegisterSet) {
    this.#words = typeof registers === 'number' ? new Uint32Array((registers + 31) >> 5) : registers.#words.slice();
  }

  has(register: RegisterId): boolean {
    return (((this.#words[register >> 5] ?? 0) >>> (register & 31)) & 1) === 1;
  }

  add(register: RegisterId): void {
    this.#words[register >> 5] = (this.#words[register >> 5] ?? 0) | (1 << (register & 31));
  }

  delete(register: RegisterId): void {
    this.#words[register >> 5] = (this.#words[register >> 5] ?? 0) & ~(1 << (register & 31));
  }

  /** Adds all of `other`; true when that added something. */
  addAll(other: RegisterSet): boolean {
    let changed = false;
    for (let index = 0; index < this.#words.length; index++) {
      const before = this.#words[index] ?? 0;
      const after = before | (other.#words[index] ?? 0);
      if (before >>> 0 === after >>> 0) continue;
      this.#words[index] = after;
      changed = true;
    }
    return changed;
  }
}

/** Says whether an instruction stays, by what is live after it. One that goes does not make its inputs live. */
export type Stays = (instruction: IrInstruction, live: RegisterSet) => boolean;

/** Which registers are read later, at the start of each block. */
export class Liveness {
  readonly #body: IrBody;
  readonly #liveIn: RegisterSet[];
  readonly #stays: Stays | undefined;
  readonly #successors: readonly (readonly BlockId[])[];

  /** @param stays what will be removed as dead: its inputs then do not count as read, through any number of steps */
  constructor(body: IrBody, stays?: Stays) {
    this.#body = body;
    this.#stays = stays;
    this.#successors = body.blocks.map(successors);
    this.#liveIn = body.blocks.map(() => new RegisterSet(body.registers.length));
    const order = reversePostorder(body).reverse();
    for (let changed = true; changed; ) {
      changed = false;
      for (const block of order) {
        const live = this.walk(block);
        changed = (this.#liveIn[block]?.addAll(live) ?? false) || changed;
      }
    }
  }

  liveIn(block: BlockId): RegisterSet {
    return this.#liveIn[block] ?? new RegisterSet(this.#body.registers.length);
  }

  /**
   * Goes backward over a block and gives what is live at its start. `visit` gets each instruction
   * that stays, with what is live after it.
   */
  walk(id: BlockId, visit?: (instruction: IrInstruction, index: number, liveAfter: RegisterSet) => void): RegisterSet {
    const block = blockAt(this.#body, id);
    const live = new RegisterSet(this.#body.registers.length);
    for (const next of this.#successors[id] ?? []) live.addAll(this.liveIn(next));
    const handler = block.onError === undefined ? undefined : this.liveIn(block.onError);
    const input = terminatorInput(block.terminator);
    if (input !== undefined && 'register' in input) live.add(input.register);
    for (let index = block.instructions.length - 1; index >= 0; index--) {
      const instruction = block.instructions[index];
      if (instruction === undefined || this.#stays?.(instruction, live) === false) continue;
      visit?.(instruction, index, live);
      eachOutput(instruction, (register) => { live.delete(register); });
      eachInput(instruction, (value) => {
        if ('register' in value) live.add(value.register);
      });
      // An error can leave before the write: what the catch block reads stays alive.
      if (handler !== undefined) live.addAll(handler);
    }
    return live;
  }
}
