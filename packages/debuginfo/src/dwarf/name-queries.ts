/**
 * Names: from the index when there is one; else from the units that a search finds
 * for the name, until enough was asked that an index of all is worth its second.
 */
import type { DwarfType, DwarfTypeKind } from './types.js';
import { DW_TAG_array_type, DW_TAG_base_type, DW_TAG_class_type, DW_TAG_enumeration_type, DW_TAG_structure_type, DW_TAG_typedef, DW_TAG_union_type, DW_TAG_unspecified_type } from './constants.js';
import type { InfoSection } from './info-section.js';
import { PART_PACKAGE, PART_SUPPLEMENTARY } from './die-id.js';
import { IndexBuilder } from './name-index.js';
import type { ForeignName, IndexTables } from './name-index.js';
import { NameLookup } from './name-lookup.js';
import type { FoundEntry, FoundType } from './name-lookup.js';
import { NamePattern } from './name-pattern.js';
import { chainOf, linkageNameOf, nameOf, markedScopeNames } from './origins.js';
import { ENTRY_HAS_CODE, ENTRY_IS_FUNCTION, scanUnit } from './scan.js';
import type { UnitSearch } from './unit-search.js';
import type { Unit } from './unit.js';
import type { World } from './world.js';

/** Below this size of .debug_info the index takes a few milliseconds: no reason to search first. */
const SMALL = 4 << 20;
/** Names that are searched for before all are indexed: that takes as long as some thirty searches. */
const SEARCHES_MAX = 16;
/** A name in units of more than this part of all: all are read at once. */
const SHARE_MAX = 1 / 4;

const KINDS: Readonly<Record<number, DwarfTypeKind>> = {
  [DW_TAG_base_type]: 'base', [DW_TAG_structure_type]: 'struct', [DW_TAG_class_type]: 'class', [DW_TAG_union_type]: 'union', [DW_TAG_enumeration_type]: 'enum',
  [DW_TAG_typedef]: 'typedef', [DW_TAG_unspecified_type]: 'unspecified', [DW_TAG_array_type]: 'array',
};
const TAGS: Readonly<Partial<Record<DwarfTypeKind, number>>> = { struct: DW_TAG_structure_type, class: DW_TAG_class_type, union: DW_TAG_union_type, enum: DW_TAG_enumeration_type };

export class NameQueries {
  readonly #world: World;
  readonly #search: UnitSearch;
  #all: NameLookup | undefined;
  readonly #onBuilt: (() => void) | undefined;
  #isOneFile: boolean | undefined;
  readonly #partial = new Map<string, NameLookup>();
  #typeSearches = 0;
  readonly #kept: () => IndexTables | undefined;
  #wasKeptRead = false;

  /** @param index `kept`: what was kept of it, asked when a question needs it; `onBuilt`: who wants to keep it */
  constructor(world: World, search: UnitSearch, { kept, onBuilt }: { readonly kept: () => IndexTables | undefined; readonly onBuilt: (() => void) | undefined }) {
    this.#world = world;
    this.#search = search;
    this.#kept = kept;
    this.#onBuilt = onBuilt;
  }

  /** The index of all names; built when it is not there. */
  get tables(): IndexTables {
    return this.#complete.tables;
  }

  entries(pattern: NamePattern): FoundEntry[] {
    const { exact } = pattern;
    if (exact === undefined) return this.#complete.entries(pattern);
    const found = this.#world.answers.answer(`entries ${pattern.pattern}`, () => this.#lookupFor(exact, pattern).entries(pattern).flatMap(({ id, flags }) => [id, flags]));
    return Array.from({ length: found.length >> 1 }, (_, index) => ({ id: found[2 * index] as number, flags: found[2 * index + 1] as number }));
  }

  types(pattern: NamePattern): FoundType[] {
    return this.#complete.types(pattern);
  }

  /** The first definition of a name as it would be written. */
  typeId(name: string, kinds: readonly DwarfTypeKind[]): number | undefined {
    const pattern = new NamePattern(escapeWildcards(name));
    const accepts = ({ tag }: FoundType): boolean => kinds.length === 0 || kinds.includes(KINDS[tag] ?? 'other');
    return this.#firstType(`${name} ${kinds.join()}`, pattern.name.replaceAll('\\', ''), (lookup) => lookup.types(pattern).find(accepts)?.id);
  }

