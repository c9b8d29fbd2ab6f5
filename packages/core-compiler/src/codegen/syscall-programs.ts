/**
 * Programs for probes of system calls. All calls pass by two tracepoints, so all probes of one direction share programs that look at
 * the number first. What is too much for one program is split: handlers of several calls make a program each, and the one on the
 * tracepoint goes on with theirs by an array of programs under the call's number (a tail call).
 */
import type { AttachPoint, IrBody, IrProbe, MapMetadata, ProgramMetadata } from '@stapkit/object';
import type { Label } from '../bpf/index.js';
import { Assembler, HELPER, R1, R2, R3, asm } from '../bpf/index.js';
import type { Architecture } from '../target/index.js';
import { leaveCompatTask } from './compat-task.js';
import { ENTRY_MAP_ENTRIES, splitReturn } from './entry-values.js';
import type { SplitReturn } from './entry-values.js';
import type { EntryMap, HandlerOptions } from './handler.js';
import type { HandlerEnvironment } from './handler-environment.js';
import type { ProbeContext } from './probe-context.js';
import { syscallContext } from './probe-context.js';
import { REGISTERS } from './register-tables.js';

type Kind = 'tp_btf' | 'raw_tp';

export interface SyscallParts {
  readonly env: Omit<HandlerEnvironment, 'probe' | 'probeContext' | 'symbol'>;
  readonly arch: Architecture;
  readonly probes: readonly IrProbe[];
  readonly maps: MapMetadata[];
  emitHandler(code: Assembler, probe: number, symbol: string, context: ProbeContext, body: IrBody, options: HandlerOptions): void;
  /** Gives the program's index. */
  add(program: ProgramMetadata, code: Assembler): number;
  plan(ways: readonly (readonly number[])[]): void;
}

/** A handler, ready to be put into a program. */
interface Part { readonly nr: number; readonly index: number; readonly label: Label; readonly code: Assembler }
type SplitSyscall = SplitReturn & { readonly entryMap: EntryMap };

/** A whole that is larger is split: jumps reach 32767 slots, and the verifier looks at a million instructions on all ways through a program. */
const LARGEST_WHOLE = 16_384;
/** Programs of a split whole are filled up to here: small ones are verified soon. */
const LARGEST_SHARE = 4096;
/** Numbers of system calls are below. */
const NUMBERS = 512;

export function buildSyscallPrograms(indexes: readonly number[], isReturn: boolean, parts: SyscallParts): void {
  const rounds = splitByNumber(indexes, parts.probes);
  const kinds = parts.env.features.trampolines ? (['tp_btf', 'raw_tp'] as const) : (['raw_tp'] as const);
  parts.plan(kinds.map((kind) => {
    const splits = isReturn ? splitReturns(kind, indexes, parts) : new Map<number, SplitSyscall>();
    const entries = rounds.map((members) => members.filter((index) => splits.has(index))).filter((members) => members.length > 0);
    return [
      ...entries.flatMap((members, round) => new Dispatch(kind, round, { isReturn: false, saves: true, splits, parts }).build(members)),
      ...rounds.flatMap((members, round) => new Dispatch(kind, round, { isReturn, saves: false, splits, parts }).build(members)),
    ];
  }));
}

/** Return probes that want values of the entry, each with the map that keeps them. */
function splitReturns(kind: Kind, indexes: readonly number[], { env, probes, maps }: SyscallParts): Map<number, SplitSyscall> {
  const splits = new Map<number, SplitSyscall>();
  for (const index of indexes) {
    const probe = probes[index];
    const split = probe?.entry === undefined ? undefined : splitReturn(probe, false, env.limits.MAXSTRINGLEN);
    if (split === undefined) continue;
    const { slots, valueBytes } = split;
    const map: MapMetadata = { name: `entry_${index}_${kind}`, type: 'lru_hash', keyBytes: 16, valueBytes, maxEntries: ENTRY_MAP_ENTRIES, flags: 0 };
    maps.push(map);
    splits.set(index, { ...split, entryMap: { map: map.name, slots, valueBytes } });
  }
  return splits;
}

