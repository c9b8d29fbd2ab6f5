import { describe, expect, test } from '@jest/globals';
import { DebugInfoError } from '../errors.js';
import { buildFrames, op, X86_CIE } from '../testing/frame-builder.test-support.js';
import type { CieSpec } from '../testing/frame-builder.test-support.js';
import { SectionBuilder } from '../testing/section-builder.test-support.js';
import { CallFrames } from './call-frames.js';
import type { FrameRow, RegisterRule } from './frame-rows.js';
import { FdeSearchTable } from './search-table.js';
import { CFA_EXPRESSION, CFA_NONE, SavedAs, UNWIND_SIGNAL_FRAME, UNWIND_SIGNED_RETURN, unwindRowAt } from './unwind-table.js';

function ruleText(rule: RegisterRule): string {
  switch (rule.kind) {
    case 'offset': return `c${rule.offset < 0 ? '' : '+'}${rule.offset}`;
    case 'value-offset': return `v${rule.offset < 0 ? '' : '+'}${rule.offset}`;
    case 'register': return `r${rule.register}`;
    case 'expression': case 'value-expression': return `${rule.kind === 'expression' ? 'exp' : 'vexp'}(${[...rule.expression].join(' ')})`;
    case 'undefined': return 'u';
    case 'same-value': return 's';
  }
}

/** "1000-1004 r7+8 16=c-8": what a row says. */
function rowText(row: FrameRow): string {
  const { cfa } = row;
  const where = cfa === undefined ? 'none' : cfa.kind === 'expression' ? `exp(${[...cfa.expression].join(' ')})` : `r${cfa.register}${cfa.offset < 0 ? '' : '+'}${cfa.offset}`;
  return [`${row.low.toString(16)}-${row.high.toString(16)}`, where, ...[...row.registers].map(([register, rule]) => `${register}=${ruleText(rule)}`), ...(row.isReturnAddressSigned ? ['signed'] : [])].join(' ');
}

const framesOf = (instructions: SectionBuilder, cie: CieSpec = X86_CIE, name: '.eh_frame' | '.debug_frame' = '.debug_frame'): CallFrames =>
  new CallFrames(buildFrames(name, cie, [{ low: 0x1000, size: 0x100, instructions: instructions.build() }]));
const rowsOf = (frames: CallFrames): string[] => [...frames.entries()].flatMap((entry) => (entry.kind === 'fde' ? frames.rows(entry).map(rowText) : []));

