/**
 * Location expressions as typed expressions: what a DWARF stack machine would compute when the probe is hit becomes
 * the handler's arithmetic. Branches are followed only where their condition is known when the script is compiled.
 * Source: DWARF 5 sections 2.5 and 2.6.
 */
import type { Operation } from '@stapkit/debuginfo';
import type { AddressSpace, ScalarType } from '@stapkit/object';
import type { TypedExpression } from '../../semantic/typed-tree.js';
import type { Span } from '../../source/index.js';
import { add, narrow, numberNode } from '../arithmetic.js';
import { TargetProblem } from '../target-access.js';
import type { Part } from '../value-parts.js';
import { arithmetic } from './stack-arithmetic.js';

/** What the machine's state at the probe tells. All may throw {@link TargetProblem} with the reason why not. */
export interface MachineState {
  readonly space: AddressSpace;
  /** Contents of a register, by its DWARF number. */
  register(number: number, span: Span): TypedExpression;
  cfa(span: Span): TypedExpression;
  frameBase(span: Span): TypedExpression;
  /** Where a link-time address is in the running program. */
  runtimeAddress(linkAddress: bigint, span: Span): TypedExpression;
  /** .debug_addr of the unit. */
  addressAt(index: number): bigint;
  /** How values of a base type are held, by the offset of its DIE from the start of the unit; undefined: floating point, vectors. 0 is the generic type. */
  scalarOf(type: number): ScalarType | undefined;
  /** Contents of a variable that another expression refers to, by the id of its DIE from the start of .debug_info. */
  variableValue(die: number, span: Span): TypedExpression;
  /** The state when the function was entered, and how a value of that moment is had at the probe. */
  atEntry(span: Span): { readonly state: MachineState; keep(value: TypedExpression): TypedExpression };
}

/** Where an object is. */
export type Located =
  | { readonly kind: 'memory'; readonly address: TypedExpression }
  /** Its bytes are the low ones of a value. */
  | { readonly kind: 'value'; readonly expression: TypedExpression }
  | { readonly kind: 'parts'; readonly parts: readonly Part[] };

/** Loops cannot be told from long expressions. */
const MOST_STEPS = 1000;
const REGISTER_BYTES = 8;
/** The type of untyped values: an address. */
const GENERIC: ScalarType = { bytes: 8, signed: false };

/** @param text what is wanted, as the user wrote it, for messages */
export function evaluate(operations: readonly Operation[], state: MachineState, text: string, span: Span): Located {
  const parts: Part[] = [];
  const machine = new StackMachine(state, text, span);
  let offset = 0;
  const run = new Walk(operations);
  for (let operation = run.next(); operation !== undefined; operation = run.next()) {
    if (operation.kind === 'piece') {
      const bytes = Math.ceil(operation.bits / 8);
      if (operation.bits % 8 !== 0 || operation.bitOffset % 8 !== 0) throw new TargetProblem(`'${text}' is in pieces of single bits, which cannot be put together`, span);
      parts.push(...machine.piece(offset, bytes, operation.bitOffset / 8));
      offset += bytes;
    } else if (operation.kind === 'branch') {
      if (!operation.isConditional || machine.popConstant() !== 0n) run.go(operation.target);
    } else named(text, () => { machine.step(operation); });
  }
  return parts.length > 0 ? { kind: 'parts', parts } : machine.result();
}

/** What the state of the machine does not know is told without a name ("it is …"). */
function named(text: string, step: () => void): void {
  try {
    step();
  } catch (problem) {
    if (!(problem instanceof TargetProblem) || !problem.message.startsWith('it ')) throw problem;
    throw new TargetProblem(`'${text}' cannot be read here: ${problem.message}`, problem.span, { similar: problem.similar, ...(problem.hint === undefined ? {} : { hint: problem.hint }) });
  }
}

/** Operations in the order of execution. */
class Walk {
  readonly #operations: readonly Operation[];
  #index = 0;
  #steps = 0;

  constructor(operations: readonly Operation[]) {
    this.#operations = operations;
  }

  next(): Operation | undefined {
    this.#steps += 1;
    return this.#steps > MOST_STEPS ? undefined : this.#operations[this.#index++];
  }

  go(target: number): void {
    const index = this.#operations.findIndex(({ offset }) => offset === target);
    this.#index = index < 0 ? this.#operations.length : index;
  }
}

class StackMachine {
  readonly #state: MachineState;
  readonly #text: string;
  readonly #span: Span;
  #stack: TypedExpression[] = [];
  /** Set by operations that end a location. */
  #located: Located | undefined;

  constructor(state: MachineState, text: string, span: Span) {
    this.#state = state;
    this.#text = text;
    this.#span = span;
  }

  result(): Located {
    const located = this.#located;
    if (located !== undefined) return located;
    const address = this.#stack.pop();
    if (address === undefined) throw this.#problem('it was optimized away here');
    return { kind: 'memory', address };
  }

