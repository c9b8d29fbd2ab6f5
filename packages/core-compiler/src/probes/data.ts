/** kernel.data(ADDRESS|"SYMBOL") and process….data(…), .length(N), .write, .rw: hardware breakpoints on data. */
import type { AttachPoint, ProcessFilter } from '@stapkit/object';
import type { DiagnosticSink } from '../diagnostics/index.js';
import type { ProbePoint, ProbePointComponent } from '../syntax/index.js';
import { contextWithoutVariables } from './empty-context.js';
import { hasNoArgument, numberArgument, pointText, type Expand, type Surroundings } from './family.js';
import { incompletePoint, numberOutOfRange, unknownAddress, unknownComponent, unknownData, wrongArgument } from './problems.js';
import type { PlaceKind } from './processes.js';
import type { Program } from './programs.js';
import type { ResolvedPoint } from './resolve.js';

type Data = Extract<AttachPoint, { kind: 'data' }>;
type Watch = Pick<Data, 'access' | 'bytes'>;

/** What the debug registers of x86-64 and arm64 can watch. */
const LENGTHS = [1, 2, 4, 8] as const;

export const expandKernelData: Expand = (point, around, problems) => {
  const [, data, ...suffixes] = point.components;
  if (data === undefined || !hasPlace(data, problems)) return [];
  const watch = readWatch(suffixes, pointText(point.components.slice(0, 2)), problems);
  if (watch === undefined) {
    if (suffixes.length === 0) problems.report(needsAccess(point));
    return [];
  }
  const place = data.argument?.kind === 'number' ? { address: BigInt.asUintN(64, data.argument.value) } : { symbol: data.argument?.value ?? '' };
  if (!isAligned(place.address, watch, data, problems)) return [];
  return [resolved(pointText(point.components), { kind: 'data', ...watch, ...place }, around)];
};

const needsAccess = (point: ProbePoint): ReturnType<typeof incompletePoint> => incompletePoint(point, pointText(point.components), '.write or .rw');

/** Addresses of a process are known of a running one, and of programs that are always loaded at the same place (-no-pie). */
export const expandProcessData: PlaceKind = {
  check: ({ kind, suffixes }, problems) => hasPlace(kind, problems) && readWatch(suffixes, pointText([kind]), problems) !== undefined,
  expand(program, { kind, suffixes }, around, problems) {
    const watch = readWatch(suffixes, '', problems);
    if (watch === undefined) return [];
    const address = kind.argument?.kind === 'number' ? BigInt.asUintN(64, kind.argument.value) : addressOfSymbol(program, kind, around, problems);
    if (address === undefined || !isAligned(address, watch, kind, problems)) return [];
    const processes: ProcessFilter = program.pid !== undefined ? { kind: 'pid', pid: program.pid } : (program.processes ?? { kind: 'program', path: program.path });
    return [resolved(`${program.label}.${pointText([kind, ...suffixes])}`, { kind: 'data', ...watch, address, processes }, around)];
  },
};

function addressOfSymbol(program: Program, kind: ProbePointComponent, around: Surroundings, problems: DiagnosticSink): bigint | undefined {
  const name = kind.argument?.kind === 'text' ? kind.argument.value : '';
  const symbol = program.elf.symbols(name).find(({ type }) => type === 'object' || type === 'notype');
  if (symbol === undefined) {
    const isThreadLocal = program.elf.symbols(name).some(({ type }) => type === 'tls');
    problems.report(unknownData(name, kind.span, program.path, isThreadLocal ? 'each thread has its own' : program.elf.symtab === undefined ? 'it is stripped of symbols' : 'there is no such symbol'));
    return undefined;
  }
  if (program.elf.type === 'exec') return symbol.address;
  const bias = program.pid === undefined ? undefined : loadBias(program, program.pid, around);
  if (bias === undefined) problems.report(unknownAddress(name, kind.span, program.path));
  return bias === undefined ? undefined : bias + symbol.address;
}

/** By how much a file's addresses are moved in a process. */
function loadBias(program: Program, pid: number, { target }: Surroundings): bigint | undefined {
  const mapping = target.mappedCode?.(pid).find(({ path }) => path === program.path);
  const address = mapping === undefined ? undefined : program.elf.addressOf(mapping.fileOffset);
  return mapping === undefined || address === undefined ? undefined : mapping.address - address;
}

function hasPlace(data: ProbePointComponent, problems: DiagnosticSink): boolean {
  if (data.argument !== undefined) return true;
  problems.report(wrongArgument(data, 'an address or the name of a symbol in quotes'));
  return false;
}

/** undefined, and reported unless nothing is there, when it is not right. */
function readWatch(suffixes: readonly ProbePointComponent[], before: string, problems: DiagnosticSink): Watch | undefined {
  const [first, second, third] = suffixes;
  const length = first?.name === 'length' ? first : undefined;
  const access = length === undefined ? first : second;
  const extra = length === undefined ? second : third;
  if (access === undefined) {
    if (length !== undefined) problems.report(unknownComponent(length, `${before} without .write or .rw`, ['write', 'rw']));
    return undefined;
  }
  const wrong = access.name !== 'write' && access.name !== 'rw' ? access : extra;
  if (wrong !== undefined) {
    problems.report(unknownComponent(wrong, before, wrong === access ? ['write', 'rw', 'length'] : []));
    return undefined;
  }
  if (!hasNoArgument(access, problems)) return undefined;
  const wanted = length === undefined ? 1n : numberArgument(length, problems);
  if (wanted === undefined) return undefined;
  // As stap: the next length that the processor can watch.
  const bytes = LENGTHS.find((one) => wanted >= 1n && BigInt(one) >= wanted);
  if (bytes !== undefined) return { access: access.name === 'rw' ? 'rw' : 'write', bytes };
  if (length !== undefined) problems.report(numberOutOfRange(length, 'a number of bytes from 1 to 8'));
  return undefined;
}

function isAligned(address: bigint | undefined, { bytes }: Watch, data: ProbePointComponent, problems: DiagnosticSink): boolean {
  if (address === undefined || address % BigInt(bytes) === 0n) return true;
  problems.report(numberOutOfRange(data, `an address that is a multiple of the length, ${bytes}: the processor watches aligned data`));
  return false;
}

function resolved(name: string, attach: Data, around: Surroundings): ResolvedPoint {
  return { name, attach, where: 'kernel', isReturn: false, context: contextWithoutVariables(`'${name}'`, around.lookup, 'a breakpoint on data has no target variables') };
}
