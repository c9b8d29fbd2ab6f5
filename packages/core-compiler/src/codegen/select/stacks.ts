/** Stacks: captured, put into the table of stacks, and named by a number. */
import type { RegisterId, Value } from '@stapkit/object';
import { DEFAULT_MAXBACKTRACE, HIGH_BITS, LOW_BITS, PACKABLE, SET_BITS, STACK_HEADER_BYTES, STACK_KIND, STACK_TOKEN, packedBytes, packedHeader, stackFrames, GLOBALS_MAP, SESSION, UNWIND_MODE, UNWIND_STATE } from '@stapkit/object';
import type { Label, Register } from '../../bpf/index.js';
import { FP, HELPER, R0, R1, R2, R3, R4, R5, asm } from '../../bpf/index.js';
import type { FunctionEmitter } from '../function-emitter.js';
import { REGISTERS } from '../register-tables.js';
import { lookupState } from '../unwind-copies.js';
import { UNWIND_STACK_BYTES, WALKER, addUnwinding } from '../unwind-subprograms.js';
import { clearText, setLengthTo, zeroBytes } from './text-memory.js';

/** bpf_get_stack's flag for the stack of the process. */
const BPF_F_USER_STACK = 0x100;
const BPF_NOEXIST = 1;
const EEXIST = 17;
/** Odd, with bits all over: multiplied by it, a word changes all bits above its lowest changed one; the shift brings them down. */
const HASH_FACTOR = 0x9e37_79b9_7f4a_7c15n;
const HASH_SHIFT = 32;

/** dst = the id of the current stack. */
export function emitCaptureStack(e: FunctionEmitter, dst: RegisterId, kind: keyof typeof STACK_KIND): void {
  const target = e.target(dst, R0);
  if (e.env.probeContext.kind === 'netfilter') {
    e.emit(asm.mov.imm(target, 0));
    e.commit(dst, target);
    return;
  }
  const [none, done] = [e.label('no stack'), e.label('captured')];
  captureStack(e, kind);
  e.emit(asm.jumpIf('sle', R0, { imm: 0 }, none));
  e.withTemp(8, (id) => {
    hashStack(e, id);
    keepStack(e, id);
    e.emit(asm.load(8, target, FP, id));
  });
  e.bind(done);
  e.commit(dst, target);
  e.later(() => {
    e.bind(none);
    e.emit(asm.mov.imm(target, 0), asm.jump(done));
  });
}

const frames = (e: FunctionEmitter): number => stackFrames(e.env.limits.MAXBACKTRACE ?? DEFAULT_MAXBACKTRACE);

/** Fills the context's stack area; r0 = bytes of addresses, or an error. What is behind them is 0. */
function captureStack(e: FunctionEmitter, kind: keyof typeof STACK_KIND): void {
  const { scratch } = e;
  const at = e.plan.work.stack;
  if (kind === 'user') e.emit(asm.call(HELPER.getCurrentPidTgid), asm.shr.imm(R0, 32), asm.shl.imm(R0, 32), asm.or.imm(R0, STACK_KIND.user), asm.store(8, scratch, at, R0));
  else e.emit(asm.storeImm(8, scratch, at, STACK_KIND.kernel));
  // No copy of it.
  e.emit(asm.storeImm(8, scratch, at + STACK_TOKEN, 0));
  const walked = e.label('walked');
  if (kind === 'user' && e.env.unwinds && e.env.arch === 'x86_64') walkByRows(e, walked);
  const context = e.contextPointer(R1);
  if (context !== R1) e.emit(asm.mov.reg(R1, context));
  e.pointer(R2, { register: scratch, offset: at + STACK_HEADER_BYTES });
  e.emit(asm.mov.imm(R3, 8 * frames(e)), asm.mov.imm(R4, kind === 'user' ? BPF_F_USER_STACK : 0), asm.call(HELPER.getStack));
  e.bind(walked);
}

/** By unwind rows, when the session wants it: then on at `walked`, as behind bpf_get_stack. Otherwise, and for processes without rows, falls through. */
function walkByRows(e: FunctionEmitter, walked: Label): void {
  const [kernels, alone] = [e.label('by the kernel'), e.label('by rows alone')];
  addUnwinding(e.env);
  e.calls(UNWIND_STACK_BYTES);
  const mode = (to: Register): void => { e.emit(asm.loadData(to, GLOBALS_MAP, SESSION.unwindMode), asm.load(8, to, to, 0)); };
  mode(R1);
  e.emit(asm.jumpIf('eq', R1, { imm: UNWIND_MODE.fp }, kernels), asm.mov.imm(R1, frames(e)), asm.callSymbol(WALKER), asm.jumpIf('eq', R0, { imm: 0 }, alone), asm.jumpIf('slt', R0, { imm: 0 }, walked));
  e.withTemp(8, (temp) => {
    lookupState(e, temp, kernels);
    e.emit(asm.load(8, R1, R0, UNWIND_STATE.token), asm.store(8, e.scratch, e.plan.work.stack + STACK_TOKEN, R1));
    e.emit(asm.load(8, R1, R0, UNWIND_STATE.count), asm.shl.imm(R1, 3), asm.store(8, FP, temp, R1), asm.mov.reg(R3, R0), asm.add.imm(R3, UNWIND_STATE.addresses));
    e.pointer(R1, { register: e.scratch, offset: e.plan.work.stack + STACK_HEADER_BYTES });
    e.emit(asm.mov.imm(R2, 8 * frames(e)), asm.call(HELPER.probeReadKernel), asm.load(8, R0, FP, temp), asm.jump(walked));
  });
  e.bind(alone);
  mode(R1);
  e.emit(asm.jumpIf('eq', R1, { imm: UNWIND_MODE.cfi }, walked));
  e.bind(kernels);
}

