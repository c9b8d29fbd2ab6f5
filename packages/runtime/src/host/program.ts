/** The host executor: a program's host probes and functions, its globals, and the texts of its print sites. */
import { PrintedRecords } from '../format/printed-records.js';
import type { IrFunction, ObjectMetadata, ProbeMember, SiteMetadata, SourceLocation, MessageKind } from '@stapkit/object';
import { SESSION } from '@stapkit/object';
import type { BpfMap } from '../bpf/map.js';
import { histogramStyle, histogramText } from '../format/histogram.js';
import type { HistogramStyle } from '../format/histogram.js';
import { compileFormat } from '../format/printf.js';
import type { Formatter, Scalar } from '../format/printf.js';
import { HandlerAbort, InternalError, ScriptError } from '../format/script-error.js';
import { NamedStackTexts } from '../stacks/stack-texts.js';
import type { StackTexts } from '../stacks/stack-texts.js';
import { StackTable } from '../stacks/stack-table.js';
import { ArrayStore } from './array-store.js';
import { compileBody, runBody } from './body.js';
import type { CompiledBody } from './body.js';
import type { Run } from './frame.js';
import { GlobalMemory } from './global-memory.js';
import type { Identity } from './identity.js';
import type { ArgumentServices } from './print-arguments.js';
import { PackedTexts } from './packed-texts.js';
import { hostIntrinsic } from './intrinsics.js';
import { ScalarGlobal } from './scalar-global.js';
import { ScalarStatistic } from './scalar-statistic.js';
import type { StatisticServices, StatisticStore } from './scalar-statistic.js';
import { StripedStatistic } from './striped-statistic.js';

/** What handlers in this process ask of the session. */
export interface HostServices {
  /** Text for the output stream (a byte string). */
  print(text: string): void;
  warn(text: string): void;
  /** The script called exit(): the current handler goes on to its end. */
  exit(): void;
  /** speculate(), commit(), discard(), system(). */
  message(kind: MessageKind, text: string): void;
  monotonicNs(): bigint;
  realtimeNs(): bigint;
  /** Kernel handlers may be running: the session's state is `running`. */
  kernelActive(): boolean;
  identity(): Identity;
  /** $value of the procfs probe that runs, in sessions that have some. */
  procfsValue?(): string;
  setProcfsValue?(text: string, how: 'set' | 'append'): void;
  /** Kernel memory, in sessions that may see it. */
  kernelMemory?(address: bigint, length: number): Uint8Array | undefined;
  /** Texts of stacks and addresses, in sessions that can have some. */
  readonly stacks?: StackTexts;
}

export interface HostProgramOptions {
  readonly metadata: ObjectMetadata;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly possibleCpus: number;
  readonly services: HostServices;
}

/** An error that leaves a function tells which call of the handler led to it. */
function calledFrom(error: unknown, call: SourceLocation | undefined): unknown {
  if (!(error instanceof ScriptError) || error.location === undefined || call === undefined) return error;
  return new ScriptError(error.message, { ...error.location, calledFrom: call });
}

/** Of sessions without a kernel side. */
function nameless(stringLimit: number): StackTexts {
  const names = { kernel: () => ({}), user: () => ({}), line: () => undefined, sight: () => undefined };
  return new NamedStackTexts({ table: new StackTable(undefined, () => undefined), names, stringLimit, maxFrames: undefined });
}

/** MAXACTION_INTERRUPTIBLE is this many times MAXACTION (man stap): nothing waits for handlers here. */
const INTERRUPTIBLE_FACTOR = 10;

export interface FunctionBody {
  readonly source: IrFunction;
  compiled: CompiledBody | undefined;
}

export class HostProgram implements ArgumentServices {
  readonly printed = new PrintedRecords();
  #runningProbe: number | undefined;
  readonly metadata: ObjectMetadata;
  readonly memory: GlobalMemory;
  /** Most bytes of a string. */
  readonly stringLimit: number;
  /** Texts that kernel handlers keep packed. */
  readonly packed: PackedTexts;
  readonly stacks: StackTexts;
  private readonly maps: ReadonlyMap<string, BpfMap>;
  private readonly services: HostServices;
  private readonly arrayServices: StatisticServices;
  private readonly nesting: number;
  private readonly histogramStyle: HistogramStyle;
  private runs = 0;
  private running = false;
  private readonly functions: readonly FunctionBody[];
  private readonly probes = new Map<number, CompiledBody>();
  private readonly formatters = new Map<number, Formatter>();
  private readonly scalars = new Map<number, ScalarGlobal>();
  private readonly statistics = new Map<number, StatisticStore>();
  private readonly arrays = new Map<number, ArrayStore>();