describe('each instruction', () => {
  const START = '1000-1100 r7+8 16=c-8';
  test.each<[string, SectionBuilder, string[]]>([
    ['nop', op(0, 0, 0), [START]],
    ['advance_loc', op(0x44, 0x0e, 16), ['1000-1004 r7+8 16=c-8', '1004-1100 r7+16 16=c-8']],
    ['advance_loc1', op(0x02, 0x80, 0x0e, 16), ['1000-1080 r7+8 16=c-8', '1080-1100 r7+16 16=c-8']],
    ['advance_loc2', op(0x03, 0x80, 0, 0x0e, 16), ['1000-1080 r7+8 16=c-8', '1080-1100 r7+16 16=c-8']],
    ['advance_loc4', op(0x04, 0x80, 0, 0, 0, 0x0e, 16), ['1000-1080 r7+8 16=c-8', '1080-1100 r7+16 16=c-8']],
    ['set_loc', op(0x01).u64(0x1010).u8(0x0e, 16), ['1000-1010 r7+8 16=c-8', '1010-1100 r7+16 16=c-8']],
    ['advance by nothing', op(0x40, 0x0e, 16), ['1000-1100 r7+16 16=c-8']],
    ['def_cfa', op(0x0c, 6, 0x80, 0x01), ['1000-1100 r6+128 16=c-8']],
    ['def_cfa_register', op(0x0d, 6), ['1000-1100 r6+8 16=c-8']],
    ['def_cfa_offset', op(0x0e, 0x90, 0x01), ['1000-1100 r7+144 16=c-8']],
    ['def_cfa_expression', op(0x0f, 2, 0x77, 8), ['1000-1100 exp(119 8) 16=c-8']],
    ['def_cfa_sf', op(0x12, 6, 0x7e), ['1000-1100 r6+16 16=c-8']],
    ['def_cfa_offset_sf', op(0x13, 0x7d), ['1000-1100 r7+24 16=c-8']],
    ['offset', op(0x86, 2), ['1000-1100 r7+8 6=c-16 16=c-8']],
    ['offset_extended', op(0x05, 40, 3), ['1000-1100 r7+8 16=c-8 40=c-24']],
    ['offset_extended_sf', op(0x11, 6, 0x7e), ['1000-1100 r7+8 6=c+16 16=c-8']],
    ['GNU_negative_offset_extended', op(0x2f, 6, 2), ['1000-1100 r7+8 6=c+16 16=c-8']],
    ['val_offset', op(0x14, 6, 2), ['1000-1100 r7+8 6=v-16 16=c-8']],
    ['val_offset_sf', op(0x15, 6, 0x7e), ['1000-1100 r7+8 6=v+16 16=c-8']],
    ['register', op(0x09, 6, 3), ['1000-1100 r7+8 6=r3 16=c-8']],
    ['undefined', op(0x07, 16), ['1000-1100 r7+8 16=u']],
    ['same_value', op(0x08, 6), ['1000-1100 r7+8 6=s 16=c-8']],
    ['expression', op(0x10, 6, 2, 0x76, 0), ['1000-1100 r7+8 6=exp(118 0) 16=c-8']],
    ['val_expression', op(0x16, 7, 1, 0x30), ['1000-1100 r7+8 7=vexp(48) 16=c-8']],
    ['restore', op(0x86, 2, 0x44, 0xc6), ['1000-1004 r7+8 6=c-16 16=c-8', '1004-1100 r7+8 16=c-8']],
    ['restore goes back to the CIE\'s rule', op(0x90, 4, 0x44, 0xd0), ['1000-1004 r7+8 16=c-32', '1004-1100 r7+8 16=c-8']],
    ['restore_extended', op(0x86, 2, 0x44, 0x06, 6), ['1000-1004 r7+8 6=c-16 16=c-8', '1004-1100 r7+8 16=c-8']],
    ['remember_state, restore_state', op(0x0a, 0x0e, 16, 0x86, 2, 0x44, 0x0b), ['1000-1004 r7+16 6=c-16 16=c-8', '1004-1100 r7+8 16=c-8']],
    ['states nest', op(0x0a, 0x0e, 16, 0x0a, 0x0e, 24, 0x44, 0x0b, 0x44, 0x0b), ['1000-1004 r7+24 16=c-8', '1004-1008 r7+16 16=c-8', '1008-1100 r7+8 16=c-8']],
    ['a restored state is not changed by what comes after', op(0x0a, 0x44, 0x0b, 0x0a, 0x86, 2, 0x44, 0x0b), ['1000-1004 r7+8 16=c-8', '1004-1008 r7+8 6=c-16 16=c-8', '1008-1100 r7+8 16=c-8']],
    ['GNU_args_size', op(0x2e, 16), [START]],
    ['AARCH64_negate_ra_state', op(0x44, 0x2d, 0x44, 0x2d), ['1000-1004 r7+8 16=c-8', '1004-1008 r7+8 16=c-8 signed', '1008-1100 r7+8 16=c-8']],
    ['AARCH64_negate_ra_state_with_pc', op(0x2c), ['1000-1100 r7+8 16=c-8 signed']],
    ['a location behind the end', op(0x04).u32(0x200).u8(0x0e, 16), [START]],
    ['a location before the start', op(0x01).u64(0x10).u8(0x0e, 16), ['10-1100 r7+16 16=c-8']],
  ])('%s', (_name, instructions, expected) => {
    expect(rowsOf(framesOf(instructions))).toEqual(expected);
  });

  test.each<[string, SectionBuilder, string]>([
    ['unknown', op(0x3f), 'unknown call frame instruction 0x3f'],
    ['MIPS_advance_loc8', op(0x1d), 'unknown call frame instruction 0x1d'],
    ['restore without remember', op(0x0b), 'no state to restore'],
    ['remembered too deep', new SectionBuilder().bytes(new Uint8Array(65).fill(0x0a)), 'states remembered too deep'],
    ['a register that does not exist', op(0x07, 0x80, 0x02), 'register 256 does not exist'],
    ['an expression cut short', op(0x0f, 99, 1), '99 bytes wanted'],
  ])('%s is an error', (_name, instructions, message) => {
    expect(() => rowsOf(framesOf(instructions))).toThrow(DebugInfoError);
    expect(() => rowsOf(framesOf(instructions))).toThrow(message);
    expect(() => framesOf(instructions).unwindTable(6)).toThrow(message);
  });

  test('code and data alignment', () => {
    const arm: CieSpec = { codeAlignment: 4, dataAlignment: 0x78, returnAddressRegister: 30, instructions: op(0x0c, 31, 0).build() };
    expect(rowsOf(framesOf(op(0x41, 0x0e, 16, 0x9d, 2, 0x9e, 1), arm))).toEqual(['1000-1004 r31+0', '1004-1100 r31+16 29=c-16 30=c-8']);
  });
});

