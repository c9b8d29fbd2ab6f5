/**
 * An ELF file: executables, shared libraries, separate debug files, relocatable
 * objects. 64-bit little-endian only, as x86_64, aarch64 and BPF are.
 */
import { decompressOldSection, decompressSection } from '../compression/section-compression.js';
import { decompressXz } from '../compression/xz.js';
import { sourceOf } from '../byte-source.js';
import type { ByteSource } from '../byte-source.js';
import type { DebugSections } from '../dwarf/debug-sections.js';
import { DebugInfoError } from '../errors.js';
import { Glob, isGlob } from '../glob.js';
import { groupByAddress, placeOf, renamed, visibility } from './functions.js';
import type { ElfFunction } from './functions.js';
import { parseElfHeader, PT_LOAD, PT_NOTE, SHF_ALLOC, SHF_COMPRESSED, SHF_EXECINSTR, SHT_DYNSYM, SHT_NOBITS, SHT_NOTE, SHT_RELA, SHT_SYMTAB } from './header.js';
import type { ElfFileType, ElfMachine, ElfSection, ElfSegment } from './header.js';
import { buildIdOf, parseAlternateDebugLink, parseDebugLink, parseNotes, parseSupplementaryLink, parseVersionDefinitions } from './notes.js';
import type { AlternateDebugLink, DebugLink, ElfNote } from './notes.js';
import { relocate, SectionLayout } from './relocations.js';
import { SHN_ABS, SymbolTable } from './symbols.js';
import type { ElfSymbol } from './symbols.js';

export class ElfFile implements DebugSections {
  readonly type: ElfFileType;
  readonly machine: ElfMachine;
  /** e_machine, to name a machine that is not known. */
  readonly machineNumber: number;
  readonly entry: bigint;
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
  readonly #source: ByteSource;
  readonly #debugSections = new Map<string, Uint8Array | undefined>();
  #layout: SectionLayout | undefined;
  #code: readonly ElfSection[] | undefined;
  #notes: readonly ElfNote[] | undefined;
  #symtab: SymbolTable | undefined;
  #dynsym: SymbolTable | undefined;

  private constructor(source: ByteSource) {
    const header = parseElfHeader(source);
    this.#source = source;
    this.type = header.type;
    this.machine = header.machine;
    this.machineNumber = header.machineNumber;
    this.entry = header.entry;
    this.sections = header.sections;
    this.segments = header.segments;
  }

  /**
   * Reads the headers. Bytes are kept, not copied; of a source, what is needed is read when it is needed.
   * Throws DebugInfoError for 32-bit, big-endian and other files.
   */
  static parse(bytes: Uint8Array | ByteSource): ElfFile {
    return new ElfFile(bytes instanceof Uint8Array ? sourceOf(bytes) : bytes);
  }

  /** The first section of that name. */
  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** A section's contents, decompressed when they are compressed; empty for NOBITS (.bss, and most sections of debug files). */
  sectionBytes(section: ElfSection): Uint8Array {
    const contents = this.#storedBytes(section);
    return isCompressed(section) ? decompressSection(contents, section.name) : contents;
  }

