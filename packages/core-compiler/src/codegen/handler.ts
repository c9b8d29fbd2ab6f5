/** Emits a handler: its main function into a program, its loops as functions of `.text`. */
import type { IrBody, IrType, RegisterId } from '@stapkit/object';
import { SESSION, SESSION_STATE } from '@stapkit/object';
import { Assembler, FP, HELPER, R0, R1, R2, R3, asm } from '../bpf/index.js';
import { allocateRegisters, liveIntervals } from './allocate-registers.js';
import { findAcquirePoint } from './acquire-point.js';
import { emitBlocks } from './blocks.js';
import { CONTEXT, CONTEXT_MAP, contextsOfCpu } from './context-area.js';
import type { EntrySlot } from './function-emitter.js';
import { FunctionEmitter, STACK_BYTES } from './function-emitter.js';
import type { Guard } from './guards.js';
import { emitGuard } from './guards.js';
import type { HandlerEnvironment } from './handler-environment.js';
import type { HandlerPlan } from './handler-plan.js';
import { STACK_SPILL_MAX, planHandler } from './handler-plan.js';
import { HandlerFlow } from './handler-flow.js';
import { REFUSAL } from './refusals.js';
import type { Region } from './regions.js';
import { takeContextProgram } from './runtime-subprograms.js';
import { clearText, readSlot } from './select/text-memory.js';
import { loadVerdict, storeVerdict } from './select/verdict.js';
import { WALK_STACK_BYTES } from './walk-subprograms.js';

/** Values that travel from a call's entry to its return. */
export interface EntryMap {
  readonly map: string;
  readonly slots: readonly EntrySlot[];
  readonly valueBytes: number;
}

export interface HandlerOptions {
  /** An entry program: save-entry writes here. */
  readonly saves?: EntryMap;
  /** A return program: registers that the saved values go to. `keeps`: the call goes on, and may come here again. */
  readonly loads?: EntryMap & { readonly registers: readonly RegisterId[]; readonly keeps?: boolean };
  /** Checked in this order. */
  readonly guards?: readonly Guard[];
}

const BPF_ANY = 0;
const KEY_BYTES = 16;
/** The kernel counts at least so many for a function. */
const TAKE_CONTEXT_STACK_BYTES = 32;

export interface EmittedHandler { readonly contextBytes: number }

/** r1 is the program's argument; ends with `exit`. */
export function emitHandler(code: Assembler, body: IrBody, env: HandlerEnvironment, options: HandlerOptions = {}): EmittedHandler {
  const { program, storage, limits, features, recordBytes } = env;
  const plan = planHandler(body, env.probeContext, { program, storage, limits, features, recordBytes, entryBytes: options.saves?.valueBytes ?? 0 });
  const main = plan.regions[0];
  if (main === undefined) throw new Error('internal error: a handler without blocks');
  const e = new FunctionEmitter(code, env, plan, main);
  const depth = new MainFunction(e, plan, main, options).emit() + (plan.walks.size > 0 ? WALK_STACK_BYTES : 0);
  if (depth > STACK_BYTES) {
    env.refuse(REFUSAL.tooLarge, `the handler needs ${depth} bytes of stack, BPF has ${STACK_BYTES}`, env.program.probes[env.probe]?.location, 'use fewer values at a time');
  }
  return { contextBytes: plan.usesContext ? plan.area.bytes : 0 };
}

class MainFunction {
  readonly #e: FunctionEmitter;
  readonly #plan: HandlerPlan;
  readonly #main: Region;
  readonly #options: HandlerOptions;
  /** Ends a program that has not taken the context. */
  readonly #leave = { name: 'leave' };
  readonly #finish = { name: 'finish' };
  #frame = 0;
  #key = 0;

  constructor(e: FunctionEmitter, plan: HandlerPlan, main: Region, options: HandlerOptions) {
    this.#e = e;
    this.#plan = plan;
    this.#main = main;
    this.#options = options;
  }

