/** Decodes location expressions. Source: DWARF 5 sections 2.5, 2.6, 7.7; GNU's operations: GCC's include/dwarf2.def as the DWARF wiki lists them. */
import { DebugInfoError } from '../errors.js';
import { ByteReader } from '../reader.js';
import type { ArithmeticOperation, Operation, OperationBody, StackOperation } from './operations.js';

export interface ExpressionUnit {
  /** DWARF version of the unit. */
  readonly version: number;
  readonly addressSize: number;
  readonly offsetSize: 4 | 8;
}

/** Real ones nest once: an entry value of a register. */
const NESTING_MAX = 8;

const ARITHMETIC: Readonly<Record<number, ArithmeticOperation>> = {
  0x19: 'abs', 0x1a: 'and', 0x1b: 'div', 0x1c: 'minus', 0x1d: 'mod', 0x1e: 'mul', 0x1f: 'neg', 0x20: 'not', 0x21: 'or', 0x22: 'plus',
  0x24: 'shl', 0x25: 'shr', 0x26: 'shra', 0x27: 'xor', 0x29: 'eq', 0x2a: 'ge', 0x2b: 'gt', 0x2c: 'le', 0x2d: 'lt', 0x2e: 'ne',
};
const STACK: Readonly<Record<number, StackOperation>> = { 0x12: 'dup', 0x13: 'drop', 0x14: 'over', 0x16: 'swap', 0x17: 'rot' };

/** GNU's numbers from before DWARF 5 took the operations over. */
const STANDARD_OF_GNU: Readonly<Record<number, number>> = {
  0xe0: 0x9b, // GNU_push_tls_address: form_tls_address
  0xf2: 0xa0, // implicit_pointer
  0xf3: 0xa3, // entry_value
  0xf4: 0xa4, // const_type
  0xf5: 0xa5, // regval_type
  0xf6: 0xa6, // deref_type
  0xf7: 0xa8, // convert
  0xf9: 0xa9, // reinterpret
  0xfb: 0xa1, // GNU_addr_index: addrx
  0xfc: 0xa2, // GNU_const_index: constx
};

/** @param section where the expression stands, for errors; their offset counts from the start of the expression. */
export function decodeExpression(bytes: Uint8Array, unit: ExpressionUnit, section = 'location expression'): Operation[] {
  return decode(new ByteReader(bytes, section), unit, 0);
}

function decode(reader: ByteReader, unit: ExpressionUnit, depth: number): Operation[] {
  const operations: Operation[] = [];
  while (!reader.atEnd) {
    const offset = reader.offset;
    const opcode = reader.u8();
    const body = simple(opcode, reader) ?? constant(opcode, reader, unit) ?? location(opcode, reader, unit, depth) ?? reference(STANDARD_OF_GNU[opcode] ?? opcode, reader, unit);
    if (body === undefined) throw reader.error(`unknown operation 0x${opcode.toString(16)}`, offset);
    operations.push({ offset, opcode, ...body });
  }
  return operations;
}

function simple(opcode: number, reader: ByteReader): OperationBody | undefined {
  const arithmetic = ARITHMETIC[opcode];
  if (arithmetic !== undefined) return { kind: 'arithmetic', operation: arithmetic };
  const stack = STACK[opcode];
  if (stack !== undefined) return { kind: 'stack', operation: stack };
  switch (opcode) {
    case 0x15: return { kind: 'pick', index: reader.u8() };
    case 0x23: return { kind: 'add', addend: reader.ulebBig() };
    case 0x28: case 0x2f: return branch(opcode === 0x28, reader);
    case 0x96: return { kind: 'nop' };
    case 0x97: return { kind: 'push-object-address' };
    case 0x9b: case 0xe0: return { kind: 'thread-local' };
    case 0x9c: return { kind: 'call-frame-cfa' };
    case 0x9f: return { kind: 'stack-value' };
    case 0xf0: return { kind: 'uninitialized' };
    default: return undefined;
  }
}

function branch(isConditional: boolean, reader: ByteReader): OperationBody {
  const at = reader.offset - 1;
  const distance = reader.i16();
  const target = reader.offset + distance;
  if (target < 0 || target > reader.bytes.length) throw reader.error(`branch by ${distance} out of the expression`, at);
  return { kind: 'branch', target, isConditional };
}

