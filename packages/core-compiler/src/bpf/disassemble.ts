/** BPF code as text, in the style of `llvm-objdump -d` and the verifier's log. */
import type { Instruction } from './instruction.js';
import { ALU, ATOMIC, CLASS, HELPER_NAMES, JUMP, LD_IMM64, PSEUDO, SIZE, SOURCE_REGISTER } from './opcodes.js';

const ALU_SIGNS: Readonly<Record<number, string>> = {
  [ALU.add]: '+=', [ALU.sub]: '-=', [ALU.mul]: '*=', [ALU.div]: '/=', [ALU.or]: '|=', [ALU.and]: '&=', [ALU.shl]: '<<=', [ALU.shr]: '>>=',
  [ALU.mod]: '%=', [ALU.xor]: '^=', [ALU.mov]: '=', [ALU.arsh]: 's>>=',
};
const JUMP_SIGNS: Readonly<Record<number, string>> = {
  [JUMP.eq]: '==', [JUMP.gt]: '>', [JUMP.ge]: '>=', [JUMP.set]: '&', [JUMP.ne]: '!=', [JUMP.sgt]: 's>', [JUMP.sge]: 's>=',
  [JUMP.lt]: '<', [JUMP.le]: '<=', [JUMP.slt]: 's<', [JUMP.sle]: 's<=',
};
const SIZE_NAMES: Readonly<Record<number, string>> = { [SIZE[1]]: 'u8', [SIZE[2]]: 'u16', [SIZE[4]]: 'u32', [SIZE[8]]: 'u64' };
const ATOMIC_SIGNS: Readonly<Record<number, string>> = { [ATOMIC.add]: '+=', [ATOMIC.or]: '|=', [ATOMIC.and]: '&=', [ATOMIC.xor]: '^=' };

const signed = (value: number): string => (value < 0 ? `- ${-value}` : `+ ${value}`);

/** @param slot of the instruction, to make jump targets absolute; without it they are relative */
export function disassemble(instruction: Instruction, slot?: number): string {
  const { opcode, dst, src, offset, imm } = instruction;
  switch (opcode & 7) {
    case CLASS.ld: return opcode === LD_IMM64 ? loadText(instruction) : `.byte 0x${opcode.toString(16)}`;
    case CLASS.ldx: return `r${dst} = *(${SIZE_NAMES[opcode & 0x18]} *)(r${src} ${signed(offset)})`;
    case CLASS.st: return `*(${SIZE_NAMES[opcode & 0x18]} *)(r${dst} ${signed(offset)}) = ${imm}`;
    case CLASS.stx: return storeText(instruction);
    case CLASS.alu: return aluText(instruction, 'w');
    case CLASS.alu64: return aluText(instruction, 'r');
    default: return jumpText(instruction, slot);
  }
}

function loadText({ dst, src, imm, high = 0, symbol }: Instruction): string {
  if (src === PSEUDO.mapValue) return `r${dst} = &${symbol ?? 'data'}${imm === 0 ? '' : `[${imm}]`} ll`;
  if (symbol !== undefined) return `r${dst} = ${symbol} ll`;
  const value = (BigInt(high) << 32n) | BigInt(imm >>> 0);
  return `r${dst} = ${BigInt.asIntN(64, value)} ll`;
}

function storeText({ opcode, dst, src, offset, imm }: Instruction): string {
  const place = `*(${SIZE_NAMES[opcode & 0x18]} *)(r${dst} ${signed(offset)})`;
  if ((opcode & 0xe0) !== 0xc0) return `${place} = r${src}`;
  if (imm === ATOMIC.compareExchange) return `r0 = cmpxchg(${place}, r0, r${src})`;
  if (imm === ATOMIC.exchange) return `r${src} = xchg(${place}, r${src})`;
  if ((imm & ATOMIC.fetch) !== 0) return `r${src} = fetch(lock ${place} ${ATOMIC_SIGNS[imm & ~ATOMIC.fetch]} r${src})`;
  return `lock ${place} ${ATOMIC_SIGNS[imm]} r${src}`;
}

function aluText({ opcode, dst, src, imm }: Instruction, prefix: 'r' | 'w'): string {
  const operation = opcode & 0xf0;
  if (operation === ALU.neg) return `${prefix}${dst} = -${prefix}${dst}`;
  if (operation === ALU.end) return `r${dst} = ${(opcode & SOURCE_REGISTER) === 0 ? 'le' : 'be'}${imm} r${dst}`;
  return `${prefix}${dst} ${ALU_SIGNS[operation]} ${(opcode & SOURCE_REGISTER) === 0 ? imm : `${prefix}${src}`}`;
}

function jumpText({ opcode, dst, src, offset, imm, symbol, target }: Instruction, slot: number | undefined): string {
  const operation = opcode & 0xf0;
  if (operation === JUMP.exit) return 'exit';
  if (operation === JUMP.call) return `call ${src === PSEUDO.call ? (symbol ?? `pc${signed(imm)}`) : (HELPER_NAMES.get(imm) ?? imm)}`;
  const where = target !== undefined && slot === undefined ? target.name : slot === undefined ? `pc${signed(offset)}` : `${slot + offset + 1}`;
  if (operation === JUMP.ja) return `goto ${where}`;
  const prefix = (opcode & 7) === CLASS.jmp32 ? 'w' : 'r';
  return `if ${prefix}${dst} ${JUMP_SIGNS[operation]} ${(opcode & SOURCE_REGISTER) === 0 ? imm : `${prefix}${src}`} goto ${where}`;
}
