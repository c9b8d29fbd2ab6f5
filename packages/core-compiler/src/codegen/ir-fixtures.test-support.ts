/** Short ways to write IrPrograms in tests. */
import type {
  AttachPoint, IrBlock, IrBody, IrField, IrGlobal, IrInstruction, IrProbe, IrProgram, IrRegister, IrSite, IrTerminator, Limits, SourceLocation, Value,
} from '@stapkit/object';
import { DEFAULT_LIMITS } from '@stapkit/object';
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Target, TargetFeatures } from '../target/index.js';
import type { CompiledObject } from './generate.js';
import { generateObject } from './generate.js';

export const r = (register: number): Value => ({ register });
export const n = (long: number | bigint): Value => ({ long: BigInt(long) });
export const t = (text: string): Value => ({ text });

export const long: IrRegister = { type: 'long' };
export const text = (capacity?: number): IrRegister => ({ type: 'string', ...(capacity === undefined ? {} : { capacity }) });

export const ret: IrTerminator = { kind: 'return' };
export const jump = (target: number): IrTerminator => ({ kind: 'jump', target });
export const branch = (condition: Value, then: number, otherwise: number): IrTerminator => ({ kind: 'branch', condition, then, otherwise });

export function block(instructions: readonly IrInstruction[], terminator: IrTerminator = ret, onError?: number): IrBlock {
  return { instructions: [...instructions], terminator, ...(onError === undefined ? {} : { onError }) };
}

export function body(registers: readonly IrRegister[], ...blocks: IrBlock[]): IrBody {
  return { registers: [...registers], blocks, loops: [] };
}

/** A body of one block. */
export const straight = (registers: readonly IrRegister[], ...instructions: IrInstruction[]): IrBody => body(registers, block(instructions));

export const at = (line: number, column = 3, token?: string): SourceLocation => ({ file: 'test.stp', line, column, ...(token === undefined ? {} : { token }) });

export const POINTS = {
  tracepoint: { kind: 'tracepoint', name: 'sched_switch', arguments: 4 },
  function: { kind: 'function', symbol: 'vfs_read', return: false, arguments: 4 },
  functionReturn: { kind: 'function', symbol: 'vfs_read', return: true, arguments: 4 },
  openat: { kind: 'syscall', nr: 257, name: 'openat', return: false },
  openatReturn: { kind: 'syscall', nr: 257, name: 'openat', return: true },
  profile: { kind: 'profile', frequencyHz: 99 },
  user: { kind: 'user-function', path: '/bin/true', symbol: 'main', fileOffset: 0x1000, return: false },
  userReturn: { kind: 'user-function', path: '/bin/true', symbol: 'main', fileOffset: 0x1000, return: true },
} as const satisfies Record<string, AttachPoint>;

export function probe(attach: AttachPoint, handler: IrBody, entry?: IrProbe['entry']): IrProbe {
  return { name: attach.kind, point: attach.kind, where: 'kernel', attach, body: handler, location: at(1), ...(entry === undefined ? {} : { entry }) };
}

export interface ProgramParts {
  readonly globals?: readonly IrGlobal[];
  readonly sites?: readonly IrSite[];
  readonly fields?: readonly IrField[];
  readonly probes: readonly IrProbe[];
}

export const program = ({ globals = [], sites = [], fields = [], probes }: ProgramParts): IrProgram =>
  ({ globals: [...globals], functions: [], probes: [...probes], sites: [...sites], fields: [...fields] });

export const ALL_FEATURES: TargetFeatures = { loop: true, forEachMapElem: true, atomicFetch: true, lookupPerCpu: true, taskRegisters: true, snprintf: true, attachCookie: true, trampolines: true };
/** What Linux 5.10 lacks. */
export const OLD_FEATURES: TargetFeatures = { loop: false, forEachMapElem: false, atomicFetch: false, lookupPerCpu: false, taskRegisters: false, snprintf: false, attachCookie: false, trampolines: true };

export interface GenerateParts extends ProgramParts {
  readonly features?: Partial<TargetFeatures>;
  readonly limits?: Partial<Limits>;
  readonly btf?: Target['btf'];
}

export const SOURCE = 'probe x {\n  n++\n  printf("%d\\n", n)\n}\n';

/** @throws when the program is refused: the message holds the diagnostics */
export function generate(parts: GenerateParts): CompiledObject {
  const diagnostics = new DiagnosticSink();
  const target: Target = {
    arch: 'x86_64', kernelRelease: '', config: () => undefined, btf: parts.btf, features: { ...ALL_FEATURES, ...parts.features },
    readBinary: () => undefined, resolvePath: () => undefined,
  };
  const object = generateObject(program(parts), {
    name: 'test', target, limits: { ...DEFAULT_LIMITS, ...parts.limits }, sources: [{ file: 'test.stp', text: SOURCE }], kernelBound: false, unwinds: true, compilerVersion: 'test', diagnostics,
  });
  if (object === undefined) throw new Error(diagnostics.all.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return object;
}
