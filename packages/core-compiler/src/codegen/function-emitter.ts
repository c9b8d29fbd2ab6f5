/** Emits one BPF function of a handler: where values are, temporaries on the stack, cold code at the end. */
import type { BlockId, IrType, RegisterId, SourceLocation, Value } from '@stapkit/object';
import { GLOBALS_MAP, SESSION } from '@stapkit/object';
import type { Assembler, Instruction, Label, Register } from '../bpf/index.js';
import { FP, HELPER, R1, R2, R3, asm } from '../bpf/index.js';
import type { Home } from './allocate-registers.js';
import type { HandlerEnvironment } from './handler-environment.js';
import type { HandlerPlan, TextPlace } from './handler-plan.js';
import type { Region } from './regions.js';
import { writeSlot } from './select/text-memory.js';

/** The kernel's limit on a program's stack. */
export const STACK_BYTES = 512;

/** A place in memory: a machine register and an offset that fits an instruction. */
export interface Address {
  readonly register: Register;
  readonly offset: number;
}

/** A value that an entry program keeps, in the map's value. */
export interface EntrySlot {
  readonly type: IrType;
  readonly offset: number;
  readonly bytes: number;
}

/** Where the block that is being emitted stands. */
export interface BlockState {
  readonly id: BlockId;
  readonly onError: BlockId | undefined;
  /** The CPU's context has been taken. */
  acquired: boolean;
  /** Stack record: bytes printed so far. */
  printed: number;
  location: SourceLocation | undefined;
}

/** How a function's blocks hang together. */
export interface FunctionFlow {
  /** Where to jump to go on at a block, whichever function it is in. */
  edge(target: BlockId, printed: number): Label;
  /** Where to jump to end the handler with `printed` bytes in a stack record. */
  finish(printed: number): Label;
}

const CALLER_SAVED_LIMIT = 5;

export class FunctionEmitter {
  readonly code: Assembler;
  readonly env: HandlerEnvironment;
  readonly plan: HandlerPlan;
  readonly region: Region;
  readonly frames: number;
  block: BlockState = { id: 0, onError: undefined, acquired: true, printed: 0, location: undefined };
  /** In the prologue, before anything has changed r1. */
  contextInR1 = false;
  /** In an entry program: what it keeps for the return. */
  entry: { readonly buffer: Address; readonly slots: readonly EntrySlot[] } | undefined;
  /** Offset of the stack record from the frame pointer. */
  recordOffset = 0;
  /** Where the handler keeps what its hook will answer, without loops: on the stack. */
  verdictOffset = 0;
  /** Error stubs by what they do, so that equal ones are emitted once. */
  readonly stubs = new Map<string, Label>();
  #flow: FunctionFlow | undefined;
  readonly #homes = new Map<RegisterId, Home>();
  readonly #later: (() => void)[] = [];
  #stackBytes = 0;
  #stackMax = 0;
  #calleeStack = 0;
  /** A machine register that holds the address of the globals map's value. */
  #knownGlobals: Register | undefined;

  /** @param frames how many functions are called at once when this one runs, itself counted */
  constructor(code: Assembler, env: HandlerEnvironment, plan: HandlerPlan, region: Region, frames = 1) {
    this.frames = frames;
    this.code = code;
    this.env = env;
    this.plan = plan;
    this.region = region;
  }

  get flow(): FunctionFlow {
    if (this.#flow === undefined) throw new Error('internal error: the function has no flow yet');
    return this.#flow;
  }

  set flow(flow: FunctionFlow) {
    this.#flow = flow;
  }

  // -- code -------------------------------------------------------------------

  emit(...instructions: readonly Instruction[]): void {
    for (const one of instructions) {
      this.code.emit(one);
      if (this.#knownGlobals !== undefined && changes(one, this.#knownGlobals)) this.#knownGlobals = undefined;
    }
  }

  label(name: string): Label {
    return { name };
  }

  bind(label: Label): void {
    this.#knownGlobals = undefined;
    this.code.bind(label);
  }

  /** Emits cold code after the function's blocks. */
  later(emitCold: () => void): void {
    const { id, onError, acquired, printed, location } = this.block;
    // Temporaries of the place that jumps here may still be wanted.
    const stackBytes = this.#stackBytes;
    this.#later.push(() => {
      const before = this.#stackBytes;
      this.#stackBytes = stackBytes;
      this.block = { id, onError, acquired, printed, location };
      this.code.at(location);
      emitCold();
      this.#stackBytes = before;
    });
  }

