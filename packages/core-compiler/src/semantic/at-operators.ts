/** Operators of the form `@name(…)` that are no target variables: enumerators, raw memory, and those that BPF cannot have. */
import type { RegisterSet } from '@stapkit/object';
import type { AtExpression, Expression } from '../syntax/index.js';
import type { Bound } from './bound.js';
import { refusedOperator } from './catalog.js';
import { constantOf } from './constants.js';
import { bindLong, numberBound } from './expressions.js';
import { badBound } from './frame.js';
import type { Frame } from './frame.js';
import { callIntrinsic } from './intrinsic-calls.js';
import { SCALAR_WIDTHS } from './operators.js';
import { variableName, writtenIn } from './probe-writes.js';
import { TypeCell } from './types.js';

export function bindAt(frame: Frame, expression: AtExpression): Bound {
  const { name, args, span } = expression;
  switch (name) {
    case 'probewrite': return numberBound(isProbeWritten(frame, expression) ? 1n : 0n, span);
    case 'const': case 'enum': return bindEnumerator(frame, expression);
    case 'enumname': return bindEnumName(frame, expression);
    case 'kderef': case 'uderef': return bindDereference(frame, expression);
    case 'kregister': case '__register': return bindRegister(frame, expression, 'probe');
    case 'uregister': return bindRegister(frame, expression, 'user');
    case 'perf': return bindCounter(frame, expression);
    default:
      for (const arg of args) if (arg.kind !== 'text') bindLong(frame, arg);
      return refuse(frame, expression, 'it is not supported');
  }
}

/** Whether the probe's own handler writes the variable. */
export function isProbeWritten({ handler }: Frame, { args: [operand] }: AtExpression): boolean {
  const name = operand === undefined ? undefined : variableName(operand);
  return handler !== undefined && name !== undefined && writtenIn(handler).has(name);
}

function refuse(frame: Frame, { name, span }: AtExpression, reason: string, hint?: string): Bound {
  frame.diagnostics.report(refusedOperator(name, reason, span, hint));
  return badBound(span);
}

function literal(arg: Expression | undefined): string | undefined {
  return arg?.kind === 'text' ? arg.value : undefined;
}

/** `@enum("NAME")`; `@const` of a number, of a limit (`MAXSTRINGLEN`) or of an enumerator of the kernel's. */
function bindEnumerator(frame: Frame, expression: AtExpression): Bound {
  const { args, name, span } = expression;
  const text = literal(args[0])?.trim() ?? '';
  if (name === 'const' && /^-?(0[xX][0-9a-fA-F]+|\d+)[uUlL]*$/.test(text)) {
    const digits = text.replace(/[uUlL]+$/, '');
    const value = BigInt(digits.replace('-', ''));
    return numberBound(BigInt.asIntN(64, digits.startsWith('-') ? -value : value), span);
  }
  const limit = name === 'const' ? frame.program.limits.get(text) : undefined;
  const value = limit ?? (/^\w+$/.test(text) ? frame.program.probes.enumerators?.value(text) : undefined);
  if (value !== undefined) return numberBound(value, span);
  return refuse(frame, expression, `no enumeration of the kernel's type information has '${text}'`, name === 'const' ? 'macros and C expressions are not known there: write the number' : undefined);
}

/** `@enumname(value, "TYPE")`: the name, or the number when it has none. */
function bindEnumName(frame: Frame, expression: AtExpression): Bound {
  const { args, span } = expression;
  const [operand] = args;
  const type = literal(args[1]);
  if (operand === undefined || type === undefined) return refuse(frame, expression, 'the type of the enumeration must be given', 'write @enumname(VALUE, "TYPE")');
  const value = bindLong(frame, operand);
  const members = frame.program.probes.enumerators?.members(type.replace(/^enum\s+/, ''));
  if (members === undefined) return refuse(frame, expression, `this kernel's type information has no enumeration '${type}'`);
  const table = members.map((one) => `${one.value} ${one.name}`).join('\n');
  return {
    span, cell: TypeCell.of('string', span), children: [value],
    emit: () => callIntrinsic('enum_name', [value.emit(), { kind: 'text', type: 'string', value: table, span }], span),
  };
}

/** `@perf("NAME")`: the counter of a perf….counter("NAME") probe point. */
function bindCounter(frame: Frame, expression: AtExpression): Bound {
  const { args, span } = expression;
  const name = literal(args[0]);
  if (name === undefined || name === '') return refuse(frame, expression, 'the name of a counter must be given', 'write @perf("NAME"), and probe perf.sw.cpu_clock.counter("NAME") {}');
  if (frame.point?.where === 'host') return refuse(frame, expression, 'counters are of a CPU, and this probe runs in the stapkit process', 'read it in a probe of the kernel or of a program');
  return {
    span, cell: TypeCell.of('long', span), children: [],
    emit: () => callIntrinsic('perf_counter', [{ kind: 'text', type: 'string', value: name, span }], span),
  };
}

/** `@kderef(size, address)`, `@uderef(size, address)`: unsigned. */
function bindDereference(frame: Frame, expression: AtExpression): Bound {
  const { name, args, span } = expression;
  const [size, operand] = args;
  if (size === undefined || operand === undefined) return refuse(frame, expression, 'it takes a size and an address');
  const bytes = SCALAR_WIDTHS.find((width) => BigInt(width) === constantOf(frame, size));
  const address = bindLong(frame, operand);
  if (bytes === undefined) return refuse(frame, expression, 'the size must be the constant 1, 2, 4 or 8');
  return {
    span, cell: TypeCell.of('long', span), children: [address],
    emit: () => ({ kind: 'read', type: 'long', address: address.emit(), scalar: { bytes, signed: false }, space: name === 'kderef' ? 'kernel' : 'user', span }),
  };
}

/** `@kregister(n)`, `@uregister(n)`: by DWARF number. `@__register(n)` is the tapset's: of wherever the probe is. */
function bindRegister(frame: Frame, expression: AtExpression, of: RegisterSet): Bound {
  const { args, span } = expression;
  const number = args[0] === undefined ? undefined : constantOf(frame, args[0]);
  if (typeof number !== 'bigint' || number < 0n || number > 0xffffn) return refuse(frame, expression, 'the DWARF number of the register must be a constant');
  return { span, cell: TypeCell.of('long', span), children: [], emit: () => ({ kind: 'register', type: 'long', register: Number(number), of, span }) };
}
