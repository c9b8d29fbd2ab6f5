import { describe, expect, test } from '@jest/globals';
import { Assembler, JumpTooFarError, asm, decode, disassemble } from './index.js';
import type { Instruction } from './index.js';

const zero = { dst: 0, src: 0, offset: 0, imm: 0 };

test.each<[string, Instruction, Partial<Instruction>]>([
  ['add.imm', asm.add.imm(1, 22), { opcode: 0x07, dst: 1, imm: 22 }],
  ['add.reg', asm.add.reg(1, 2), { opcode: 0x0f, dst: 1, src: 2 }],
  ['mov32.imm', asm.alu32.mov.imm(3, -1), { opcode: 0xb4, dst: 3, imm: -1 }],
  ['load u32', asm.load(4, 3, 1, 8), { opcode: 0x61, dst: 3, src: 1, offset: 8 }],
  ['store u64', asm.store(8, 10, -8, 1), { opcode: 0x7b, dst: 10, src: 1, offset: -8 }],
  ['store imm u8', asm.storeImm(1, 10, -8, 7), { opcode: 0x72, dst: 10, offset: -8, imm: 7 }],
  ['atomic add', asm.atomicAdd(1, 128, 2), { opcode: 0xdb, dst: 1, src: 2, offset: 128 }],
  ['cmpxchg', asm.compareExchange(6, 0, 2), { opcode: 0xdb, dst: 6, src: 2, imm: 0xf1 }],
  ['neg', asm.neg(4), { opcode: 0x87, dst: 4 }],
  ['be64', asm.toBigEndian(4, 64), { opcode: 0xdc, dst: 4, imm: 64 }],
  ['call', asm.call(14), { opcode: 0x85, imm: 14 }],
  ['ld_imm64', asm.loadImm64(2, -2n), { opcode: 0x18, dst: 2, imm: -2, high: -1 }],
  ['ld_imm64 big', asm.loadImm64(2, 0x1_8000_0000n), { opcode: 0x18, dst: 2, imm: -0x80000000, high: 1 }],
])('%s encodes', (_name, have, want) => {
  expect(have).toEqual({ ...zero, ...want });
});

test.each<[string, Instruction]>([
  ['r1 += 5', asm.add.imm(1, 5)],
  ['r1 = r2', asm.mov.reg(1, 2)],
  ['w1 = 7', asm.alu32.mov.imm(1, 7)],
  ['r3 s>>= 32', asm.arsh.imm(3, 32)],
  ['r1 = -r1', asm.neg(1)],
  ['r1 = be64 r1', asm.toBigEndian(1, 64)],
  ['r1 = *(u64 *)(r6 + 8)', asm.load(8, 1, 6, 8)],
  ['*(u32 *)(r10 - 4) = 0', asm.storeImm(4, 10, -4, 0)],
  ['lock *(u64 *)(r1 + 128) += r2', asm.atomicAdd(1, 128, 2)],
  ['r2 = fetch(lock *(u64 *)(r1 + 0) += r2)', asm.atomicFetchAdd(1, 0, 2)],
  ['r0 = cmpxchg(*(u64 *)(r6 + 0), r0, r2)', asm.compareExchange(6, 0, 2)],
  ['if r1 s> 4 goto done', asm.jumpIf('sgt', 1, { imm: 4 }, { name: 'done' })],
  ['call bpf_get_current_pid_tgid', asm.call(14)],
  ['r1 = counts ll', asm.loadMap(1, 'counts')],
  ['r1 = &globals[128] ll', asm.loadData(1, 'globals', 128)],
  ['exit', asm.exit()],
])('%s', (text, instruction) => {
  expect(disassemble(instruction)).toBe(text);
});

describe('layout', () => {
  test('jumps count slots, and ld_imm64 takes two', () => {
    const code = new Assembler();
    const done = { name: 'done' };
    code.emit(asm.jumpIf('eq', 1, { imm: 0 }, done), asm.loadImm64(2, 1n));
    code.bind(done);
    code.emit(asm.exit());
    const { bytes, slots } = code.assemble();
    expect(slots).toEqual([0, 1, 3]);
    expect(decode(bytes).map(({ instruction, slot }) => disassemble(instruction, slot))).toEqual(['if r1 == 0 goto 3', 'r2 = 1 ll', 'exit']);
  });

  test('a jump to the next instruction is dropped, and labels before it move', () => {
    const code = new Assembler();
    const [first, next] = [{ name: 'first' }, { name: 'next' }];
    code.emit(asm.jumpIf('eq', 1, { imm: 0 }, first), asm.mov.imm(0, 1));
    code.bind(first);
    code.emit(asm.jump(next));
    code.bind(next);
    code.emit(asm.exit());
    expect(decode(code.assemble().bytes).map(({ instruction, slot }) => disassemble(instruction, slot))).toEqual(['if r1 == 0 goto 2', 'r0 = 1', 'exit']);
  });

  test('what cannot be reached is dropped: the verifier refuses it', () => {
    const code = new Assembler();
    const end = { name: 'end' };
    code.emit(asm.mov.imm(0, 0), asm.jump(end), asm.mov.imm(0, 1), asm.mov.imm(0, 2));
    code.bind(end);
    code.emit(asm.exit(), asm.mov.imm(0, 3));
    expect(decode(code.assemble().bytes).map(({ instruction, slot }) => disassemble(instruction, slot))).toEqual(['r0 = 0', 'exit']);
  });

  test('a jump over more than 32767 slots is refused', () => {
    const code = new Assembler();
    const far = { name: 'far' };
    code.emit(asm.jumpIf('eq', 1, { imm: 0 }, far));
    for (let index = 0; index < 32768; index++) code.emit(asm.mov.imm(0, index));
    code.bind(far);
    code.emit(asm.exit());
    expect(() => code.assemble()).toThrow(JumpTooFarError);
  });
});
