/** How each kind of program finds the probed code's arguments and result. */
import type { IrInstruction, ProgramKind } from '@stapkit/object';
import type { Architecture } from '../target/index.js';
import type { Register } from '../bpf/index.js';
import { FP, HELPER, R1, R2, R3, asm } from '../bpf/index.js';
import type { FunctionEmitter } from './function-emitter.js';

/** Offsets in struct pt_regs. */
interface RegisterTable {
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
}

/** arch/x86/include/asm/ptrace.h and arch/arm64/include/asm/ptrace.h. */
export const REGISTERS: Readonly<Record<Architecture, RegisterTable>> = {
  x86_64: {
    arguments: [112, 104, 96, 88, 72, 64],
    syscallArguments: [112, 104, 96, 56, 72, 64],
    result: 80, stackPointer: 152, syscallNumber: 120, stackArguments: 8, returnPops: 8,
  },
  aarch64: {
    arguments: [0, 8, 16, 24, 32, 40, 48, 56],
    // x0 holds the result at exit; orig_x0 keeps the first argument.
    syscallArguments: [272, 8, 16, 24, 32, 40],
    result: 0, stackPointer: 248, syscallNumber: 280, stackArguments: 0, returnPops: 0,
  },
};

export interface ProbeContext {
  readonly kind: ProgramKind;
  /** The instruction reads the program's argument. */
  usesContext(instruction: IrInstruction): boolean;
  /** Raw 64 bits of argument `index` into `to` (a temporary). Uses r0 to r5. */
  argument(e: FunctionEmitter, index: number, to: Register): void;
  returnValue(e: FunctionEmitter, to: Register): void;
  /** A number that entry and return of one call have in common, into `to`. */
  frame(e: FunctionEmitter, to: Register): void;
}

const readsContext = (one: IrInstruction): boolean => one.op === 'read-argument' || one.op === 'read-return'
  || (one.op === 'intrinsic' && (one.name === 'register_argument' || one.name === 'register_return'));

const unsupported = (what: string) => (): never => {
  throw new Error(`internal error: ${what}`);
};

/** kprobe, kretprobe, uprobe, uretprobe: the argument is a struct pt_regs. */
export function registersContext(kind: 'kprobe' | 'kretprobe' | 'uprobe' | 'uretprobe', arch: Architecture): ProbeContext {
  const table = REGISTERS[arch];
  const isUser = kind === 'uprobe' || kind === 'uretprobe';
  return {
    kind,
    usesContext: readsContext,
    argument(e, index, to) {
      const offset = table.arguments[index];
      const context = e.contextPointer(R1);
      if (offset !== undefined) {
        e.emit(asm.load(8, to, context, offset));
        return;
      }
      const at = table.stackArguments + (index - table.arguments.length) * 8;
      e.emit(asm.load(8, R3, context, table.stackPointer), asm.add.imm(R3, at));
      e.readWord(isUser ? 'user' : 'kernel', 8, to, R3);
    },
    returnValue(e, to) {
      e.emit(asm.load(8, to, e.contextPointer(R1), table.result));
    },
    frame(e, to) {
      e.emit(asm.load(8, to, e.contextPointer(R1), table.stackPointer));
      if ((kind === 'kretprobe' || kind === 'uretprobe') && table.returnPops !== 0) e.emit(asm.sub.imm(to, table.returnPops));
    },
  };
}

/** fentry, fexit, tp_btf, raw_tp: the argument is an array of 64-bit words. */
export function wordsContext(kind: 'fentry' | 'fexit' | 'tp_btf' | 'raw_tp', argumentCount: number): ProbeContext {
  // With BTF the verifier takes pointers among the arguments for typed ones, with which no arithmetic may be done. Negated twice they are numbers.
  const isTyped = kind !== 'raw_tp';
  const word = (e: FunctionEmitter, index: number, to: Register): void => {
    e.emit(asm.load(8, to, e.contextPointer(R1), index * 8));
    if (isTyped) e.emit(asm.neg(to), asm.neg(to));
  };
  return {
    kind,
    usesContext: readsContext,
    argument: word,
    returnValue: (e, to) => {
      word(e, argumentCount, to);
    },
    frame(e, to) {
      e.emit(asm.mov.reg(to, e.contextPointer(R1)), asm.neg(to), asm.neg(to));
    },
  };
}

/** raw_syscalls sys_enter (pt_regs, number) and sys_exit (pt_regs, result). */
export function syscallContext(kind: 'tp_btf' | 'raw_tp', arch: Architecture): ProbeContext {
  const table = REGISTERS[arch];
  return {
    kind,
    usesContext: readsContext,
    argument(e, index, to) {
      const offset = table.syscallArguments[index];
      if (offset === undefined) throw new Error(`internal error: system call argument ${index}`);
      readSavedRegister(e, kind, offset, 8, to);
    },
    returnValue(e, to) {
      e.emit(asm.load(8, to, e.contextPointer(R1), 8));
    },
    // A thread is in one system call at a time.
    frame(e, to) {
      e.emit(asm.mov.imm(to, 0));
    },
  };
}

/** A word of the pt_regs that the first argument points to. */
export function readSavedRegister(e: FunctionEmitter, kind: 'tp_btf' | 'raw_tp', offset: number, bytes: 4 | 8, to: Register): void {
  e.emit(asm.load(8, R3, e.contextPointer(R1), 0));
  if (kind === 'tp_btf') {
    e.emit(asm.load(bytes, to, R3, offset));
    return;
  }
  e.withTemp(8, (at) => {
    if (bytes === 4) e.emit(asm.storeImm(8, FP, at, 0));
    e.emit(asm.add.imm(R3, offset), asm.mov.reg(R1, FP), asm.add.imm(R1, at), asm.mov.imm(R2, bytes), asm.call(HELPER.probeReadKernel), asm.load(8, to, FP, at));
  });
}

export function perfEventContext(): ProbeContext {
  return {
    kind: 'perf_event',
    usesContext: () => false,
    argument: unsupported('a profile probe has no arguments'),
    returnValue: unsupported('a profile probe has no result'),
    frame: unsupported('a profile probe has no frame'),
  };
}

