/**
 * The walk over a user stack by unwind rows, as functions that are verified by themselves: one step to the caller, and the
 * walk. The model is walk.ts of @stapkit/debuginfo, which does the same in the same order.
 */
import { FRAME, RULE_BITS, SAVED_FP, WALK } from '@stapkit/debuginfo';
import type { WalkStatus } from '@stapkit/debuginfo';
import {
  GLOBALS_MAP, IMAGE, SESSION, UNWIND_CHUNK_ROWS, UNWIND_CODE_MAP, UNWIND_FRAMES_MAX, UNWIND_IMAGE, UNWIND_IMAGES_MAP, UNWIND_IMAGES_MAX, UNWIND_KEY, UNWIND_KIND, UNWIND_PREFIX, UNWIND_RANGE, UNWIND_RANGES_MAX, UNWIND_ROWS_MAP, UNWIND_STATE,
  UNWIND_STATE_MAP, UNWIND_WANTED_MAP, UNWIND_WANTED_MAX, UNWIND_CHUNKS, UNWIND_COPIES_MAP, STACK_COPY, STACK_COPIES_BYTES,
} from '@stapkit/object';
import type { MapMetadata } from '@stapkit/object';
import type { Label, Register } from '../bpf/index.js';
import { Assembler, FP, HELPER, R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, asm } from '../bpf/index.js';
import { byteOffset } from './core-types.js';
import type { CoreField } from './core-types.js';
import type { HandlerEnvironment, Subprogram } from './handler-environment.js';
import { REGISTERS } from './register-tables.js';
import { COPIER, copyProgram, lookupState } from './unwind-copies.js';

const STEP = 'unwind_step';
export const WALKER = 'unwind_user';
const BPF_F_NO_PREALLOC = 1;
const BPF_F_MMAPABLE = 1 << 10;
/** Stack of the two functions below a handler, each rounded up. */
export const UNWIND_STACK_BYTES = 128;

export const UNWIND_MAPS: readonly MapMetadata[] = [
  { name: UNWIND_IMAGES_MAP, type: 'hash', keyBytes: 8, valueBytes: UNWIND_IMAGE.bytes, maxEntries: UNWIND_IMAGES_MAX, flags: 0 },
  { name: UNWIND_CODE_MAP, type: 'lpm_trie', keyBytes: UNWIND_KEY.bytes, valueBytes: UNWIND_RANGE.bytes, maxEntries: UNWIND_RANGES_MAX, flags: BPF_F_NO_PREALLOC },
  { name: UNWIND_ROWS_MAP, type: 'array', keyBytes: 4, valueBytes: 8 * UNWIND_CHUNK_ROWS, maxEntries: UNWIND_CHUNKS, flags: BPF_F_MMAPABLE },
  { name: UNWIND_WANTED_MAP, type: 'hash', keyBytes: 4, valueBytes: 8, maxEntries: UNWIND_WANTED_MAX, flags: 0 },
  { name: UNWIND_STATE_MAP, type: 'percpu_array', keyBytes: 4, valueBytes: UNWIND_STATE.bytes, maxEntries: 1, flags: 0 },
  { name: UNWIND_COPIES_MAP, type: 'ringbuf', keyBytes: 0, valueBytes: 0, maxEntries: STACK_COPIES_BYTES, flags: 0 },
];

/** The functions, by name, each once. */
export function addUnwinding(env: Pick<HandlerEnvironment, 'features' | 'core' | 'arch' | 'subprogram'>): void {
  env.subprogram(STEP, stepProgram);
  env.subprogram(COPIER, copyProgram);
  env.subprogram(WALKER, () => walkProgram(env));
}

const WORD = -8;
const KEY = -24;
const END = -32;
const CALLER = -40;

class StepEmitter {
  readonly code = new Assembler();
  readonly #ends = new Map<WalkStatus, Label>(Object.entries(WALK).map(([name, status]) => [status, { name }]));

