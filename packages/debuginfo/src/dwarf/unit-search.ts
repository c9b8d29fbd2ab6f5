/**
 * Which units can have a name: where its text stands in the string sections, and
 * which units have that place (or the text itself) somewhere in their bytes. Search
 * by the processor's string functions over hundreds of megabytes takes a thirtieth of
 * what reading the entries takes. A unit too many costs time, one too few would be wrong.
 */
import { mayDeclare, usesForm } from './abbreviations.js';
import { NeedleSearch } from './byte-search.js';
import {
  DW_AT_GNU_dwo_name, DW_AT_abstract_origin, DW_AT_dwo_name, DW_AT_specification, DW_FORM_GNU_ref_alt, DW_FORM_ref_addr, DW_FORM_ref_sup4, DW_FORM_ref_sup8,
  DW_UT_skeleton,
} from './constants.js';
import { offsetOf, partOf, PART_INFO, PART_SUPPLEMENTARY } from './die-id.js';
import type { InfoSection } from './info-section.js';
import type { SectionData } from './section-data.js';
import type { Unit } from './unit.js';
import type { World } from './world.js';

/** More places than these: the name is everywhere, and so are the units. */
const NEEDLES_MAX = 512;
/** Names of fewer bytes stand anywhere. */
const SHORT = 4;

export class UnitSearch {
  readonly #world: World;
  #isSplit: boolean | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** Whether entries refer to entries of other units: link-time optimization, dwz. */
  get hasCrossReferences(): boolean {
    return this.#world.answers.answer('refers across', () => [Number(this.#refersAcross())])[0] === 1;
  }

  #refersAcross(): boolean {
    const section = this.#world.main.section('.debug_abbrev');
    if (section === undefined) return false;
    const bytes = section.bytes(0, section.length);
    const forms = [DW_FORM_ref_addr, DW_FORM_GNU_ref_alt];
    const pairs = [DW_AT_abstract_origin, DW_AT_specification].flatMap((attribute) => forms.map((form) => [attribute, form] as const));
    // The forms of DWARF 5 for other files are numbers that tags have too, and need no look where there is no other file.
    return (this.#world.hasSupplementary || mayDeclare(bytes, pairs)) && usesForm(bytes, [...forms, DW_FORM_ref_sup4, DW_FORM_ref_sup8]);
  }

  /**
   * Whether entries are in .dwo files. Their addresses stay behind in .debug_addr: without it the first entries of all units,
   * thousands of them, need not be read.
   */
  get isSplit(): boolean {
    this.#isSplit ??= this.#world.main.section('.debug_addr') !== undefined
      && (this.#world.info?.units ?? []).some((unit) => unit.header.unitType === DW_UT_skeleton || unit.root.has(DW_AT_dwo_name) || unit.root.has(DW_AT_GNU_dwo_name));
    return this.#isSplit;
  }

  /**
   * Units that may have the name, one by one, some perhaps twice. Undefined: the name says too little, or the
   * debug information is spread over files that would all have to be opened.
   */
  naming(name: string): Iterable<Unit> | undefined {
    const world = this.#world;
    if (name === '' || name.includes('\0') || this.isSplit) return undefined;
    const texts = [Buffer.from(`${name}\0`), Buffer.from(`${name}<`)];
    // What stands in the entries themselves is looked for without its end: one pass instead of two.
    const needles: Uint8Array[] = name.length < SHORT ? [...texts] : [Buffer.from(name)];
    const indexed: number[] = [];
    for (const sectionName of ['.debug_str', '.debug_line_str']) {
      const section = world.main.section(sectionName);
      if (section === undefined) continue;
      const offsets = places(section, texts);
      if (offsets.length > NEEDLES_MAX) return undefined;
      needles.push(...offsets.map(offsetBytes));
      if (sectionName === '.debug_str') indexed.push(...offsets);
    }
    if (world.hasSupplementary) {
      const section = world.supplementary.section('.debug_str');
      if (section !== undefined) needles.push(...places(section, texts).map(offsetBytes));
    }
    if (needles.length > NEEDLES_MAX) return undefined;
    return this.#units(needles, indexed);
  }

  /** Units that may refer to entries of others by their offsets. */
  referringTo(ids: readonly number[]): Unit[] {
    if (!this.hasCrossReferences) return [];
    const needles = ids.filter((id) => partOf(id) === PART_INFO || partOf(id) === PART_SUPPLEMENTARY).map((id) => offsetBytes(offsetOf(id)));
    const info = this.#world.info;
    if (info === undefined || needles.length === 0) return [];
    const starts = this.#world.answers.answer(`referring to ${ids.join()}`, () => [...new Set(unitsWith(info, needles))].map(({ header }) => header.offset));
    return starts.map((start) => info.unitAt(start));
  }

  *#units(needles: readonly Uint8Array[], indexed: readonly number[]): Generator<Unit, void, undefined> {
    const world = this.#world;
    const sections = [...world.ownSections, ...(world.hasSupplementary ? [world.part(PART_SUPPLEMENTARY)] : [])];
    for (const section of sections) yield* unitsWith(section, needles);
    yield* this.#indexing(indexed);
  }

  /** Units that name texts by index: those whose part of .debug_str_offsets has one of the offsets. */
  *#indexing(offsets: readonly number[]): Generator<Unit, void, undefined> {
    const table = this.#world.main.section('.debug_str_offsets');
    if (table === undefined || offsets.length === 0) return;
    const hits: number[] = [];
    for (const offset of offsets) {
      table.search(offsetBytes(offset), (at) => {
        hits.push(at);
        return true;
      });
    }
    if (hits.length === 0) return;
    const units = this.#world.ownSections.flatMap(({ units: all }) => all).flatMap((unit) => {
      const start = unit.stringsStart;
      return start === undefined ? [] : [{ unit, start }];
    });
    const starts = [...new Set(units.map(({ start }) => start))].sort((a, b) => a - b);
    const wanted = new Set(hits.map((hit) => starts.findLast((start) => start <= hit)));
    for (const { unit, start } of units) if (wanted.has(start)) yield unit;
  }
}

/** The low half is enough in 64-bit DWARF too: it only finds more. */
function offsetBytes(offset: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(offset % 2 ** 32);
  return bytes;
}

/** Offsets at which one of the texts stands, also inside of longer ones: linkers share tails. */
function places(section: SectionData, texts: readonly Uint8Array[]): number[] {
  const offsets: number[] = [];
  for (const text of texts) {
    section.search(text, (at) => {
      offsets.push(at);
      return offsets.length <= NEEDLES_MAX;
    });
  }
  return offsets;
}

/** Units in which one of the needles stands, piece by piece, so that whoever has enough need not wait for the rest. */
function* unitsWith(section: InfoSection, needles: readonly Uint8Array[]): Generator<Unit, void, undefined> {
  const { data } = section;
  const search = new NeedleSearch(needles);
  for (let start = 0; start < data.length; start += PIECE) {
    const piece = data.passingBytes(start, Math.min(data.length, start + PIECE + search.overlap));
    section.noteStarts(start, piece);
    const found = new Set<number>();
    search.search(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength), PIECE, (at) => {
      const index = section.indexBefore(start + at);
      if (index < 0) return at + 1;
      found.add(index);
      // The rest of a unit that is found already is of no interest.
      return Math.max(at + 1, section.unit(index).header.end - start);
    });
    for (const index of [...found].sort((a, b) => a - b)) yield section.unit(index);
  }
}

const PIECE = 1 << 20;
