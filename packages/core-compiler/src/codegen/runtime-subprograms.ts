/** Subprograms that all handlers share. */
import type { Subprogram } from './handler-environment.js';
import { Assembler, FP, HELPER, R0, R1, R2, R3, R4, R6, asm } from '../bpf/index.js';
import { GLOBALS_MAP, SESSION } from '@stapkit/object';
import { CONTEXT, CONTEXT_MAP } from './context-area.js';
import { BPF_RB_NO_WAKEUP, EVENTS_MAP } from './select/prints.js';

/** Sends the record in the context that r1 points to, and empties it. */
export function flushProgram(symbol: string, recordBytes: number): Subprogram {
  const code = new Assembler();
  const done = { name: 'done' };
  code.emit(asm.mov.reg(R6, R1), asm.load(8, R3, R6, CONTEXT.cursor), asm.storeImm(8, R6, CONTEXT.cursor, 0));
  code.emit(asm.jumpIf('eq', R3, { imm: 0 }, done), asm.jumpIf('gt', R3, { imm: recordBytes }, done));
  code.emit(asm.mov.reg(R2, R6), asm.add.imm(R2, CONTEXT.record), asm.loadMap(R1, EVENTS_MAP), asm.mov.imm(R4, BPF_RB_NO_WAKEUP), asm.call(HELPER.ringbufOutput));
  code.emit(asm.jumpIf('eq', R0, { imm: 0 }, done), asm.loadData(R1, GLOBALS_MAP, 0), asm.mov.imm(R2, 1), asm.atomicAdd(R1, SESSION.lostRecords, R2));
  code.bind(done);
  code.emit(asm.mov.imm(R0, 0), asm.exit());
  return { symbol, code: code.assemble(), parameters: ['context'] };
}

/** Callback of bpf_for_each_map_elem (map, key, value, context): deletes the element. */
export function clearProgram(symbol: string): Subprogram {
  const code = new Assembler();
  code.emit(asm.call(HELPER.mapDelete), asm.mov.imm(R0, 0), asm.exit());
  return { symbol, code: code.assemble(), parameters: ['map', 'key', 'value', 'context'] };
}

/** Takes the first free context of this CPU from number `from` on; r0: the context, or 0 when there is none. */
export function takeContextProgram(symbol: string, from: number, contexts: number): Subprogram {
  const code = new Assembler();
  const [none, taken] = [{ name: 'none' }, { name: 'taken' }];
  for (let number = from; number < contexts; number++) {
    code.emit(asm.storeImm(4, FP, -4, number), asm.mov.reg(R2, FP), asm.add.imm(R2, -4), asm.loadMap(R1, CONTEXT_MAP), asm.call(HELPER.mapLookup));
    code.emit(asm.jumpIf('eq', R0, { imm: 0 }, none), asm.mov.reg(R6, R0));
    code.emit(asm.mov.imm(R0, 0), asm.mov.imm(R1, 1), asm.compareExchange(R6, CONTEXT.busy, R1), asm.jumpIf('eq', R0, { imm: 0 }, taken));
  }
  code.bind(none);
  code.emit(asm.mov.imm(R0, 0), asm.exit());
  code.bind(taken);
  code.emit(asm.mov.reg(R0, R6), asm.exit());
  return { symbol, code: code.assemble(), parameters: [] };
}
