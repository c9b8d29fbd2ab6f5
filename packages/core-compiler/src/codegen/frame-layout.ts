/** Where the frames of recursive functions are in a handler's context. */
import type { IrBody, Value } from '@stapkit/object';
import type { ContextArea } from './context-area.js';
import { textSlotBytes } from './text-layout.js';

export interface FrameSlotPlace {
  readonly offset: number;
  readonly bytes: number;
}

export interface FrameStack {
  /** Of the first frame in the context. */
  readonly offset: number;
  readonly frameBytes: number;
  readonly slots: ReadonlyMap<string, FrameSlotPlace>;
}

export interface FrameLayout {
  readonly stacks: ReadonlyMap<number, FrameStack>;
  /** Frames of each stack. */
  readonly count: number;
}

export const frameSlotKey = (slot: number): string => `slot ${slot}`;

/** @param capacityOf the most bytes of a text register */
export function planFrames(body: IrBody, area: ContextArea, count: number, capacityOf: (register: number) => number): FrameLayout {
  const sizes = new Map<number, Map<string, number>>();
  const note = (stack: number, slot: number, bytes: number): void => {
    const slots = sizes.get(stack) ?? new Map<string, number>();
    sizes.set(stack, slots);
    const key = frameSlotKey(slot);
    slots.set(key, Math.max(slots.get(key) ?? 8, bytes));
  };
  const bytesOf = (value: Value): number => {
    if ('text' in value) return textSlotBytes(value.text.length + 1);
    return 'register' in value && body.registers[value.register]?.type === 'string' ? textSlotBytes(capacityOf(value.register)) : 8;
  };
  for (const { instructions } of body.blocks) {
    for (const one of instructions) {
      if (one.op === 'save-frame') note(one.stack, one.slot, bytesOf(one.value));
      else if (one.op === 'load-frame') note(one.stack, one.slot, bytesOf({ register: one.dst }));
    }
  }
  const stacks = new Map<number, FrameStack>();
  for (const [stack, slots] of sizes) {
    let frameBytes = 0;
    const places = new Map<string, FrameSlotPlace>();
    for (const [key, bytes] of slots) {
      places.set(key, { offset: frameBytes, bytes });
      frameBytes += bytes;
    }
    stacks.set(stack, { offset: area.take(frameBytes * count), frameBytes, slots: places });
  }
  return { stacks, count };
}
