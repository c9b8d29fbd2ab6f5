/** Which BPF programs serve which probes, and in which order of preference. */
import type { AttachPlan, AttachPoint, IrBody, IrProbe, MapMetadata, ProcessFilter, ProgramKind, ProgramMetadata } from '@stapkit/object';
import type { AssembledCode } from '../bpf/index.js';
import { Assembler, JumpTooFarError } from '../bpf/index.js';
import type { Architecture } from '../target/index.js';
import { ENTRY_MAP_ENTRIES, splitReturn } from './entry-values.js';
import type { SplitReturn } from './entry-values.js';
import type { Guard } from './guards.js';
import { emitHandler } from './handler.js';
import type { EntryMap, HandlerOptions } from './handler.js';
import type { HandlerEnvironment } from './handler-environment.js';
import type { ProbeContext, RegistersKind } from './probe-context.js';
import { eventContext, netfilterContext, perfEventContext, processSyscallContext, registersContext, wordsContext } from './probe-context.js';
import { isOfProcesses, ProcessSets } from './process-sets.js';
import { REFUSAL } from './refusals.js';
import { buildSyscallPrograms } from './syscall-programs.js';

export interface EmittedProgram extends ProgramMetadata {
  readonly code: AssembledCode;
}

type Environment = Omit<HandlerEnvironment, 'probe' | 'probeContext' | 'symbol'>;

type Kernel<K extends AttachPoint['kind']> = Extract<AttachPoint, { kind: K }>;

/** Each is verified by itself: more would take minutes to load. */
const MOST_PROBES = 2000;

export class ProgramBuilder {
  readonly programs: EmittedProgram[] = [];
  readonly plans: AttachPlan[] = [];
  readonly maps: MapMetadata[] = [];
  contextBytes = 0;
  readonly processes: ProcessSets;
  readonly #env: Environment;
  readonly #arch: Architecture;
  readonly #probes: readonly IrProbe[];

  constructor(env: Environment, arch: Architecture) {
    this.#env = env;
    this.#arch = arch;
    this.#probes = env.program.probes;
    this.processes = new ProcessSets(env.program, env.storage.fileIdentities, env.core);
    this.maps.push(...this.processes.maps);
  }

