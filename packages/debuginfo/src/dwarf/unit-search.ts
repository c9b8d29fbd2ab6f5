/**
 * Which units can have a name: where its text stands in the string sections, and
 * which units have that place (or the text itself) somewhere in their bytes. Search
 * by the processor's string functions over hundreds of megabytes takes a tenth of
 * what reading the entries takes. A unit too many costs time, one too few would be wrong.
 */
import { usesForm } from './abbreviations.js';
import { DW_AT_GNU_dwo_name, DW_AT_dwo_name, DW_FORM_GNU_ref_alt, DW_FORM_ref_addr, DW_FORM_ref_sup4, DW_FORM_ref_sup8, DW_UT_skeleton } from './constants.js';
import { offsetOf, partOf, PART_INFO, PART_SUPPLEMENTARY } from './die-id.js';
import type { InfoSection } from './info-section.js';
import type { SectionData } from './section-data.js';
import type { Unit } from './unit.js';
import type { World } from './world.js';

/** More places than these: the name is everywhere, and so are the units. */
const NEEDLES_MAX = 24;

export class UnitSearch {
  readonly #world: World;
  #crossReferences: boolean | undefined;
  #isSplit: boolean | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** Whether entries refer to entries of other units: link-time optimization, dwz. */
  get hasCrossReferences(): boolean {
    const section = this.#world.main.section('.debug_abbrev');
    this.#crossReferences ??= section !== undefined && usesForm(section.bytes(0, section.length), [DW_FORM_ref_addr, DW_FORM_GNU_ref_alt, DW_FORM_ref_sup4, DW_FORM_ref_sup8]);
    return this.#crossReferences;
  }

  /** Whether entries are in .dwo files. */
  get isSplit(): boolean {
    this.#isSplit ??= (this.#world.info?.units ?? []).some((unit) => unit.header.unitType === DW_UT_skeleton || unit.root.has(DW_AT_dwo_name) || unit.root.has(DW_AT_GNU_dwo_name));
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
    const needles: Uint8Array[] = [...texts];
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
    if (needles.length > NEEDLES_MAX + texts.length) return undefined;
    return this.#units(needles, indexed);
  }

  /** Units that may refer to entries of others by their offsets. */
  referringTo(ids: readonly number[]): Unit[] {
    if (!this.hasCrossReferences) return [];
    const needles = ids.filter((id) => partOf(id) === PART_INFO || partOf(id) === PART_SUPPLEMENTARY).map((id) => offsetBytes(offsetOf(id)));
    const info = this.#world.info;
    return info === undefined || needles.length === 0 ? [] : [...new Set(unitsWith(info, needles))];
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

function* unitsWith({ data, units }: InfoSection, needles: readonly Uint8Array[]): Generator<Unit, void, undefined> {
  let next = 0;
  while (next < units.length) {
    // Piece by piece, so that whoever has enough need not wait for the rest.
    const first = units[next] as Unit;
    let last = next;
    while (last + 1 < units.length && (units[last + 1] as Unit).header.end - first.header.offset <= PIECE) last++;
    const start = first.header.offset;
    const piece = data.passingBytes(start, (units[last] as Unit).header.end);
    const haystack = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const found = new Set<Unit>();
    for (const needle of needles) {
      let unit = next;
      for (let at = haystack.indexOf(needle); at >= 0;) {
        while ((units[unit] as Unit).header.end - start <= at) unit++;
        const hit = units[unit] as Unit;
        found.add(hit);
        // The rest of a unit that is found already is of no interest.
        at = haystack.indexOf(needle, hit.header.end - start);
      }
    }
    yield* [...found].sort((a, b) => a.index - b.index);
    next = last + 1;
  }
}

const PIECE = 4 << 20;
