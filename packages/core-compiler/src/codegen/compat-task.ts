/**
 * System calls of 32-bit tasks count by another table: 5 is open there and fstat here. As stap's own system call probes,
 * handlers pass over them.
 */
import type { Assembler, Label } from '../bpf/index.js';
import { FP, HELPER, R0, R1, R2, R3, R6, asm } from '../bpf/index.js';
import type { Architecture, TargetFeatures } from '../target/index.js';
import type { CoreTypes } from './core-types.js';
import { byteOffset } from './core-types.js';

/** arch/x86/include/asm/thread_info.h: set from a 32-bit system call's entry to its exit, int 0x80 of a 64-bit program included. */
const TS_COMPAT = 2;

/** A word of the task's saved registers, and the bit that says what it runs: on x86 set in the 64-bit code segment (0x33; 0x23 is the 32-bit one), on Arm PSR_MODE32_BIT. (It does not show int 0x80 of a 64-bit program.) */
const MODE: Readonly<Record<Architecture, { readonly offset: number; readonly bytes: 2 | 4; readonly bit: number; readonly compatWhen: 'eq' | 'ne' }>> = {
  x86_64: { offset: 136, bytes: 2, bit: 0x10, compatWhen: 'eq' },
  aarch64: { offset: 264, bytes: 4, bit: 0x10, compatWhen: 'ne' },
};

/** Goes to `leave` when the system call is a 32-bit one. r1 is the program's argument, before and after; changes r0, r2, r3, r6 and 8 bytes of stack. */
export function leaveCompatTask(code: Assembler, kind: 'tp_btf' | 'raw_tp', target: { readonly arch: Architecture; readonly features: TargetFeatures; readonly core: CoreTypes }, leave: Label): void {
  const { offset, bytes, bit, compatWhen } = MODE[target.arch];
  // bpf_get_current_task_btf came in Linux 5.11, fetching atomics in 5.12.
  if (kind === 'tp_btf' && target.arch === 'x86_64' && target.features.atomicFetch) {
    const status = target.core.own('task_struct', ['thread_info', 'status'], 'int');
    code.emit(asm.mov.reg(R6, R1), asm.call(HELPER.getCurrentTaskBtf), { ...asm.load(4, R2, R0, status.offset), core: byteOffset(status) }, asm.mov.reg(R1, R6));
    code.emit(asm.and.imm(R2, TS_COMPAT), asm.jumpIf('ne', R2, { imm: 0 }, leave));
    return;
  }
  if (kind === 'tp_btf') code.emit(asm.load(8, R2, R1, 0), asm.load(bytes, R2, R2, offset));
  else {
    code.emit(asm.mov.reg(R6, R1), asm.load(8, R3, R1, 0), asm.add.imm(R3, offset), asm.mov.reg(R1, FP), asm.add.imm(R1, -8), asm.mov.imm(R2, bytes));
    code.emit(asm.call(HELPER.probeReadKernel), asm.load(bytes, R2, FP, -8), asm.mov.reg(R1, R6));
  }
  code.emit(asm.and.imm(R2, bit), asm.jumpIf(compatWhen, R2, { imm: 0 }, leave));
}