  constructor(options: HostProgramOptions) {
    const { metadata, maps, services } = options;
    this.metadata = metadata;
    this.maps = maps;
    this.services = services;
    this.stacks = services.stacks ?? nameless(metadata.limits.MAXSTRINGLEN - 1);
    this.packed = new PackedTexts(({ intrinsic, args }) => String(hostIntrinsic(intrinsic)(args, this)));
    this.arrayServices = {
      packed: this.packed,
      possibleCpus: options.possibleCpus,
      monotonicNs: () => services.monotonicNs(),
      kernelActive: () => services.kernelActive(),
      currentRun: () => (this.running ? this.runs : undefined),
    };
    this.memory = new GlobalMemory(maps.get(metadata.globalsMap));
    this.stringLimit = metadata.limits.MAXSTRINGLEN - 1;
    this.histogramStyle = histogramStyle(metadata.limits);
    this.nesting = metadata.limits.MAXNESTING;
    this.functions = metadata.functions.map((source) => ({ source, compiled: undefined }));
  }

  // -- running -----------------------------------------------------------------

  private newRun(): Run {
    const { MAXACTION, MAXACTION_INTERRUPTIBLE = MAXACTION * INTERRUPTIBLE_FACTOR } = this.metadata.limits;
    return { actionsLeft: MAXACTION_INTERRUPTIBLE, depth: 0, loop: undefined };
  }

  /** Runs a host probe's handler to its end. Throws ScriptError when an error leaves it. */
  runProbe(index: number): void {
    let body = this.probes.get(index);
    if (body === undefined) {
      const source = this.metadata.probes[index]?.body;
      if (source === undefined) throw new InternalError(`probe ${index} has no handler in this process`);
      body = compileBody(source, this);
      this.probes.set(index, body);
    }
    this.runs += 1;
    this.#runningProbe = index;
    this.running = true;
    try {
      runBody(body, this.newRun(), [], []);
    } catch (error) {
      if (!(error instanceof HandlerAbort)) throw error;
    } finally {
      this.running = false;
    }
  }

  functionBody(id: number): FunctionBody {
    const found = this.functions[id];
    if (found === undefined) throw new InternalError(`function ${id} is missing`);
    return found;
  }

  /** Calls a function from within a run. */
  callInside(run: Run, target: FunctionBody, args: readonly Scalar[], location: SourceLocation | undefined): Scalar {
    if (run.depth >= this.nesting) throw new ScriptError('MAXNESTING exceeded', location);
    target.compiled ??= compileBody(target.source.body, this);
    run.depth += 1;
    try {
      return runBody(target.compiled, run, args, target.source.params) ?? (target.source.result === 'string' ? '' : 0n);
    } catch (error) {
      throw run.depth > 1 ? error : calledFrom(error, location);
    } finally {
      run.depth -= 1;
    }
  }

  /** Calls a pure function whose result is only printed. */
  callFunction(id: number, args: readonly Scalar[]): Scalar {
    return this.callInside(this.newRun(), this.functionBody(id), args, undefined);
  }

  // -- printing ----------------------------------------------------------------

  site(id: number): SiteMetadata {
    const found = this.metadata.sites[id];
    if (found === undefined) throw new InternalError(`print site ${id} is missing`);
    return found;
  }

  formatter(id: number): Formatter {
    let formatter = this.formatters.get(id);
    if (formatter === undefined) {
      const site = this.site(id);
      formatter = compileFormat(site.pieces, site.kind === 'text');
      this.formatters.set(id, formatter);
    }
    return formatter;
  }

  formatSite(id: number, args: readonly Scalar[]): string {
    const text = this.formatter(id)(args);
    const nul = text.indexOf('\0'); // a string of the script ends at its first NUL
    return text.slice(0, nul < 0 ? this.stringLimit : Math.min(nul, this.stringLimit));
  }

