/** Print entries: into the record on the stack, or behind the cursor in the context's record buffer. */
import type { IrInstruction, LeafEncoding } from '@stapkit/object';
import { SESSION, SESSION_STATE } from '@stapkit/object';
import type { Label, Register } from '../../bpf/index.js';
import { FP, HELPER, R0, R1, R2, R3, R4, asm } from '../../bpf/index.js';
import { CONTEXT } from '../context-area.js';
import type { FunctionEmitter } from '../function-emitter.js';
import type { TextPlace } from '../handler-plan.js';
import type { EntryShape } from '../print-entry.js';
import { entryShape } from '../print-entry.js';
import { alignTo8 } from '../text-layout.js';
import { copyHistogram } from './statistics.js';
import { copyBytes, loadLength } from './text-memory.js';

export const EVENTS_MAP = 'events';
/** The reader polls; a wake-up for each record would cost more than the record. */
export const BPF_RB_NO_WAKEUP = 1;

/** Where a leaf's value comes from. A long may use `to` (r3 to r5). */
export type LeafSource = { long(to: Register): Register } | { readonly text: TextPlace; readonly encoding: LeafEncoding };

export function leafSources(e: FunctionEmitter, { leaves }: EntryShape): LeafSource[] {
  return leaves.map(({ register, encoding }): LeafSource =>
    encoding.kind === 'long' ? { long: (to) => e.reg({ register }, to) } : { text: e.text(register), encoding });
}

export function emitPrint(e: FunctionEmitter, one: Extract<IrInstruction, { op: 'print' }>): void {
  const site = e.env.program.sites[one.site];
  if (site === undefined) throw new Error(`internal error: no print site ${one.site}`);
  const shape = entryShape(e.plan.body, one.args, e.env.limits.MAXSTRINGLEN, e.env.program.globals);
  // First to the work area: an empty statistic must raise its error before the entry is begun.
  if (shape.histogram !== undefined) copyHistogram(e, shape.histogram, { register: e.scratch, offset: e.plan.work.histogram });
  e.block.printed += emitEntry(e, e.env.sites.forPrint(site, shape, e.env.probe), shape, leafSources(e, shape));
}

/** exit(): the session ends after this handler. */
export function emitExit(e: FunctionEmitter): void {
  e.block.printed += emitEntry(e, e.env.sites.forExit(e.env.probe), { fixedBytes: 8, maxBytes: 8 }, []);
  const { register, offset } = e.globals(SESSION.state, R1);
  e.emit(asm.storeImm(8, register, offset, SESSION_STATE.stopping));
}

type EntrySize = Pick<EntryShape, 'fixedBytes' | 'maxBytes'> & { readonly histogram?: EntryShape['histogram'] };

/** Gives the bytes that a stack record has grown by. */
export function emitEntry(e: FunctionEmitter, site: number, size: EntrySize, leaves: readonly LeafSource[]): number {
  if (e.plan.record === undefined) {
    emitContextEntry(e, site, size, leaves);
    return 0;
  }
  if (e.block.printed + size.maxBytes > e.plan.record.bytes) throw new Error('internal error: the stack record is smaller than what is printed');
  const start = e.recordOffset + e.block.printed;
  writeFixed(e, FP, start, leaves);
  writeHeader(e, FP, start, site, size.fixedBytes);
  return size.fixedBytes;
}

function writeHeader(e: FunctionEmitter, base: Register, offset: number, site: number, bytes: number | { readonly reg: Register }): void {
  const length = typeof bytes === 'number' ? asm.storeImm(4, base, offset + 4, bytes) : asm.store(4, base, offset + 4, bytes.reg);
  e.emit(asm.storeImm(4, base, offset, site), length);
}

/** Leaves of fixed size behind the header at base + offset. Uses r0, r3. */
function writeFixed(e: FunctionEmitter, base: Register, offset: number, leaves: readonly LeafSource[]): number {
  let to = offset + 8;
  for (const leaf of leaves) {
    if ('long' in leaf) {
      e.emit(asm.store(8, base, to, leaf.long(R3)));
      to += 8;
    } else if (leaf.encoding.kind === 'fixed') {
      copyBytes(e, { register: base, offset: to }, e.address(leaf.text, leaf.text.offset), leaf.encoding.bytes);
      to += leaf.encoding.bytes;
    }
  }
  return to;
}