  /**
   * A debug section by its name (".debug_info"): decompressed, also from the older ".zdebug_info", and relocated in relocatable
   * files (`layout` tells what their addresses mean). Made once and kept. undefined: none, or NOBITS.
   */
  debugSection(name: string): Uint8Array | undefined {
    if (!this.#debugSections.has(name)) this.#debugSections.set(name, this.#readDebugSection(name));
    return this.#debugSections.get(name);
  }

  /**
   * The same, as a source of which only what is asked for is read. What has to be decompressed or relocated is held as a whole.
   */
  debugSource(name: string): ByteSource | undefined {
    const section = this.section(name);
    if (section === undefined || isCompressed(section) || this.type === 'rel') {
      const bytes = this.debugSection(name);
      return bytes === undefined ? undefined : sourceOf(bytes);
    }
    if (section.type === SHT_NOBITS) return undefined;
    this.#checkExtent(section);
    const { offset, size } = section;
    const source = this.#source;
    return {
      length: size,
      read: (start, end) => source.read(offset + Math.min(start, size), offset + Math.min(end, size)),
      ...(source.readInto === undefined ? {} : { readInto: (target: Uint8Array, start: number): number => source.readInto?.(target.subarray(0, Math.max(0, size - start)), offset + start) ?? 0 }),
    };
  }

  /** Places of the sections of a relocatable file; other files have real addresses. */
  get layout(): SectionLayout {
    this.#layout ??= new SectionLayout(this.type === 'rel' ? this.sections : []);
    return this.#layout;
  }

  /** Whether an address is in a section of code. Linkers leave debug information of removed functions behind, at address 0 mostly. */
  isCode(address: bigint): boolean {
    if (this.type === 'rel') return ((this.layout.placeOf(address)?.section.flags ?? 0n) & BigInt(SHF_EXECINSTR)) !== 0n;
    this.#code ??= this.sections.filter(({ flags }) => (flags & BigInt(SHF_ALLOC | SHF_EXECINSTR)) === BigInt(SHF_ALLOC | SHF_EXECINSTR));
    return this.#code.some((section) => address >= section.address && address < section.address + BigInt(section.size));
  }

  /** Symbols of .symtab, or of the table that Fedora packs into stripped files (.gnu_debugdata); undefined in other stripped files. */
  get symtab(): SymbolTable | undefined {
    this.#symtab ??= this.#symbolTable(SHT_SYMTAB) ?? this.#packedSymbols();
    return this.#symtab;
  }

  /** Symbols of .dynsym: what a shared object exports and imports; undefined in static files. */
  get dynsym(): SymbolTable | undefined {
    this.#dynsym ??= this.#symbolTable(SHT_DYNSYM);
    return this.#dynsym;
  }

  /** All notes of note sections, or of note segments when the file has no sections. */
  get notes(): readonly ElfNote[] {
    if (this.#notes === undefined) {
      const sections = this.sections.filter(({ type }) => type === SHT_NOTE);
      this.#notes = sections.length > 0
        ? sections.flatMap((section) => parseNotes(this.sectionBytes(section), section.name, Number(section.alignment)))
        : this.segments.filter(({ type }) => type === PT_NOTE).flatMap((segment) => parseNotes(this.#source.read(segment.offset, segment.offset + segment.fileSize), 'PT_NOTE', Number(segment.alignment)));
    }
    return this.#notes;
  }

  /** Build-id in lower-case hexadecimal. */
  get buildId(): string | undefined {
    return buildIdOf(this.notes);
  }

  /** Where the separate debug file is, when `objcopy --add-gnu-debuglink` said. */
  get debugLink(): DebugLink | undefined {
    const section = this.section('.gnu_debuglink');
    return section === undefined || section.type === SHT_NOBITS ? undefined : parseDebugLink(this.sectionBytes(section));
  }

  /** The file that dwz moved what several debug files share into; its references into that file have forms of their own. */
  get alternateDebugLink(): AlternateDebugLink | undefined {
    const link = this.section('.gnu_debugaltlink');
    if (link !== undefined && link.type !== SHT_NOBITS) return parseAlternateDebugLink(this.sectionBytes(link));
    const supplement = this.section('.debug_sup');
    return supplement === undefined || supplement.type === SHT_NOBITS ? undefined : parseSupplementaryLink(this.sectionBytes(supplement));
  }

  /** Whether the file itself holds DWARF that tells functions, types or lines. */
  get hasDwarf(): boolean {
    return ['.debug_info', '.debug_line', '.zdebug_info'].some((name) => this.hasContents(name));
  }

  /** Whether the file itself holds such a section's bytes. */
  hasContents(name: string): boolean {
    const section = this.section(name);
    return section !== undefined && section.type !== SHT_NOBITS && section.size > 0;
  }

  /** Offset in the file of a virtual address, as uprobes want it; undefined when the address is not loaded from the file. */
  fileOffset(address: bigint): number | undefined {
    for (const segment of this.segments) {
      if (segment.type !== PT_LOAD || address < segment.address) continue;
      const distance = address - segment.address;
      if (distance >= BigInt(segment.fileSize)) continue;
      const offset = segment.offset + Number(distance);
      return offset < this.#source.length ? offset : undefined;
    }
    return undefined;
  }

  /** Virtual address of a file offset: what turns a mapping's offset and an instruction pointer into a symbol's address. */
  addressOf(fileOffset: number): bigint | undefined {
    const segment = this.segments.find(({ type, offset, fileSize }) => type === PT_LOAD && fileOffset >= offset && fileOffset < offset + fileSize);
    return segment === undefined ? undefined : segment.address + BigInt(fileOffset - segment.offset);
  }

  /**
   * Symbols of any type by name: .symtab's, else .dynsym's. Undefined ones (imports) are left out.
   * "name", "name@VERSION" or "name@@VERSION".
   */
  symbols(name: string): ElfSymbol[] {
    const static_ = this.symtab?.named(name).filter(isDefined) ?? [];
    return static_.length > 0 ? static_ : (this.dynsym?.named(name).filter(isDefined) ?? []);
  }

  /**
   * The function of exactly that name. Of several, the one that the dynamic linker would take: default version first,
   * then global, weak, local; then the lowest address. Its `aliases` are the other names of its address.
   */
  function(name: string): ElfFunction | undefined {
    return this.#functionsNamed(name)[0];
  }

  /**
   * Functions that a name or wildcard means, each address once, in the order of addresses.
   * A wildcard matches names without "@VERSION". An exact name gives more than one for static functions of the same name. None: [].
   */
  functions(pattern = '*'): ElfFunction[] {
    if (!isGlob(pattern)) return this.#functionsNamed(pattern).sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    const glob = new Glob(pattern);
    return groupByAddress([...(this.symtab?.functions(glob) ?? []), ...(this.dynsym?.functions(glob) ?? [])]);
  }

  /** The function whose code holds this virtual address; of nested ones the innermost. undefined: no symbol says. */
  functionAround(address: bigint): ElfFunction | undefined {
    return groupByAddress([...(this.symtab?.functionsAround(address) ?? []), ...(this.dynsym?.functionsAround(address) ?? [])]).at(-1);
  }

  #storedBytes(section: ElfSection): Uint8Array {
    if (section.type === SHT_NOBITS) return new Uint8Array();
    this.#checkExtent(section);
    return this.#source.read(section.offset, section.offset + section.size);
  }

  #checkExtent(section: ElfSection): void {
    if (section.offset + section.size <= this.#source.length) return;
    throw new DebugInfoError(section.name, section.offset, `${section.size} bytes wanted, ${Math.max(0, this.#source.length - section.offset)} left in the file`);
  }

  #functionsNamed(name: string): ElfFunction[] {
    const named = this.symbols(name).filter(({ type }) => type === 'func' || type === 'ifunc');
    if (named.length === 0) return [];
    const best = new Map<bigint, ElfSymbol>();
    for (const symbol of named) {
      const other = best.get(placeOf(symbol));
      if (other === undefined || visibility(symbol) < visibility(other)) best.set(placeOf(symbol), symbol);
    }
    const addresses = new Set(named.map(({ address }) => address));
    const all = [...(this.symtab?.functionsAt(addresses) ?? []), ...(this.dynsym?.functionsAt(addresses) ?? [])];
    // Called by the name that was asked for, though another may be more visible.
    const functions = groupByAddress(all).flatMap((found) => {
      const symbol = best.get(placeOf(found));
      return symbol === undefined ? [] : [{ found: renamed(found, symbol), rank: visibility(symbol) }];
    });
    return functions.sort((a, b) => a.rank - b.rank).map(({ found }) => found);
  }

  #readDebugSection(name: string): Uint8Array | undefined {
    const section = this.section(name);
    if (section !== undefined) return section.type === SHT_NOBITS ? undefined : this.#relocated(section, this.sectionBytes(section));
    const old = name.startsWith('.debug_') ? this.section(`.z${name.slice(1)}`) : undefined;
    return old === undefined || old.type === SHT_NOBITS ? undefined : this.#relocated(old, decompressOldSection(this.sectionBytes(old), old.name));
  }

