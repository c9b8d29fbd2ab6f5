/** Functions: symbols of code, one for each address. */
import type { ElfBinding, ElfSymbol } from './symbols.js';

export interface ElfFunction {
  readonly name: string;
  /** Other names of the same address, in the table's order, each once. */
  readonly aliases: readonly string[];
  /** Virtual address; see ElfFile.fileOffset. In relocatable files an offset in the section. */
  readonly address: bigint;
  readonly sectionIndex: number;
  /** Bytes; 0 when unknown. */
  readonly size: number;
  readonly binding: ElfBinding;
  /** Of the symbol of this name: the code only chooses an implementation (STT_GNU_IFUNC); it runs once, when the program starts. */
  readonly isIfunc: boolean;
}

/** One function for each address, in the order of addresses; the name is the one that is most visible, the first of equals. */
export function groupByAddress(symbols: readonly ElfSymbol[]): ElfFunction[] {
  const groups = new Map<bigint, ElfSymbol[]>();
  for (const symbol of symbols) {
    const group = groups.get(placeOf(symbol));
    if (group === undefined) groups.set(placeOf(symbol), [symbol]);
    else group.push(symbol);
  }
  const functions = [...groups.values()].map(functionOf);
  return functions.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
}

/** Section and address in one number: in relocatable files every section starts at address 0. */
export function placeOf({ sectionIndex, address }: { readonly sectionIndex: number; readonly address: bigint }): bigint {
  return (BigInt(sectionIndex) << 64n) | address;
}

/** Less is more visible: default version before others, global before weak before local. */
export function visibility(symbol: ElfSymbol): number {
  return (symbol.isDefaultVersion ? 0 : 10) + (symbol.binding === 'global' ? 0 : symbol.binding === 'weak' ? 1 : 2);
}

/** The function under one of its other names. */
export function renamed(found: ElfFunction, symbol: ElfSymbol): ElfFunction {
  const aliases = [found.name, ...found.aliases].filter((name) => name !== symbol.name);
  return { ...found, name: symbol.name, aliases, binding: symbol.binding, isIfunc: symbol.type === 'ifunc' };
}

function functionOf(group: readonly ElfSymbol[]): ElfFunction {
  const best = group.reduce((a, b) => (visibility(b) < visibility(a) ? b : a));
  const aliases = new Set(group.map(({ name }) => name));
  aliases.delete(best.name);
  const size = best.size > 0 ? best.size : Math.max(...group.map((symbol) => symbol.size));
  return {
    name: best.name, aliases: [...aliases], address: best.address, sectionIndex: best.sectionIndex, size,
    binding: best.binding, isIfunc: best.type === 'ifunc',
  };
}