  end(status: WalkStatus): Label {
    const label = this.#ends.get(status);
    if (label === undefined) throw new Error(`internal error: no status ${status}`);
    return label;
  }

  /** to = the user's word at `from` + offset. Changes r0 to r5. */
  readWord(to: Register, from: Register, offset: number): void {
    this.code.emit(asm.mov.reg(R3, from), asm.add.imm(R3, offset), asm.mov.reg(R1, FP), asm.add.imm(R1, WORD), asm.mov.imm(R2, 8), asm.call(HELPER.probeReadUser));
    this.code.emit(asm.jumpIf('ne', R0, { imm: 0 }, this.end(WALK.unreadable)), asm.load(8, to, FP, WORD));
  }

  /** register = the rule's field (signed, in words) in bytes. */
  field(register: Register, shift: number, bits: number): void {
    this.code.emit(asm.mov.reg(register, R7), asm.shl.imm(register, 64 - shift - bits), asm.arsh.imm(register, 64 - bits));
  }

  finish(): void {
    for (const [status, label] of this.#ends) {
      this.code.bind(label);
      this.code.emit(asm.mov.imm(R0, status), asm.exit());
    }
  }
}

/** Keeps the frame's address, and goes to its caller: 0, or why there is none (WALK). */
function stepProgram(): Subprogram {
  const s = new StepEmitter();
  const { code } = s;
  const apply = { name: 'apply' };
  lookupState(code, WORD, s.end(WALK.noRule));
  code.emit(asm.mov.reg(R6, R0), asm.load(8, R1, R6, UNWIND_STATE.count), asm.load(8, R2, R6, UNWIND_STATE.limit), asm.jumpIf('ge', R1, { reg: R2 }, s.end(WALK.truncated)));
  code.emit(asm.jumpIf('ge', R1, { imm: UNWIND_FRAMES_MAX }, s.end(WALK.truncated)));
  code.emit(asm.load(8, R8, R6, UNWIND_STATE.pc), asm.mov.reg(R3, R1), asm.shl.imm(R3, 3), asm.add.reg(R3, R6), asm.store(8, R3, UNWIND_STATE.addresses, R8));
  code.emit(asm.add.imm(R1, 1), asm.store(8, R6, UNWIND_STATE.count, R1));
  findRange(s, apply);
  findRule(s, apply);
  code.bind(apply);
  applyRule(s);
  s.finish();
  return { symbol: STEP, code: code.assemble(), parameters: ['number'], linkage: 'global' };
}

/** r8 = the address that is asked for; r0 = its range, r1 that one's kind. An address without one: what the runtime has not seen yet is mostly code that the program made, which keeps frame pointers. */
function findRange(s: StepEmitter, apply: Label): void {
  const { code } = s;
  const [exact, inRange] = [{ name: 'exact' }, { name: 'in range' }];
  code.emit(asm.load(8, R1, R6, UNWIND_STATE.exact), asm.jumpIf('ne', R1, { imm: 0 }, exact), asm.sub.imm(R8, 1));
  code.bind(exact);
  code.emit(asm.storeImm(4, FP, KEY + UNWIND_KEY.prefix, UNWIND_PREFIX), asm.load(8, R1, R6, UNWIND_STATE.space), asm.store(4, FP, KEY + UNWIND_KEY.space, R1));
  code.emit(asm.mov.reg(R1, R8), asm.toBigEndian(R1, 64), asm.store(8, FP, KEY + UNWIND_KEY.address, R1));
  code.emit(asm.mov.reg(R2, FP), asm.add.imm(R2, KEY), asm.loadMap(R1, UNWIND_CODE_MAP), asm.call(HELPER.mapLookup), asm.jumpIf('ne', R0, { imm: 0 }, inRange));
  code.emit(asm.storeImm(8, R6, UNWIND_STATE.guessed, 1), asm.mov.imm(R7, FRAME.none), asm.jump(apply));
  code.bind(inRange);
  code.emit(asm.load(4, R1, R0, UNWIND_RANGE.kind));
}

