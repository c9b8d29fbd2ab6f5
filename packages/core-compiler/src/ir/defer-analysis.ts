/** Which registers hold texts that need not be made in the kernel: see optimize-defer.ts. */
import { INTRINSICS } from '@stapkit/object';
import type { FunctionId, IrBody, IrFunction, IrInstruction, IrSite, RegisterId, Value } from '@stapkit/object';
import { Dominators } from './control-flow.js';
import { eachInput, eachOutput, inputsOf, terminatorInput } from './operands.js';
import type { FunctionFacts } from './purity.js';

/** Texts of more parts than this are made in the kernel, where that can be done. */
const MOST_LEAVES = 24;

/** Where deferred texts need something new in the program. */
export interface DeferContext {
  readonly functions: IrFunction[];
  readonly facts: FunctionFacts[];
  readonly sites: IrSite[];
}

/** Whether the host should make the result of a call when that is only printed. */
export function isDeferrableCall(id: FunctionId, context: DeferContext): boolean {
  const callee = context.functions[id];
  const facts = context.facts[id];
  if (callee?.result === undefined || facts === undefined || !facts.pure || facts.raises) return false;
  return callee.result === 'string' || facts.heavy;
}

/** Where an instruction stands. */
export interface Place {
  readonly block: number;
  readonly index: number;
  readonly instruction: IrInstruction;
}

export class DeferAnalysis {
  readonly writes = new Map<RegisterId, Place[]>();
  readonly uses = new Map<RegisterId, { readonly place: Place | undefined; readonly block: number }[]>();
  /** What is deferred, each after what it is made of. */
  readonly order: RegisterId[] = [];
  readonly #body: IrBody;
  readonly #context: DeferContext;
  readonly #chosen = new Set<RegisterId>();

  constructor(body: IrBody, context: DeferContext) {
    this.#body = body;
    this.#context = context;
    this.#collect();
    for (const [register, writes] of this.writes) {
      if (writes.every((write) => this.#isDeferrable(write.instruction))) this.#chosen.add(register);
    }
    if (this.#chosen.size === 0) return;
    this.#dropUseless();
    this.#settle();
    this.#sort();
  }

  #collect(): void {
    const use = (value: Value, place: Place | undefined, block: number): void => {
      if (!('register' in value)) return;
      const list = this.uses.get(value.register);
      if (list === undefined) this.uses.set(value.register, [{ place, block }]);
      else list.push({ place, block });
    };
    this.#body.blocks.forEach((block, id) => {
      block.instructions.forEach((instruction, index) => {
        const place = { block: id, index, instruction };
        eachInput(instruction, (value) => { use(value, place, id); });
        eachOutput(instruction, (register) => {
          const list = this.writes.get(register);
          if (list === undefined) this.writes.set(register, [place]);
          else list.push(place);
        });
      });
      const input = terminatorInput(block.terminator);
      if (input !== undefined) use(input, undefined, id);
    });
  }

  #isDeferrable(one: IrInstruction): boolean {
    switch (one.op) {
      case 'format': return one.args.every((arg) => arg.kind !== 'histogram');
      case 'concat': return true;
      case 'move': return true;
      case 'call': return isDeferrableCall(one.function, this.#context);
      case 'intrinsic': return INTRINSICS[one.name]?.pure ?? false;
      default: return false;
    }
  }

