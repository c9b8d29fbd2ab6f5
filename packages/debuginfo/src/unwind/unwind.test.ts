import { describe, expect, test } from '@jest/globals';
import { ElfFile } from '../elf/elf-file.js';
import { buildFrames, op, X86_CIE } from '../testing/frame-builder.test-support.js';
import { buildElf } from '../testing/elf-builder.test-support.js';
import { stackExpression } from './expressions.js';
import { decodeUnwindRows, encodeUnwindRows } from './rows-file.js';
import { FRAME, packRule, SAVED_FP, unpackRule } from './rules.js';
import type { FrameRule } from './rules.js';
import { readUnwindRows, rowIndex, ruleAt } from './unwind-rows.js';
import type { UnwindRows } from './unwind-rows.js';
import { WALK, walkStack } from './walk.js';
import type { CodeAt, WalkRegisters } from './walk.js';

const rule = (kind: FrameRule['kind'], offset = 0, saved: FrameRule['saved'] = SAVED_FP.same, savedOffset = 0): FrameRule => ({ kind, offset, saved, savedOffset });

describe('rules', () => {
  test.each<[string, FrameRule]>([
    ['rsp+8', rule(FRAME.stackPointer, 8)], ['rbp+16, rbp saved', rule(FRAME.framePointer, 16, SAVED_FP.atCfa, -16)], ['a frame of 64 KiB', rule(FRAME.stackPointer, 65_600, SAVED_FP.atCfa, -48)],
    ['a stub', rule(FRAME.plt, 11)], ['aligned', rule(FRAME.savedAtFrame, -40, SAVED_FP.atFrame, 0)], ['a signal', rule(FRAME.signal, 160)], ['rbp+-8', rule(FRAME.framePointer, -8)],
  ])('%s', (_name, one) => {
    expect(unpackRule(packRule(one))).toEqual(one);
  });
  test.each<[string, FrameRule]>([
    ['a frame of 256 KiB', rule(FRAME.stackPointer, 262_144)], ['half words', rule(FRAME.stackPointer, 12)], ['rbp far away', rule(FRAME.stackPointer, 8, SAVED_FP.atCfa, -4104)],
  ])('%s cannot be followed', (_name, one) => {
    expect(unpackRule(packRule(one)).kind).toBe(FRAME.unsupported);
  });
});

describe('expressions', () => {
  test.each<[string, number[], unknown]>([
    ['a register', [0x76, 0x00], { kind: 'sum', register: 6, offset: 0 }], ['a word of the stack', [0x77, 0xa0, 0x01, 0x06], { kind: 'word', register: 7, offset: 160, added: 0 }],
    ['and 8', [0x77, 0x08, 0x06, 0x23, 0x08], { kind: 'word', register: 7, offset: 8, added: 8 }], ['a stub', [0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22], { kind: 'plt', pushEnds: 11 }],
    ['a stub with ENDBR', [0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x39, 0x2a, 0x33, 0x24, 0x22], { kind: 'plt', pushEnds: 9 }],
    ['something else', [0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x1c], { kind: 'other' }], ['more behind it', [0x77, 8, 0x06, 0x06], { kind: 'other' }],
    ['cut short', [0x77], { kind: 'other' }], ['nothing', [], { kind: 'other' }], ['a constant', [0x30], { kind: 'other' }],
  ])('%s', (_name, bytes, expected) => {
    expect(stackExpression(Uint8Array.from(bytes))).toEqual(expected);
  });
});

/** Rows from pairs of start and rule, at 0x1000. */
const rowsOf = (...pairs: readonly (readonly [number, FrameRule])[]): UnwindRows =>
  ({ base: 0x1000, count: pairs.length, words: Uint32Array.from(pairs.flatMap(([start, one]) => [start, packRule(one)])), segments: [{ offset: 0, bytes: 0x1000, address: 0x1000 }] });

