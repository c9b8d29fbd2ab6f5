/**
 * One attach plan on this machine: loads and attaches the programs of the first way that
 * the kernel takes, and remembers why better ways were passed over.
 */
import type { AttachPlan, ObjectMetadata, ProgramKind, ProgramMetadata } from '@stapkit/object';
import { AttachError } from '../attach/attach-error.js';
import { attachProgram } from '../attach/attach-program.js';
import type { Attachment } from '../attach/attachment.js';
import type { BpfMap } from '../bpf/map.js';
import { missedRuns } from '../bpf/missed-runs.js';
import type { Kernel } from '../sys/kernel.js';
import type { AttachOutcome, MissedHits } from './loaded-object.js';
import { LoadError } from './load-error.js';
import type { ProgramLoader } from './program-loader.js';
import { Unavailable } from './refusal.js';

export interface PlanInputs {
  readonly kernel: Kernel;
  readonly metadata: ObjectMetadata;
  readonly loader: ProgramLoader;
  readonly maps: ReadonlyMap<string, BpfMap>;
  /** Ways with programs of these kinds are passed over. */
  readonly avoidKinds?: ReadonlySet<ProgramKind>;
  /** Load plans for a target at once. */
  readonly forTarget: boolean;
}

interface LoadedProgram {
  readonly metadata: ProgramMetadata;
  readonly fd: number;
}

/**
 * At a function's entry they put the kernel's own address in the place of the one that the call returns to. Of kprobes at one place
 * Linux runs the newest first (kernel/kprobes.c): what reads that address at the entry must be attached behind all of them.
 */
const REPLACE_RETURN_ADDRESS: ReadonlySet<ProgramKind> = new Set(['kretprobe', 'kretprobe_multi']);
const replacesReturnAddress = ({ metadata }: LoadedProgram): boolean => REPLACE_RETURN_ADDRESS.has(metadata.kind);

export class LoadedPlan {
  readonly #inputs: PlanInputs;
  readonly #plan: AttachPlan;
  readonly #index: number;
  readonly #point: string;
  readonly #passedOver: string[] = [];
  #way = 0;
  #programs: LoadedProgram[] = [];
  readonly #attachments = new Map<LoadedProgram, Attachment>();

  /** Loads. Throws AttachError when no way can be had, VerifierError or LoadError when trying another would not help. */
  constructor(inputs: PlanInputs, index: number) {
    const plan = inputs.metadata.plans[index];
    if (plan === undefined) throw new LoadError(`the object has no plan ${index}`);
    this.#inputs = inputs;
    this.#plan = plan;
    this.#index = index;
    this.#point = plan.probes.map((probe) => inputs.metadata.probes[probe]?.point ?? `probe ${probe}`).join(', ');
    if (plan.forTarget !== true || inputs.forTarget) this.#loadFrom(0);
  }

  /** Whether the kernel runs, of several handlers at one place, the one first that was attached last. */
  get newestRunsFirst(): boolean {
    const kind = this.#inputs.metadata.probes[this.#plan.probes[0] ?? -1]?.attach.kind;
    return kind === 'function' || kind === 'user-function';
  }

