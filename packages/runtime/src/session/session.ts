/** One session at work. See run-session.ts for the order of things. */
import { spawn } from 'node:child_process';
import { WALK, type WalkStatus } from '@stapkit/debuginfo';
import type { MessageKind, ObjectMetadata } from '@stapkit/object';
import { SESSION, SESSION_STATE, UNWIND_MODE } from '@stapkit/object';
import { OutputBuffer } from '../format/output-buffer.js';
import { ScriptError, describeScriptError } from '../format/script-error.js';
import { existingTasks, ownIdentity, type Identity } from '../host/identity.js';
import { kernelMemoryOf, type ReadKernelMemory } from '../host/kernel-memory.js';
import { HostProgram, type HostServices } from '../host/program.js';
import type { LoadedObject, MissedHits } from '../load/loaded-object.js';
import type { CommandExit, StartedCommand } from '../sys/command.js';
import type { SessionClock } from './clock.js';
import { NamedStackTexts } from '../stacks/stack-texts.js';
import { namesAddresses } from '../stacks/named-addresses.js';
import { UnwindTables } from '../unwind/unwind-tables.js';
import { StackTable } from '../stacks/stack-table.js';
import { SystemNames } from '../stacks/system-names.js';
import { describeUnprobed, reportCommand, reportLosses } from './end-report.js';
import type { Losses, WalkCounts } from './end-report.js';
import { HostTimers } from './host-timers.js';
import { setInitialGlobals } from './initial-globals.js';
import { sessionFacts } from './session-facts.js';
import type { MessageWriter } from './message-writer.js';
import type { EndReason, SessionOptions, SessionResult } from './options.js';
import { OutputStream } from './output-stream.js';
import { METRICS_FILE, MetricsEndpoint } from './metrics-endpoint.js';
import { ProcfsFiles, type ProcfsServices } from './procfs.js';
import { BATCH, RecordBatches } from './record-batches.js';
import { RecordDecoder, type RecordSink } from './record-decoder.js';
import { probeTimes, timesReport } from './probe-times.js';
import { SessionMonitor } from './session-monitor.js';
import { Speculation } from './speculation.js';
import type { StopListener } from './stop-request.js';

export interface SessionParts extends Omit<SessionOptions, 'clock' | 'command'> {
  readonly clock: SessionClock;
  readonly messages: MessageWriter;
  readonly loaded: LoadedObject;
  readonly command: StartedCommand | undefined;
  /** What -c says. */
  readonly commandText?: string | undefined;
}

const LONG_MAX = (1n << 63n) - 1n;
/** Polling: after records came, and the slowest when none do. */
const BUSY_MS = 1;
const IDLE_MS = 20;
/** Without a ring buffer there is only the clock to keep. */
const QUIET_MS = 1000;
/** Stacks are moved out of their map, and new processes looked at, so often. */
const STACK_FETCH_NS = 50_000_000n;
/** After a process of ours ran or mapped something, its next steps are awaited: its stacks are to be found from the first one on. */
const ATTENTIVE_NS = 100_000_000n;
const REALTIME_REFRESH_NS = 1_000_000_000n;
/** With this much output waiting to be written, records are left in the ring buffer and timers wait. */
const PENDING_MAX = 32 * 1024 * 1024;

type Phase = 'starting' | 'running' | 'stopping' | 'failed';

export class Session implements StopListener, HostServices, RecordSink {
  private readonly parts: SessionParts;
  private readonly metadata: ObjectMetadata;
  private readonly clock: SessionClock;
  private readonly messages: MessageWriter;
  private readonly program: HostProgram;
  private readonly out = new OutputBuffer();
  private readonly speculation = new Speculation();
  private readonly stream: OutputStream | undefined;
  private readonly decoder: RecordDecoder;
  private phase: Phase = 'starting';
  private reason: EndReason | undefined;
  private began = false;
  private armed = false;
  private aborted = false;
  private skippedTooMany = false;
  private hostErrors = 0;
  /** Error records seen; the kernel's own count may be higher when records were lost. */
  private kernelErrors = 0;
  private shownErrors = 0;
  private missed: MissedHits = { runs: 0, returns: 0 };
  private commandExit: CommandExit | undefined;
  private identityKnown: Identity | undefined;
  private readonly procfs: ProcfsFiles | undefined;
  private readonly batches: RecordBatches;
  readonly kernelMemory: ReadKernelMemory;
  private metrics: MetricsEndpoint | undefined;
  readonly stacks: NamedStackTexts;
  private readonly stackTable: StackTable;
  private readonly names: SystemNames;
  private readonly unwindTables: UnwindTables | undefined;
  /** $value of the procfs probe that runs, and the most bytes that it can have. */
  private procfsText = '';
  private procfsLimit = 0;
  /** Of system(), to be started. */
  private readonly commands: string[] = [];
  /** While a host probe runs on behalf of another process. */
  private spokenFor: Identity | undefined;

