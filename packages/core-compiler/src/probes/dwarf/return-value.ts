/**
 * Where a function's result is when it returns. Sources: System V ABI AMD64 (section 3.2.3), Procedure Call Standard for the
 * Arm 64-bit Architecture (section 6.9).
 */
import type { Span } from '../../source/index.js';
import type { Architecture } from '../../target/index.js';
import { shapeOf, sizeOf, type CType } from '../c-types.js';
import type { Part } from '../value-parts.js';
import { TargetProblem } from '../target-access.js';
import { aapcs64Class, type Aapcs64Class, type ObjectTypes } from './aapcs64.js';
import type { Located, MachineState } from './evaluate.js';

const WORD = 8;
/** DWARF numbers of the registers that integers come back in, and of the one that has the address of a result in memory: rax when it returns, x8 when it is called. */
const RESULT: Readonly<Record<Architecture, { readonly registers: readonly number[]; readonly memory: number }>> = {
  x86_64: { registers: [0, 1], memory: 0 },
  aarch64: { registers: [0, 1], memory: 8 },
};
/** Results of more bytes are in memory that the caller gave. */
const LARGEST_IN_REGISTERS = 16;
const MOST_MEMBERS = 64;

/** @param text for messages: "$return" */
export function locateResult(type: CType, dwarf: ObjectTypes, arch: Architecture, state: MachineState, text: string, span: Span): Located {
  const shape = shapeOf(type);
  const { registers } = RESULT[arch];
  const [first = 0] = registers;
  switch (shape.shape) {
    case 'scalar':
    case 'pointer':
      return { kind: 'value', expression: state.register(first, span) };
    case 'void':
      throw new TargetProblem('the function returns nothing (void): there is no \'$return\'', span);
    case 'other':
      throw new TargetProblem(`cannot read '${text}': ${shape.why}`, span);
    default:
      return locateComposite(type, dwarf, arch, state, text, span);
  }
}

function locateComposite(type: CType, dwarf: ObjectTypes, arch: Architecture, state: MachineState, text: string, span: Span): Located {
  const size = sizeOf(type);
  const { registers, memory } = RESULT[arch];
  if (size === undefined || type.kind !== 'dwarf') throw new TargetProblem(`cannot read '${text}': the size of its type is not known`, span);
  if (arch === 'aarch64') return locateComposite64(aapcs64Class(dwarf, type.id), size, state, text, span);
  const words = wordsOf(dwarf, type.id, size);
  if (words === undefined || words.length === 0) return { kind: 'memory', address: state.register(memory, span) };
  let used = 0;
  const parts = words.map((isFloat, index): Part => {
    const bytes = Math.min(WORD, size - index * WORD);
    const register = isFloat ? undefined : registers[used++];
    if (register === undefined) return { offset: index * WORD, bytes, content: { kind: 'missing', why: 'it comes back in a vector register, which the kernel does not save' } };
    return { offset: index * WORD, bytes, content: { kind: 'value', expression: state.register(register, span), from: 0 } };
  });
  return { kind: 'parts', parts };
}

function locateComposite64(passed: Aapcs64Class | undefined, size: number, state: MachineState, text: string, span: Span): Located {
  const { registers, memory } = RESULT.aarch64;
  switch (passed?.kind) {
    case undefined:
      throw new TargetProblem(`cannot read '${text}': the debug information does not tell how its type is returned`, span);
    case 'nothing':
      return { kind: 'parts', parts: [] };
    case 'vector':
      return { kind: 'parts', parts: [{ offset: 0, bytes: size, content: { kind: 'missing', why: 'it comes back in vector registers, which the kernel does not save' } }] };
    case 'general':
      return { kind: 'parts', parts: registersOf(registers, size, state, span) };
    case 'reference': {
      // The callee need not keep x8: its value of the entry is asked for.
      const entry = state.atEntry(span);
      return { kind: 'memory', address: entry.keep(entry.state.register(memory, span)) };
    }
  }
}

/** An object of `size` bytes in registers that follow each other, word by word. */
export function registersOf(registers: readonly number[], size: number, state: MachineState, span: Span): Part[] {
  return registers.slice(0, Math.ceil(size / WORD)).map((register, word) => ({
    offset: word * WORD, bytes: Math.min(WORD, size - word * WORD), content: { kind: 'value', expression: state.register(register, span), from: 0 },
  }));
}

/** Whether the caller gives memory for a result of this type. */
export function isInMemory(dwarf: ObjectTypes, typeId: number): boolean {
  const size = typeId === 0 ? undefined : dwarf.sizeOf(typeId);
  return size !== undefined && wordsOf(dwarf, typeId, size)?.length === 0;
}

/** For each word of an object whether it is of the class SSE (System V ABI AMD64); none: the object is in memory. Undefined: the type does not tell. */
export function wordsOf(dwarf: ObjectTypes, id: number, size: number): readonly boolean[] | undefined {
  if (size > LARGEST_IN_REGISTERS) return [];
  const floats = Array.from({ length: Math.ceil(size / WORD) }, () => true);
  const seen = { members: 0, known: true };
  const integer = (offset: number): void => { floats[Math.floor(offset / WORD)] = false; };
  const visit = (typeId: number, offset: number): boolean => {
    const type = dwarf.resolve(typeId);
    seen.members += 1;
    seen.known &&= seen.members <= MOST_MEMBERS;
    if (!seen.known) return true;
    switch (type.kind) {
      case 'struct': case 'class': case 'union':
        return type.members.every((member) => member.offsetBits !== undefined && (member.bitSize > 0 || isAligned(dwarf, member)) && visit(member.typeId, offset + Math.floor(member.offsetBits / 8)));
      case 'array': {
        const step = dwarf.sizeOf(type.elementTypeId);
        if (step === undefined || type.length === undefined) seen.known = false;
        for (let index = 0; seen.known && step !== undefined && index < (type.length ?? 0); index++) if (!visit(type.elementTypeId, offset + index * step)) return false;
        return true;
      }
      case 'base':
        if (type.encoding === 'complex-float') return type.size <= 2 * WORD;
        if (type.encoding === 'float') return type.size <= WORD;
        for (let at = 0; at < type.size; at += WORD) integer(offset + at);
        return true;
      default:
        integer(offset);
        return true;
    }
  };
  // long double is of the class X87: in memory as an argument, in no register that is saved as a result.
  const inRegisters = visit(id, 0);
  return seen.known ? (inRegisters ? floats : []) : undefined;
}

/** Members at odd places (packed structures) put an object in memory. */
function isAligned(dwarf: ObjectTypes, { typeId, offsetBits = 0 }: { readonly typeId: number; readonly offsetBits: number | undefined }): boolean {
  const type = dwarf.resolve(typeId);
  const size = type.kind === 'base' || type.kind === 'pointer' || type.kind === 'enum' ? dwarf.sizeOf(typeId) : undefined;
  return offsetBits % 8 === 0 && (size === undefined || size === 0 || (offsetBits / 8) % Math.min(size, WORD) === 0);
}
