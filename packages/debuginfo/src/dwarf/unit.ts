/** One unit: its entries' bytes, and what their values are relative to. */
import { DebugInfoError } from '../errors.js';
import type { AbbreviationTable } from './abbreviations.js';
import {
  DW_AT_GNU_addr_base, DW_AT_GNU_dwo_id, DW_AT_GNU_dwo_name, DW_AT_GNU_ranges_base, DW_AT_addr_base, DW_AT_comp_dir, DW_AT_dwo_name, DW_AT_language, DW_AT_low_pc, DW_AT_name,
  DW_AT_producer, DW_AT_rnglists_base, DW_AT_loclists_base, DW_AT_stmt_list, DW_AT_str_offsets_base, DW_TAG_partial_unit, DW_TAG_type_unit, DW_UT_partial,
  DW_UT_split_compile, DW_UT_split_type, DW_UT_type,
} from './constants.js';
import { AddressTable } from './address-table.js';
import { impliedListBase, listOffset } from './list-unit.js';
import type { AddressRange, ListUnit } from './list-unit.js';
import { readLocations } from './location-lists.js';
import type { LocationEntry } from './location-lists.js';
import { readRanges } from './ranges.js';
import type { DebugFile, KeptTable } from './debug-file.js';
import { Die } from './die.js';
import { dieId } from './die-id.js';
import { addressRanges } from './die-ranges.js';
import type { InfoSection } from './info-section.js';
import type { KeptAnswers } from './kept-answers.js';
import { languageOf } from './languages.js';
import type { DwarfLanguage, DwarfUnit, SourcePlace } from './model.js';
import type { Contributions } from './package-index.js';
import { smallInteger } from './section-data.js';
import type { SectionData } from './section-data.js';
import { UnitScopes } from './unit-scopes.js';
import type { UnitHeader } from './unit-header.js';

/** Nearly all root entries fit; a large unit need not be read for its name. */
const ROOT_WINDOW = 1024;

/** What a unit asks of the whole. */
export interface UnitWorld {
  /** The program's own file, which has the addresses of split units too. */
  readonly main: DebugFile;
  /** dwz's common file. Throws DebugInfoError when it is needed and not there. */
  readonly supplementary: DebugFile;
  /** The type unit that a reference from `unit` means. */
  typeUnit(signature: bigint, unit: Unit): Unit | undefined;
  /** The .dwo's unit of a skeleton. */
  splitUnit(skeleton: Unit): Unit | undefined;
  /** The entry of an id, wherever it is. Throws DebugInfoError when there is none. */
  die(id: number): Die;
  filePath(unit: Unit, index: number): string;
  /** Keeps the bytes of the units that were used last, lets others go. */
  used(unit: Unit): void;
  isCode(address: bigint): boolean;
  readonly answers: KeptAnswers;
}

export class Unit implements DwarfUnit {
  readonly section: InfoSection;
  readonly header: UnitHeader;
  /** Position in its section. */
  readonly index: number;
  readonly #contributions: Contributions | undefined;
  #bytes: Uint8Array | undefined;
  #abbreviations: KeptTable | undefined;
  #root: Die | undefined;
  #scopes: UnitScopes | undefined;
  #strings: number | undefined;
  #addresses: AddressTable | undefined;
  #split: { readonly unit: Unit | undefined } | undefined;
  #ranges: readonly AddressRange[] | undefined;
  #named: { name: string; compilationDirectory: string; producer: string; languageNumber: number } | undefined;

  constructor(section: InfoSection, header: UnitHeader, index: number, contributions: Contributions | undefined) {
    this.section = section;
    this.header = header;
    this.index = index;
    this.#contributions = contributions;
  }

