/** Moving texts between slots: literals, registers, maps. */
import type { RegisterId, Value } from '@stapkit/object';
import type { Register } from '../../bpf/index.js';
import { HELPER, R0, R1, R2, R3, asm } from '../../bpf/index.js';
import type { Address, FunctionEmitter } from '../function-emitter.js';
import type { TextPlace } from '../handler-plan.js';
import { alignTo8, literalWords } from '../text-layout.js';

/** Up to this size words are copied one by one; beyond, a helper call is cheaper. */
const UNROLL_BYTES = 64;

export const at = ({ register, offset }: Address, more: number): Address => ({ register, offset: offset + more });

/** The most bytes of a text in a slot: a slot is a multiple of 8, and MAXSTRINGLEN need not be. */
export function mostBytes(e: FunctionEmitter, slotBytes: number): number {
  return Math.min(slotBytes, e.env.limits.MAXSTRINGLEN) - 1;
}

/** Copies a multiple of 8 bytes. Uses r0, or r0 to r5 for many. Addresses must not be in r0 (or, for many, the source not in r1). */
export function copyBytes(e: FunctionEmitter, to: Address, from: Address, bytes: number): void {
  if (bytes <= UNROLL_BYTES) {
    for (let done = 0; done < bytes; done += 8) e.emit(asm.load(8, R0, from.register, from.offset + done), asm.store(8, to.register, to.offset + done, R0));
    return;
  }
  readKernel(e, to, from, () => {
    e.emit(asm.mov.imm(R2, bytes));
  }, HELPER.probeReadKernel);
}

function readKernel(e: FunctionEmitter, to: Address, from: Address, size: () => void, helper: number): void {
  if (to.register === R3) {
    e.pointer(R1, to);
    e.pointer(R3, from);
  } else {
    e.pointer(R3, from);
    e.pointer(R1, to);
  }
  size();
  e.emit(asm.call(helper));
}

export function zeroBytes(e: FunctionEmitter, to: Address, bytes: number): void {
  if (bytes <= UNROLL_BYTES || !e.plan.usesContext) {
    for (let done = 0; done < bytes; done += 8) e.emit(asm.storeImm(8, to.register, to.offset + done, 0));
  } else copyBytes(e, to, { register: e.scratch, offset: e.plan.work.zeros }, bytes);
}

/** A literal into a slot, NUL-padded. Uses r0 (r0 to r5 when the slot is large). */
export function storeLiteral(e: FunctionEmitter, to: Address, text: string, bytes: number, padded = true): void {
  const used = Math.min(bytes, alignTo8(text.length + 1));
  literalWords(text.slice(0, bytes - 1), used).forEach((word, index) => {
    storeWord(e, at(to, index * 8), word);
  });
  if (padded && used < bytes) zeroBytes(e, at(to, used), bytes - used);
}

function storeWord(e: FunctionEmitter, { register, offset }: Address, word: bigint): void {
  const signed = BigInt.asIntN(64, word);
  if (signed === BigInt.asIntN(32, signed)) e.emit(asm.storeImm(8, register, offset, Number(signed)));
  else e.emit(asm.loadImm64(R0, word), asm.store(8, register, offset, R0));
}

/**
 * A text into a NUL-padded slot of `bytes`. Helper calls change r0 to r5: a slot that is
 * addressed by one of these passes `reload`, which gives its address anew.
 */
export function writeSlot(e: FunctionEmitter, to: Address, bytes: number, value: Value, reload: () => Address = () => to): void {
  if ('text' in value) {
    const text = value.text.slice(0, mostBytes(e, bytes));
    const used = Math.min(bytes, alignTo8(text.length + 1));
    storeLiteral(e, to, text, used, false);
    if (used < bytes) zeroBytes(e, at(reload(), used), bytes - used);
  } else if ('register' in value) {
    const place = e.text(value.register);
    const common = Math.min(place.bytes, bytes);
    copyBytes(e, to, e.address(place, place.offset), common);
    if (place.bytes > bytes) {
      const { register, offset } = reload();
      e.emit(asm.storeImm(1, register, offset + bytes - 1, 0));
    }
    if (bytes > common) zeroBytes(e, at(reload(), common), bytes - common);
  } else throw new Error('internal error: a long where a text is wanted');
}

