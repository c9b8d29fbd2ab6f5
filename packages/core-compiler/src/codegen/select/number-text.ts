/** Subprograms that write a number's digits into the context's number area. */
import { Assembler, R0, R1, R2, R3, R4, R5, asm } from '../../bpf/index.js';
import type { FunctionEmitter } from '../function-emitter.js';

/**
 * Offsets in the number area. Digits end at `end`, and start `count` bytes before it. Counters of the text that is put together:
 * its length so far, bytes taken of a part, fill characters that a part lacks.
 */
export const NUMBER_AREA = { count: 0, fill: 8, digits: 80, end: 176, length: 176, taken: 184, missing: 192, negative: 200, bytes: 208 } as const;
/** Bytes that digits, prefix and sign have; these are at most three. */
const ROOM = NUMBER_AREA.end - NUMBER_AREA.digits - 1;
const DIGITS_MAX = ROOM - 3;

type Kind = 'decimal' | 'unsigned' | 'octal' | 'hex' | 'HEX';
const BASES: Readonly<Record<Kind, { readonly base: number; readonly digits: number }>> = {
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

/** The symbol of the subprogram (r1: number area, r2: number); made when first asked for. */
export function numberSymbol(e: FunctionEmitter, kind: Kind, style: NumberStyle): string {
  const letter = { '': '', '+': 'p', ' ': 's' }[style.sign];
  const symbol = `number_${kind === 'HEX' ? 'upper' : kind}_${style.prefix === '' ? '' : 'x'}${letter}${style.field}_${style.precision}`;
  if (!e.env.subprograms.some((one) => one.symbol === symbol)) {
    e.env.subprograms.push({ symbol, code: numberProgram(kind, style), parameters: ['area', 'number'] });
  }
  return symbol;
}

function numberProgram(kind: Kind, { prefix, sign, field, precision }: NumberStyle): ReturnType<Assembler['assemble']> {
  const { base, digits } = BASES[kind];
  const code = new Assembler();
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
  const cut = prefix !== '' || kind === 'decimal' ? forget(code) : undefined;
  writeBefore(code, prefix);
  writeSign(code, kind, sign);
  code.emit(asm.store(8, R1, NUMBER_AREA.count, R0), asm.mov.imm(R0, 0), asm.exit());
  cut?.();
  return code.assemble();
}

/** Through memory: the verifier would follow each number of digits, with and without sign, by itself from here on. Gives what stands at the end. */
function forget(code: Assembler): () => void {
  const [fits, cut] = [{ name: 'fits' }, { name: 'cut' }];
  code.emit(asm.store(8, R1, NUMBER_AREA.count, R0), asm.store(8, R1, NUMBER_AREA.negative, R3), asm.load(8, R0, R1, NUMBER_AREA.count), asm.load(8, R3, R1, NUMBER_AREA.negative));
  code.emit(asm.jumpIf('gt', R0, { imm: DIGITS_MAX }, cut));
  code.bind(fits);
  return () => {
    code.bind(cut);
    code.emit(asm.mov.imm(R0, DIGITS_MAX), asm.jump(fits));
  };
}

/** Puts bytes before the r0 that are there. */
function writeBefore(code: Assembler, text: string): void {
  for (let index = text.length - 1; index >= 0; index--) {
    // Only what is added to an address has a bound that the verifier takes.
    code.emit(asm.mov.imm(R5, ROOM), asm.sub.reg(R5, R0), asm.add.reg(R5, R1), asm.storeImm(1, R5, NUMBER_AREA.end - 1 - ROOM, text.charCodeAt(index)), asm.add.imm(R0, 1));
  }
}

function writeSign(code: Assembler, kind: Kind, sign: string): void {
  if (kind !== 'decimal') return;
  const [unsigned, done] = [{ name: 'unsigned' }, { name: 'signed' }];
  code.emit(asm.jumpIf('eq', R3, { imm: 0 }, unsigned));
  writeBefore(code, '-');
  code.emit(asm.jump(done));
  code.bind(unsigned);
  writeBefore(code, sign);
  code.bind(done);
}

