/**
 * Functions that do one step of a loop over a text, called once a byte. With bpf_loop (Linux 5.17) the verifier follows a step
 * once; before, it follows each call of a static function, and so the steps are global functions there, which it follows by
 * themselves. What they work on is in the context, so that it knows nothing of it either way.
 */
import type { Label } from '../bpf/index.js';
import { Assembler, FP, HELPER, R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, asm } from '../bpf/index.js';
import { CONTEXT_MAP } from './context-area.js';
import type { Subprogram } from './handler-environment.js';

/** Words of the area `machine`. */
export const MACHINE = { position: 0, complete: 8, overflow: 16, length: 24, part: 32, from: 40, result: 48, wanted: 56, bitmap: 64, bytes: 96 } as const;

/** Where a step finds things in the context; the same in all handlers of a program. */
export interface TextAreas {
  /** What is gone through; twice as long as any text may be read from its start. */
  readonly source: number;
  /** What is made. */
  readonly text: number;
  readonly machine: number;
}

/** In a step: r8 is the number of the call, r9 the context. */
export interface Step {
  readonly code: Assembler;
  /** Goes on with the next call. */
  readonly next: Label;
  /** Ends the loop. */
  readonly stop: Label;
  /** `machine` + word, from r9. */
  readonly at: (word: keyof typeof MACHINE) => number;
}

/** Stack that a step's function takes below its caller's: the kernel counts at least 32 bytes. */
export const STEP_STACK_BYTES = 32;

export function stepProgram(symbol: string, isCallback: boolean, machine: number, make: (step: Step) => void): Subprogram {
  const code = new Assembler();
  const [next, stop] = [{ name: 'next' }, { name: 'stop' }];
  code.emit(asm.mov.reg(R8, R1));
  if (isCallback) code.emit(asm.load(8, R9, R2, 0));
  else {
    code.emit(asm.storeImm(4, FP, -4, 0), asm.mov.reg(R2, FP), asm.add.imm(R2, -4), asm.loadMap(R1, CONTEXT_MAP), asm.call(HELPER.mapLookup));
    code.emit(asm.jumpIf('eq', R0, { imm: 0 }, stop), asm.mov.reg(R9, R0));
  }
  make({ code, next, stop, at: (word) => machine + MACHINE[word] });
  code.bind(next);
  code.emit(asm.mov.imm(R0, 0), asm.exit());
  code.bind(stop);
  code.emit(asm.mov.imm(R0, 1), asm.exit());
  return { symbol, code: code.assemble(), parameters: isCallback ? ['index', 'context'] : ['index'], linkage: isCallback ? 'static' : 'global' };
}

/** Letters of the escapes of the bytes 7 to 13, the first in the lowest byte. */
const ESCAPE_LETTERS = BigInt(`0x${Buffer.from('abtnvfr').reverse().toString('hex')}`);

/** Appends the escaped byte number r8 of the source, whose room is `bytes`, to the text: see quoteText() and escapeText() in @stapkit/object. */
export function escapeStep({ code, next, stop, at }: Step, areas: TextAreas, bytes: number, most: number, quoted: boolean): void {
  const [special, plain, letter, add, full, octal] = ['special', 'plain', 'letter', 'add', 'full', 'octal'].map((name): Label => ({ name })) as [Label, Label, Label, Label, Label, Label];
  const limit = quoted ? most - 1 : most;
  code.emit(asm.jumpIf('ge', R8, { imm: bytes }, stop), asm.mov.reg(R1, R9), asm.add.reg(R1, R8), asm.load(1, R0, R1, areas.source));
  code.emit(asm.jumpIf('eq', R0, { imm: 0 }, stop), asm.load(8, R4, R9, at('position')), asm.jumpIf('gt', R4, { imm: most }, stop));
  // r3: the escaped bytes, the first in the lowest; r2: how many.
  code.emit(asm.mov.reg(R3, R0), asm.mov.imm(R2, 1));
  code.emit(asm.jumpIf('eq', R0, { imm: 0x22 }, special), asm.jumpIf('eq', R0, { imm: 0x5c }, special));
  code.emit(asm.jumpIf('lt', R0, { imm: 0x20 }, letter), asm.jumpIf('lt', R0, { imm: 0x7f }, plain), asm.jump(octal));
  code.bind(letter);
  code.emit(asm.jumpIf('lt', R0, { imm: 7 }, octal), asm.jumpIf('gt', R0, { imm: 13 }, octal), asm.sub.imm(R0, 7), asm.shl.imm(R0, 3), asm.loadImm64(R3, ESCAPE_LETTERS), asm.shr.reg(R3, R0), asm.and.imm(R3, 0xff));
  code.bind(special);
  code.emit(asm.shl.imm(R3, 8), asm.or.imm(R3, 0x5c), asm.mov.imm(R2, 2), asm.jump(plain));
  code.bind(octal);
  code.emit(asm.mov.imm(R2, 4), asm.mov.reg(R3, R0), asm.and.imm(R3, 7), asm.shl.imm(R3, 8), asm.mov.reg(R5, R0), asm.shr.imm(R5, 3), asm.and.imm(R5, 7), asm.or.reg(R3, R5));
  code.emit(asm.shl.imm(R3, 8), asm.shr.imm(R0, 6), asm.or.reg(R3, R0), asm.add.imm(R3, 0x303030), asm.shl.imm(R3, 8), asm.or.imm(R3, 0x5c));
  code.bind(plain);
  code.emit(asm.mov.reg(R5, R4), asm.add.reg(R5, R2), asm.jumpIf('gt', R5, { imm: limit }, full));
  code.emit(asm.mov.reg(R1, R9), asm.add.reg(R1, R4), asm.store(4, R1, areas.text, R3), asm.store(8, R9, at('position'), R5));
  code.bind(add);
  if (quoted) code.emit(asm.jumpIf('gt', R5, { imm: most - 4 }, next), asm.store(8, R9, at('complete'), R5));
  code.emit(asm.jump(next));
  code.bind(full);
  code.emit(asm.storeImm(8, R9, at('overflow'), 1), asm.jump(stop));
}

