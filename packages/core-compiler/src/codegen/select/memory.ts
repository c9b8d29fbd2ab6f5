/** Reading the probed kernel's or process's memory. */
import type { AddressSpace, IrInstruction, RegisterId, ScalarType, Value } from '@stapkit/object';
import type { Label, Register } from '../../bpf/index.js';
import { FP, HELPER, R0, R1, R2, R3, asm } from '../../bpf/index.js';
import type { CoreField } from '../core-types.js';
import { byteOffset, byteSize, leftShift, rightShift } from '../core-types.js';
import { ERRORS } from '../error-messages.js';
import type { FunctionEmitter } from '../function-emitter.js';
import type { TextPlace } from '../handler-plan.js';
import { extend } from './arithmetic.js';
import { errorLabel } from './raise.js';
import { clamp, mostBytes, moveText, setLength, zeroBytes } from './text-memory.js';
import { REFUSAL } from '../refusals.js';

function coreField(e: FunctionEmitter, field: number): CoreField {
  const found = e.env.program.fields[field];
  if (found === undefined) throw new Error(`internal error: no field ${field}`);
  return e.env.core.field(found);
}

/** register += the field's offset on the running kernel. */
export function addFieldOffset(e: FunctionEmitter, register: Register, field: CoreField): void {
  e.emit({ ...asm.add.imm(register, field.offset), core: byteOffset(field) });
}

export function emitFieldAddress(e: FunctionEmitter, { dst, base, field }: Extract<IrInstruction, { op: 'field-address' }>): void {
  const target = e.target(dst, R0);
  e.into(base, target);
  addFieldOffset(e, target, coreField(e, field));
  e.commit(dst, target);
}

export function emitReadMemory(e: FunctionEmitter, { dst, address, field, type, space }: Extract<IrInstruction, { op: 'read-memory' }>): void {
  const core = field === undefined ? undefined : coreField(e, field);
  const place = (to: Register): void => {
    e.into(address, to);
    if (core !== undefined) addFieldOffset(e, to, core);
  };
  e.withTemp(8, (at) => {
    // A field may be narrower on the running kernel: its size is relocated too, and the rest of the word must be 0.
    if (type.bytes !== 8 || core !== undefined) e.emit(asm.storeImm(8, FP, at, 0));
    place(R3);
    const size = asm.mov.imm(R2, type.bytes);
    e.emit(asm.mov.reg(R1, FP), asm.add.imm(R1, at), core === undefined ? size : { ...size, core: byteSize(core) });
    e.emit(asm.call(space === 'kernel' ? HELPER.probeReadKernel : HELPER.probeReadUser));
    const key = `read ${field ?? ''} ${JSON.stringify(address, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))}`;
    e.emit(asm.jumpIf('ne', R0, { imm: 0 }, errorLabel(e, space === 'kernel' ? ERRORS.kernelRead : ERRORS.userRead, { key, compute: place })));
    const target = e.target(dst, R0);
    e.emit(asm.load(8, target, FP, at));
    if (core === undefined) extractBits(e, target, type);
    else extractField(e, target, type, core);
    e.commit(dst, target);
  });
}

/** Sign, and bit-fields: to the top, and back. */
function extractBits(e: FunctionEmitter, register: Register, { bytes, signed, bitOffset = 0, bitSize }: ScalarType): void {
  if (bitSize === undefined) {
    if (signed) extend(e, register, bytes * 8, true);
    return;
  }
  e.emit(asm.shl.imm(register, 64 - bitOffset - bitSize), (signed ? asm.arsh : asm.shr).imm(register, 64 - bitSize));
}

function extractField(e: FunctionEmitter, register: Register, { bytes, signed, bitOffset = 0, bitSize }: ScalarType, core: CoreField): void {
  if (bitSize === undefined && !signed) return;
  const width = bitSize ?? bytes * 8;
  e.emit({ ...asm.shl.imm(register, 64 - bitOffset - width), core: leftShift(core) }, { ...(signed ? asm.arsh : asm.shr).imm(register, 64 - width), core: rightShift(core) });
}

