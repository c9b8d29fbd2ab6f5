/**
 * Cuts a handler into the BPF functions that it becomes. With bpf_loop each loop is a
 * callback that runs one iteration; what is not in a loop is the main function. Without
 * it there is one function, and loops stay in it with a counter.
 */
import type { BlockId, IrBody, RegisterId } from '@stapkit/object';
import { eachOutput, terminatorInput } from '../ir/index.js';
import type { ExtraInputs, Liveness } from './liveness.js';
import { eachUse } from './liveness.js';

export interface Region {
  readonly index: number;
  readonly parent: Region | undefined;
  /** The loop's header; undefined for the main region. */
  readonly header: BlockId | undefined;
  /** Headers of loops inside, which stand too deep for functions of their own: the function is entered anew for each of their iterations too. */
  readonly inner: BlockId[];
  /** Own blocks (inner loops' left out) in the handler's order. */
  readonly blocks: BlockId[];
  readonly children: Region[];
}

export function cutRegions(body: IrBody, order: readonly BlockId[], outline: boolean): { readonly regions: readonly Region[]; readonly regionOf: ReadonlyMap<BlockId, Region> } {
  const main: Region = { index: 0, parent: undefined, header: undefined, inner: [], blocks: [], children: [] };
  const regions = [main];
  const innermost = new Map<BlockId, Region>(order.map((block) => [block, main]));
  if (outline) {
    // Outer loops first: a smaller loop later takes its blocks over.
    for (const loop of [...body.loops].sort((a, b) => b.blocks.length - a.blocks.length)) {
      const parent = innermost.get(loop.header);
      if (parent === undefined) continue;
      if (depthOf(parent) >= MOST_LEVELS) {
        parent.inner.push(loop.header);
        continue;
      }
      const region: Region = { index: regions.length, parent, header: loop.header, inner: [], blocks: [], children: [] };
      parent.children.push(region);
      regions.push(region);
      for (const block of loop.blocks) if (innermost.has(block)) innermost.set(block, region);
    }
  }
  for (const block of order) innermost.get(block)?.blocks.push(block);
  return { regions, regionOf: innermost };
}

/** A program has 8 frames; the main function, what an iteration calls, and what goes through texts want some. */
const MOST_LEVELS = 4;

function depthOf({ parent }: Region): number {
  return parent === undefined ? 0 : 1 + depthOf(parent);
}

/** Long registers that more than one function, or more than one run of a loop's function, works with: they live in memory. */
export function sharedRegisters(body: IrBody, regions: readonly Region[], liveness: Liveness, extra: ExtraInputs): ReadonlySet<RegisterId> {
  const owner = new Map<RegisterId, Region>();
  const shared = new Set<RegisterId>();
  for (const region of regions) {
    const touch = (register: RegisterId): void => {
      const known = owner.get(register);
      if (known === undefined) owner.set(register, region);
      else if (known !== region) shared.add(register);
    };
    for (const id of region.blocks) {
      const block = body.blocks[id];
      if (block === undefined) continue;
      for (const instruction of block.instructions) {
        eachUse(instruction, extra, touch);
        eachOutput(instruction, touch);
      }
      const input = terminatorInput(block.terminator);
      if (input !== undefined && 'register' in input) touch(input.register);
    }
  }
  for (const header of regions.flatMap((region) => (region.header === undefined ? [] : [region.header, ...region.inner]))) {
    for (const register of liveness.liveIn(header)) {
      const where = owner.get(register);
      if (where?.header !== undefined) shared.add(register);
    }
  }
  return shared;
}