describe('rows', () => {
  const rows = rowsOf([0, rule(FRAME.stackPointer, 8)], [16, rule(FRAME.none)], [64, rule(FRAME.stackPointer, 16)]);
  test('which row', () => {
    expect([-1, 0, 15, 16, 63, 64, 1000].map((delta) => rowIndex(rows.words, 0, 3, delta))).toEqual([-1, 0, 0, 1, 1, 2, 2]);
  });
  test('as bytes and back', () => {
    const bytes = encodeUnwindRows(rows);
    expect(decodeUnwindRows(bytes)).toEqual(rows);
    // A view into more bytes, as files are read.
    expect(decodeUnwindRows(Buffer.concat([Buffer.alloc(8), bytes]).subarray(8))).toEqual(rows);
    expect(decodeUnwindRows(bytes.subarray(0, -1))).toBeUndefined();
    for (let at = 0; at < bytes.length; at++) expect(decodeUnwindRows(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)))).toBeUndefined();
  });
  test('a file without tables, and one of another machine', () => {
    expect(readUnwindRows(ElfFile.parse(buildElf([])))).toMatchObject({ count: 0 });
    expect(readUnwindRows(ElfFile.parse(buildElf([], [], 183)))).toBeUndefined();
  });
  test('.debug_frame tells what .eh_frame does not', () => {
    const code = { name: '.text', type: 8, flags: 6, bytes: new Uint8Array(0x1000), address: 0x1000 };
    const section = (name: '.eh_frame' | '.debug_frame', ...lows: readonly number[]): Parameters<typeof buildElf>[0][number] =>
      ({ name, type: 1, bytes: buildFrames(name, X86_CIE, lows.map((low) => ({ low, size: 0x20, instructions: op(0x0e, name === '.eh_frame' ? 16 : 24).build() })), 0).bytes });
    const rows = readUnwindRows(ElfFile.parse(buildElf([code, section('.eh_frame', 0x1040, 0x1100), section('.debug_frame', 0x1010, 0x1050)])))!;
    expect([0x100f, 0x1010, 0x1030, 0x1040, 0x105f, 0x1060, 0x106f, 0x1070, 0x1100].map((address) => unpackRule(ruleAt(rows, address)).offset)).toEqual([0, 24, 0, 16, 16, 24, 24, 0, 16]);
  });
});

