/**
 * Deferred texts: a string that is only printed is not made in the kernel. What it is made of
 * travels instead, and the host makes the text when it prints.
 *
 * A register whose every write is deferrable and whose every use is a print (or part of another
 * deferred text) is replaced by its leaves: registers that hold copies of the inputs, taken where
 * the text would have been made. So the text is the same whatever happens to the inputs later;
 * copy propagation removes the copies that were not needed. A register with several writes gets
 * one more leaf, which says which write came last, and a function for the host that chooses.
 * Where a single other use needs the text on some ways only, it is made there and nowhere else.
 */
import { INTRINSICS } from '@stapkit/object';
import type { FormatPiece, FunctionId, IrBlock, IrBody, IrFunction, IrInstruction, IrSite, IrType, PrintArgument, RegisterId, SourceLocation, Value } from '@stapkit/object';
import { Dominators } from './control-flow.js';
import { InternalError, present } from './internal-error.js';
import { eachInput, eachOutput, longValue, mapInputs, mapPrintArguments, registerValue, terminatorInput, textValue } from './operands.js';
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

/** Changes the body of a probe in place; true when something was deferred. */
export function deferTexts(body: IrBody, context: DeferContext): boolean {
  const analysis = new DeferAnalysis(body, context);
  if (analysis.order.length === 0) return false;
  const rewrite = new DeferRewrite(body, analysis, context);
  rewrite.run();
  return true;
}

interface Place {
  readonly block: number;
  readonly index: number;
  readonly instruction: IrInstruction;
}

class DeferAnalysis {
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