  constructor(parts: SessionParts) {
    this.parts = parts;
    this.metadata = parts.loaded.metadata;
    this.clock = parts.clock;
    this.messages = parts.messages;
    this.stream = parts.onText === undefined ? new OutputStream(parts.stdout ?? 1, parts.writeBytes) : undefined;
    this.stream?.onEnd(() => { this.outputEnded(); });
    const names = new SystemNames(parts.kernel, namesAddresses(this.metadata), parts.fetchDebugFile);
    this.names = names;
    if (names.followingProblem !== undefined) this.messages.warn(`names in processes that end early will be missing: ${names.followingProblem.message}`);
    this.stackTable = new StackTable(this.metadata.stacks === undefined ? undefined : parts.loaded.maps.get(this.metadata.stacks), ({ kind, pid }) => { if (kind === 'user') names.sight(pid); }, (token) => this.walkedAnew(token));
    this.stacks = new NamedStackTexts({
      table: this.stackTable, names, stringLimit: this.metadata.limits.MAXSTRINGLEN - 1, maxFrames: this.metadata.limits.MAXBACKTRACE,
      onNoModule: (name) => { this.messages.warn(`${name}() of an address in no module gave "", where stap's handler would end with an error`); },
    });
    this.unwindTables = (parts.unwind ?? 'fp') === 'fp' ? undefined : UnwindTables.of({ kernel: parts.kernel, maps: parts.loaded.maps, store: parts.unwindRows, seen: (pid) => names.mapped(pid) });
    names.onChange((change) => this.unwindTables?.note(change));
    const copies = this.unwindTables?.copies;
    if (copies !== undefined) names.tellInTurn(copies.take);
    this.program = new HostProgram({ metadata: this.metadata, maps: parts.loaded.maps, possibleCpus: parts.loaded.possibleCpus, services: this });
    this.decoder = new RecordDecoder(this.program, this.out, this);
    this.batches = new RecordBatches(parts.loaded.records, this.decoder.handle, this.clock);
    this.kernelMemory = kernelMemoryOf(parts.kernel, this.metadata.kernelRelease);
    this.procfs = ProcfsFiles.of(parts.kernel, this.metadata);
    parts.command?.exited.then((exit) => {
      this.commandExit = exit;
      this.end('command');
    }, () => undefined);
  }

  async run(): Promise<SessionResult> {
    this.prepare();
    const outcomes = this.parts.loaded.attach(this.target === undefined ? {} : { targetPid: this.target });
    for (const { plan, skipped } of outcomes) if (skipped !== undefined) this.messages.warn(describeUnprobed(this.metadata, plan, skipped));
    await this.openProcfs();
    await this.clock.wait(0); // a signal that came meanwhile
    this.began = this.phase === 'starting';
    this.runProbes('begin', 'starting');
    this.flush();
    await this.clock.wait(0);
    if (this.phase === 'starting') {
      this.parts.loaded.takeMissedHits(); // until now handlers would have done nothing
      this.enter('running');
      this.armed = true;
      this.startCommands();
      this.tellExisting();
      this.parts.command?.release();
      this.parts.onArmed?.({ outcomes, target: this.target, names: this.names, monitor: new SessionMonitor(this.program, this.metadata) });
      await this.pump();
    }
    return this.finish();
  }

  /** A second Ctrl-C came while the reader of the output did not read. */
  get hasUnwrittenOutput(): boolean {
    return this.aborted && this.stream?.usable === true && this.stream.pendingBytes > 0;
  }

  // -- StopListener --------------------------------------------------------------

  stop(): void {
    this.end('signal');
  }

  abort(): void {
    this.aborted = true;
    this.clock.wake();
  }

  // -- HostServices and RecordSink ------------------------------------------------

