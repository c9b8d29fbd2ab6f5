import type { BlockId, IrBlock, IrBody, IrInstruction, IrRegister, IrTerminator, IrType, RegisterId, SourceLocation, Value } from '@stapkit/object';
import { tidyBlocks } from './control-flow.js';

/** Makes the control-flow graph of one body, block by block. */
export class BodyBuilder {
  readonly registers: IrRegister[] = [];
  readonly #blocks: IrBlock[] = [];
  readonly #ended = new Set<BlockId>();
  #current: BlockId;
  #handler: BlockId | undefined;
  /** Given to instructions that bring no location of their own. */
  location: SourceLocation | undefined;

  constructor() {
    this.#current = this.block();
  }

  register(type: IrType, name?: string): RegisterId {
    return this.registers.push({ type, ...(name === undefined ? {} : { name }) }) - 1;
  }

  /** A register for bytes of memory. */
  bytes(): RegisterId {
    return this.registers.push({ type: 'string', bytes: true }) - 1;
  }

  /** A new empty block; errors in it go to the catch block that is in force now. */
  block(): BlockId {
    const handler = this.#handler;
    return this.#blocks.push({ instructions: [], terminator: { kind: 'return' }, ...(handler === undefined ? {} : { onError: handler }) }) - 1;
  }

  /** Continues in `block`. A block that is still open falls through into it. */
  enter(block: BlockId): void {
    if (!this.#ended.has(this.#current)) this.end({ kind: 'jump', target: block });
    this.#current = block;
  }

  /** Says which loop statement's iterations pass `block`. */
  markLoop(block: BlockId, location: SourceLocation): void {
    const marked = this.#blocks[block];
    if (marked !== undefined) marked.location = location;
  }

  /** Runs `make` with errors going to `handler`, in blocks of its own. */
  protect(handler: BlockId, make: () => void): void {
    const outer = this.#handler;
    this.#handler = handler;
    this.enter(this.block());
    make();
    this.#handler = outer;
  }

  emit(instruction: IrInstruction): void {
    if (this.#ended.has(this.#current)) this.#current = this.block();
    const located = instruction.location !== undefined || this.location === undefined ? instruction : { ...instruction, location: this.location };
    this.#blocks[this.#current]?.instructions.push(located);
  }

  /** Ends the current block. What follows without `enter` cannot be reached. */
  end(terminator: IrTerminator): void {
    if (this.#ended.has(this.#current)) this.#current = this.block();
    this.#ended.add(this.#current);
    const block = this.#blocks[this.#current];
    if (block !== undefined) block.terminator = terminator;
  }

  jump(target: BlockId): void {
    this.end({ kind: 'jump', target });
  }

  branch(condition: Value, then: BlockId, otherwise: BlockId): void {
    this.end({ kind: 'branch', condition, then, otherwise });
  }

  move(dst: RegisterId, src: Value): void {
    if ('register' in src && src.register === dst) return;
    this.emit({ op: 'move', dst, src });
  }

  /** The body with unreachable blocks removed and its loops found. An open last block returns `result`. */
  finish(result?: Value): IrBody {
    if (!this.#ended.has(this.#current)) this.end({ kind: 'return', ...(result === undefined ? {} : { value: result }) });
    return tidyBlocks({ registers: this.registers, blocks: this.#blocks, loops: [] });
  }

}
