import { describe, expect, test } from '@jest/globals';
import { dwarfRegisterNumber } from '../dwarf/registers.js';
import { buildElf } from '../testing/elf-builder.test-support.js';
import { SectionBuilder } from '../testing/section-builder.test-support.js';
import { ElfFile } from '../elf/elf-file.js';
import { parseUsdtArguments } from './arguments.js';
import type { UsdtOperand } from './operands.js';
import { readUsdtProbes } from './probes.js';

const x86 = (name: string): number => dwarfRegisterNumber('x86_64', name)!;
const arm = (name: string): number => dwarfRegisterNumber('aarch64', name)!;
const register = (number: number, shift = 0): UsdtOperand => ({ kind: 'register', register: number, shift });
const constant = (value: number | bigint, symbol?: string): UsdtOperand => ({ kind: 'constant', value: BigInt(value), ...(symbol === undefined ? {} : { symbol }) });
const memory = (parts: Omit<Partial<Extract<UsdtOperand, { kind: 'memory' }>>, 'displacement'> & { displacement?: number }): UsdtOperand => ({ kind: 'memory', scale: 1, ...parts, displacement: BigInt(parts.displacement ?? 0) });

describe('x86-64', () => {
  test.each<[string, number, boolean, UsdtOperand]>([
    ['-4@$5', 4, true, constant(5)],
    ['4@$-5', 4, false, constant(-5)],
    ['8@$0xffffffffffffffff', 8, false, constant(0xffff_ffff_ffff_ffffn)],
    ['8@$foo', 8, false, constant(0, 'foo')],
    ['8@$foo+8', 8, false, constant(8, 'foo')],
    ['8@%rax', 8, false, register(x86('rax'))],
    ['-8@%r15', 8, true, register(x86('r15'))],
    ['-4@%eax', 4, true, register(x86('rax'))],
    ['4@%edi', 4, false, register(x86('rdi'))],
    ['4@%r8d', 4, false, register(x86('r8'))],
    ['2@%ax', 2, false, register(x86('rax'))],
    ['2@%si', 2, false, register(x86('rsi'))],
    ['2@%r10w', 2, false, register(x86('r10'))],
    ['1@%al', 1, false, register(x86('rax'))],
    ['1@%bh', 1, false, register(x86('rbx'), 8)],
    ['-1@%sil', 1, true, register(x86('rsi'))],
    ['1@%spl', 1, false, register(x86('rsp'))],
    ['1@%r9b', 1, false, register(x86('r9'))],
    ['8f@%xmm0', 8, false, { kind: 'vector-register', register: x86('xmm0') }],
    ['4f@%xmm15', 4, false, { kind: 'vector-register', register: x86('xmm15') }],
    ['16@%xmm3', 16, false, { kind: 'vector-register', register: x86('xmm3') }],
    ['32@%ymm3', 32, false, { kind: 'vector-register', register: x86('xmm3') }],
    ['8f@-8(%rbp)', 8, false, memory({ base: x86('rbp'), displacement: -8 })],
    ['8@(%rdi)', 8, false, memory({ base: x86('rdi') })],
    ['-4@-8(%rbp)', 4, true, memory({ base: x86('rbp'), displacement: -8 })],
    ['4@0x10(%rsp)', 4, false, memory({ base: x86('rsp'), displacement: 16 })],
    ['8@(%rdi,%rsi,4)', 8, false, memory({ base: x86('rdi'), index: x86('rsi'), scale: 4 })],
    ['8@16(%rdi,%rsi)', 8, false, memory({ base: x86('rdi'), index: x86('rsi'), displacement: 16 })],
    ['8@(,%rsi,8)', 8, false, memory({ index: x86('rsi'), scale: 8 })],
    ['4@table(,%rax,4)', 4, false, memory({ symbol: 'table', index: x86('rax'), scale: 4 })],
    ['4@foo(%rip)', 4, false, memory({ symbol: 'foo' })],
    ['4@foo+12(%rip)', 4, false, memory({ symbol: 'foo', displacement: 12 })],
    ['4@12+foo(%rip)', 4, false, memory({ symbol: 'foo', displacement: 12 })],
    ['4@foo-4+2(%rip)', 4, false, memory({ symbol: 'foo', displacement: -2 })],
    ['4@foo+4(%rbx)', 4, false, memory({ symbol: 'foo', base: x86('rbx'), displacement: 4 })],
    ['8@foo@GOTPCREL(%rip)', 8, false, memory({ symbol: 'foo@GOTPCREL' })],
    ['4@_ZN3foo3barE.isra.0(%rip)', 4, false, memory({ symbol: '_ZN3foo3barE.isra.0' })],
    ['8@foo', 8, false, memory({ symbol: 'foo' })],
    ['8@4096', 8, false, memory({ displacement: 4096 })],
    ['%rax', 8, true, register(x86('rax'))],
  ])('%s', (text, size, isSigned, operand) => {
    expect(parseUsdtArguments(text, 'x86_64')).toEqual([{ text, size, isSigned, isFloat: text.includes('f@%') || text.startsWith('8f@'), operand }]);
  });

  test.each<[string, string]>([
    ['3@%rax', 'a value of 3 bytes'], ['16@%rax', 'ok'], ['4@%fs:-8', 'thread-local'], ['4@%fs:x@tpoff', 'thread-local'], ['8@%st(1)', 'cannot be read'], ['8@%rip', 'cannot be read'], ['8@%bogus', 'cannot be read'],
    ['8@(%eax)', 'cannot address memory'], ['8@(%rax,%rbx,3)', 'scale 3'], ['8@()', 'is no operand'], ['8@(%rax,%rbx,1,2)', 'is no operand'], ['8@16(%rip)', 'counts from an instruction'], ['8@foo(%rip,%rax)', 'counts from'],
    ['8@', 'is no operand'], ['8@$', 'ok'], ['8@$a b', 'ok'], ['8@x*y(%rax)', 'is no displacement'], ['8@*%rax', 'is no operand'], ['8@$1+2+', 'is no constant'], ['8@$99999999999999999999999', 'is no constant'],
  ])('%s cannot be read: %s', (text, reason) => {
    const [first] = parseUsdtArguments(text, 'x86_64');
    if (reason === 'ok') expect(first).toBeDefined();
    else expect(first?.operand).toEqual({ kind: 'unsupported', reason: expect.stringContaining(reason) as unknown });
  });
});

