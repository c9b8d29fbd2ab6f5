/** Operands in AT&T syntax, as GCC and Clang write them into notes on x86-64. */
import { dwarfRegisterNumber } from '../dwarf/registers.js';
import { parseSymbolic, unsupported } from './operands.js';
import type { UsdtOperand } from './operands.js';

/** Names of parts of the general registers; the others follow a rule. */
const PARTS: Readonly<Record<string, readonly [full: string, shift: number]>> = Object.fromEntries([
  ...['a', 'b', 'c', 'd'].flatMap((letter) => [
    [`e${letter}x`, [`r${letter}x`, 0]], [`${letter}x`, [`r${letter}x`, 0]], [`${letter}l`, [`r${letter}x`, 0]], [`${letter}h`, [`r${letter}x`, 8]],
  ]),
  ...['si', 'di', 'bp', 'sp'].flatMap((name) => [[`e${name}`, [`r${name}`, 0]], [name, [`r${name}`, 0]], [`${name}l`, [`r${name}`, 0]]]),
  ...[8, 9, 10, 11, 12, 13, 14, 15].flatMap((number) => ['d', 'w', 'b', 'l'].map((suffix) => [`r${number}${suffix}`, [`r${number}`, 0]])),
]) as Record<string, readonly [string, number]>;

function generalRegister(name: string): { readonly register: number; readonly shift: number } | undefined {
  const [full, shift] = PARTS[name] ?? [name, 0];
  const register = /^r(?:[a-d]x|[sd]i|[bs]p|8|9|1[0-5])$/.test(full) ? dwarfRegisterNumber('x86_64', full) : undefined;
  return register === undefined ? undefined : { register, shift };
}

export function parseX86Operand(text: string): UsdtOperand {
  if (text.startsWith('$')) {
    const constant = parseSymbolic(text.slice(1));
    if (constant === undefined) return unsupported(`'${text}' is no constant`);
    return { kind: 'constant', value: constant.displacement, ...(constant.symbol === undefined ? {} : { symbol: constant.symbol }) };
  }
  if (/^%[a-z]s:/.test(text)) return unsupported(`'${text}' is thread-local`);
  if (text.startsWith('%')) return parseRegister(text);
  const memory = /^([^()]*)\(([^()]*)\)$/.exec(text);
  if (memory !== null) return parseMemory(text, memory[1] as string, memory[2] as string);
  const absolute = parseSymbolic(text);
  return text === '' || absolute === undefined ? unsupported(`'${text}' is no operand`) : { kind: 'memory', scale: 1, ...absolute };
}

function parseRegister(text: string): UsdtOperand {
  const name = text.slice(1);
  const general = generalRegister(name);
  if (general !== undefined) return { kind: 'register', ...general };
  const vector = /^[xyz]mm(\d{1,2})$/.exec(name);
  const register = vector === null ? undefined : dwarfRegisterNumber('x86_64', `xmm${vector[1] as string}`);
  return register === undefined ? unsupported(`register '${text}' cannot be read`) : { kind: 'vector-register', register };
}

function parseMemory(text: string, outside: string, inside: string): UsdtOperand {
  const place = parseSymbolic(outside.trim());
  if (place === undefined) return unsupported(`'${outside}' is no displacement`);
  const parts = inside.split(',').map((part) => part.trim());
  const [baseName = '', indexName = '', scaleText = ''] = parts;
  if (parts.length > 3 || inside.trim() === '') return unsupported(`'${text}' is no operand`);
  if (baseName === '%rip') {
    if (place.symbol === undefined || parts.length > 1) return unsupported(`'${text}' counts from an instruction that the note does not name`);
    return { kind: 'memory', scale: 1, ...place };
  }
  const base = baseName === '' ? undefined : addressRegister(baseName);
  const index = indexName === '' ? undefined : addressRegister(indexName);
  if ((baseName !== '' && base === undefined) || (indexName !== '' && index === undefined)) return unsupported(`'${text}' has a register that cannot address memory`);
  if (!['', '1', '2', '4', '8'].includes(scaleText)) return unsupported(`'${text}' has scale ${scaleText}`);
  return { kind: 'memory', ...place, ...(base === undefined ? {} : { base }), ...(index === undefined ? {} : { index }), scale: scaleText === '' ? 1 : Number(scaleText) };
}

/** Only whole registers address memory in 64-bit code. */
function addressRegister(name: string): number | undefined {
  return /^%r(?:[a-d]x|[sd]i|[bs]p|8|9|1[0-5])$/.test(name) ? dwarfRegisterNumber('x86_64', name.slice(1)) : undefined;
}
