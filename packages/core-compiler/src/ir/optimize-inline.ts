/** Calls replaced by the bodies of their functions: kernel programs have no calls of ours. */
import type { BlockId, FunctionId, IrBlock, IrBody, IrFunction, IrInstruction, IrTerminator, Limits, RegisterId, SourceLocation, Value } from '@stapkit/object';
import { blockAt, mapTargets, tidyBlocks } from './control-flow.js';
import { present } from './internal-error.js';
import type { SpanTable } from './locations.js';
import { longValue, mapInputs, mapOutputs, mapTerminatorInput, registerValue, textValue } from './operands.js';
import type { ValueMap } from './operands.js';
import { initialLocals } from './recursion-machine.js';
import type { Nesting } from './recursion-machine.js';
import { RecursiveFunctions } from './recursion.js';

type Call = IrInstruction & { readonly op: 'call' };

export class Inliner {
  readonly #functions: readonly IrFunction[];
  readonly #spans: SpanTable;
  /** Bodies with their own calls inlined, by the same rule. */
  readonly #ready = new Map<string, IrBody>();
  /** Of bodies in which calls can be deeper than their text shows. */
  readonly #nesting = new WeakMap<IrBody, Nesting>();
  readonly #active: { readonly id: FunctionId; readonly location: SourceLocation | undefined }[] = [];
  readonly #keep: (id: FunctionId) => boolean;
  readonly #called = new Map<SourceLocation, Map<SourceLocation, SourceLocation>>();
  readonly #recursion: RecursiveFunctions;
  readonly #maxNesting: number;

  /** @param keep functions whose calls stay */
  constructor(functions: readonly IrFunction[], keep: (id: FunctionId) => boolean, spans: SpanTable, limits: Limits) {
    this.#functions = functions;
    this.#recursion = new RecursiveFunctions(functions);
    this.#maxNesting = limits.MAXNESTING;
    this.#keep = keep;
    this.#spans = spans;
  }