/** r7 = the rule for r8 by the range at r0. */
function findRule(s: StepEmitter, apply: Label): void {
  const { code } = s;
  const [next, lower, again, found, hasRows] = ['next', 'lower', 'again', 'found', 'has rows'].map((name) => ({ name })) as [Label, Label, Label, Label, Label];
  code.emit(asm.jumpIf('eq', R1, { imm: UNWIND_KIND.rows }, hasRows), asm.jumpIf('eq', R1, { imm: UNWIND_KIND.elsewhere }, s.end(WALK.elsewhere)), asm.mov.imm(R7, FRAME.none), asm.jump(apply));
  code.bind(hasRows);
  code.emit(asm.mov.imm(R7, FRAME.none));
  code.emit(asm.mov.reg(R9, R8), asm.load(8, R1, R0, UNWIND_RANGE.bias), asm.sub.reg(R9, R1), asm.mov.reg(R1, R9), asm.shr.imm(R1, 32), asm.jumpIf('ne', R1, { imm: 0 }, apply));
  code.emit(asm.load(4, R7, R0, UNWIND_RANGE.first), asm.load(4, R1, R0, UNWIND_RANGE.count), asm.add.reg(R1, R7), asm.store(8, FP, END, R1));
  code.emit(asm.load(4, R1, R0, UNWIND_RANGE.chunk), asm.store(4, FP, WORD, R1), asm.mov.reg(R2, FP), asm.add.imm(R2, WORD), asm.loadMap(R1, UNWIND_ROWS_MAP), asm.call(HELPER.mapLookup));
  code.emit(asm.jumpIf('eq', R0, { imm: 0 }, s.end(WALK.noMapping)));
  // The first row of [r1, r2) that starts behind the address.
  code.emit(asm.mov.reg(R1, R7), asm.load(8, R2, FP, END), asm.mov.imm(R3, 0));
  code.bind(next);
  code.emit(asm.jumpIf('ge', R1, { reg: R2 }, found), asm.mov.reg(R4, R1), asm.add.reg(R4, R2), asm.shr.imm(R4, 1), asm.and.imm(R4, UNWIND_CHUNK_ROWS - 1));
  code.emit(asm.mov.reg(R5, R4), asm.shl.imm(R5, 3), asm.add.reg(R5, R0), asm.load(4, R5, R5, 0), asm.jumpIf('gt', R5, { reg: R9 }, lower));
  code.emit(asm.mov.reg(R1, R4), asm.add.imm(R1, 1), asm.jump(again));
  code.bind(lower);
  code.emit(asm.mov.reg(R2, R4));
  code.bind(again);
  code.emit(asm.add.imm(R3, 1), asm.jumpIf('lt', R3, { imm: Math.log2(UNWIND_CHUNK_ROWS) + 1 }, next));
  code.bind(found);
  const none = { name: 'no row' };
  const row = { name: 'row' };
  code.emit(asm.jumpIf('gt', R1, { reg: R7 }, row));
  code.bind(none);
  code.emit(asm.mov.imm(R7, FRAME.none), asm.jump(apply));
  code.bind(row);
  code.emit(asm.sub.imm(R1, 1), asm.and.imm(R1, UNWIND_CHUNK_ROWS - 1), asm.shl.imm(R1, 3), asm.add.reg(R1, R0), asm.load(4, R7, R1, 4));
}

