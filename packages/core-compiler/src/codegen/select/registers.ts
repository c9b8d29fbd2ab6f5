/** Saved machine registers: the probe's, and those of the task's user mode. */
import type { IrInstruction } from '@stapkit/object';
import type { Register } from '../../bpf/index.js';
import { HELPER, R0, R1, R3, asm } from '../../bpf/index.js';
import type { FunctionEmitter } from '../function-emitter.js';
import { REFUSAL } from '../refusals.js';
import { REGISTERS } from '../register-tables.js';
import { addFieldOffset } from './memory.js';

export function emitReadRegister(e: FunctionEmitter, { dst, register, of, location }: Extract<IrInstruction, { op: 'read-register' }>): void {
  const { arch, probeContext } = e.env;
  const offset = REGISTERS[arch].dwarf.get(register);
  const target = e.target(dst, R0);
  if (offset === undefined) {
    e.env.refuse(REFUSAL.argument, `the kernel saves no register with the DWARF number ${register} on ${arch}`, location ?? e.block.location);
  } else if (probeContext.register !== undefined && (of === 'probe' || probeContext.isUserMode === true)) {
    probeContext.register(e, offset, target);
  } else if (of === 'user') readUserRegister(e, offset, target);
  else throw new Error(`internal error: ${probeContext.kind} has no saved registers`);
  e.commit(dst, target);
}

/**
 * The current task's registers when it entered the kernel. Before bpf_task_pt_regs (Linux 5.15) from where they lie: at
 * the end of the task's kernel stack of the size that kernels without KASAN have.
 */
function readUserRegister(e: FunctionEmitter, offset: number, to: Register): void {
  if (e.env.features.taskRegisters) {
    e.emit(asm.call(HELPER.getCurrentTaskBtf), asm.mov.reg(R1, R0), asm.call(HELPER.taskPtRegs), asm.mov.reg(R3, R0), asm.add.imm(R3, offset));
  } else {
    const { bytes, stackBytes } = REGISTERS[e.env.arch];
    e.emit(asm.call(HELPER.getCurrentTask), asm.mov.reg(R3, R0));
    addFieldOffset(e, R3, e.env.core.own('task_struct', ['stack'], 'pointer'));
    e.readWord('kernel', 8, R3, R3);
    e.emit(asm.add.imm(R3, stackBytes - bytes + offset));
  }
  e.readWord('kernel', 8, to, R3);
}
