/** `.callee(…)`: the probe at a function's entry counts only when one of the given calls led there. */
import type { TypedExpression } from '../../semantic/typed-tree.js';
import type { Span } from '../../source/index.js';
import { logicalNode } from '../../semantic/fold.js';
import { add, binary, numberNode } from '../arithmetic.js';
import { ProbedCode, type ProbedPlace } from './probed-code.js';

/** DWARF number of arm64's link register. */
const LINK_REGISTER = 30;
/** Bits that no signature covers with 48-bit virtual addresses, which code has also where the kernel offers 52: Linux, Documentation/arch/arm64/memory.rst. */
const ADDRESS_BITS = (1n << 48n) - 1n;

/** @param isReturn the call is looked at when the function is entered: its return address is gone when it returns */
export function callerGuard(place: ProbedPlace, returnAddresses: readonly bigint[], isReturn: boolean, span: Span): TypedExpression {
  const code = new ProbedCode(place);
  // x86-64: the call pushed it, right below the CFA.
  const actual: TypedExpression = place.arch === 'aarch64'
    ? code.register(LINK_REGISTER, span)
    : { kind: 'read', type: 'long', address: add(stackAtEntry(code, place, span), 0n, span), scalar: { bytes: 8, signed: false }, space: place.space, span };
  // Behind paciasp the upper bits are a signature (pointer authentication); addresses differ below them.
  const plain = (address: TypedExpression): TypedExpression => (place.arch === 'aarch64' ? binary('and', address, numberNode(ADDRESS_BITS, span), span) : address);
  const [first, ...rest] = returnAddresses.map((address) => binary('eq', plain(actual), plain(code.runtimeAddress(address, span)), span));
  if (first === undefined) throw new Error('internal error: a guard without calls');
  const guard = rest.reduce((all, one) => logicalNode('or', all, one, span), first);
  return isReturn ? { kind: 'entry', type: 'long', expression: guard, span } : guard;
}

const STACK_POINTER = 7;
const stackAtEntry = (code: ProbedCode, { pc, body }: ProbedPlace, span: Span): TypedExpression => (pc === body.entryPc ? code.register(STACK_POINTER, span) : add(code.cfa(span), -8n, span));