function emitContextEntry(e: FunctionEmitter, site: number, { fixedBytes, maxBytes, histogram }: EntrySize, leaves: readonly LeafSource[]): void {
  const limit = e.env.recordBytes - maxBytes;
  if (limit < 0) throw new Error('internal error: the record buffer is smaller than an entry');
  entryStart(e, limit);
  writeFixed(e, R2, CONTEXT.record, leaves);
  const variable = leaves.filter((leaf) => 'text' in leaf && leaf.encoding.kind === 'variable') as { text: TextPlace }[];
  if (variable.length === 0) {
    writeHeader(e, R2, CONTEXT.record, site, fixedBytes);
    e.emit(asm.add.imm(R1, fixedBytes), asm.store(8, e.scratch, CONTEXT.cursor, R1));
    if (histogram === undefined) return;
    e.emit(asm.mov.reg(R1, R2), asm.add.imm(R1, CONTEXT.record + fixedBytes - histogram.bytes), asm.mov.imm(R2, histogram.bytes));
    e.pointer(R3, { register: e.scratch, offset: e.plan.work.histogram });
    e.emit(asm.call(HELPER.probeReadKernel));
    return;
  }
  e.withTemp(8, (position) => {
    e.emit(asm.add.imm(R1, fixedBytes), asm.store(8, FP, position, R1));
    const impossible = overflowLabel(e);
    let remaining = maxBytes - fixedBytes;
    for (const { text } of variable) {
      appendText(e, text, position, e.env.recordBytes - remaining, impossible);
      remaining -= 8 + alignTo8(text.bytes);
    }
    e.emit(asm.load(8, R1, e.scratch, CONTEXT.cursor), asm.jumpIf('gt', R1, { imm: limit }, impossible));
    e.emit(asm.mov.reg(R2, e.scratch), asm.add.reg(R2, R1), asm.load(8, R3, FP, position), asm.store(8, e.scratch, CONTEXT.cursor, R3), asm.sub.reg(R3, R1));
    writeHeader(e, R2, CONTEXT.record, site, { reg: R3 });
  });
}

/** r1 = cursor, at most `limit`; r2 = context + r1. A record without room is sent first. */
function entryStart(e: FunctionEmitter, limit: number): void {
  const full = e.label('record full');
  const room = e.label('room');
  e.emit(asm.load(8, R1, e.scratch, CONTEXT.cursor), asm.jumpIf('gt', R1, { imm: limit }, full));
  e.bind(room);
  e.emit(asm.mov.reg(R2, e.scratch), asm.add.reg(R2, R1));
  e.later(() => {
    e.bind(full);
    e.emit(asm.mov.reg(R1, e.scratch), asm.callSymbol(e.env.flushSymbol()), asm.mov.imm(R1, 0), asm.jump(room));
  });
}

/** A length word and the text's bytes at the position, which moves on. */
function appendText(e: FunctionEmitter, text: TextPlace, position: number, limit: number, impossible: Label): void {
  e.emit(asm.load(8, R1, FP, position), asm.jumpIf('gt', R1, { imm: limit }, impossible));
  e.emit(asm.mov.reg(R2, e.scratch), asm.add.reg(R2, R1));
  loadLength(e, text, R3);
  e.emit(asm.jumpIf('gt', R3, { imm: text.bytes }, impossible), asm.store(8, R2, CONTEXT.record, R3));
  e.emit(asm.mov.reg(R4, R3), asm.add.imm(R4, 15), asm.and.imm(R4, -8), asm.add.reg(R1, R4), asm.store(8, FP, position, R1));
  e.emit(asm.mov.reg(R1, R2), asm.add.imm(R1, CONTEXT.record + 8), asm.mov.reg(R2, R3));
  e.pointer(R3, e.address(text, text.offset));
  e.emit(asm.call(HELPER.probeReadKernel));
}

/** Never reached, but the verifier cannot know; counted all the same. */
function overflowLabel(e: FunctionEmitter): Label {
  const label = e.label('oversize');
  e.later(() => {
    e.bind(label);
    e.count('oversizeRecords');
    e.emit(asm.jump(e.flow.finish(0)));
  });
  return label;
}

/** Sends a stack record of `bytes`. */
export function sendStackRecord(e: FunctionEmitter, bytes: number): void {
  const lost = e.label('lost');
  const sent = e.label('sent');
  e.emit(asm.mov.reg(R2, FP), asm.add.imm(R2, e.recordOffset), asm.loadMap(R1, EVENTS_MAP), asm.mov.imm(R3, bytes), asm.mov.imm(R4, BPF_RB_NO_WAKEUP));
  e.emit(asm.call(HELPER.ringbufOutput), asm.jumpIf('ne', R0, { imm: 0 }, lost));
  e.bind(sent);
  e.later(() => {
    e.bind(lost);
    e.count('lostRecords');
    e.emit(asm.jump(sent));
  });
}
