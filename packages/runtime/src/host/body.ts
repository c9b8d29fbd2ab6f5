/** A body's control-flow graph, compiled once, and the loop that runs it. */
import type { IrBlock, IrBody, IrInstruction, SourceLocation } from '@stapkit/object';
import type { Scalar } from '../format/printf.js';
import { HandlerAbort, InternalError, ScriptError } from '../format/script-error.js';
import { readScalar, readString } from './frame.js';
import type { Frame, Run, Step } from './frame.js';
import { compileInstruction } from './instructions.js';
import type { HostProgram } from './program.js';

/** Gives the next block, or -1 when the body is left (its value then is in `frame.registers[0]`'s place in `result`). */
type Exit = (frame: Frame, result: { value: Scalar | undefined }) => number;

interface CompiledBlock {
  readonly steps: readonly Step[];
  readonly locations: readonly (SourceLocation | undefined)[];
  readonly exit: Exit;
  readonly exitLocation: SourceLocation | undefined;
  /** What passing through costs of MAXACTION. */
  readonly actions: number;
  readonly onError: number | undefined;
  readonly loop: SourceLocation | undefined;
}

export interface CompiledBody {
  readonly blocks: readonly CompiledBlock[];
  /** Registers at the start: 0 or "". */
  readonly initial: readonly Scalar[];
}

/** MAXACTION counts statements. Of the IR, those are best matched by the instructions that change or print something, and one for each block passed. */
const STATEMENTS: ReadonlySet<IrInstruction['op']> = new Set([
  'store-global', 'add-global', 'clear-global', 'array-set', 'array-add', 'array-delete', 'array-clear', 'stat-add', 'print', 'call',
]);

function compileExit(block: IrBlock): Exit {
  const { terminator } = block;
  switch (terminator.kind) {
    case 'jump': {
      const { target } = terminator;
      return () => target;
    }
    case 'branch': {
      const condition = readScalar(terminator.condition);
      const { then, otherwise } = terminator;
      return (frame) => (condition(frame) !== 0n ? then : otherwise);
    }
    case 'return': {
      const value = terminator.value === undefined ? undefined : readScalar(terminator.value);
      return (frame, result) => {
        if (value !== undefined) result.value = value(frame);
        return -1;
      };
    }
    case 'throw': {
      if (terminator.aborts === true) return () => { throw new HandlerAbort(); };
      const message = readString(terminator.message);
      return (frame) => { throw new ScriptError(message(frame), terminator.location); };
    }
    default: return terminator satisfies never;
  }
}

function compileBlock(block: IrBlock, program: HostProgram): CompiledBlock {
  return {
    steps: block.instructions.map((instruction) => compileInstruction(instruction, program)),
    locations: block.instructions.map((instruction) => instruction.location),
    exit: compileExit(block),
    exitLocation: block.terminator.kind === 'throw' ? block.terminator.location : undefined,
    actions: 1 + block.instructions.filter((instruction) => STATEMENTS.has(instruction.op)).length,
    onError: block.onError,
    loop: block.location,
  };
}

export function compileBody(body: IrBody, program: HostProgram): CompiledBody {
  return {
    blocks: body.blocks.map((block) => compileBlock(block, program)),
    initial: body.registers.map((register) => (register.type === 'long' ? 0n : '')),
  };
}

function runBlock(block: CompiledBlock, frame: Frame, result: { value: Scalar | undefined }): number {
  let index = 0;
  try {
    const { run } = frame;
    if (block.loop !== undefined) run.loop = block.loop;
    run.actionsLeft -= block.actions;
    if (run.actionsLeft < 0) throw new ScriptError('MAXACTION exceeded', run.loop);
    const { steps } = block;
    for (; index < steps.length; index += 1) steps[index]?.(frame);
    return block.exit(frame, result);
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    if (block.onError !== undefined) {
      frame.caught = error.message;
      return block.onError;
    }
    const location = error.location ?? block.locations[index] ?? block.exitLocation;
    throw location === error.location ? error : new ScriptError(error.message, location);
  }
}

/** Runs a body with its first registers set. Throws ScriptError when an error leaves it. */
export function runBody(body: CompiledBody, run: Run, args: readonly Scalar[], params: readonly number[]): Scalar | undefined {
  const registers = body.initial.slice();
  params.forEach((register, index) => { registers[register] = args[index] ?? 0n; });
  const frame: Frame = { registers, cursors: [], run, caught: '' };
  const result: { value: Scalar | undefined } = { value: undefined };
  let current = 0;
  while (current >= 0) {
    const block = body.blocks[current];
    if (block === undefined) throw new InternalError(`block ${current} is missing`);
    current = runBlock(block, frame, result);
  }
  return result.value;
}