  #relocated(section: ElfSection, contents: Uint8Array): Uint8Array {
    const records = this.type === 'rel' ? this.sections.find(({ type, info }) => type === SHT_RELA && info === section.index) : undefined;
    if (records === undefined) return contents;
    const symbols = this.sections[records.link];
    if (symbols === undefined) throw new DebugInfoError(records.name, 0, `its symbol table, section ${records.link}, does not exist`);
    return relocate(contents, { machine: this.machine, section: section.name, relocations: this.sectionBytes(records), symbols: this.sectionBytes(symbols), layout: this.layout, address: this.layout.addressOf(section.index, 0n) });
  }

  /** The symbol table in the xz-compressed ELF file of .gnu_debugdata ("MiniDebugInfo"): the functions that .dynsym lacks. */
  #packedSymbols(): SymbolTable | undefined {
    const section = this.section('.gnu_debugdata');
    if (section === undefined || section.type === SHT_NOBITS || this.type === 'rel') return undefined;
    const packed = ElfFile.parse(decompressXz(this.sectionBytes(section), section.name));
    const loaded = this.sections.filter(({ flags }) => (flags & BigInt(SHF_ALLOC)) !== 0n);
    const sectionIndexOf = (address: bigint): number => loaded.find((one) => address >= one.address && address < one.address + BigInt(one.size))?.index ?? SHN_ABS;
    return packed.#symbolTable(SHT_SYMTAB, sectionIndexOf);
  }

  #symbolTable(type: number, sectionIndexOf?: (address: bigint) => number): SymbolTable | undefined {
    const section = this.sections.find((candidate) => candidate.type === type);
    if (section === undefined) return undefined;
    const stringsSection = this.sections[section.link];
    if (stringsSection === undefined) throw new DebugInfoError(section.name, 0, `its string table, section ${section.link}, does not exist`);
    const strings = this.sectionBytes(stringsSection);
    const source = { section: section.name, symbols: this.sectionBytes(section), strings, ...(sectionIndexOf === undefined ? {} : { sectionIndexOf }) };
    const versions = type === SHT_DYNSYM ? this.section('.gnu.version') : undefined;
    if (versions === undefined) return new SymbolTable(source);
    const definitions = this.section('.gnu.version_d');
    const versionNames = definitions === undefined ? new Map<number, string>() : parseVersionDefinitions(this.sectionBytes(definitions), strings);
    return new SymbolTable({ ...source, versions: this.sectionBytes(versions), versionNames });
  }
}

const isCompressed = (section: ElfSection): boolean => (section.flags & BigInt(SHF_COMPRESSED)) !== 0n;
const isDefined = (symbol: ElfSymbol): boolean => symbol.sectionIndex !== 0;
