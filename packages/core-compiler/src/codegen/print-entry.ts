/** The shape of a record entry: which values a print site's entry carries, in which encoding, and how the host gets the arguments back. */
import type { GlobalId, IrBody, IrGlobal, LeafEncoding, PrintArgument, RegisterId, Value } from '@stapkit/object';
import { histogramBuckets } from './stat-layout.js';
import { alignTo8, textSlotBytes } from './text-layout.js';

/** Longer texts travel with their length instead of their padding. */
export const FIXED_TEXT_LIMIT = 64;

export interface EntryLeaf {
  readonly register: RegisterId;
  readonly encoding: LeafEncoding;
  /** Most bytes that it takes in the entry. */
  readonly bytes: number;
}

/** The buckets of a statistic, as a leaf of fixed size. */
export interface HistogramLeaf {
  readonly global: GlobalId;
  readonly keys: readonly Value[];
  readonly bytes: number;
}

export interface EntryShape {
  /** Leaves of fixed size first: so all of these lie at known offsets. */
  readonly leaves: readonly EntryLeaf[];
  /** The leaf after `leaves`. Only `print(@hist…)` has one, and no other argument. */
  readonly histogram: HistogramLeaf | undefined;
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

export function histogramBytes(globals: readonly IrGlobal[], global: GlobalId): number {
  const found = globals[global];
  const histogram = found !== undefined && 'stat' in found ? found.stat.histogram : undefined;
  if (histogram === undefined) throw new Error(`internal error: global ${global} keeps no histogram`);
  return 8 * histogramBuckets(histogram);
}

/** Encodings of all leaves, as the reader wants them. */
export const leafEncodings = ({ leaves, histogram }: EntryShape): LeafEncoding[] =>
  [...leaves.map(({ encoding }) => encoding), ...(histogram === undefined ? [] : [{ kind: 'fixed', bytes: histogram.bytes } as const])];

export function entryShape(body: IrBody, args: readonly PrintArgument[], stringLimit: number, globals: readonly IrGlobal[] = []): EntryShape {
  const found = new Map<RegisterId, EntryLeaf>();
  eachRegister(args, (register) => {
    if (!found.has(register)) found.set(register, leafOf(body, register, stringLimit));
  });
  const leaves = [...found.values()].sort((a, b) => Number(a.encoding.kind === 'variable') - Number(b.encoding.kind === 'variable'));
  const numbers = new Map(leaves.map(({ register }, index) => [register, index]));
  const [only] = args;
  const histogram = only?.kind === 'histogram' ? { global: only.global, keys: only.keys, bytes: histogramBytes(globals, only.global) } : undefined;
  if (histogram !== undefined && args.length > 1) throw new Error('internal error: a histogram is printed with something else');
  const more = histogram?.bytes ?? 0;
  const size = (some: readonly EntryLeaf[]): number => some.reduce((sum, { bytes }) => sum + bytes, HEADER_BYTES);
  return {
    leaves, histogram,
    args: args.map((arg) => renumber(arg, numbers)),
    fixedBytes: size(leaves.filter(({ encoding }) => encoding.kind !== 'variable')) + more,
    maxBytes: size(leaves) + more,
  };
}

function leafOf(body: IrBody, register: RegisterId, stringLimit: number): EntryLeaf {
  if (body.registers[register]?.type !== 'string') return { register, encoding: { kind: 'long' }, bytes: 8 };
  const bytes = textSlotBytes(textCapacity(body, register, stringLimit));
  if (bytes <= FIXED_TEXT_LIMIT && body.registers[register].bytes !== true) return { register, encoding: { kind: 'fixed', bytes }, bytes };
  return { register, encoding: { kind: 'variable' }, bytes: 8 + alignTo8(bytes) };
}

function eachRegister(args: readonly PrintArgument[], visit: (register: RegisterId) => void): void {
  const value = (one: Value): void => {
    if ('register' in one) visit(one.register);
  };
  for (const arg of args) {
    if (arg.kind === 'value') value(arg.value);
    else if (arg.kind !== 'histogram') eachRegister(arg.args, visit);
  }
}

function renumber(arg: PrintArgument, numbers: ReadonlyMap<RegisterId, number>): PrintArgument {
  const value = (one: Value): Value => ('register' in one ? { register: numbers.get(one.register) ?? 0 } : one);
  if (arg.kind === 'value') return { kind: 'value', value: value(arg.value) };
  if (arg.kind === 'histogram') return { kind: 'histogram', global: arg.global, keys: [], leaf: 0 };
  return { ...arg, args: arg.args.map((inner) => renumber(inner, numbers)) };
}
