/**
 * Recursive calls inside a `foreach`. A cursor is one for all calls of a function in a kernel handler, so a call that comes back
 * into the loop opens it anew and passes over the entries that the loop has had: what it walks by, and how far it is, is kept in the
 * frame with everything else.
 */
import type { BlockId, IrBlock, IrBody, IrInstruction, RegisterId, Value } from '@stapkit/object';
import { longValue, registerValue } from './operands.js';

type Iterate = IrInstruction & { readonly op: 'iterate' };

/** A foreach around a call. */
export interface OpenWalk {
  /** Registers that must survive the call. */
  readonly kept: readonly RegisterId[];
  /** Takes the walk up where it was. */
  readonly again: readonly IrInstruction[];
}

export interface ReopenedBody {
  readonly body: IrBody;
  /** By block: the walks that stand open in it and hold recursive calls, the outermost first. */
  readonly walks: ReadonlyMap<BlockId, readonly OpenWalk[]>;
  /** The first number that none of its cursors has. */
  readonly iterators: number;
}

/**
 * Counts how far such walks are, and keeps what they walk by.
 * @param firstIterator added to the numbers of cursors: those of functions that call each other must differ
 */
export function reopenWalks(original: IrBody, isInner: (one: IrInstruction) => boolean, firstIterator: number): ReopenedBody {
  const blocks = original.blocks.map((block): IrBlock => ({
    ...block,
    instructions: block.instructions.map((one) => (one.op === 'iterate' || one.op === 'advance' ? { ...one, iterator: one.iterator + firstIterator } : one)),
  }));
  const body: IrBody = { registers: [...original.registers], blocks, loops: original.loops };
  const numbers = blocks.flatMap(({ instructions }) => instructions.flatMap((one) => (one.op === 'iterate' ? [one.iterator + 1] : [])));
  const walks = new Map<BlockId, OpenWalk[]>();
  // Outer loops have more blocks.
  for (const { header, blocks: members } of [...original.loops].sort((a, b) => b.blocks.length - a.blocks.length)) {
    const advance = blocks[header]?.instructions.find((one) => one.op === 'advance');
    if (advance?.op !== 'advance' || !members.some((block) => blocks[block]?.instructions.some(isInner) === true)) continue;
    const walk = keepWalk(body, advance.iterator);
    if (walk === undefined) continue;
    for (const block of members) walks.set(block, [...(walks.get(block) ?? []), walk]);
  }
  return { body, walks, iterators: Math.max(firstIterator, ...numbers) };
}

function keepWalk(body: IrBody, iterator: number): OpenWalk | undefined {
  const iterates = body.blocks.flatMap(({ instructions }) => instructions.flatMap((one) => (one.op === 'iterate' && one.iterator === iterator ? [one] : [])));
  const [first] = iterates;
  if (first === undefined) return undefined;
  const register = (type: 'long' | 'string'): RegisterId => body.registers.push({ type }) - 1;
  const position = register('long');
  const kept = [position];
  /** A copy of what the walk was opened with, which the script may have changed since. */
  const copies = new Map<Value, RegisterId>();
  const copyOf = (value: Value): RegisterId => {
    const type = 'register' in value ? (body.registers[value.register]?.type ?? 'long') : 'long' in value ? 'long' : 'string';
    const copy = register(type);
    copies.set(value, copy);
    kept.push(copy);
    return copy;
  };
  const slice = first.slice?.map((key) => (key === undefined ? undefined : registerValue(copyOf(key))));
  const limit = first.limit === undefined ? undefined : copyOf(first.limit);
  for (const block of body.blocks) {
    const instructions = block.instructions.flatMap((one): IrInstruction[] => {
      if (one === first) return [...[...copies].map(([src, dst]): IrInstruction => ({ op: 'move', dst, src })), { op: 'move', dst: position, src: longValue(0n) }, one];
      if (one.op === 'advance' && one.iterator === iterator) return [one, { op: 'binary', fn: 'add', dst: position, a: registerValue(position), b: registerValue(one.more) }];
      return [one];
    });
    block.instructions.splice(0, block.instructions.length, ...instructions);
  }
  const again: Iterate = { ...first, ...(slice === undefined ? {} : { slice }), skip: registerValue(position) };
  if (limit === undefined) return { kept, again: [again] };
  const rest = register('long');
  return { kept, again: [{ op: 'binary', fn: 'sub', dst: rest, a: registerValue(limit), b: registerValue(position) }, { ...again, limit: registerValue(rest) }] };
}
