/** Constants and copies forward through the graph, and the folding that they allow. */
import type { BlockId, IrBlock, IrBody, IrInstruction, IrTerminator, Limits, RegisterId, Value } from '@stapkit/object';
import { blockAt, reversePostorder, terminatorTargets } from './control-flow.js';
import { Liveness } from './liveness.js';
import type { RegisterSet } from './liveness.js';
import { eachOutput, longValue, mapInputs, mapTerminatorInput, sameValue, terminatorInput, textValue } from './operands.js';
import { foldInstruction } from './optimize-fold.js';

/** What is known of registers at a place: a constant, or another register with the same value. */
type Facts = Map<RegisterId, Value>;

/**
 * Replaces inputs by constants and by the registers they were copied from, folds, and sends jumps
 * past branches that they decide. Registers start as 0 or "": the body is a probe's.
 */
export function propagate(body: IrBody, limits: Limits): boolean {
  const known = new Propagation(body, limits);
  let changed = false;
  for (const id of known.order) {
    const block = blockAt(body, id);
    const facts = known.at(id);
    if (facts === undefined) continue;
    block.instructions.forEach((instruction, index) => {
      const simple = known.step(instruction, facts);
      if (simple === instruction) return;
      block.instructions[index] = simple;
      changed = true;
    });
    for (let index = block.instructions.length - 1; index >= 0; index--) if (isSelfMove(block.instructions[index])) block.instructions.splice(index, 1);
    const terminator = known.terminator(block.terminator, facts);
    changed ||= terminator !== block.terminator;
    block.terminator = terminator;
  }
  return changed;
}

function isSelfMove(instruction: IrInstruction | undefined): boolean {
  return instruction?.op === 'move' && 'register' in instruction.src && instruction.src.register === instruction.dst;
}

class Propagation {
  readonly order: readonly BlockId[];
  readonly #body: IrBody;
  readonly #limits: Limits;
  readonly #liveness: Liveness;
  readonly #headers: ReadonlySet<BlockId>;
  /** Facts at the start of blocks that were found reachable. */
  readonly #start = new Map<BlockId, Facts>();

  constructor(body: IrBody, limits: Limits) {
    this.#body = body;
    this.#limits = limits;
    this.#liveness = new Liveness(body);
    this.#headers = new Set(body.loops.map((loop) => loop.header));
    this.order = reversePostorder(body);
    const initial: Facts = new Map();
    const live = this.#liveness.liveIn(0);
    body.registers.forEach((register, id) => {
      if (live.has(id)) initial.set(id, register.type === 'long' ? longValue(0n) : textValue(''));
    });
    this.#start.set(0, initial);
    // Facts only ever shrink, so this ends.
    for (let changed = true; changed; ) {
      changed = false;
      for (const id of this.order) changed = this.#flow(id) || changed;
    }
  }

  at(block: BlockId): Facts | undefined {
    const facts = this.#start.get(block);
    return facts === undefined ? undefined : new Map(facts);
  }

  /** The instruction with what is known put in; updates `facts` by what it does. */
  step(instruction: IrInstruction, facts: Facts): IrInstruction {
    const simple = foldInstruction(mapInputs(instruction, (value) => resolve(facts, value)), this.#limits);
    eachOutput(simple, (register) => { forget(facts, register); });
    if (simple.op === 'move' && !isSelfMove(simple)) facts.set(simple.dst, simple.src);
    return simple;
  }

  terminator(terminator: IrTerminator, facts: Facts): IrTerminator {
    const input = terminatorInput(terminator);
    const resolved = input === undefined ? undefined : resolve(facts, input);
    const mapped = resolved === undefined || resolved === input ? terminator : mapTerminatorInput(terminator, () => resolved);
    if (mapped.kind === 'branch' && 'long' in mapped.condition) {
      return { kind: 'jump', target: mapped.condition.long !== 0n ? mapped.then : mapped.otherwise };
    }
    return mapped.kind === 'jump' ? this.#pastBranch(mapped, facts) : mapped;
  }

  /** A jump to a bare branch on something known goes on at once. Not over loop headers: a loop keeps one entry. */
  #pastBranch(jump: IrTerminator & { readonly kind: 'jump' }, facts: Facts): IrTerminator {
    const target = blockAt(this.#body, jump.target);
    if (target.instructions.length > 0 || target.terminator.kind !== 'branch' || this.#headers.has(jump.target)) return jump;
    const condition = resolve(facts, target.terminator.condition);
    if (!('long' in condition)) return jump;
    return { kind: 'jump', target: condition.long !== 0n ? target.terminator.then : target.terminator.otherwise };
  }

  #flow(id: BlockId): boolean {
    const facts = this.at(id);
    if (facts === undefined) return false;
    const block = blockAt(this.#body, id);
    const onError = block.onError === undefined ? undefined : new Map(facts);
    for (const instruction of block.instructions) {
      this.step(instruction, facts);
      // The catch block can come from before or after any of these.
      if (onError !== undefined) eachOutput(instruction, (register) => { forget(onError, register); });
    }
    let changed = false;
    if (block.onError !== undefined && onError !== undefined) changed = this.#meet(block.onError, onError);
    for (const [target, edgeFacts] of this.#edges(block, facts)) changed = this.#meet(target, edgeFacts) || changed;
    return changed;
  }

  /** Where the block can go by what is known, and what each way adds to it. */
  #edges(block: IrBlock, facts: Facts): [BlockId, Facts][] {
    const { terminator } = block;
    if (terminator.kind !== 'branch') return terminatorTargets(terminator).map((target) => [target, facts]);
    const condition = resolve(facts, terminator.condition);
    if ('long' in condition) return [[condition.long !== 0n ? terminator.then : terminator.otherwise, facts]];
    const zero = new Map(facts);
    if ('register' in condition && terminator.then !== terminator.otherwise) zero.set(condition.register, longValue(0n));
    return [[terminator.then, facts], [terminator.otherwise, zero]];
  }

  #meet(target: BlockId, facts: Facts): boolean {
    const known = this.#start.get(target);
    if (known === undefined) {
      this.#start.set(target, pruned(facts, this.#liveness.liveIn(target)));
      return true;
    }
    let changed = false;
    for (const [register, value] of known) {
      const other = facts.get(register);
      if (other !== undefined && sameValue(value, other)) continue;
      known.delete(register);
      changed = true;
    }
    return changed;
  }
}

function resolve(facts: Facts, value: Value): Value {
  return 'register' in value ? (facts.get(value.register) ?? value) : value;
}

/** Drops what was known of a register that is written, and of its copies. */
function forget(facts: Facts, register: RegisterId): void {
  facts.delete(register);
  for (const [copy, value] of facts) if ('register' in value && value.register === register) facts.delete(copy);
}

function pruned(facts: Facts, live: RegisterSet): Facts {
  const kept: Facts = new Map();
  for (const [register, value] of facts) if (live.has(register)) kept.set(register, value);
  return kept;
}
