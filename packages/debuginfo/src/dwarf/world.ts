/** All files that one program's DWARF is spread over, and how references between them are followed. */
import type { ElfFile } from '../elf/elf-file.js';
import { DebugInfoError } from '../errors.js';
import { DW_AT_comp_dir } from './constants.js';
import { DebugFile } from './debug-file.js';
import type { Die } from './die.js';
import { describeId, offsetOf, PART_FIRST_SPLIT, PART_INFO, PART_PACKAGE, PART_SUPPLEMENTARY, PART_TYPES, partOf, withoutDimension } from './die-id.js';
import { InfoSection } from './info-section.js';
import { KeptAnswers } from './kept-answers.js';
import { LineTable } from './line-table.js';
import { LineTables, withLines } from './line-tables.js';
import { PackageIndex } from './package-index.js';
import type { Unit, UnitWorld } from './unit.js';

/** What a program's DWARF may need besides its own file. Each is asked once, when it is needed; undefined: not to be had. */
export interface DwarfSources {
  /** The file that .gnu_debugaltlink names: dwz's common part of several programs. A text says why it is not to be had. */
  readonly supplementary?: () => ElfFile | string | undefined;
  /** The .dwo of a unit: `name` as the compiler wrote it, relative to `compilationDirectory`. */
  readonly split?: (unit: { readonly name: string; readonly dwoId: bigint; readonly compilationDirectory: string }) => ElfFile | undefined;
  /** The .dwp that has all .dwo files of the program. */
  readonly package?: () => ElfFile | undefined;
}

/** Bytes of units that are kept for the next question. */
const KEPT_BYTES = 48 << 20;
/** File tables that are kept: a kernel's have 500 files each. */
const LINE_TABLES_MAX = 256;

export class World implements UnitWorld {
  readonly main: DebugFile;
  readonly sources: DwarfSources;
  /** .dwo files that units name and that are not to be had. */
  readonly missingSplit = new Set<string>();
  readonly #keptAnswers: Uint8Array | undefined;
  readonly #parts = new Map<number, InfoSection>();
  readonly #lines: LineTables;
  readonly #fileTables = new Map<DebugFile, Map<number, LineTable>>();
  readonly #kept = new Set<Unit>();
  #keptBytes = 0;
  #supplementary: { readonly file: DebugFile | undefined; readonly why: string } | undefined;
  #answers: KeptAnswers | undefined;
  #lastUsed: Unit | undefined;
  #package: { readonly index: PackageIndex; readonly file: DebugFile } | undefined | null;
  /** Skeletons by their id: the .dwp's units are many, and each asks for its own. */
  #skeletons: ReadonlyMap<bigint, Unit> | undefined;

  /** @param answers those that were kept of this file */
  constructor(elf: ElfFile, sources: DwarfSources, answers?: Uint8Array) {
    this.main = new DebugFile(elf, 'main');
    this.sources = sources;
    this.#keptAnswers = answers;
    this.#lines = new LineTables(elf, { isCode: (address) => elf.isCode(address), readPart: (offset, read) => this.#linePart(offset, read) });
    this.#add(PART_INFO, this.main, '.debug_info');
    this.#add(PART_TYPES, this.main, '.debug_types');
  }

