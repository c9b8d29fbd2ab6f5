/**
 * Which processes are meant: those that run a file, or the target of -x or -c with all that came of it. The members are
 * kept in hash maps by small programs on the kernel's tracepoints for exec, fork and exit, so that a handler's check is
 * one look-up; what is there before the probes are is put in by the runtime.
 *
 * A file is known by its device and inode number, as the kernel has them: neither another name, nor a link, nor
 * another mount namespace makes it another file.
 */
import type { AttachPoint, IrProgram, MapMetadata, ProcessSet } from '@stapkit/object';
import { GLOBALS_MAP } from '@stapkit/object';
import type { AssembledCode, Label } from '../bpf/index.js';
import { Assembler, FP, HELPER, R0, R1, R2, R3, R4, R6, R7, R8, asm } from '../bpf/index.js';
import type { CoreField, CoreTypes } from './core-types.js';
import { byteOffset } from './core-types.js';

/** As many processes as the default kernel.pid_max allows. */
const MOST_PROCESSES = 32_768;
const BPF_ANY = 0;
const KEY = -8;
const VALUE = -16;
export const TARGET_SET = 'target_processes';

export interface Tracker {
  readonly symbol: string;
  readonly tracepoint: 'sched_process_exec' | 'sched_process_fork' | 'sched_process_exit';
  readonly code: AssembledCode;
}

/** Attach points that are restricted to the target when there is one. */
type OfProcesses = Extract<AttachPoint, { kind: 'process' | 'user-function' | 'perf-event' | 'data' }>;

export function isOfProcesses(attach: AttachPoint): attach is OfProcesses {
  if (attach.kind === 'perf-event' || attach.kind === 'data') return attach.processes !== undefined;
  return attach.kind === 'process' || attach.kind === 'user-function';
}

/** Files whose processes some probe asks for. */
export function programFilters(program: IrProgram): readonly string[] {
  const paths = program.probes.flatMap(({ where, attach }) => (where === 'kernel' && isOfProcesses(attach) && attach.processes?.kind === 'program' ? [attach.processes.path] : []));
  return [...new Set(paths)];
}

export class ProcessSets {
  readonly sets: readonly ProcessSet[];
  readonly maps: readonly MapMetadata[];
  /** Some probe is restricted to the target, when there is one. */
  readonly hasTarget: boolean;
  readonly #core: CoreTypes;

  /** @param identities by path, where in the globals map the file's device and inode number will be */
  constructor(program: IrProgram, identities: ReadonlyMap<string, number>, core: CoreTypes) {
    this.#core = core;
    this.hasTarget = program.probes.some(({ where, attach }) => where === 'kernel' && isOfProcesses(attach));
    const programs = [...identities].map(([path, identityOffset], index): ProcessSet => ({ map: `processes_${index}`, program: { path, identityOffset } }));
    this.sets = [...programs, ...(this.hasTarget ? [{ map: TARGET_SET }] : [])];
    this.maps = this.sets.map(({ map }) => ({ name: map, type: 'hash', keyBytes: 4, valueBytes: 8, maxEntries: MOST_PROCESSES, flags: 0 }));
  }

  /** The map of those that run the file. */
  mapOf(path: string): string {
    const set = this.sets.find(({ program }) => program?.path === path);
    if (set === undefined) throw new Error(`internal error: no set of processes for ${path}`);
    return set.map;
  }