function constant(opcode: number, reader: ByteReader, unit: ExpressionUnit): OperationBody | undefined {
  if (opcode >= 0x30 && opcode <= 0x4f) return { kind: 'constant', value: BigInt(opcode - 0x30) };
  switch (opcode) {
    case 0x03: return { kind: 'address', address: reader.unsigned(unit.addressSize) };
    case 0x08: return { kind: 'constant', value: BigInt(reader.u8()) };
    case 0x09: return { kind: 'constant', value: BigInt(reader.i8()) };
    case 0x0a: return { kind: 'constant', value: BigInt(reader.u16()) };
    case 0x0b: return { kind: 'constant', value: BigInt(reader.i16()) };
    case 0x0c: return { kind: 'constant', value: BigInt(reader.u32()) };
    case 0x0d: return { kind: 'constant', value: BigInt(reader.i32()) };
    case 0x0e: return { kind: 'constant', value: reader.u64() };
    case 0x0f: return { kind: 'constant', value: reader.i64() };
    case 0x10: return { kind: 'constant', value: reader.ulebBig() };
    case 0x11: return { kind: 'constant', value: reader.slebBig() };
    case 0xa1: case 0xfb: return { kind: 'address-index', index: reader.uleb() };
    case 0xa2: case 0xfc: return { kind: 'constant-index', index: reader.uleb() };
    default: return undefined;
  }
}

function location(opcode: number, reader: ByteReader, unit: ExpressionUnit, depth: number): OperationBody | undefined {
  if (opcode >= 0x50 && opcode <= 0x6f) return { kind: 'register', register: opcode - 0x50 };
  if (opcode >= 0x70 && opcode <= 0x8f) return { kind: 'register-offset', register: opcode - 0x70, addend: reader.slebBig() };
  switch (opcode) {
    case 0x06: return { kind: 'dereference', size: unit.addressSize, hasAddressSpace: false };
    case 0x18: return { kind: 'dereference', size: unit.addressSize, hasAddressSpace: true };
    case 0x90: return { kind: 'register', register: reader.uleb() };
    case 0x91: return { kind: 'frame-base', addend: reader.slebBig() };
    case 0x92: return { kind: 'register-offset', register: reader.uleb(), addend: reader.slebBig() };
    case 0x93: return { kind: 'piece', bits: pieceBits(reader), bitOffset: 0 };
    case 0x94: case 0x95: return { kind: 'dereference', size: reader.u8(), hasAddressSpace: opcode === 0x95 };
    case 0x9d: return { kind: 'piece', bits: reader.uleb(), bitOffset: reader.uleb() };
    case 0x9e: return { kind: 'implicit-value', bytes: reader.take(reader.uleb()) };
    case 0xa3: case 0xf3: return { kind: 'entry-value', expression: nested(reader, unit, depth) };
    default: return undefined;
  }
}

function pieceBits(reader: ByteReader): number {
  const at = reader.offset;
  const bits = reader.uleb() * 8;
  if (!Number.isSafeInteger(bits)) throw reader.error('a piece beyond 2^53 bits', at);
  return bits;
}

function nested(reader: ByteReader, unit: ExpressionUnit, depth: number): Operation[] {
  const at = reader.offset;
  const bytes = reader.take(reader.uleb());
  if (depth >= NESTING_MAX) throw reader.error(`entry values nested more than ${NESTING_MAX} deep`, at);
  const start = reader.offset - bytes.length;
  try {
    return decode(new ByteReader(bytes, reader.section), unit, depth + 1);
  } catch (error) {
    if (error instanceof DebugInfoError) throw new DebugInfoError(error.section, error.offset + start, error.detail);
    throw error;
  }
}

/** Operations that name a type or another DIE. DWARF 2 gave references between units the size of an address. */
function reference(opcode: number, reader: ByteReader, unit: ExpressionUnit): OperationBody | undefined {
  const die = (): number => ((unit.version === 2 ? unit.addressSize : unit.offsetSize) === 8 ? reader.size() : reader.u32());
  switch (opcode) {
    case 0x98: return { kind: 'call', unitDie: reader.u16() };
    case 0x99: return { kind: 'call', unitDie: reader.u32() };
    case 0x9a: return { kind: 'call', die: die() };
    case 0xa0: return { kind: 'implicit-pointer', die: die(), addend: reader.slebBig() };
    case 0xa4: return { kind: 'typed-constant', type: reader.uleb(), bytes: reader.take(reader.u8()) };
    case 0xa5: return { kind: 'typed-register', register: reader.uleb(), type: reader.uleb() };
    case 0xa6: case 0xa7: return { kind: 'dereference', size: reader.u8(), type: reader.uleb(), hasAddressSpace: opcode === 0xa7 };
    case 0xa8: case 0xa9: return { kind: 'convert', type: reader.uleb(), isReinterpretation: opcode === 0xa9 };
    case 0xfa: return { kind: 'parameter-reference', unitDie: reader.u32() };
    case 0xfd: return { kind: 'variable-value', die: die() };
    default: return undefined;
  }
}