describe('aarch64', () => {
  test.each<[string, number, boolean, UsdtOperand]>([
    ['8@x0', 8, false, register(arm('x0'))],
    ['-4@w0', 4, true, register(arm('x0'))],
    ['8@x30', 8, false, register(arm('x30'))],
    ['8@fp', 8, false, register(arm('x29'))],
    ['8@sp', 8, false, register(arm('sp'))],
    ['4@wzr', 4, false, constant(0)],
    ['-4@5', 4, true, constant(5)],
    ['-4@-1', 4, true, constant(-1)],
    ['8@#16', 8, false, constant(16)],
    ['8@foo', 8, false, constant(0, 'foo')],
    ['-4@[sp, 12]', 4, true, memory({ base: arm('sp'), displacement: 12 })],
    ['-4@[sp,12]', 4, true, memory({ base: arm('sp'), displacement: 12 })],
    ['8@[x29, #-16]', 8, false, memory({ base: arm('x29'), displacement: -16 })],
    ['8@[x0]', 8, false, memory({ base: arm('x0') })],
    ['8@[x0, x1]', 8, false, memory({ base: arm('x0'), index: arm('x1') })],
    ['8@[x0, x1, lsl 3]', 8, false, memory({ base: arm('x0'), index: arm('x1'), scale: 8 })],
    ['8@[x0, x1, lsl #3]', 8, false, memory({ base: arm('x0'), index: arm('x1'), scale: 8 })],
    ['4@[x0, w1, sxtw 2]', 4, false, memory({ base: arm('x0'), index: arm('x1'), scale: 4, indexExtension: 'sign' })],
    ['4@[x0, w1, uxtw]', 4, false, memory({ base: arm('x0'), index: arm('x1'), indexExtension: 'zero' })],
    ['8f@d0', 8, false, { kind: 'vector-register', register: arm('v0') }],
    ['4f@s31', 4, false, { kind: 'vector-register', register: arm('v31') }],
  ])('%s', (text, size, isSigned, operand) => {
    expect(parseUsdtArguments(text, 'aarch64')).toEqual([{ text, size, isSigned, isFloat: text.includes('f@'), operand }]);
  });

  test.each<[string, string]>([
    ['8@[w0]', 'is no operand'], ['8@[x0, 8]!', 'is no operand'], ['8@[x0, x1, ror 3]', 'has an extension that is not known'], ['8@[x0, w1]', 'has an extension'], ['8@[x0, x1, sxtw 3]', 'has an extension'],
    ['8@[x0, :lo12:foo]', 'has an offset that is not known'], ['8@[x0, x1, lsl 3, 4]', 'is no operand'], ['8@', 'is no operand'],
  ])('%s cannot be read: %s', (text, reason) => {
    expect(parseUsdtArguments(text, 'aarch64')[0]?.operand).toEqual({ kind: 'unsupported', reason: expect.stringContaining(reason) as unknown });
  });
});