  emitCold(): void {
    for (let next = this.#later.shift(); next !== undefined; next = this.#later.shift()) next();
  }

  // -- stack --------------------------------------------------------------------

  /** Takes stack for the rest of the function; the offset from the frame pointer. */
  takeStack(bytes: number): number {
    this.#stackBytes += (bytes + 7) & ~7;
    this.#stackMax = Math.max(this.#stackMax, this.#stackBytes);
    return -this.#stackBytes;
  }

  withTemp<T>(bytes: number, use: (offset: number) => T): T {
    const before = this.#stackBytes;
    const result = use(this.takeStack(bytes));
    this.#stackBytes = before;
    return result;
  }

  get stackMax(): number {
    return this.#stackMax;
  }

  /** Notes that a function is called which takes so much stack. */
  calls(stackBytes: number): void {
    this.#calleeStack = Math.max(this.#calleeStack, stackBytes);
  }

  get calleeStack(): number {
    return this.#calleeStack;
  }

  // -- registers ------------------------------------------------------------------

  setHome(register: RegisterId, home: Home): void {
    this.#homes.set(register, home);
  }

  home(register: RegisterId): Home | undefined {
    return this.#homes.get(register) ?? this.plan.shared.get(register);
  }

  /** This CPU's context. It always has a register of its own. */
  get scratch(): Register {
    const home = this.home(this.plan.pseudo.scratch);
    if (home?.kind !== 'register') throw new Error('internal error: the handler has no context');
    return home.register;
  }

  /** The program's argument. */
  contextPointer(temporary: Register): Register {
    if (this.contextInR1) return R1;
    return this.reg({ register: this.plan.pseudo.context }, temporary);
  }

  /** The register that holds a long; `temporary` when it must be loaded. Not to be changed. */
  reg(value: Value, temporary: Register): Register {
    if ('register' in value) {
      const home = this.home(value.register);
      if (home?.kind === 'register') return home.register;
    }
    this.into(value, temporary);
    return temporary;
  }

  /** Copies a long into a machine register. */
  into(value: Value, target: Register): void {
    if ('long' in value) this.constant(target, value.long);
    else if ('text' in value) throw new Error('internal error: a text where a long is wanted');
    else {
      const home = this.home(value.register);
      if (home === undefined) throw new Error(`internal error: register ${value.register} has no home`);
      if (home.kind !== 'register') this.emit(asm.load(8, target, home.kind === 'stack' ? FP : this.scratch, home.offset));
      else if (home.register !== target) this.emit(asm.mov.reg(target, home.register));
    }
  }

  constant(target: Register, value: bigint): void {
    const long = BigInt.asIntN(64, value);
    if (long === BigInt.asIntN(32, long)) this.emit(asm.mov.imm(target, Number(long)));
    else this.emit(asm.loadImm64(target, long));
  }

  /** Where to compute a result: its own register, or `temporary`. Follow with {@link commit}. */
  target(dst: RegisterId, temporary: Register): Register {
    const home = this.home(dst);
    return home?.kind === 'register' ? home.register : temporary;
  }

  /** The result is in `from`. Results that nobody reads have no home. */
  commit(dst: RegisterId, from: Register): void {
    const home = this.home(dst);
    if (home === undefined) return;
    if (home.kind !== 'register') this.emit(asm.store(8, home.kind === 'stack' ? FP : this.scratch, home.offset, from));
    else if (home.register !== from) this.emit(asm.mov.reg(home.register, from));
  }

  // -- places -----------------------------------------------------------------------

  text(register: RegisterId): TextPlace {
    const place = this.plan.texts.get(register);
    if (place === undefined) throw new Error(`internal error: text register ${register} has no place`);
    return place;
  }

  /** A place of the plan as an address. */
  address({ base }: { readonly base: 'stack' | 'context' }, offset: number): Address {
    return { register: base === 'stack' ? FP : this.scratch, offset };
  }

  /** Computes an address into a register. */
  pointer(target: Register, { register, offset }: Address): void {
    if (target !== register) this.emit(asm.mov.reg(target, register));
    if (offset !== 0) this.emit(asm.add.imm(target, offset));
  }

  /** The globals map's value at `offset`, through `temporary` unless a register has it already. */
  globals(offset: number, temporary: Register): Address {
    if (offset > 32767) {
      this.emit(asm.loadData(temporary, GLOBALS_MAP, offset));
      return { register: temporary, offset: 0 };
    }
    if (this.#knownGlobals === undefined) {
      this.emit(asm.loadData(temporary, GLOBALS_MAP, 0));
      this.#knownGlobals = temporary;
    }
    return { register: this.#knownGlobals, offset };
  }

  /** Adds 1 to a word of the session area. Uses r1 and r2. */
  count(word: Exclude<keyof typeof SESSION, 'size'>): void {
    const { register, offset } = this.globals(SESSION[word], R1);
    const one = register === R2 ? R1 : R2;
    this.emit(asm.mov.imm(one, 1), asm.atomicAdd(register, offset, one));
  }

  saveEntry(slot: number, value: Value): void {
    const place = this.entry?.slots[slot];
    if (this.entry === undefined || place === undefined) throw new Error(`internal error: no entry slot ${slot}`);
    const { register, offset } = this.entry.buffer;
    const to = { register, offset: offset + place.offset };
    if (place.type === 'string') writeSlot(this, to, place.bytes, value);
    else this.emit(asm.store(8, to.register, to.offset, this.reg(value, R1)));
  }

  /** Reads `bytes` at the address in r3, zero-extended, into `to`; gives r0 != 0 on a fault. */
  readWord(space: 'kernel' | 'user', bytes: 1 | 2 | 4 | 8, to: Register, address: Register): void {
    this.withTemp(8, (at) => {
      if (address !== R3) this.emit(asm.mov.reg(R3, address));
      if (bytes !== 8) this.emit(asm.storeImm(8, FP, at, 0));
      this.emit(asm.mov.reg(R1, FP), asm.add.imm(R1, at), asm.mov.imm(R2, bytes));
      this.emit(asm.call(space === 'kernel' ? HELPER.probeReadKernel : HELPER.probeReadUser), asm.load(8, to, FP, at));
    });
  }
}

function changes({ opcode, dst, src, imm }: Instruction, register: Register): boolean {
  const kind = opcode & 7;
  if (kind === 5 && (opcode & 0xf0) === 0x80) return register <= CALLER_SAVED_LIMIT;
  // Fetching atomics load into their source register (or r0).
  if (kind === 3 && (opcode & 0xe0) === 0xc0) return (imm & 1) !== 0 && (src === register || register === 0);
  return (kind === 0 || kind === 1 || kind === 4 || kind === 7) && dst === register;
}
