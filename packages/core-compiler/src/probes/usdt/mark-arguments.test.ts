/** What the operands in notes become, on both architectures. */
import { describe, expect, test } from '@jest/globals';
import { parseUsdtArguments, type ElfFile } from '@stapkit/debuginfo';
import type { Architecture } from '../../target/index.js';
import { show, span } from '../fixture.test-support.js';
import { TargetProblem, valueOf } from '../target-access.js';
import { markArguments } from './mark-arguments.js';

const PC = 0x1200n;
const SYMBOLS: Readonly<Record<string, bigint>> = { counter: 0x4010n, table: 0x4040n, '.LC0': 0x2000n };

function value(arch: Architecture, text: string, type: 'exec' | 'dyn' = 'dyn'): string {
  const elf = { type, machine: arch, symbols: (name: string) => (SYMBOLS[name] === undefined ? [] : [{ address: SYMBOLS[name] }]) } as unknown as ElfFile;
  const probe = { provider: 'p', name: 'm', pc: PC, semaphore: undefined, argumentText: text, arguments: parseUsdtArguments(text, arch) };
  return markArguments(probe, { elf, arch }).map((one) => {
    try {
      return `${one.name} ${show(valueOf(one.place(span), span))}`;
    } catch (problem) {
      if (!(problem instanceof TargetProblem)) throw problem;
      return `${one.name} !${problem.message}`;
    }
  }).join('; ');
}

describe('x86-64', () => {
  test.each([
    // Registers, by DWARF's numbers: rax 0, rdx 1, rcx 2, rbx 3, rsi 4, rdi 5, rbp 6, rsp 7.
    ['8@%rax', 'arg1 reg0'],
    ['-8@%r15', 'arg1 reg15'],
    ['4@%edi', 'arg1 ((reg5 shl 32) ushr 32)'],
    ['-4@%edi', 'arg1 ((reg5 shl 32) shr 32)'],
    ['2@%si', 'arg1 ((reg4 shl 48) ushr 48)'],
    ['-1@%r9b', 'arg1 ((reg9 shl 56) shr 56)'],
    ['1@%ah', 'arg1 (((reg0 ushr 8) shl 56) ushr 56)'],
    // Constants, cut to their size.
    ['8@$5 -4@$-7 4@$-1 -1@$200 8@$0xffffffffffffffff', 'arg1 5; arg2 -7; arg3 4294967295; arg4 -56; arg5 -1'],
    ['8@$table', 'arg1 (reg16 add 11840)'],
    ['8@$table+4', 'arg1 (reg16 add 11844)'],
    // Memory.
    ['-4@-20(%rbp)', 'arg1 user s32[(reg6 add -20)]'],
    ['8@(%rsp)', 'arg1 user u64[reg7]'],
    ['-2@4(%rdx,%rcx,8)', 'arg1 user s16[((reg1 add (reg2 mul 8)) add 4)]'],
    ['1@(%rdx,%rcx)', 'arg1 user u8[(reg1 add reg2)]'],
    ['4@16(,%rcx,4)', 'arg1 user u32[((reg2 mul 4) add 16)]'],
    ['4@counter(%rip)', 'arg1 user u32[(reg16 add 11792)]'],
    ['-4@8+table(%rip)', 'arg1 user s32[(reg16 add 11848)]'],
    ['4@table(,%rax,4)', 'arg1 user u32[((reg16 add 11840) add (reg0 mul 4))]'],
    ['8@.LC0(%rip)', 'arg1 user u64[(reg16 add 3584)]'],
    ['4@0x601040', 'arg1 user u32[6295616]'],
    // What cannot be read keeps its number.
    ['8f@%xmm0 -4@%eax', 'arg1 !cannot read \'$arg1\' (\'8f@%xmm0\' in the program\'s note): floating-point values cannot be read; arg2 ((reg0 shl 32) shr 32)'],
    ['16@%xmm1', 'arg1 !cannot read \'$arg1\' (\'16@%xmm1\' in the program\'s note): it is a value of 16 bytes'],
    ['8@%xmm1', 'arg1 !cannot read \'$arg1\' (\'8@%xmm1\' in the program\'s note): floating-point and vector registers cannot be read by a probe'],
    ['8@%fs:16', 'arg1 !cannot read \'$arg1\' (\'8@%fs:16\' in the program\'s note): \'%fs:16\' is thread-local'],
    ['4@nowhere(%rip)', 'arg1 !cannot read \'$arg1\': it is at the symbol \'nowhere\', which the program does not have (it is stripped, or the symbol is another file\'s)'],
    ['3@%rax', 'arg1 !cannot read \'$arg1\' (\'3@%rax\' in the program\'s note): a value of 3 bytes'],
    // Notes of before 2011.
    ['%rdi $3', 'arg1 reg5; arg2 3'],
  ])('%s', (text, expected) => { expect(value('x86_64', text)).toBe(expected); });

  test('a program that is loaded where it was linked', () => {
    expect(value('x86_64', '4@counter(%rip) 8@$table+8', 'exec')).toBe('arg1 user u32[16400]; arg2 16456');
  });
});

describe('arm64', () => {
  test.each([
    ['8@x0', 'arg1 reg0'],
    ['-4@w19', 'arg1 ((reg19 shl 32) shr 32)'],
    ['4@wzr 8@xzr', 'arg1 0; arg2 0'],
    ['8@fp 8@lr 8@sp', 'arg1 reg29; arg2 reg30; arg3 reg31'],
    ['-4@5 -4@-7 4@-1 8@#16', 'arg1 5; arg2 -7; arg3 4294967295; arg4 16'],
    ['-4@[sp, 12] 8@[sp]', 'arg1 user s32[(reg31 add 12)]; arg2 user u64[reg31]'],
    ['-2@[x29, -6]', 'arg1 user s16[(reg29 add -6)]'],
    ['8@[x0, x1]', 'arg1 user u64[(reg0 add reg1)]'],
    ['8@[x0, x1, lsl 3]', 'arg1 user u64[(reg0 add (reg1 mul 8))]'],
    ['4@[x0, w1, uxtw 2]', 'arg1 user u32[(reg0 add (((reg1 shl 32) ushr 32) mul 4))]'],
    ['-4@[x0, w1, sxtw 2]', 'arg1 user s32[(reg0 add (((reg1 shl 32) shr 32) mul 4))]'],
    ['8@table+8', 'arg1 (reg32 add 11848)'],
    ['8f@d0', 'arg1 !cannot read \'$arg1\' (\'8f@d0\' in the program\'s note): floating-point values cannot be read'],
    ['8@v3', 'arg1 !cannot read \'$arg1\' (\'8@v3\' in the program\'s note): floating-point and vector registers cannot be read by a probe'],
    ['8@[x0, :lo12:table]', 'arg1 !cannot read \'$arg1\' (\'8@[x0, :lo12:table]\' in the program\'s note): \'[x0, :lo12:table]\' has an offset that is not known'],
  ])('%s', (text, expected) => { expect(value('aarch64', text)).toBe(expected); });
});
