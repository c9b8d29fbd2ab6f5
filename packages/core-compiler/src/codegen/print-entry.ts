/** The shape of a record entry: which values a print site's entry carries, in which encoding, and how the host gets the arguments back. */
import type { IrBody, LeafEncoding, PrintArgument, RegisterId, Value } from '@stapkit/object';
import { alignTo8, textSlotBytes } from './text-layout.js';

/** Longer texts travel with their length instead of their padding. */
export const FIXED_TEXT_LIMIT = 64;

export interface EntryLeaf {
  readonly register: RegisterId;
  readonly encoding: LeafEncoding;
  /** Most bytes that it takes in the entry. */
  readonly bytes: number;
}

export interface EntryShape {
  /** Leaves of fixed size first: so all of these lie at known offsets. */
  readonly leaves: readonly EntryLeaf[];
  /** The arguments with leaf numbers for registers. */
  readonly args: readonly PrintArgument[];
  /** Bytes of the header and the leaves of fixed size. */
  readonly fixedBytes: number;
  readonly maxBytes: number;
}

const HEADER_BYTES = 8;

export function textCapacity(body: IrBody, register: RegisterId, limit: number): number {
  return Math.min(body.registers[register]?.capacity ?? limit, limit);
}

export function entryShape(body: IrBody, args: readonly PrintArgument[], stringLimit: number): EntryShape {
  const found = new Map<RegisterId, EntryLeaf>();
  eachRegister(args, (register) => {
    if (!found.has(register)) found.set(register, leafOf(body, register, stringLimit));
  });
  const leaves = [...found.values()].sort((a, b) => Number(a.encoding.kind === 'variable') - Number(b.encoding.kind === 'variable'));
  const numbers = new Map(leaves.map(({ register }, index) => [register, index]));
  const size = (some: readonly EntryLeaf[]): number => some.reduce((sum, { bytes }) => sum + bytes, HEADER_BYTES);
  return {
    leaves,
    args: args.map((arg) => renumber(arg, numbers)),
    fixedBytes: size(leaves.filter(({ encoding }) => encoding.kind !== 'variable')),
    maxBytes: size(leaves),
  };
}

function leafOf(body: IrBody, register: RegisterId, stringLimit: number): EntryLeaf {
  if (body.registers[register]?.type !== 'string') return { register, encoding: { kind: 'long' }, bytes: 8 };
  const bytes = textSlotBytes(textCapacity(body, register, stringLimit));
  if (bytes <= FIXED_TEXT_LIMIT) return { register, encoding: { kind: 'fixed', bytes }, bytes };
  return { register, encoding: { kind: 'variable' }, bytes: 8 + alignTo8(bytes) };
}

function eachRegister(args: readonly PrintArgument[], visit: (register: RegisterId) => void): void {
  const value = (one: Value): void => {
    if ('register' in one) visit(one.register);
  };
  for (const arg of args) {
    if (arg.kind === 'value') value(arg.value);
    else if (arg.kind === 'histogram') arg.keys.forEach(value);
    else eachRegister(arg.args, visit);
  }
}

function renumber(arg: PrintArgument, numbers: ReadonlyMap<RegisterId, number>): PrintArgument {
  const value = (one: Value): Value => ('register' in one ? { register: numbers.get(one.register) ?? 0 } : one);
  if (arg.kind === 'value') return { kind: 'value', value: value(arg.value) };
  if (arg.kind === 'histogram') return { ...arg, keys: arg.keys.map(value) };
  return { ...arg, args: arg.args.map((inner) => renumber(inner, numbers)) };
}