/** By the rule in r7, at the address in r8. */
function applyRule(s: StepEmitter): void {
  const { code } = s;
  const [byPointer, signal, stub, atFrame, direct, haveCfa, haveFp, enter] = ['by pointer', 'signal', 'stub', 'at frame', 'direct', 'have CFA', 'have fp', 'enter'].map((name) => ({ name })) as [Label, Label, Label, Label, Label, Label, Label, Label];
  const kindIs = (kind: number, label: Label): void => { code.emit(asm.jumpIf('eq', R1, { imm: kind }, label)); };
  code.emit(asm.mov.reg(R1, R7), asm.and.imm(R1, RULE_BITS.kindMask));
  kindIs(FRAME.outermost, s.end(WALK.complete));
  kindIs(FRAME.none, byPointer);
  kindIs(FRAME.signal, signal);
  kindIs(FRAME.plt, stub);
  code.emit(asm.jumpIf('gt', R1, { imm: FRAME.savedAtFrame }, s.end(WALK.noRule)));
  s.field(R9, RULE_BITS.offsetShift, RULE_BITS.offsetBits);
  code.emit(asm.shl.imm(R9, 3), asm.load(8, R2, R6, UNWIND_STATE.sp));
  kindIs(FRAME.framePointer, atFrame);
  const based = { name: 'based' };
  code.emit(asm.jumpIf('ne', R1, { imm: FRAME.savedAtFrame }, based));
  code.bind(atFrame);
  code.emit(asm.load(8, R2, R6, UNWIND_STATE.fp));
  code.bind(based);
  code.emit(asm.add.reg(R9, R2));
  kindIs(FRAME.stackPointer, haveCfa);
  kindIs(FRAME.framePointer, haveCfa);
  code.emit(asm.mov.reg(R8, R1));
  s.readWord(R9, R9, 0);
  code.emit(asm.jumpIf('ne', R8, { imm: FRAME.savedStackPointer }, haveCfa), asm.add.imm(R9, 8), asm.jump(haveCfa));
  code.bind(stub);
  s.field(R2, RULE_BITS.offsetShift, RULE_BITS.offsetBits);
  code.emit(asm.load(8, R9, R6, UNWIND_STATE.sp), asm.add.imm(R9, 8), asm.and.imm(R8, 15), asm.jumpIf('lt', R8, { reg: R2 }, direct), asm.add.imm(R9, 8));
  code.bind(direct);
  code.bind(haveCfa);
  callerOfCfa(s, haveFp);
  code.emit(asm.jump(enter));
  code.bind(byPointer);
  byFramePointer(s);
  code.emit(asm.jump(enter));
  code.bind(signal);
  fromSignal(s);
  code.bind(enter);
  // The caller's pc at CALLER, its sp in r9, its fp in r8.
  code.emit(asm.load(8, R1, FP, CALLER), asm.jumpIf('eq', R1, { imm: 0 }, s.end(WALK.noCaller)), asm.load(8, R2, R6, UNWIND_STATE.sp), asm.jumpIf('le', R9, { reg: R2 }, s.end(WALK.noRule)));
  code.emit(asm.store(8, R6, UNWIND_STATE.pc, R1), asm.store(8, R6, UNWIND_STATE.sp, R9), asm.store(8, R6, UNWIND_STATE.fp, R8), asm.mov.imm(R0, 0), asm.exit());
}

/** The CFA is in r9. */
function callerOfCfa(s: StepEmitter, haveFp: Label): void {
  const { code } = s;
  const ofCfa = { name: 'of CFA' };
  code.emit(asm.storeImm(8, R6, UNWIND_STATE.exact, 0), asm.load(8, R8, R6, UNWIND_STATE.fp));
  code.emit(asm.mov.reg(R1, R7), asm.shr.imm(R1, RULE_BITS.savedShift), asm.and.imm(R1, RULE_BITS.savedMask), asm.jumpIf('eq', R1, { imm: SAVED_FP.same }, haveFp));
  s.field(R2, RULE_BITS.savedOffsetShift, RULE_BITS.savedOffsetBits);
  code.emit(asm.shl.imm(R2, 3), asm.jumpIf('ne', R1, { imm: SAVED_FP.atFrame }, ofCfa), asm.add.reg(R8, R2));
  const read = { name: 'read' };
  code.emit(asm.jump(read));
  code.bind(ofCfa);
  code.emit(asm.mov.reg(R8, R9), asm.add.reg(R8, R2));
  code.bind(read);
  s.readWord(R8, R8, 0);
  code.bind(haveFp);
  s.readWord(R1, R9, -8);
  code.emit(asm.store(8, FP, CALLER, R1));
}

