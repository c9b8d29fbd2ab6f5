/** Collects instructions, binds labels, and lays the code out as bytes. */
import type { SourceLocation } from '@stapkit/object';
import type { Instruction, Label } from './instruction.js';
import { slotsOf } from './instruction.js';

/** A jump is longer than the 16 bits of its offset: the code of one function is too large. */
export class JumpTooFarError extends Error {
  override name = 'JumpTooFarError';
  readonly slots: number;

  constructor(slots: number) {
    super(`a jump over ${slots} instructions does not fit BPF's 16-bit offset`);
    this.slots = slots;
  }
}

export interface AssembledCode {
  readonly instructions: readonly Instruction[];
  /** First slot of each instruction. */
  readonly slots: readonly number[];
  readonly bytes: Uint8Array;
}

export class Assembler {
  readonly #instructions: Instruction[] = [];
  /** Index of the instruction that a label stands before. */
  readonly #labels = new Map<Label, number>();
  #location: SourceLocation | undefined;

  /** Instructions that follow come from here. */
  at(location: SourceLocation | undefined): void {
    if (location !== undefined) this.#location = location;
  }

  get location(): SourceLocation | undefined {
    return this.#location;
  }

  emit(...instructions: readonly Instruction[]): void {
    for (const one of instructions) {
      this.#instructions.push(one.location === undefined && this.#location !== undefined ? { ...one, location: this.#location } : one);
    }
  }

  bind(label: Label): void {
    if (this.#labels.has(label)) throw new Error(`internal error: label ${label.name} is bound twice`);
    this.#labels.set(label, this.#instructions.length);
  }

  /** Puts another piece of code, with its labels, behind this one. */
  append(other: Assembler): void {
    for (const [label, index] of other.#labels) {
      if (this.#labels.has(label)) throw new Error(`internal error: label ${label.name} is bound twice`);
      this.#labels.set(label, this.#instructions.length + index);
    }
    for (const one of other.#instructions) this.#instructions.push(one);
  }

  isBound(label: Label): boolean {
    return this.#labels.has(label);
  }

  get last(): Instruction | undefined {
    return this.#instructions.at(-1);
  }

  get length(): number {
    return this.#instructions.length;
  }

  /** Slots of 8 bytes, before what cannot be reached is dropped. */
  get slots(): number {
    return this.#instructions.reduce((sum, one) => sum + slotsOf(one), 0);
  }

  /** @throws JumpTooFarError */
  assemble(): AssembledCode {
    const { kept, indexes } = tidy(this.#instructions, this.#labels);
    const slots: number[] = [];
    let next = 0;
    for (const one of kept) {
      slots.push(next);
      next += slotsOf(one);
    }
    const bytes = new Uint8Array(next * 8);
    kept.forEach((one, index) => {
      const slot = slots[index] ?? 0;
      encode(bytes, slot, one, one.target === undefined ? one.offset : distance(slot, one.target, indexes, slots, next));
    });
    return { instructions: kept, slots, bytes };
  }
}

function distance(slot: number, target: Label, labels: ReadonlyMap<Label, number>, slots: readonly number[], end: number): number {
  const index = labels.get(target);
  if (index === undefined) throw new Error(`internal error: label ${target.name} is not bound`);
  const offset = (slots[index] ?? end) - slot - 1;
  if (offset < -32768 || offset > 32767) throw new JumpTooFarError(Math.abs(offset));
  return offset;
}

/** Drops what cannot be reached (the verifier refuses it) and jumps to the next instruction; labels move along. */
function tidy(instructions: readonly Instruction[], labels: ReadonlyMap<Label, number>): { kept: Instruction[]; indexes: Map<Label, number> } {
  let current = [...instructions];
  let indexes = new Map(labels);
  for (;;) {
    const reached = reachable(current, indexes);
    const keep = current.map((one, index) => reached[index] === 1 && !(one.opcode === JUMP_ALWAYS && one.target !== undefined && indexes.get(one.target) === index + 1));
    if (keep.every(Boolean)) return { kept: current, indexes };
    const moved: number[] = [];
    let next = 0;
    for (let index = 0; index <= current.length; index++) {
      moved.push(next);
      if (keep[index] === true) next++;
    }
    indexes = new Map([...indexes].map(([label, index]) => [label, moved[index] ?? next]));
    current = current.filter((_, index) => keep[index]);
  }
}

const JUMP_ALWAYS = 0x05;
const EXIT = 0x95;

function reachable(instructions: readonly Instruction[], labels: ReadonlyMap<Label, number>): Uint8Array {
  const reached = new Uint8Array(instructions.length);
  const work = [0];
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    for (let one = instructions[at]; one !== undefined && reached[at] !== 1; one = instructions[++at]) {
      reached[at] = 1;
      if (one.target !== undefined) work.push(labels.get(one.target) ?? instructions.length);
      if (one.opcode === JUMP_ALWAYS || one.opcode === EXIT) break;
    }
  }
  return reached;
}

function encode(bytes: Uint8Array, slot: number, one: Instruction, offset: number): void {
  const view = new DataView(bytes.buffer);
  const at = slot * 8;
  view.setUint8(at, one.opcode);
  view.setUint8(at + 1, one.dst | (one.src << 4));
  view.setInt16(at + 2, offset, true);
  view.setInt32(at + 4, one.imm, true);
  if (one.high !== undefined) view.setInt32(at + 12, one.high, true);
}

/** The instructions in a piece of code. Jumps keep their numeric offset. */
export function decode(bytes: Uint8Array): { readonly slot: number; readonly instruction: Instruction }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const all: { slot: number; instruction: Instruction }[] = [];
  for (let slot = 0; slot * 8 < bytes.length; slot++) {
    const at = slot * 8;
    const registers = view.getUint8(at + 1);
    const instruction: Instruction = {
      opcode: view.getUint8(at), dst: registers & 15, src: registers >> 4, offset: view.getInt16(at + 2, true), imm: view.getInt32(at + 4, true),
      ...(view.getUint8(at) === 0x18 ? { high: view.getInt32(at + 12, true) } : {}),
    };
    all.push({ slot, instruction });
    if (instruction.high !== undefined) slot++;
  }
  return all;
}
