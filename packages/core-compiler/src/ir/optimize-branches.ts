/** The shape of the graph: fewer, longer blocks and simpler conditions. */
import type { BlockId, IrBlock, IrBody, IrTerminator } from '@stapkit/object';
import { blockAt, mapTargets, reversePostorder, successors, tidyBlocks } from './control-flow.js';
import { canRaise } from './purity.js';
import type { FunctionFacts } from './purity.js';

/** Works on `body.blocks` in place and gives the tidied body. */
export function simplifyBranches(body: IrBody, facts: readonly FunctionFacts[]): { readonly body: IrBody; readonly changed: boolean } {
  const before = body.blocks.length;
  let changed = false;
  for (const block of body.blocks) {
    const simple = simplifyTerminator(block);
    changed ||= simple !== block.terminator;
    block.terminator = simple;
    if (block.onError !== undefined && !blockCanRaise(block, facts)) {
      delete block.onError;
      changed = true;
    }
  }
  changed = skipEmptyBlocks(body) || changed;
  changed = mergeChains(body) || changed;
  const tidy = tidyBlocks(body);
  return { body: tidy, changed: changed || tidy.blocks.length !== before };
}

export function blockCanRaise(block: IrBlock, facts: readonly FunctionFacts[]): boolean {
  if (block.terminator.kind === 'throw') return true;
  return block.instructions.some((one) => (one.op === 'call' ? (facts[one.function]?.raises ?? true) : canRaise(one)));
}

function simplifyTerminator(block: IrBlock): IrTerminator {
  const { terminator } = block;
  if (terminator.kind !== 'branch') return terminator;
  const { condition, then, otherwise } = terminator;
  if (then === otherwise) return { kind: 'jump', target: then };
  if ('long' in condition) return { kind: 'jump', target: condition.long !== 0n ? then : otherwise };
  const last = block.instructions.at(-1);
  if (last === undefined || !('register' in condition) || !('dst' in last) || last.dst !== condition.register) return terminator;
  // The condition's own last step: !x swaps the ways, x != 0 is x. Its result stays for others and dies if there are none.
  if (last.op === 'unary' && last.fn === 'lnot' && notOverwritten(last.src, last.dst)) {
    return { kind: 'branch', condition: last.src, then: otherwise, otherwise: then };
  }
  if (last.op === 'binary' && 'long' in last.b && last.b.long === 0n && notOverwritten(last.a, last.dst)) {
    if (last.fn === 'ne') return { ...terminator, condition: last.a };
    if (last.fn === 'eq') return { kind: 'branch', condition: last.a, then: otherwise, otherwise: then };
  }
  return terminator;
}

function notOverwritten(input: object, dst: number): boolean {
  return !('register' in input && input.register === dst);
}

/** Jumps to an empty block go where it goes. */
function skipEmptyBlocks(body: IrBody): boolean {
  const final = (id: BlockId): BlockId => {
    const seen = new Set<BlockId>();
    let at = id;
    for (;;) {
      const block = blockAt(body, at);
      if (block.instructions.length > 0 || block.terminator.kind !== 'jump' || seen.has(at)) return at;
      seen.add(at);
      at = block.terminator.target;
      keepLocation(blockAt(body, at), block);
    }
  };
  let changed = false;
  const redirect = (id: BlockId): BlockId => {
    const target = final(id);
    changed ||= target !== id;
    return target;
  };
  for (const block of body.blocks) {
    block.terminator = mapTargets(block.terminator, redirect);
    if (block.onError !== undefined) block.onError = redirect(block.onError);
  }
  return changed;
}

/** A loop's place stays with the block that its iterations still pass. */
function keepLocation(block: IrBlock, gone: IrBlock): void {
  if (block.location === undefined && gone.location !== undefined) block.location = gone.location;
}

/** Appends a block to its only predecessor when that only goes there. */
function mergeChains(body: IrBody): boolean {
  const reachable = reversePostorder(body);
  const sources = new Int32Array(body.blocks.length);
  const handlers = new Set<BlockId>();
  for (const id of reachable) {
    const block = blockAt(body, id);
    for (const target of new Set(successors(block))) sources[target] = (sources[target] ?? 0) + 1;
    if (block.onError !== undefined) handlers.add(block.onError);
  }
  const merged = new Set<BlockId>();
  for (const id of reachable) {
    if (merged.has(id)) continue;
    const block = blockAt(body, id);
    while (block.terminator.kind === 'jump') {
      const next = block.terminator.target;
      const follower = blockAt(body, next);
      if (next === 0 || next === id || sources[next] !== 1 || follower.onError !== block.onError || handlers.has(next)) break;
      block.instructions.push(...follower.instructions);
      block.terminator = follower.terminator;
      keepLocation(block, follower);
      merged.add(next);
    }
  }
  return merged.size > 0;
}