function byFramePointer(s: StepEmitter): void {
  const { code } = s;
  code.emit(asm.storeImm(8, R6, UNWIND_STATE.exact, 0), asm.load(8, R8, R6, UNWIND_STATE.fp), asm.jumpIf('eq', R8, { imm: 0 }, s.end(WALK.noCaller)));
  code.emit(asm.mov.reg(R1, R8), asm.and.imm(R1, 7), asm.jumpIf('ne', R1, { imm: 0 }, s.end(WALK.noRule)), asm.load(8, R1, R6, UNWIND_STATE.sp), asm.jumpIf('lt', R8, { reg: R1 }, s.end(WALK.noRule)));
  s.readWord(R1, R8, 8);
  code.emit(asm.store(8, FP, CALLER, R1), asm.mov.reg(R9, R8), asm.add.imm(R9, 16));
  s.readWord(R8, R8, 0);
}

function fromSignal(s: StepEmitter): void {
  const { code } = s;
  s.field(R9, RULE_BITS.offsetShift, RULE_BITS.offsetBits);
  code.emit(asm.shl.imm(R9, 3), asm.load(8, R2, R6, UNWIND_STATE.sp), asm.add.reg(R9, R2));
  s.readWord(R1, R9, 8);
  code.emit(asm.store(8, FP, CALLER, R1));
  s.readWord(R8, R9, -40);
  s.readWord(R9, R9, 0);
  // A handler can have a stack of its own, which may lie anywhere.
  code.emit(asm.storeImm(8, R6, UNWIND_STATE.sp, 0), asm.storeImm(8, R6, UNWIND_STATE.exact, 1));
}