  has(register: RegisterId): boolean {
    return this.#chosen.has(register);
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
        eachInput(instruction, (value) => use(value, place, id));
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
    if (one.op === 'intrinsic') return INTRINSICS[one.name]?.where !== 'both';
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
    let found = false;
    eachInput(one, (value) => {
      found ||= 'register' in value && some.has(value.register);
    });
    return found;
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
      return !('dst' in instruction && instruction.dst !== undefined && this.#chosen.has(instruction.dst) && this.#isDeferrable(instruction));
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

/** What stands for a deferred register: a tree over leaf registers. */
interface Deferred {
  readonly tree: PrintArgument;
  readonly leaves: readonly RegisterId[];
}

class DeferRewrite {
  readonly #body: IrBody;
  readonly #analysis: DeferAnalysis;
  readonly #context: DeferContext;
  readonly #deferred = new Map<RegisterId, Deferred>();
  /** New instructions in place of the write at block and index. */
  readonly #replaced = new Map<IrBlock, Map<number, IrInstruction[]>>();
  #dominators: Dominators | undefined;

  constructor(body: IrBody, analysis: DeferAnalysis, context: DeferContext) {
    this.#body = body;
    this.#analysis = analysis;
    this.#context = context;
  }

  run(): void {
    for (const register of this.#analysis.order) this.#defer(register);
    for (const block of this.#body.blocks) {
      const replaced = this.#replaced.get(block);
      const instructions = block.instructions.flatMap((instruction, index) => replaced?.get(index) ?? this.#use(instruction));
      block.instructions.splice(0, block.instructions.length, ...instructions);
    }
  }

  /** A print takes the tree; any other use has the text made before it. */
  #use(instruction: IrInstruction): IrInstruction[] {
    const wanted = new Set<RegisterId>();
    eachInput(instruction, (value) => {
      if ('register' in value && this.#deferred.has(value.register)) wanted.add(value.register);
    });
    if (wanted.size === 0) return [instruction];
    if (instruction.op === 'print') return [{ ...instruction, args: mapPrintArguments(instruction.args, this.#argument, (value) => value) }];
    const made: IrInstruction[] = [];
    const make = new TextMaker(this.#body.registers, this.#context, instruction.location);
    const texts = new Map([...wanted].map((register) => [register, make.value(this.#argument(registerValue(register)), (value) => value, made)]));
    return [...made, mapInputs(instruction, (value) => ('register' in value ? (texts.get(value.register) ?? value) : value))];
  }

  /** A leaf of a print: the tree of what was deferred, or the value itself. */
  readonly #argument = (value: Value): PrintArgument => {
    const deferred = 'register' in value ? this.#deferred.get(value.register) : undefined;
    return deferred?.tree ?? { kind: 'value', value };
  };

  #defer(register: RegisterId): void {
    const writes = this.#analysis.writes.get(register) ?? [];
    const leaves: RegisterId[] = [];
    const trees: PrintArgument[] = [];
    const own: RegisterId[][] = [];
    for (const { block, index, instruction } of writes) {
      const moves: IrInstruction[] = [];
      const mine: RegisterId[] = [];
      const tree = mapPrintArguments([this.#tree(instruction)], (value) => this.#copy(value, mine, moves, instruction), (value) => value)[0];
      trees.push(present(tree, 'print argument'));
      own.push(mine);
      leaves.push(...mine);
      this.#replace(block, index, moves);
    }
    const [tree] = trees;
    if (tree !== undefined && trees.length === 1 && this.#writtenBeforeUse(register, writes)) {
      this.#deferred.set(register, { tree, leaves });
      return;
    }
    this.#choose(register, writes, trees, own, leaves);
  }

  /** Copies a leaf where the text would be made. Constants need no copy. */
  #copy(value: Value, mine: RegisterId[], moves: IrInstruction[], at: IrInstruction): PrintArgument {
    if (!('register' in value)) return { kind: 'value', value };
    const { type } = present(this.#body.registers[value.register], 'register');
    const leaf = this.#body.registers.push({ type }) - 1;
    mine.push(leaf);
    moves.push({ op: 'move', dst: leaf, src: value, ...(at.location === undefined ? {} : { location: at.location }) });
    return { kind: 'value', value: registerValue(leaf) };
  }

  /** The tree of an operation over its inputs, with deferred inputs as trees over their leaves. */
  #tree(one: IrInstruction): PrintArgument {
    switch (one.op) {
      case 'move': return this.#argument(one.src);
      case 'call': return { kind: 'call', function: one.function, args: one.args.map(this.#argument) };
      case 'intrinsic': return { kind: 'intrinsic', name: one.name, args: one.args.map(this.#argument) };
      case 'format': return { kind: 'format', site: one.site, args: mapPrintArguments(one.args, this.#argument, (value) => value) };
      case 'concat': {
        const pieces: FormatPiece[] = one.parts.map((part) => ('text' in part ? { literal: part.text } : { conversion: 's' }));
        const site = this.#context.sites.push({ kind: 'text', pieces, ...(one.location === undefined ? {} : { location: one.location }) }) - 1;
        return { kind: 'format', site, args: one.parts.filter((part) => !('text' in part)).map(this.#argument) };
      }
      default: throw new InternalError(`'${one.op}' cannot be deferred`);
    }
  }

  #replace(block: number, index: number, instructions: IrInstruction[]): void {
    const key = present(this.#body.blocks[block], `block b${block}`);
    const known = this.#replaced.get(key) ?? new Map<number, IrInstruction[]>();
    known.set(index, [...instructions, ...(known.get(index) ?? [])]);
    this.#replaced.set(key, known);
  }

  #append(block: number, index: number, instructions: readonly IrInstruction[]): void {
    this.#replaced.get(present(this.#body.blocks[block], `block b${block}`))?.get(index)?.push(...instructions);
  }

  #writtenBeforeUse(register: RegisterId, writes: readonly Place[]): boolean {
    const [write] = writes;
    if (write === undefined) return false;
    this.#dominators ??= new Dominators(this.#body);
    const dominators = this.#dominators;
    return (this.#analysis.uses.get(register) ?? []).every(({ place, block }) =>
      block === write.block ? place !== undefined && place.index > write.index : dominators.dominates(write.block, block) && !this.#isHandlerOf(write.block, block),
    );
  }

  /** A catch block is dominated by the block it protects, and yet the error may come before the write. */
  #isHandlerOf(protectedBlock: number, block: number): boolean {
    return this.#body.blocks[protectedBlock]?.onError !== undefined && block !== protectedBlock;
  }

  /** Several writes, or none on some way: a number tells the host which one counts; 0 is none. */
  #choose(register: RegisterId, writes: readonly Place[], trees: readonly PrintArgument[], own: readonly RegisterId[][], leaves: readonly RegisterId[]): void {
    const { type } = present(this.#body.registers[register], 'register');
    const which = this.#body.registers.push({ type: 'long' }) - 1;
    writes.forEach(({ block, index, instruction }, number) => {
      const location = instruction.location === undefined ? {} : { location: instruction.location };
      // Leaves of the other writes are emptied: they would travel for nothing.
      const others = leaves.filter((leaf) => !(own[number]?.includes(leaf) ?? false));
      this.#append(block, index, [
        ...others.map((dst): IrInstruction => ({ op: 'move', dst, src: this.#body.registers[dst]?.type === 'string' ? textValue('') : longValue(0n), ...location })),
        { op: 'move', dst: which, src: longValue(BigInt(number + 1)), ...location },
      ]);
    });
    const all = [which, ...leaves];
    const id = this.#chooser(type, trees, all);
    const args = all.map((leaf): PrintArgument => ({ kind: 'value', value: registerValue(leaf) }));
    this.#deferred.set(register, { tree: { kind: 'call', function: id, args }, leaves: all });
  }

  #chooser(type: IrType, trees: readonly PrintArgument[], leaves: readonly RegisterId[]): FunctionId {
    const registers = leaves.map((leaf) => ({ type: this.#body.registers[leaf]?.type ?? ('long' as const) }));
    const numbers = new Map(leaves.map((leaf, index) => [leaf, index]));
    const local = (value: Value): Value => ('register' in value ? registerValue(numbers.get(value.register) ?? 0) : value);
    const blocks: IrBlock[] = [];
    const make = new TextMaker(registers, this.#context);
    trees.forEach((tree, number) => {
      const test = registers.push({ type: 'long' }) - 1;
      const at = blocks.length;
      blocks.push({
        instructions: [{ op: 'binary', fn: 'eq', dst: test, a: registerValue(0), b: longValue(BigInt(number + 1)) }],
        terminator: { kind: 'branch', condition: registerValue(test), then: at + 1, otherwise: at + 2 },
      });
      const instructions: IrInstruction[] = [];
      const value = make.value(tree, local, instructions);
      blocks.push({ instructions, terminator: { kind: 'return', value } });
    });
    blocks.push({ instructions: [], terminator: { kind: 'return', value: type === 'string' ? textValue('') : longValue(0n) } });
    const id = this.#context.functions.push({
      name: `choose_text_${this.#context.functions.length}`,
      params: leaves.map((_leaf, index) => index),
      result: type,
      body: { registers, blocks, loops: [] },
      pure: true,
    });
    this.#context.facts.push({ pure: true, raises: false, effects: false, heavy: true });
    return id - 1;
  }
}

/** Turns print arguments back into instructions. */
class TextMaker {
  readonly #registers: { type: IrType }[];
  readonly #context: DeferContext;

  readonly #location: { readonly location?: SourceLocation };

  constructor(registers: { type: IrType }[], context: DeferContext, location?: SourceLocation) {
    this.#registers = registers;
    this.#context = context;
    this.#location = location === undefined ? {} : { location };
  }

  value(tree: PrintArgument, map: (value: Value) => Value, out: IrInstruction[]): Value {
    if (tree.kind === 'value') return map(tree.value);
    if (tree.kind === 'histogram') throw new InternalError('a histogram has no text to choose');
    const args = tree.args.map((arg) => this.value(arg, map, out));
    const dst = this.#registers.push({ type: this.#type(tree) }) - 1;
    if (tree.kind === 'format') out.push({ op: 'format', dst, site: tree.site, args: args.map((value) => ({ kind: 'value', value })), ...this.#location });
    else if (tree.kind === 'call') out.push({ op: 'call', dst, function: tree.function, args, ...this.#location });
    else out.push({ op: 'intrinsic', dst, name: tree.name, args, ...this.#location });
    return registerValue(dst);
  }

  #type(tree: Exclude<PrintArgument, { readonly kind: 'value' | 'histogram' }>): IrType {
    if (tree.kind === 'format') return 'string';
    const type = tree.kind === 'call' ? this.#context.functions[tree.function]?.result : INTRINSICS[tree.name]?.result;
    return present(type, 'result');
  }
}
