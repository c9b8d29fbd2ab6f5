/**
 * Arguments of USDT probes, which their notes give as assembler operands: "-4@%edi 8@-16(%rbp)". Source: SystemTap's wiki,
 * "UserSpaceProbeImplementation": N@OP, N the size in bytes, negative for signed values, with "f" for floats; OP as the
 * machine's assembler writes it.
 */
import type { ElfMachine } from '../elf/header.js';
import { parseAarch64Operand } from './aarch64-operands.js';
import { unsupported } from './operands.js';
import type { UsdtOperand } from './operands.js';
import { parseX86Operand } from './x86-operands.js';

export interface UsdtArgument {
  /** Bytes: 1, 2, 4 or 8 (16 and more in vector registers). */
  readonly size: number;
  readonly isSigned: boolean;
  readonly isFloat: boolean;
  readonly operand: UsdtOperand;
  /** As the note has it, size included. */
  readonly text: string;
}

/** Longer ones are damage; sdt.h allows 12 arguments. */
const ARGUMENTS_MAX = 64;

/** The arguments of a note, in order: $arg1, $arg2, …. What cannot be understood becomes an `unsupported` operand, so that the others keep their numbers. */
export function parseUsdtArguments(text: string, machine: ElfMachine): UsdtArgument[] {
  return splitArguments(text).slice(0, ARGUMENTS_MAX).map((one) => parseArgument(one, machine));
}

/** At spaces that are not inside of brackets: "-4@[sp, 12] 8@x0". */
function splitArguments(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    const letter = text[at] ?? ' ';
    if (letter === '[' || letter === '(') depth++;
    else if (letter === ']' || letter === ')') depth = Math.max(0, depth - 1);
    else if ((letter === ' ' || letter === '\t') && (depth === 0 || at === text.length)) {
      if (at > start) found.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return found;
}

function parseArgument(text: string, machine: ElfMachine): UsdtArgument {
  // Without a size (notes of before 2011) a value is a word.
  const match = /^(-?)(\d{1,3})(f?)@(.*)$/s.exec(text);
  const [, sign = '-', digits = '8', float = '', operandText = text] = match ?? [];
  const size = Number(digits);
  const isVector = float === 'f' || size > 8;
  const common = { size, isSigned: sign === '-', isFloat: float === 'f', text };
  if (![1, 2, 4, 8].includes(size) && !(isVector && [16, 32, 64].includes(size))) return { ...common, operand: unsupported(`a value of ${size} bytes`) };
  if (machine === 'x86_64') return { ...common, operand: parseX86Operand(operandText.trim()) };
  if (machine === 'aarch64') return { ...common, operand: parseAarch64Operand(operandText.trim()) };
  return { ...common, operand: unsupported('operands of this machine are not known') };
}
