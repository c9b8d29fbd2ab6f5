/** What must hold of the current task before a handler runs: checks at its start that leave at once. */
import { SESSION } from '@stapkit/object';
import type { Label, Register } from '../bpf/index.js';
import { FP, HELPER, R0, R1, R2, R3, asm } from '../bpf/index.js';
import type { FunctionEmitter } from './function-emitter.js';
import { REGISTERS } from './register-tables.js';
import { TARGET_SET } from './process-sets.js';
import { addFieldOffset } from './select/memory.js';

export type Guard =
  | { readonly kind: 'process'; readonly pid: number }
  /** In a set of processes. */
  | { readonly kind: 'member'; readonly map: string }
  /** In the set of the target's, if the session has a target. */
  | { readonly kind: 'target' }
  /** x86, at a system call's exit: it is the fork or clone that made this task, seen by the new task itself. */
  | { readonly kind: 'new-task' }
  /** Not a thread of the kernel's. */
  | { readonly kind: 'user-task' }
  /** The first thread of its process, or another one. */
  | { readonly kind: 'first-thread'; readonly is: boolean }
  /** At its exit: no other thread of the process is left. */
  | { readonly kind: 'last-thread' };

/** clone, fork, vfork, clone3 of 64-bit tasks and of 32-bit ones: asm/unistd_64.h and asm/unistd_32.h of x86. */
const NEW_TASK_CALLS = { native: [56, 57, 58, 435], compat: [120, 2, 190, 435] } as const;
/** struct pt_regs of x86: the code segment, and its value in 32-bit code (__USER32_CS). */
const CODE_SEGMENT = 136;
const COMPAT_CODE_SEGMENT = 0x23;

/** Goes to `leave` unless the guard lets pass. Uses r0 to r5; `new-task` wants the program's argument in r1, so that it comes first. */
export function emitGuard(e: FunctionEmitter, guard: Guard, leave: Label): void {
  switch (guard.kind) {
    case 'process':
      e.emit(asm.call(HELPER.getCurrentPidTgid), asm.shr.imm(R0, 32), asm.jumpIf('ne', R0, { imm: guard.pid }, leave));
      break;
    case 'member': emitMember(e, guard.map, leave); break;
    case 'target': emitTarget(e, leave); break;
    case 'new-task': emitNewTask(e, leave); break;
    case 'user-task':
      e.emit(asm.call(HELPER.getCurrentTask));
      follow(e, 'task_struct', ['mm'], 8);
      e.emit(asm.jumpIf('eq', R0, { imm: 0 }, leave));
      break;
    case 'first-thread':
      e.emit(asm.call(HELPER.getCurrentPidTgid), asm.mov.reg(R1, R0), asm.shr.imm(R1, 32), asm.alu32.mov.reg(R0, R0), asm.jumpIf(guard.is ? 'ne' : 'eq', R0, { reg: R1 }, leave));
      break;
    case 'last-thread':
      e.emit(asm.call(HELPER.getCurrentTask));
      follow(e, 'task_struct', ['signal'], 8);
      follow(e, 'signal_struct', ['live', 'counter'], 4);
      e.emit(asm.jumpIf('ne', R0, { imm: 0 }, leave));
      break;
    default: guard satisfies never;
  }
}

/** r0 is the process id. */
function lookUp(e: FunctionEmitter, map: string, leave: Label): void {
  e.withTemp(8, (at) => {
    e.emit(asm.store(4, FP, at, R0), asm.mov.reg(R2, FP), asm.add.imm(R2, at), asm.loadMap(R1, map), asm.call(HELPER.mapLookup), asm.jumpIf('eq', R0, { imm: 0 }, leave));
  });
}

function emitMember(e: FunctionEmitter, map: string, leave: Label): void {
  e.emit(asm.call(HELPER.getCurrentPidTgid), asm.shr.imm(R0, 32));
  lookUp(e, map, leave);
}

/** Most hits are of the target itself: that needs no look-up. */
function emitTarget(e: FunctionEmitter, leave: Label): void {
  const pass = e.label('of the target');
  e.withTemp(8, (at) => {
    const { register, offset } = e.globals(SESSION.target, R1);
    e.emit(asm.load(8, R2, register, offset), asm.jumpIf('eq', R2, { imm: 0 }, pass), asm.store(8, FP, at, R2));
    e.emit(asm.call(HELPER.getCurrentPidTgid), asm.shr.imm(R0, 32), asm.load(8, R2, FP, at), asm.jumpIf('eq', R0, { reg: R2 }, pass));
  });
  lookUp(e, TARGET_SET, leave);
  e.bind(pass);
}

/** raw_syscalls sys_exit (pt_regs, result). */
function emitNewTask(e: FunctionEmitter, leave: Label): void {
  const { syscallNumber } = REGISTERS.x86_64;
  const compat = e.label('32-bit task');
  const found = e.label('new task');
  e.withTemp(8, (context) => {
    const saved = (offset: number, bytes: 2 | 4): void => {
      e.emit(asm.load(8, R3, FP, context), asm.load(8, R3, R3, 0), asm.add.imm(R3, offset));
      e.readWord('kernel', bytes, R0, R3);
    };
    e.emit(asm.store(8, FP, context, R1), asm.load(8, R3, R1, 8), asm.jumpIf('ne', R3, { imm: 0 }, leave));
    saved(CODE_SEGMENT, 2);
    e.emit(asm.jumpIf('eq', R0, { imm: COMPAT_CODE_SEGMENT }, compat));
    saved(syscallNumber, 4);
    for (const number of NEW_TASK_CALLS.native) e.emit(asm.jumpIf('eq', R0, { imm: number }, found));
    e.emit(asm.jump(leave));
    e.bind(compat);
    saved(syscallNumber, 4);
    for (const number of NEW_TASK_CALLS.compat) e.emit(asm.jumpIf('eq', R0, { imm: number }, found));
    e.emit(asm.jump(leave));
  });
  e.bind(found);
}

/** r0 = r0->field. */
function follow(e: FunctionEmitter, root: string, path: readonly string[], bytes: 4 | 8): void {
  const to: Register = R0;
  e.emit(asm.mov.reg(R3, R0));
  addFieldOffset(e, R3, e.env.core.own(root, path, bytes === 8 ? 'pointer' : 'int'));
  e.readWord('kernel', bytes, to, R3);
}
