/** Calls: of script functions, and of the intrinsics that tapset functions name. */
import { INTRINSICS } from '@stapkit/object';
import type { AddressSpace, RegisterId, ScalarType, Value } from '@stapkit/object';
import type { TypedExpression } from '../semantic/index.js';
import { InternalError, present } from './internal-error.js';
import { lowerOperands } from './lower-expressions.js';
import { lowerMessage } from './lower-prints.js';
import type { BodyLowering } from './lowering.js';
import { longValue, registerValue } from './operands.js';

type Call = TypedExpression & { readonly kind: 'call' };

export function lowerCall(body: BodyLowering, call: Call, into: RegisterId | undefined, wanted: boolean): Value {
  const symbol = call.function;
  if (symbol.body.kind === 'intrinsic') return lowerIntrinsic(body, call, symbol.body.name, into, wanted);
  const args = lowerOperands(body, call.args);
  const dst = symbol.result === undefined || !wanted ? undefined : (into ?? body.temporary(symbol.result));
  const location = body.tables.locations.near(call.span, `identifier '${symbol.name}'`);
  body.builder.emit({ op: 'call', function: body.tables.function(symbol), args, location, ...(dst === undefined ? {} : { dst }) });
  return dst === undefined ? longValue(0n) : registerValue(dst);
}

function lowerIntrinsic(body: BodyLowering, call: Call, name: string, into: RegisterId | undefined, wanted: boolean): Value {
  const location = body.tables.locations.near(call.span, `identifier '${call.function.name}'`);
  if (name === 'warn' || name === 'system') {
    lowerMessage(body, name, [argument(call, 0)], call.span);
    return longValue(0n);
  }
  if (name === 'speculate' || name === 'commit' || name === 'discard' || name === 'switch_file') {
    lowerMessage(body, name, call.args, call.span);
    return longValue(0n);
  }
  const args = lowerOperands(body, call.args);
  if (name === 'abort') {
    body.builder.emit({ op: 'intrinsic', name: 'exit', args: [], location });
    body.builder.end({ kind: 'throw', message: { text: '' }, location, aborts: true });
    return longValue(0n);
  }
  if (name === 'throw') {
    body.builder.end({ kind: 'throw', message: args[0] ?? { text: '' }, location });
    // What follows cannot be reached, but the expression around this still wants a value of its type.
    return call.type === 'string' ? { text: '' } : longValue(0n);
  }
  const memory = /^read_(kernel|user)_(long|text|text_or)$/.exec(name);
  if (memory !== null) {
    const dst = into ?? body.temporary(memory[2] === 'long' ? 'long' : 'string');
    const space = memory[1] as AddressSpace;
    const address = present(args[0], `the address of '${name}'`);
    if (memory[2] === 'long') {
      const type = scalar(body, call);
      body.builder.emit({ op: 'read-memory', dst, address, space, type, location });
    } else {
      const [, limit, fallback] = args;
      body.builder.emit({ op: 'read-text', dst, address, space, location, ...(limit === undefined ? {} : { limit }), ...(fallback === undefined ? {} : { fallback }) });
    }
    return registerValue(dst);
  }
  const intrinsic = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
  if (intrinsic === undefined) throw new InternalError(`function '${call.function.name}' names the unknown intrinsic '${name}'`);
  const dst = intrinsic.result === undefined || (!wanted && !intrinsic.removable) ? undefined : (into ?? body.temporary(intrinsic.result));
  body.builder.emit({ op: 'intrinsic', name, args, location, ...(dst === undefined ? {} : { dst }) });
  return dst === undefined ? longValue(0n) : registerValue(dst);
}

/** (address, bytes, signed): the last two are part of the instruction and so must be known. */
function scalar(body: BodyLowering, call: Call): ScalarType {
  const bytes = constant(argument(call, 1));
  const signed = constant(argument(call, 2));
  if ((bytes === 1n || bytes === 2n || bytes === 4n || bytes === 8n) && signed !== undefined) {
    return { bytes: Number(bytes) as ScalarType['bytes'], signed: signed !== 0n };
  }
  body.tables.diagnostics.report({
    code: 'E0506',
    severity: 'error',
    message: `the size and sign of '${call.function.name}' are not constants: expected 1, 2, 4 or 8 and 0 or 1`,
    span: call.span,
    hints: ['use kernel_char, kernel_short, kernel_int or kernel_long, or their user_ and unsigned kin'],
  });
  return { bytes: 8, signed: true };
}

function constant(expression: TypedExpression): bigint | undefined {
  return expression.kind === 'number' ? expression.value : undefined;
}

function argument(call: Call, index: number): TypedExpression {
  return present(call.args[index], `argument ${index + 1} of '${call.function.name}'`);
}