describe('entries', () => {
  test.each<[string, '.eh_frame' | '.debug_frame', CieSpec]>([
    ['.debug_frame version 1', '.debug_frame', { ...X86_CIE, version: 1 }],
    ['.debug_frame version 3', '.debug_frame', { ...X86_CIE, version: 3 }],
    ['.debug_frame version 4', '.debug_frame', { ...X86_CIE, version: 4 }],
    ['.eh_frame without augmentation', '.eh_frame', X86_CIE],
    ['.eh_frame zR, pcrel', '.eh_frame', { ...X86_CIE, augmentation: 'zR', augmentationData: [0x1b] }],
    ['.eh_frame zPLR', '.eh_frame', { ...X86_CIE, augmentation: 'zPLR', augmentationData: [0x9b, 1, 2, 3, 4, 0x1b, 0x1b] }],
  ])('%s', (_name, section, cie) => {
    expect(rowsOf(framesOf(op(0x44, 0x0e, 16), cie, section))).toEqual(['1000-1004 r7+8 16=c-8', '1004-1100 r7+16 16=c-8']);
  });

  test('signal frames, key B', () => {
    const frames = framesOf(op(), { ...X86_CIE, augmentation: 'zRSB', augmentationData: [0] }, '.eh_frame');
    expect(frames.rowAt(0x1000n)).toMatchObject({ isSignalFrame: true, returnAddressRegister: 16 });
    expect(frames.fdeAt(0x1000n)?.cie).toMatchObject({ isSignalFrame: true, usesKeyB: true, augmentation: 'zRSB' });
  });

  test('a terminator in the middle is passed over', () => {
    const { bytes, ...rest } = buildFrames('.eh_frame', X86_CIE, [{ low: 0x1000, size: 16 }]);
    const twice = new SectionBuilder().bytes(bytes).u32(0).bytes(bytes).build();
    expect([...new CallFrames({ ...rest, bytes: twice }).entries()].map(({ kind }) => kind)).toEqual(['cie', 'fde', 'cie', 'fde']);
  });

  test('64-bit DWARF', () => {
    const cie = op(4, 0, 8, 0, 1, 0x78, 16, 0x0c, 7, 8, 0x90, 1).align(8).build();
    const section = new SectionBuilder().u32(0xffff_ffff).u64(cie.length + 8, -1).bytes(cie).u32(0xffff_ffff).u64(24, 0, 0x1000, 0x10).build();
    expect(rowsOf(new CallFrames({ name: '.debug_frame', bytes: section, addressSize: 8, bases: { section: 0 } }))).toEqual(['1000-1010 r7+8 16=c-8']);
  });

  const broken = (bytes: Uint8Array, name: '.eh_frame' | '.debug_frame' = '.eh_frame') => (): unknown => [...new CallFrames({ name, bytes, addressSize: 8, bases: { section: 0 } }).entries()];
  test.each<[string, () => unknown, string]>([
    ['a length beyond the section', broken(op().u32(99, 0).build()), '.eh_frame+0x0: an entry of 99 bytes, 4 left'],
    ['version 2', broken(op().u32(8, 0).u8(2, 0, 1, 1).build()), 'CIE version 2 is not supported'],
    ['old GCC\'s augmentation', broken(op().u32(12, 0).u8(1).text('eh').u8(0, 1, 1, 1, 1).build()), 'CIE augmentation \'eh\' is not supported'],
    ['an unknown letter', broken(op().u32(12, 0).u8(1).text('zQ').u8(0, 1, 1, 1, 1).build()), 'CIE augmentation \'zQ\' is not supported'],
    ['augmentation data that is too short', broken(op().u32(12, 0).u8(1).text('zR').u8(0, 1, 1, 1, 0).build()), 'an FDE'],
    ['a CIE before the section', broken(op().u32(4, 99).build()), '4 bytes wanted'],
    ['segments', broken(op().u32(16, 0xffff_ffff).u8(4, 0, 8, 1, 1, 1, 1, 0, 0, 0, 0, 0).build(), '.debug_frame'), 'segmented addresses are not supported'],
    ['addresses of 2 bytes', broken(op().u32(16, 0xffff_ffff).u8(4, 0, 2, 0, 1, 1, 1, 0, 0, 0, 0, 0).build(), '.debug_frame'), 'addresses of 2 bytes are not supported'],
    ['an unknown pointer encoding', () => rowsOf(framesOf(op(), { ...X86_CIE, augmentation: 'zR', augmentationData: [0x0f] }, '.eh_frame')), 'pointer encoding 0xf is not supported'],
    ['a pointer relative to what is not known', () => rowsOf(framesOf(op(), { ...X86_CIE, augmentation: 'zR', augmentationData: [0x3b] }, '.eh_frame')), 'a pointer relative to 0x30, which is not known'],
  ])('%s', (_name, read, message) => {
    if (message === 'an FDE') {
      expect(read).toThrow(DebugInfoError);
      return;
    }
    expect(read).toThrow(DebugInfoError);
    expect(read).toThrow(message);
  });
});