describe('several', () => {
  test('spaces inside of brackets do not divide', () => {
    expect(parseUsdtArguments('-4@[sp, 12] 8@x0  8@[x0, x1, lsl 3]', 'aarch64').map(({ text }) => text)).toEqual(['-4@[sp, 12]', '8@x0', '8@[x0, x1, lsl 3]']);
  });
  test('none', () => {
    expect([parseUsdtArguments('', 'x86_64'), parseUsdtArguments('  ', 'x86_64')]).toEqual([[], []]);
  });
  test('one that cannot be read keeps the numbers of the others', () => {
    expect(parseUsdtArguments('8@%rax 8@%fs:0 8@%rbx', 'x86_64').map(({ operand }) => operand.kind)).toEqual(['register', 'unsupported', 'register']);
  });
  test('a bracket that is not closed', () => {
    expect(parseUsdtArguments('8@[x0, 8 8@x1', 'aarch64').map(({ operand }) => operand.kind)).toEqual(['unsupported']);
  });
  test('other machines', () => {
    expect(parseUsdtArguments('4@r3', 'other')[0]?.operand).toEqual({ kind: 'unsupported', reason: 'operands of this machine are not known' });
  });
});

describe('notes', () => {
  const note = (pc: bigint, base: bigint, semaphore: bigint, ...texts: string[]): SectionBuilder => {
    const description = new SectionBuilder().u64(pc, base, semaphore);
    for (const text of texts) description.text(text).u8(0);
    const size = description.length;
    return new SectionBuilder().u32(8, size, 3).text('stapsdt').u8(0).bytes(description.align(4).build());
  };
  const elfOf = (notes: SectionBuilder, baseAddress?: number): ElfFile => ElfFile.parse(buildElf([
    { name: '.note.stapsdt', type: 7, bytes: notes.build(), alignment: 4 },
    ...(baseAddress === undefined ? [] : [{ name: '.stapsdt.base', type: 1, bytes: new Uint8Array(1), flags: 2, address: baseAddress }]),
  ]));
  const two = new SectionBuilder().bytes(note(0x1000n, 0x2000n, 0n, 'app', 'start', '8@%rax').build()).bytes(note(0x1100n, 0x2000n, 0x3000n, 'lib', 'end', '').build());

  test('read in their order', () => {
    expect(readUsdtProbes(elfOf(two, 0x2000)).map(({ provider, name, pc, semaphore, argumentText, arguments: parsed }) => [provider, name, pc, semaphore, argumentText, parsed.length])).toEqual([
      ['app', 'start', 0x1000n, undefined, '8@%rax', 1], ['lib', 'end', 0x1100n, 0x3000n, '', 0],
    ]);
  });
  test('by provider and name', () => {
    const elf = elfOf(two);
    expect([['app', '*'], ['*', 'e*'], ['a*', 'end'], ['*', '*']].map(([provider, name]) => readUsdtProbes(elf, provider, name).length)).toEqual([1, 1, 0, 2]);
  });
  test('prelink moved the file', () => {
    expect(readUsdtProbes(elfOf(two, 0x7000)).map(({ pc, semaphore }) => [pc, semaphore])).toEqual([[0x6000n, undefined], [0x6100n, 0x8000n]]);
    expect(readUsdtProbes(elfOf(two, 0x1000)).map(({ pc }) => pc)).toEqual([0n, 0x100n]);
  });
  test('a note without arguments, as old compilers wrote it', () => {
    expect(readUsdtProbes(elfOf(note(1n, 0n, 0n, 'a', 'b')))[0]?.arguments).toEqual([]);
  });
  test('a damaged note', () => {
    expect(() => readUsdtProbes(elfOf(new SectionBuilder().u32(8, 4, 3).text('stapsdt').u8(0).u32(1)))).toThrow('.note.stapsdt+0x0: 8 bytes wanted, 4 left');
  });
  test('none', () => {
    expect(readUsdtProbes(ElfFile.parse(buildElf([])))).toEqual([]);
  });
});
