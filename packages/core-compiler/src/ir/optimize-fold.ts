/** What an instruction is worth when some of its inputs are constants. */
import { INTRINSICS, compileRegex, errnoName, escapeText, findText, matchesRegex, quoteText, spanText } from '@stapkit/object';
import type { Comparison, IrInstruction, Limits, LongBinary, LongUnary, RegisterId, Value } from '@stapkit/object';
import { longValue, sameValue, textValue } from './operands.js';

/** A simpler instruction with the same effect, or the same object. */
export function foldInstruction(instruction: IrInstruction, limits: Limits): IrInstruction {
  switch (instruction.op) {
    case 'unary': return 'long' in instruction.src ? move(instruction, evaluateUnary(instruction.fn, instruction.src.long)) : instruction;
    case 'binary': return foldBinary(instruction);
    case 'compare-text': {
      const { a, b } = instruction;
      if ('text' in a && 'text' in b) return move(instruction, truth(compareSign(instruction.fn, a.text < b.text ? -1 : a.text > b.text ? 1 : 0)));
      if (sameValue(a, b)) return move(instruction, truth(compareSign(instruction.fn, 0)));
      return instruction;
    }
    case 'concat': return foldConcat(instruction, limits);
    case 'intrinsic': return foldIntrinsic(instruction, limits);
    case 'read-text': {
      // A negative limit is the string limit, as is none.
      if (instruction.limit === undefined || !('long' in instruction.limit) || instruction.limit.long >= 0n) return instruction;
      const { limit: _limit, ...rest } = instruction;
      return rest;
    }
    default: return instruction;
  }
}

/** What foldInstruction makes of an operation: a copy of a value. */
function move(instruction: IrInstruction & { readonly dst: RegisterId }, src: Value): IrInstruction {
  return { op: 'move', dst: instruction.dst, src, ...(instruction.location === undefined ? {} : { location: instruction.location }) };
}

const truth = (value: boolean): Value => longValue(value ? 1n : 0n);

export function evaluateUnary(fn: LongUnary, value: bigint): Value {
  switch (fn) {
    case 'neg': return longValue(BigInt.asIntN(64, -value));
    case 'not': return longValue(BigInt.asIntN(64, ~value));
    case 'lnot': return truth(value === 0n);
  }
}

/** undefined: division by zero. */
export function evaluateBinary(fn: LongBinary, a: bigint, b: bigint): bigint | undefined {
  const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);
  switch (fn) {
    case 'add': return wrap(a + b);
    case 'sub': return wrap(a - b);
    case 'mul': return wrap(a * b);
    case 'div': return b === 0n ? undefined : wrap(a / b);
    case 'mod': return b === 0n ? undefined : wrap(a % b);
    case 'and': return a & b;
    case 'or': return a | b;
    case 'xor': return a ^ b;
    case 'shl': return wrap(a << (b & 63n));
    case 'shr': return a >> (b & 63n);
    case 'ushr': return wrap(BigInt.asUintN(64, a) >> (b & 63n));
    default: return compareSign(fn, a < b ? -1 : a > b ? 1 : 0) ? 1n : 0n;
  }
}

export function compareSign(fn: Comparison, sign: number): boolean {
  switch (fn) {
    case 'eq': return sign === 0;
    case 'ne': return sign !== 0;
    case 'lt': return sign < 0;
    case 'le': return sign <= 0;
    case 'gt': return sign > 0;
    case 'ge': return sign >= 0;
  }
}