  inline(body: IrBody): IrBody {
    if (!body.blocks.some((block) => block.instructions.some((one) => this.#goes(one)))) return body;
    const nesting = this.#nesting.get(body);
    const result: IrBody = { registers: [...body.registers], blocks: body.blocks.map((block) => ({ ...block, instructions: [] })), loops: [] };
    // The result has only some of the body's own yet.
    const cursors = { count: iteratorCount(body) };
    body.blocks.forEach((block, id) => {
      let current = blockAt(result, id);
      const { terminator } = current;
      for (const instruction of block.instructions) {
        if (this.#goes(instruction)) current = this.#expand(result, current, instruction, { nesting, cursors });
        else current.instructions.push(instruction);
      }
      current.terminator = terminator;
    });
    const tidy = tidyBlocks(result);
    if (nesting !== undefined) this.#nesting.set(tidy, nesting);
    return tidy;
  }

  #goes(instruction: IrInstruction): instruction is Call {
    return instruction.op === 'call' && !this.#keep(instruction.function);
  }

  /** Puts the function's body after `start` and gives the block in which the caller goes on. */
  #expand(body: IrBody, start: IrBlock, call: Call, { nesting: outer, cursors }: { readonly nesting: Nesting | undefined; readonly cursors: { count: number } }): IrBlock {
    const callee = present(this.#functions[call.function], `function ${call.function}`);
    const deeper = outer === undefined ? undefined : nestingCalls(body, start, outer);
    const block = deeper === undefined ? start : this.#guarded(body, start, call, deeper);
    if (this.#active.length >= this.#maxNesting) {
      block.terminator = { kind: 'throw', message: textValue('MAXNESTING exceeded'), ...(call.location === undefined ? {} : { location: call.location }) };
      return unreached(body, block);
    }
    const source = this.#body(call);
    const handler = block.onError === undefined ? {} : { onError: block.onError };
    const firstRegister = body.registers.length;
    const firstBlock = body.blocks.length;
    body.registers.push(...source.registers.map(({ capacity: _capacity, ...register }) => register));
    const firstIterator = cursors.count;
    cursors.count += iteratorCount(source);
    const rename = (register: RegisterId): RegisterId => register + firstRegister;
    const value: ValueMap = (one) => ('register' in one ? registerValue(rename(one.register)) : one);
    const after: BlockId = firstBlock + source.blocks.length;
    const caller = call.location;
    for (const inner of source.blocks) {
      const copy: IrBlock = {
        instructions: inner.instructions.map((one) => this.#withCaller(this.#calledFrom(moveIterator(mapOutputs(mapInputs(one, value), rename), firstIterator), caller), caller)),
        terminator: this.#withCaller(mapTargets(mapTerminatorInput(inner.terminator, value), (target) => target + firstBlock), caller),
        ...(inner.onError === undefined ? handler : { onError: inner.onError + firstBlock }),
        ...(inner.location === undefined ? {} : { location: this.#callerOf(inner.location, caller) }),
      };
      if (copy.terminator.kind === 'return') {
        if (call.dst !== undefined) copy.instructions.push(assign(call.dst, copy.terminator.value ?? zero(callee.result), caller));
        copy.terminator = { kind: 'jump', target: after };
      }
      body.blocks.push(copy);
    }
    callee.params.forEach((param, index) => block.instructions.push(assign(rename(param), present(call.args[index], 'argument'), caller)));
    block.instructions.push(...initialLocals({ body: source, params: callee.params }).map((register) => assign(rename(register), zero(source.registers[register]?.type), caller)));
    const inner = this.#nesting.get(source);
    if (inner !== undefined) block.instructions.push(assign(rename(inner.base), deeper === undefined ? longValue(0n) : registerValue(deeper), caller));
    block.terminator = { kind: 'jump', target: firstBlock };
    const rest: IrBlock = { instructions: [], terminator: { kind: 'return' }, ...handler };
    body.blocks.push(rest);
    return rest;
  }

  #body(call: Call): IrBody {
    const id = call.function;
    const inRecursion = this.#active.some((one) => this.#recursion.isRecursive(one.id));
    const key = inRecursion || this.#recursion.reachesRecursion(id) ? `${id} at ${this.#active.length} ${String(inRecursion)}` : `${id}`;
    const known = this.#ready.get(key);
    if (known !== undefined) return known;
    const own = this.#own(id, inRecursion);
    this.#active.push({ id, location: call.location });
    const body = this.inline(own);
    this.#active.pop();
    this.#ready.set(key, body);
    return body;
  }

  /** The function's body before anything is inlined into it. */
  #own(id: FunctionId, inRecursion: boolean): IrBody {
    if (this.#recursion.isRecursive(id)) {
      const { body, nesting } = this.#recursion.machine(id, this.#active.length, this.#maxNesting);
      this.#nesting.set(body, nesting);
      return body;
    }
    const { body } = present(this.#functions[id], `function ${id}`);
    if (!inRecursion) return body;
    const counted = { ...body, registers: [...body.registers, { type: 'long' as const, name: 'nesting' }] };
    this.#nesting.set(counted, { base: body.registers.length });
    return counted;
  }

  /** Goes on only if the call does not make the calls too many. */
  #guarded(body: IrBody, block: IrBlock, call: Call, deeper: RegisterId): IrBlock {
    const handler = block.onError === undefined ? {} : { onError: block.onError };
    const location = call.location === undefined ? {} : { location: call.location };
    const over = body.registers.push({ type: 'long' }) - 1;
    block.instructions.push({ op: 'binary', fn: 'ge', dst: over, a: registerValue(deeper), b: longValue(BigInt(this.#maxNesting - this.#active.length)) });
    const tooDeep: IrBlock = { instructions: [], terminator: { kind: 'throw', message: textValue('MAXNESTING exceeded'), ...location }, ...handler };
    const rest: IrBlock = { instructions: [], terminator: { kind: 'return' }, ...handler };
    block.terminator = { kind: 'branch', condition: registerValue(over), then: body.blocks.push(tooDeep) - 1, otherwise: body.blocks.push(rest) - 1 };
    return rest;
  }

  /** Run-time errors name the handler's own call, for which only the outermost expansion is wanted. */
  #withCaller<T extends IrInstruction | IrTerminator>(one: T, caller: SourceLocation | undefined): T {
    const { location } = one as { readonly location?: SourceLocation };
    if (location?.token === undefined) return one;
    const moved = this.#callerOf(location, caller);
    return moved === location ? one : { ...one, location: moved };
  }

  #callerOf(location: SourceLocation, caller: SourceLocation | undefined): SourceLocation {
    if (this.#active.length > 0 || caller === undefined || location.calledFrom !== undefined) return location;
    const known = this.#called.get(location)?.get(caller);
    if (known !== undefined) return known;
    const moved: SourceLocation = { ...location, calledFrom: caller };
    const span = this.#spans.get(location);
    if (span !== undefined) this.#spans.set(moved, span);
    this.#called.set(location, (this.#called.get(location) ?? new Map<SourceLocation, SourceLocation>()).set(caller, moved));
    return moved;
  }

  /** Diagnostics about library code point at the script's own call. */
  #calledFrom(instruction: IrInstruction, caller: SourceLocation | undefined): IrInstruction {
    const { location } = instruction;
    if (location === undefined || caller === undefined || !MAY_BE_REFUSED.has(instruction.op)) return instruction;
    if ((this.#spans.get(location)?.source.origin ?? 'user') === 'user') return instruction;
    const outer = this.#spans.get(caller);
    if (outer === undefined) return instruction;
    const moved = { ...location };
    this.#spans.set(moved, outer);
    return { ...instruction, location: moved };
  }
}

const MAY_BE_REFUSED: ReadonlySet<IrInstruction['op']> = new Set(['iterate', 'histogram-get', 'print', 'intrinsic']);

function assign(dst: RegisterId, src: Value, location: SourceLocation | undefined): IrInstruction {
  return { op: 'move', dst, src, ...(location === undefined ? {} : { location }) };
}

function zero(type: string | undefined): Value {
  return type === 'string' ? textValue('') : longValue(0n);
}

/** For what follows a call that always fails. */
function unreached(body: IrBody, { onError }: IrBlock): IrBlock {
  const block: IrBlock = { instructions: [], terminator: { kind: 'return' }, ...(onError === undefined ? {} : { onError }) };
  body.blocks.push(block);
  return block;
}

function iteratorCount(body: IrBody): number {
  let count = 0;
  for (const block of body.blocks) for (const one of block.instructions) if (one.op === 'iterate') count = Math.max(count, one.iterator + 1);
  return count;
}

function moveIterator(instruction: IrInstruction, by: number): IrInstruction {
  return instruction.op === 'iterate' || instruction.op === 'advance' ? { ...instruction, iterator: instruction.iterator + by } : instruction;
}

/** A register with the number of recursive calls around the body, its own function's included. */
function nestingCalls(body: IrBody, block: IrBlock, { base, depth }: Nesting): RegisterId {
  if (depth === undefined) return base;
  const dst = body.registers.push({ type: 'long' }) - 1;
  block.instructions.push({ op: 'binary', fn: 'add', dst, a: registerValue(base), b: registerValue(depth) });
  return dst;
}