  /** Gives the bytes of stack that the function and its loops take. */
  emit(): number {
    const e = this.#e;
    this.#takeStack();
    const spillsToContext = allocate(e, this.#plan, this.#main);
    const isPlain = !spillsToContext && this.#options.saves === undefined && this.#options.loads === undefined && !this.#plan.catches;
    const point = isPlain ? findAcquirePoint(this.#plan) : undefined;
    const flow = new HandlerFlow(e, this.#plan, this.#main, { finish: this.#finish, leave: this.#leave, acquire: point, framePointer: (to) => {
      e.pointer(to, { register: FP, offset: this.#frame });
    } });
    e.flow = flow;
    const below = flow.emitLoops();
    this.#prologue(point === undefined);
    const { saves } = this.#options;
    emitBlocks(e, flow, saves === undefined ? undefined : () => {
      this.#saveEntry(saves.map);
    }, point === undefined ? undefined : {
      point, acquire: () => {
        this.#acquire();
      },
    });
    e.bind(this.#finish);
    this.#epilogue();
    this.#answer();
    e.bind(this.#leave);
    e.emit(asm.mov.imm(R0, e.env.probeContext.result ?? 0), asm.exit());
    e.emitCold();
    return e.stackMax + Math.max(below, e.calleeStack);
  }

  #takeStack(): void {
    const e = this.#e;
    if (this.#plan.stackTextBytes > 0) e.takeStack(this.#plan.stackTextBytes);
    if (this.#plan.record !== undefined && this.#plan.record.bytes > 0) e.recordOffset = e.takeStack(this.#plan.record.bytes);
    if (this.#plan.outlined) this.#frame = e.takeStack(16);
    if (this.#options.saves !== undefined || this.#options.loads !== undefined) this.#key = e.takeStack(KEY_BYTES);
    if (this.#plan.verdict !== undefined && !this.#plan.outlined) e.verdictOffset = e.takeStack(8);
  }

  #prologue(acquires: boolean): void {
    const e = this.#e;
    e.code.at(e.env.program.probes[e.env.probe]?.location);
    const state = e.globals(SESSION.state, R2);
    e.emit(asm.load(8, R3, state.register, state.offset), asm.jumpIf('ne', R3, { imm: SESSION_STATE.running }, this.#leave));
    e.contextInR1 = true;
    if (this.#key !== 0) {
      e.env.probeContext.frame(e, R0);
      e.emit(asm.store(8, FP, this.#key + 8, R0));
    }
    if (this.#plan.outlined) e.emit(asm.store(8, FP, this.#frame + 8, R1));
    e.contextInR1 = false;
    e.commit(this.#plan.pseudo.context, R1);
    for (const guard of this.#options.guards ?? []) emitGuard(e, guard, this.#leave);
    if (this.#key !== 0) e.emit(asm.call(HELPER.getCurrentPidTgid), asm.store(8, FP, this.#key, R0));
    if (this.#plan.usesContext && acquires) this.#acquire();
    if (this.#plan.catches) this.#clearError();
    if (this.#plan.verdict !== undefined) {
      e.emit(asm.mov.imm(R0, e.env.probeContext.result ?? 0));
      storeVerdict(e, R0);
    }
    this.#prepareEntry();
    this.#initialise();
  }

  /** Takes a context of this CPU, or counts a skipped probe when probes that we interrupted have all that we may use. */
  #acquire(): void {
    const e = this.#e;
    const [taken, busy] = [e.label('taken'), e.label('busy')];
    const { scratch } = e;
    const contexts = contextsOfCpu(e.env.features);
    const first = contexts === 1 || this.#plan.isExclusive ? 0 : 1;
    e.withTemp(8, (at) => {
      e.emit(asm.storeImm(4, FP, at, first), asm.mov.reg(R2, FP), asm.add.imm(R2, at), asm.loadMap(R1, CONTEXT_MAP), asm.call(HELPER.mapLookup));
    });
    e.emit(asm.jumpIf('eq', R0, { imm: 0 }, this.#leave), asm.mov.reg(scratch, R0));
    if (e.env.features.atomicFetch) {
      e.emit(asm.mov.imm(R0, 0), asm.mov.imm(R1, 1), asm.compareExchange(scratch, CONTEXT.busy, R1), asm.jumpIf('ne', R0, { imm: 0 }, busy));
    } else e.emit(asm.load(8, R1, scratch, CONTEXT.busy), asm.jumpIf('ne', R1, { imm: 0 }, busy), asm.storeImm(8, scratch, CONTEXT.busy, 1));
    e.bind(taken);
    if (this.#plan.outlined) e.emit(asm.storeImm(8, scratch, CONTEXT.actions, 0), asm.store(8, FP, this.#frame, scratch));
    if (first > 0) e.calls(TAKE_CONTEXT_STACK_BYTES);
    e.later(() => {
      e.bind(busy);
      if (first > 0) {
        const symbol = e.env.subprogram('take_context', () => takeContextProgram('take_context', first + 1, contexts));
        e.emit(asm.callSymbol(symbol), asm.mov.reg(scratch, R0), asm.jumpIf('ne', R0, { imm: 0 }, taken));
      }
      e.count('skippedBusy');
      e.emit(asm.jump(this.#leave));
    });
  }

  #clearError(): void {
    const e = this.#e;
    for (const register of [this.#plan.pseudo.errorId, this.#plan.pseudo.errorNumber]) {
      if (e.home(register) === undefined) e.setHome(register, { kind: 'stack', offset: e.takeStack(8) });
      e.emit(asm.mov.imm(R0, 0));
      e.commit(register, R0);
    }
  }

  #epilogue(): void {
    const e = this.#e;
    if (!this.#plan.usesContext) return;
    if (this.#plan.record === undefined) {
      const empty = e.label('empty');
      e.emit(asm.load(8, R1, e.scratch, CONTEXT.cursor), asm.jumpIf('eq', R1, { imm: 0 }, empty), asm.mov.reg(R1, e.scratch), asm.callSymbol(e.env.flushSymbol()));
      e.bind(empty);
    }
    // Before another handler of this CPU may set its own.
    if (this.#plan.verdict !== undefined && this.#plan.outlined) loadVerdict(e, R0);
    e.emit(asm.storeImm(8, e.scratch, CONTEXT.busy, 0));
  }

  /** What the handler set. The verifier must see the range that the kernel takes. */
  #answer(): void {
    const e = this.#e;
    if (this.#plan.verdict === undefined) return;
    if (!this.#plan.outlined) loadVerdict(e, R0);
    e.emit(asm.and.imm(R0, 1), asm.exit());
  }

  /** Registers start as 0 and "". Only those that may be read before they are written need it. */
  #initialise(): void {
    const e = this.#e;
    const given = new Set<RegisterId>([...Object.values(this.#plan.pseudo) as RegisterId[], ...(this.#options.loads?.registers ?? [])]);
    for (const register of this.#plan.liveness.liveIn(0)) {
      if (given.has(register)) continue;
      if (this.#plan.body.registers[register]?.type === 'string') clearText(e, register);
      else {
        const target = e.target(register, R0);
        e.emit(asm.mov.imm(target, 0));
        e.commit(register, target);
      }
    }
  }

  #prepareEntry(): void {
    const { saves, loads } = this.#options;
    if (saves !== undefined) this.#prepareSaving(saves);
    if (loads !== undefined) this.#loadEntry(loads, loads.registers, loads.keeps === true);
  }

  #prepareSaving({ slots, valueBytes }: EntryMap): void {
    const e = this.#e;
    const onStack = valueBytes <= 128;
    const buffer = onStack ? { register: FP, offset: e.takeStack(valueBytes) } : { register: e.scratch, offset: this.#plan.work.entry };
    for (let at = 0; at < valueBytes; at += 8) e.emit(asm.storeImm(8, buffer.register, buffer.offset + at, 0));
    e.entry = { buffer, slots };
  }

  #saveEntry(map: string): void {
    const e = this.#e;
    if (e.entry === undefined) return;
    e.pointer(R2, { register: FP, offset: this.#key });
    e.pointer(R3, e.entry.buffer);
    e.emit(asm.loadMap(R1, map), asm.mov.imm(4, BPF_ANY), asm.call(HELPER.mapUpdate));
  }

  /** Copies the saved values to their registers; a call that was entered before the probe was there is counted and left. */
  #loadEntry({ map, slots }: EntryMap, registers: readonly RegisterId[], keeps: boolean): void {
    const e = this.#e;
    const missed = e.label('missed');
    const key = (): void => {
      e.pointer(R2, { register: FP, offset: this.#key });
      e.emit(asm.loadMap(R1, map));
    };
    key();
    e.emit(asm.call(HELPER.mapLookup), asm.jumpIf('eq', R0, { imm: 0 }, missed));
    e.withTemp(8, (saved) => {
      const hasText = slots.some(({ type }) => type === 'string');
      if (hasText) e.emit(asm.store(8, FP, saved, R0));
      slots.forEach(({ type, offset, bytes }, index) => {
        const register = registers[index];
        if (register === undefined) return;
        if (hasText) e.emit(asm.load(8, R2, FP, saved));
        const from = hasText ? R2 : R0;
        if (type === 'string') readSlot(e, register, { register: from, offset }, bytes);
        else {
          const target = e.target(register, R1);
          e.emit(asm.load(8, target, from, offset));
          e.commit(register, target);
        }
      });
    });
    if (!keeps) {
      key();
      e.emit(asm.call(HELPER.mapDelete));
    }
    e.later(() => {
      e.bind(missed);
      e.count('missedReturns');
      e.emit(asm.jump(this.#finish));
    });
  }
}

/** Gives the region's own registers their homes; whether the context is one of them. */
export function allocate(e: FunctionEmitter, plan: HandlerPlan, region: Region): boolean {
  const { pseudo, body } = plan;
  const intervals = liveIntervals(body, region.blocks, plan.liveness, plan.extra);
  const isOwn = (register: RegisterId): boolean => typeOf(body, register) === 'long' && !plan.shared.has(register) && register !== pseudo.errorId && register !== pseudo.errorNumber;
  const own = [...intervals.values()].filter(({ register }) => isOwn(register));
  const throughout = (register: RegisterId): void => {
    own.push({ register, start: 0, end: Number.MAX_SAFE_INTEGER, weight: 1 });
  };
  if (plan.usesContext) throughout(pseudo.scratch);
  if (region.header !== undefined && region.children.length > 0) throughout(pseudo.frame);
  for (const interval of own) if (interval.register === pseudo.context) interval.start = 0;
  const { homes, stackBytes } = allocateRegisters(own, new Set([pseudo.scratch]));
  const spillsToContext = plan.usesContext && stackBytes > STACK_SPILL_MAX;
  const onStack = spillsToContext ? STACK_SPILL_MAX : stackBytes;
  const base = onStack === 0 ? 0 : e.takeStack(onStack) + onStack;
  const contextBase = plan.area.take(stackBytes - onStack);
  for (const [register, home] of homes) {
    if (home.kind !== 'stack') e.setHome(register, home);
    else if (-home.offset <= onStack) e.setHome(register, { kind: 'stack', offset: base + home.offset });
    // Both have a value before the context is known.
    else if (register === pseudo.context || register === pseudo.frame) e.setHome(register, { kind: 'stack', offset: e.takeStack(8) });
    else e.setHome(register, { kind: 'context', offset: contextBase - home.offset - onStack - 8 });
  }
  return spillsToContext;
}

const typeOf = (body: IrBody, register: RegisterId): IrType | undefined => body.registers[register]?.type;