/** Rounds in which each number occurs once. */
function splitByNumber(indexes: readonly number[], probes: readonly IrProbe[]): number[][] {
  const rounds: { readonly numbers: Set<number>; readonly members: number[] }[] = [];
  for (const index of indexes) {
    const nr = numberOf(probes[index]);
    if (nr === undefined) continue;
    let round = rounds.find(({ numbers }) => !numbers.has(nr));
    if (round === undefined) rounds.push((round = { numbers: new Set(), members: [] }));
    round.numbers.add(nr);
    round.members.push(index);
  }
  return rounds.map(({ members }) => members);
}

const numberOf = (probe: IrProbe | undefined): number | undefined => (probe?.attach.kind === 'syscall' ? probe.attach.nr : undefined);

/** Programs for one round of probes on one tracepoint. */
class Dispatch {
  readonly #kind: Kind;
  readonly #isReturn: boolean;
  /** They keep values of the entry for return probes. */
  readonly #saves: boolean;
  readonly #splits: ReadonlyMap<number, SplitSyscall>;
  readonly #parts: SyscallParts;
  readonly #symbol: string;
  readonly #section: string;
  readonly #context: ProbeContext;
  readonly #leave: Label = { name: 'leave' };

  constructor(kind: Kind, round: number, how: { readonly isReturn: boolean; readonly saves: boolean; readonly splits: ReadonlyMap<number, SplitSyscall>; readonly parts: SyscallParts }) {
    const tracepoint = how.isReturn ? 'sys_exit' : 'sys_enter';
    this.#kind = kind;
    this.#isReturn = how.isReturn;
    this.#saves = how.saves;
    this.#splits = how.splits;
    this.#parts = how.parts;
    this.#symbol = `${tracepoint}_${kind}${how.saves ? '_entry' : ''}${round === 0 ? '' : `_${round + 1}`}`;
    this.#section = `${kind}/${tracepoint}`;
    this.#context = syscallContext(kind, how.parts.arch);
  }

