/** BPF instructions: as values, as bytes, as text. Leaf: knows nothing of scripts or of the kernel's maps. */
export * as asm from './instruction.js';
export type { CoreReference, Instruction, Label } from './instruction.js';
export { slotsOf } from './instruction.js';
export { Assembler, JumpTooFarError, decode } from './assembler.js';
export type { AssembledCode } from './assembler.js';
export { disassemble } from './disassemble.js';
export { FP, HELPER, LD_IMM64, PSEUDO, R0, R1, R2, R3, R4, R5, R6, R7, R8, R9 } from './opcodes.js';
export type { AccessBytes, AluOperation, JumpCondition, Register } from './opcodes.js';
