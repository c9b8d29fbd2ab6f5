/** Where the blocks of one function lead: inside it, into its loops, out of it. */
import type { BlockId, SourceLocation } from '@stapkit/object';
import type { Label, Register } from '../bpf/index.js';
import { Assembler, FP, HELPER, R0, R1, R2, R3, R4, asm } from '../bpf/index.js';
import type { AcquirePoint } from './acquire-point.js';
import { emitBlocks } from './blocks.js';
import { CONTEXT, CONTEXT_MAP } from './context-area.js';
import { ERRORS } from './error-messages.js';
import type { FunctionFlow } from './function-emitter.js';
import { FunctionEmitter } from './function-emitter.js';
import { allocate } from './handler.js';
import type { HandlerPlan } from './handler-plan.js';
import type { Region } from './regions.js';
import { sendStackRecord } from './select/prints.js';
import { MOST_FRAMES, callRepeatedly, loopDrivers } from './repeat.js';
import { errorLabel } from './select/raise.js';
import { STEP_STACK_BYTES } from './text-loops.js';

/** Codes in the context's loopExit word: the block to go on at, or the end of the handler. */
const EXIT_FINISH = 1;
const exitCode = (block: BlockId): number => block + 2;

/** BPF_MAX_LOOPS: bpf_loop refuses more. */
const MOST_ITERATIONS = 1 << 23;

interface LoopFunction {
  readonly symbol: string;
  readonly exits: ReadonlySet<BlockId>;
  readonly location: SourceLocation | undefined;
  /** Functions between the caller and the iterations. */
  readonly drivers: number;
  readonly hasInner: boolean;
}

export interface FunctionEnds {
  readonly finish: Label;
  /** The end of a handler that has not taken the context. */
  readonly leave: Label;
  /** When the context is taken late. */
  readonly acquire: AcquirePoint | undefined;
  framePointer(to: Register): void;
}

export class HandlerFlow implements FunctionFlow {
  readonly #e: FunctionEmitter;
  readonly #plan: HandlerPlan;
  readonly #region: Region;
  readonly #ends: FunctionEnds;
  readonly #own: ReadonlySet<BlockId>;
  readonly #blocks = new Map<BlockId, Label>();
  readonly #entries = new Map<string, Label>();
  readonly #loops = new Map<BlockId, LoopFunction>();
  /** Blocks outside of this function that it goes on at. */
  readonly exits = new Set<BlockId>();
  readonly targets = new Set<BlockId>();

  constructor(e: FunctionEmitter, plan: HandlerPlan, region: Region, ends: FunctionEnds) {
    this.#e = e;
    this.#plan = plan;
    this.#region = region;
    this.#ends = ends;
    this.#own = new Set(region.blocks);
  }

  get region(): Region {
    return this.#region;
  }

  blockLabel(block: BlockId): Label {
    const known = this.#blocks.get(block) ?? { name: `b${block}` };
    this.#blocks.set(block, known);
    return known;
  }

