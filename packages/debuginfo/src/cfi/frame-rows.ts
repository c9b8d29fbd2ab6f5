/** Rows of call frame tables with the rules of all registers. */
import { addressOf } from './addresses.js';
import type { Fde, FrameSection } from './entries.js';
import { runInstructions } from './instructions.js';
import type { FrameMachine, RuleKind } from './instructions.js';

/** Compilers nest one or two. */
const REMEMBERED_MAX = 64;

/** How the canonical frame address is computed: the value of the stack pointer in the caller, before it called. */
export type CfaRule =
  | { readonly kind: 'register-offset'; readonly register: number; readonly offset: number }
  /** A DWARF expression (decodeExpression), run with an empty stack. */
  | { readonly kind: 'expression'; readonly expression: Uint8Array };

/** How the caller's register is recovered. A register without a rule: as the ABI says, callee-saved ones have kept their value. */
export type RegisterRule =
  /** Not recoverable; for the return address: there is no caller. */
  | { readonly kind: 'undefined' }
  | { readonly kind: 'same-value' }
  /** In memory at CFA + offset. */
  | { readonly kind: 'offset'; readonly offset: number }
  /** CFA + offset itself. */
  | { readonly kind: 'value-offset'; readonly offset: number }
  | { readonly kind: 'register'; readonly register: number }
  /** In memory at what the expression gives, run with the CFA on the stack. */
  | { readonly kind: 'expression'; readonly expression: Uint8Array }
  /** What the expression gives, run with the CFA on the stack. */
  | { readonly kind: 'value-expression'; readonly expression: Uint8Array };

export interface FrameRow {
  readonly low: bigint;
  /** The first address behind. */
  readonly high: bigint;
  /** undefined: the instructions never said. */
  readonly cfa: CfaRule | undefined;
  /** By DWARF number. */
  readonly registers: ReadonlyMap<number, RegisterRule>;
  /** AArch64: the return address carries a signature in its upper bits. */
  readonly isReturnAddressSigned: boolean;
  /** Column of `registers` that holds the return address. */
  readonly returnAddressRegister: number;
  /** A frame that the kernel made to deliver a signal: its return address is where the program was interrupted, not behind a call. */
  readonly isSignalFrame: boolean;
}

/** Rules by register number; never changed once it is shared. */
type Rules = readonly (RegisterRule | undefined)[];
interface State { readonly cfa: CfaRule | undefined; readonly rules: Rules; readonly isSigned: boolean }
type Emit = (low: number, high: number, state: State) => boolean;

class FullMachine implements FrameMachine {
  #cfa: CfaRule | undefined;
  #rules: (RegisterRule | undefined)[] = [];
  #isShared = false;
  #isSigned = false;
  #initial: Rules = [];
  #low = 0;
  readonly #bytes: Uint8Array;
  readonly #remembered: State[] = [];
  readonly #emit: Emit;

  constructor(bytes: Uint8Array, emit: Emit) {
    this.#bytes = bytes;
    this.#emit = emit;
  }

  /** The CIE's instructions have run: what they said is what restore goes back to. */
  start(low: number): void {
    this.#initial = this.#rules;
    this.#isShared = true;
    this.#low = low;
  }

  state(): State {
    this.#isShared = true;
    return { cfa: this.#cfa, rules: this.#rules, isSigned: this.#isSigned };
  }

  get low(): number {
    return this.#low;
  }

  advance(location: number): boolean {
    // Padding advances by 0; rows of no bytes hold nowhere.
    if (location === this.#low) return true;
    const goesOn = this.#emit(this.#low, location, this.state());
    this.#low = location;
    return goesOn;
  }

  defineCfa(register: number, offset: number): void {
    this.#cfa = { kind: 'register-offset', register, offset };
  }

  defineCfaRegister(register: number): void {
    this.#cfa = { kind: 'register-offset', register, offset: this.#cfa?.kind === 'register-offset' ? this.#cfa.offset : 0 };
  }

  defineCfaOffset(offset: number): void {
    if (this.#cfa?.kind === 'register-offset') this.#cfa = { ...this.#cfa, offset };
  }

  defineCfaExpression(start: number, end: number): void {
    this.#cfa = { kind: 'expression', expression: this.#bytes.subarray(start, end) };
  }

  setRule(register: number, kind: RuleKind, value: number, end: number): void {
    this.#set(register, this.#rule(kind, value, end));
  }

  restoreRule(register: number): void {
    this.#set(register, this.#initial[register]);
  }

  remember(): boolean {
    if (this.#remembered.length >= REMEMBERED_MAX) return false;
    this.#remembered.push(this.state());
    return true;
  }

  restore(): boolean {
    const state = this.#remembered.pop();
    if (state === undefined) return false;
    this.#cfa = state.cfa;
    this.#rules = state.rules as (RegisterRule | undefined)[];
    this.#isShared = true;
    this.#isSigned = state.isSigned;
    return true;
  }

  negateReturnAddressState(): void {
    this.#isSigned = !this.#isSigned;
  }

  #rule(kind: RuleKind, value: number, end: number): RegisterRule {
    if (kind === 'offset' || kind === 'value-offset') return { kind, offset: value };
    if (kind === 'register') return { kind, register: value };
    if (kind === 'expression' || kind === 'value-expression') return { kind, expression: this.#bytes.subarray(value, end) };
    return { kind };
  }

  #set(register: number, rule: RegisterRule | undefined): void {
    if (this.#isShared) {
      this.#rules = this.#rules.slice();
      this.#isShared = false;
    }
    this.#rules[register] = rule;
  }
}

/** Calls `use` for each row of an FDE, in order, until it answers false. */
export function forEachRow(section: FrameSection, fde: Fde, use: (row: FrameRow) => boolean): void {
  const { cie } = fde;
  const emit: Emit = (low, high, state) => use({
    low: addressOf(low), high: addressOf(high), cfa: state.cfa, registers: toMap(state.rules), isReturnAddressSigned: state.isSigned,
    returnAddressRegister: cie.returnAddressRegister, isSignalFrame: cie.isSignalFrame,
  });
  const progress = { isEnough: false };
  const machine = new FullMachine(section.bytes, (low, high, state) => {
    // Damaged tables go back, or past the end.
    const end = Math.min(high, fde.high);
    if (low < end) progress.isEnough = !emit(low, end, state);
    return !progress.isEnough;
  });
  runInstructions(section, cie, cie.instructions, cie.end, fde.low, machine);
  machine.start(fde.low);
  runInstructions(section, cie, fde.instructions, fde.end, fde.low, machine);
  if (!progress.isEnough && machine.low < fde.high) emit(machine.low, fde.high, machine.state());
}

function toMap(rules: Rules): ReadonlyMap<number, RegisterRule> {
  const map = new Map<number, RegisterRule>();
  rules.forEach((rule, register) => {
    if (rule !== undefined) map.set(register, rule);
  });
  return map;
}