  /** Programs that keep the sets of files, and those that keep the target's. The one on the exit must be attached last, so that handlers there still see the process in its set. */
  trackers(of: 'programs' | 'target'): readonly Tracker[] {
    const sets = this.sets.filter(({ program }) => (program === undefined) === (of === 'target'));
    if (sets.length === 0) return [];
    const fork: Tracker = { symbol: `track_fork_${of}`, tracepoint: 'sched_process_fork', code: this.#fork(sets) };
    const exit: Tracker = { symbol: `track_exit_${of}`, tracepoint: 'sched_process_exit', code: this.#exit(sets) };
    return of === 'target' ? [fork, exit] : [{ symbol: 'track_exec_programs', tracepoint: 'sched_process_exec', code: this.#exec(sets) }, fork, exit];
  }

  /** A process that starts a file's program joins its set and leaves all others. */
  #exec(sets: readonly ProcessSet[]): AssembledCode {
    const code = new Assembler();
    const leave = { name: 'leave' };
    this.#ownTgid(code);
    code.emit(asm.storeImm(8, FP, VALUE, 1), asm.call(HELPER.getCurrentTask), asm.mov.reg(R6, R0));
    this.#follow(code, R6, this.#core.own('task_struct', ['mm'], 'pointer'), 8, leave);
    this.#follow(code, R6, this.#core.own('mm_struct', ['exe_file'], 'pointer'), 8, leave);
    this.#follow(code, R6, this.#core.own('file', ['f_inode'], 'pointer'), 8, leave);
    code.emit(asm.mov.reg(R7, R6));
    this.#follow(code, R7, this.#core.own('inode', ['i_ino'], 'long'), 8, leave);
    this.#follow(code, R6, this.#core.own('inode', ['i_sb'], 'pointer'), 8, leave);
    this.#follow(code, R6, this.#core.own('super_block', ['s_dev'], 'int'), 4, leave);
    for (const { map, program } of sets) {
      const other = { name: `not ${map}` };
      const next = { name: `after ${map}` };
      code.emit(asm.loadData(R1, GLOBALS_MAP, program?.identityOffset ?? 0), asm.load(8, R2, R1, 0), asm.load(8, R3, R1, 8));
      code.emit(asm.jumpIf('ne', R2, { reg: R6 }, other), asm.jumpIf('ne', R3, { reg: R7 }, other));
      add(code, map);
      code.emit(asm.jump(next));
      code.bind(other);
      remove(code, map);
      code.bind(next);
    }
    finish(code, leave);
    return code.assemble();
  }

  /** (parent, child): a new process is where its parent is. */
  #fork(sets: readonly ProcessSet[]): AssembledCode {
    const code = new Assembler();
    const leave = { name: 'leave' };
    code.emit(asm.load(8, R6, R1, 8));
    this.#ownTgid(code);
    code.emit(asm.load(4, R8, FP, KEY));
    this.#follow(code, R6, this.#core.own('task_struct', ['tgid'], 'int'), 4, leave);
    // A thread of the same process.
    code.emit(asm.jumpIf('eq', R6, { reg: R8 }, leave), asm.storeImm(8, FP, VALUE, 1));
    for (const { map } of sets) {
      const next = { name: `after ${map}` };
      code.emit(asm.store(4, FP, KEY, R8), asm.mov.reg(R2, FP), asm.add.imm(R2, KEY), asm.loadMap(R1, map), asm.call(HELPER.mapLookup), asm.jumpIf('eq', R0, { imm: 0 }, next));
      code.emit(asm.store(4, FP, KEY, R6));
      add(code, map);
      code.bind(next);
    }
    finish(code, leave);
    return code.assemble();
  }

  /** With its last thread a process leaves. */
  #exit(sets: readonly ProcessSet[]): AssembledCode {
    const code = new Assembler();
    const leave = { name: 'leave' };
    this.#ownTgid(code);
    code.emit(asm.call(HELPER.getCurrentTask), asm.mov.reg(R6, R0));
    this.#follow(code, R6, this.#core.own('task_struct', ['signal'], 'pointer'), 8, leave);
    this.#follow(code, R6, this.#core.own('signal_struct', ['live', 'counter'], 'int'), 4, leave);
    code.emit(asm.jumpIf('ne', R6, { imm: 0 }, leave));
    for (const { map } of sets) remove(code, map);
    finish(code, leave);
    return code.assemble();
  }

  #ownTgid(code: Assembler): void {
    code.emit(asm.call(HELPER.getCurrentPidTgid), asm.shr.imm(R0, 32), asm.store(4, FP, KEY, R0));
  }

  /** register = register->field. Uses r0 to r3 and a word of stack. */
  #follow(code: Assembler, register: typeof R6 | typeof R7, field: CoreField, bytes: 4 | 8, leave: Label): void {
    code.emit(asm.storeImm(8, FP, -24, 0), asm.mov.reg(R3, register), { ...asm.add.imm(R3, field.offset), core: byteOffset(field) });
    code.emit(asm.mov.reg(R1, FP), asm.add.imm(R1, -24), asm.mov.imm(R2, bytes), asm.call(HELPER.probeReadKernel), asm.jumpIf('ne', R0, { imm: 0 }, leave), asm.load(8, register, FP, -24));
  }
}

function add(code: Assembler, map: string): void {
  code.emit(asm.mov.reg(R2, FP), asm.add.imm(R2, KEY), asm.mov.reg(R3, FP), asm.add.imm(R3, VALUE), asm.loadMap(R1, map), asm.mov.imm(R4, BPF_ANY), asm.call(HELPER.mapUpdate));
}

function remove(code: Assembler, map: string): void {
  code.emit(asm.mov.reg(R2, FP), asm.add.imm(R2, KEY), asm.loadMap(R1, map), asm.call(HELPER.mapDelete));
}

function finish(code: Assembler, leave: Label): void {
  code.bind(leave);
  code.emit(asm.mov.imm(R0, 0), asm.exit());
}