/** read_kernel_long and read_user_long (address, bytes, signed). */
export function emitReadLong(e: FunctionEmitter, dst: RegisterId, args: readonly Value[], space: AddressSpace): void {
  const [address, bytes, signed] = args;
  if (address === undefined || bytes === undefined || !('long' in bytes) || signed === undefined || !('long' in signed)) {
    e.env.refuse(REFUSAL.argument, 'the size of a memory read must be a constant', e.block.location);
    return;
  }
  const size = Number(bytes.long);
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) {
    e.env.refuse(REFUSAL.argument, `a memory read of ${size} bytes is not possible`, e.block.location, 'read 1, 2, 4 or 8 bytes');
    return;
  }
  emitReadMemory(e, { op: 'read-memory', dst, address, type: { bytes: size, signed: signed.long !== 0n }, space });
}

export function emitReadText(e: FunctionEmitter, { dst, address, space, limit, fallback }: Extract<IrInstruction, { op: 'read-text' }>): void {
  if (!e.plan.texts.has(dst)) return;
  const place = e.text(dst);
  const to = e.address(place, place.offset);
  if (place.padded) zeroBytes(e, to, place.bytes);
  // The size counts the closing NUL, the limit does not. A negative limit is no limit.
  const most = mostBytes(e, place.bytes);
  if (limit === undefined) e.emit(asm.mov.imm(R2, most + 1));
  else if ('long' in limit) e.emit(asm.mov.imm(R2, limit.long < 0n || limit.long > BigInt(most) ? most + 1 : Number(limit.long) + 1));
  else {
    e.into(limit, R2);
    clamp(e, R2, most);
    e.emit(asm.add.imm(R2, 1));
  }
  e.into(address, R3);
  e.pointer(R1, to);
  e.emit(asm.call(space === 'kernel' ? HELPER.probeReadKernelStr : HELPER.probeReadUserStr));
  if (fallback === undefined) {
    leaveFault(e, space, errorLabel(e, space === 'kernel' ? ERRORS.kernelText : ERRORS.userText, address));
    keepLength(e, place);
    return;
  }
  const [failed, done] = [e.label('fault'), e.label('read')];
  leaveFault(e, space, failed);
  keepLength(e, place);
  e.bind(done);
  e.later(() => {
    e.bind(failed);
    moveText(e, dst, fallback);
    e.emit(asm.jump(done));
  });
}

/** Goes to `failed` for an error in r0. Kernels before 6.13 do not count the NUL of an empty text of a process (strncpy_from_user_nofault, mm/maccess.c). */
function leaveFault(e: FunctionEmitter, space: AddressSpace, failed: Label): void {
  if (space === 'kernel') {
    e.emit(asm.jumpIf('slt', R0, { imm: 0 }, failed));
    return;
  }
  const [notMuch, counted] = [e.label('nothing'), e.label('counted')];
  e.emit(asm.jumpIf('slt', R0, { imm: 1 }, notMuch));
  e.bind(counted);
  e.later(() => {
    e.bind(notMuch);
    e.emit(asm.jumpIf('slt', R0, { imm: 0 }, failed), asm.mov.imm(R0, 1), asm.jump(counted));
  });
}

/** r0 counts the closing NUL. */
function keepLength(e: FunctionEmitter, place: TextPlace): void {
  if (place.lengthOffset === undefined) return;
  e.emit(asm.sub.imm(R0, 1));
  setLength(e, place, R0);
}

/** The bytes and their number; what is behind them is left as it was. */
export function emitReadBytes(e: FunctionEmitter, { dst, address, count, space }: Extract<IrInstruction, { op: 'read-bytes' }>): void {
  if (!e.plan.texts.has(dst)) return;
  const place = e.text(dst);
  const most = mostBytes(e, place.bytes);
  const counted = e.label('counted');
  e.into(count, R2);
  e.emit(asm.jumpIf('sge', R2, { imm: 0 }, counted), asm.mov.imm(R2, 1));
  e.bind(counted);
  clamp(e, R2, most);
  setLength(e, place, R2);
  e.into(address, R3);
  e.pointer(R1, e.address(place, place.offset));
  e.emit(asm.call(space === 'kernel' ? HELPER.probeReadKernel : HELPER.probeReadUser));
  e.emit(asm.jumpIf('ne', R0, { imm: 0 }, errorLabel(e, space === 'kernel' ? ERRORS.kernelRead : ERRORS.userRead, address)));
}
