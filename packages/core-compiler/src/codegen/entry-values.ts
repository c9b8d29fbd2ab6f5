/**
 * Splits a return probe into what runs at the call's entry and what runs at its return:
 * the values that its body wants from the entry become registers that the return
 * program loads.
 */
import type { IrBlock, IrBody, IrInstruction, IrProbe, IrType, RegisterId } from '@stapkit/object';
import { textCapacity } from './print-entry.js';
import { textSlotBytes } from './text-layout.js';
import type { EntrySlot } from './function-emitter.js';

/** Calls that are under way at a time and have values kept; the oldest make room. */
export const ENTRY_MAP_ENTRIES = 4096;

export interface SplitReturn {
  readonly entryBody: IrBody;
  readonly body: IrBody;
  readonly slots: readonly EntrySlot[];
  /** In `body`: where each slot's value goes. */
  readonly registers: readonly RegisterId[];
  readonly valueBytes: number;
}

/** @param savesArguments arguments are gone when the function returns (kretprobe), so read-argument becomes a saved value too */
export function splitReturn(probe: IrProbe, savesArguments: boolean, stringLimit: number): SplitReturn | undefined {
  const entry: IrBody = probe.entry?.body ?? { registers: [], blocks: [{ instructions: [], terminator: { kind: 'return' } }], loops: [] };
  const types: IrType[] = [...(probe.entry?.slots ?? [])];
  const registers = [...probe.body.registers];
  const loaded = new Map<number, RegisterId>();
  const registerOf = (slot: number): RegisterId => {
    const known = loaded.get(slot) ?? registers.push({ type: types[slot] ?? 'long', name: `<entry ${slot}>` }) - 1;
    loaded.set(slot, known);
    return known;
  };
  const argumentSlots = new Map<string, { readonly slot: number; readonly read: Extract<IrInstruction, { op: 'read-argument' }> }>();
  const rewrite = (one: IrInstruction): IrInstruction => {
    if (one.op === 'read-entry') return { ...one, op: 'move', dst: one.dst, src: { register: registerOf(one.slot) } };
    const read = savesArguments ? argumentRead(one) : undefined;
    if (read === undefined) return one;
    const key = `${read.index} ${read.type.bytes} ${read.type.signed}`;
    const known = argumentSlots.get(key) ?? { slot: types.push('long') - 1, read };
    argumentSlots.set(key, known);
    return { op: 'move', dst: read.dst, src: { register: registerOf(known.slot) }, ...(one.location === undefined ? {} : { location: one.location }) };
  };
  const blocks = probe.body.blocks.map((block): IrBlock => ({ ...block, instructions: block.instructions.map(rewrite) }));
  if (types.length === 0) return undefined;
  const entryBody = saveArguments(entry, [...argumentSlots.values()]);
  const capacities = savedCapacities(entryBody, stringLimit);
  let bytes = 0;
  const slots = types.map((type, index): EntrySlot => {
    const size = type === 'long' ? 8 : textSlotBytes(capacities.get(index) ?? stringLimit);
    bytes += size;
    return { type, offset: bytes - size, bytes: size };
  });
  for (const [slot, register] of loaded) {
    const { type, bytes: size } = slots[slot] ?? { type: 'long', bytes: 8 };
    registers[register] = { type, name: `<entry ${slot}>`, ...(type === 'string' ? { capacity: size } : {}) };
  }
  return {
    entryBody, body: { ...probe.body, registers, blocks }, slots, valueBytes: bytes,
    registers: slots.map((_, slot) => loaded.get(slot) ?? -1),
  };
}

function argumentRead(one: IrInstruction): Extract<IrInstruction, { op: 'read-argument' }> | undefined {
  if (one.op === 'read-argument') return one;
  if (one.op !== 'intrinsic' || one.name !== 'register_argument' || one.dst === undefined) return undefined;
  const [number, bytes, signed] = one.args.map((value) => ('long' in value ? Number(value.long) : undefined));
  if (number === undefined || number < 1 || signed === undefined || (bytes !== 1 && bytes !== 2 && bytes !== 4 && bytes !== 8)) return undefined;
  return { op: 'read-argument', dst: one.dst, index: number - 1, type: { bytes, signed: signed !== 0 } };
}

/** Puts the saving of arguments before everything else. */
function saveArguments(entry: IrBody, reads: readonly { readonly slot: number; readonly read: Extract<IrInstruction, { op: 'read-argument' }> }[]): IrBody {
  const [first, ...rest] = entry.blocks;
  if (first === undefined) throw new Error('internal error: an entry body without blocks');
  const registers = [...entry.registers];
  const saves = reads.flatMap(({ slot, read }): IrInstruction[] => {
    const register = registers.push({ type: 'long' }) - 1;
    return [{ op: 'read-argument', dst: register, index: read.index, type: read.type }, { op: 'save-entry', slot, value: { register } }];
  });
  return { ...entry, registers, blocks: [{ ...first, instructions: [...saves, ...first.instructions] }, ...rest] };
}

function savedCapacities(entry: IrBody, stringLimit: number): Map<number, number> {
  const capacities = new Map<number, number>();
  for (const { instructions } of entry.blocks) {
    for (const one of instructions) {
      if (one.op !== 'save-entry') continue;
      const capacity = 'register' in one.value ? textCapacity(entry, one.value.register, stringLimit) : 'text' in one.value ? one.value.text.length + 1 : 8;
      capacities.set(one.slot, Math.max(capacities.get(one.slot) ?? 0, capacity));
    }
  }
  return capacities;
}
