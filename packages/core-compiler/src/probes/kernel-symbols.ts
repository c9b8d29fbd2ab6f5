/** What the running kernel's own symbols (/proc/kallsyms) tell, where type and debug information do not: which function is at an address, and why there is none of a name. */
import type { Kallsyms, KernelSymbol } from '@stapkit/debuginfo';
import type { AttachPoint } from '@stapkit/object';
import { contextWithoutVariables } from './empty-context.js';
import type { Surroundings } from './family.js';
import type { ResolvedPoint } from './resolve.js';

const isCode = ({ type }: KernelSymbol): boolean => /^[tTwW]$/.test(type);
/** BPF programs and trampolines have symbols too. */
const isModules = ({ module }: KernelSymbol): boolean => module !== undefined && module !== 'bpf' && !module.startsWith('__builtin__');

/** Whether the kernel or one of its modules has code of the name. */
export const hasCode = (name: string, symbols: Kallsyms): boolean => symbols.findAll(name).some(isCode);

/** Why BTF has no function of the name, and what would make a probe possible. */
export function whyNoFunction(name: string, { target }: Pick<Surroundings, 'target'>): { readonly why: string; readonly hint?: string } {
  const symbols = target.kernelSymbols?.();
  if (symbols === undefined) return { why: 'it may be inlined everywhere, may not exist in this kernel, or may be in a module' };
  const found = symbols.findAll(name).filter(isCode);
  if (found.some(({ module }) => module === undefined)) {
    return { why: 'the kernel has it, but its types are not described (assembly, or several functions of that name that differ)', hint: `probe it without variables: kprobe.function("${name}")` };
  }
  const inModule = found.find(isModules)?.module;
  if (inModule !== undefined) return { why: `it is in module '${inModule}'`, hint: `write module("${inModule}").function("${name}")` };
  const variants = [...new Set(symbols.variants(name).filter((one) => isCode(one) && one.module === undefined && !/\.cold(?:\.|$)/.test(one.name)).map((one) => one.name))];
  const [first] = variants;
  if (first !== undefined) {
    return { why: `the compiler made ${variants.slice(0, 3).map((one) => `'${one}'`).join(', ')} of it, with parameters of its own choice`, hint: `probe that without variables: kprobe.function("${first}")` };
  }
  return {
    why: 'this kernel has no code of that name: it is inlined wherever it is called, or does not exist here, or is in a module that is not loaded',
    hint: `probe a function that calls it; where it is inlined only the kernel's debug information (DWARF) knows, with which .inline can be probed`,
  };
}

export interface SymbolPlace { readonly symbol: string; readonly offset: number; readonly module?: string }

/** The symbol that code at a running kernel's address belongs to, or why none can be named. */
export function placeOfAddress(address: bigint, { target }: Pick<Surroundings, 'target'>): SymbolPlace | string {
  const symbols = target.kernelSymbols?.();
  if (symbols === undefined) return 'the addresses of that kernel are not known here: it does not run on this machine, or /proc/kallsyms cannot be read';
  if (symbols.addressesHidden) return 'the kernel hides its addresses: run as root, or set the sysctl kernel.kptr_restrict to 1';
  const found = symbols.symbolize(address);
  if (found === undefined || !isCode(found.symbol) || found.offset > LARGEST_FUNCTION) return 'this kernel has no code at this address (addresses are those of /proc/kallsyms)';
  const { symbol, offset } = found;
  if (symbol.module !== undefined) return isModules(symbol) ? { symbol: symbol.name, offset, module: symbol.module } : 'the code there is made at run time';
  return unique(symbol, offset, symbols);
}

/** Beyond it lies what no symbol covers. */
const LARGEST_FUNCTION = 1 << 20;

/** Static functions of one name are told apart by their distance from the start of the kernel. */
function unique({ name, address }: KernelSymbol, offset: number, symbols: Kallsyms): SymbolPlace {
  const text = symbols.find('_text');
  const isAlone = symbols.findAll(name).filter(({ module }) => module === undefined).length === 1;
  return isAlone || text === undefined ? { symbol: name, offset } : { symbol: text.name, offset: Number(address - text.address) + offset };
}

/** A probe at an instruction, without variables. */
export function pointAtAddress(name: string, { symbol, offset, module }: SymbolPlace, around: Surroundings): ResolvedPoint {
  const attach: AttachPoint = { kind: 'function', symbol, ...(module === undefined ? {} : { module }), return: false, arguments: 0, offset };
  return { name, where: 'kernel', isReturn: false, functionName: symbol, attach, context: contextWithoutVariables(name, around.lookup, 'the types of what is there are not known: use int_arg(N) and pointer_arg(N) at the start of a function, and @kregister(n)') };
}
