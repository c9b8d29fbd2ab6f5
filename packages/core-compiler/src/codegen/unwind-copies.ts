/**
 * Where a walk comes to code that the maps know nothing of, or is not begun as the process is not known yet: registers and a piece of
 * the stack go to the runtime (STACK_COPY), which walks them with the tables that it reads then.
 */
import { GLOBALS_MAP, SESSION, STACK_COPY, STACK_COPY_CPU_BITS, STACK_COPY_PAGE, STACK_COPY_PAGES, UNWIND_COPIES_MAP, UNWIND_STATE, UNWIND_STATE_MAP } from '@stapkit/object';
import type { Label, Register } from '../bpf/index.js';
import { Assembler, FP, HELPER, R0, R1, R2, R3, R4, R6, R7, R8, R9, asm } from '../bpf/index.js';
import type { Subprogram } from './handler-environment.js';

export const COPIER = 'unwind_copy';
const BPF_RB_NO_WAKEUP = 1;
const WORD = -8;

const field = (offset: number): number => UNWIND_STATE.copy + offset;
const keep = (code: Assembler, from: number, to: number, through: Register): void => { code.emit(asm.load(8, through, R6, from), asm.store(8, R6, to, through)); };

/** r0 = this CPU's state. 4 bytes of stack at `at`. */
export function lookupState(code: { emit: Assembler['emit'] }, at: number, absent: Label): void {
  code.emit(asm.storeImm(4, FP, at, 0), asm.mov.reg(R2, FP), asm.add.imm(R2, at), asm.loadMap(R1, UNWIND_STATE_MAP), asm.call(HELPER.mapLookup), asm.jumpIf('eq', R0, { imm: 0 }, absent));
}

/** (how the walk ended): sends the stack whose registers, image and limit stand in the state; then the state has its token. */
export function copyProgram(): Subprogram {
  const code = new Assembler();
  const [none, send] = [{ name: 'none' }, { name: 'send' }];
  code.emit(asm.mov.reg(R7, R1));
  lookupState(code, WORD, none);
  code.emit(asm.mov.reg(R6, R0), asm.store(8, R6, field(STACK_COPY.status), R7));
  code.emit(asm.call(HELPER.ktimeGetNs), asm.mov.reg(R7, R0), asm.shl.imm(R7, STACK_COPY_CPU_BITS), asm.call(HELPER.getSmpProcessorId), asm.and.imm(R0, 2 ** STACK_COPY_CPU_BITS - 1), asm.or.reg(R7, R0));
  code.emit(asm.store(8, R6, field(STACK_COPY.token), R7));
  keep(code, UNWIND_STATE.process, field(STACK_COPY.process), R1);
  keep(code, UNWIND_STATE.limit, field(STACK_COPY.limit), R1);
  keep(code, UNWIND_STATE.top, field(STACK_COPY.top), R1);
  readPages(code, send, none);
  code.bind(send);
  // r3: bytes of the record.
  code.emit(asm.loadMap(R1, UNWIND_COPIES_MAP), asm.mov.reg(R2, R6), asm.add.imm(R2, UNWIND_STATE.copy), asm.mov.imm(R4, BPF_RB_NO_WAKEUP), asm.call(HELPER.ringbufOutput));
  const lost = { name: 'lost' };
  code.emit(asm.jumpIf('ne', R0, { imm: 0 }, lost));
  keep(code, field(STACK_COPY.token), UNWIND_STATE.token, R1);
  code.emit(asm.mov.imm(R0, 0), asm.exit());
  code.bind(lost);
  code.emit(asm.loadData(R1, GLOBALS_MAP, SESSION.lostCopies), asm.mov.imm(R2, 1), asm.atomicAdd(R1, 0, R2));
  code.bind(none);
  code.emit(asm.mov.imm(R0, 0), asm.exit());
  return { symbol: COPIER, code: code.assemble(), parameters: ['number'], linkage: 'global' };
}

/** The stack's pages up to where the main thread's stack begins, or to the first that cannot be read; r3 = bytes of the record, then on at `send`. */
function readPages(code: Assembler, send: Label, none: Label): void {
  const read = Array.from({ length: STACK_COPY_PAGES + 1 }, (_, count): Label => (count === 0 ? none : { name: `${count} pages` }));
  const after = (count: number): Label => read[count] ?? none;
  code.emit(asm.load(8, R8, R6, field(STACK_COPY.sp)), asm.and.imm(R8, -STACK_COPY_PAGE), asm.load(8, R9, R6, UNWIND_STATE.top));
  for (let page = 0; page < STACK_COPY_PAGES; page++) {
    code.emit(asm.mov.reg(R1, R6), asm.add.imm(R1, field(STACK_COPY.stack) + page * STACK_COPY_PAGE), asm.mov.imm(R2, STACK_COPY_PAGE), asm.mov.reg(R3, R8), asm.call(HELPER.probeReadUser));
    code.emit(asm.jumpIf('ne', R0, { imm: 0 }, after(page)), asm.add.imm(R8, STACK_COPY_PAGE), asm.jumpIf('gt', R8, { reg: R9 }, after(page + 1)));
  }
  for (let count = STACK_COPY_PAGES; count > 0; count--) {
    code.bind(after(count));
    code.emit(asm.storeImm(4, R6, field(STACK_COPY.pages), count), asm.mov.imm(R3, STACK_COPY.stack + count * STACK_COPY_PAGE));
    if (count > 1) code.emit(asm.jump(send));
  }
}