  /** What came before locates the next bytes of the object. */
  piece(offset: number, bytes: number, from: number): Part[] {
    const located = this.#located;
    const address = this.#stack.pop();
    this.#located = undefined;
    this.#stack = [];
    if (located?.kind === 'value') return [{ offset, bytes, content: { kind: 'value', expression: located.expression, from } }];
    if (located?.kind === 'parts') return located.parts.map((part) => ({ ...part, offset: part.offset + offset }));
    if (address === undefined) return [{ offset, bytes, content: { kind: 'missing', why: 'it was optimized away here, at least in part' } }];
    return [{ offset, bytes, content: { kind: 'memory', address: add(address, BigInt(from), this.#span) } }];
  }

  popConstant(): bigint {
    const value = this.#pop();
    if (value.kind !== 'number') throw this.#problem('its location depends on a condition that is known only when the program runs');
    return value.value;
  }

  step(operation: Operation): void {
    const state = this.#state;
    const span = this.#span;
    switch (operation.kind) {
      case 'constant': this.#push(numberNode(BigInt.asIntN(64, operation.value), span)); break;
      case 'address': this.#push(state.runtimeAddress(operation.address, span)); break;
      case 'address-index': this.#push(state.runtimeAddress(state.addressAt(operation.index), span)); break;
      case 'constant-index': this.#push(numberNode(BigInt.asIntN(64, state.addressAt(operation.index)), span)); break;
      case 'register': this.#located = { kind: 'value', expression: state.register(operation.register, span) }; break;
      case 'register-offset': this.#push(add(state.register(operation.register, span), operation.addend, span)); break;
      case 'frame-base': this.#push(add(state.frameBase(span), operation.addend, span)); break;
      case 'call-frame-cfa': this.#push(state.cfa(span)); break;
      case 'stack': this.#shuffle(operation.operation); break;
      case 'pick': this.#push(this.#peek(operation.index)); break;
      case 'dereference': this.#dereference(operation.size); break;
      case 'arithmetic': this.#arithmetic(operation); break;
      case 'add': this.#push(add(this.#pop(), operation.addend, span)); break;
      case 'nop': case 'uninitialized': break;
      case 'stack-value': this.#located = { kind: 'value', expression: this.#pop() }; break;
      case 'implicit-value': this.#located = { kind: 'parts', parts: constantParts(operation.bytes, span) }; break;
      case 'entry-value': this.#push(this.#entryValue(operation.expression)); break;
      case 'variable-value': this.#push(state.variableValue(operation.die, span)); break;
      case 'thread-local': throw this.#problem('it is a thread-local variable: BPF programs cannot find the block of its thread');
      case 'implicit-pointer': throw this.#problem('what it points to was optimized away: the pointer has no value here');
      case 'parameter-reference': throw this.#problem('only the caller knows it here (its parameter was optimized away)');
      case 'convert': this.#push(narrow(this.#pop(), this.#scalarOf(operation.type), span)); break;
      case 'typed-register': this.#push(narrow(state.register(operation.register, span), this.#scalarOf(operation.type), span)); break;
      case 'typed-constant': this.#push(narrow(numberNode(BigInt.asIntN(64, operation.bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)), span), this.#scalarOf(operation.type), span)); break;
      case 'call': case 'push-object-address': case 'piece': case 'branch': throw this.#problem('its location refers to another object');
    }
  }

  #scalarOf(type: number): ScalarType {
    const scalar = type === 0 ? GENERIC : this.#state.scalarOf(type);
    if (scalar === undefined) throw this.#problem('its location uses floating point or vector values');
    return scalar;
  }

  #entryValue(expression: readonly Operation[]): TypedExpression {
    const entry = this.#state.atEntry(this.#span);
    const located = evaluate(expression, entry.state, this.#text, this.#span);
    // A single register means its contents; anything else leaves its value on the stack.
    if (located.kind === 'parts') throw this.#problem('its value at the function\'s entry is in pieces');
    return entry.keep(located.kind === 'memory' ? located.address : located.expression);
  }

  #dereference(size: number): void {
    const bytes = size === 1 || size === 2 || size === 4 || size === REGISTER_BYTES ? size : undefined;
    if (bytes === undefined) throw this.#problem(`its location reads ${size} bytes at once`);
    this.#push({ kind: 'read', type: 'long', address: this.#pop(), scalar: { bytes, signed: false }, space: this.#state.space, span: this.#span });
  }

  #arithmetic({ operation }: Extract<Operation, { kind: 'arithmetic' }>): void {
    const isUnary = operation === 'abs' || operation === 'neg' || operation === 'not';
    const right = this.#pop();
    const left = isUnary ? right : this.#pop();
    const value = arithmetic(operation, left, right, this.#span);
    if (value === undefined) throw this.#problem(`its location computes '${operation}', which has no counterpart in BPF`);
    this.#push(value);
  }

  #shuffle(operation: Extract<Operation, { kind: 'stack' }>['operation']): void {
    switch (operation) {
      case 'dup': this.#push(this.#peek(0)); break;
      case 'drop': this.#pop(); break;
      case 'over': this.#push(this.#peek(1)); break;
      case 'swap': {
        const [top, second] = [this.#pop(), this.#pop()];
        this.#push(top);
        this.#push(second);
        break;
      }
      case 'rot': {
        const [top, second, third] = [this.#pop(), this.#pop(), this.#pop()];
        this.#push(top);
        this.#push(third);
        this.#push(second);
      }
    }
  }

  #push(value: TypedExpression): void {
    this.#stack.push(value);
  }

  #pop(): TypedExpression {
    const value = this.#stack.pop();
    if (value === undefined) throw this.#problem('its location expression is damaged (the stack is empty)');
    return value;
  }

  #peek(depth: number): TypedExpression {
    const value = this.#stack.at(-1 - depth);
    if (value === undefined) throw this.#problem('its location expression is damaged (the stack is too short)');
    return value;
  }

  #problem(why: string): TargetProblem {
    return new TargetProblem(`'${this.#text}' cannot be read here: ${why}`, this.#span);
  }
}

/** Known bytes, in words. */
export function constantParts(bytes: Uint8Array, span: Span): Part[] {
  const parts: Part[] = [];
  for (let offset = 0; offset < bytes.length; offset += REGISTER_BYTES) {
    const word = bytes.subarray(offset, offset + REGISTER_BYTES);
    const value = word.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    parts.push({ offset, bytes: word.length, content: { kind: 'value', expression: numberNode(BigInt.asIntN(64, value), span), from: 0 } });
  }
  return parts;
}

