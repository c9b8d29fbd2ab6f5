/** Scalar globals: words and text slots in the map `globals`. */
import type { GlobalId, IrInstruction } from '@stapkit/object';
import { R0, R1, R2, asm } from '../../bpf/index.js';
import type { FunctionEmitter } from '../function-emitter.js';
import { clearStatistic } from './statistics.js';
import { readSlot, writeSlot } from './text-memory.js';

export function slotOf(e: FunctionEmitter, global: GlobalId): { readonly offset: number; readonly bytes: number; readonly isText: boolean } {
  const storage = e.env.storage.storages[global];
  if (storage?.kind !== 'slot') throw new Error(`internal error: global ${global} is not a scalar`);
  return { offset: storage.offset, bytes: storage.bytes, isText: e.env.program.globals[global]?.kind === 'string' };
}

export function emitLoadGlobal(e: FunctionEmitter, { dst, global }: Extract<IrInstruction, { op: 'load-global' }>): void {
  const slot = slotOf(e, global);
  if (slot.isText) {
    readSlot(e, dst, e.globals(slot.offset, R2), slot.bytes);
    return;
  }
  const { register, offset } = e.globals(slot.offset, R1);
  const target = e.target(dst, R0);
  e.emit(asm.load(8, target, register, offset));
  e.commit(dst, target);
}

export function emitStoreGlobal(e: FunctionEmitter, { global, src }: Extract<IrInstruction, { op: 'store-global' }>): void {
  const slot = slotOf(e, global);
  if (slot.isText) {
    // Large copies call a helper, which takes r1 to r5: the address is made of constants again for what follows.
    const { register, offset } = e.globals(slot.offset, R2);
    writeSlotSafely(e, register, offset, slot, src);
    return;
  }
  const { register, offset } = e.globals(slot.offset, R1);
  if ('long' in src && src.long === BigInt.asIntN(32, src.long)) e.emit(asm.storeImm(8, register, offset, Number(src.long)));
  else e.emit(asm.store(8, register, offset, e.reg(src, register === R2 ? R1 : R2)));
}

function writeSlotSafely(e: FunctionEmitter, register: Parameters<typeof asm.mov.reg>[0], offset: number, slot: { readonly bytes: number }, src: Parameters<typeof writeSlot>[3]): void {
  if (slot.bytes <= 64) {
    writeSlot(e, { register, offset }, slot.bytes, src);
    return;
  }
  e.withTemp(8, (saved) => {
    // A pointer survives helper calls on the stack.
    e.emit(asm.store(8, 10, saved, register));
    writeLarge(e, saved, offset, slot.bytes, src);
  });
}

/** Like writeSlot, with the slot's address kept at a place of the stack. */
export function writeLarge(e: FunctionEmitter, saved: number, offset: number, bytes: number, src: Parameters<typeof writeSlot>[3]): void {
  const reload = (): { register: typeof R2; offset: number } => {
    e.emit(asm.load(8, R2, 10, saved));
    return { register: R2, offset };
  };
  writeSlot(e, reload(), bytes, src, reload);
}

export function emitAddGlobal(e: FunctionEmitter, one: Extract<IrInstruction, { op: 'add-global' }>): void {
  const slot = slotOf(e, one.global);
  const { register, offset } = e.globals(slot.offset, R1);
  const value = register === R2 ? R1 : R2;
  addToWord(e, register, offset, one, value);
}

/** Atomic word += value; the old or new word to dst when wanted. `temporary` is changed. */
export function addToWord(
  e: FunctionEmitter, register: typeof R1 | Parameters<typeof asm.mov.reg>[0], offset: number,
  { value, dst, result }: { readonly value: Extract<IrInstruction, { op: 'add-global' }>['value']; readonly dst?: number; readonly result?: 'old' | 'new' }, temporary: Parameters<typeof asm.mov.reg>[0],
): void {
  if (dst === undefined || e.home(dst) === undefined) {
    e.emit(asm.atomicAdd(register, offset, e.reg(value, temporary)));
    return;
  }
  e.into(value, temporary);
  if (e.env.features.atomicFetch) e.emit(asm.atomicFetchAdd(register, offset, temporary));
  else {
    // Before 5.12 the word is read beside the addition: the sum stays right, the value given may be another CPU's.
    e.emit(asm.load(8, R0, register, offset), asm.atomicAdd(register, offset, temporary), asm.mov.reg(temporary, R0));
  }
  if (result === 'new') {
    if ('long' in value && value.long === BigInt.asIntN(32, value.long)) e.emit(asm.add.imm(temporary, Number(value.long)));
    else e.emit(asm.add.reg(temporary, e.reg(value, R0)));
  }
  e.commit(dst, temporary);
}

export function emitClearGlobal(e: FunctionEmitter, { global }: Extract<IrInstruction, { op: 'clear-global' }>): void {
  const kind = e.env.program.globals[global]?.kind;
  if (kind === 'stat') clearStatistic(e, global);
  else emitStoreGlobal(e, { op: 'store-global', global, src: kind === 'string' ? { text: '' } : { long: 0n } });
}
