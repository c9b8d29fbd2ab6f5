/** Emits the blocks of one function: instructions, then the way out of each block. */
import type { BlockId, IrBlock } from '@stapkit/object';
import { R1, asm } from '../bpf/index.js';
import type { AcquirePoint } from './acquire-point.js';
import type { FunctionEmitter } from './function-emitter.js';
import type { HandlerFlow } from './handler-flow.js';
import { isComparison, jumpIfComparison } from './select/arithmetic.js';
import { emitInstruction } from './select/index.js';
import { throwText } from './select/raise.js';

/**
 * @param beforeReturn emitted before each regular end of the handler
 * @param late how to take the context, when that is not done by the prologue
 */
export function emitBlocks(e: FunctionEmitter, flow: HandlerFlow, beforeReturn?: () => void, late?: { readonly point: AcquirePoint; acquire(): void }): void {
  const { blocks } = flow.region;
  blocks.forEach((id, index) => {
    const block = e.plan.body.blocks[id];
    if (block === undefined || late?.point.ends.has(id) === true) return;
    // Nothing jumps to the first block; without a label, what the prologue has in registers is still known.
    if (index > 0 || id !== 0) e.bind(flow.blockLabel(id));
    e.block = { id, onError: block.onError, acquired: late === undefined || (late.point.inside.has(id) && id !== late.point.block), printed: e.plan.record?.at.get(id) ?? 0, location: firstLocation(block) ?? e.block.location };
    const takesHere = late?.point.block === id ? late : undefined;
    emitBlock(e, flow, id, block, { next: blocks[index + 1], beforeReturn, late: takesHere });
  });
}

const firstLocation = ({ instructions }: IrBlock): IrBlock['instructions'][number]['location'] => instructions.find(({ location }) => location !== undefined)?.location;

interface BlockExtras {
  readonly next: BlockId | undefined;
  readonly beforeReturn: (() => void) | undefined;
  readonly late: { readonly point: AcquirePoint; acquire(): void } | undefined;
}

function emitBlock(e: FunctionEmitter, flow: HandlerFlow, id: BlockId, block: IrBlock, { next, beforeReturn, late }: BlockExtras): void {
  const { terminator } = block;
  const last = block.instructions.at(-1);
  const fused = last !== undefined && terminator.kind === 'branch' && isComparison(last) && 'register' in terminator.condition
    && terminator.condition.register === last.dst && !e.plan.liveness.liveOut(id).has(last.dst);
  const plain = fused ? block.instructions.slice(0, -1) : block.instructions;
  const take = (): void => {
    late?.acquire();
    e.block.acquired = true;
  };
  for (const [index, one] of plain.entries()) {
    if (late?.point.instruction === index) take();
    if (one.location !== undefined) e.block.location = one.location;
    e.code.at(one.location);
    emitInstruction(e, one);
  }
  if (late !== undefined && late.point.instruction >= plain.length) take();
  switch (terminator.kind) {
    case 'jump':
      e.emit(asm.jump(flow.edge(terminator.target, e.block.printed)));
      break;
    case 'branch': {
      const then = flow.edge(terminator.then, e.block.printed);
      const otherwise = flow.edge(terminator.otherwise, e.block.printed);
      if (fused) {
        if (last.location !== undefined) e.block.location = last.location;
        e.code.at(last.location);
      }
      // The likely order: fall through to the block that comes next.
      const negated = terminator.then === next;
      const away = negated ? otherwise : then;
      if (fused) jumpIfComparison(e, last, away, negated);
      else if ('long' in terminator.condition) {
        if ((terminator.condition.long !== 0n) !== negated) e.emit(asm.jump(away));
      } else e.emit(asm.jumpIf(negated ? 'eq' : 'ne', e.reg(terminator.condition, R1), { imm: 0 }, away));
      e.emit(asm.jump(negated ? then : otherwise));
      break;
    }
    case 'return':
      beforeReturn?.();
      e.emit(asm.jump(flow.finish(e.block.printed)));
      break;
    case 'throw':
      if (terminator.location !== undefined) e.block.location = terminator.location;
      e.code.at(terminator.location);
      if (terminator.aborts === true) e.emit(asm.jump(flow.finish(e.block.printed)));
      else throwText(e, terminator.message);
      break;
    default: terminator satisfies never;
  }
}