  print(text: string): void {
    this.out.writeText(text);
  }

  warn(text: string): void {
    this.messages.warn(text);
  }

  exit(): void {
    this.end('exit');
  }

  message(kind: MessageKind, text: string): void {
    switch (kind) {
      case 'speculate':
        if (!this.speculation.keep(text)) this.messages.warn('speculative output was dropped: too much is neither committed nor discarded');
        return;
      case 'commit': this.print(this.speculation.take(text)); return;
      case 'discard': this.speculation.take(text); return;
      case 'system':
        this.commands.push(text);
        if (this.phase !== 'starting') this.startCommands();
        return;
      case 'switch_file':
        this.flush();
        this.stream?.afterwards(() => this.parts.nextFile?.());
        return;
      default: kind satisfies never;
    }
  }

  /** Commands of system(). As in stap the script does not wait for them, their output goes where ours goes, and those of begin probes are traced: they start when all probes are armed. */
  private startCommands(): void {
    for (const text of this.commands.splice(0)) {
      spawn('/bin/sh', ['-c', Buffer.from(text, 'latin1').toString()], { stdio: ['ignore', 'inherit', 'inherit'], ...this.parts.commandUser }).once('error', (error) => {
        this.messages.warn(`system(): ${error.message}`);
      });
    }
  }

  error(error: ScriptError, probe: number | undefined): void {
    this.kernelErrors += 1;
    this.raised(error, probe);
  }

  printError(error: ScriptError, probe: number | undefined): void {
    this.countHostError();
    this.raised(error, probe);
  }

  /** Once one error is too many, those that other CPUs had raised by then are only counted. The session may know of an error before its record is read. */
  private raised(error: ScriptError, probe: number | undefined): void {
    // The count in memory may have ended the session before the records that it counts were read.
    if (this.phase !== 'failed' || this.shownErrors <= this.metadata.limits.MAXERRORS) this.showError(error, probe);
    this.checkErrors(this.hostErrors + this.kernelErrors);
  }

  procfsValue(): string {
    return this.procfsText;
  }

  setProcfsValue(text: string, how: 'set' | 'append'): void {
    this.procfsText = (how === 'set' ? text : this.procfsText + text).slice(0, this.procfsLimit);
  }

  monotonicNs(): bigint {
    return this.clock.monotonicNs();
  }

  realtimeNs(): bigint {
    return this.clock.realtimeNs();
  }

  kernelActive(): boolean {
    return this.phase === 'running';
  }

  identity(): Identity {
    if (this.spokenFor !== undefined) return this.spokenFor;
    this.identityKnown ??= ownIdentity();
    return this.identityKnown;
  }

  // -- phases ----------------------------------------------------------------------

  private prepare(): void {
    const { memory } = this.program;
    memory.store(SESSION.state, BigInt(SESSION_STATE.starting));
    memory.store(SESSION.target, BigInt(this.target ?? 0));
    memory.store(SESSION.unwindMode, BigInt(this.unwindTables === undefined ? UNWIND_MODE.fp : UNWIND_MODE[this.parts.unwind ?? 'fp']));
    if (this.target !== undefined) {
      this.unwindTables?.follow(this.target);
      // A command's shell can have become something else before a stack of it is looked at.
      if (this.names.follows) this.names.sight(this.target);
    }
    this.warnOfUnwinding();
    if (this.parts.command !== undefined) this.unwindTables?.prepareCommand(this.parts.commandText ?? '');
    this.limitKernelErrors();
    this.refreshRealtime();
    setInitialGlobals(this.program, this.metadata, { ...sessionFacts(this.metadata), ...this.parts.globals });
  }

  private warnOfUnwinding(): void {
    if (this.metadata.stacks === undefined || (this.parts.unwind ?? 'fp') === 'fp') return;
    const { architecture } = this.parts.kernel;
    if (architecture !== 'x86_64') this.messages.warn(`user stacks are found by frame pointers: unwind tables are read on x86-64 alone, and this is ${architecture}`);
    else if (this.unwindTables === undefined && this.parts.unwind === 'cfi') this.messages.warn('user stacks are found by frame pointers: the object was compiled with --unwind fp, or has none');
  }

  private countHostError(): void {
    this.hostErrors += 1;
    this.limitKernelErrors();
  }