  /** The definition of a type that is only declared. */
  definition(declaration: DwarfType, qualifiedName: string): number | undefined {
    const tag = TAGS[declaration.kind];
    if (tag === undefined) return undefined;
    const scopes = markedScopeNames(chainOf(this.#world.die(declaration.id)));
    return this.#firstType(`${tag} ${qualifiedName}`, declaration.name, (lookup) => lookup.type(declaration.name, scopes, tag));
  }

  /** Asks the units that have the name one after the other, until one answers. */
  #firstType(key: string, name: string, ask: (lookup: NameLookup) => number | undefined): number | undefined {
    const [found] = this.#world.answers.answer(`type ${key}`, () => {
      const id = this.#searchType(name, ask);
      return id === undefined ? [] : [id];
    });
    return found;
  }

  #searchType(name: string, ask: (lookup: NameLookup) => number | undefined): number | undefined {
    const units = this.#isIndexed || ++this.#typeSearches > SEARCHES_MAX ? undefined : this.#search.naming(name);
    if (units === undefined) return ask(this.#complete);
    let asked = 0;
    for (const unit of units) {
      asked += unit.size;
      if (asked > this.#searchLimit) return ask(this.#complete);
      const found = ask(this.#scan([unit]));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #lookupFor(name: string, pattern: NamePattern): NameLookup {
    if (this.#isIndexed) return this.#complete;
    let lookup = this.#partial.get(name);
    if (lookup === undefined) {
      const naming = this.#partial.size < SEARCHES_MAX ? this.#search.naming(name) : undefined;
      if (naming === undefined) return this.#complete;
      const units = new Set<Unit>();
      let size = 0;
      for (const unit of naming) {
        if (units.has(unit)) continue;
        units.add(unit);
        size += unit.size;
        if (size > this.#searchLimit) return this.#complete;
      }
      lookup = this.#scan([...units]);
      // With link-time optimization a body is in another unit than its name.
      const bodiless = lookup.entries(pattern).filter(({ flags }) => (flags & ENTRY_IS_FUNCTION) !== 0 && (flags & ENTRY_HAS_CODE) === 0).map(({ id }) => id);
      const more = this.#search.referringTo(bodiless).filter((unit) => !units.has(unit));
      if (more.length > 0) lookup = this.#scan([...units, ...more]);
      this.#partial.set(name, lookup);
    }
    return lookup;
  }

  get #isIndexed(): boolean {
    return this.#known !== undefined || (this.#world.info?.data.length ?? 0) < SMALL;
  }

  get #isKept(): boolean {
    if (this.#onBuilt === undefined) return false;
    this.#isOneFile ??= !this.#world.hasSupplementary && !this.#search.isSplit;
    return this.#isOneFile;
  }

  /** Bytes of units. */
  get #searchLimit(): number {
    return this.#world.ownSections.reduce((sum, { data }) => sum + data.length, 0) * SHARE_MAX;
  }

  /** The index, when it is made or kept. */
  get #known(): NameLookup | undefined {
    if (!this.#wasKeptRead && this.#all === undefined) {
      this.#wasKeptRead = true;
      const tables = this.#kept();
      this.#all = tables === undefined ? undefined : new NameLookup(tables);
    }
    return this.#all;
  }

  get #complete(): NameLookup {
    if (this.#known !== undefined) return this.#known;
    if (this.#all === undefined) {
      this.#all = this.#scan(allUnits(this.#world));
      if (this.#isKept) this.#onBuilt?.();
    }
    return this.#all;
  }

  #scan(units: Iterable<Unit>): NameLookup {
    const builder = new IndexBuilder((id) => this.#foreign(id));
    const sections = new Set<InfoSection>();
    for (const unit of units) {
      sections.add(unit.section);
      scanUnit(unit, builder);
    }
    for (const { data } of sections) data.endPass();
    return new NameLookup(builder.build());
  }

  #foreign(id: number): ForeignName {
    const chain = chainOf(this.#world.die(id));
    return { name: nameOf(chain), linkageName: linkageNameOf(chain) ?? '', scopes: markedScopeNames(chain) };
  }
}

/** Every unit with entries once: of the file, of its supplementary file, and of .dwo files in place of their skeletons. */
function* allUnits(world: World): Generator<Unit, void, undefined> {
  const packages = new Set<InfoSection>();
  for (const section of world.ownSections) {
    for (let index = 0; index < section.starts.length; index++) {
      const unit = section.unit(index).full;
      yield unit;
      if (!unit.isSplit) continue;
      const { part } = unit.section;
      if (part === PART_PACKAGE || part === PART_PACKAGE + 1) packages.add(unit.section);
      // The types of a .dwo are units beside its compile unit.
      else yield* world.typeUnitsBeside(unit);
    }
  }
  for (const section of packages) yield* world.typeUnitsBeside(section.unit(0));
  if (world.hasSupplementary) yield* world.part(PART_SUPPLEMENTARY).units;
}

/** `operator[]`, `operator*`: names of types as they stand. */
const escapeWildcards = (name: string): string => name.replace(/[*?[\]\\]/g, '\\$&');

