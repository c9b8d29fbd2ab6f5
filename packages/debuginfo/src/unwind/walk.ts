/**
 * Walks a process's stack by unwind rows. The program that walks in the kernel does the same, step by step: what differs
 * between the two is a bug of one of them.
 */
import { FRAME, RULE_BITS, SAVED_FP } from './rules.js';
import type { UnwindRows } from './unwind-rows.js';
import { ruleAt } from './unwind-rows.js';

/** Why a walk ended. */
export const WALK = {
  /** At the outermost frame, by the tables' word, or where the main thread's stack begins. */
  complete: 1,
  /** More frames than were wanted. */
  truncated: 2,
  /** Somewhere behind a return address that is in no code: such were followed by frame pointers, but not to the outermost frame. */
  noMapping: 3,
  /** No rule that can be followed. */
  noRule: 4,
  /** The stack could not be read. */
  unreadable: 5,
  /** The tables of this process are not there (yet). */
  unknownProcess: 6,
  /** At a frame pointer or return address of 0: the outermost frame, if the code without tables before it keeps frame pointers. */
  noCaller: 7,
  /** In code whose rows had no room where the kernel's walker looks for them. */
  elsewhere: 8,
} as const;
export type WalkStatus = (typeof WALK)[keyof typeof WALK];

export interface WalkRegisters {
  readonly pc: number;
  readonly sp: number;
  readonly fp: number;
}

/** What is known of a piece of code: its rows and what to take from an address to get the file's own, or that it keeps frame pointers. */
export type CodeAt = { readonly rows: UnwindRows; readonly bias: number } | 'frame-pointers';

export interface WalkedProcess {
  /** Where the main thread's stack begins (startstack of proc_pid_stat(5)). */
  readonly top?: number;
  /** undefined: no code is mapped there. */
  codeAt(address: number): CodeAt | undefined;
  /** The word at an address of the stack. undefined: it cannot be read. */
  wordAt(address: number): number | undefined;
}

export interface WalkedStack {
  /** Where each frame stands: the innermost first. */
  readonly addresses: readonly number[];
  readonly status: WalkStatus;
}

interface Frame { pc: number; sp: number; fp: number; /** pc is where the frame stands, not behind a call. */ exact: boolean; /** An address in no code was passed. */ guessed: boolean }

/** As many frames as are there, up to `limit`. */
export function walkStack(process: WalkedProcess, registers: WalkRegisters, limit: number): WalkedStack {
  const frame: Frame = { ...registers, exact: true, guessed: false };
  const addresses: number[] = [];
  for (;;) {
    if (addresses.length === limit) return { addresses, status: WALK.truncated };
    addresses.push(frame.pc);
    const end = step(process, frame);
    const status = end === WALK.noCaller && frame.sp === process.top ? WALK.complete : end;
    if (status !== undefined) return { addresses, status: frame.guessed && status !== WALK.complete ? WALK.noMapping : status };
  }
}

/** To the caller; a status when there is none. */
function step(process: WalkedProcess, frame: Frame): WalkStatus | undefined {
  const asked = frame.exact ? frame.pc : frame.pc - 1;
  const code = process.codeAt(asked);
  if (code === undefined) frame.guessed = true;
  const packed = code === undefined || code === 'frame-pointers' ? FRAME.none : ruleAt(code.rows, asked - code.bias);
  const kind = packed & RULE_BITS.kindMask;
  if (kind === FRAME.outermost) return WALK.complete;
  if (kind === FRAME.none) return byFramePointer(process, frame);
  if (kind === FRAME.signal) return fromSignal(process, frame, packed);
  const offset = packed >> RULE_BITS.offsetShift;
  const cfa = cfaOf(process, frame, kind, offset, asked);
  if (typeof cfa === 'object') return cfa.status;
  const saved = (packed >>> RULE_BITS.savedShift) & RULE_BITS.savedMask;
  const savedOffset = ((packed << 16) >> 22) * 8;
  const caller = process.wordAt(cfa - 8);
  const fp = saved === SAVED_FP.same ? frame.fp : process.wordAt((saved === SAVED_FP.atCfa ? cfa : frame.fp) + savedOffset);
  if (caller === undefined || fp === undefined) return WALK.unreadable;
  return enter(frame, caller, cfa, fp, false);
}

function cfaOf(process: WalkedProcess, frame: Frame, kind: number, offset: number, asked: number): number | { readonly status: WalkStatus } {
  switch (kind) {
    case FRAME.stackPointer: return frame.sp + offset * 8;
    case FRAME.framePointer: return frame.fp + offset * 8;
    case FRAME.plt: return frame.sp + 8 + (asked % 16 >= offset ? 8 : 0);
    case FRAME.savedStackPointer: case FRAME.savedAtFrame: {
      const isStack = kind === FRAME.savedStackPointer;
      const word = process.wordAt((isStack ? frame.sp : frame.fp) + offset * 8);
      return word === undefined ? { status: WALK.unreadable } : word + (isStack ? 8 : 0);
    }
    default: return { status: WALK.noRule };
  }
}

/** Code without rows: rbp points to the caller's rbp, behind which is the return address. The outermost one is 0. */
function byFramePointer(process: WalkedProcess, frame: Frame): WalkStatus | undefined {
  const { fp } = frame;
  if (fp === 0) return WALK.noCaller;
  if (fp % 8 !== 0 || fp < frame.sp) return WALK.noRule;
  const [saved, caller] = [process.wordAt(fp), process.wordAt(fp + 8)];
  return saved === undefined || caller === undefined ? WALK.unreadable : enter(frame, caller, fp + 16, saved, false);
}

function fromSignal(process: WalkedProcess, frame: Frame, packed: number): WalkStatus | undefined {
  const at = frame.sp + (packed >> RULE_BITS.offsetShift) * 8;
  const [sp, pc, fp] = [process.wordAt(at), process.wordAt(at + 8), process.wordAt(at - 40)];
  if (sp === undefined || pc === undefined || fp === undefined) return WALK.unreadable;
  // A handler can have a stack of its own, which may lie anywhere.
  frame.sp = 0;
  return enter(frame, pc, sp, fp, true);
}

function enter(frame: Frame, pc: number, sp: number, fp: number, exact: boolean): WalkStatus | undefined {
  if (pc === 0) return WALK.noCaller;
  // A caller's frame is above: whatever is not would go round for ever.
  if (sp <= frame.sp) return WALK.noRule;
  frame.pc = pc;
  frame.sp = sp;
  frame.fp = fp;
  frame.exact = exact;
  return undefined;
}