  get version(): number { return this.header.version; }
  get addressSize(): number { return this.header.addressSize; }
  get offsetSize(): 4 | 8 { return this.header.offsetSize; }
  get name(): string { return this.#described.name; }
  get compilationDirectory(): string { return this.#described.compilationDirectory; }
  get producer(): string { return this.#described.producer; }
  get languageNumber(): number { return this.#described.languageNumber; }
  get language(): DwarfLanguage { return languageOf(this.languageNumber); }

  /** The unit's bytes, its header included. */
  get bytes(): Uint8Array {
    if (this.#bytes === undefined) {
      if (this.size >= 2 ** 31) throw new DebugInfoError(this.section.data.name, this.header.offset, 'a unit of 2 GiB or more');
      this.#bytes = this.section.data.bytes(this.header.offset, this.header.end);
    }
    this.section.world.used(this);
    return this.#bytes;
  }

  get size(): number { return this.header.end - this.header.offset; }

  /** Forgets the bytes, which are read again when they are needed. */
  release(): void {
    this.#bytes = undefined;
    this.#root = undefined;
    this.#scopes = undefined;
  }

  get abbreviations(): AbbreviationTable {
    const known = this.#abbreviations?.table;
    if (known !== undefined) return known;
    const base = this.#contributions?.get('.debug_abbrev') ?? 0;
    const { kept, table } = this.section.file.abbreviations(base + this.header.abbreviationsOffset, this.header);
    this.#abbreviations = kept;
    return table;
  }

  /** The first entry. Throws DebugInfoError when there is none. */
  get root(): Die {
    if (this.#root === undefined) {
      const window = this.#bytes ?? this.section.data.upTo(this.header.offset, Math.min(this.header.end, this.header.offset + ROOT_WINDOW));
      const isWhole = window.length >= this.size;
      let root: Die | undefined;
      try {
        root = Die.read(this, window, this.header.size);
      } catch (error) {
        if (!(error instanceof DebugInfoError) || isWhole) throw error;
      }
      this.#root = root ?? this.die(this.header.size);
      if (this.#root === undefined) throw new DebugInfoError(this.section.data.name, this.header.offset, 'a unit without entries');
    }
    return this.#root;
  }

  get isTypeUnit(): boolean { return this.header.unitType === DW_UT_type || this.header.unitType === DW_UT_split_type || this.root.tag === DW_TAG_type_unit; }
  get isPartial(): boolean { return this.header.unitType === DW_UT_partial || this.root.tag === DW_TAG_partial_unit; }

  /** The entry at an offset from the unit's start; undefined: the end of a list of children. */
  die(at: number): Die | undefined {
    if (!(at >= this.header.size && at < this.size)) throw this.error(at, 'an entry is said to be here, outside of its unit');
    return Die.read(this, this.bytes, at);
  }

  id(at: number): number {
    return dieId(this.section.part, this.header.offset + at);
  }

  /** Namespaces, types and functions by the entries in them. */
  get scopes(): UnitScopes {
    this.#scopes ??= new UnitScopes(this);
    return this.#scopes;
  }

  error(at: number, detail: string): DebugInfoError {
    return new DebugInfoError(this.section.data.name, this.header.offset + at, detail);
  }

  // ─── Split DWARF ───

  get isSplit(): boolean { return this.section.file.kind === 'split' || this.section.file.kind === 'package'; }

  /** Name of the .dwo that has this unit's entries; undefined when they are here. */
  get dwoName(): string | undefined {
    return this.isSplit ? undefined : (this.root.text(DW_AT_dwo_name) ?? this.root.text(DW_AT_GNU_dwo_name));
  }

  get dwoId(): bigint | undefined {
    return this.header.dwoId ?? this.root.unsigned(DW_AT_GNU_dwo_id);
  }

  /** The unit with the entries: the .dwo's for a skeleton whose .dwo was found, else this one. */
  get full(): Unit {
    if (this.#split === undefined) this.#split = { unit: this.dwoName === undefined ? undefined : this.section.world.splitUnit(this) };
    return this.#split.unit ?? this;
  }

  /** The skeleton of a split unit, itself for others: the one that addresses and lines belong to. */
  get skeleton(): Unit {
    return this.#skeleton ?? this.section.skeleton ?? this;
  }

  /** Units of a .dwp learn their skeletons one by one. */
  set skeleton(unit: Unit) {
    this.#skeleton = unit;
  }

  #skeleton: Unit | undefined;

  // ─── What values refer to ───

  /** The text of DW_FORM_strx and its kin. */
  stringAt(index: number): string {
    const section = this.section.file.section('.debug_str');
    if (section === undefined) throw this.error(0, `text ${index} of .debug_str, which the file does not have`);
    return section.text(this.stringOffset(index));
  }

  /** Offset in .debug_str of the text of an index. */
  stringOffset(index: number): number {
    const offsets = this.section.file.section('.debug_str_offsets');
    if (offsets === undefined) throw this.error(0, `text ${index} of .debug_str_offsets, which the file does not have`);
    this.#strings ??= this.#stringsBase();
    const at = this.#strings + index * this.offsetSize;
    const bytes = offsets.bytes(at, at + this.offsetSize);
    return this.offsetSize === 4 ? smallInteger(bytes, 0, 4) : smallInteger(bytes, 0, 4) + smallInteger(bytes, 4, 4) * 2 ** 32;
  }

  /** Where the unit's part of .debug_str_offsets starts; undefined when it says so nowhere. */
  get stringsStart(): number | undefined {
    return this.root.number(DW_AT_str_offsets_base) ?? (this.#contributions === undefined ? undefined : this.#stringsBase());
  }

  #stringsBase(): number {
    const own = this.root.number(DW_AT_str_offsets_base);
    if (own !== undefined) return own;
    const contribution = this.#contributions?.get('.debug_str_offsets') ?? 0;
    // GNU's has no header; DWARF 5's is a length, a version and padding.
    return this.version < 5 ? contribution : contribution + (this.offsetSize === 8 ? 16 : 8);
  }

  addressAt(index: number): bigint {
    const { skeleton } = this;
    if (skeleton !== this) return skeleton.addressAt(index);
    this.#addresses ??= this.#addressTable();
    return this.#addresses.at(index);
  }

  #addressTable(): AddressTable {
    const section = this.section.world.main.section('.debug_addr');
    if (section === undefined) throw this.error(0, 'an address of .debug_addr, which the file does not have');
    const base = this.root.number(DW_AT_addr_base) ?? this.root.number(DW_AT_GNU_addr_base) ?? (this.version < 5 ? 0 : this.offsetSize === 8 ? 16 : 8);
    return new AddressTable(section.bytes(0, section.length), base, this.addressSize);
  }

  get listUnit(): ListUnit {
    const { version, addressSize, offsetSize, baseAddress } = this;
    const addresses = { at: (index: number) => this.addressAt(index) };
    return { version, addressSize, offsetSize, baseAddress, addresses };
  }

  get baseAddress(): bigint {
    const { skeleton } = this;
    return skeleton === this ? (this.root.address(DW_AT_low_pc) ?? 0n) : skeleton.baseAddress;
  }

  /** The range list that DW_AT_ranges means. `isIndex`: DW_FORM_rnglistx. */
  rangeList(value: number, isIndex: boolean): AddressRange[] {
    // GNU's split units keep their ranges in the program.
    const { main } = this.section.world;
    const name = this.version >= 5 ? '.debug_rnglists' : '.debug_ranges';
    const section = this.version >= 5 ? this.section.file.section(name) : main.section(name);
    if (section === undefined) throw this.error(0, `ranges in ${name}, which the file does not have`);
    const contribution = this.#contributions?.get(name) ?? 0;
    let offset = contribution + value;
    if (isIndex) offset = this.#listOffset(section, this.root.number(DW_AT_rnglists_base), contribution, value);
    else if (this.version < 5) offset = value + (this.skeleton === this ? 0 : (this.skeleton.root.number(DW_AT_GNU_ranges_base) ?? 0));
    return section.readFrom(offset, (bytes, at) => readRanges(bytes, at, this.listUnit));
  }

  /** The location list that an attribute means. `isIndex`: DW_FORM_loclistx. */
  locationList(value: number, isIndex: boolean): LocationEntry[] {
    const name = this.version >= 5 ? '.debug_loclists' : '.debug_loc';
    const section = this.section.file.section(name);
    if (section === undefined) throw this.error(0, `a location in ${name}, which the file does not have`);
    const contribution = this.#contributions?.get(name) ?? 0;
    const offset = isIndex ? this.#listOffset(section, this.root.number(DW_AT_loclists_base), contribution, value) : contribution + value;
    return section.readFrom(offset, (bytes, at) => readLocations(bytes, at, this.listUnit, this.version < 5 && this.isSplit));
  }

  #listOffset(section: SectionData, stated: number | undefined, contribution: number, index: number): number {
    const base = stated ?? section.readFrom(contribution, (bytes, at) => impliedListBase(bytes, section.name, at) - at) + contribution;
    // The table's length stands before it.
    return section.readFrom(base - 4, (bytes, at) => listOffset(bytes, section.name, at + 4, index, this.offsetSize) - at) + base - 4;
  }

  get ranges(): readonly AddressRange[] {
    const { skeleton } = this;
    if (skeleton !== this) return skeleton.ranges;
    this.#ranges ??= addressRanges(this.root).ranges;
    return this.#ranges;
  }

  get lineOffset(): number | undefined {
    const { skeleton } = this;
    return skeleton === this ? this.root.number(DW_AT_stmt_list) : skeleton.lineOffset;
  }

  /** DW_AT_stmt_list of the unit itself: type units of a .dwo have lines of their own. */
  get ownLineOffset(): number | undefined {
    return this.root.number(DW_AT_stmt_list);
  }

  typeAt(unitOffset: number): number {
    return unitOffset === 0 ? 0 : this.id(unitOffset);
  }

  /** Path of the file of DW_AT_decl_file and DW_AT_call_file. */
  place(file: number | undefined, line: number | undefined, column: number | undefined): SourcePlace | undefined {
    return line === undefined ? undefined : { file: file === undefined ? '' : this.section.world.filePath(this, file), line, column };
  }

  get #described(): { name: string; compilationDirectory: string; producer: string; languageNumber: number } {
    if (this.#named === undefined) {
      const of = this.full.root;
      const { root } = this;
      this.#named = {
        name: of.text(DW_AT_name) ?? root.text(DW_AT_name) ?? '',
        compilationDirectory: root.text(DW_AT_comp_dir) ?? of.text(DW_AT_comp_dir) ?? this.skeleton.root.text(DW_AT_comp_dir) ?? '',
        producer: of.text(DW_AT_producer) ?? root.text(DW_AT_producer) ?? '',
        languageNumber: of.number(DW_AT_language) ?? root.number(DW_AT_language) ?? 0,
      };
    }
    return this.#named;
  }

  /** Whether this is the kind of unit that a .dwo has for a skeleton. */
  get isSplitCompile(): boolean {
    return this.header.unitType === DW_UT_split_compile || (this.version < 5 && !this.isTypeUnit);
  }
}
