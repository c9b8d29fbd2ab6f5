/** Frames of recursive functions: values in the CPU's context, at an offset that depends on the depth. */
import type { IrInstruction, Value } from '@stapkit/object';
import { R1, R2, R3, asm } from '../../bpf/index.js';
import type { Register } from '../../bpf/index.js';
import type { Address, FunctionEmitter } from '../function-emitter.js';
import { frameSlotKey } from '../frame-layout.js';
import { clamp, readSlot, writeSlot } from './text-memory.js';

type Save = Extract<IrInstruction, { op: 'save-frame' }>;
type Load = Extract<IrInstruction, { op: 'load-frame' }>;

export function emitSaveFrame(e: FunctionEmitter, one: Save): void {
  const { bytes } = place(e, one);
  if (bytes === 8 && isLong(e, one.value)) {
    const to = slotAddress(e, one, R1);
    e.emit(asm.store(8, to.register, to.offset, e.reg(one.value, R2)));
  } else writeSlot(e, slotAddress(e, one, R1), bytes, one.value, () => slotAddress(e, one, R1));
}

export function emitLoadFrame(e: FunctionEmitter, one: Load): void {
  const { bytes } = place(e, one);
  const from = slotAddress(e, one, R3);
  if (e.plan.body.registers[one.dst]?.type === 'string') {
    readSlot(e, one.dst, from, bytes);
    return;
  }
  const target = e.target(one.dst, R1);
  e.emit(asm.load(8, target, from.register, from.offset));
  e.commit(one.dst, target);
}

function isLong(e: FunctionEmitter, value: Value): boolean {
  return 'long' in value || ('register' in value && e.plan.body.registers[value.register]?.type === 'long');
}

function place(e: FunctionEmitter, { stack, slot }: Save | Load): { readonly offset: number; readonly bytes: number; readonly stride: number; readonly frames: number } {
  const area = e.plan.frames.stacks.get(stack);
  const found = area?.slots.get(frameSlotKey(slot));
  if (area === undefined || found === undefined) throw new Error(`internal error: no frame slot ${stack}.${slot}`);
  return { offset: area.offset + found.offset, bytes: found.bytes, stride: area.frameBytes, frames: e.plan.frames.count };
}

/** The depth is in range by the machine's own check; clamping tells the verifier so. */
function slotAddress(e: FunctionEmitter, one: Save | Load, register: Register): Address {
  const { offset, stride, frames } = place(e, one);
  e.into(one.depth, register);
  clamp(e, register, frames - 1);
  e.emit(asm.mul.imm(register, stride), asm.add.reg(register, e.scratch));
  return { register, offset };
}
