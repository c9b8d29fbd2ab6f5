/**
 * Symbol tables. A table is not split into symbols when it is opened: a name is
 * found in the string table first, and then the records that point at it.
 */
import { DebugInfoError } from '../errors.js';
import { Glob } from '../glob.js';
import { decodeText } from '../reader.js';
import { endOfString, findStringOffsets, OffsetSet, startsWithBytes } from '../string-search.js';
import { byteAt } from '../table-access.js';

const SYMBOL_BYTES = 24;
const SHN_UNDEF = 0;
export const SHN_ABS = 0xfff1;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const VERSION_HIDDEN = 0x8000;
/** How far a double may be from a 64-bit address, and from the difference of two: 2^10 each at the top of the address space. */
const ROUNDING = 4096;
const BINDINGS: Readonly<Record<number, ElfBinding>> = { 0: 'local', 1: 'global', 2: 'weak', 10: 'global' };
const TYPES: Readonly<Record<number, ElfSymbolType>> = { 0: 'notype', 1: 'object', 2: 'func', 3: 'section', 4: 'file', 6: 'tls', 10: 'ifunc' };

export type ElfBinding = 'local' | 'global' | 'weak' | 'other';
/** ifunc: the symbol's code chooses the function's code when the program starts (STT_GNU_IFUNC); probing it probes the choice. */
export type ElfSymbolType = 'notype' | 'object' | 'func' | 'section' | 'file' | 'tls' | 'ifunc' | 'other';

export interface ElfSymbol {
  /** Without `@VERSION`. */
  readonly name: string;
  /** "GLIBC_2.34"; undefined when the symbol has none. */
  readonly version: string | undefined;
  /** False for an old version that only programs linked against it get (`name@VERSION`, not `name@@VERSION`). */
  readonly isDefaultVersion: boolean;
  /** Virtual address; in relocatable files an offset in the section. */
  readonly address: bigint;
  /** Bytes; 0 when unknown. */
  readonly size: number;
  readonly type: ElfSymbolType;
  readonly binding: ElfBinding;
  /** st_shndx: 0 undefined, 0xfff1 absolute, 0xffff in another table. */
  readonly sectionIndex: number;
}

export interface SymbolTableSource {
  /** Section name, for errors. */
  readonly section: string;
  readonly symbols: Uint8Array;
  readonly strings: Uint8Array;
  /** .gnu.version of a dynamic table: 2 bytes a symbol. */
  readonly versions?: Uint8Array;
  readonly versionNames?: ReadonlyMap<number, string>;
  /** For a table from another file of the same program: which section of this file an address is in. */
  readonly sectionIndexOf?: (address: bigint) => number;
}

export class SymbolTable {
  /** Symbols in the table, the empty first one included. */
  readonly count: number;
  readonly #source: SymbolTableSource;
  readonly #view: DataView;

  constructor(source: SymbolTableSource) {
    const { symbols } = source;
    this.#source = source;
    this.count = Math.floor(symbols.length / SYMBOL_BYTES);
    this.#view = new DataView(symbols.buffer, symbols.byteOffset, symbols.byteLength);
  }

