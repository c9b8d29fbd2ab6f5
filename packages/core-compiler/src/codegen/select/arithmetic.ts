/** Operations on longs. */
import type { IrInstruction, LongBinary, RegisterId, Value } from '@stapkit/object';
import type { JumpCondition, Label, Register } from '../../bpf/index.js';
import { R0, R1, R2, R3, asm } from '../../bpf/index.js';
import { ERRORS } from '../error-messages.js';
import type { FunctionEmitter } from '../function-emitter.js';
import { errorLabel } from './raise.js';

type Binary = Extract<IrInstruction, { op: 'binary' }>;

const PLAIN: Partial<Record<LongBinary, 'add' | 'sub' | 'mul' | 'and' | 'or' | 'xor'>> = { add: 'add', sub: 'sub', mul: 'mul', and: 'and', or: 'or', xor: 'xor' };
const SHIFTS: Partial<Record<LongBinary, 'shl' | 'arsh' | 'shr'>> = { shl: 'shl', shr: 'arsh', ushr: 'shr' };
const CONDITIONS: Partial<Record<LongBinary, JumpCondition>> = { eq: 'eq', ne: 'ne', lt: 'slt', le: 'sle', gt: 'sgt', ge: 'sge' };
const OPPOSITE: Partial<Record<JumpCondition, JumpCondition>> = { eq: 'ne', ne: 'eq', slt: 'sge', sge: 'slt', sgt: 'sle', sle: 'sgt' };
const SWAPPED: Partial<Record<JumpCondition, JumpCondition>> = { eq: 'eq', ne: 'ne', slt: 'sgt', sgt: 'slt', sle: 'sge', sge: 'sle' };

/** The immediate form of a constant, if it has one. */
function immediate(value: Value): number | undefined {
  if (!('long' in value) || value.long !== BigInt.asIntN(32, value.long)) return undefined;
  return Number(value.long);
}

export function emitBinary(e: FunctionEmitter, one: Binary): void {
  const plain = PLAIN[one.fn];
  const shift = SHIFTS[one.fn];
  if (plain !== undefined) emitPlain(e, one, plain);
  else if (shift !== undefined) emitShift(e, one, shift);
  else if (one.fn === 'div' || one.fn === 'mod') emitDivision(e, one, one.fn);
  else emitComparison(e, one);
}

function emitPlain(e: FunctionEmitter, one: Binary, operation: 'add' | 'sub' | 'mul' | 'and' | 'or' | 'xor'): void {
  // A constant goes to the right, where it can be an immediate.
  const swap = operation !== 'sub' && 'long' in one.a && !('long' in one.b);
  const [a, b] = swap ? [one.b, one.a] : [one.a, one.b];
  const small = immediate(b);
  const other = small === undefined ? e.reg(b, R1) : undefined;
  let target = e.target(one.dst, R0);
  if (other !== undefined && target === other) target = R0;
  e.into(a, target);
  e.emit(other === undefined ? asm.alu64[operation].imm(target, small ?? 0) : asm.alu64[operation].reg(target, other));
  if (isBitUpdate(one)) forgetBits(e, one.dst, target);
  e.commit(one.dst, target);
}

/** `x &= …`, `x |= …`, `x ^= …`: a variable's bits one after the other. */
export function isBitUpdate(one: IrInstruction): boolean {
  return one.op === 'binary' && (one.fn === 'and' || one.fn === 'or' || one.fn === 'xor')
    && [one.a, one.b].some((value) => 'register' in value && value.register === one.dst);
}

/**
 * Through the context, of whose contents the verifier knows nothing. It would follow each combination of N bits that N
 * conditions set or clear by itself: 2^N paths of a text of flags, as soon as one of the bits decides a later condition.
 */
function forgetBits(e: FunctionEmitter, dst: RegisterId, register: Register): void {
  const { bits } = e.plan.work;
  if (!e.plan.usesContext || !e.block.acquired || e.home(dst)?.kind === 'context') return;
  e.emit(asm.store(8, e.scratch, bits, register), asm.load(8, register, e.scratch, bits));
}

function emitShift(e: FunctionEmitter, { a, b, dst }: Binary, operation: 'shl' | 'arsh' | 'shr'): void {
  if ('long' in b) {
    const target = e.target(dst, R0);
    e.into(a, target);
    e.emit(asm.alu64[operation].imm(target, Number(b.long & 63n)));
    e.commit(dst, target);
    return;
  }
  e.into(b, R1);
  e.into(a, R0);
  e.emit(asm.and.imm(R1, 63), asm.alu64[operation].reg(R0, R1));
  e.commit(dst, R0);
}

