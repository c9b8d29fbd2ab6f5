/** Pass 3's second half and pass 4: optimized IR to an eBPF object. */
import type { IrProgram, Limits, MapMetadata, ObjectMetadata, PerfCounter, SourceLocation } from '@stapkit/object';
import { BtfWriter, GLOBALS_MAP, OBJECT_FORMAT_VERSION, RegexError, STACKS_MAP } from '@stapkit/object';
import type { DiagnosticSink } from '../diagnostics/index.js';
import { isPacking } from '../ir/index.js';
import { SourceText } from '../source/index.js';
import type { Target, TargetFeatures } from '../target/index.js';
import { CONTEXT, CONTEXT_BYTES_MAX, CONTEXT_MAP, contextsOfCpu } from './context-area.js';
import { CoreTypes } from './core-types.js';
import type { Subprogram } from './handler-environment.js';
import { MemberTexts } from './member-texts.js';
import { counterMaps, perfCounters } from './perf-counters.js';
import { listPrograms } from './listing.js';
import { writeObject } from './object-file.js';
import { entryShape } from './print-entry.js';
import { ProgramBuilder } from './programs.js';
import { groupPatterns } from './regex-group-tables.js';
import type { RefusalCode } from './refusals.js';
import { REFUSAL } from './refusals.js';
import { clearProgram, flushProgram } from './runtime-subprograms.js';
import { EVENTS_MAP } from './select/prints.js';
import { StackTable } from './stack-table.js';
import { SiteTable } from './site-table.js';
import { planStorage } from './storage.js';
import type { StoragePlan } from './storage.js';
import { UNWIND_MAPS, WALKER } from './unwind-subprograms.js';
import { WalkTable } from './walk-table.js';

export interface GenerateOptions {
  readonly name: string;
  readonly target: Target;
  readonly limits: Limits;
  readonly sources: readonly { readonly file: string; readonly text: string }[];
  readonly kernelBound: boolean;
  /** User stacks can be walked by unwind rows. */
  readonly unwinds: boolean;
  /** Times of probes are told as objects. */
  readonly timesAs?: 'json';
  readonly compilerVersion: string;
  readonly diagnostics: DiagnosticSink;
}

export interface CompiledObject {
  /** The ELF file. */
  readonly bytes: Uint8Array;
  readonly metadata: ObjectMetadata;
  /** BPF listing with the script's lines between, for -p3. */
  listing(): string;
}

/** Power of two and a multiple of the page size. */
const RING_BUFFER_BYTES = 8 << 20;
const RECORD_BYTES_MIN = 4096;

/** undefined when something was reported to `diagnostics`. */
export function generateObject(program: IrProgram, options: GenerateOptions): CompiledObject | undefined {
  const { target, limits, diagnostics } = options;
  const sources = new SourceTexts(options.sources);
  const refusals: string[] = [];
  const refuse = (code: RefusalCode, message: string, location: SourceLocation | undefined, hint?: string): void => {
    refusals.push(message);
    const span = sources.span(location);
    diagnostics.report({ code, severity: 'error', message, ...(span === undefined ? {} : { span }), ...(hint === undefined ? {} : { hints: [hint] }) });
  };
  const storage = planned(program, limits, refuse);
  if (storage === undefined) return undefined;
  const btf = new BtfWriter();
  const sites = new SiteTable(program);
  const subprograms: Subprogram[] = [];
  const recordBytes = recordSize(program, limits);
  const walks = new WalkTable();
  const counters = perfCounters(program);
  const texts = new MemberTexts(program, limits.MAXSTRINGLEN);
  const subprogram = (symbol: string, make: () => Subprogram): string => {
    if (!subprograms.some((one) => one.symbol === symbol)) subprograms.push(make());
    return symbol;
  };
  const stacks = new StackTable(limits);
  const builder = new ProgramBuilder({
    program, storage, limits, features: target.features, arch: target.arch, unwinds: options.unwinds, sites, core: new CoreTypes(btf, target), recordBytes, subprograms, walks, memberTexts: texts.use, stacks: stacks.use, counters: new Map(counters.map(({ name, map }) => [name, map])), subprogram, refuse,
    flushSymbol: () => subprogram('flush_record', () => flushProgram('flush_record', recordBytes)),
    clearSymbol: () => subprogram('clear_entry', () => clearProgram('clear_entry')),
  }, target.arch);
  builder.build();
  if (builder.contextBytes > CONTEXT_BYTES_MAX) {
    refuse(REFUSAL.tooLarge, `the strings of one handler need ${builder.contextBytes} bytes, a CPU's context has ${CONTEXT_BYTES_MAX}`, undefined, 'lower MAXSTRINGLEN with -D MAXSTRINGLEN=N');
  }
  if (refusals.length > 0) return undefined;
  const maps = allMaps([...storage.maps, ...walks.maps, ...counterMaps(counters), ...texts.maps, ...stacks.maps, ...(subprograms.some(({ symbol }) => symbol === WALKER) ? UNWIND_MAPS : [])], builder, target.features);
  const metadata = makeMetadata(program, options, { storages: storage.storages, builder, maps, sites, counters, texts, stacks });
  const sourceLine = (file: string, line: number): string => sources.line(file, line);
  const bytes = writeObject({ program, storage, metadata, programs: builder.programs, subprograms, btf, sourceLine });
  return { bytes, metadata, listing: () => listPrograms(builder.programs, subprograms, sourceLine) };
}

