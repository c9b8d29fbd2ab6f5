/**
 * DWARF debug information, versions 2 to 5, of an ELF file: functions, variables,
 * types and scopes, by name and by address.
 *
 * Opening reads nothing. What was asked before, in another process too, is answered
 * from what was kept. Another name is looked for in the index when there is one; else
 * only the units are read that have its text, and the index is built when a wildcard
 * or many names are asked for. Memory: the index (a hundredth of the file), the units
 * that were looked at last, and what the caller keeps of the results.
 *
 * Bytes that are no DWARF give DebugInfoError from the method that meets them.
 */
import type { ElfFile } from '../elf/elf-file.js';
import { lastBefore } from '../last-before.js';
import { AddressIndex, readUnitRanges } from './address-index.js';
import { PART_INFO, PART_TYPES } from './die-id.js';
import type { Die } from './die.js';
import { placesNaming } from './file-search.js';
import { FunctionEntry } from './functions.js';
import { readIndex, writeIndex } from './index-file.js';
import type { Fingerprint, StoredIndex } from './index-file.js';
import { SourceFilePattern } from './line-tables.js';
import type { InfoSection } from './info-section.js';
import type { LineTables } from './line-tables.js';
import type { DwarfFunction, DwarfInlined, DwarfScope, DwarfUnit, DwarfVariable } from './model.js';
import type { FoundEntry } from './name-lookup.js';
import { NamePattern } from './name-pattern.js';
import { NameQueries } from './name-queries.js';
import { Inlined, scopesAround } from './scopes.js';
import type { Scope } from './scopes.js';
import { ENTRY_HAS_CODE, ENTRY_HAS_ORIGIN, ENTRY_IS_FUNCTION } from './scan.js';
import { TypeReader } from './type-reader.js';
import type { DwarfPlace, DwarfScalar, DwarfType, DwarfTypeKind, DwarfTypeOf } from './types.js';
import { UnitCode } from './unit-code.js';
import { UnitSearch } from './unit-search.js';
import { Unit } from './unit.js';
import { Variable } from './variables.js';
import { World } from './world.js';
import type { DwarfSources } from './world.js';

export interface DwarfOptions extends DwarfSources {
  /** What exportIndex gave for this file before. Of another file, or broken: it is not used. */
  readonly index?: (() => Uint8Array | undefined) | undefined;
  /**
   * Gets the index when it was made: for a wildcard, or for more names than a search is worth. Not called for debug information
   * that lies in several files, which change one by one.
   */
  readonly keepIndex?: ((index: Uint8Array) => void) | undefined;
  /** What exportAnswers gave for this file before. Of another file, or broken: it is not used. */
  readonly answers?: Uint8Array | undefined;
}

/** Restricts functions and variables to those declared in a file. */
export interface FileFilter {
  /** As SystemTap's "func@file": wildcards over the path, or over its end from a directory on. */
  readonly file?: string | undefined;
}

/** A function at an address and what is inlined around that address. */
export interface InlineFrame {
  readonly name: string;
  readonly qualifiedName: string;
  /** The inlined instance, or for the outermost frame the body. */
  readonly scope: DwarfScope;
}

/** Code tables of units that are kept. */
const CODE_TABLES_MAX = 256;
/** Bodies whose scopes are kept. */
const BODIES_MAX = 256;
/** From so many entries on it is worth reading the file names of their units first. */
const MANY_ENTRIES = 1000;

export class Dwarf {
  readonly #world: World;
  readonly #search: UnitSearch;
  readonly #names: NameQueries;
  readonly #types: TypeReader;
  readonly #fingerprint: Fingerprint;
  readonly #code = new Map<Unit, UnitCode>();
  readonly #bodies = new Map<number, FunctionEntry>();
  readonly #keptIndex: (() => Uint8Array | undefined) | undefined;
  #stored: { readonly index: StoredIndex | undefined } | undefined;
  #addresses: AddressIndex | undefined;