  /** How many errors kernel handlers may raise before they stop by themselves. */
  private limitKernelErrors(): void {
    const limit = this.parts.suppressHandlerErrors === true ? LONG_MAX : BigInt(this.metadata.limits.MAXERRORS - this.hostErrors);
    this.program.memory.store(SESSION.errorLimit, limit);
  }

  /** For kernel handlers' gettimeofday_*(). */
  private refreshRealtime(): void {
    if (this.metadata.programs.length === 0) return;
    this.program.memory.store(SESSION.realtimeOffset, this.clock.realtimeNs() - this.clock.monotonicNs());
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    this.program.memory.store(SESSION.state, BigInt(SESSION_STATE[phase]));
  }

  /** Asks for an orderly end; the first reason counts. */
  private end(reason: EndReason): void {
    if (this.phase !== 'starting' && this.phase !== 'running') return;
    this.reason = reason;
    this.enter('stopping');
    this.clock.wake();
  }

  /** Ends with `error` probes instead of `end` probes. */
  private fail(): void {
    if (this.phase === 'failed') return;
    this.reason = 'errors';
    this.enter('failed');
    this.clock.wake();
  }

  private outputEnded(): void {
    this.end(this.stream?.error === undefined ? 'output-closed' : 'output-failed');
  }

  // -- probes ------------------------------------------------------------------------

  /** Runs a host probe; false when the session is to leave the phase that it was in. */
  private runProbe(index: number): boolean {
    const before = this.phase;
    try {
      this.program.runProbe(index);
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      this.countHostError();
      this.showError(error, index);
      this.checkErrors();
    }
    return this.phase === before;
  }

  private probesOf(kind: 'begin' | 'end' | 'error'): number[] {
    return this.metadata.probes
      .flatMap(({ attach }, index) => (attach.kind === kind ? [{ index, priority: attach.priority }] : []))
      .sort((a, b) => a.priority - b.priority || a.index - b.index)
      .map(({ index }) => index);
  }

  private runProbes(kind: 'begin' | 'end' | 'error', phase: Phase): void {
    for (const index of this.probesOf(kind)) {
      if (this.phase !== phase || !this.runProbe(index)) return;
    }
  }

  /** process.begin and process.thread.begin of those that began before the session. The command of -c is not there yet: its shell is ours. */
  private tellExisting(): void {
    this.metadata.probes.forEach(({ attach }, probe) => {
      if (attach.kind !== 'existing-process') return;
      for (const identity of existingTasks(this.parts.kernel, attach, { target: this.target, except: this.parts.command?.pid })) {
        if (this.isOver()) return;
        this.spokenFor = identity;
        this.runProbe(probe);
        this.spokenFor = undefined;
      }
    });
    this.flush();
  }

  private async openProcfs(): Promise<void> {
    for (const [name, path] of this.procfs?.open(() => { this.clock.wake(); }) ?? []) this.messages.line(`procfs("${name}"): ${path}`);
    if (this.parts.prometheusPort === undefined) return;
    this.metrics = await MetricsEndpoint.open(this.parts.prometheusPort, this.procfs?.answering(METRICS_FILE, this.procfsServices));
    this.messages.line(`prometheus: ${this.metrics.url}`);
  }

  /** Serves those who read and write the session's files. */
  private serveProcfs(): void {
    this.procfs?.serve(this.procfsServices);
  }

  private readonly procfsServices: ProcfsServices = {
    read: (probes) => {
      this.procfsText = '';
      for (const { probe, maxBytes } of probes) {
        this.procfsLimit = maxBytes ?? (this.metadata.limits.STP_PROCFS_BUFSIZE ?? this.metadata.limits.MAXSTRINGLEN) - 1;
        if (!this.isOver()) this.runProbe(probe);
      }
      return this.procfsText;
    },
    write: (probes, text) => {
      this.procfsText = text;
      for (const { probe } of probes) if (!this.isOver()) this.runProbe(probe);
    },
  };

  /** Takes away what the session has put into the file system. */
  close(): void {
    this.names.close();
    this.unwindTables?.close();
    this.procfs?.close();
    this.metrics?.close();
  }

  /** -x PID or the pid of the command. */
  private get target(): number | undefined {
    return this.parts.command?.pid ?? this.parts.targetPid;
  }

