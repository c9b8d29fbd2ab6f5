/** One section of units: .debug_info or .debug_types of one file. */
import { lastBefore } from '../last-before.js';
import { DebugInfoError } from '../errors.js';
import { DW_UT_split_type, DW_UT_type } from './constants.js';
import type { DebugFile } from './debug-file.js';
import type { PackageIndex } from './package-index.js';
import type { SectionData } from './section-data.js';
import { Unit } from './unit.js';
import type { UnitWorld } from './unit.js';
import { parseUnitHeader, readUnitHeader, UNIT_HEADER_MAX } from './unit-header.js';
import type { UnitHeader } from './unit-header.js';

export interface InfoSectionOptions {
  /** Number of the section in ids of entries. */
  readonly part: number;
  readonly file: DebugFile;
  readonly data: SectionData;
  readonly world: UnitWorld;
  readonly isTypes: boolean;
  /** The unit that names this .dwo; undefined in other files. */
  readonly skeleton?: Unit | undefined;
  readonly packageIndex?: PackageIndex | undefined;
}

export class InfoSection {
  readonly part: number;
  readonly file: DebugFile;
  readonly data: SectionData;
  readonly world: UnitWorld;
  readonly skeleton: Unit | undefined;
  readonly #isTypes: boolean;
  readonly #packageIndex: PackageIndex | undefined;
  #starts: Float64Array | undefined;
  /** Offsets of the first units, while not all are known, and where the next one starts. */
  readonly #found: number[] = [];
  #next = 0;
  readonly #made = new Map<number, Unit>();
  #all: readonly Unit[] | undefined;
  #bySignature: ReadonlyMap<bigint, Unit> | undefined;

  constructor({ part, file, data, world, isTypes, skeleton, packageIndex }: InfoSectionOptions) {
    this.part = part;
    this.file = file;
    this.data = data;
    this.world = world;
    this.skeleton = skeleton;
    this.#isTypes = isTypes;
    this.#packageIndex = packageIndex;
  }

  /** Offsets of all units, rising. Reads all headers the first time. Throws DebugInfoError for a header that cannot be. */
  get starts(): Float64Array {
    this.#starts ??= this.#keptStarts() ?? this.#readStarts();
    return this.#starts;
  }

  /** Offsets that were found before, in an index of this file. */
  set starts(starts: Float64Array) {
    this.#starts = starts;
  }

  /**
   * Takes the offsets of units from bytes that are read for something else, as long as they follow those known.
   * @param start where the bytes stand in the section
   */
  noteStarts(start: number, bytes: Uint8Array): void {
    while (this.#starts === undefined && this.#next >= start && this.#next < start + bytes.length) {
      const at = this.#next - start;
      this.#append(at + UNIT_HEADER_MAX <= bytes.length ? parseUnitHeader(bytes.subarray(at, at + UNIT_HEADER_MAX), this.data, this.#next, this.#isTypes) : readUnitHeader(this.data, this.#next, this.#isTypes));
    }
    if (this.#starts === undefined && this.#next >= this.data.length) this.#append(undefined);
  }

  /** Position of the last known unit that starts at an offset or before; -1: none. */
  indexBefore(offset: number): number {
    const starts = this.#starts ?? this.#found;
    return lastBefore(starts.length, (index) => (starts[index] as number) <= offset);
  }

  /** All units in order. */
  get units(): readonly Unit[] {
    this.#all ??= Array.from(this.starts, (_, index) => this.unit(index));
    return this.#all;
  }

  /** The unit of that position, which must exist. */
  unit(index: number): Unit {
    let unit = this.#made.get(index);
    if (unit === undefined) {
      const offset = (this.#starts ?? this.#found)[index] ?? this.starts[index];
      const header = offset === undefined ? undefined : readUnitHeader(this.data, offset, this.#isTypes);
      if (header === undefined) throw new DebugInfoError(this.data.name, offset ?? 0, 'no unit is here');
      unit = this.#make(header, index);
    }
    return unit;
  }

  /** The unit that an offset lies in. Throws DebugInfoError when it lies in none. */
  unitAt(offset: number): Unit {
    // Those behind the last known one are found first.
    if (this.#starts === undefined && offset >= this.#next) this.#starts = this.#keptStarts() ?? this.#readStarts();
    const index = this.indexBefore(offset);
    const unit = index < 0 ? undefined : this.unit(index);
    if (unit === undefined || offset >= unit.header.end) throw new DebugInfoError(this.data.name, offset, 'no unit has an entry here');
    return unit;
  }

  /** The type unit of a signature. */
  typeUnit(signature: bigint): Unit | undefined {
    this.#bySignature ??= new Map(this.units.flatMap((unit) => (unit.header.signature === undefined ? [] : [[unit.header.signature, unit] as const])));
    return this.#bySignature.get(signature);
  }

  /** As lengths of units, which are shorter to write. */
  #keptStarts(): Float64Array | undefined {
    const lengths = this.#isKept ? this.world.answers.known(`units ${this.part}`) : undefined;
    if (lengths === undefined) return undefined;
    let start = 0;
    return Float64Array.from(lengths, (length) => (start += length));
  }

  get #isKept(): boolean {
    return this.file.kind === 'main' || this.file.kind === 'supplementary';
  }

  #readStarts(): Float64Array {
    while (this.#starts === undefined) this.#append(readUnitHeader(this.data, this.#next, this.#isTypes));
    return this.#starts;
  }

  /** @param header undefined: the units end here */
  #append(header: UnitHeader | undefined): void {
    if (header === undefined) {
      this.#starts = Float64Array.from(this.#found);
      if (this.#isKept) this.world.answers.note(`units ${this.part}`, this.#found.map((start, index) => start - (this.#found[index - 1] ?? 0)));
      return;
    }
    this.#found.push(header.offset);
    this.#make(header, this.#found.length - 1);
    this.#next = header.end;
  }

  #make(header: UnitHeader, index: number): Unit {
    const isTypeUnit = header.unitType === DW_UT_type || header.unitType === DW_UT_split_type;
    const contributions = this.#packageIndex?.find(isTypeUnit ? header.signature : header.dwoId, isTypeUnit, header.offset);
    const unit = new Unit(this, header, index, contributions);
    this.#made.set(index, unit);
    return unit;
  }
}
