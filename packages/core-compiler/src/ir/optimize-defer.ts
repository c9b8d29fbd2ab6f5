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
import type { FormatPiece, FunctionId, IrBlock, IrBody, IrInstruction, IrType, PrintArgument, RegisterId, SourceLocation, Value } from '@stapkit/object';
import { Dominators } from './control-flow.js';
import { DeferAnalysis } from './defer-analysis.js';
import type { DeferContext, Place } from './defer-analysis.js';
import { InternalError, present } from './internal-error.js';
import { eachInput, longValue, mapInputs, mapPrintArguments, registerValue, textValue } from './operands.js';

/** Changes the body of a probe in place; true when something was deferred. */
export function deferTexts(body: IrBody, context: DeferContext): boolean {
  const analysis = new DeferAnalysis(body, context);
  if (analysis.order.length === 0) return false;
  const rewrite = new DeferRewrite(body, analysis, context);
  rewrite.run();
  return true;
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
    const { type, bytes } = present(this.#body.registers[value.register], 'register');
    const leaf = this.#body.registers.push({ type, ...(bytes === undefined ? {} : { bytes }) }) - 1;
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
