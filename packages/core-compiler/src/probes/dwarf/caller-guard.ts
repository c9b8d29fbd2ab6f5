/** `.callee(…)`: the probe at a function's entry counts only when one of the given calls led there. */
import type { TypedExpression } from '../../semantic/typed-tree.js';
import type { Span } from '../../source/index.js';
import { logicalNode } from '../../semantic/fold.js';
import { add, binary, numberNode } from '../arithmetic.js';
import { INSTRUCTION_POINTER, ProbedCode, type ProbedPlace } from './probed-code.js';

/** DWARF numbers: arm64's link register, x86-64's stack pointer. */
const LINK_REGISTER = 30;
const STACK_POINTER = 7;
/** Bits that no signature covers with 48-bit virtual addresses, which code has also where the kernel offers 52: Linux, Documentation/arch/arm64/memory.rst. */
const ADDRESS_BITS = (1n << 48n) - 1n;

/**
 * At an entry, where the call returns to is looked at at the function's very first instruction: a return probe of the same function puts
 * the kernel's own address there right behind it. At a return the stack no longer has it.
 */
export function callerGuard(place: ProbedPlace, returnAddresses: readonly bigint[], isReturn: boolean, span: Span): TypedExpression {
  return isReturn && place.space === 'user' ? byPlaceOfReturn(place, returnAddresses, span) : byReturnAddress(place, returnAddresses, isReturn, span);
}

/** A uretprobe's instruction pointer is where the function returns to (kernel/events/uprobes.c); the entry tells where the program lies. */
function byPlaceOfReturn(place: ProbedPlace, returnAddresses: readonly bigint[], span: Span): TypedExpression {
  const code = new ProbedCode(place);
  const kept = (address: TypedExpression): TypedExpression => (place.program.isFixed ? address : { kind: 'entry', type: 'long', expression: address, span });
  return anyOf(returnAddresses.map((address) => binary('eq', code.register(INSTRUCTION_POINTER[place.arch], span), kept(code.runtimeAddress(address, span)), span)), span);
}

/** A kretprobe's instruction pointer tells it since Linux 5.16 alone: the entry is asked, before which the runtime attaches kretprobes. */
function byReturnAddress(place: ProbedPlace, returnAddresses: readonly bigint[], isReturn: boolean, span: Span): TypedExpression {
  const { arch, space, entryPc } = place;
  const atFirst = place.pc === place.body.entryPc;
  const code = new ProbedCode(atFirst || entryPc === undefined ? place : { ...place, pc: entryPc });
  // x86-64: the call pushed it, right below the CFA.
  const actual: TypedExpression = arch === 'aarch64'
    ? code.register(LINK_REGISTER, span)
    : { kind: 'read', type: 'long', address: add(atFirst || entryPc !== undefined ? code.register(STACK_POINTER, span) : add(code.cfa(span), -8n, span), 0n, span), scalar: { bytes: 8, signed: false }, space, span };
  // Behind paciasp the upper bits are a signature (pointer authentication); addresses differ below them.
  const plain = (address: TypedExpression): TypedExpression => (arch === 'aarch64' ? binary('and', address, numberNode(ADDRESS_BITS, span), span) : address);
  const guard = anyOf(returnAddresses.map((address) => binary('eq', plain(actual), plain(code.runtimeAddress(address, span)), span)), span);
  return isReturn || (!atFirst && entryPc !== undefined) ? { kind: 'entry', type: 'long', expression: guard, span } : guard;
}

function anyOf(conditions: readonly TypedExpression[], span: Span): TypedExpression {
  const [first, ...rest] = conditions;
  if (first === undefined) throw new Error('internal error: a guard without calls');
  return rest.reduce((all, one) => logicalNode('or', all, one, span), first);
}
