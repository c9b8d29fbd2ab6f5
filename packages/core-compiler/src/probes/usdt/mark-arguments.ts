/** Arguments of USDT probes as expressions: what the note's assembler operands mean where the probe is hit. */
import { usdtSymbolAddress, type ElfFile, type UsdtArgument, type UsdtMemory, type UsdtProbe } from '@stapkit/debuginfo';
import type { ScalarType } from '@stapkit/object';
import type { TypedExpression } from '../../semantic/typed-tree.js';
import type { Span } from '../../source/index.js';
import type { Architecture } from '../../target/index.js';
import { add, binary, narrow, numberNode } from '../arithmetic.js';
import type { CType } from '../c-types.js';
import { INSTRUCTION_POINTER } from '../dwarf/probed-code.js';
import { TargetProblem, type Place } from '../target-access.js';
import type { ScopeVariable } from '../target-context.js';

export interface MarkedProgram {
  readonly elf: ElfFile;
  readonly arch: Architecture;
}

/** What `-L` says of all of them: a note gives a size and a sign, and no type. */
const LONG: CType = { kind: 'base', name: 'long', scalar: { bytes: 8, signed: true } };

/** `$arg1` and the others, in order. */
export function markArguments(probe: UsdtProbe, program: MarkedProgram): readonly ScopeVariable[] {
  return probe.arguments.map((argument, index): ScopeVariable => {
    const name = `arg${index + 1}`;
    return { name, type: LONG, group: 'parameter', place: (span) => placeOf(argument, `$${name}`, { ...program, pc: probe.pc }, span) };
  });
}

interface Here extends MarkedProgram {
  /** Link-time address of the probed instruction. */
  readonly pc: bigint;
}

function placeOf(argument: UsdtArgument, text: string, here: Here, span: Span): Place {
  const { operand } = argument;
  const scalar = scalarOf(argument, text, span);
  const common = { space: 'user', reads: 0, text, atEntry: false } as const;
  const value = (expression: TypedExpression): Place => ({ ...common, kind: 'value', type: LONG, expression });
  switch (operand.kind) {
    case 'constant': {
      const known = operand.symbol === undefined ? numberNode(BigInt.asIntN(64, operand.value), span) : add(symbolAddress(operand.symbol, text, here, span), operand.value, span);
      return value(narrow(known, scalar, span));
    }
    case 'register':
      return value(narrow(binary('ushr', register(operand.register, span), numberNode(BigInt(operand.shift), span), span), scalar, span));
    case 'memory': {
      const type: CType = { kind: 'base', name: 'long', scalar };
      return { ...common, kind: 'memory', type, root: type, path: [], base: addressOf(operand, text, here, span) };
    }
    case 'vector-register':
      throw unreadable(argument, text, 'floating-point and vector registers cannot be read by a probe', span);
    case 'unsupported':
      throw unreadable(argument, text, operand.reason, span);
  }
}

function scalarOf(argument: UsdtArgument, text: string, span: Span): ScalarType {
  const { size, isSigned, isFloat } = argument;
  if (isFloat) throw unreadable(argument, text, 'floating-point values cannot be read', span);
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) throw unreadable(argument, text, argument.operand.kind === 'unsupported' ? argument.operand.reason : `it is a value of ${size} bytes`, span);
  return { bytes: size, signed: isSigned };
}

function unreadable(argument: UsdtArgument, text: string, why: string, span: Span): TargetProblem {
  return new TargetProblem(`cannot read '${text}' ('${argument.text}' in the program's note): ${why}`, span);
}

const register = (number: number, span: Span): TypedExpression => ({ kind: 'register', type: 'long', register: number, of: 'probe', span });

/** symbol + base + index × scale + displacement. */
function addressOf({ symbol, base, index, scale, indexExtension, displacement }: UsdtMemory, text: string, here: Here, span: Span): TypedExpression {
  const terms: TypedExpression[] = [];
  if (symbol !== undefined) terms.push(symbolAddress(symbol, text, here, span));
  if (base !== undefined) terms.push(register(base, span));
  if (index !== undefined) {
    const whole = register(index, span);
    const extended = indexExtension === undefined ? whole : narrow(whole, { bytes: 4, signed: indexExtension === 'sign' }, span);
    terms.push(scale === 1 ? extended : binary('mul', extended, numberNode(BigInt(scale), span), span));
  }
  const [first, ...rest] = terms;
  if (first === undefined) return numberNode(BigInt.asIntN(64, displacement), span);
  return add(rest.reduce((sum, term) => add(sum, term, span), first), displacement, span);
}

/** Where a symbol of the file is in the process: a program or library that was moved when it was loaded is where its probe is. */
function symbolAddress(symbol: string, text: string, { elf, arch, pc }: Here, span: Span): TypedExpression {
  const linked = usdtSymbolAddress(elf, symbol);
  if (linked === undefined) throw new TargetProblem(`cannot read '${text}': it is at the symbol '${symbol}', which the program does not have (it is stripped, or the symbol is another file's)`, span);
  if (elf.type === 'exec') return numberNode(BigInt.asIntN(64, linked), span);
  return add(register(INSTRUCTION_POINTER[arch], span), linked - pc, span);
}