/** The word at `id` in the frame = a hash of whose the stack is, of the token of its copy and of its addresses. */
function hashStack(e: FunctionEmitter, id: number): void {
  const [next, end] = [e.label('next frame'), e.label('hashed')];
  e.emit(asm.load(8, R0, e.scratch, e.plan.work.stack), asm.load(8, R1, e.scratch, e.plan.work.stack + STACK_TOKEN), asm.xor.reg(R0, R1), asm.loadImm64(R5, HASH_FACTOR));
  e.pointer(R2, { register: e.scratch, offset: e.plan.work.stack + STACK_HEADER_BYTES });
  e.emit(asm.mov.imm(R3, 0));
  e.bind(next);
  e.emit(asm.load(8, R1, R2, 0), asm.jumpIf('eq', R1, { imm: 0 }, end));
  e.emit(asm.xor.reg(R0, R1), asm.mul.reg(R0, R5), asm.mov.reg(R1, R0), asm.shr.imm(R1, HASH_SHIFT), asm.xor.reg(R0, R1));
  e.emit(asm.add.imm(R2, 8), asm.add.imm(R3, 1), asm.jumpIf('lt', R3, { imm: frames(e) }, next));
  e.bind(end);
  e.emit(asm.store(8, FP, id, R0));
}

/** Into the table, unless it is there. */
function keepStack(e: FunctionEmitter, id: number): void {
  const map = e.env.stacks();
  const known = e.label('known stack');
  const point = (): void => {
    e.emit(asm.mov.reg(R2, FP), asm.add.imm(R2, id), asm.loadMap(R1, map));
  };
  point();
  e.emit(asm.call(HELPER.mapLookup), asm.jumpIf('ne', R0, { imm: 0 }, known));
  point();
  e.pointer(R3, { register: e.scratch, offset: e.plan.work.stack });
  e.emit(asm.mov.imm(R4, BPF_NOEXIST), asm.call(HELPER.mapUpdate));
  e.emit(asm.jumpIf('eq', R0, { imm: 0 }, known), asm.jumpIf('eq', R0, { imm: -EEXIST }, known));
  e.count('lostStacks');
  e.bind(known);
}

/** dst = the address of the instruction that the probe stands at, 0 where it has no registers. */
export function emitProbeAddress(e: FunctionEmitter, dst: RegisterId): void {
  const target = e.target(dst, R0);
  const { arch, probeContext } = e.env;
  const offset = REGISTERS[arch].dwarf.get(arch === 'aarch64' ? 32 : 16);
  if (probeContext.register === undefined || offset === undefined) e.emit(asm.mov.imm(target, 0));
  else probeContext.register(e, offset, target);
  e.commit(dst, target);
}

/** dst = the text that stands for what the host makes of numbers: packed-text.ts of @stapkit/object. */
export function emitPackText(e: FunctionEmitter, dst: RegisterId, [fact, ...values]: readonly Value[]): void {
  const name = fact !== undefined && 'long' in fact ? PACKABLE[Number(fact.long)] : undefined;
  const [first] = values;
  if (name === undefined || first === undefined) throw new Error('internal error: a packed text of nothing');
  if (!e.plan.texts.has(dst)) return;
  const place = e.text(dst);
  const to = e.address(place, place.offset);
  const used = packedBytes(values.length);
  const done = e.label('packed');
  if (name.startsWith('stack_')) {
    const empty = e.label('no stack');
    e.emit(asm.jumpIf('eq', e.reg(first, R1), { imm: 0 }, empty));
    e.later(() => {
      e.bind(empty);
      clearText(e, dst);
      e.emit(asm.jump(done));
    });
  }
  if (place.padded) zeroBytes(e, { ...to, offset: to.offset + used }, place.bytes - used);
  else e.emit(asm.storeImm(1, to.register, to.offset + used, 0));
  e.emit(asm.loadImm64(R0, packedHeader(name, values.length)), asm.store(8, to.register, to.offset, R0));
  values.forEach((value, index) => {
    packArgument(e, value, to.register, to.offset + packedBytes(index));
  });
  setLengthTo(e, place, used);
  e.bind(done);
}

function packArgument(e: FunctionEmitter, value: Value, to: Register, offset: number): void {
  const from = e.reg(value, R1);
  e.emit(asm.mov.reg(R2, from), asm.loadImm64(R3, LOW_BITS), asm.and.reg(R2, R3), asm.loadImm64(R5, SET_BITS), asm.or.reg(R2, R5), asm.store(8, to, offset, R2));
  e.emit(asm.mov.reg(R2, from), asm.shr.imm(R2, 7), asm.loadImm64(R3, HIGH_BITS), asm.and.reg(R2, R3), asm.or.reg(R2, R5), asm.store(8, to, offset + 8, R2));
}
