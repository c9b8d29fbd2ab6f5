/** Subprograms that write a number's digits into the context's number area. */
import { Assembler, FP, HELPER, R0, R1, R2, R3, R4, R5, R6, asm } from '../../bpf/index.js';
import { CONTEXT_MAP } from '../context-area.js';
import type { FunctionEmitter } from '../function-emitter.js';

/** Offsets in the number area. Digits end at `end`, and start `count` bytes before it. */
export const NUMBER_AREA = { count: 0, fill: 8, digits: 80, end: 176, bytes: 176 } as const;

export type NumberKind = 'decimal' | 'unsigned' | 'octal' | 'hex' | 'HEX';
const BASES: Readonly<Record<NumberKind, { readonly base: number; readonly digits: number }>> = {
  decimal: { base: 10, digits: 20 }, unsigned: { base: 10, digits: 20 }, octal: { base: 8, digits: 22 }, hex: { base: 16, digits: 16 }, HEX: { base: 16, digits: 16 },
};

export interface NumberStyle {
  readonly prefix: string;
  /** Before numbers that are not negative. */
  readonly sign: '' | '+' | ' ';
  /** Zeros fill up to so many bytes, sign and prefix included. */
  readonly field: number;
  /** At least so many digits. */
  readonly precision: number;
}

/** A function without stack of its own counts as one of 32 bytes. */
const STACK_BYTES = 32;

/**
 * Writes the number in r2 to the number area. Without bpf_loop, which is to say before Linux 5.17, the function is a global
 * one that finds the context itself: there loops are followed call by call, and so the verifier need not follow this too.
 */
export function callNumber(e: FunctionEmitter, kind: NumberKind, style: NumberStyle): void {
  const letter = { '': '', '+': 'p', ' ': 's' }[style.sign];
  const symbol = `number_${kind === 'HEX' ? 'upper' : kind}_${style.prefix === '' ? '' : 'x'}${letter}${style.field}_${style.precision}`;
  const { number } = e.plan.work;
  const isGlobal = !e.env.features.loop;
  e.calls(STACK_BYTES);
  e.env.subprogram(symbol, () => ({
    symbol, code: numberProgram(kind, style, isGlobal ? number : undefined), parameters: isGlobal ? ['number'] : ['area', 'number'], linkage: isGlobal ? 'global' : 'static',
  }));
  if (isGlobal) e.emit(asm.mov.reg(R1, R2));
  else e.pointer(R1, { register: e.scratch, offset: number });
  e.emit(asm.callSymbol(symbol));
}

/** @param area the number area in the context, when the function finds it itself */
function numberProgram(kind: NumberKind, { prefix, sign, field, precision }: NumberStyle, area: number | undefined): ReturnType<Assembler['assemble']> {
  const { base, digits } = BASES[kind];
  const code = new Assembler();
  if (area !== undefined) findArea(code, area);
  // r1: area, r2: number, r3: 1 when negative, r0: bytes written, r4, r5: temporaries.
  code.emit(asm.mov.imm(R0, 0), asm.mov.imm(R3, 0));
  if (kind === 'decimal') {
    const positive = { name: 'positive' };
    code.emit(asm.jumpIf('sge', R2, { imm: 0 }, positive), asm.mov.imm(R3, 1), asm.neg(R2));
    code.bind(positive);
  }
  const done = { name: 'digits done' };
  const most = Math.max(digits, precision, field);
  for (let count = 0; count < most; count++) {
    // Beyond the required digits, stop at zero.
    if (count >= precision) {
      const more = { name: 'more' };
      if (count < digits) code.emit(asm.jumpIf('ne', R2, { imm: 0 }, more));
      if (field > 0) {
        // The sign and the prefix count in the field.
        code.emit(asm.mov.reg(R4, R3));
        if (sign !== '') code.emit(asm.mov.imm(R4, 1));
        code.emit(asm.add.imm(R4, count + prefix.length), asm.jumpIf('ge', R4, { imm: field }, done));
      } else code.emit(asm.jump(done));
      code.bind(more);
    }
    code.emit(asm.mov.reg(R4, R2), asm.mod.imm(R4, base), asm.div.imm(R2, base));
    const letterless = { name: 'digit' };
    if (base === 16) code.emit(asm.jumpIf('lt', R4, { imm: 10 }, letterless), asm.add.imm(R4, (kind === 'HEX' ? 65 : 97) - 58));
    code.bind(letterless);
    code.emit(asm.add.imm(R4, 48), asm.store(1, R1, NUMBER_AREA.end - 1 - count, R4), asm.mov.imm(R0, count + 1));
  }
  code.bind(done);
  writeBefore(code, prefix);
  writeSign(code, kind, sign);
  code.emit(asm.store(8, R1, NUMBER_AREA.count, R0), asm.mov.imm(R0, 0), asm.exit());
  return code.assemble();
}

/** r2 = r1, r1 = the area. */
function findArea(code: Assembler, area: number): void {
  const found = { name: 'found' };
  code.emit(asm.mov.reg(R6, R1), asm.storeImm(4, FP, -4, 0), asm.mov.reg(R2, FP), asm.add.imm(R2, -4), asm.loadMap(R1, CONTEXT_MAP), asm.call(HELPER.mapLookup));
  code.emit(asm.jumpIf('ne', R0, { imm: 0 }, found), asm.mov.imm(R0, 0), asm.exit());
  code.bind(found);
  code.emit(asm.mov.reg(R1, R0), asm.add.imm(R1, area), asm.mov.reg(R2, R6));
}

/** Puts bytes before the r0 that are there. */
function writeBefore(code: Assembler, text: string): void {
  for (let index = text.length - 1; index >= 0; index--) {
    code.emit(asm.mov.reg(R5, R1), asm.sub.reg(R5, R0), asm.storeImm(1, R5, NUMBER_AREA.end - 1, text.charCodeAt(index)), asm.add.imm(R0, 1));
  }
}

function writeSign(code: Assembler, kind: NumberKind, sign: string): void {
  if (kind !== 'decimal') return;
  const [unsigned, done] = [{ name: 'unsigned' }, { name: 'signed' }];
  code.emit(asm.jumpIf('eq', R3, { imm: 0 }, unsigned));
  writeBefore(code, '-');
  code.emit(asm.jump(done));
  code.bind(unsigned);
  writeBefore(code, sign);
  code.bind(done);
}