describe('which function', () => {
  const section = buildFrames('.eh_frame', { ...X86_CIE, augmentation: 'zR', augmentationData: [0x1b] }, [{ low: 0x3000, size: 16 }, { low: 0x1000, size: 16 }, { low: 0x2000, size: 16 }]);
  const offsets = [...new CallFrames(section).entries()].filter((entry) => entry.kind === 'fde').map(({ low, offset }) => [low, offset] as const).sort(([a], [b]) => a - b);
  const header = new SectionBuilder().u8(1, 0x1b, 0x03, 0x3b).u32(0, 3);
  for (const [low, offset] of offsets) header.u32(low - 0x50_0000, 0x40_0000 + offset - 0x50_0000);
  const table = FdeSearchTable.parse(header.build(), 0x50_0000, 0x40_0000);

  test.each<[string, bigint, string | undefined]>([
    ['the first byte', 0x1000n, '1000'], ['the last byte', 0x100fn, '1000'], ['behind', 0x1010n, undefined], ['before all', 0xfffn, undefined], ['another', 0x2008n, '2000'], ['the last', 0x300fn, '3000'],
    ['behind all', 0x4000n, undefined], ['a kernel address', 0xffff_ffff_8100_0000n, undefined],
  ])('%s', (_name, pc, low) => {
    expect(table?.count).toBe(3);
    expect(new CallFrames(section).fdeAt(pc)?.low.toString(16)).toBe(low);
    expect(new CallFrames(section, { searchTable: table }).fdeAt(pc)?.low.toString(16)).toBe(low);
  });

  test('an entry is found by where its function starts, by any of its addresses without that, and where bytes only look like one', () => {
    const lows = [0x3000n, 0x1000n, 0x2000n];
    // The last entry's code has the address of the first in it, where no entry is.
    const section = buildFrames('.debug_frame', X86_CIE, lows.map((low) => ({ low, size: 16 })));
    const bait = Buffer.alloc(40);
    bait.writeUInt32LE(36, 0);
    bait.writeUInt32LE(0xffff_ffff, 4);
    bait.writeBigUInt64LE(0x1000n, 16);
    const frames = (): CallFrames => new CallFrames({ ...section, bytes: Buffer.concat([section.bytes, bait]) });
    const plain = (): CallFrames => new CallFrames(section);
    for (const low of lows) {
      expect(frames().fdeAt(low + 3n, low)?.low).toBe(Number(low));
      expect(plain().fdeAt(low + 3n, low)).toEqual(plain().fdeAt(low + 3n));
      // A start that is wrong costs time and nothing else.
      expect(plain().fdeAt(low + 3n, 0x2000n)?.low).toBe(Number(low));
    }
    expect(plain().fdeAt(0x2010n, 0x2000n)).toBeUndefined();
  });

  test('kernel addresses', () => {
    const frames = new CallFrames(buildFrames('.debug_frame', X86_CIE, [{ low: 0xffff_ffff_8100_0000n, size: 16 }]));
    expect(rowText(frames.rowAt(0xffff_ffff_8100_0008n)!)).toBe('ffffffff81000000-ffffffff81000010 r7+8 16=c-8');
    expect(frames.unwindTable(6).base).toBe(0xffff_ffff_8100_0000n);
  });

  test.each<[string, number[]]>([['version 2', [2, 0x1b, 3, 0x3b]], ['no table', [1, 0x1b, 0xff, 0xff]], ['values of any size', [1, 0x1b, 3, 0x31]]])('a search table of %s is not used', (_name, head) => {
    expect(FdeSearchTable.parse(op(...head).u32(0, 0).build(), 0, 0)).toBeUndefined();
  });
  test('a search table that is cut short is not used', () => {
    expect(FdeSearchTable.parse(op(1, 0x1b, 3, 0x3b).u32(0, 9).build(), 0, 0)).toBeUndefined();
  });
});