/** (most frames): walks the current task's user stack into the state; gives how many frames, 0 when its process is not known, -1 when it has no user stack. */
function walkProgram(env: Pick<HandlerEnvironment, 'features' | 'core' | 'arch'>): Subprogram {
  const code = new Assembler();
  const [none, unknown, next, over, counted, ask, copy, bare] = ['none', 'unknown', 'next', 'over', 'counted', 'ask', 'copy', 'bare'].map((name) => ({ name })) as [Label, Label, Label, Label, Label, Label, Label, Label];
  code.emit(asm.mov.reg(R7, R1));
  lookupState(code, WORD, none);
  code.emit(asm.mov.reg(R6, R0), asm.store(8, R6, UNWIND_STATE.limit, R7));
  for (let at = UNWIND_STATE.addresses; at < UNWIND_STATE.top; at += 8) code.emit(asm.storeImm(8, R6, at, 0));
  code.emit(asm.storeImm(8, R6, UNWIND_STATE.exact, 1));
  for (const at of [UNWIND_STATE.count, UNWIND_STATE.guessed, UNWIND_STATE.token, UNWIND_STATE.settled]) code.emit(asm.storeImm(8, R6, at, 0));
  readRegisters(code, env, none);
  code.emit(asm.call(HELPER.getCurrentPidTgid), asm.shr.imm(R0, 32), asm.store(8, R6, UNWIND_STATE.process, R0));
  findSpace(code, env, none, unknown);
  code.emit(asm.mov.imm(R8, 0));
  code.bind(next);
  code.emit(asm.mov.reg(R1, R8), asm.callSymbol(STEP), asm.jumpIf('ne', R0, { imm: 0 }, over), asm.add.imm(R8, 1), asm.jumpIf('lt', R8, { imm: UNWIND_FRAMES_MAX + 1 }, next));
  code.bind(over);
  // Where the main thread's stack begins there is no caller: ld.so's first function has no tables.
  const inner = { name: 'inner' };
  code.emit(asm.jumpIf('ne', R0, { imm: WALK.noCaller }, inner), asm.load(8, R1, R6, UNWIND_STATE.sp), asm.load(8, R2, R6, UNWIND_STATE.top), asm.jumpIf('ne', R1, { reg: R2 }, inner), asm.mov.imm(R0, WALK.complete));
  code.bind(inner);
  // A walk over unknown code that came to the outermost frame was right; otherwise that code is where it may have gone wrong.
  code.emit(asm.mov.reg(R7, R0), asm.jumpIf('eq', R7, { imm: WALK.elsewhere }, copy), asm.load(8, R1, R6, UNWIND_STATE.guessed), asm.jumpIf('eq', R1, { imm: 0 }, counted));
  code.emit(asm.jumpIf('eq', R7, { imm: WALK.complete }, ask), asm.jumpIf('eq', R7, { imm: WALK.truncated }, ask), asm.mov.imm(R7, WALK.noMapping));
  code.emit(asm.load(8, R1, R6, UNWIND_STATE.settled), asm.jumpIf('eq', R1, { imm: 0 }, copy), asm.jump(ask));
  code.bind(unknown);
  code.emit(asm.mov.imm(R7, WALK.unknownProcess));
  code.bind(copy);
  code.emit(asm.mov.reg(R1, R7), asm.callSymbol(COPIER));
  code.bind(ask);
  code.emit(asm.load(8, R1, R6, UNWIND_STATE.process), asm.store(4, FP, WORD, R1), asm.storeImm(8, FP, KEY, 1), asm.mov.reg(R2, FP), asm.add.imm(R2, WORD), asm.mov.reg(R3, FP), asm.add.imm(R3, KEY));
  code.emit(asm.loadMap(R1, UNWIND_WANTED_MAP), asm.mov.imm(R4, 0), asm.call(HELPER.mapUpdate));
  code.bind(counted);
  code.emit(asm.store(8, R6, UNWIND_STATE.status, R7), asm.load(8, R1, R6, UNWIND_STATE.token), asm.jumpIf('ne', R1, { imm: 0 }, bare));
  for (const [name, status] of Object.entries(WALK)) {
    const other = { name: `not ${name}` };
    code.emit(asm.jumpIf('ne', R7, { imm: status }, other), asm.loadData(R1, GLOBALS_MAP, SESSION.walksComplete + 8 * (status - WALK.complete)), asm.mov.imm(R2, 1), asm.atomicAdd(R1, 0, R2));
    code.bind(other);
  }
  code.emit(asm.load(8, R0, R6, UNWIND_STATE.count), asm.exit());
  code.bind(bare);
  // The runtime walks it, and counts how that ends. Without a step there is the place where the process stands.
  const walked = { name: 'walked' };
  code.emit(asm.load(8, R0, R6, UNWIND_STATE.count), asm.jumpIf('ne', R0, { imm: 0 }, walked), asm.load(8, R1, R6, UNWIND_STATE.pc), asm.store(8, R6, UNWIND_STATE.addresses, R1), asm.mov.imm(R0, 1), asm.store(8, R6, UNWIND_STATE.count, R0));
  code.bind(walked);
  code.emit(asm.exit());
  code.bind(none);
  code.emit(asm.mov.imm(R0, -1), asm.exit());
  return { symbol: WALKER, code: code.assemble(), parameters: ['number'], linkage: 'global' };
}

/** to = the word of the field of the struct at r8. Changes r0 to r5. */
function followField(code: Assembler, to: Register, field: CoreField, absent: Label): void {
  code.emit(asm.mov.reg(R3, R8), { ...asm.add.imm(R3, field.offset), core: byteOffset(field) }, asm.mov.reg(R1, FP), asm.add.imm(R1, WORD), asm.mov.imm(R2, 8), asm.call(HELPER.probeReadKernel));
  code.emit(asm.jumpIf('ne', R0, { imm: 0 }, absent), asm.load(8, to, FP, WORD));
}