function foldBinary(instruction: IrInstruction & { readonly op: 'binary' }): IrInstruction {
  const { fn, a, b } = instruction;
  if ('long' in a && 'long' in b) {
    const value = evaluateBinary(fn, a.long, b.long);
    return value === undefined ? instruction : move(instruction, longValue(value));
  }
  if (sameValue(a, b)) {
    if (fn === 'sub' || fn === 'xor') return move(instruction, longValue(0n));
    if (fn === 'and' || fn === 'or') return move(instruction, a);
    if (fn === 'eq' || fn === 'le' || fn === 'ge') return move(instruction, truth(true));
    if (fn === 'ne' || fn === 'lt' || fn === 'gt') return move(instruction, truth(false));
  }
  if ('long' in b) {
    const simple = withRightConstant(fn, a, b.long);
    return simple === undefined ? instruction : move(instruction, simple);
  }
  if (!('long' in a)) return instruction;
  if (COMMUTATIVE.has(fn)) return foldBinary({ ...instruction, a: b, b: a });
  return instruction;
}

const COMMUTATIVE: ReadonlySet<LongBinary> = new Set(['add', 'mul', 'and', 'or', 'xor', 'eq', 'ne']);

function withRightConstant(fn: LongBinary, a: Value, b: bigint): Value | undefined {
  switch (fn) {
    case 'add': case 'sub': case 'xor': case 'shl': case 'shr': case 'ushr': return b === 0n ? a : undefined;
    case 'or': return b === 0n ? a : b === -1n ? longValue(-1n) : undefined;
    case 'and': return b === -1n ? a : b === 0n ? longValue(0n) : undefined;
    case 'mul': return b === 1n ? a : b === 0n ? longValue(0n) : undefined;
    case 'div': return b === 1n ? a : undefined;
    case 'mod': return b === 1n || b === -1n ? longValue(0n) : undefined;
    default: return undefined;
  }
}

function foldConcat(instruction: IrInstruction & { readonly op: 'concat' }, limits: Limits): IrInstruction {
  const parts: Value[] = [];
  for (const part of instruction.parts) {
    const last = parts.at(-1);
    if ('text' in part && part.text === '') continue;
    if ('text' in part && last !== undefined && 'text' in last) parts[parts.length - 1] = textValue(last.text + part.text);
    else parts.push(part);
  }
  const [only] = parts;
  if (only === undefined) return move(instruction, textValue(''));
  if (parts.length === 1) return move(instruction, 'text' in only ? textValue(only.text.slice(0, limits.MAXSTRINGLEN - 1)) : only);
  return parts.length === instruction.parts.length ? instruction : { ...instruction, parts };
}

function foldIntrinsic(instruction: IrInstruction & { readonly op: 'intrinsic' }, limits: Limits): IrInstruction {
  const { name, dst, args } = instruction;
  if (dst === undefined || args.length === 0 || !(INTRINSICS[name]?.pure ?? false) || args.some((arg) => 'register' in arg)) return instruction;
  const value = intrinsicValue(name, args.map((arg) => ('text' in arg ? arg.text : 'long' in arg ? arg.long : 0n)), limits.MAXSTRINGLEN - 1);
  if (value === undefined) return instruction;
  return move({ ...instruction, dst }, typeof value === 'string' ? textValue(value) : longValue(value));
}

/** undefined: it is left to run time. */
function intrinsicValue(name: string, args: readonly (bigint | string)[], longest: number): bigint | string | undefined {
  const [text, second, third, fourth] = args;
  if (typeof text === 'bigint') return name === 'errno_name' ? errnoName(text) : undefined;
  if (text === undefined) return undefined;
  if (name === 'strlen') return BigInt(text.length);
  if (name === 'quote') return quoteText(text, longest);
  if (name === 'escape') return escapeText(text, longest);
  if (typeof second === 'string') {
    if (name === 'regex_match') return matchesRegex(compileRegex(second), text) ? 1n : 0n;
    if (name === 'find' && typeof third === 'bigint') return findText(text, second, third);
    return name === 'span' && typeof third === 'bigint' && typeof fourth === 'bigint' ? spanText(text, second, third, fourth) : undefined;
  }
  if (name === 'stringat' && second !== undefined) return BigInt(text.charCodeAt(Number(second)) || 0);
  if (name !== 'substr' || second === undefined || typeof third !== 'bigint') return undefined;
  return second < 0n || third <= 0n ? '' : text.slice(Number(second), Number(second + third));
}
