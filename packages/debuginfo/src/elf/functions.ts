/** Functions: symbols of code, one for each address. */
import type { ElfBinding, ElfSymbol } from './symbols.js';

export interface ElfFunction {
  readonly name: string;
  /** Other names of the same address, in the table's order, each once. */
  readonly aliases: readonly string[];
  /** Virtual address; see ElfFile.fileOffset. */
  readonly address: bigint;
  /** Bytes; 0 when unknown. */
  readonly size: number;
  readonly binding: ElfBinding;
  /** The code only chooses an implementation (STT_GNU_IFUNC); it runs once, when the program starts. */
  readonly isIfunc: boolean;
}

/** One function for each address, in the order of addresses; the name is the one that is most visible, the first of equals. */
export function groupByAddress(symbols: readonly ElfSymbol[]): ElfFunction[] {
  const groups = new Map<bigint, ElfSymbol[]>();
  for (const symbol of symbols) {
    const group = groups.get(symbol.address);
    if (group === undefined) groups.set(symbol.address, [symbol]);
    else group.push(symbol);
  }
  const functions = [...groups.values()].map(functionOf);
  return functions.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
}

function functionOf(group: readonly ElfSymbol[]): ElfFunction {
  const visibility = (symbol: ElfSymbol): number => (symbol.binding === 'global' ? 0 : symbol.binding === 'weak' ? 1 : 2) + (symbol.isDefaultVersion ? 0 : 10);
  const best = group.reduce((a, b) => (visibility(b) < visibility(a) ? b : a));
  const aliases = new Set(group.map(({ name }) => name));
  aliases.delete(best.name);
  const size = best.size > 0 ? best.size : Math.max(...group.map((symbol) => symbol.size));
  return { name: best.name, aliases: [...aliases], address: best.address, size, binding: best.binding, isIfunc: group.some(({ type }) => type === 'ifunc') };
}
