/** Names of the registers that DWARF numbers. Sources: System V ABI AMD64 (figure 3.36), DWARF for the Arm 64-bit Architecture. */
import type { ElfMachine } from '../elf/header.js';

const numbered = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

const X86_64 = [
  'rax', 'rdx', 'rcx', 'rbx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15',
  /* 16: the return address */ 'rip', ...numbered('xmm', 16), ...numbered('st', 8), ...numbered('mm', 8),
  'rflags', 'es', 'cs', 'ss', 'ds', 'fs', 'gs', undefined, undefined, 'fs.base', 'gs.base', undefined, undefined, 'tr', 'ldtr', 'mxcsr', 'fcw', 'fsw',
];
const AARCH64 = [
  ...numbered('x', 31), 'sp', undefined, 'elr', /* 34: the sign state of the return address */ 'ra_sign_state',
  ...Array.from({ length: 29 }, () => undefined), ...numbered('v', 32),
];

/** DWARF numbers of the registers that unwinding and frame bases are about. */
export interface FrameRegisters {
  readonly stackPointer: number;
  readonly framePointer: number;
  /** The column of call frame tables that holds the return address. */
  readonly returnAddress: number;
}
const FRAME_REGISTERS: Readonly<Record<'x86_64' | 'aarch64', FrameRegisters>> = {
  x86_64: { stackPointer: 7, framePointer: 6, returnAddress: 16 },
  aarch64: { stackPointer: 31, framePointer: 29, returnAddress: 30 },
};
export const frameRegisters = (machine: ElfMachine): FrameRegisters | undefined => (machine === 'x86_64' || machine === 'aarch64' ? FRAME_REGISTERS[machine] : undefined);

/** "rdi" for 5; undefined for numbers without a name, and on machines that we do not know. */
export function dwarfRegisterName(machine: ElfMachine, register: number): string | undefined {
  const names = machine === 'x86_64' ? X86_64 : machine === 'aarch64' ? AARCH64 : [];
  return names[register];
}

/** 5 for "rdi" and 0 for "x0"; undefined: no register of that name has a number. 32-bit and smaller names are not known here: usdt/operands does. */
export function dwarfRegisterNumber(machine: ElfMachine, name: string): number | undefined {
  const names = machine === 'x86_64' ? X86_64 : machine === 'aarch64' ? AARCH64 : [];
  const index = names.indexOf(name);
  return index < 0 ? undefined : index;
}
