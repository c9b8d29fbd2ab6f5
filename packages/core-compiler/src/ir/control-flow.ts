/** Facts about a body's graph: successors, order, dominators, loops; and the removal of what cannot be reached. */
import type { BlockId, IrBlock, IrBody, IrLoop, IrTerminator } from '@stapkit/object';
import { present } from './internal-error.js';

export function blockAt(body: IrBody, id: BlockId): IrBlock {
  return present(body.blocks[id], `block b${id}`);
}

/** Where a block can go: by its terminator, and by an error to its catch block. */
export function successors(block: IrBlock): BlockId[] {
  const targets = terminatorTargets(block.terminator);
  if (block.onError !== undefined) targets.push(block.onError);
  return targets;
}

export function terminatorTargets(terminator: IrTerminator): BlockId[] {
  if (terminator.kind === 'jump') return [terminator.target];
  if (terminator.kind === 'branch') return [terminator.then, terminator.otherwise];
  return [];
}

export function mapTargets(terminator: IrTerminator, map: (block: BlockId) => BlockId): IrTerminator {
  if (terminator.kind === 'jump') return { kind: 'jump', target: map(terminator.target) };
  if (terminator.kind === 'branch') return { ...terminator, then: map(terminator.then), otherwise: map(terminator.otherwise) };
  return terminator;
}

/** Reachable blocks, each after the blocks that lead to it except over loop edges. */
export function reversePostorder(body: IrBody): BlockId[] {
  const seen = new Uint8Array(body.blocks.length);
  const order: BlockId[] = [];
  // An explicit stack: inlined bodies can be thousands of blocks deep.
  const stack: { block: BlockId; next: BlockId[] }[] = [];
  const enter = (block: BlockId): void => {
    seen[block] = 1;
    stack.push({ block, next: successors(blockAt(body, block)) });
  };
  enter(0);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const next = top.next.pop();
    if (next === undefined) {
      order.push(top.block);
      stack.pop();
    } else if (seen[next] === 0) enter(next);
  }
  return order.reverse();
}

export function predecessors(body: IrBody): BlockId[][] {
  const result: BlockId[][] = body.blocks.map(() => []);
  body.blocks.forEach((block, id) => {
    for (const target of new Set(successors(block))) result[target]?.push(id);
  });
  return result;
}

/** Immediate dominators by Cooper, Harvey and Kennedy's iteration. The entry's is itself; unreachable blocks have none. */
export class Dominators {
  readonly #immediate: Int32Array;
  readonly #rank: Int32Array;

  constructor(body: IrBody, order: readonly BlockId[] = reversePostorder(body)) {
    this.#immediate = new Int32Array(body.blocks.length).fill(-1);
    this.#rank = new Int32Array(body.blocks.length).fill(-1);
    order.forEach((block, index) => (this.#rank[block] = index));
    const sources = predecessors(body);
    this.#immediate[0] = 0;
    for (let changed = true; changed; ) {
      changed = false;
      for (const block of order) {
        if (block === 0) continue;
        let best = -1;
        for (const source of sources[block] ?? []) {
          if ((this.#immediate[source] ?? -1) < 0) continue;
          best = best < 0 ? source : this.#meet(best, source);
        }
        if (best >= 0 && this.#immediate[block] !== best) {
          this.#immediate[block] = best;
          changed = true;
        }
      }
    }
  }

  #meet(a: BlockId, b: BlockId): BlockId {
    let one = a;
    let other = b;
    while (one !== other) {
      while ((this.#rank[one] ?? 0) > (this.#rank[other] ?? 0)) one = this.#immediate[one] ?? 0;
      while ((this.#rank[other] ?? 0) > (this.#rank[one] ?? 0)) other = this.#immediate[other] ?? 0;
    }
    return one;
  }

  /** Every way from the entry to `block` passes `by`. */
  dominates(by: BlockId, block: BlockId): boolean {
    let at = block;
    while ((this.#rank[at] ?? -1) > (this.#rank[by] ?? -1)) at = this.#immediate[at] ?? 0;
    return at === by;
  }
}

/** The natural loops, outer before inner; loops that share a header are one. The blocks are in reverse postorder. */
export function findLoops(body: IrBody): IrLoop[] {
  if (!body.blocks.some((block, id) => successors(block).some((target) => target <= id))) return [];
  const order = reversePostorder(body);
  const rank = new Map(order.map((block, index) => [block, index]));
  const sources = predecessors(body);
  const members = new Map<BlockId, Set<BlockId>>();
  let dominators: Dominators | undefined;
  for (const block of order) {
    for (const target of successors(blockAt(body, block))) {
      if ((rank.get(target) ?? 0) > (rank.get(block) ?? 0)) continue;
      dominators ??= new Dominators(body, order);
      if (!dominators.dominates(target, block)) continue;
      const loop = members.get(target) ?? new Set([target]);
      members.set(target, loop);
      const work = [block];
      for (let at = work.pop(); at !== undefined; at = work.pop()) {
        if (loop.has(at)) continue;
        loop.add(at);
        for (const source of sources[at] ?? []) if (rank.has(source)) work.push(source);
      }
    }
  }
  return [...members]
    .sort(([a], [b]) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0))
    .map(([header, blocks]) => ({ header, blocks: [...blocks].sort((a, b) => a - b) }));
}

/** Renumbers the reachable blocks in reverse postorder, drops the rest and finds the loops anew. */
export function tidyBlocks(body: IrBody): IrBody {
  const order = reversePostorder(body);
  const renumbered = new Map(order.map((block, index) => [block, index]));
  const to = (block: BlockId): BlockId => present(renumbered.get(block), `block b${block}`);
  const blocks = order.map((id): IrBlock => {
    const block = blockAt(body, id);
    return {
      instructions: block.instructions,
      terminator: mapTargets(block.terminator, to),
      ...(block.onError === undefined ? {} : { onError: to(block.onError) }),
      ...(block.location === undefined ? {} : { location: block.location }),
    };
  });
  const tidy: IrBody = { registers: body.registers, blocks, loops: [] };
  tidy.loops.push(...findLoops(tidy));
  return tidy;
}