describe('a walk', () => {
  const main = rowsOf([0, rule(FRAME.stackPointer, 8)], [0x10, rule(FRAME.stackPointer, 32, SAVED_FP.atCfa, -16)], [0x20, rule(FRAME.framePointer, 16, SAVED_FP.atCfa, -16)], [0x30, rule(FRAME.outermost)],
    [0x40, rule(FRAME.signal, 160)], [0x50, rule(FRAME.unsupported)], [0x60, rule(FRAME.none)], [0x80, rule(FRAME.plt, 11)], [0x90, rule(FRAME.savedAtFrame, -8, SAVED_FP.atFrame)], [0xa0, rule(FRAME.savedStackPointer, 8)]);
  const BIAS = 0x7000_0000 - 0x1000;
  const at = (offset: number): number => BIAS + 0x1000 + offset;
  const codeAt = (address: number): CodeAt | undefined => (address >= 0x7000_0000 && address < 0x7000_1000 ? { rows: main, bias: BIAS } : address >= 0x9000_0000 && address < 0x9000_1000 ? 'frame-pointers' : undefined);
  const walk = (registers: WalkRegisters, words: Readonly<Record<number, number>>, limit = 10): string => {
    const { addresses, status } = walkStack({ codeAt, wordAt: (address) => words[address] }, registers, limit);
    const name = Object.entries(WALK).find(([, number]) => number === status)![0];
    return `${addresses.map((one) => (one >= 0x7000_0000 && one < 0x7000_1000 ? `+${(one - 0x7000_0000).toString(16)}` : one.toString(16))).join(' ')} ${name}`;
  };

  test.each<[string, string, string]>([
    ['through frames of both kinds', walk({ pc: at(0), sp: 0x100, fp: 7 }, { 0x100: at(0x18), 0x118: 0x140, 0x120: at(0x28), 0x140: 0, 0x148: at(0x38) }), '+0 +18 +28 +38 complete'],
    ['behind a call that does not return the function has ended', walk({ pc: at(0), sp: 0x100, fp: 0 }, { 0x100: at(0x10), 0x108: at(0x38) }), '+0 +10 +38 complete'],
    ['a return address of 0', walk({ pc: at(0), sp: 0x100, fp: 0 }, { 0x100: 0 }), '+0 noCaller'],
    ['a signal, to a stack that lies below', walk({ pc: at(0), sp: 0x900, fp: 0 }, { 0x900: at(0x41), [0x908 + 160]: 0x200, [0x908 + 168]: at(0x20), [0x908 + 120]: 0x240, 0x240: 0, 0x248: at(0x38) }), '+0 +41 +20 +38 complete'],
    ['code without rows keeps frame pointers', walk({ pc: 0x9000_0010, sp: 0x100, fp: 0x120 }, { 0x120: 0x140, 0x128: at(0x68), 0x140: 0, 0x148: 0x9000_0020 }), '90000010 +68 90000020 noCaller'],
    ['a frame pointer of 0 there is the end, or not', walk({ pc: 0x9000_0010, sp: 0x100, fp: 0 }, {}), '90000010 noCaller'],
    ['unknown code is passed by frame pointers, and was right when the outermost frame is found', walk({ pc: at(0), sp: 0x100, fp: 0x120 }, { 0x100: 0x1234, 0x120: 0x140, 0x128: at(0x38) }), '+0 1234 +38 complete'],
    ['unknown code, and no end behind it', walk({ pc: 0x1234, sp: 0x100, fp: 0x120 }, { 0x120: 0, 0x128: at(0x68) }), '1234 +68 noMapping'],
    ['frame pointers that go down', walk({ pc: 0x9000_0010, sp: 0x100, fp: 0x80 }, {}), '90000010 noRule'],
    ['frame pointers that are none', walk({ pc: 0x9000_0010, sp: 0x100, fp: 0x121 }, {}), '90000010 noRule'],
    ['a stub before and behind its push', `${walk({ pc: at(0x8a), sp: 0x100, fp: 0 }, { 0x100: at(0x38) })}, ${walk({ pc: at(0x8b), sp: 0x100, fp: 0 }, { 0x108: at(0x38) })}`, '+8a +38 complete, +8b +38 complete'],
    ['an aligned stack', walk({ pc: at(0x98), sp: 0x100, fp: 0x200 }, { 0x1f8: 0x300, 0x200: 0x500, 0x2f8: at(0x28), 0x500: 0, 0x508: at(0x38) }), '+98 +28 +38 complete'],
    ['a saved stack pointer', walk({ pc: at(0xa8), sp: 0x100, fp: 0 }, { 0x108: 0x1f8, 0x1f8: at(0x38) }), '+a8 +38 complete'],
    ['a stack that cannot be read', walk({ pc: at(0), sp: 0x100, fp: 0 }, {}), '+0 unreadable'],
    ['a return address that is in no code', walk({ pc: at(0), sp: 0x100, fp: 0 }, { 0x100: 0x1234 }), '+0 1234 noMapping'],
    ['a rule that cannot be followed', walk({ pc: at(0x50), sp: 0x100, fp: 0 }, {}), '+50 noRule'],
    ['more frames than are wanted', walk({ pc: at(0), sp: 0x100, fp: 0 }, { 0x100: at(1), 0x108: at(1), 0x110: at(1) }, 3), '+0 +1 +1 truncated'],
    ['a frame that is not above', walk({ pc: at(0x90), sp: 0x100, fp: 0x200 }, { 0x1f8: 0x80, 0x78: at(1), 0x200: 0 }), '+90 noRule'],
  ])('%s', (_name, have, want) => {
    expect(have).toBe(want);
  });
});
