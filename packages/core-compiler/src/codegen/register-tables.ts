/** Where the kernel keeps the machine registers: offsets in struct pt_regs. */
import { ORIGINAL_SYSCALL_REGISTER } from '@stapkit/object';
import type { Architecture } from '../target/index.js';

export interface RegisterTable {
  /** Of the C calling convention. */
  readonly arguments: readonly number[];
  /** Of a system call. */
  readonly syscallArguments: readonly number[];
  readonly result: number;
  readonly stackPointer: number;
  /** Number of the system call, at its exit too; 4 bytes when `narrow`. */
  readonly syscallNumber: number;
  /** Bytes from the stack pointer at entry to the first argument on the stack. */
  readonly stackArguments: number;
  /** The stack pointer has moved by this much when the function has returned. */
  readonly returnPops: number;
  /** By DWARF number, and {@link ORIGINAL_SYSCALL_REGISTER}. */
  readonly dwarf: ReadonlyMap<number, number>;
  /** sizeof(struct pt_regs), and the stack that it is at the end of, before Linux 5.15. */
  readonly bytes: number;
  readonly stackBytes: number;
}

/** x86-64 psABI, table 3.36; arch/x86/include/asm/ptrace.h. */
const X86_64 = new Map<number, number>([
  [0, 80], [1, 96], [2, 88], [3, 40], [4, 104], [5, 112], [6, 32], [7, 152],
  [8, 72], [9, 64], [10, 56], [11, 48], [12, 24], [13, 16], [14, 8], [15, 0], [16, 128],
  [49, 144], [51, 136], [52, 160], [ORIGINAL_SYSCALL_REGISTER, 120],
]);
/** DWARF for the Arm 64-bit architecture, section 4.1; arch/arm64/include/asm/ptrace.h. */
const AARCH64 = new Map<number, number>([
  ...Array.from({ length: 34 }, (_, number): [number, number] => [number, number * 8]),
  [ORIGINAL_SYSCALL_REGISTER, 272],
]);

/** arch/x86/include/asm/ptrace.h and arch/arm64/include/asm/ptrace.h. */
export const REGISTERS: Readonly<Record<Architecture, RegisterTable>> = {
  x86_64: {
    arguments: [112, 104, 96, 88, 72, 64],
    syscallArguments: [112, 104, 96, 56, 72, 64],
    result: 80, stackPointer: 152, syscallNumber: 120, stackArguments: 8, returnPops: 8,
    dwarf: X86_64, bytes: 168, stackBytes: 16384,
  },
  aarch64: {
    arguments: [0, 8, 16, 24, 32, 40, 48, 56],
    // x0 holds the result at exit; orig_x0 keeps the first argument.
    syscallArguments: [272, 8, 16, 24, 32, 40],
    result: 0, stackPointer: 248, syscallNumber: 280, stackArguments: 0, returnPops: 0,
    dwarf: AARCH64, bytes: 336, stackBytes: 16384,
  },
};
