/** Operands as GCC and Clang write them into notes on AArch64: "x0", "[sp, 12]", "[x0, x1, lsl 3]", "5". */
import { dwarfRegisterNumber } from '../dwarf/registers.js';
import { parseInteger, parseSymbolic, unsupported } from './operands.js';
import type { UsdtOperand } from './operands.js';

const ALIASES: Readonly<Record<string, string>> = { fp: 'x29', lr: 'x30', ip0: 'x16', ip1: 'x17', wsp: 'sp' };

export function parseAarch64Operand(text: string): UsdtOperand {
  if (text.startsWith('[')) return parseMemory(text);
  const register = generalRegister(text);
  if (register !== undefined) return { kind: 'register', register, shift: 0 };
  if (text === 'xzr' || text === 'wzr') return { kind: 'constant', value: 0n };
  const vector = /^[bhsdqv](\d|[12]\d|3[01])(?:\.\w+)?$/.exec(text);
  if (vector !== null) return { kind: 'vector-register', register: dwarfRegisterNumber('aarch64', `v${vector[1] as string}`) as number };
  const constant = parseSymbolic(text.replace(/^#/, ''));
  if (text === '' || constant === undefined) return unsupported(`'${text}' is no operand`);
  return { kind: 'constant', value: constant.displacement, ...(constant.symbol === undefined ? {} : { symbol: constant.symbol }) };
}

/** "x0", "w0", "sp": DWARF does not tell the halves apart. */
function generalRegister(name: string): number | undefined {
  const full = ALIASES[name] ?? name.replace(/^w(\d+)$/, 'x$1');
  return /^(?:x(?:\d|[12]\d|30)|sp)$/.test(full) ? dwarfRegisterNumber('aarch64', full) : undefined;
}

function parseMemory(text: string): UsdtOperand {
  const inside = /^\[([^[\]]*)\]$/.exec(text)?.[1];
  const [baseName, second, third, ...more] = (inside ?? '').split(',').map((part) => part.trim());
  const base = generalRegister(baseName ?? '');
  if (inside === undefined || base === undefined || baseName?.startsWith('w') === true || more.length > 0) return unsupported(`'${text}' is no operand`);
  if (second === undefined) return { kind: 'memory', base, scale: 1, displacement: 0n };
  const displacement = parseInteger(second.replace(/^#/, ''));
  if (displacement !== undefined && third === undefined) return { kind: 'memory', base, scale: 1, displacement };
  const index = generalRegister(second);
  if (index === undefined || second === 'sp') return unsupported(`'${text}' has an offset that is not known`);
  return indexed(text, base, index, second.startsWith('w'), third);
}

function indexed(text: string, base: number, index: number, isHalf: boolean, extension: string | undefined): UsdtOperand {
  const match = /^(lsl|sxtw|uxtw|sxtx)(?: #?([0-4]))?$/.exec(extension ?? 'lsl 0');
  const kind = match?.[1];
  // A half register is always extended, a whole one never.
  if (match === null || isHalf !== (kind === 'sxtw' || kind === 'uxtw')) return unsupported(`'${text}' has an extension that is not known`);
  const scale = 2 ** Number(match[2] ?? '0');
  return { kind: 'memory', base, index, scale, displacement: 0n, ...(isHalf ? { indexExtension: kind === 'sxtw' ? 'sign' : 'zero' } as const : {}) };
}