/** The state's space: of the process, if it still runs what was read, or else of its image; to `unknown` when neither is known. */
function findSpace(code: Assembler, { core }: Pick<HandlerEnvironment, 'core'>, none: Label, unknown: Label): void {
  const [byImage, found] = [{ name: 'by image' }, { name: 'found' }];
  const follow = (to: Register, field: CoreField): void => { followField(code, to, field, none); };
  const lookup = (absent: Label): void => {
    code.emit(asm.mov.reg(R2, FP), asm.add.imm(R2, WORD), asm.loadMap(R1, UNWIND_IMAGES_MAP), asm.call(HELPER.mapLookup), asm.jumpIf('eq', R0, { imm: 0 }, absent));
  };
  code.emit(asm.call(HELPER.getCurrentTask), asm.mov.reg(R8, R0));
  follow(R8, core.own('task_struct', ['mm'], 'pointer'));
  follow(R9, core.own('mm_struct', ['start_stack'], 'long'));
  follow(R7, core.own('mm_struct', ['end_code'], 'long'));
  // While a program is being started the stack is not its own yet.
  code.emit(asm.jumpIf('eq', R7, { imm: 0 }, none), asm.store(8, R6, UNWIND_STATE.top, R9));
  code.emit(asm.loadImm64(R1, IMAGE.factor), asm.mul.reg(R9, R1), asm.xor.reg(R9, R7), asm.loadImm64(R1, BigInt.asIntN(64, IMAGE.mark)), asm.or.reg(R9, R1));
  code.emit(asm.store(8, R6, UNWIND_STATE.copy + STACK_COPY.image, R9));
  code.emit(asm.load(8, R1, R6, UNWIND_STATE.process), asm.store(8, FP, WORD, R1));
  lookup(byImage);
  code.emit(asm.load(8, R1, R0, UNWIND_IMAGE.image), asm.jumpIf('eq', R1, { imm: 0 }, found), asm.jumpIf('eq', R1, { reg: R9 }, found));
  code.bind(byImage);
  code.emit(asm.store(8, FP, WORD, R9));
  lookup(unknown);
  code.bind(found);
  code.emit(asm.load(4, R1, R0, UNWIND_IMAGE.space), asm.store(8, R6, UNWIND_STATE.space, R1), asm.load(4, R1, R0, UNWIND_IMAGE.settled), asm.store(8, R6, UNWIND_STATE.settled, R1));
}

/** The task's registers of user mode into the state at r6; to `none` in threads of the kernel. */
function readRegisters(code: Assembler, { features, core, arch }: Pick<HandlerEnvironment, 'features' | 'core' | 'arch'>, none: Label): void {
  const follow = (to: Register, field: CoreField): void => { followField(code, to, field, none); };
  code.emit(asm.call(HELPER.getCurrentTask), asm.mov.reg(R8, R0));
  follow(R1, core.own('task_struct', ['mm'], 'pointer'));
  code.emit(asm.jumpIf('eq', R1, { imm: 0 }, none));
  if (features.taskRegisters) code.emit(asm.call(HELPER.getCurrentTaskBtf), asm.mov.reg(R1, R0), asm.call(HELPER.taskPtRegs), asm.mov.reg(R8, R0));
  else {
    const { bytes, stackBytes } = REGISTERS[arch];
    follow(R8, core.own('task_struct', ['stack'], 'pointer'));
    code.emit(asm.add.imm(R8, stackBytes - bytes));
  }
  const table = REGISTERS[arch];
  const registers = [[UNWIND_STATE.pc, STACK_COPY.pc, table.dwarf.get(16)], [UNWIND_STATE.sp, STACK_COPY.sp, table.stackPointer], [UNWIND_STATE.fp, STACK_COPY.fp, table.dwarf.get(6)]] as const;
  for (const [to, copied, offset] of registers) {
    code.emit(asm.mov.reg(R3, R8), asm.add.imm(R3, offset ?? 0), asm.mov.reg(R1, R6), asm.add.imm(R1, to), asm.mov.imm(R2, 8), asm.call(HELPER.probeReadKernel), asm.jumpIf('ne', R0, { imm: 0 }, none));
    code.emit(asm.load(8, R1, R6, to), asm.store(8, R6, UNWIND_STATE.copy + copied, R1));
  }
}
