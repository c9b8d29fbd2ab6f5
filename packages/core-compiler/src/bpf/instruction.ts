/** BPF instructions as values: `add.imm(R1, 5)` is `r1 += 5`. */
import type { SourceLocation } from '@stapkit/object';
import type { AccessBytes, AluOperation, JumpCondition, Register } from './opcodes.js';
import { ALU, ATOMIC, CLASS, JUMP, LD_IMM64, MODE, PSEUDO, SIZE, SOURCE_REGISTER } from './opcodes.js';

/** A place to jump to. Each is a distinct object; it is bound once. */
export interface Label { readonly name: string }

/** A CO-RE relocation of the instruction's immediate. */
export interface CoreReference { readonly typeId: number; readonly access: string; readonly kind: number }

/** One instruction before layout: jumps name their target, addresses their symbol. */
export interface Instruction {
  readonly opcode: number;
  readonly dst: number;
  readonly src: number;
  readonly offset: number;
  readonly imm: number;
  /** ld_imm64: the upper 32 bits, in a second slot. */
  readonly high?: number;
  readonly target?: Label;
  /** Map, data or function that the loader puts in. */
  readonly symbol?: string;
  readonly core?: CoreReference;
  /** Where in the script this came from: the line table, and the listing. */
  readonly location?: SourceLocation;
}

const make = (opcode: number, rest: Partial<Omit<Instruction, 'opcode'>> = {}): Instruction =>
  ({ opcode, dst: 0, src: 0, offset: 0, imm: 0, ...rest });

interface AluForms {
  reg(dst: Register, src: Register): Instruction;
  /** The immediate is sign-extended to 64 bits. */
  imm(dst: Register, value: number): Instruction;
}

const aluForms = (operation: AluOperation, width: number): AluForms => ({
  reg: (dst, src) => make(width | ALU[operation] | SOURCE_REGISTER, { dst, src }),
  imm: (dst, imm) => make(width | ALU[operation], { dst, imm }),
});
const OPERATIONS = Object.keys(ALU).filter((name): name is AluOperation => name !== 'neg' && name !== 'end');

/** 64-bit operations by name. */
export const alu64 = Object.fromEntries(OPERATIONS.map((name) => [name, aluForms(name, CLASS.alu64)])) as Readonly<Record<AluOperation, AluForms>>;
/** 32-bit operations; the upper half of the result is zero. */
export const alu32 = Object.fromEntries(OPERATIONS.map((name) => [name, aluForms(name, CLASS.alu)])) as Readonly<Record<AluOperation, AluForms>>;
export const { add, sub, mul, div, mod, and, or, xor, shl, shr, arsh, mov } = alu64;

/** dst = -dst. Also makes a plain number of a pointer, for the verifier (privileged programs only). */
export const neg = (dst: Register): Instruction => make(CLASS.alu64 | ALU.neg, { dst });
/** To big-endian order. */
export const toBigEndian = (dst: Register, bits: 16 | 32 | 64): Instruction => make(CLASS.alu | ALU.end | SOURCE_REGISTER, { dst, imm: bits });

/** dst = *(u{bytes*8} *)(src + offset), zero-extended. */
export const load = (bytes: AccessBytes, dst: Register, src: Register, offset: number): Instruction =>
  make(CLASS.ldx | MODE.mem | SIZE[bytes], { dst, src, offset });
export const store = (bytes: AccessBytes, dst: Register, offset: number, src: Register): Instruction =>
  make(CLASS.stx | MODE.mem | SIZE[bytes], { dst, src, offset });
export const storeImm = (bytes: AccessBytes, dst: Register, offset: number, imm: number): Instruction =>
  make(CLASS.st | MODE.mem | SIZE[bytes], { dst, offset, imm });

/** lock *(u64 *)(dst + offset) += src (all kernels). */
export const atomicAdd = (dst: Register, offset: number, src: Register): Instruction =>
  make(CLASS.stx | MODE.atomic | SIZE[8], { dst, src, offset, imm: ATOMIC.add });
/** The same; src becomes the old value (5.12). */
export const atomicFetchAdd = (dst: Register, offset: number, src: Register): Instruction =>
  make(CLASS.stx | MODE.atomic | SIZE[8], { dst, src, offset, imm: ATOMIC.add | ATOMIC.fetch });
/** If *(dst + offset) == r0 then it becomes src; r0 becomes the old value (5.12). */
export const compareExchange = (dst: Register, offset: number, src: Register): Instruction =>
  make(CLASS.stx | MODE.atomic | SIZE[8], { dst, src, offset, imm: ATOMIC.compareExchange });

export const jump = (target: Label): Instruction => make(CLASS.jmp | JUMP.ja, { target });
export const jumpIf = (condition: JumpCondition, dst: Register, other: { readonly reg: Register } | { readonly imm: number }, target: Label): Instruction =>
  'reg' in other
    ? make(CLASS.jmp | JUMP[condition] | SOURCE_REGISTER, { dst, src: other.reg, target })
    : make(CLASS.jmp | JUMP[condition], { dst, imm: other.imm, target });
export const call = (helper: number): Instruction => make(CLASS.jmp | JUMP.call, { imm: helper });
/** A subprogram in `.text`. */
export const callSymbol = (symbol: string): Instruction => make(CLASS.jmp | JUMP.call, { src: PSEUDO.call, imm: -1, symbol });
export const exit = (): Instruction => make(CLASS.jmp | JUMP.exit);

export function loadImm64(dst: Register, value: bigint): Instruction {
  const bits = BigInt.asUintN(64, value);
  return make(LD_IMM64, { dst, imm: Number(BigInt.asIntN(32, bits)), high: Number(BigInt.asIntN(32, bits >> 32n)) });
}
export const loadMap = (dst: Register, symbol: string): Instruction => make(LD_IMM64, { dst, src: PSEUDO.mapFd, high: 0, symbol });
/** The address of a data section's bytes. As clang has it, the offset is the first slot's immediate. */
export const loadData = (dst: Register, symbol: string, offset: number): Instruction => make(LD_IMM64, { dst, src: PSEUDO.mapValue, imm: offset, high: 0, symbol });
export const loadFunction = (dst: Register, symbol: string): Instruction => make(LD_IMM64, { dst, src: PSEUDO.func, high: 0, symbol });

/** Slots of 8 bytes that the instruction takes. */
export const slotsOf = (instruction: Instruction): number => (instruction.high === undefined ? 1 : 2);
