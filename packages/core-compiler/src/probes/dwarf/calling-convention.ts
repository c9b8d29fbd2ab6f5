/**
 * Where parameters are when a function's first instruction runs, by the calling convention: what is left where the debug
 * information says nothing (clang tells of parameters on the stack, and of unused ones, only behind the prologue).
 * Sources: System V ABI AMD64 (section 3.2.3), Procedure Call Standard for the Arm 64-bit Architecture (section 6.8).
 */
import type { DwarfFunction } from '@stapkit/debuginfo';
import type { Span } from '../../source/index.js';
import type { TypedExpression } from '../../semantic/typed-tree.js';
import type { Architecture } from '../../target/index.js';
import { add } from '../arithmetic.js';
import type { Part } from '../value-parts.js';
import { aapcs64Class, alignmentOf, type ObjectTypes } from './aapcs64.js';
import type { Located, MachineState } from './evaluate.js';
import { isInMemory, registersOf, wordsOf } from './return-value.js';

const WORD = 8;
/** DWARF numbers of registers, and the bytes that a call pushes. */
const X86 = { integers: [5, 4, 1, 2, 8, 9], vectors: 8, stackPointer: 7, pushed: 8 } as const;
const ARM = { general: [0, 1, 2, 3, 4, 5, 6, 7], vectors: 8, stackPointer: 31 } as const;
const IN_VECTOR = 'it is passed in a vector register, which the kernel does not save';

export type CalledFunction = Pick<DwarfFunction, 'isExternal' | 'returnTypeId'> & { readonly unit: { readonly language: string }; readonly parameters: readonly { readonly typeId: number }[] };
export interface Called { readonly dwarf: ObjectTypes; readonly arch: Architecture; readonly state: MachineState; readonly span: Span }

/**
 * The parameter of that number at the function's first instruction. Undefined where the convention need not hold (functions
 * that only their own file calls: the compiler may change them) or where the type does not tell.
 */
export function parameterAtEntry(fn: CalledFunction, index: number, about: Called): Located | undefined {
  if (!fn.isExternal || (fn.unit.language !== 'c' && fn.unit.language !== 'c++')) return undefined;
  return about.arch === 'aarch64' ? aapcs64Parameter(fn, index, about) : systemVParameter(fn, index, about);
}

function systemVParameter(fn: CalledFunction, index: number, { dwarf, state, span }: Called): Located | undefined {
  let integer = isInMemory(dwarf, fn.returnTypeId) ? 1 : 0;
  let vector = 0;
  let stack = 0;
  for (const [position, { typeId }] of fn.parameters.entries()) {
    const size = dwarf.sizeOf(typeId);
    const words = size === undefined || isClass(dwarf, typeId) ? undefined : wordsOf(dwarf, typeId, size);
    if (size === undefined || words === undefined) return undefined;
    const wanted = position === index;
    const floats = words.filter((isFloat) => isFloat).length;
    const inRegisters = words.length > 0 && integer + words.length - floats <= X86.integers.length && vector + floats <= X86.vectors;
    if (inRegisters) {
      const parts = words.map((isFloat, word): Part => {
        const bytes = Math.min(WORD, size - word * WORD);
        const register = isFloat ? undefined : X86.integers[integer++];
        if (isFloat) vector++;
        if (register === undefined) return { offset: word * WORD, bytes, content: { kind: 'missing', why: IN_VECTOR } };
        return { offset: word * WORD, bytes, content: { kind: 'value', expression: state.register(register, span), from: 0 } };
      });
      if (wanted) return { kind: 'parts', parts };
      continue;
    }
    if (alignmentOf(dwarf, typeId) > WORD) stack = roundUp(stack, 2 * WORD);
    if (wanted) return { kind: 'memory', address: add(state.register(X86.stackPointer, span), BigInt(X86.pushed + stack), span) };
    stack += roundUp(size, WORD);
  }
  return undefined;
}

function aapcs64Parameter(fn: CalledFunction, index: number, { dwarf, state, span }: Called): Located | undefined {
  let general = 0;
  let vector = 0;
  let stack = 0;
  for (const [position, { typeId }] of fn.parameters.entries()) {
    const size = dwarf.sizeOf(typeId);
    const passed = size === undefined || isClass(dwarf, typeId) ? undefined : aapcs64Class(dwarf, typeId);
    if (size === undefined || passed === undefined) return undefined;
    const wanted = position === index;
    if (passed.kind === 'nothing') {
      if (wanted) return { kind: 'parts', parts: [] };
      continue;
    }
    if (passed.kind === 'vector') {
      vector += passed.registers;
      if (vector <= ARM.vectors) {
        if (wanted) return { kind: 'parts', parts: [{ offset: 0, bytes: size, content: { kind: 'missing', why: IN_VECTOR } }] };
        continue;
      }
      // Once one is on the stack, all that follow are.
      vector = ARM.vectors;
    } else {
      const registers = passed.kind === 'reference' ? 1 : passed.registers;
      const first = passed.kind === 'general' && passed.alignment === 16 ? roundUp(general, 2) : general;
      general = first + registers;
      if (general <= ARM.general.length) {
        const used = ARM.general.slice(first, general);
        if (wanted) return passed.kind === 'reference' ? { kind: 'memory', address: state.register(used[0] ?? 0, span) } : { kind: 'parts', parts: registersOf(used, size, state, span) };
        continue;
      }
      general = ARM.general.length;
    }
    if (passed.kind !== 'reference') stack = roundUp(stack, passed.alignment);
    if (wanted) return onStack(passed.kind === 'reference', add(state.register(ARM.stackPointer, span), BigInt(stack), span), state, span);
    stack += passed.kind === 'reference' ? WORD : roundUp(size, WORD);
  }
  return undefined;
}

function onStack(isReference: boolean, address: TypedExpression, { space }: MachineState, span: Span): Located {
  return { kind: 'memory', address: isReference ? { kind: 'read', type: 'long', address, scalar: { bytes: WORD, signed: false }, space, span } : address };
}

const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to;

/** Classes with constructors or destructors are passed by reference, which their type alone does not show. */
const isClass = (dwarf: ObjectTypes, typeId: number): boolean => dwarf.resolve(typeId).kind === 'class';
