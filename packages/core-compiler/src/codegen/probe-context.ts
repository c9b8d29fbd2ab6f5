/** How each kind of program finds the probed code's arguments and result. */
import type { FrameRule, IrInstruction, ProgramKind } from '@stapkit/object';
import { SYSCALL_NUMBER } from '@stapkit/object';
import type { Architecture } from '../target/index.js';
import type { Register } from '../bpf/index.js';
import { FP, HELPER, R1, R2, R3, asm } from '../bpf/index.js';
import type { FunctionEmitter } from './function-emitter.js';
import { REFUSAL } from './refusals.js';
import { REGISTERS } from './register-tables.js';
import { addFieldOffset } from './select/memory.js';

export interface ProbeContext {
  readonly kind: ProgramKind;
  /** The instruction reads the program's argument. */
  usesContext(instruction: IrInstruction): boolean;
  /** Raw 64 bits of argument `index` into `to` (a temporary). Uses r0 to r5. */
  argument(e: FunctionEmitter, index: number, to: Register): void;
  returnValue(e: FunctionEmitter, to: Register): void;
  /** The word at `offset` of the probe's struct pt_regs into `to` (a temporary); absent where there is none. Uses r0 to r5. */
  register?(e: FunctionEmitter, offset: number, to: Register): void;
  /** What the program gives back to the kernel at its end. Absent: 0. */
  readonly result?: number;
  /** Programs of this kind may not ask for the current task's ids and name: they are read from the task. */
  readonly readsTask?: boolean;
  /** The probe's registers are always those of user mode. */
  readonly isUserMode?: boolean;
  /** A number that entry and return of one call have in common, into `to`. */
  frame(e: FunctionEmitter, to: Register): void;
}

const readsContext = (one: IrInstruction): boolean => one.op === 'read-argument' || one.op === 'read-return' || one.op === 'read-register'
  || (one.op === 'intrinsic' && (one.name === 'register_argument' || one.name === 'register_return' || one.name === 'attach_cookie' || one.name === 'probe_address' || isCapture(one)));

/** Captures a stack. */
export const isCapture = (one: IrInstruction): boolean => one.op === 'intrinsic' && (one.name === 'kernel_stack' || one.name === 'user_stack');

/** The program's argument is a struct pt_regs, or starts with one. */
function loadRegister(e: FunctionEmitter, offset: number, to: Register): void {
  e.emit(asm.load(8, to, e.contextPointer(R1), offset));
}

export type RegistersKind = Extract<ProgramKind, `${'k' | 'u'}${'' | 'ret'}probe${'' | '_multi'}`>;

/** kprobe, kretprobe, uprobe, uretprobe, of one place or many: the argument is a struct pt_regs. @param rule for places behind a function's first instruction */
export function registersContext(kind: RegistersKind, arch: Architecture, rule?: FrameRule): ProbeContext {
  const table = REGISTERS[arch];
  const isUser = kind.startsWith('u');
  const isReturn = kind.includes('ret');
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
    register: loadRegister,
    isUserMode: isUser,
    frame(e, to) {
      const offset = rule === undefined ? undefined : table.dwarf.get(rule.register);
      if (rule !== undefined && offset !== undefined) {
        e.emit(asm.load(8, to, e.contextPointer(R1), offset), asm.add.imm(to, rule.offset));
        return;
      }
      e.emit(asm.load(8, to, e.contextPointer(R1), table.stackPointer));
      if (isReturn && table.returnPops !== 0) e.emit(asm.sub.imm(to, table.returnPops));
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
      if (offset === undefined) refuseArgument(e, index, 'a system call', table.syscallArguments.length);
      else readSavedRegister(e, kind, offset, 8, to);
    },
    returnValue(e, to) {
      e.emit(asm.load(8, to, e.contextPointer(R1), 8));
    },
    register(e, offset, to) {
      readSavedRegister(e, kind, offset, 8, to);
    },
    isUserMode: true,
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

/** process.syscall: as {@link syscallContext}, and argument {@link SYSCALL_NUMBER} is the number of the call. */
export function processSyscallContext(kind: 'tp_btf' | 'raw_tp', arch: Architecture, isReturn: boolean): ProbeContext {
  const context = syscallContext(kind, arch);
  return {
    ...context,
    argument(e, index, to) {
      if (index !== SYSCALL_NUMBER) context.argument(e, index, to);
      else if (isReturn) readSavedRegister(e, kind, REGISTERS[arch].syscallNumber, arch === 'aarch64' ? 4 : 8, to);
      else e.emit(asm.load(8, to, e.contextPointer(R1), 8));
    },
  };
}

/** The argument is a struct bpf_perf_event_data: what the sample interrupted, in the kernel or in a process. */
export function perfEventContext(arch: Architecture): ProbeContext {
  const table = REGISTERS[arch];
  return {
    kind: 'perf_event',
    usesContext: readsContext,
    argument(e, index, to) {
      const offset = table.arguments[index];
      if (offset === undefined) refuseArgument(e, index, 'an interrupted function', table.arguments.length);
      else loadRegister(e, offset, to);
    },
    returnValue(e, to) {
      loadRegister(e, table.result, to);
    },
    register: loadRegister,
    frame: () => {
      throw new Error('internal error: a profile probe has no frame');
    },
  };
}

function refuseArgument(e: FunctionEmitter, index: number, what: string, count: number): void {
  e.env.refuse(REFUSAL.argument, `there is no argument ${index + 1}: the registers hold ${count} arguments of ${what}`, e.block.location);
}

/** The argument is a struct bpf_nf_ctx: state, skb. Arguments of the probe: skb, in and out devices, number of the hook. */
export function netfilterContext(hook: number): ProbeContext {
  const NF_ACCEPT = 1;
  return {
    kind: 'netfilter',
    // A packet must go its way, whatever the handler does.
    result: NF_ACCEPT,
    readsTask: true,
    usesContext: readsContext,
    argument(e, index, to) {
      const device = index === 1 ? 'in' : index === 2 ? 'out' : undefined;
      if (index === 0) e.emit(asm.load(8, to, e.contextPointer(R1), 8), asm.neg(to), asm.neg(to));
      else if (index === 3) e.emit(asm.mov.imm(to, hook));
      else if (device === undefined) refuseArgument(e, index, 'a netfilter hook', 4);
      else {
        e.emit(asm.load(8, R3, e.contextPointer(R1), 0));
        addFieldOffset(e, R3, e.env.core.own('nf_hook_state', [device], 'pointer'));
        e.readWord('kernel', 8, to, R3);
      }
    },
    returnValue: (e) => {
      e.env.refuse(REFUSAL.argument, 'a netfilter hook has no result to look at', e.block.location);
    },
    frame: () => {
      throw new Error('internal error: a netfilter hook has no frame');
    },
  };
}

/** Events of which a handler sees nothing but that they happened: begins and ends of processes. */
export function eventContext(kind: ProgramKind): ProbeContext {
  const none = (e: FunctionEmitter): void => {
    e.env.refuse(REFUSAL.argument, 'this probe point has no arguments', e.block.location);
  };
  return {
    kind,
    usesContext: isCapture,
    argument: none,
    returnValue: none,
    frame: () => {
      throw new Error(`internal error: a ${kind} event has no frame`);
    },
  };
}