  /** Gives the programs' indexes. */
  build(members: readonly number[]): number[] {
    const handlers = members.map((index) => this.#handler(index));
    const slots = handlers.reduce((sum, { code }) => sum + code.slots, 0);
    if (slots <= LARGEST_WHOLE || handlers.length === 1) return [this.#add(this.#symbol, handlers, this.#whole(handlers))];
    const map: MapMetadata = { name: `${this.#symbol}_calls`, type: 'prog_array', keyBytes: 4, valueBytes: 4, maxEntries: NUMBERS, flags: 0 };
    this.#parts.maps.push(map);
    const shares = inShares(handlers).map((share, number) => this.#add(`${this.#symbol}_share_${number}`, share, this.#whole(share), { map: map.name, keys: share.map(({ nr }) => nr) }));
    return [...shares, this.#add(this.#symbol, handlers, this.#forward(map.name, handlers))];
  }

  #handler(index: number): Part {
    const { probes, arch, env } = this.#parts;
    const probe = probes[index];
    const nr = numberOf(probe);
    if (probe === undefined || nr === undefined) throw new Error(`internal error: probe ${index} is not of a system call`);
    const code = new Assembler();
    code.at(probe.location);
    leaveCompatTask(code, this.#kind, { arch, features: env.features, core: env.core }, this.#leave);
    const split = this.#splits.get(index);
    const options = split === undefined ? {} : this.#saves ? { saves: split.entryMap } : { loads: { ...split.entryMap, registers: split.registers } };
    const body = split === undefined ? probe.body : this.#saves ? split.entryBody : split.body;
    this.#parts.emitHandler(code, index, `${this.#symbol}_${index}`, this.#context, body, options);
    return { nr, index, label: { name: `system call ${nr}` }, code };
  }

  /** A program that has the handlers in it. */
  #whole(handlers: readonly Part[]): Assembler {
    const code = this.#begin(handlers);
    choose(code, [...handlers].sort((a, b) => a.nr - b.nr), this.#leave);
    code.bind(this.#leave);
    code.emit(asm.mov.imm(0, 0), asm.exit());
    for (const { label, code: handler } of handlers) {
      code.bind(label);
      code.append(handler);
    }
    return code;
  }

  /** A program that goes on with another, by the number. Where the array has none, the next instruction is the end. */
  #forward(map: string, handlers: readonly Part[]): Assembler {
    const code = this.#begin(handlers);
    code.emit(asm.mov.reg(R3, R2), asm.loadMap(R2, map), asm.call(HELPER.tailCall), asm.mov.imm(0, 0), asm.exit());
    return code;
  }

  #begin(handlers: readonly Part[]): Assembler {
    const code = new Assembler();
    code.at(this.#parts.probes[handlers[0]?.index ?? -1]?.location);
    this.#loadNumber(code);
    return code;
  }

  #add(symbol: string, handlers: readonly Part[], code: Assembler, reachedBy?: ProgramMetadata['reachedBy']): number {
    const attach: AttachPoint = this.#parts.probes[handlers[0]?.index ?? -1]?.attach ?? { kind: 'never' };
    const target = attach.kind === 'syscall' ? { ...attach, return: this.#isReturn } : attach;
    return this.#parts.add({
      symbol, section: this.#section, kind: this.#kind, target, probes: handlers.map(({ index }) => index), role: this.#saves ? 'entry' : 'handler', ...(reachedBy === undefined ? {} : { reachedBy }),
    }, code);
  }

  /** r2 = number of the system call; r1 stays the program's argument. */
  #loadNumber(code: Assembler): void {
    if (!this.#isReturn) {
      code.emit(asm.load(8, R2, R1, 8));
      return;
    }
    const { syscallNumber } = REGISTERS[this.#parts.arch];
    const narrow = this.#parts.arch === 'aarch64';
    if (this.#kind === 'tp_btf') {
      code.emit(asm.load(8, R2, R1, 0), asm.load(narrow ? 4 : 8, R2, R2, syscallNumber));
      return;
    }
    // The helper call takes r1: it waits in r6, which the handlers are free to use after.
    code.emit(asm.mov.reg(6, R1), asm.load(8, 3, R1, 0), asm.add.imm(3, syscallNumber), asm.storeImm(8, 10, -8, -1));
    code.emit(asm.mov.reg(R1, 10), asm.add.imm(R1, -8), asm.mov.imm(R2, narrow ? 4 : 8), asm.call(HELPER.probeReadKernel), narrow ? asm.load(4, R2, 10, -8) : asm.load(8, R2, 10, -8), asm.mov.reg(R1, 6));
  }
}

const FEW = 6;

/** Jumps to the handler of the number in r2, by halves where there are many; falls through to `leave`, which comes next, when there is none. */
function choose(code: Assembler, sorted: readonly Part[], leave: Label, isLast = true): void {
  if (sorted.length <= FEW) {
    for (const { nr, label } of sorted) code.emit(asm.jumpIf('eq', R2, { imm: nr }, label));
    if (!isLast) code.emit(asm.jump(leave));
    return;
  }
  const half = Math.floor(sorted.length / 2);
  const upper = { name: `system calls from ${sorted[half]?.nr ?? 0}` };
  code.emit(asm.jumpIf('ge', R2, { imm: sorted[half]?.nr ?? 0 }, upper));
  choose(code, sorted.slice(0, half), leave, false);
  code.bind(upper);
  choose(code, sorted.slice(half), leave, isLast);
}

/** In the order of the numbers, as many together as fit; one alone may be larger. */
function inShares(handlers: readonly Part[]): Part[][] {
  const shares: Part[][] = [];
  let slots = 0;
  for (const handler of [...handlers].sort((a, b) => a.nr - b.nr)) {
    const share = shares.at(-1);
    const own = handler.code.slots;
    if (share === undefined || slots + own > LARGEST_SHARE) {
      shares.push([handler]);
      slots = own;
    } else {
      share.push(handler);
      slots += own;
    }
  }
  return shares;
}