  private constructor(elf: ElfFile, options: DwarfOptions) {
    this.#world = new World(elf, options, options.answers);
    const length = (name: string): number => this.#world.main.section(name)?.length ?? 0;
    this.#fingerprint = [length('.debug_info'), length('.debug_types'), length('.debug_abbrev'), length('.debug_str')];
    this.#search = new UnitSearch(this.#world);
    this.#keptIndex = options.index;
    const { keepIndex } = options;
    this.#names = new NameQueries(this.#world, this.#search, { kept: () => this.#index?.tables, onBuilt: keepIndex === undefined ? undefined : () => { keepIndex(this.exportIndex()); } });
    this.#types = new TypeReader(this.#world, (declaration, name) => this.#names.definition(declaration, name));
  }

  /** The index that was kept. Read when something needs it: of a kernel it has 9 MB, which take longer than most questions. */
  get #index(): StoredIndex | undefined {
    if (this.#stored === undefined) {
      const bytes = this.#keptIndex?.();
      const index = bytes === undefined ? undefined : readIndex(bytes, this.#fingerprint);
      this.#stored = { index };
      if (index !== undefined) for (const section of this.#world.ownSections) section.starts = section.part === PART_INFO ? index.unitStarts : index.typeUnitStarts;
    }
    return this.#stored.index;
  }

  /** Undefined when the file has no .debug_info. Throws DebugInfoError when that section cannot be read. */
  static open(elf: ElfFile, options: DwarfOptions = {}): Dwarf | undefined {
    const dwarf = new Dwarf(elf, options);
    return dwarf.#world.info === undefined ? undefined : dwarf;
  }

  /** The index of names and addresses as bytes, for `open`. Builds it when it is not there yet. */
  exportIndex(): Uint8Array {
    const { lows, highs, units } = this.#addressIndex.ranges;
    const starts = (part: number): Float64Array => this.#world.ownSections.find((section) => section.part === part)?.starts ?? new Float64Array();
    return writeIndex({ tables: this.#names.tables, unitStarts: starts(PART_INFO), typeUnitStarts: starts(PART_TYPES), rangeLows: lows, rangeHighs: highs, rangeUnits: units }, this.#fingerprint);
  }

  /** Names of .dwo files that were asked for so far, and are not there or of another build: what they describe is missed. */
  get missingFiles(): readonly string[] {
    return [...this.#world.missingSplit];
  }

  /**
   * Answers to the questions of this process as bytes, for `open`: with them the same questions need no search.
   * @param kept what is kept now: the answers of other processes stay
   * @returns undefined when there is nothing to keep: all answers were kept before, or lie in several files, which change one by one
   */
  exportAnswers(kept?: Uint8Array): Uint8Array | undefined {
    const { answers } = this.#world;
    return answers.isNew && !this.#search.isSplit ? answers.bytes(kept) : undefined;
  }

  /**
   * What a caller makes of this file alone, kept with the answers: a question of its own, so long as it means the same.
   */
  remembered(question: string, find: () => readonly number[]): readonly number[] {
    return this.#world.answers.answer(`of caller: ${question}`, find);
  }

  // ─── Functions and variables by name ───

  /**
   * Functions by name: "main", "tcp_*", "Shape::area", "std::*::push_back", "::f", a mangled name. In the order of the
   * file; each body once, and functions that have none because they were inlined everywhere.
   */
  functions(pattern: string, { file }: FileFilter = {}): DwarfFunction[] {
    const named = this.#names.entries(new NamePattern(pattern)).filter(({ flags }) => (flags & ENTRY_IS_FUNCTION) !== 0);
    const found = file === undefined || named.length < MANY_ENTRIES ? named : named.filter(this.#mayBeIn(file));
    const bodies: FunctionEntry[] = [];
    const withBody = new Set<number>();
    for (const { id, flags } of found) {
      if ((flags & ENTRY_HAS_CODE) === 0) continue;
      const body = this.#function(this.#world.die(id));
      // What the linker threw away is not in the program.
      if (body.entryPc === undefined) continue;
      withBody.add(body.originId);
      for (const { id: origin } of body.chain) withBody.add(origin);
      bodies.push(body);
    }
    const bodiless = found.filter(({ id, flags }) => (flags & ENTRY_HAS_CODE) === 0 && !withBody.has(id)).map(({ id }) => this.#function(this.#world.die(id)));
    const order = new Map(found.map(({ id }, position) => [id, position]));
    const all = [...bodies, ...bodiless].sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
    return file === undefined ? all : all.filter(declaredIn(file));
  }

  /** Of many entries only those are read whose unit's line table has the file; where another entry declares a function, that one's unit would have it. */
  #mayBeIn(file: string): (entry: FoundEntry) => boolean {
    const pattern = new SourceFilePattern(file);
    const known = new Map<Unit, boolean>();
    return ({ id, flags }) => {
      if ((flags & ENTRY_HAS_ORIGIN) !== 0) return true;
      const { unit } = this.#world.die(id);
      let has = known.get(unit);
      if (has === undefined) {
        const table = unit.lineOffset === undefined ? undefined : this.lines.at(unit.lineOffset, unit.compilationDirectory);
        has = table === undefined || pattern.matches(unit.name) || table.filesWhere(pattern.matches, pattern.fileName).length > 0;
        known.set(unit, has);
      }
      return has;
    };
  }

  /** Global variables, static ones of a file and static members of classes, by name as functions are. */
  globals(pattern: string, { file }: FileFilter = {}): DwarfVariable[] {
    const found = this.#names.entries(new NamePattern(pattern)).filter(({ flags }) => (flags & ENTRY_IS_FUNCTION) === 0).map(({ id }) => new Variable(this.#world.die(id)));
    return file === undefined ? found : found.filter(declaredIn(file));
  }

  // ─── Code by address ───

  /** The unit with the code at an address. */
  unitAt(pc: bigint): DwarfUnit | undefined {
    return this.#unitsAt(pc)[0];
  }

  /**
   * The function whose body has an address.
   * @param likely the unit that a line table or the like gave for it, which is asked first: finding the unit takes more
   */
  functionAt(pc: bigint, likely?: DwarfUnit): DwarfFunction | undefined {
    const unit = likely instanceof Unit ? likely : undefined;
    const [id] = this.#world.answers.answer(`function ${pc}${unit === undefined ? '' : ` ${unit.id(0)}`}`, () => {
      const found = (unit === undefined ? undefined : this.#functionIn(unit, pc)) ?? this.#firstFunction(pc);
      return found === undefined ? [] : [found];
    });
    return id === undefined ? undefined : this.#body(id);
  }

  /** Id of the function. */
  #functionIn(unit: Unit, pc: bigint): number | undefined {
    const at = this.#codeOf(unit).functionAt(pc);
    return at === undefined ? undefined : unit.id(at);
  }

  #firstFunction(pc: bigint): number | undefined {
    for (const unit of this.#unitsAt(pc)) {
      const found = this.#functionIn(unit, pc);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Scopes around an address, the innermost first, the function last. */
  scopesAt(pc: bigint): DwarfScope[] {
    const function_ = this.functionAt(pc) as FunctionEntry | undefined;
    if (function_ === undefined) return [];
    return scopesAround(function_.scope, pc);
  }

  /** The function at an address and those inlined into it there, the innermost first: what `addr2line -i` prints. */
  inlineStack(pc: bigint): InlineFrame[] {
    const function_ = this.functionAt(pc);
    if (function_ === undefined) return [];
    const inlined = this.scopesAt(pc).filter((scope): scope is Inlined => scope instanceof Inlined);
    return [...inlined.map((scope) => ({ name: scope.name, qualifiedName: scope.qualifiedName, scope })), { name: function_.name, qualifiedName: function_.qualifiedName, scope: function_.scope }];
  }

  /**
   * Variables and parameters that code at an address can name, those of inner scopes first; a name that an inner scope
   * declares anew hides the outer one. Of inlined instances those of the innermost one.
   */
  variablesAt(pc: bigint): DwarfVariable[] {
    const visible = new Map<string, DwarfVariable>();
    for (const scope of this.scopesAt(pc)) {
      for (const variable of [...scope.variables, ...scope.parameters]) if (!visible.has(variable.name)) visible.set(variable.name, variable);
      if (scope.kind === 'inlined' || scope.kind === 'function') break;
    }
    return [...visible.values()];
  }

  /** Units with entries in the order of the file: compile units and, with dwz and link-time optimization, partial ones. Reads their headers. */
  get units(): readonly DwarfUnit[] {
    return (this.#world.info?.units ?? []).filter((unit) => !unit.isTypeUnit);
  }

  /**
   * Units whose line tables have a file that a pattern (SourceFilePattern) names; of those that share a table the first. The first
   * time that a wildcard of file names is asked for, this reads the files of all tables.
   */
  unitsWithFile(pattern: string): readonly DwarfUnit[] {
    const { info, answers } = this.#world;
    if (info === undefined) return [];
    return answers.answer(`file ${pattern}`, () => this.#unitsWithFile(info, new SourceFilePattern(pattern))).map((start) => info.unitAt(start));
  }

  #unitsWithFile(info: InfoSection, files: SourceFilePattern): number[] {
    const tables = new Map<number, Unit>();
    for (const unit of info.units) {
      const { lineOffset } = unit;
      if (!unit.isTypeUnit && lineOffset !== undefined && !tables.has(lineOffset)) tables.set(lineOffset, unit);
    }
    const places = files.fileName === undefined ? undefined : placesNaming(this.#world.main, files.fileName);
    const offsets = [...tables.keys()].sort((a, b) => a - b);
    const mayHave = places === undefined ? undefined : new Set(places.map((place) => offsets[lastBefore(offsets.length, (index) => (offsets[index] as number) <= place)]));
    return [...tables].filter(([offset, unit]) => (mayHave === undefined || mayHave.has(offset)) && this.lines.at(offset, unit.compilationDirectory).filesWhere(files.matches, files.fileName).length > 0).map(([, { header }]) => header.offset);
  }

  /** Line tables, which units name by `lineOffset`. */
  get lines(): LineTables {
    return this.#world.lines;
  }

  // ─── Types ───

  /** The type of an id; 0 is void. Throws DebugInfoError for an id that is no type's. */
  type(id: number): DwarfType {
    return this.#types.type(id);
  }

  /**
   * The definition of a type by its name, with namespaces where it has them: "task_struct", "std::pair<int, int>". Not
   * "struct task_struct". Of several the first of the file.
   */
  findType<K extends DwarfTypeKind = DwarfTypeKind>(name: string, ...kinds: readonly K[]): DwarfTypeOf<K> | undefined {
    const id = this.#names.typeId(name, kinds);
    return id === undefined ? undefined : (this.#types.type(id) as DwarfTypeOf<K>);
  }

  /** Definitions of types whose names match a wildcard, each once; in the order of the file. */
  types(pattern: string): DwarfType[] {
    return this.#names.types(new NamePattern(pattern)).map(({ id }) => this.#types.type(id));
  }

  /** Strips qualifiers and typedefs. Of a type that is only declared: its definition, when the program has one. */
  resolve(id: number): DwarfType {
    return this.#types.resolve(id);
  }

  /** Strips qualifiers and keeps typedefs. */
  skipModifiers(id: number): DwarfType {
    return this.#types.resolve(id, false);
  }

  /** Bytes of a value of the type; undefined for void, functions, declarations, variable-length arrays. */
  sizeOf(id: number): number | undefined {
    return this.#types.sizeOf(id);
  }

  /** As `stap -L` prints it: "struct file*", "char const*", "std::pair<int, int>". */
  typeName(id: number): string {
    return this.#types.typeName(id);
  }

  /** A type's name with namespaces and classes around it, without `struct`. */
  qualifiedTypeName(id: number): string {
    return this.#types.qualifiedName(id);
  }

  /** How to load a value of the type; undefined when it is no scalar of 1, 2, 4 or 8 bytes. */
  scalar(id: number): DwarfScalar | undefined {
    return this.#types.scalar(id);
  }

  /** Finds a member by name, also inside of anonymous members, of base classes, and of the variants of Rust's enums. */
  member(id: number, name: string): DwarfPlace | undefined {
    return this.#types.locate(id, [name]);
  }

  /**
   * Follows member names and array indexes from a root. Pointers are not followed. Undefined when a step does not exist;
   * an index past an array's end does not, except in a flexible or variable-length array.
   */
  locate(rootId: number, path: readonly (string | number)[]): DwarfPlace | undefined {
    return this.#types.locate(rootId, path);
  }

  /** Names of all members, those of anonymous members and base classes included: for "did you mean". */
  memberNames(id: number): string[] {
    return this.#types.memberNames(id);
  }

  // ─── Inside ───

  #function(die: Die): FunctionEntry {
    return new FunctionEntry(die, (originId) => this.#inlinedOf(originId));
  }

  #inlinedOf(originId: number): DwarfInlined[] {
    const places = this.#world.answers.answer(`inlined ${originId}`, () => this.#inlinedPlaces(originId));
    const wanted = new Map<number, Set<number>>();
    for (let index = 0; index + 1 < places.length; index += 2) {
      const function_ = places[index + 1] as number;
      wanted.set(function_, (wanted.get(function_) ?? new Set<number>()).add(places[index] as number));
    }
    return [...wanted].flatMap(([function_, instances]) => inlinedIn(this.#body(function_).scope, instances).filter(({ entryPc }) => entryPc !== undefined));
  }

  /** Ids of the inlined instances of an abstract entry, each with that of the function it is in. */
  #inlinedPlaces(originId: number): number[] {
    const origin = this.#world.die(originId).unit;
    const units = new Set([origin, ...this.#search.referringTo([originId])]);
    return [...units].flatMap((unit) => this.#codeOf(unit).inlinedOf(originId).flatMap(({ at, functionAt }) => [unit.id(at), unit.id(functionAt)]));
  }

  /** Bodies are walked once for each function that was inlined into them: those of a unit one after the other. */
  #body(id: number): FunctionEntry {
    let body = this.#bodies.get(id);
    if (body === undefined) {
      body = this.#function(this.#world.die(id));
      if (this.#bodies.size >= BODIES_MAX) this.#bodies.clear();
      this.#bodies.set(id, body);
    }
    return body;
  }

  #unitsAt(pc: bigint): Unit[] {
    const info = this.#world.info;
    if (info === undefined) return [];
    return this.#world.answers.answer(`units at ${pc}`, () => this.#addressIndex.unitsAt(pc)).map((index) => info.unit(index).full);
  }

  get #addressIndex(): AddressIndex {
    if (this.#addresses === undefined) {
      const index = this.#index;
      this.#addresses = new AddressIndex(index === undefined ? readUnitRanges(this.#world) : { lows: index.rangeLows, highs: index.rangeHighs, units: index.rangeUnits });
    }
    return this.#addresses;
  }

  #codeOf(unit: Unit): UnitCode {
    let code = this.#code.get(unit);
    if (code === undefined) {
      code = new UnitCode(unit);
      for (const oldest of this.#code.keys()) {
        if (this.#code.size < CODE_TABLES_MAX) break;
        this.#code.delete(oldest);
      }
      this.#code.set(unit, code);
    }
    return code;
  }
}

function inlinedIn(scope: Scope, wanted: ReadonlySet<number>): Inlined[] {
  const found: Inlined[] = [];
  const pending = [scope];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next instanceof Inlined && wanted.has(next.id)) found.push(next);
    pending.push(...next.scopes);
  }
  return found;
}

function declaredIn(file: string): (one: DwarfFunction | DwarfVariable) => boolean {
  const pattern = new SourceFilePattern(file);
  return ({ declaration, unit }) => declaration !== undefined && (pattern.matches(declaration.file) || (declaration.file === '' && pattern.matches(unit.name)));
}