/** dst = value. */
export function moveText(e: FunctionEmitter, dst: RegisterId, value: Value): void {
  if (!e.plan.texts.has(dst)) return;
  const place = e.text(dst);
  const to = e.address(place, place.offset);
  if ('text' in value) {
    const text = value.text.slice(0, mostBytes(e, place.bytes));
    storeLiteral(e, to, text, place.bytes, place.padded);
    setLengthTo(e, place, text.length);
    return;
  }
  if (!('register' in value)) throw new Error('internal error: a long where a text is wanted');
  if (value.register === dst) return;
  const source = e.text(value.register);
  const common = Math.min(source.bytes, place.bytes);
  copyBytes(e, to, e.address(source, source.offset), common);
  if (source.bytes > place.bytes) e.emit(asm.storeImm(1, to.register, to.offset + place.bytes - 1, 0));
  if (place.padded && place.bytes > common) zeroBytes(e, at(to, common), place.bytes - common);
  if (place.lengthOffset === undefined) return;
  loadLength(e, source, R0);
  if (source.bytes > place.bytes) clamp(e, R0, place.bytes - 1);
  setLength(e, place, R0);
}

export function setLength(e: FunctionEmitter, place: TextPlace, length: Register): void {
  if (place.lengthOffset === undefined) return;
  const { register, offset } = e.address(place, place.lengthOffset);
  e.emit(asm.store(8, register, offset, length));
}

/** Stores a constant length. */
export function setLengthTo(e: FunctionEmitter, place: TextPlace, length: number): void {
  if (place.lengthOffset === undefined) return;
  const { register, offset } = e.address(place, place.lengthOffset);
  e.emit(asm.storeImm(8, register, offset, length));
}

export function loadLength(e: FunctionEmitter, place: TextPlace, to: Register): void {
  if (place.lengthOffset === undefined) throw new Error('internal error: the length of this text was not kept');
  const { register, offset } = e.address(place, place.lengthOffset);
  e.emit(asm.load(8, to, register, offset));
}

/**
 * register = min(register, most), unsigned: also tells the verifier the bound. What fits goes straight on, and the verifier goes
 * straight on first: when it comes back with `most`, a value of the range that it has followed already, it need not go on again.
 */
export function clamp(e: FunctionEmitter, register: Register, most: number): void {
  const [fits, cut] = [e.label('fits'), e.label('cut')];
  e.emit(asm.jumpIf('gt', register, { imm: most }, cut));
  e.bind(fits);
  e.later(() => {
    e.bind(cut);
    e.emit(asm.mov.imm(register, most), asm.jump(fits));
  });
}

/** dst = "". */
export function clearText(e: FunctionEmitter, dst: RegisterId): void {
  if (!e.plan.texts.has(dst)) return;
  const place = e.text(dst);
  zeroBytes(e, e.address(place, place.offset), place.padded ? place.bytes : 8);
  setLengthTo(e, place, 0);
}

/** dst = the NUL-padded slot of `bytes` at an address that is not in r0 or r1. */
export function readSlot(e: FunctionEmitter, dst: RegisterId, from: Address, bytes: number): void {
  if (!e.plan.texts.has(dst)) return;
  const place = e.text(dst);
  const to = e.address(place, place.offset);
  const common = Math.min(place.bytes, bytes);
  if (place.lengthOffset === undefined) {
    copyBytes(e, to, from, common);
    if (bytes > place.bytes) e.emit(asm.storeImm(1, to.register, to.offset + place.bytes - 1, 0));
    if (place.bytes > common) zeroBytes(e, at(to, common), place.bytes - common);
    return;
  }
  // Zeroing calls a helper: the source must survive it.
  e.withTemp(8, (saved) => {
    e.pointer(R3, from);
    if (place.padded && place.bytes > UNROLL_BYTES) {
      e.emit(asm.store(8, 10, saved, R3));
      zeroBytes(e, to, place.bytes);
      e.emit(asm.load(8, R3, 10, saved));
    } else if (place.padded) zeroBytes(e, to, place.bytes);
    e.pointer(R1, to);
    e.emit(asm.mov.imm(R2, common), asm.call(HELPER.probeReadKernelStr));
  });
  lengthFromResult(e, place);
}

/** Keeps the length of a text that a bpf_probe_read_*_str has just read: r0 counts its NUL, or is an error. */
export function lengthFromResult(e: FunctionEmitter, place: TextPlace): void {
  if (place.lengthOffset === undefined) return;
  const [ok, failed] = [e.label('read'), e.label('not read')];
  e.emit(asm.jumpIf('sle', R0, { imm: 0 }, failed), asm.sub.imm(R0, 1));
  e.bind(ok);
  setLength(e, place, R0);
  e.later(() => {
    e.bind(failed);
    e.emit(asm.mov.imm(R0, 0), asm.jump(ok));
  });
}