  build(): void {
    const served = this.#probes.filter(({ where }) => where === 'kernel');
    if (served.length > MOST_PROBES) {
      this.#env.refuse(REFUSAL.tooLarge, `the script has ${served.length} probes of different code in the kernel, and at most ${MOST_PROBES} can be loaded`, served[0]?.location, 'narrow the wildcards, or use in their handlers nothing that differs between the functions ($variables, @entry): then they share one program');
      return;
    }
    const trackers = this.#trackers();
    const syscalls = new Map<boolean, number[]>();
    this.#probes.forEach((probe, index) => {
      if (probe.where !== 'kernel') return;
      const { attach } = probe;
      switch (attach.kind) {
        case 'function': this.#function(index, probe, attach); break;
        case 'user-function': this.#userFunction(index, probe, attach); break;
        case 'tracepoint': this.#tracepoint(index, probe, attach); break;
        case 'process': this.#process(index, probe, attach); break;
        case 'perf-event': this.#onPerfEvent(index, probe, attach.processes === undefined ? [] : this.#guards(attach.processes)); break;
        case 'data': this.#onPerfEvent(index, probe, attach.processes === undefined ? [] : this.#guards(attach.processes)); break;
        case 'profile': this.#plan([index], [[this.#handler(index, probe, 'perf_event', 'perf_event', perfEventContext(this.#arch))]]); break;
        case 'netfilter': this.#plan([index], [[this.#handler(index, probe, 'netfilter', 'netfilter', netfilterContext(attach.hook))]]); break;
        case 'syscall': syscalls.set(attach.return, [...(syscalls.get(attach.return) ?? []), index]); break;
        default: break;
      }
    });
    for (const [isReturn, indexes] of syscalls) {
      buildSyscallPrograms(indexes, isReturn, {
        env: this.#env, arch: this.#arch, probes: this.#probes, maps: this.maps,
        emitHandler: (code, probe, symbol, context, body, options) => { this.#emitInto(code, probe, symbol, context, body, options); },
        add: (program, code) => this.#add(program, code),
        plan: (ways) => { this.#plan(indexes, ways); },
      });
    }
    trackers();
  }

  /** Programs that keep the sets of processes: plans before all others, and behind them (what is given) those on the exit. */
  #trackers(): () => void {
    const { processes } = this;
    const probes = this.#probes.flatMap(({ where, attach }, index) => (where === 'kernel' && isOfProcesses(attach) ? [index] : []));
    const plans = (['programs', 'target'] as const).map((of) => {
      const made = processes.trackers(of).map(({ symbol, tracepoint, code }) => ({
        tracepoint, program: this.programs.push({ symbol, section: `raw_tp/${tracepoint}`, kind: 'raw_tp', target: { kind: 'tracepoint', name: tracepoint, arguments: 0 }, probes: [], role: 'tracker', code }) - 1,
      }));
      return (atExit: boolean): void => {
        const programs = made.filter(({ tracepoint }) => (tracepoint === 'sched_process_exit') === atExit).map(({ program }) => program);
        if (programs.length > 0) this.plans.push({ probes, ways: [{ programs }], ...(of === 'target' ? { forTarget: true } : {}) });
      };
    });
    for (const plan of plans) plan(false);
    return () => {
      for (const plan of plans) plan(true);
    };
  }

  /** What the current process must be, for a probe of the `process` family. */
  #guards(processes: ProcessFilter | undefined): readonly Guard[] {
    if (processes?.kind === 'pid') return [{ kind: 'process', pid: processes.pid }];
    const target: Guard = { kind: 'target' };
    return processes === undefined ? [target] : [{ kind: 'member', map: this.processes.mapOf(processes.path) }, target];
  }

  #process(index: number, probe: IrProbe, { event, processes }: Kernel<'process'>): void {
    const guards = this.#guards(processes);
    const at = (tracepoint: string, ...own: readonly Guard[]): number => this.#onTracepoint(index, probe, tracepoint, [...own, ...guards]);
    switch (event) {
      case 'begin': this.#plan([index], [[at('sched_process_exec'), this.#onNewTask(index, probe, [{ kind: 'first-thread', is: true }, ...guards])]]); break;
      case 'thread-begin': this.#plan([index], [[this.#onNewTask(index, probe, [{ kind: 'first-thread', is: false }, ...guards])]]); break;
      case 'end': this.#plan([index], [[at('sched_process_exit', { kind: 'last-thread' })]]); break;
      case 'thread-end': this.#plan([index], [[at('sched_process_exit', { kind: 'first-thread', is: false })]]); break;
      case 'syscall': case 'syscall-return': {
        const name = event === 'syscall' ? 'sys_enter' : 'sys_exit';
        const kinds = this.#env.features.trampolines ? (['tp_btf', 'raw_tp'] as const) : (['raw_tp'] as const);
        this.#plan([index], kinds.map((kind) => [this.#handler(index, probe, kind, `${kind}/${name}`, processSyscallContext(kind, this.#arch, event === 'syscall-return'), { guards }, { kind: 'tracepoint', name, arguments: 2 })]));
        break;
      }
      default: event satisfies never;
    }
  }

  #onPerfEvent(index: number, probe: IrProbe, guards: readonly Guard[]): void {
    this.#plan([index], [[this.#handler(index, probe, 'perf_event', 'perf_event', perfEventContext(this.#arch), { guards })]]);
  }

  #onTracepoint(index: number, probe: IrProbe, tracepoint: string, guards: readonly Guard[]): number {
    return this.#emit(index, [index], `probe_${index}_${tracepoint}`, eventContext('raw_tp'), `raw_tp/${tracepoint}`, 'handler', probe.body, { guards }, { kind: 'tracepoint', name: tracepoint, arguments: 0 });
  }

  /** In a task that has just been made. On arm64 it does not pass the system call's exit. */
  #onNewTask(index: number, probe: IrProbe, guards: readonly Guard[]): number {
    if (this.#arch === 'x86_64') return this.#onTracepoint(index, probe, 'sys_exit', [{ kind: 'new-task' }, ...guards]);
    const target = { kind: 'function', symbol: 'schedule_tail', return: false, arguments: 1 } as const;
    return this.#emit(index, [index], `probe_${index}_new_task`, eventContext('kprobe'), 'kprobe/schedule_tail', 'handler', probe.body, { guards: [{ kind: 'user-task' }, ...guards] }, target);
  }

  #plan(probes: readonly number[], ways: readonly (readonly number[])[]): void {
    this.plans.push({ probes, ways: ways.map((programs) => ({ programs })) });
  }

  /** Many functions in one program: attached to all at once, or, on kernels that cannot, to one after another. */
  #manyFunctions(index: number, probe: IrProbe, attach: Kernel<'function' | 'user-function'>, guards: readonly Guard[]): void {
    const kind: RegistersKind = `${attach.kind === 'function' ? 'k' : 'u'}${attach.return ? 'ret' : ''}probe`;
    const where = attach.kind === 'function' ? (attach.module ?? 'kernel') : attach.path;
    // kprobe_multi goes to functions' entries and returns alone.
    const ways = attach.kind === 'function' && attach.members?.some(({ offset }) => offset !== undefined) === true ? ([''] as const) : (['_multi', ''] as const);
    this.#plan([index], ways.map((many) => {
      const context = registersContext(`${kind}${many}`, this.#arch);
      return [this.#handler(index, probe, context.kind, `${kind}${many === '' ? '' : '.multi'}/${where}:*`, context, { guards })];
    }));
  }

  #function(index: number, probe: IrProbe, attach: Kernel<'function'>): void {
    if (attach.members !== undefined) {
      this.#manyFunctions(index, probe, attach, []);
      return;
    }
    const ways: number[][] = [];
    const target = attach.module === undefined ? attach.symbol : `${attach.module}:${attach.symbol}`;
    if (this.#env.features.trampolines && attach.offset === undefined && attach.entry === undefined && attach.kprobeOnly !== true && !needsRegisters(probe, attach)) {
      const kind = attach.return ? 'fexit' : 'fentry';
      const split = attach.return ? splitReturn(probe, false, this.#env.limits.MAXSTRINGLEN) : undefined;
      ways.push(this.#withEntry(index, probe, split, {
        section: `${kind}/${target}`, context: wordsContext(kind, attach.arguments),
        entrySection: `fentry/${target}`, entryContext: wordsContext('fentry', attach.arguments),
      }));
    }
    const kind = attach.return ? 'kretprobe' : 'kprobe';
    const split = splitEntry(probe, attach.return, this.#env.limits.MAXSTRINGLEN);
    const section = (offset: number | undefined): string => (offset === undefined || offset === 0 ? attach.symbol : `${attach.symbol}+0x${offset.toString(16)}`);
    ways.push(this.#withEntry(index, probe, split, {
      section: `${kind}/${section(attach.offset)}`, context: registersContext(kind, this.#arch, attach.frame),
      entrySection: `kprobe/${section(attach.entry?.offset)}`, entryContext: registersContext('kprobe', this.#arch, attach.entry?.frame),
      entryTarget: attach.entry === undefined ? attach : { ...attach, return: false, offset: attach.entry.offset },
    }));
    this.#plan([index], ways);
  }

  #userFunction(index: number, probe: IrProbe, attach: Kernel<'user-function'>): void {
    if (attach.members !== undefined) {
      const own: Guard[] = attach.pid === undefined ? [] : [{ kind: 'process', pid: attach.pid }];
      this.#manyFunctions(index, probe, attach, [...own, ...this.#guards(attach.processes)]);
      return;
    }
    const kind = attach.return ? 'uretprobe' : 'uprobe';
    const target = `${attach.path}:${attach.symbol}`;
    const split = splitEntry(probe, attach.return, this.#env.limits.MAXSTRINGLEN);
    this.#plan([index], [this.#withEntry(index, probe, split, {
      section: `${kind}/${target}`, context: registersContext(kind, this.#arch, attach.frame),
      entrySection: `uprobe/${target}`, entryContext: registersContext('uprobe', this.#arch, attach.entry?.frame),
      entryTarget: attach.entry === undefined ? attach : { ...attach, return: false, fileOffset: attach.entry.fileOffset },
    }, this.#guards(attach.processes))]);
  }

  /** A handler, and before it the program that keeps its entry values if it wants any. */
  #withEntry(index: number, probe: IrProbe, split: SplitReturn | undefined, how: {
    readonly section: string; readonly context: ProbeContext; readonly entrySection: string; readonly entryContext: ProbeContext; readonly entryTarget?: AttachPoint;
  }, guards: readonly Guard[] = []): number[] {
    if (split === undefined) return [this.#handler(index, probe, how.context.kind, how.section, how.context, { guards })];
    const { slots, valueBytes } = split;
    const map: MapMetadata = {
      name: `entry_${index}_${how.context.kind}`, type: 'lru_hash', keyBytes: 16, valueBytes, maxEntries: ENTRY_MAP_ENTRIES, flags: 0,
    };
    this.maps.push(map);
    const entryMap: EntryMap = { map: map.name, slots, valueBytes };
    const entry = this.#emit(index, [index], `probe_${index}_${how.entryContext.kind}_entry`, how.entryContext, how.entrySection, 'entry', split.entryBody, { saves: entryMap, guards }, how.entryTarget);
    const handler = this.#emit(index, [index], `probe_${index}_${how.context.kind}`, how.context, how.section, 'handler', split.body, { loads: { ...entryMap, registers: split.registers, keeps: how.context.kind === 'uprobe' || how.context.kind === 'kprobe' }, guards });
    return [entry, handler];
  }

  #handler(index: number, probe: IrProbe, kind: ProgramKind, section: string, context: ProbeContext, options: HandlerOptions = {}, goesTo?: AttachPoint): number {
    return this.#emit(index, [index], `probe_${index}_${kind}`, context, section, 'handler', probe.body, options, goesTo);
  }

  #tracepoint(index: number, probe: IrProbe, { name, arguments: count }: Kernel<'tracepoint'>): void {
    const ways: number[][] = [];
    if (this.#env.features.trampolines) ways.push([this.#handler(index, probe, 'tp_btf', `tp_btf/${name}`, wordsContext('tp_btf', count))]);
    ways.push([this.#handler(index, probe, 'raw_tp', `raw_tp/${name}`, wordsContext('raw_tp', count))]);
    this.#plan([index], ways);
  }

  #emit(index: number, probes: readonly number[], symbol: string, context: ProbeContext, section: string, role: ProgramMetadata['role'], body: IrBody, options: HandlerOptions, goesTo?: AttachPoint): number {
    const code = new Assembler();
    this.#emitInto(code, index, symbol, context, body, options);
    const target = goesTo ?? this.#probes[index]?.attach ?? { kind: 'never' };
    return this.#add({ symbol, section, kind: context.kind, target, probes, role }, code);
  }

  #emitInto(code: Assembler, probe: number, symbol: string, probeContext: ProbeContext, body: IrBody, options: HandlerOptions): void {
    const { contextBytes } = emitHandler(code, body, { ...this.#env, probe, probeContext, symbol }, options);
    this.contextBytes = Math.max(this.contextBytes, contextBytes);
  }

  #add(program: ProgramMetadata, code: Assembler): number {
    let assembled: AssembledCode;
    try {
      assembled = code.assemble();
    } catch (error) {
      if (!(error instanceof JumpTooFarError)) throw error;
      const probe = this.#probes[program.probes[0] ?? 0];
      this.#env.refuse(REFUSAL.tooLarge, 'the handler is too long for one BPF program', probe?.location, 'split it, or use shorter strings');
      assembled = { instructions: [], slots: [], bytes: new Uint8Array() };
    }
    this.programs.push({ ...program, code: assembled });
    return this.programs.length - 1;
  }
}

/** Return probes whose arguments are gone by then, and any probe that asks for values of the entry. */
function splitEntry(probe: IrProbe, isReturn: boolean, stringLimit: number): SplitReturn | undefined {
  return isReturn || probe.entry !== undefined ? splitReturn(probe, isReturn, stringLimit) : undefined;
}

/** An fentry program sees the declared parameters only, at the return the result too, and no registers. */
function needsRegisters(probe: IrProbe, { arguments: count, return: isReturn }: Kernel<'function'>): boolean {
  const bodies = [{ body: probe.body, isReturn }, ...(probe.entry === undefined ? [] : [{ body: probe.entry.body, isReturn: false }])];
  return bodies.some(({ body, isReturn: hasResult }) => body.blocks.some(({ instructions }) => instructions.some((one) => {
    if (one.op === 'read-register') return one.of === 'probe';
    if (one.op !== 'intrinsic') return false;
    if (one.name === 'register_return') return !hasResult;
    const [number] = one.args;
    return one.name === 'register_argument' && number !== undefined && 'long' in number && Number(number.long) > count;
  })));
}
