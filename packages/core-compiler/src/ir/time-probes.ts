/**
 * -t and --monitor: each probe keeps, in a statistic of its own, how often its handler ran and how long that took. Only then is
 * there code for it. A handler that ends by an error is not counted: it has no time of its own.
 */
import { timingGlobal, type BlockId, type GlobalId, type IrBody, type IrGlobal, type IrInstruction, type IrProbe } from '@stapkit/object';
import { mapTargets, tidyBlocks } from './control-flow.js';
import type { LoweredProgram } from './lower.js';
import { registerValue } from './operands.js';

export function timeProbes(program: LoweredProgram): LoweredProgram {
  const globals = [...program.globals];
  const probes = program.probes.map((probe, index): IrProbe => {
    const global: IrGlobal = { name: timingGlobal(index), location: probe.location, kind: 'stat', stat: { functions: ['count', 'sum', 'min', 'max', 'avg'] } };
    return { ...probe, body: timed(probe.body, globals.push(global) - 1) };
  });
  return { ...program, globals, probes };
}

/** Block 0 becomes one that takes the time and goes on to what was there; each return adds what went by. */
function timed(body: IrBody, global: GlobalId): IrBody {
  const registers = [...body.registers, { type: 'long' as const }, { type: 'long' as const }, { type: 'long' as const }];
  const [start, now, went] = [body.registers.length, body.registers.length + 1, body.registers.length + 2];
  const clock = (dst: number): IrInstruction => ({ op: 'intrinsic', dst, name: 'monotonic_ns', args: [] });
  const entry = body.blocks.length;
  const blocks = body.blocks.map((block) => ({
    ...block,
    instructions: block.terminator.kind === 'return'
      ? [...block.instructions, clock(now), { op: 'binary' as const, fn: 'sub' as const, dst: went, a: registerValue(now), b: registerValue(start) }, { op: 'stat-add' as const, global, value: registerValue(went) }]
      : [...block.instructions],
  }));
  const [first] = blocks;
  if (first === undefined) return body;
  // A handler may begin with a loop, whose head is no place to take the time.
  const moved = blocks.map((block) => ({ ...block, terminator: mapTargets(block.terminator, behind(entry)), ...(block.onError === undefined ? {} : { onError: behind(entry)(block.onError) }) }));
  const head = { instructions: [clock(start)], terminator: { kind: 'jump' as const, target: entry } };
  const [old, ...rest] = moved;
  return old === undefined ? body : tidyBlocks({ registers, blocks: [head, ...rest, old], loops: [] });
}

const behind = (entry: BlockId) => (block: BlockId): BlockId => (block === 0 ? entry : block);