  /** Worth it in itself. A copy, or an operation that the kernel does as well, is so only for what it is made of. */
  #isReason(one: IrInstruction): boolean {
    if (one.op === 'intrinsic') return INTRINSICS[one.name]?.where !== 'both' || INTRINSICS[one.name]?.prefersHost === true;
    return one.op === 'format' || one.op === 'concat' || one.op === 'call';
  }

  /** Keeps registers that have a reason, or are made of one that has. */
  #dropUseless(): void {
    const useful = new Set<RegisterId>();
    for (let grown = true; grown; ) {
      grown = false;
      for (const register of this.#chosen) {
        if (useful.has(register) || !this.#writesOf(register).some((write) => this.#isReason(write.instruction) || this.#isMadeOf(write.instruction, useful))) continue;
        useful.add(register);
        grown = true;
      }
    }
    for (const register of this.#chosen) if (!useful.has(register)) this.#chosen.delete(register);
  }

  #isMadeOf(one: IrInstruction, some: ReadonlySet<RegisterId>): boolean {
    return inputsOf(one).some((value) => 'register' in value && some.has(value.register));
  }

  /** Gives up registers with other uses, in cycles, or of too many parts, until nothing changes. */
  #settle(): void {
    for (let changed = true; changed; ) {
      changed = false;
      for (const register of [...this.#chosen]) {
        if (this.#usesFit(register)) continue;
        this.#chosen.delete(register);
        changed = true;
      }
      for (const register of this.#cyclicOrLarge()) {
        this.#chosen.delete(register);
        changed = true;
      }
      const before = this.#chosen.size;
      this.#dropUseless();
      changed ||= this.#chosen.size !== before;
    }
  }

  #usesFit(register: RegisterId): boolean {
    const uses = this.uses.get(register) ?? [];
    const forcing = uses.filter(({ place }) => {
      if (place === undefined) return true;
      const { instruction } = place;
      if (instruction.op === 'print') return false;
      return !('dst' in instruction && this.#chosen.has(instruction.dst) && this.#isDeferrable(instruction));
    });
    if (forcing.length === 0) return uses.length > 0;
    const [only] = forcing;
    return forcing.length === 1 && uses.length > 1 && only?.place !== undefined && this.#canWait(register, only.place);
  }

  /** One use needs the text in the kernel, on some ways only: it is made there. Not in a loop that the write is not in. */
  #canWait(register: RegisterId, use: Place): boolean {
    const [write, more] = this.#writesOf(register);
    if (write === undefined || more !== undefined || write.block === use.block || write.instruction.op === 'move') return false;
    if (this.#body.loops.some((loop) => loop.blocks.includes(use.block) && !loop.blocks.includes(write.block))) return false;
    return !('dst' in use.instruction && use.instruction.op === 'move') && new Dominators(this.#body).dominates(write.block, use.block);
  }

  #cyclicOrLarge(): RegisterId[] {
    const bad: RegisterId[] = [];
    const leaves = new Map<RegisterId, number>();
    const active = new Set<RegisterId>();
    const count = (register: RegisterId): number => {
      const known = leaves.get(register);
      if (known !== undefined) return known;
      if (active.has(register)) {
        bad.push(register);
        return 0;
      }
      active.add(register);
      let sum = 1;
      for (const { instruction } of this.#writesOf(register)) {
        eachInput(instruction, (value) => {
          if ('register' in value) sum += this.#chosen.has(value.register) ? count(value.register) : 1;
        });
      }
      active.delete(register);
      leaves.set(register, sum);
      if (sum > MOST_LEAVES && !this.#writesOf(register).some(({ instruction }) => isPrintOnly(instruction))) bad.push(register);
      return sum;
    };
    for (const register of this.#chosen) count(register);
    return bad;
  }

  #sort(): void {
    const done = new Set<RegisterId>();
    const visit = (register: RegisterId): void => {
      if (done.has(register)) return;
      done.add(register);
      for (const { instruction } of this.#writesOf(register)) {
        eachInput(instruction, (value) => {
          if ('register' in value && this.#chosen.has(value.register)) visit(value.register);
        });
      }
      this.order.push(register);
    };
    for (const register of this.#chosen) visit(register);
  }

  #writesOf(register: RegisterId): readonly Place[] {
    return this.writes.get(register) ?? [];
  }
}

function isPrintOnly(instruction: IrInstruction): boolean {
  return instruction.op === 'intrinsic' && INTRINSICS[instruction.name]?.where === 'print';
}