/** BPF divides unsigned numbers: the signs are taken off first and put back after. Truncates to zero as C does. */
function emitDivision(e: FunctionEmitter, { a, b, dst }: Binary, operation: 'div' | 'mod'): void {
  if ('long' in b && b.long === 0n) {
    e.emit(asm.jump(errorLabel(e, ERRORS.divisionByZero)));
    return;
  }
  const small = immediate(b);
  const isPositive = 'long' in b && b.long > 0n;
  e.into(a, R0);
  if (!isPositive || small === undefined) {
    e.into(b, R1);
    if (!('long' in b)) e.emit(asm.jumpIf('eq', R1, { imm: 0 }, errorLabel(e, ERRORS.divisionByZero)));
  }
  // r2: the sign of the result.
  e.emit(asm.mov.reg(R2, R0));
  if (operation === 'div' && !isPositive) e.emit(asm.xor.reg(R2, R1));
  absolute(e, R0);
  if (isPositive && small !== undefined) e.emit(asm.alu64[operation].imm(R0, small));
  else {
    if (!isPositive) absolute(e, R1);
    e.emit(asm.alu64[operation].reg(R0, R1));
  }
  const positive = e.label('positive');
  e.emit(asm.jumpIf('sge', R2, { imm: 0 }, positive), asm.neg(R0));
  e.bind(positive);
  e.commit(dst, R0);
}

function absolute(e: FunctionEmitter, register: Register): void {
  const done = e.label('absolute');
  e.emit(asm.jumpIf('sge', register, { imm: 0 }, done), asm.neg(register));
  e.bind(done);
}

export function isComparison(one: IrInstruction): one is Binary {
  return one.op === 'binary' && CONDITIONS[one.fn] !== undefined;
}

function emitComparison(e: FunctionEmitter, one: Binary): void {
  const yes = e.label('true');
  jumpIfComparison(e, one, yes, false, () => {
    // The answer must not be written before the operands are read: r0 is never one of them.
    e.emit(asm.mov.imm(R0, 1));
  });
  e.emit(asm.mov.imm(R0, 0));
  e.bind(yes);
  e.commit(one.dst, R0);
}

/** Jumps when the comparison holds (or, negated, when it does not). `before` runs when the operands are in registers. */
export function jumpIfComparison(e: FunctionEmitter, { fn, a, b }: Binary, target: Label, negated: boolean, before: () => void = () => undefined): void {
  let condition = CONDITIONS[fn];
  if (condition === undefined) throw new Error(`internal error: ${fn} is no comparison`);
  let [left, right] = [a, b];
  if ('long' in left && !('long' in right)) {
    [left, right] = [right, left];
    condition = SWAPPED[condition] ?? condition;
  }
  if (negated) condition = OPPOSITE[condition] ?? condition;
  const first = e.reg(left, R2);
  const small = immediate(right);
  const second = small === undefined ? { reg: e.reg(right, R3) } : { imm: small };
  before();
  e.emit(asm.jumpIf(condition, first, second, target));
}

export function emitUnary(e: FunctionEmitter, { fn, dst, src }: Extract<IrInstruction, { op: 'unary' }>): void {
  if (fn === 'lnot') {
    emitComparison(e, { op: 'binary', fn: 'eq', dst, a: src, b: { long: 0n } });
    return;
  }
  const target = e.target(dst, R0);
  e.into(src, target);
  e.emit(fn === 'neg' ? asm.neg(target) : asm.xor.imm(target, -1));
  e.commit(dst, target);
}

export function emitMove(e: FunctionEmitter, dst: number, src: Value): void {
  const target = e.target(dst, R0);
  if ('register' in src) {
    const source = e.reg(src, target);
    e.commit(dst, source);
    return;
  }
  e.into(src, target);
  e.commit(dst, target);
}

/** Widens the low bytes of a register to 64 bits. */
export function extend(e: FunctionEmitter, register: Register, bits: number, signed: boolean): void {
  if (bits >= 64) return;
  if (bits === 32 && !signed) e.emit(asm.alu32.mov.reg(register, register));
  else e.emit(asm.shl.imm(register, 64 - bits), (signed ? asm.arsh : asm.shr).imm(register, 64 - bits));
}