  private showError(error: ScriptError, probe: number | undefined): void {
    if (this.parts.suppressHandlerErrors === true) return;
    this.shownErrors += 1;
    const name = probe === undefined ? undefined : this.metadata.probes[probe]?.name;
    this.messages.line(describeScriptError(error.message, error.location, name));
  }

  private count(word: keyof typeof SESSION): number {
    return Number(this.program.memory.load(SESSION[word]));
  }

  private errors(): number {
    return this.hostErrors + Math.max(this.kernelErrors, this.count('errors'));
  }

  /** MAXERRORS and MAXSKIPPED. */
  private checkErrors(errors = this.errors()): void {
    if (this.parts.suppressHandlerErrors === true || this.phase === 'failed') return;
    if (errors > this.metadata.limits.MAXERRORS) {
      this.fail();
    } else if (this.count('skippedBusy') > (this.metadata.limits.MAXSKIPPED ?? Infinity)) {
      this.skippedTooMany = true;
      this.messages.line('ERROR: Skipped too many probes, check MAXSKIPPED or try again with stap -t for more details.');
      this.fail();
    }
  }

  // -- the pump -------------------------------------------------------------------------

  /** Reads until the ring buffer is empty, handing output on between batches. */
  private async drainAll(): Promise<void> {
    while (this.batches.read() === BATCH) {
      this.flush();
      await this.clock.wait(0);
    }
    this.flush();
  }

  private flush(): void {
    if (this.out.length === 0) return;
    const chunk = this.out.take();
    if (this.stream !== undefined) this.stream.push(chunk);
    else this.parts.onText?.(chunk);
  }

  private async pump(): Promise<void> {
    const { clock } = this;
    const start = clock.monotonicNs();
    const { timeoutSeconds } = this.parts;
    const deadline = timeoutSeconds === undefined ? undefined : start + BigInt(Math.round(timeoutSeconds * 1e9));
    const timers = new HostTimers(this.metadata, start);
    let refresh = start + REALTIME_REFRESH_NS;
    let fetch = start;
    let attentive = this.parts.command === undefined ? start : start + ATTENTIVE_NS;
    let pause = BUSY_MS;
    while (this.phase === 'running') {
      const blocked = (this.stream?.pendingBytes ?? 0) > PENDING_MAX;
      let read = blocked ? 0 : this.batches.read();
      const now = clock.monotonicNs();
      const due = timers.nextDueNs();
      if (due !== undefined && due <= now && !blocked) {
        // What was printed before the tick comes out before it.
        read = this.batches.readOn(read);
        timers.runDue(now, (probe) => this.isOver() ? false : this.runProbe(probe));
      }
      if (!blocked) this.serveProcfs();
      this.flush();
      this.checkErrors();
      if (deadline !== undefined && now >= deadline) this.end('timeout');
      if (this.lookAtProcesses()) attentive = now + ATTENTIVE_NS;
      if (this.names.follows && now >= fetch) {
        this.names.poll();
        this.stackTable.fetch();
        fetch = now + STACK_FETCH_NS;
      }
      if (now >= refresh) {
        this.refreshRealtime();
        refresh = now + REALTIME_REFRESH_NS;
      }
      if (this.isOver()) break;
      pause = this.isQuiet ? QUIET_MS : read > 0 || blocked || now < attentive ? BUSY_MS : Math.min(pause * 2, IDLE_MS);
      await clock.wait(read === BATCH ? 0 : this.untilNext(pause, blocked ? undefined : timers.nextDueNs(), deadline));
    }
  }

  /** Whether processes did something that the walker of their stacks is to know. */
  private lookAtProcesses(): boolean {
    if (this.unwindTables === undefined) return false;
    this.names.poll();
    return this.unwindTables.poll();
  }

  /** A stack that the kernel's walker sent here. */
  private walkedAnew(token: bigint): readonly bigint[] | undefined {
    const known = this.unwindTables?.copies?.addresses(token);
    if (known !== undefined) return known;
    this.names.poll();
    return this.unwindTables?.copies?.addresses(token);
  }

  /** There is only the clock to keep. */
  private get isQuiet(): boolean {
    return this.parts.loaded.records === undefined && this.procfs === undefined && this.unwindTables === undefined;
  }

  private isOver(): boolean {
    return this.phase !== 'running';
  }

