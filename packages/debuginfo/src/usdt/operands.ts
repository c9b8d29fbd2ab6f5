/** What the arguments of USDT probes can be, and the texts that both machines' assemblers share. */

/** Where the value is when the probe is hit. Registers are DWARF's numbers (registers.ts). */
export type UsdtOperand =
  /** The number itself; with `symbol`: the symbol's address plus it. */
  | { readonly kind: 'constant'; readonly value: bigint; readonly symbol?: string }
  /** Bits [shift, shift + 8 × size) of a general register. */
  | { readonly kind: 'register'; readonly register: number; readonly shift: number }
  /** Low bits of a floating-point or vector register. */
  | { readonly kind: 'vector-register'; readonly register: number }
  | UsdtMemory
  /** An operand that cannot be read by a probe, and why. */
  | { readonly kind: 'unsupported'; readonly reason: string };

/** In memory at symbol + base + (index extended) × scale + displacement; what is absent adds nothing. */
export interface UsdtMemory {
  readonly kind: 'memory';
  /** A symbol of the file; its address is link-time, to be biased as the probe's is. */
  readonly symbol?: string;
  readonly base?: number;
  readonly index?: number;
  readonly scale: number;
  /** The index is a 32-bit register (AArch64's w0), extended so. */
  readonly indexExtension?: 'zero' | 'sign';
  readonly displacement: bigint;
}

export const unsupported = (reason: string): UsdtOperand => ({ kind: 'unsupported', reason });

/** An integer as assemblers write it: decimal, 0x hexadecimal, signed. undefined: not one, or of more than 64 bits. */
export function parseInteger(text: string): bigint | undefined {
  const match = /^([+-]?)(0x[0-9a-f]{1,16}|\d{1,20})$/i.exec(text);
  if (match === null) return undefined;
  const value = BigInt(match[2] as string);
  return match[1] === '-' ? -value : value;
}

/** "foo", "foo+8", "foo-4", "8+foo", "-16", "": a symbol and what is added. undefined: something else. */
export function parseSymbolic(text: string): { readonly symbol?: string; readonly displacement: bigint } | undefined {
  const plain = text === '' ? 0n : parseInteger(text);
  if (plain !== undefined) return { displacement: plain };
  const first = /^([A-Za-z_.$][\w.$@]*)((?:[+-](?:0x[0-9a-fA-F]+|\d+))*)$/.exec(text);
  const last = first ?? /^()((?:[+-]?(?:0x[0-9a-fA-F]+|\d+))+)\+([A-Za-z_.$][\w.$@]*)$/.exec(text);
  if (last === null) return undefined;
  let displacement = 0n;
  for (const term of (last[2] as string).match(/[+-]?[^+-]+/g) ?? []) {
    const value = parseInteger(term);
    if (value === undefined) return undefined;
    displacement += value;
  }
  return { symbol: (last[1] === '' ? last[3] : last[1]) as string, displacement };
}
