/**
 * How much code the verifier has to follow. Loops without bpf_loop it walks iteration by iteration, and at each
 * conditional jump it keeps one side for later: there may be 8192 of these (BPF_COMPLEXITY_LIMIT_JMP_SEQ), and a million
 * instructions in all (BPF_COMPLEXITY_LIMIT_INSNS).
 */
import type { BlockId, IrLoop } from '@stapkit/object';
import type { Instruction } from '../bpf/index.js';
import type { Subprogram } from './handler-environment.js';

interface Cost { instructions: number; forks: number }

const isJump = ({ opcode }: Instruction): boolean => (opcode & 7) === 5 || (opcode & 7) === 6;
const JUMP_ALWAYS = 0x00;
const CALL = 0x80;
const EXIT = 0x90;
function isFork(one: Instruction): boolean {
  const operation = one.opcode & 0xf0;
  return isJump(one) && operation !== JUMP_ALWAYS && operation !== CALL && operation !== EXIT;
}
const calls = (one: Instruction): boolean => isJump(one) && (one.opcode & 0xf0) === CALL;

export class Effort {
  readonly #blocks = new Map<BlockId, Cost>();

  note(block: BlockId, one: Instruction, subprograms: readonly Subprogram[]): void {
    const cost = this.#blocks.get(block) ?? { instructions: 0, forks: 0 };
    this.#blocks.set(block, cost);
    cost.instructions += 1;
    if (isFork(one)) cost.forks += 1;
    // Subprograms are followed at each call.
    const called = one.symbol !== undefined && calls(one) ? subprograms.find(({ symbol }) => symbol === one.symbol) : undefined;
    for (const inner of called?.code.instructions ?? []) {
      cost.instructions += 1;
      if (isFork(inner)) cost.forks += 1;
    }
  }

  of(blocks: readonly BlockId[]): Cost {
    const sum = { instructions: 0, forks: 0 };
    for (const block of blocks) {
      const cost = this.#blocks.get(block);
      sum.instructions += cost?.instructions ?? 0;
      sum.forks += cost?.forks ?? 0;
    }
    return sum;
  }
}

/** Of what the verifier allows, what loops may take; the sides that it keeps for later it follows too, until they meet what it knows. */
const FORKS = 3000;
const INSTRUCTIONS = 100_000;
const LEAST = 8;

/** How many iterations of each loop, by its header, the verifier can follow. */
export function iterationLimits(loops: readonly IrLoop[], effort: Effort): ReadonlyMap<BlockId, number> {
  const limits = new Map<BlockId, number>();
  const inside = (loop: IrLoop, outer: IrLoop | undefined): boolean => loop !== outer && (outer === undefined || outer.blocks.includes(loop.header));
  /** Those directly inside of a loop, or of none. */
  const children = (outer: IrLoop | undefined): IrLoop[] => {
    const all = loops.filter((loop) => inside(loop, outer));
    return all.filter((loop) => !all.some((other) => other !== loop && inside(loop, other)));
  };
  const depth = (loop: IrLoop): number => 1 + Math.max(0, ...children(loop).map(depth));
  const share = (siblings: readonly IrLoop[], forks: number, instructions: number): void => {
    for (const loop of siblings) {
      const cost = effort.of(loop.blocks);
      const [ownForks, ownInstructions] = [forks / siblings.length, instructions / siblings.length];
      const passes = Math.min(ownForks / Math.max(1, cost.forks), ownInstructions / Math.max(1, cost.instructions));
      const limit = Math.max(LEAST, Math.floor(passes ** (1 / depth(loop))));
      limits.set(loop.header, limit);
      share(children(loop), ownForks / limit, ownInstructions / limit);
    }
  };
  share(children(undefined), FORKS, INSTRUCTIONS);
  return limits;
}