  /** Milliseconds to wait: the pause, or less when something is due earlier. */
  private untilNext(pause: number, ...due: readonly (bigint | undefined)[]): number {
    const now = this.clock.monotonicNs();
    return due.reduce((wait: number, at) => (at === undefined ? wait : Math.min(wait, Math.max(0, Math.ceil(Number(at - now) / 1e6)))), pause);
  }

  // -- the end --------------------------------------------------------------------------

  private async finish(): Promise<SessionResult> {
    this.startCommands();
    if (this.armed) this.missed = this.parts.loaded.takeMissedHits();
    this.parts.loaded.detach();
    this.procfs?.close();
    this.metrics?.close();
    await this.drainAll();
    this.names.poll();
    this.stackTable.fetch();
    this.checkErrors();
    if (this.phase === 'stopping' && this.began) await this.runLastProbes('end', 'stopping');
    if (this.phase === 'failed') await this.runLastProbes('error', 'failed');
    const times = probeTimes(this.program, this.metadata);
    if (times.length > 0 && this.parts.reportTimes !== false) {
      this.print(timesReport(times, this.metadata));
      this.flush();
    }
    await this.writeOut();
    const losses = this.losses();
    reportLosses(this.messages, losses);
    for (const missing of this.names.notFetched) this.messages.warn(missing);
    const commandFailed = this.commandExit !== undefined && this.armed && reportCommand(this.messages, this.commandExit);
    const failure = this.stream?.error;
    if (failure !== undefined) throw failure;
    const failed = losses.errors > 0 || this.skippedTooMany || commandFailed;
    return {
      ...(times.length > 0 && { times }), status: failed ? 1 : 0, reason: this.reason ?? 'exit', armed: this.armed, ...losses,
      ...(this.commandExit !== undefined && { command: this.commandExit }),
    };
  }

  /** `end` or `error` probes; between two of them a second Ctrl-C is heard. */
  private async runLastProbes(kind: 'end' | 'error', phase: Phase): Promise<void> {
    for (const index of this.probesOf(kind)) {
      await this.clock.wait(0);
      if (this.aborted || this.phase !== phase) return;
      if (this.stream?.usable === false) return; // nobody would see what they print
      this.runProbe(index);
      this.flush();
    }
  }

  /** Waits until the output is written, or until a second Ctrl-C. */
  private async writeOut(): Promise<void> {
    const { stream } = this;
    if (stream === undefined) return;
    const written = stream.flush();
    while (stream.pendingBytes > 0 && stream.usable && !this.aborted) await Promise.race([written, this.clock.wait(QUIET_MS)]);
    this.clock.wake(); // no timer of ours outlives the session
    if (this.hasUnwrittenOutput) this.messages.warn(`interrupted again: ${stream.pendingBytes} bytes of output were not written`);
  }

  private losses(): Losses {
    return {
      errors: this.errors(),
      skippedProbes: this.count('skippedBusy'),
      lostRecords: this.count('lostRecords'),
      oversizeRecords: this.count('oversizeRecords'),
      missedReturns: this.count('missedReturns') + this.missed.returns,
      missedRuns: this.missed.runs,
      lostStacks: this.count('lostStacks'),
      nameless: Object.fromEntries(this.names.nameless),
      lostMappings: this.names.lostMappings,
      forgottenProcesses: this.names.forgottenProcesses,
      walks: this.walkCounts(),
    };
  }

  /** The kernel's walks, and those of the stacks that it sent here. */
  private walkCounts(): WalkCounts {
    const ends = this.unwindTables?.copies?.ends;
    const walks = (word: keyof typeof SESSION, status: WalkStatus): number => this.count(word) + (ends?.get(status) ?? 0);
    return {
      complete: walks('walksComplete', WALK.complete), truncated: walks('walksTruncated', WALK.truncated), unmapped: walks('walksUnmapped', WALK.noMapping), withoutRule: walks('walksWithoutRule', WALK.noRule),
      unreadable: walks('walksUnreadable', WALK.unreadable), unknown: this.count('walksUnknown'), noCaller: walks('walksNoCaller', WALK.noCaller), elsewhere: this.count('walksElsewhere'),
      copied: [...(ends?.values() ?? [])].reduce((sum, count) => sum + count, 0), lostCopies: this.count('lostCopies'), overflowed: this.unwindTables?.overflowed ?? 0,
    };
  }
}