function planned(program: IrProgram, limits: Limits, refuse: (code: RefusalCode, message: string, location: SourceLocation | undefined) => void): StoragePlan | undefined {
  try {
    return planStorage(program, limits);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    const wants = program.probes.find(({ where, body }) => where === 'kernel' && groupPatterns(body).length > 0);
    const where = wants?.body.blocks.flatMap(({ instructions }) => instructions).find((one) => one.op === 'intrinsic' && one.name === 'regex_group');
    refuse(REFUSAL.tooLarge, error.message, where?.location?.calledFrom ?? where?.location ?? wants?.location);
    return undefined;
  }
}

/** The record buffer holds the largest entry that some handler can print. */
function recordSize(program: IrProgram, limits: Limits): number {
  let most = RECORD_BYTES_MIN;
  for (const probe of program.probes) {
    if (probe.where !== 'kernel') continue;
    for (const body of [probe.body, ...(probe.entry === undefined ? [] : [probe.entry.body])]) {
      for (const { instructions } of body.blocks) {
        for (const one of instructions) if (one.op === 'print') most = Math.max(most, entryShape(body, one.args, limits.MAXSTRINGLEN, program.globals).maxBytes);
      }
    }
  }
  return Math.max(most, limits.MAXSTRINGLEN + 32);
}

function allMaps(stored: readonly MapMetadata[], builder: ProgramBuilder, features: TargetFeatures): MapMetadata[] {
  const maps = [...stored, ...builder.maps];
  if (builder.contextBytes > 0) {
    maps.push({ name: CONTEXT_MAP, type: 'percpu_array', keyBytes: 4, valueBytes: Math.max(builder.contextBytes, CONTEXT.record), maxEntries: contextsOfCpu(features), flags: 0 });
  }
  if (builder.programs.length > 0) maps.push({ name: EVENTS_MAP, type: 'ringbuf', keyBytes: 0, valueBytes: 0, maxEntries: RING_BUFFER_BYTES, flags: 0 });
  return maps;
}

function makeMetadata(program: IrProgram, options: GenerateOptions, made: {
  readonly storages: ReturnType<typeof planStorage>['storages']; readonly builder: ProgramBuilder; readonly maps: readonly MapMetadata[]; readonly sites: SiteTable; readonly counters: readonly PerfCounter[]; readonly texts: MemberTexts; readonly stacks: StackTable;
}): ObjectMetadata {
  const { target, limits } = options;
  return {
    format: OBJECT_FORMAT_VERSION,
    compiler: options.compilerVersion,
    name: options.name,
    arch: target.arch,
    kernelRelease: target.kernelRelease,
    kernelBound: options.kernelBound,
    limits,
    sources: options.sources,
    globals: program.globals.map((global, index) => {
      const storage = made.storages[index];
      if (storage === undefined) throw new Error(`internal error: global ${global.name} has no storage`);
      return { ...global, storage };
    }),
    functions: program.functions,
    probes: program.probes.map(({ name, point, where, attach, location, body }) => ({ name, point, where, attach, location, ...(where === 'host' ? { body } : {}) })),
    programs: made.builder.programs.map(({ code: _code, ...program }) => program),
    plans: made.builder.plans,
    maps: made.maps,
    ...(made.builder.processes.sets.length === 0 ? {} : { processSets: made.builder.processes.sets }),
    ...(program.members === undefined ? {} : { members: program.members }),
    ...(made.texts.layout === undefined ? {} : { memberTexts: made.texts.layout }),
    ...(program.probes.some(({ where, body, entry }) => where === 'kernel' && [body, ...(entry === undefined ? [] : [entry.body])].some((one) => one.blocks.some(({ instructions }) => instructions.some(isPacking)))) ? { packs: true } : {}),
    ...(options.timesAs === undefined ? {} : { timesAs: options.timesAs }),
    ...(made.stacks.maps.length === 0 ? {} : { stacks: STACKS_MAP }),
    ...(made.counters.length === 0 ? {} : { counters: made.counters }),
    sites: made.sites.sites,
    globalsMap: GLOBALS_MAP,
    ...(made.builder.programs.length > 0 ? { ringBuffer: EVENTS_MAP } : {}),
  };
}

/** Lines and spans of the script's files. */
class SourceTexts {
  readonly #texts: ReadonlyMap<string, SourceText>;

  constructor(sources: GenerateOptions['sources']) {
    this.#texts = new Map(sources.map(({ file, text }) => [file, new SourceText(file, text)]));
  }

  line(file: string, line: number): string {
    return this.#texts.get(file)?.line(line) ?? '';
  }

  span(location: SourceLocation | undefined): { source: SourceText; start: number; end: number } | undefined {
    const source = location === undefined ? undefined : this.#texts.get(location.file);
    if (source === undefined || location === undefined) return undefined;
    const lines = source.text.split('\n');
    const start = lines.slice(0, location.line - 1).reduce((sum, one) => sum + one.length + 1, 0) + location.column - 1;
    return { source, start, end: start + 1 };
  }
}
