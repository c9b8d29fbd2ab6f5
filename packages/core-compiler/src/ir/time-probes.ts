/**
 * -t and --monitor: each probe keeps, in a statistic of its own, how often its handler ran and how long that took. Only then is
 * there code for it. A handler that ends by an error is not counted: it has no time of its own.
 */
import { OFF_PROBES, timingGlobal, type BlockId, type GlobalId, type IrBlock, type IrBody, type IrGlobal, type IrInstruction, type IrProbe } from '@stapkit/object';
import { mapTargets, tidyBlocks } from './control-flow.js';
import type { LoweredProgram } from './lower.js';
import { longValue, registerValue } from './operands.js';

/** @param switches handlers can be switched off while they run, for --monitor */
export function timeProbes(program: LoweredProgram, switches: boolean): LoweredProgram {
  const globals = [...program.globals];
  const off = switches ? globals.push({ name: OFF_PROBES, kind: 'array', keys: [{ type: 'long' }], value: 'long', maxEntries: Math.max(1, program.probes.length), wrap: false, ordered: false }) - 1 : undefined;
  const probes = program.probes.map((probe, index): IrProbe => {
    const global: IrGlobal = { name: timingGlobal(index), location: probe.location, kind: 'stat', stat: { functions: ['count', 'sum', 'min', 'max', 'avg'], kept: true } };
    return { ...probe, body: timed(probe.body, globals.push(global) - 1, off === undefined ? undefined : { global: off, probe: index }) };
  });
  return { ...program, globals, probes };
}

/** Block 0 becomes one that takes the time and goes on to what was there; each return adds what went by. */
function timed(body: IrBody, global: GlobalId, off: { readonly global: GlobalId; readonly probe: number } | undefined): IrBody {
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
  const idle = entry + 1;
  const isOff: IrInstruction | undefined = off === undefined ? undefined : { op: 'array-has', dst: went, global: off.global, keys: [longValue(BigInt(off.probe))] };
  const head: IrBlock = { instructions: [...(isOff === undefined ? [] : [isOff]), clock(start)], terminator: isOff === undefined ? { kind: 'jump', target: entry } : { kind: 'branch', condition: registerValue(went), then: idle, otherwise: entry } };
  const [old, ...rest] = moved;
  return old === undefined ? body : tidyBlocks({ registers, blocks: [head, ...rest, old, { instructions: [], terminator: { kind: 'return' } }], loops: [] });
}

const behind = (entry: BlockId) => (block: BlockId): BlockId => (block === 0 ? entry : block);
