/**
 * Recursion without calls, for kernel handlers: BPF bounds both its calls and its stack. The
 * functions that call each other become one state machine. Their blocks are copied once; a call
 * between them keeps what is live in a frame, and goes through the dispatcher to the callee's
 * entry; a return takes the frame back and goes through the dispatcher to where the call was.
 * So all cycles pass the dispatcher, which is a loop like any other: MAXACTION bounds it.
 */
import type { BlockId, FunctionId, IrBlock, IrBody, IrFunction, IrInstruction, IrRegister, IrType, RegisterId, SourceLocation, Value } from '@stapkit/object';
import { blockAt, mapTargets, tidyBlocks } from './control-flow.js';
import { present } from './internal-error.js';
import { Liveness } from './liveness.js';
import { reopenWalks } from './recursion-walks.js';
import type { ReopenedBody } from './recursion-walks.js';
import { longValue, mapInputs, mapOutputs, mapTerminatorInput, registerValue, textValue } from './operands.js';

type Call = IrInstruction & { readonly op: 'call' };

/** A call that errors of the callee come back to. */
interface ProtectedCall {
  readonly state: number;
  readonly restore: readonly RegisterId[];
  readonly again: readonly IrInstruction[];
  readonly handler: BlockId;
}

/** How many calls enclose a body beyond those that its text shows. */
export interface Nesting {
  /** Calls of recursive functions around it: a register that the caller sets; 0 when nobody does. */
  readonly base: RegisterId;
  /** Calls of its own function around the current one. */
  readonly depth?: RegisterId;
}

export interface MachineBody {
  readonly body: IrBody;
  readonly nesting: Nesting;
}

const RETURN_SLOT = 0;

export class RecursionMachine {
  readonly #functions: readonly IrFunction[];
  readonly #group: readonly FunctionId[];
  readonly #stack: number;
  readonly #room: number;
  readonly #registers: IrRegister[] = [];
  readonly #blocks: IrBlock[] = [];
  readonly #offsets = new Map<FunctionId, number>();
  /** Where each state goes on. */
  readonly #states: BlockId[] = [];
  readonly #entries = new Map<FunctionId, number>();
  readonly #slots = new Map<RegisterId, number>();
  readonly #protected: ProtectedCall[] = [];
  readonly #results = new Map<IrType, RegisterId>();
  readonly #bodies = new Map<FunctionId, ReopenedBody>();
  #depth = 0;
  #base = 0;
  #state = 0;
  #dispatch = 0;
  #return = 0;

  /**
   * @param group the functions, the one that is called from outside first
   * @param stack names the frames; the same for all machines of a group, which never run at once
   * @param room calls that may nest, the first included
   */
  constructor(functions: readonly IrFunction[], group: readonly FunctionId[], stack: number, room: number) {
    this.#functions = functions;
    this.#group = group;
    this.#stack = stack;
    this.#room = room;
  }