  histogramText(global: number, keys: readonly Scalar[]): string {
    const statistic = keys.length === 0 ? this.scalarStatistic(global).read() : this.array(global).statistic(keys);
    return statistic.histogram(this.histogramStyle);
  }

  /** The chart of buckets that a kernel handler has read. */
  bucketsText(global: number, counts: readonly number[]): string {
    const found = this.metadata.globals[global];
    const shape = found !== undefined && 'stat' in found ? found.stat.histogram : undefined;
    if (shape === undefined) throw new InternalError(`global ${global} keeps no histogram`);
    const text = histogramText(shape, counts, this.histogramStyle);
    if (text === undefined) throw new ScriptError('empty aggregate');
    return text;
  }

  /** Of the probe that runs, or ran last. */
  get runningProbeName(): string | undefined {
    return this.#runningProbe === undefined ? undefined : this.metadata.probes[this.#runningProbe]?.name;
  }

  /** Sends a printed text where its site says. */
  emit(kind: SiteMetadata['kind'], text: string): void {
    switch (kind) {
      case 'script': this.services.print(text); return;
      case 'warn': this.services.warn(text); return;
      case 'exit': this.services.exit(); return;
      case 'speculate': case 'commit': case 'discard': case 'system': case 'switch_file': this.services.message(kind, text); return;
      case 'error': case 'text': throw new InternalError(`a site of kind "${kind}" is printed`);
      default: kind satisfies never;
    }
  }

  // -- intrinsics ----------------------------------------------------------------

  identity(): Identity {
    return this.services.identity();
  }

  member(cookie: bigint): ProbeMember {
    return this.metadata.members?.[Number(cookie)] ?? { name: '', function: '' };
  }

  kernelMemory(address: bigint, length: number): Uint8Array | undefined {
    return this.services.kernelMemory?.(address, length);
  }

  procfsValue(): string {
    return (this.services.procfsValue?.() ?? '').slice(0, this.stringLimit);
  }

  setProcfsValue(text: string, how: 'set' | 'append'): void {
    this.services.setProcfsValue?.(text, how);
  }

  monotonicNs(): bigint {
    return this.services.monotonicNs();
  }

  realtimeNs(): bigint {
    return this.services.realtimeNs();
  }

  target(): bigint {
    return this.memory.load(SESSION.target);
  }

  exit(): void {
    this.services.exit();
  }

  // -- globals -------------------------------------------------------------------

  private map(name: string): BpfMap {
    const found = this.maps.get(name);
    if (found === undefined) throw new InternalError(`map "${name}" is missing`);
    return found;
  }

  private global(id: number): ObjectMetadata['globals'][number] {
    const found = this.metadata.globals[id];
    if (found === undefined) throw new InternalError(`global ${id} is missing`);
    return found;
  }

  /** A long, string or statistic that is not an array, for whole-value operations. */
  scalar(id: number): ScalarGlobal {
    let scalar = this.scalars.get(id);
    if (scalar === undefined) {
      const global = this.global(id);
      const statistic = global.kind === 'stat' ? this.scalarStatistic(id) : undefined;
      scalar = new ScalarGlobal(global, this.memory, statistic, this.packed.unpack);
      this.scalars.set(id, scalar);
    }
    return scalar;
  }

  scalarStatistic(id: number): StatisticStore {
    let statistic = this.statistics.get(id);
    if (statistic === undefined) {
      const global = this.global(id);
      const { storage } = global;
      if (global.kind !== 'stat' || (storage.kind !== 'per-cpu' && storage.kind !== 'striped')) throw new InternalError(`global "${global.name}" is not a statistic`);
      if (storage.kind === 'striped') statistic = new StripedStatistic(global, storage, this.memory, this.arrayServices);
      else statistic = new ScalarStatistic(global, storage, this.map(storage.map), this.arrayServices);
      this.statistics.set(id, statistic);
    }
    return statistic;
  }

  array(id: number): ArrayStore {
    let array = this.arrays.get(id);
    if (array === undefined) {
      const global = this.global(id);
      if (global.kind !== 'array' || global.storage.kind !== 'hash') throw new InternalError(`global "${global.name}" is not an array`);
      array = new ArrayStore(global, global.storage, this.map(global.storage.map), this.arrayServices);
      this.arrays.set(id, array);
    }
    return array;
  }
}
