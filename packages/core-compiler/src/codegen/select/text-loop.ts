/** Going through a text byte by byte: by bpf_loop, or by a function of its own that calls the steps. See text-loops.ts. */
import { FP, HELPER, R1, R2, R3, R4, asm } from '../../bpf/index.js';
import type { FunctionEmitter } from '../function-emitter.js';
import { REFUSAL } from '../refusals.js';
import { callRepeatedly, textDrivers } from '../repeat.js';
import { MACHINE, STEP_STACK_BYTES, stepProgram } from '../text-loops.js';
import type { Step, TextAreas } from '../text-loops.js';

/** Without bpf_loop the verifier remembers a branch of each call, and 8192 of them at most. */
const MOST_CALLS_FOLLOWED = 4000;

/** Calls a step until it stops, at most `most` times. Changes r0 to r5. */
export function emitTextLoop(e: FunctionEmitter, symbol: string, most: number, make: (step: Step) => void): void {
  const { env, scratch } = e;
  const isCallback = env.features.loop;
  env.subprogram(symbol, () => stepProgram(symbol, isCallback, e.plan.work.machine, make));
  if (isCallback) {
    e.calls(STEP_STACK_BYTES);
    e.withTemp(8, (at) => {
      e.emit(asm.store(8, FP, at, scratch), asm.mov.imm(R1, most), asm.loadFunction(R2, symbol), asm.mov.reg(R3, FP), asm.add.imm(R3, at), asm.mov.imm(R4, 0), asm.call(HELPER.loop));
    });
    return;
  }
  if (most > MOST_CALLS_FOLLOWED) {
    env.refuse(REFUSAL.tooLarge, `texts of ${most} bytes are too long to go through on this kernel, which lacks bpf_loop`, e.block.location, `lower MAXSTRINGLEN to ${MOST_CALLS_FOLLOWED} with -D`);
    return;
  }
  const drivers = textDrivers(e);
  e.calls((drivers + 1) * STEP_STACK_BYTES);
  callRepeatedly(e, symbol, most, drivers);
}

export const textAreas = (e: FunctionEmitter): TextAreas => e.plan.work;

/** A word of the machine area. */
export function setWord(e: FunctionEmitter, word: keyof typeof MACHINE, value: number): void {
  e.emit(asm.storeImm(8, e.scratch, e.plan.work.machine + MACHINE[word], value));
}