describe('all rows in compact form', () => {
  const framesAt = (fdes: Parameters<typeof buildFrames>[2], cie: CieSpec = X86_CIE): CallFrames => new CallFrames(buildFrames('.debug_frame', cie, fdes));
  const compact = (frames: CallFrames, framePointer = 6): string[] => {
    const table = frames.unwindTable(framePointer);
    return Array.from({ length: table.count }, (_, index) => [
      (table.base + BigInt(table.starts[index]!)).toString(16), table.cfaRegisters[index], table.cfaOffsets[index], table.framePointerRules[index], table.framePointerOffsets[index],
      table.returnAddressRules[index], table.returnAddressOffsets[index], table.flags[index],
    ].join(' '));
  };

  test('a function that saves its frame pointer', () => {
    expect(compact(framesAt([{ low: 0x1000, size: 0x20, instructions: op(0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x50, 0x0c, 7, 8).build() }]))).toEqual([
      '1000 7 8 0 0 1 -8 0', '1001 7 16 1 -16 1 -8 0', '1004 6 16 1 -16 1 -8 0', '1014 7 8 1 -16 1 -8 0', `1020 ${CFA_NONE} 0 0 0 0 0 0`,
    ]);
  });

  test('gaps between functions, and functions without one', () => {
    expect(compact(framesAt([{ low: 0x1010, size: 0x10 }, { low: 0x1000, size: 0x10 }, { low: 0x1040, size: 0x10 }]))).toEqual([
      '1000 7 8 0 0 1 -8 0', `1020 ${CFA_NONE} 0 0 0 0 0 0`, '1040 7 8 0 0 1 -8 0', `1050 ${CFA_NONE} 0 0 0 0 0 0`,
    ]);
  });

  test('where two overlap, the first holds', () => {
    const moved = op(0x0e, 16).build();
    expect(compact(framesAt([{ low: 0x1000, size: 0x10 }, { low: 0x1008, size: 0x10, instructions: moved }]))).toEqual(['1000 7 8 0 0 1 -8 0', '1010 7 16 0 0 1 -8 0', `1018 ${CFA_NONE} 0 0 0 0 0 0`]);
  });

  test('expressions are kept once', () => {
    const expression = op(0x0f, 2, 0x77, 8, 0x10, 6, 2, 0x77, 8).build();
    const frames = framesAt([{ low: 0x1000, size: 0x10, instructions: expression }]);
    expect(compact(frames)[0]).toBe(`1000 ${CFA_EXPRESSION} 0 ${SavedAs.expression} 0 1 -8 0`);
    expect(frames.unwindTable(6).expressions).toEqual([Uint8Array.of(0x77, 8)]);
  });

  test('signal frames, signed return addresses, no caller', () => {
    const arm: CieSpec = { augmentation: 'zS', dataAlignment: 0x78, returnAddressRegister: 30, instructions: op(0x0c, 31, 0).build() };
    const frames = new CallFrames(buildFrames('.eh_frame', arm, [{ low: 0x1000, size: 0x10, instructions: op(0x44, 0x2d, 0x44, 0x07, 30).build() }]));
    expect(compact(frames, 29).map((row) => row.split(' ').slice(0, 3).concat(row.split(' ').slice(5)).join(' '))).toEqual([
      `1000 31 0 0 0 ${UNWIND_SIGNAL_FRAME}`, `1004 31 0 0 0 ${UNWIND_SIGNAL_FRAME | UNWIND_SIGNED_RETURN}`, `1008 31 0 ${SavedAs.undefined} 0 ${UNWIND_SIGNAL_FRAME | UNWIND_SIGNED_RETURN}`, `1010 ${CFA_NONE} 0 0 0 0`,
    ]);
  });

  test('removed functions are left out', () => {
    const section = buildFrames('.debug_frame', X86_CIE, [{ low: 0, size: 0x10 }, { low: 0x1000, size: 0x10 }]);
    expect(compact(new CallFrames(section, { isCode: (address) => address >= 0x1000n }))).toHaveLength(2);
  });

  test('which row', () => {
    const table = framesAt([{ low: 0x1000, size: 0x10, instructions: op(0x44, 0x0e, 16).build() }]).unwindTable(6);
    expect([0xfffn, 0x1000n, 0x1003n, 0x1004n, 0x100fn, 0x1010n, 1n << 60n].map((pc) => unwindRowAt(table, pc))).toEqual([undefined, 0, 0, 1, 1, undefined, undefined]);
  });

  test('no functions', () => {
    expect(framesAt([]).unwindTable(6).count).toBe(0);
  });

  test('an offset of 2 GiB is an error', () => {
    expect(() => framesAt([{ low: 0x1000, size: 16, instructions: op(0x0e, 0xff, 0xff, 0xff, 0xff, 0x7f).build() }]).unwindTable(6)).toThrow('an offset of 2 GiB and more');
  });
});
