/**
 * Loops on kernels without bpf_loop (before Linux 5.17). There the verifier follows a loop iteration by iteration. An iteration is a
 * global function, which it follows once by itself, so that a loop costs it a few instructions an iteration, and one branch:
 * of those it keeps 8192 at a time. Hence the loop that calls the function is a global function too, and a long one is two, one
 * that calls the other. Frames set an end to this: a program has 8.
 */
import { Assembler, R0, R1, R6, asm } from '../bpf/index.js';
import type { FunctionEmitter } from './function-emitter.js';
import type { Subprogram } from './handler-environment.js';
import { REFUSAL } from './refusals.js';

/** MAX_CALL_FRAMES. */
export const MOST_FRAMES = 8;
/** Iterations that one function can follow, with room for the branches of others. */
const MOST_FOLLOWED = 4000;
const INNER_CALLS = 1000;

/** Frames that an iteration of a loop wants for what it calls: to send a record, to go through a text. */
const CALLED_FRAMES = 2;

/** How many functions stand between a function and the iterations of a loop, in which loops stand `levels` deep, itself counted. */
export function loopDrivers({ frames }: FunctionEmitter, levels: number): number {
  return Math.max(0, Math.min(2, MOST_FRAMES - frames - levels - CALLED_FRAMES));
}

/** The same for the steps through a text, which call nothing. */
export function textDrivers({ frames }: FunctionEmitter): number {
  return Math.max(0, Math.min(1, MOST_FRAMES - frames - 1));
}

/** Calls the function until it gives something else than 0, at most `most` times: fewer where the verifier could not follow. Changes r0 to r5. */
export function callRepeatedly(e: FunctionEmitter, symbol: string, most: number, drivers: number): void {
  const { env } = e;
  if (drivers === 0) {
    repeatHere(e, symbol, Math.min(most, MOST_FOLLOWED));
    return;
  }
  const inner = drivers > 1 ? INNER_CALLS : Math.min(most, MOST_FOLLOWED);
  const driver = env.subprogram(`${symbol}_${inner}`, () => driverProgram(`${symbol}_${inner}`, symbol, inner));
  if (drivers === 1) {
    e.emit(asm.mov.imm(R1, 0), asm.callSymbol(driver));
    return;
  }
  const calls = Math.min(Math.ceil(most / inner), MOST_FOLLOWED);
  e.emit(asm.mov.imm(R1, 0), asm.callSymbol(env.subprogram(`${symbol}_${inner}x${calls}`, () => driverProgram(`${symbol}_${inner}x${calls}`, driver, calls))));
}

/** Gives 1 when the function ended the loop. */
function driverProgram(symbol: string, repeated: string, most: number): Subprogram {
  const code = new Assembler();
  const [next, ended] = [{ name: 'next' }, { name: 'ended' }];
  code.emit(asm.mov.imm(R6, 0));
  code.bind(next);
  code.emit(asm.mov.reg(R1, R6), asm.callSymbol(repeated), asm.jumpIf('ne', R0, { imm: 0 }, ended), asm.add.imm(R6, 1), asm.jumpIf('lt', R6, { imm: most }, next));
  code.emit(asm.mov.imm(R0, 0), asm.exit());
  code.bind(ended);
  code.emit(asm.mov.imm(R0, 1), asm.exit());
  return { symbol, code: code.assemble(), parameters: ['index'], linkage: 'global' };
}

function repeatHere(e: FunctionEmitter, symbol: string, most: number): void {
  if (e.frames >= MOST_FRAMES) e.env.refuse(REFUSAL.tooLarge, 'what is repeated stands in too many loops for this kernel, which lacks bpf_loop', e.block.location, 'move it out of a loop');
  const [next, ended] = [e.label('next'), e.label('ended')];
  e.withTemp(8, (at) => {
    e.emit(asm.mov.imm(R1, 0));
    e.bind(next);
    e.emit(asm.store(8, 10, at, R1), asm.callSymbol(symbol), asm.jumpIf('ne', R0, { imm: 0 }, ended), asm.load(8, R1, 10, at), asm.add.imm(R1, 1), asm.jumpIf('lt', R1, { imm: most }, next));
    e.bind(ended);
  });
}
