/** Dead code: results that nobody reads, and copies of results that can be written in place. */
import type { IrBlock, IrBody, IrInstruction, RegisterId } from '@stapkit/object';
import { blockAt } from './control-flow.js';
import { Liveness } from './liveness.js';
import type { RegisterSet } from './liveness.js';
import { eachInput, eachOutput, inputsOf, mapInputs, mapOutputs, mapTerminatorInput, outputsOf, registerValue, terminatorInput } from './operands.js';
import type { ValueMap } from './operands.js';
import { canFail, hasEffect } from './purity.js';
import type { FunctionFacts } from './purity.js';

/**
 * Removes instructions without effect whose results are dead. Reads of memory that could fault go too: alias
 * prologues fill many variables that a handler does not look at, and those must cost nothing.
 * Then results that are only copied are written in place.
 */
export function removeDeadCode(body: IrBody, facts: readonly FunctionFacts[]): void {
  const liveness = new Liveness(body, (instruction, live) => !isDead(instruction, live) || !canGo(instruction, facts));
  body.blocks.forEach((block, id) => {
    const kept: IrInstruction[] = [];
    const copies: number[] = [];
    liveness.walk(id, (instruction, _index, live) => {
      const index = kept.push(isDead(instruction, live) ? withoutResult(instruction) : instruction) - 1;
      if (instruction.op === 'move' && 'register' in instruction.src && !live.has(instruction.src.register)) copies.push(index);
    });
    const { length } = kept;
    block.instructions.splice(0, block.instructions.length, ...kept.reverse());
    for (const index of copies) writeInPlace(body, block, length - 1 - index);
  });
}

function isDead(instruction: IrInstruction, live: RegisterSet): boolean {
  return outputsOf(instruction).every((register) => !live.has(register));
}

function canGo(instruction: IrInstruction, facts: readonly FunctionFacts[]): boolean {
  if (instruction.op === 'iterate' || instruction.op === 'advance') return false;
  if (instruction.op === 'call') return !(facts[instruction.function]?.effects ?? true);
  return !hasEffect(instruction) && !canFail(instruction);
}

function withoutResult(instruction: IrInstruction): IrInstruction {
  const hasOptional = instruction.op === 'call' || instruction.op === 'intrinsic' || instruction.op === 'add-global' || instruction.op === 'array-add';
  if (!hasOptional || instruction.dst === undefined) return instruction;
  if (instruction.op === 'call' || instruction.op === 'intrinsic') {
    const { dst: _dst, ...rest } = instruction;
    return rest;
  }
  const { dst: _dst, result: _result, ...rest } = instruction;
  return rest;
}

/** `t = f(…); x = t` becomes `x = f(…)`, for a copy at `index` after which t is not read again. */
function writeInPlace(body: IrBody, block: IrBlock, index: number): void {
  const move = block.instructions[index];
  if (move?.op !== 'move' || !('register' in move.src)) return;
  const source = move.src.register;
  const origin = findWriter(block, index, source, move.dst);
  const writer = origin === undefined ? undefined : block.instructions[origin];
  if (origin === undefined || writer === undefined || !writesOnly(writer, source)) return;
  if (body.registers[source]?.type !== body.registers[move.dst]?.type) return;
  block.instructions[origin] = mapOutputs(writer, () => move.dst);
  block.instructions.splice(index, 1);
}

/** The write of `source` before `index`, with nothing between that touches either register. */
function findWriter(block: IrBlock, index: number, source: RegisterId, dst: RegisterId): number | undefined {
  for (let at = index - 1; at >= 0; at--) {
    const instruction = block.instructions[at];
    if (instruction === undefined) return undefined;
    const outputs = outputsOf(instruction);
    if (outputs.includes(source)) return at;
    const touched = outputs.includes(dst) || inputsOf(instruction).some((value) => 'register' in value && (value.register === source || value.register === dst));
    // In a protected block an error between the two would show the new value too early.
    if (touched || block.onError !== undefined) return undefined;
  }
  return undefined;
}

function writesOnly(instruction: IrInstruction, register: RegisterId): boolean {
  return instruction.op !== 'advance' && outputsOf(instruction).every((output) => output === register);
}

/** Drops registers that nothing names and renumbers the rest. */
export function compactRegisters(body: IrBody): IrBody {
  const used = new Set<RegisterId>();
  const note = (register: RegisterId): void => {
    used.add(register);
  };
  for (const block of body.blocks) {
    for (const instruction of block.instructions) {
      eachOutput(instruction, note);
      eachInput(instruction, (value) => {
        if ('register' in value) note(value.register);
      });
    }
    noteTerminator(block, note);
  }
  const order = [...used].sort((a, b) => a - b);
  return renameRegisters(body, order, new Map(order.map((register, index) => [register, index])));
}

function noteTerminator(block: IrBlock, note: (register: RegisterId) => void): void {
  const input = terminatorInput(block.terminator);
  if (input !== undefined && 'register' in input) note(input.register);
}

function renameRegisters(body: IrBody, order: readonly RegisterId[], renumbered: ReadonlyMap<RegisterId, RegisterId>): IrBody {
  const to = (register: RegisterId): RegisterId => renumbered.get(register) ?? register;
  return {
    registers: order.flatMap((register) => body.registers[register] ?? []),
    blocks: body.blocks.map((_block, id) => renameBlock(blockAt(body, id), to)),
    loops: body.loops,
  };
}

function renameBlock(block: IrBlock, to: (register: RegisterId) => RegisterId): IrBlock {
  const value: ValueMap = (one) => ('register' in one ? registerValue(to(one.register)) : one);
  return {
    ...block,
    instructions: block.instructions.map((instruction) => mapOutputs(mapInputs(instruction, value), to)),
    terminator: mapTerminatorInput(block.terminator, value),
  };
}
