/** The machine's state where a probe is hit, as location expressions see it. */
import { decodeExpression, locationAt, type DwarfFunction, type DwarfLocation, type DwarfUnit, type Operation } from '@stapkit/debuginfo';
import type { AddressSpace, FrameRule, ScalarType } from '@stapkit/object';
import type { TypedExpression } from '../../semantic/typed-tree.js';
import type { Span } from '../../source/index.js';
import type { Architecture } from '../../target/index.js';
import { add, numberNode } from '../arithmetic.js';
import { TargetProblem } from '../target-access.js';
import type { DebugProgram } from './debug-program.js';
import { evaluate, type MachineState } from './evaluate.js';

/** DWARF number of the instruction pointer among the saved registers. */
export const INSTRUCTION_POINTER: Readonly<Record<Architecture, number>> = { x86_64: 16, aarch64: 32 };
/** Bytes that a call has pushed when the function's first instruction runs. */
const PUSHED_BY_CALL: Readonly<Record<Architecture, number>> = { x86_64: 8, aarch64: 0 };

export interface ProbedPlace {
  readonly program: DebugProgram;
  readonly arch: Architecture;
  readonly space: AddressSpace;
  /** Link-time address of the probed instruction. */
  readonly pc: bigint;
  readonly body: DwarfFunction;
  /** The saved instruction pointer is this much behind the probed instruction. */
  readonly instructionPointerBias: number;
  /** Undefined: values of the function's entry cannot be had at this probe. */
  readonly entryPc?: bigint;
}

/** How the stack pointer that the function was entered with is computed at an instruction; undefined when the call frame tables do not say. */
export function frameRule({ program, arch, body }: Pick<ProbedPlace, 'program' | 'arch' | 'body'>, pc: bigint): FrameRule | undefined {
  const cfa = program.cfaAt(pc, body);
  return cfa?.kind === 'register' ? { register: cfa.register, offset: cfa.offset - PUSHED_BY_CALL[arch] } : undefined;
}

export class ProbedCode implements MachineState {
  readonly #place: ProbedPlace;
  /** Values are those of the entry already: an entry value is the value at hand. */
  readonly #isEntry: boolean;

  constructor(place: ProbedPlace, isEntry = false) {
    this.#place = place;
    this.#isEntry = isEntry;
  }

  get space(): AddressSpace {
    return this.#place.space;
  }

  register(number: number, span: Span): TypedExpression {
    return { kind: 'register', type: 'long', register: number, of: 'probe', span };
  }

  cfa(span: Span): TypedExpression {
    const { program, pc, body } = this.#place;
    const rule = program.cfaAt(pc, body);
    if (rule === undefined) throw new TargetProblem('the frame of the function is not known here: the program has no call frame information (.eh_frame, .debug_frame) for this place', span);
    if (rule.kind === 'register') return add(this.register(rule.register, span), BigInt(rule.offset), span);
    const located = evaluate(rule.operations, this, 'CFA', span);
    if (located.kind !== 'memory') throw new TargetProblem('the frame of the function is described in a way that is not understood', span);
    return located.address;
  }

  frameBase(span: Span): TypedExpression {
    const { body, pc } = this.#place;
    const operations = body.frameBase === undefined ? undefined : operationsAt(body.frameBase, pc);
    if (operations === undefined) throw new TargetProblem(`the debug information of '${body.name}' has no frame base`, span);
    const located = evaluate(operations, this, 'frame base', span);
    if (located.kind === 'parts') throw new TargetProblem(`the frame base of '${body.name}' is in pieces`, span);
    // DW_OP_reg6 stands for the register's contents here.
    return located.kind === 'memory' ? located.address : located.expression;
  }

  runtimeAddress(linkAddress: bigint, span: Span): TypedExpression {
    const { program, pc, arch, instructionPointerBias } = this.#place;
    if (program.isFixed) return numberNode(BigInt.asIntN(64, linkAddress), span);
    const { type, layout } = program.elf;
    const section = type === 'rel' ? layout.placeOf(linkAddress)?.section : undefined;
    if (type === 'rel' && section?.index !== layout.placeOf(pc)?.section.index) throw new TargetProblem(`it is in the section ${section?.name ?? '(none)'} of the module, whose place in memory only the running kernel knows`, span);
    return add(this.register(INSTRUCTION_POINTER[arch], span), linkAddress - pc - BigInt(instructionPointerBias), span);
  }

  addressAt(index: number): bigint {
    return this.#place.body.unit.addressAt(index);
  }

  scalarOf(type: number): ScalarType | undefined {
    const { program, body } = this.#place;
    return program.dwarf.scalar(body.unit.typeAt(type));
  }

  variableValue(_die: number, span: Span): TypedExpression {
    throw new TargetProblem('its location refers to the value of another variable', span);
  }

  atEntry(span: Span): { readonly state: MachineState; keep(value: TypedExpression): TypedExpression } {
    if (this.#isEntry) return { state: this, keep: (value) => value };
    const { entryPc } = this.#place;
    if (entryPc === undefined) throw new TargetProblem('it has only its value of the function\'s entry, and the frame is not known well enough to find the entry of this call', span);
    const entry = new ProbedCode({ ...this.#place, pc: entryPc }, true);
    return { state: entry, keep: (value) => ({ kind: 'entry', type: 'long', expression: value, span }) };
  }
}

/** The expression that holds at an instruction; undefined: none does. */
export function operationsAt(location: DwarfLocation, pc: bigint): readonly Operation[] | undefined {
  const expression = location.kind === 'expression' ? location.expression : locationAt(location.entries, pc);
  return expression === undefined || expression.length === 0 ? undefined : decodeExpression(expression, location.unit satisfies DwarfUnit);
}

