/** For tests: small programs built by hand, as metadata that the host executor and the session run. */
import type {
  AttachPoint, FormatPiece, GlobalStorage, IrBlock, IrBody, IrFunction, IrGlobal, IrInstruction, IrRegister, IrTerminator, ObjectMetadata, ProbeMetadata,
  SiteMetadata, StatFunction, StatLayout, Value,
} from '@stapkit/object';
import { DEFAULT_LIMITS, OBJECT_FORMAT_VERSION, SESSION } from '@stapkit/object';

export const r = (register: number): Value => ({ register });
export const n = (long: bigint | number): Value => ({ long: BigInt(long) });
export const t = (text: string): Value => ({ text });
export const arg = (value: Value): { kind: 'value'; value: Value } => ({ kind: 'value', value });
export const d: FormatPiece = { conversion: 'd' };
export const s: FormatPiece = { conversion: 's' };
export const lit = (literal: string): FormatPiece => ({ literal });

export const LONG: IrRegister = { type: 'long' };
export const STRING: IrRegister = { type: 'string' };
export const DONE: IrTerminator = { kind: 'return' };
export const go = (target: number): IrTerminator => ({ kind: 'jump', target });

export function block(instructions: IrInstruction[], terminator: IrTerminator = DONE, onError?: number): IrBlock {
  return { instructions, terminator, ...(onError !== undefined && { onError }) };
}

export function body(registers: readonly IrRegister[], ...blocks: IrBlock[]): IrBody {
  return { registers: [...registers], blocks, loops: [] };
}

export const at = (line: number, token?: string): { file: string; line: number; column: number; token?: string } =>
  ({ file: '<input>', line, column: 1, ...(token !== undefined && { token }) });

export function probe(name: string, attach: AttachPoint, handler?: IrBody): ProbeMetadata {
  return { name, point: name, where: handler === undefined ? 'kernel' : 'host', attach, location: at(1), ...(handler !== undefined && { body: handler }) };
}

export const begin = (handler: IrBody, priority = 0): ProbeMetadata => probe('begin', { kind: 'begin', priority }, handler);
export const end = (handler: IrBody, priority = 0): ProbeMetadata => probe('end', { kind: 'end', priority }, handler);

export function site(kind: SiteMetadata['kind'], ...pieces: FormatPiece[]): SiteMetadata {
  return { kind, pieces };
}

type Global = ObjectMetadata['globals'][number];
let nextOffset: number = SESSION.size;

export function longGlobal(name: string, initial = 0n): Global {
  nextOffset += 8;
  return { name, kind: 'long', initial, storage: { kind: 'slot', offset: nextOffset - 8, bytes: 8 } };
}

export function textGlobal(name: string, initial = '', bytes = 64): Global {
  nextOffset += bytes;
  return { name, kind: 'string', initial, storage: { kind: 'slot', offset: nextOffset - bytes, bytes } };
}

export function statLayout(histogramBuckets = 0): StatLayout {
  const words = 6 + histogramBuckets;
  return { bytes: words * 8, count: 0, sum: 8, min: 16, max: 24, variance: 32, ...(histogramBuckets > 0 && { histogram: { offset: 48, buckets: histogramBuckets } }) };
}

const ALL: readonly StatFunction[] = ['count', 'sum', 'min', 'max', 'avg', 'variance'];

export function statGlobal(name: string, varianceShift = 0): Global {
  return {
    name, kind: 'stat', stat: { functions: ALL, varianceShift, histogram: { kind: 'log' } },
    storage: { kind: 'per-cpu', map: 'stats', offset: 8, layout: statLayout(128) },
  };
}

/** An array with the given key types; strings take 16 bytes in keys and 32 in values. */
export function arrayGlobal(name: string, keys: readonly ('long' | 'string')[], value: 'long' | 'string' | 'stat', options: { maxEntries?: number; wrap?: boolean } = {}): Global {
  let keyBytes = 0;
  const slots = keys.map((type) => {
    const bytes = type === 'long' ? 8 : 16;
    keyBytes += bytes;
    return { type, offset: keyBytes - bytes, bytes };
  });
  const layout = value === 'stat' ? statLayout() : undefined;
  const storage: GlobalStorage = {
    kind: 'hash', map: `array_${name}`, perCpu: value === 'stat', keyBytes, keys: slots, insertedAt: 0, valueOffset: 8,
    valueBytes: 8 + (value === 'long' ? 8 : value === 'string' ? 32 : (layout?.bytes ?? 0)), ...(layout !== undefined && { layout }),
  };
  const global: IrGlobal = {
    name, kind: 'array', keys: keys.map((type) => ({ type })), value, wrap: options.wrap ?? false, ordered: true,
    ...(value === 'stat' && { stat: { functions: ALL } }), ...(options.maxEntries !== undefined && { maxEntries: options.maxEntries }),
  };
  return { ...global, storage };
}

export interface Parts {
  readonly globals?: readonly Global[];
  readonly functions?: readonly IrFunction[];
  readonly probes?: readonly ProbeMetadata[];
  readonly sites?: readonly SiteMetadata[];
  readonly limits?: Partial<ObjectMetadata['limits']>;
}

export function metadataOf(parts: Parts): ObjectMetadata {
  return {
    format: OBJECT_FORMAT_VERSION, compiler: 'test', name: 'test', arch: 'x86_64', kernelRelease: '', kernelBound: false,
    limits: { ...DEFAULT_LIMITS, ...parts.limits }, sources: [], globals: parts.globals ?? [], functions: parts.functions ?? [], probes: parts.probes ?? [],
    programs: [], plans: [], maps: [], sites: parts.sites ?? [], globalsMap: 'globals',
  };
}