  symbol(index: number): ElfSymbol {
    if (!(index >= 0 && index < this.count)) throw new DebugInfoError(this.#source.section, 0, `symbol ${index} does not exist: there are ${this.count}`);
    const at = index * SYMBOL_BYTES;
    const info = this.#view.getUint8(at + 4);
    const full = this.#text(this.#view.getUint32(at, true), at);
    const { name, version, isDefault } = this.#split(full, index);
    const address = this.#view.getBigUint64(at + 8, true);
    const sectionIndex = this.#view.getUint16(at + 6, true);
    const { sectionIndexOf } = this.#source;
    return {
      name, version, isDefaultVersion: isDefault, address,
      size: Number(this.#view.getBigUint64(at + 16, true)),
      type: TYPES[info & 0xf] ?? 'other',
      binding: BINDINGS[info >>> 4] ?? 'other',
      sectionIndex: sectionIndexOf === undefined || sectionIndex === SHN_UNDEF || sectionIndex === SHN_ABS ? sectionIndex : sectionIndexOf(address),
    };
  }

  /**
   * All symbols of that name, in the table's order. "open" finds every version of it;
   * "open@GLIBC_2.2.5" or "open@@GLIBC_2.2.5" that version.
   */
  named(name: string): ElfSymbol[] {
    const at = name.indexOf('@', 1);
    const bare = at < 0 ? name : name.slice(0, at);
    const version = at < 0 ? undefined : name.slice(at).replace(/^@+/, '');
    const found = this.#withNames([...findStringOffsets(this.#source.strings, bare), ...this.#versionedOffsets(bare)]);
    return found.filter((symbol) => symbol.name === bare && (version === undefined || symbol.version === version));
  }

  /** Function symbols that are defined here; with a wildcard, those whose name (without version) it matches. */
  functions(glob?: Glob): ElfSymbol[] {
    const found: ElfSymbol[] = [];
    for (let index = 1; index < this.count; index++) {
      if (!this.#isDefinedFunction(index)) continue;
      if (glob !== undefined && !this.#nameMatches(index, glob)) continue;
      const symbol = this.symbol(index);
      if (symbol.name !== '') found.push(symbol);
    }
    return found;
  }

  /** Defined function symbols at any of these addresses: the other names of functions. */
  functionsAt(addresses: ReadonlySet<bigint>): ElfSymbol[] {
    const lowWords = new Set([...addresses].map((address) => Number(BigInt.asUintN(32, address))));
    const found: ElfSymbol[] = [];
    for (let index = 1; index < this.count; index++) {
      // Half of the address tells nearly all apart without making a bigint.
      if (!lowWords.has(this.#view.getUint32(index * SYMBOL_BYTES + 8, true)) || !this.#isDefinedFunction(index)) continue;
      const symbol = this.symbol(index);
      if (addresses.has(symbol.address) && symbol.name !== '') found.push(symbol);
    }
    return found;
  }

  /** Defined function symbols whose code holds this address; of one without a size nothing is known. */
  functionsAround(address: bigint): ElfSymbol[] {
    const found: ElfSymbol[] = [];
    for (let index = 1; index < this.count; index++) {
      // Numbers are exact enough to leave nearly all out without making bigints, and never one that holds it.
      const at = index * SYMBOL_BYTES;
      const distance = Number(address) - (this.#view.getUint32(at + 12, true) * 2 ** 32 + this.#view.getUint32(at + 8, true));
      if (distance < -ROUNDING || distance > this.#view.getUint32(at + 16, true) + this.#view.getUint32(at + 20, true) * 2 ** 32 + ROUNDING || !this.#isDefinedFunction(index)) continue;
      const symbol = this.symbol(index);
      if (symbol.address <= address && address < symbol.address + BigInt(symbol.size) && symbol.name !== '') found.push(symbol);
    }
    return found;
  }

  #withNames(offsets: readonly number[]): ElfSymbol[] {
    const found: ElfSymbol[] = [];
    if (offsets.length === 0) return found;
    const wanted = new OffsetSet(offsets, this.#source.strings.length);
    for (let index = 1; index < this.count; index++) {
      if (wanted.has(this.#view.getUint32(index * SYMBOL_BYTES, true))) found.push(this.symbol(index));
    }
    return found;
  }

  /** Where `name@…` starts: static tables keep the version in the text. */
  #versionedOffsets(name: string): number[] {
    const { strings } = this.#source;
    const haystack = Buffer.from(strings.buffer, strings.byteOffset, strings.byteLength);
    const needle = Buffer.from(`${name}@`);
    const offsets: number[] = [];
    for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1)) offsets.push(at);
    return offsets;
  }

  #isDefinedFunction(index: number): boolean {
    const at = index * SYMBOL_BYTES;
    const type = this.#view.getUint8(at + 4) & 0xf;
    if (type !== STT_FUNC && type !== STT_GNU_IFUNC) return false;
    const section = this.#view.getUint16(at + 6, true);
    return section !== SHN_UNDEF && section !== SHN_ABS;
  }

  #nameMatches(index: number, glob: Glob): boolean {
    const { strings } = this.#source;
    const start = this.#view.getUint32(index * SYMBOL_BYTES, true);
    if (!startsWithBytes(strings, start, glob.prefix)) return false;
    const end = endOfString(strings, start);
    if (end < 0) return false;
    const at = strings.subarray(start, end).indexOf(0x40, 1);
    return glob.matchesBytes(strings, start, at < 0 ? end : start + at);
  }

  #text(offset: number, at: number): string {
    const { strings } = this.#source;
    const end = endOfString(strings, offset);
    if (end < 0) throw new DebugInfoError(this.#source.section, at, `name at ${offset}, but the string table has ${strings.length} bytes`);
    return decodeText(strings, offset, end);
  }

  #split(full: string, index: number): { name: string; version: string | undefined; isDefault: boolean } {
    const sign = full.indexOf('@', 1);
    if (sign > 0) {
      const isDefault = full.startsWith('@@', sign);
      return { name: full.slice(0, sign), version: full.slice(sign + (isDefault ? 2 : 1)), isDefault };
    }
    const { versions, versionNames } = this.#source;
    if (versions === undefined || index * 2 + 2 > versions.length) return { name: full, version: undefined, isDefault: true };
    const word = byteAt(versions, index * 2) | (byteAt(versions, index * 2 + 1) << 8);
    return { name: full, version: versionNames?.get(word & ~VERSION_HIDDEN), isDefault: (word & VERSION_HIDDEN) === 0 };
  }
}