  finish(printed: number): Label {
    if (!this.#e.block.acquired) return this.#ends.leave;
    if (printed === 0 || this.#plan.record === undefined) return this.#ends.finish;
    return this.#stub(`send ${printed}`, () => {
      sendStackRecord(this.#e, printed);
      this.#e.emit(asm.jump(this.#ends.finish));
    });
  }

  edge(target: BlockId, printed: number): Label {
    if (this.#ends.acquire?.ends.has(target) === true) return this.finish(printed);
    const wanted = this.#plan.record?.at.get(target) ?? 0;
    if (this.#plan.record !== undefined && printed !== wanted) {
      const inner = this.#target(target);
      return this.#stub(`send ${printed} then ${target}`, () => {
        sendStackRecord(this.#e, printed);
        this.#e.emit(asm.jump(inner));
      });
    }
    return this.#target(target);
  }

  #target(target: BlockId): Label {
    const e = this.#e;
    const { header, inner } = this.#region;
    if (target === header || inner.includes(target)) return this.#stub(`next iteration of ${target}`, () => {
      if (inner.length > 0) e.emit(asm.storeImm(8, e.scratch, this.#plan.resume, inner.indexOf(target) + 1));
      e.emit(asm.mov.imm(R0, 0), asm.exit());
    });
    if (this.#own.has(target)) return this.blockLabel(target);
    const loop = this.#loops.get(target);
    if (loop !== undefined) return this.#stub(`loop ${target}`, () => {
      this.#callLoop(loop);
    });
    this.exits.add(target);
    return this.#stub(`exit to ${target}`, () => {
      e.emit(asm.storeImm(8, e.scratch, CONTEXT.loopExit, exitCode(target)), asm.mov.imm(R0, 1), asm.exit());
    });
  }

  #stub(key: string, emitCold: () => void): Label {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const label: Label = { name: key };
    this.#entries.set(key, label);
    this.#e.later(() => {
      this.#e.bind(label);
      emitCold();
    });
    return label;
  }

  /** Emits the functions of the region's loops; gives the deepest stack that they need. */
  emitLoops(): number {
    let deepest = 0;
    for (const child of this.#region.children) {
      const { loop, stackBytes } = emitLoopFunction(this.#e, this.#plan, child);
      deepest = Math.max(deepest, stackBytes);
      if (child.header !== undefined) this.#loops.set(child.header, loop);
    }
    return deepest;
  }

  #callLoop({ symbol, exits, location, drivers, hasInner }: LoopFunction): void {
    const e = this.#e;
    e.block.location = location;
    e.emit(asm.storeImm(8, e.scratch, CONTEXT.loopExit, 0));
    if (hasInner) e.emit(asm.storeImm(8, e.scratch, this.#plan.resume, 0));
    const most = Math.min(e.env.limits.MAXACTION + 1, MOST_ITERATIONS);
    if (e.env.features.loop) {
      this.#ends.framePointer(R3);
      e.emit(asm.mov.imm(R1, most), asm.loadFunction(R2, symbol), asm.mov.imm(R4, 0), asm.call(HELPER.loop));
    } else callRepeatedly(e, symbol, most, drivers);
    e.emit(asm.load(8, R1, e.scratch, CONTEXT.loopExit));
    for (const target of exits) e.emit(asm.jumpIf('eq', R1, { imm: exitCode(target) }, this.edge(target, e.block.printed)));
    e.emit(asm.jumpIf('ne', R1, { imm: 0 }, this.#ends.finish), asm.jump(errorLabel(e, ERRORS.maxAction)));
  }
}

/** How deep loops stand in the region, itself counted. */
function levels({ children }: Region): number {
  return 1 + Math.max(0, ...children.map(levels));
}

/** A global function is given numbers alone: it finds its CPU's context itself. */
function findContext(e: FunctionEmitter): void {
  const found = e.label('found');
  e.withTemp(8, (at) => {
    e.emit(asm.storeImm(4, FP, at, 0), asm.mov.reg(R2, FP), asm.add.imm(R2, at), asm.loadMap(R1, CONTEXT_MAP), asm.call(HELPER.mapLookup));
  });
  e.emit(asm.jumpIf('ne', R0, { imm: 0 }, found), asm.mov.imm(R0, 1), asm.exit());
  e.bind(found);
  e.emit(asm.mov.reg(e.scratch, R0));
}

/** r1: number of the iteration; r2: the main function's frame (context, program argument). Returns 1 to stop. */
function emitLoopFunction(parent: FunctionEmitter, plan: HandlerPlan, region: Region): { readonly loop: LoopFunction; readonly stackBytes: number } {
  const { env } = parent;
  const code = new Assembler();
  const drivers = env.features.loop ? 0 : loopDrivers(parent, levels(region));
  const e = new FunctionEmitter(code, env, plan, region, parent.frames + 1 + drivers);
  if (e.frames >= MOST_FRAMES) throw new Error('internal error: loops stand too deep');
  allocate(e, plan, region);
  const finish: Label = { name: 'finish' };
  const flow = new HandlerFlow(e, plan, region, { finish, leave: finish, acquire: undefined, framePointer: (to) => {
    e.into({ register: plan.pseudo.frame }, to);
  } });
  e.flow = flow;
  const below = flow.emitLoops();
  const header = plan.body.blocks[region.header ?? 0];
  const location = header?.location ?? header?.instructions[0]?.location ?? env.program.probes[env.probe]?.location;
  code.at(location);
  if (env.features.loop) e.emit(asm.load(8, e.scratch, R2, 0));
  else findContext(e);
  if (env.features.loop && e.home(plan.pseudo.context) !== undefined) {
    e.emit(asm.load(8, R3, R2, 8));
    e.commit(plan.pseudo.context, R3);
  }
  if (env.features.loop && region.children.length > 0) e.commit(plan.pseudo.frame, R2);
  e.block = { id: region.header ?? 0, onError: header?.onError, acquired: true, printed: 0, location };
  e.emit(asm.load(8, R1, e.scratch, CONTEXT.actions), asm.add.imm(R1, 1), asm.store(8, e.scratch, CONTEXT.actions, R1));
  e.emit(asm.jumpIf('gt', R1, { imm: env.limits.MAXACTION }, errorLabel(e, ERRORS.maxAction)));
  if (region.inner.length > 0) {
    e.emit(asm.load(8, R1, e.scratch, plan.resume));
    region.inner.forEach((inner, index) => { e.emit(asm.jumpIf('eq', R1, { imm: index + 1 }, flow.blockLabel(inner))); });
  }
  emitBlocks(e, flow, undefined);
  e.bind(finish);
  e.emit(asm.storeImm(8, e.scratch, CONTEXT.loopExit, EXIT_FINISH), asm.mov.imm(R0, 1), asm.exit());
  e.emitCold();
  const symbol = `${env.symbol}_loop${region.index}`;
  env.subprograms.push({ symbol, code: code.assemble(), parameters: env.features.loop ? ['index', 'frame'] : ['index'], linkage: env.features.loop ? 'static' : 'global' });
  return { loop: { symbol, exits: flow.exits, location, drivers, hasInner: region.inner.length > 0 }, stackBytes: ((e.stackMax + 31) & ~31) + Math.max(below, e.calleeStack) + drivers * STEP_STACK_BYTES };
}