  /** The first registers of the body are those of the function that is called from outside. */
  build(): MachineBody {
    let iterators = 0;
    for (const id of this.#group) {
      const reopened = reopenWalks(this.#function(id).body, (one) => this.#isInner(one), iterators);
      iterators = reopened.iterators;
      this.#bodies.set(id, reopened);
      this.#offsets.set(id, this.#registers.length);
      this.#registers.push(...reopened.body.registers.map((one) => ({ ...one })));
    }
    this.#depth = this.#register('long', 'depth');
    this.#state = this.#register('long', 'state');
    this.#base = this.#register('long', 'nesting');
    const start = this.#block();
    this.#dispatch = this.#block();
    this.#return = this.#block();
    for (const id of this.#group) this.#entries.set(id, this.#newState(-1));
    for (const id of this.#group) this.#copy(id);
    const [first] = this.#group;
    const location = this.#place(present(first, 'the function called from outside'));
    this.#append(start, this.#move(this.#depth, longValue(0n)), this.#goTo(present(this.#entries.get(first ?? 0), 'entry')));
    this.#jump(start, this.#dispatch);
    this.#emitReturn(this.#function(first ?? 0).result);
    if (this.#protected.length > 0) this.#emitUnwinding(location);
    this.#emitDispatch(location);
    return { body: tidyBlocks({ registers: this.#registers, blocks: this.#blocks, loops: [] }), nesting: { base: this.#base, depth: this.#depth } };
  }

  // -- functions -----------------------------------------------------------------

  #copy(id: FunctionId): void {
    const { body, walks } = present(this.#bodies.get(id), 'body');
    const first = this.#blocks.length;
    const offset = present(this.#offsets.get(id), 'offset');
    const value = (one: Value): Value => ('register' in one ? registerValue(one.register + offset) : one);
    const moved = (one: IrInstruction): IrInstruction => mapOutputs(mapInputs(one, value), rename);
    const rename = (register: RegisterId): RegisterId => register + offset;
    const liveness = new Liveness(body);
    for (const block of body.blocks) {
      this.#blocks.push({
        instructions: [], terminator: { kind: 'return' },
        ...(block.onError === undefined ? {} : { onError: block.onError + first }),
        ...(block.location === undefined ? {} : { location: block.location }),
      });
    }
    this.#states[present(this.#entries.get(id), 'entry')] = first;
    const again = this.#loopStates(body, first);
    body.blocks.forEach((block, at) => {
      const liveAfter = new Map<number, RegisterId[]>();
      liveness.walk(at, (one, index, live) => {
        if (this.#isInner(one)) liveAfter.set(index, body.registers.flatMap((_register, register) => (live.has(register) || (block.onError !== undefined && liveness.liveIn(block.onError).has(register)) ? [register + offset] : [])));
      });
      let current = first + at;
      const open = walks.get(at) ?? [];
      const kept = open.flatMap((walk) => walk.kept.map(rename));
      block.instructions.forEach((instruction, index) => {
        const one = moved(instruction);
        if (one.op !== 'call' || !this.#isInner(one)) this.#append(current, one);
        else current = this.#call(current, one, [...new Set([...(liveAfter.get(index) ?? []), ...kept])], open.flatMap((walk) => walk.again.map(moved)));
      });
      const terminator = mapTargets(mapTerminatorInput(block.terminator, value), (target) => again(at, target) ?? target + first);
      if (terminator.kind !== 'return') this.#at(current).terminator = terminator;
      else {
        if (terminator.value !== undefined) this.#append(current, this.#move(this.#result(this.#typeOf(terminator.value)), terminator.value));
        this.#jump(current, this.#return);
      }
    });
  }

  /** A loop with a call of the group in it is entered anew in its middle: its iterations go through the dispatcher as well. */
  #loopStates(body: IrBody, first: BlockId): (from: BlockId, target: BlockId) => BlockId | undefined {
    const detours = new Map<BlockId, { readonly blocks: ReadonlySet<BlockId>; readonly detour: BlockId }>();
    for (const { header, blocks } of body.loops) {
      if (!blocks.some((block) => blockAt(body, block).instructions.some((one) => this.#isInner(one)))) continue;
      const detour = this.#block();
      this.#append(detour, this.#goTo(this.#newState(first + header)));
      this.#jump(detour, this.#dispatch);
      detours.set(header, { blocks: new Set(blocks), detour });
    }
    return (from, target) => {
      const known = detours.get(target);
      return known?.blocks.has(from) === true ? known.detour : undefined;
    };
  }

  /** Gives the block in which the caller goes on. `again` takes up the walks around the call, which the callee may have used. */
  #call(block: BlockId, call: Call, live: readonly RegisterId[], again: readonly IrInstruction[]): BlockId {
    const handler = this.#at(block).onError;
    const callee = this.#function(call.function);
    const offset = present(this.#offsets.get(call.function), 'offset');
    const tooDeep = this.#block(handler);
    this.#at(tooDeep).terminator = { kind: 'throw', message: textValue('MAXNESTING exceeded'), ...(call.location === undefined ? {} : { location: call.location }) };
    const [go, back, rest] = [this.#block(), this.#block(), this.#block(handler)];
    const [calls, over] = [this.#register('long'), this.#register('long')];
    this.#append(block, { op: 'binary', fn: 'add', dst: calls, a: registerValue(this.#depth), b: registerValue(this.#base) },
      { op: 'binary', fn: 'ge', dst: over, a: registerValue(calls), b: longValue(BigInt(this.#room - 1)) });
    this.#at(block).terminator = { kind: 'branch', condition: registerValue(over), then: tooDeep, otherwise: go };
    const state = this.#newState(back);
    for (const register of live) this.#append(go, this.#save(this.#slot(register), registerValue(register)));
    this.#append(go, this.#save(RETURN_SLOT, longValue(BigInt(state))));
    // All arguments are read before the first parameter is written: they can be the same registers.
    const args = call.args.map((value) => {
      const register = this.#register(this.#typeOf(value));
      this.#append(go, this.#move(register, value));
      return registerValue(register);
    });
    for (const register of initialLocals(callee)) this.#append(go, this.#move(register + offset, zeroOf(callee.body.registers[register]?.type)));
    callee.params.forEach((param, index) => { this.#append(go, this.#move(param + offset, present(args[index], 'argument'))); });
    this.#append(go, this.#step('add'), this.#goTo(present(this.#entries.get(call.function), 'entry')));
    this.#jump(go, this.#dispatch);
    this.#restore(back, live);
    this.#append(back, ...again);
    if (call.dst !== undefined && callee.result !== undefined) this.#append(back, this.#move(call.dst, registerValue(this.#result(callee.result))));
    this.#jump(back, rest);
    if (handler !== undefined) this.#protected.push({ state, restore: live, again, handler });
    return rest;
  }

  // -- the machine ---------------------------------------------------------------

  #emitReturn(result: IrType | undefined): void {
    const [done, pop] = [this.#block(), this.#block()];
    this.#at(this.#return).terminator = { kind: 'branch', condition: registerValue(this.#depth), then: pop, otherwise: done };
    this.#at(done).terminator = { kind: 'return', ...(result === undefined ? {} : { value: registerValue(this.#result(result)) }) };
    this.#pop(pop);
    this.#jump(pop, this.#dispatch);
  }

  /** An error leaves call after call, each a round through the dispatcher, until one that was protected. */
  #emitUnwinding(location: SourceLocation | undefined): void {
    const [caught, look, pop, leave, further] = [this.#block(), this.#block(), this.#block(), this.#block(), this.#block()];
    const unwinding = this.#goTo(this.#newState(look));
    const own = this.#blocks.length;
    const message = this.#register('string', 'message');
    this.#append(caught, { op: 'caught', dst: message }, unwinding);
    this.#jump(caught, this.#dispatch);
    this.#append(further, unwinding);
    this.#jump(further, this.#dispatch);
    this.#at(look).terminator = { kind: 'branch', condition: registerValue(this.#depth), then: pop, otherwise: leave };
    this.#at(leave).terminator = { kind: 'throw', message: registerValue(message), ...(location === undefined ? {} : { location }) };
    this.#pop(pop);
    const cases = this.#protected.map(({ state, restore, again, handler }): [number, BlockId] => {
      const rethrow = this.#block(handler);
      this.#restore(rethrow, restore);
      this.#append(rethrow, ...again);
      this.#at(rethrow).terminator = { kind: 'throw', message: registerValue(message) };
      return [state, rethrow];
    });
    this.#select(pop, cases, further);
    for (let id = this.#return + 1; id < own; id++) if (id !== leave) this.#at(id).onError ??= caught;
  }

  #emitDispatch(location: SourceLocation | undefined): void {
    if (location !== undefined) this.#at(this.#dispatch).location = location;
    const last = this.#states.length - 1;
    this.#select(this.#dispatch, this.#states.slice(0, last).map((block, state): [number, BlockId] => [state, block]), present(this.#states[last], 'state'));
  }

  /** From `block` on to the block of the case that the state is. */
  #select(block: BlockId, cases: readonly (readonly [number, BlockId])[], otherwise: BlockId): void {
    let at = block;
    for (const [state, target] of cases) {
      const next = this.#block();
      const is = this.#register('long');
      this.#append(at, { op: 'binary', fn: 'eq', dst: is, a: registerValue(this.#state), b: longValue(BigInt(state)) });
      this.#at(at).terminator = { kind: 'branch', condition: registerValue(is), then: target, otherwise: next };
      at = next;
    }
    this.#jump(at, otherwise);
  }

  #pop(block: BlockId): void {
    this.#append(block, this.#step('sub'), { op: 'load-frame', dst: this.#state, stack: this.#stack, slot: RETURN_SLOT, depth: registerValue(this.#depth) });
  }

  #restore(block: BlockId, registers: readonly RegisterId[]): void {
    for (const dst of registers) this.#append(block, { op: 'load-frame', dst, stack: this.#stack, slot: this.#slot(dst), depth: registerValue(this.#depth) });
  }

  // -- pieces ----------------------------------------------------------------------

  #function(id: FunctionId): IrFunction {
    return present(this.#functions[id], `function ${id}`);
  }

  #isInner(one: IrInstruction): boolean {
    return one.op === 'call' && this.#group.includes(one.function);
  }

  #place(id: FunctionId): SourceLocation | undefined {
    const { name, location } = this.#function(id);
    return location === undefined ? undefined : { ...location, token: `identifier '${name}'` };
  }

  #typeOf(value: Value): IrType {
    if ('register' in value) return present(this.#registers[value.register], `register ${value.register}`).type;
    return 'long' in value ? 'long' : 'string';
  }

  #register(type: IrType, name?: string): RegisterId {
    return this.#registers.push({ type, ...(name === undefined ? {} : { name }) }) - 1;
  }

  #result(type: IrType): RegisterId {
    const known = this.#results.get(type) ?? this.#register(type, 'result');
    this.#results.set(type, known);
    return known;
  }

  #slot(register: RegisterId): number {
    const known = this.#slots.get(register) ?? RETURN_SLOT + 1 + this.#slots.size;
    this.#slots.set(register, known);
    return known;
  }

  #newState(block: BlockId): number {
    return this.#states.push(block) - 1;
  }

  #block(onError?: BlockId): BlockId {
    return this.#blocks.push({ instructions: [], terminator: { kind: 'return' }, ...(onError === undefined ? {} : { onError }) }) - 1;
  }

  #at(block: BlockId): IrBlock {
    return present(this.#blocks[block], `block b${block}`);
  }

  #append(block: BlockId, ...instructions: readonly IrInstruction[]): void {
    this.#at(block).instructions.push(...instructions);
  }

  #jump(block: BlockId, target: BlockId): void {
    this.#at(block).terminator = { kind: 'jump', target };
  }

  #move(dst: RegisterId, src: Value): IrInstruction {
    return { op: 'move', dst, src };
  }

  #goTo(state: number): IrInstruction {
    return this.#move(this.#state, longValue(BigInt(state)));
  }

  #step(fn: 'add' | 'sub'): IrInstruction {
    return { op: 'binary', fn, dst: this.#depth, a: registerValue(this.#depth), b: longValue(1n) };
  }

  #save(slot: number, value: Value): IrInstruction {
    return { op: 'save-frame', stack: this.#stack, slot, depth: registerValue(this.#depth), value };
  }
}

/** Locals that the function may read before it writes them: they start anew at each call. */
export function initialLocals({ body, params }: Pick<IrFunction, 'body' | 'params'>): RegisterId[] {
  const live = new Liveness(body).liveIn(0);
  return body.registers.flatMap((_register, id) => (live.has(id) && !params.includes(id) ? [id] : []));
}

function zeroOf(type: IrType | undefined): Value {
  return type === 'string' ? textValue('') : longValue(0n);
}