/** Two hexadecimal digits of byte number r8 of the source, of which there are `length`, to the text at `position` and on. */
export function hexStep({ code, next, stop, at }: Step, areas: TextAreas, bytes: number, most: number): void {
  code.emit(asm.jumpIf('ge', R8, { imm: bytes }, stop), asm.load(8, R1, R9, at('length')), asm.jumpIf('ge', R8, { reg: R1 }, stop));
  code.emit(asm.load(8, R4, R9, at('position')), asm.jumpIf('ge', R4, { imm: most }, stop), asm.mov.reg(R1, R9), asm.add.reg(R1, R8), asm.load(1, R2, R1, areas.source));
  const digit = (to: 0 | 3): void => {
    const decimal = { name: 'decimal' };
    code.emit(asm.jumpIf('lt', to, { imm: 10 }, decimal), asm.add.imm(to, 39));
    code.bind(decimal);
    code.emit(asm.add.imm(to, 48));
  };
  code.emit(asm.mov.reg(R0, R2), asm.shr.imm(R0, 4));
  digit(R0);
  code.emit(asm.mov.reg(R3, R2), asm.and.imm(R3, 15));
  digit(R3);
  code.emit(asm.mov.reg(R1, R9), asm.add.reg(R1, R4), asm.store(1, R1, areas.text, R0), asm.store(1, R1, areas.text + 1, R3));
  code.emit(asm.add.imm(R4, 2), asm.store(8, R9, at('position'), R4), asm.jump(next));
}

/**
 * Compares the source (of `length` bytes, in room for `bytes`) from `from` + r8 on with the text (of `part` bytes, in `words`
 * words); where they agree, that is the `result`.
 */
export function findStep({ code, next, stop, at }: Step, areas: TextAreas, bytes: number, words: number): void {
  const found = { name: 'found' };
  const [part, position] = [R6, R7] as const;
  code.emit(asm.load(8, position, R9, at('from')), asm.add.reg(position, R8), asm.jumpIf('gt', position, { imm: bytes }, stop), asm.load(8, part, R9, at('part')));
  code.emit(asm.mov.reg(R1, position), asm.add.reg(R1, part), asm.load(8, R2, R9, at('length')), asm.jumpIf('sgt', R1, { reg: R2 }, stop));
  code.emit(asm.mov.reg(R3, R9), asm.add.reg(R3, position));
  for (let word = 0; word < words; word++) {
    const whole = { name: 'whole word' };
    // r4: bytes that are still to be compared.
    code.emit(asm.mov.reg(R4, part), asm.sub.imm(R4, word * 8), asm.jumpIf('sle', R4, { imm: 0 }, found));
    code.emit(asm.load(8, R0, R3, areas.source + word * 8), asm.load(8, R1, R9, areas.text + word * 8), asm.alu64.xor.reg(R0, R1));
    code.emit(asm.jumpIf('sge', R4, { imm: 8 }, whole), asm.shl.imm(R4, 3), asm.mov.imm(R5, 64), asm.sub.reg(R5, R4), asm.shl.reg(R0, R5));
    code.bind(whole);
    code.emit(asm.jumpIf('ne', R0, { imm: 0 }, next));
  }
  code.bind(found);
  code.emit(asm.store(8, R9, at('result'), position), asm.jump(stop));
}

/** Notes byte number r8 of the source, whose room is `bytes`, in the bitmap. */
export function markStep({ code, next, stop, at }: Step, areas: TextAreas, bytes: number): void {
  code.emit(asm.jumpIf('ge', R8, { imm: bytes }, stop), asm.mov.reg(R1, R9), asm.add.reg(R1, R8), asm.load(1, R0, R1, areas.source), asm.jumpIf('eq', R0, { imm: 0 }, stop));
  bitmapWord(code);
  code.emit(asm.mov.imm(R3, 1), asm.shl.reg(R3, R0), asm.load(8, R4, R2, at('bitmap')), asm.or.reg(R4, R3), asm.store(8, R2, at('bitmap'), R4), asm.jump(next));
}

/** Where byte number `from` + r8 of the source (of `length` bytes, in room for `bytes`) is in the bitmap as is `wanted`, that is the `result`. */
export function spanStep({ code, next, stop, at }: Step, areas: TextAreas, bytes: number): void {
  const position = R7;
  code.emit(asm.load(8, position, R9, at('from')), asm.add.reg(position, R8), asm.jumpIf('ge', position, { imm: bytes }, stop));
  code.emit(asm.load(8, R1, R9, at('length')), asm.jumpIf('ge', position, { reg: R1 }, stop), asm.mov.reg(R1, R9), asm.add.reg(R1, position), asm.load(1, R0, R1, areas.source));
  bitmapWord(code);
  code.emit(asm.load(8, R4, R2, at('bitmap')), asm.shr.reg(R4, R0), asm.and.imm(R4, 1), asm.load(8, R5, R9, at('wanted')), asm.jumpIf('ne', R4, { reg: R5 }, next));
  code.emit(asm.store(8, R9, at('result'), position), asm.jump(stop));
}

/** r2: the context + 8 × (byte >> 6); r0: the bit in that word. Of the byte in r0. */
function bitmapWord(code: Assembler): void {
  code.emit(asm.mov.reg(R2, R0), asm.shr.imm(R2, 6), asm.and.imm(R2, 3), asm.shl.imm(R2, 3), asm.add.reg(R2, R9), asm.and.imm(R0, 63));
}
