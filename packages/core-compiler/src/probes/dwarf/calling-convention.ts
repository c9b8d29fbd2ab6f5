/**
 * Where parameters are when a function's first instruction runs, by the calling convention: what is left where the debug
 * information says nothing (clang tells of parameters on the stack, and of unused ones, only behind the prologue).
 * Sources: System V ABI AMD64 (section 3.2.3), Procedure Call Standard for the Arm 64-bit Architecture (section 6.8).
 */
import type { Dwarf, DwarfFunction } from '@stapkit/debuginfo';
import type { Span } from '../../source/index.js';
import type { Architecture } from '../../target/index.js';
import { add } from '../arithmetic.js';
import type { Part } from '../value-parts.js';
import type { Located, MachineState } from './evaluate.js';
import { isInMemory, wordsOf } from './return-value.js';

const WORD = 8;
/** DWARF numbers. */
const ARGUMENTS: Readonly<Record<Architecture, { readonly integers: readonly number[]; readonly vectors: number; readonly stackPointer: number; readonly pushed: number }>> = {
  x86_64: { integers: [5, 4, 1, 2, 8, 9], vectors: 8, stackPointer: 7, pushed: 8 },
  aarch64: { integers: [0, 1, 2, 3, 4, 5, 6, 7], vectors: 8, stackPointer: 31, pushed: 0 },
};

/**
 * The parameter of that number at the function's first instruction. Undefined where the convention need not hold (functions
 * that only their own file calls: the compiler may change them) or where the type does not tell.
 */
export function parameterAtEntry(fn: DwarfFunction, index: number, { dwarf, arch, state, span }: { readonly dwarf: Dwarf; readonly arch: Architecture; readonly state: MachineState; readonly span: Span }): Located | undefined {
  if (!fn.isExternal || (fn.unit.language !== 'c' && fn.unit.language !== 'c++')) return undefined;
  const { integers, vectors, stackPointer, pushed } = ARGUMENTS[arch];
  let integer = isInMemory(dwarf, fn.returnTypeId) && arch === 'x86_64' ? 1 : 0;
  let vector = 0;
  let stack = pushed;
  for (const [position, { typeId }] of fn.parameters.entries()) {
    const size = dwarf.sizeOf(typeId);
    const words = size === undefined || isClass(dwarf, typeId) ? undefined : wordsOf(dwarf, typeId, size);
    if (size === undefined || words === undefined) return undefined;
    const wanted = position === index;
    const floats = words.filter((isFloat) => isFloat).length;
    const inRegisters = words.length > 0 && integer + words.length - floats <= integers.length && vector + floats <= vectors;
    if (inRegisters) {
      const parts = words.map((isFloat, word): Part => {
        const bytes = Math.min(WORD, size - word * WORD);
        const register = isFloat ? undefined : integers[integer++];
        if (isFloat) vector++;
        if (register === undefined) return { offset: word * WORD, bytes, content: { kind: 'missing', why: 'it is passed in a vector register, which the kernel does not save' } };
        return { offset: word * WORD, bytes, content: { kind: 'value', expression: state.register(register, span), from: 0 } };
      });
      if (wanted) return { kind: 'parts', parts };
      continue;
    }
    if (arch === 'aarch64') return undefined;
    if (wanted) return { kind: 'memory', address: add(state.register(stackPointer, span), BigInt(stack), span) };
    stack += Math.ceil(size / WORD) * WORD;
  }
  return undefined;
}

/** Classes with constructors or destructors are passed by reference, which their type alone does not show. */
const isClass = (dwarf: Dwarf, typeId: number): boolean => dwarf.resolve(typeId).kind === 'class';