  /** The file's own units: of .debug_info, then of .debug_types. */
  get ownSections(): readonly InfoSection[] {
    return [PART_INFO, PART_TYPES].flatMap((part) => this.#parts.get(part) ?? []);
  }

  get info(): InfoSection | undefined {
    return this.#parts.get(PART_INFO);
  }

  get lines(): LineTables {
    return this.#lines;
  }

  isCode(address: bigint): boolean {
    return this.main.elf.isCode(address);
  }

  get supplementary(): DebugFile {
    const file = this.#findSupplementary();
    if (file === undefined) throw new DebugInfoError('.gnu_debugaltlink', 0, this.#supplementary?.why ?? '');
    return file;
  }

  get hasSupplementary(): boolean {
    return this.#findSupplementary() !== undefined;
  }

  /** What was asked before, in this process or in one whose answers were kept. */
  get answers(): KeptAnswers {
    if (this.#answers === undefined) {
      const lengths = (file: DebugFile | undefined): number[] => ['.debug_info', '.debug_types', '.debug_abbrev', '.debug_str', '.debug_line'].map((name) => file?.section(name)?.length ?? 0);
      this.#answers = new KeptAnswers([...lengths(this.main), ...lengths(this.hasSupplementary ? this.supplementary : undefined)], this.#keptAnswers);
    }
    return this.#answers;
  }

  /** The section with the units of a part of ids. Throws DebugInfoError when the file with them is not there. */
  part(number: number): InfoSection {
    let section = this.#parts.get(number);
    if (section !== undefined) return section;
    if (number === PART_SUPPLEMENTARY) section = this.#add(PART_SUPPLEMENTARY, this.supplementary, '.debug_info');
    else if (number === PART_PACKAGE || number === PART_PACKAGE + 1) {
      this.#openPackage();
      section = this.#parts.get(number);
    } else if (number >= PART_FIRST_SPLIT) {
      section = this.info?.units[(number - PART_FIRST_SPLIT) >> 1]?.full.section;
      if (section?.part !== number) section = this.#parts.get(number);
    }
    if (section === undefined) throw new DebugInfoError('.debug_info', 0, 'an entry of a file that is not there');
    return section;
  }

  /** The entry of an id. Throws DebugInfoError when there is none. */
  die(id: number): Die {
    const plain = withoutDimension(id);
    const offset = offsetOf(plain);
    const unit = this.part(partOf(plain)).unitAt(offset);
    const die = unit.die(offset - unit.header.offset);
    if (die === undefined) throw new DebugInfoError(unit.section.data.name, offset, `no entry is at ${describeId(id)}`);
    return die;
  }

  typeUnit(signature: bigint, unit: Unit): Unit | undefined {
    const { section } = unit;
    const family = unit.isSplit ? [section.part & ~1, section.part | 1] : [PART_INFO, PART_TYPES];
    for (const part of family) {
      const found = this.#parts.get(part)?.typeUnit(signature);
      if (found !== undefined) {
        if (unit.isSplit && found.skeleton === found) found.skeleton = unit.skeleton;
        return found;
      }
    }
    return undefined;
  }

  /** Type units in the file of a split unit. */
  typeUnitsBeside(unit: Unit): Unit[] {
    const { part } = unit.section;
    return [part & ~1, part | 1].flatMap((number) => this.#parts.get(number)?.units.filter(({ isTypeUnit }) => isTypeUnit) ?? []);
  }

  splitUnit(skeleton: Unit): Unit | undefined {
    const { dwoId, dwoName } = skeleton;
    if (dwoId === undefined || dwoName === undefined) return undefined;
    const packaged = this.#openPackage();
    const offset = packaged?.index.unitOffset(dwoId);
    const whole = this.#parts.get(PART_PACKAGE);
    if (offset !== undefined && whole !== undefined) {
      const unit = whole.unitAt(offset);
      unit.skeleton = skeleton;
      return unit;
    }
    const elf = this.sources.split?.({ name: dwoName, dwoId, compilationDirectory: skeleton.root.text(DW_AT_comp_dir) ?? '' });
    if (elf === undefined) {
      this.missingSplit.add(dwoName);
      return undefined;
    }
    const file = new DebugFile(elf, 'split');
    const part = PART_FIRST_SPLIT + 2 * skeleton.index;
    const info = this.#add(part, file, '.debug_info', skeleton);
    this.#add(part + 1, file, '.debug_types', skeleton);
    // One .dwo has one compile unit; `-gsplit-dwarf` with LTO puts several into one file.
    const units = info?.units.filter((unit) => unit.isSplitCompile) ?? [];
    const exact = units.find((unit) => unit.dwoId === dwoId);
    if (exact === undefined) {
      this.missingSplit.add(dwoName);
      this.#parts.delete(part);
      this.#parts.delete(part + 1);
    }
    return exact;
  }

  filePath(unit: Unit, index: number): string {
    const isOwn = unit.isSplit && unit.isTypeUnit;
    const offset = isOwn ? unit.ownLineOffset : unit.lineOffset;
    if (offset === undefined) return '';
    const file = isOwn ? unit.section.file : unit.skeleton.section.file;
    return this.#lineTable(file, offset, unit.compilationDirectory)?.path(index) ?? '';
  }

  used(unit: Unit): void {
    // Asked for each entry, and entries stand beside each other.
    if (unit === this.#lastUsed) return;
    this.#lastUsed = unit;
    if (this.#kept.delete(unit)) {
      this.#kept.add(unit);
      return;
    }
    this.#kept.add(unit);
    this.#keptBytes += unit.size;
    for (const oldest of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES || oldest === unit) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= oldest.size;
      oldest.release();
    }
  }

  /** Units of a .dwp that a skeleton of this program names. */
  skeletonOf(dwoId: bigint): Unit | undefined {
    this.#skeletons ??= new Map((this.info?.units ?? []).flatMap((unit) => (unit.dwoId === undefined ? [] : [[unit.dwoId, unit] as const])));
    return this.#skeletons.get(dwoId);
  }

  #findSupplementary(): DebugFile | undefined {
    if (this.#supplementary === undefined) {
      const elf = this.sources.supplementary?.() ?? 'the supplementary file that this debug information refers to was not found';
      this.#supplementary = typeof elf === 'string' ? { file: undefined, why: elf } : { file: new DebugFile(elf, 'supplementary'), why: '' };
    }
    return this.#supplementary.file;
  }

  #openPackage(): { readonly index: PackageIndex; readonly file: DebugFile } | undefined {
    if (this.#package === undefined) {
      this.#package = null;
      const elf = this.sources.package?.();
      if (elf !== undefined) {
        const file = new DebugFile(elf, 'package');
        const index = new PackageIndex(file);
        this.#package = { index, file };
        this.#add(PART_PACKAGE, file, '.debug_info', undefined, index);
        this.#add(PART_PACKAGE + 1, file, '.debug_types', undefined, index);
      }
    }
    return this.#package ?? undefined;
  }

  /** The table's own bytes are enough: a kernel's .debug_line has 17 MB. */
  #lineTable(file: DebugFile, offset: number, compilationDirectory: string): LineTable | undefined {
    let tables = this.#fileTables.get(file);
    if (tables === undefined) {
      tables = new Map();
      this.#fileTables.set(file, tables);
    }
    let table = tables.get(offset);
    if (table === undefined) {
      const section = file.section('.debug_line');
      if (section === undefined) return undefined;
      const options = compilationDirectory === '' ? {} : { compilationDirectory };
      table = section.readFrom(offset, (bytes, at) => LineTable.parse(withLines({ debugSection: (name) => bytesOf(file, name) }, bytes), at, options));
      if (tables.size >= LINE_TABLES_MAX) tables.clear();
      tables.set(offset, table);
    }
    return table;
  }

  #linePart<T>(offset: number, read: (bytes: Uint8Array, at: number) => T): T {
    const section = this.main.section('.debug_line');
    if (section === undefined) throw new DebugInfoError('.debug_line', 0, 'the file has no line tables');
    return section.readFrom(offset, read);
  }

  #add(part: number, file: DebugFile, name: string, skeleton?: Unit, packageIndex?: PackageIndex): InfoSection | undefined {
    const data = file.section(name);
    if (data === undefined) return undefined;
    const section = new InfoSection({ part, file, data, world: this, isTypes: name === '.debug_types', ...(skeleton === undefined ? {} : { skeleton }), packageIndex });
    this.#parts.set(part, section);
    return section;
  }
}

function bytesOf(file: DebugFile, name: string): Uint8Array | undefined {
  const section = file.section(name);
  return section?.bytes(0, section.length);
}
