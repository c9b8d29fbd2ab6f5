/** The few DWARF expressions that call frame tables of x86-64 programs have. */
import { ByteReader } from '../reader.js';
import { DebugInfoError } from '../errors.js';

const BREG0 = 0x70;
const STACK_POINTER = 7;
const PC = 16;
const OP = { deref: 0x06, plus: 0x22, plusConst: 0x23, and: 0x1a, ge: 0x2a, shl: 0x24, lit0: 0x30 } as const;

export type StackExpression =
  /** register + offset */
  | { readonly kind: 'sum'; readonly register: number; readonly offset: number }
  /** The word at register + offset, and `added`. */
  | { readonly kind: 'word'; readonly register: number; readonly offset: number; readonly added: number }
  /** rsp + 8, and 8 more when (rip & 15) >= pushEnds. */
  | { readonly kind: 'plt'; readonly pushEnds: number }
  | { readonly kind: 'other' };

const OTHER: StackExpression = { kind: 'other' };

export function stackExpression(bytes: Uint8Array | undefined): StackExpression {
  if (bytes === undefined) return OTHER;
  try {
    return read(new ByteReader(bytes, 'call frame expression'));
  } catch (error) {
    if (error instanceof DebugInfoError) return OTHER;
    throw error;
  }
}

function read(reader: ByteReader): StackExpression {
  const register = reader.u8() - BREG0;
  if (register < 0 || register > 31) return OTHER;
  const offset = reader.sleb();
  if (reader.remaining === 0) return { kind: 'sum', register, offset };
  const next = reader.u8();
  if (next !== OP.deref) return next === BREG0 + PC && register === STACK_POINTER && offset === 8 ? stub(reader) : OTHER;
  if (reader.remaining === 0) return { kind: 'word', register, offset, added: 0 };
  if (reader.u8() !== OP.plusConst) return OTHER;
  const added = reader.uleb();
  return reader.remaining === 0 ? { kind: 'word', register, offset, added } : OTHER;
}

/** The rest of what linkers write for .plt: … breg16 0, lit15, and, litN, ge, lit3, shl, plus. */
function stub(reader: ByteReader): StackExpression {
  const rest = reader.take(reader.remaining);
  const literal = (rest[3] ?? 0) - OP.lit0;
  const expected = [0, OP.lit0 + 15, OP.and, OP.lit0 + literal, OP.ge, OP.lit0 + 3, OP.shl, OP.plus];
  if (literal < 0 || literal > 15 || rest.length !== expected.length || !expected.every((byte, index) => rest[index] === byte)) return OTHER;
  return { kind: 'plt', pushEnds: literal };
}