  /** Where the script names what it probes: plans of one wildcard share it. */
  get written(): string {
    return this.#plan.probes.map((index) => {
      const probe = this.#inputs.metadata.probes[index];
      return probe === undefined ? `probe ${index}` : `${JSON.stringify(probe.location)} ${probe.point}`;
    }).join();
  }

  /** What its programs go to. */
  get places(): readonly string[] {
    return [...new Set(this.#programs.map(({ metadata: { target } }) => ('symbol' in target ? target.symbol : 'name' in target ? target.name : this.#point)))];
  }

  /** Of a plan that is attached: its return probes of the kernel, before any plan's other programs. A failure is attach()'s to tell. */
  attachReturns(targetPid: number | undefined): void {
    try {
      this.#attachAll(targetPid, this.#programs.filter(replacesReturnAddress));
    } catch (error) {
      if (!(error instanceof AttachError)) throw error;
    }
  }

  /** Throws AttachError when the last way fails; then nothing of this plan stays attached. undefined: it is not needed in this session. */
  attach(targetPid: number | undefined): AttachOutcome | undefined {
    if (this.#plan.forTarget === true) {
      if (targetPid === undefined) return undefined;
      if (this.#programs.length === 0) this.#loadFrom(0);
    }
    for (;;) {
      try {
        this.#attachAll(targetPid, this.#programs.toSorted((a, b) => Number(replacesReturnAddress(b)) - Number(replacesReturnAddress(a))));
        const skipped = [...this.#attachments.values()].flatMap((one) => one.skipped ?? []);
        return { plan: this.#index, way: this.#way, passedOver: [...this.#passedOver], ...(skipped.length === 0 ? {} : { skipped }) };
      } catch (error) {
        this.detach();
        if (!(error instanceof AttachError)) throw error;
        if (this.#way + 1 >= this.#plan.ways.length) throw this.#withBefore(error);
        this.#passOver(error.reason, error.mend);
        this.#closePrograms();
        this.#loadFrom(this.#way + 1);
      }
    }
  }

  /** Since it was loaded; returns of what is attached. */
  missedHits(): MissedHits {
    return {
      runs: this.#programs.reduce((sum, { fd }) => sum + missedRuns(this.#inputs.kernel, fd), 0),
      returns: [...this.#attachments.values()].reduce((sum, one) => sum + (one.missedReturns?.() ?? 0), 0),
    };
  }

  detach(): void {
    for (const attachment of this.#attachments.values()) attachment.close();
    this.#attachments.clear();
  }

  close(): void {
    this.detach();
    this.#closePrograms();
  }

  /** Those that are not attached yet. */
  #attachAll(targetPid: number | undefined, programs: readonly LoadedProgram[]): void {
    for (const program of programs) {
      if (this.#attachments.has(program) || program.metadata.reachedBy !== undefined) continue;
      const { metadata, fd } = program;
      this.#attachments.set(program, attachProgram({ kernel: this.#inputs.kernel, programFd: fd, point: this.#point }, metadata, targetPid));
    }
  }

  /** Loads the first way from `first` on that the kernel takes. */
  #loadFrom(first: number): void {
    for (let way = first; way < this.#plan.ways.length; way++) {
      try {
        this.#loadWay(way);
        this.#way = way;
        return;
      } catch (error) {
        this.#closePrograms();
        if (!(error instanceof Unavailable)) throw error;
        this.#passOver(error.message, error.mend);
        if (way + 1 === this.#plan.ways.length) throw this.#noWay(error);
      }
    }
    throw new LoadError(`${this.#point}: the object has no way to attach it`);
  }

  #loadWay(way: number): void {
    for (const index of this.#plan.ways[way]?.programs ?? []) {
      const metadata = this.#inputs.metadata.programs[index];
      if (metadata === undefined) throw new LoadError(`the object has no program ${index}`);
      if (this.#inputs.avoidKinds?.has(metadata.kind) === true) throw new Unavailable(metadata.kind, 'excluded by the caller');
      const fd = this.#inputs.loader.load(metadata);
      this.#programs.push({ metadata, fd });
      this.#reach(metadata, fd);
    }
  }

  /** Puts the program where others find it. Entries of a way that was given up are overwritten: the next way has programs for the same. */
  #reach({ reachedBy }: ProgramMetadata, fd: number): void {
    if (reachedBy === undefined) return;
    const map = this.#inputs.maps.get(reachedBy.map);
    if (map === undefined) throw new LoadError(`the object has no map "${reachedBy.map}": this is a stapkit bug, please report it`);
    const value = new Uint8Array(Uint32Array.of(fd).buffer);
    for (const key of reachedBy.keys) map.update(new Uint8Array(Uint32Array.of(key).buffer), value, 'any');
  }

  /** The last way's reason is the main one: it is the one that works on most machines. The others stand before it. */
  #noWay(last: Unavailable): AttachError {
    const others = this.#passedOver.slice(0, -1);
    const reason = others.length === 0 ? last.message : `${last.message} (and before that: ${others.join(' | ')})`;
    return new AttachError(this.#point, reason, last.mend, last);
  }

  /** The last way's error, with why the better ways were passed over. */
  #withBefore(error: AttachError): AttachError {
    if (this.#passedOver.length === 0) return error;
    return new AttachError(this.#point, `${error.reason} (and before: ${this.#passedOver.join('; ')})`, error.mend, error);
  }

  #passOver(reason: string, mend: string | undefined): void {
    this.#passedOver.push(mend === undefined ? reason : `${reason}; ${mend}`);
  }

  #closePrograms(): void {
    for (const { fd } of this.#programs) this.#inputs.kernel.close(fd);
    this.#programs = [];
  }
}
