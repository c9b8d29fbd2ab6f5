/** The debug information of one program or library, opened once a compilation: DWARF, line tables, call frames. */
import { decodeExpression, Glob, SourceFilePattern, type AddressRange, type CallFrames, type Dwarf, type DwarfFunction, type DwarfUnit, type ElfFile, type LineTable, type Operation } from '@stapkit/debuginfo';

export interface StatementRow {
  readonly pc: bigint;
  readonly line: number;
  readonly path: string;
  readonly unit: DwarfUnit;
}

/** Where the statements of a function can be. */
export interface FunctionCode {
  readonly name: string;
  readonly units: readonly DwarfUnit[];
  readonly ranges: readonly AddressRange[];
}

/** Numbers that a row is kept as: unit, file, line, upper and lower half of the address. */
const ROW_NUMBERS = 5;

/** How the CFA is computed at an instruction. */
export type CfaRule =
  | { readonly kind: 'register'; readonly register: number; readonly offset: number }
  | { readonly kind: 'expression'; readonly operations: readonly Operation[] };

/** Names to choose suggestions from: more would take longer than the mistake is worth. */
const MOST_NAMES = 50_000;

export class DebugProgram {
  /** The file that is probed. */
  readonly elf: ElfFile;
  readonly dwarf: Dwarf;
  /** Where the DWARF came from, for -v and messages. */
  readonly from: string;
  /** Loaded where it was linked: neither a position-independent executable nor a library, nor the kernel, which moves at boot. */
  readonly isFixed: boolean;
  readonly #openFrames: () => readonly CallFrames[];
  #frames: readonly CallFrames[] | undefined;

  /**
   * @param frames call frame tables in the order to ask them, opened when first needed
   */
  constructor(elf: ElfFile, debug: { readonly dwarf: Dwarf; readonly from: string; readonly isKernel?: boolean }, frames: () => readonly CallFrames[]) {
    this.elf = elf;
    this.dwarf = debug.dwarf;
    this.from = debug.from;
    this.isFixed = elf.type === 'exec' && debug.isKernel !== true;
    this.#openFrames = frames;
  }

  /** For messages that something is not described: which of its files are missing; '' when none is. */
  get gaps(): string {
    const [first, ...more] = this.dwarf.missingFiles;
    return first === undefined ? '' : `, of which a part is in ${first}${more.length === 0 ? '' : ` and ${more.length} more`}: not found, or of another build`;
  }

  /** @param body the function that the instruction is in, where it is known: its entry is found faster */
  cfaAt(pc: bigint, body?: DwarfFunction): CfaRule | undefined {
    // Of most instructions two numbers, which take a search of tables of megabytes.
    let other: CfaRule | undefined;
    const [register, offset] = this.dwarf.remembered(`CFA at ${pc}`, () => {
      const found = this.#cfaAt(pc, body);
      if (found?.kind === 'register') return [found.register, found.offset];
      other = found;
      return [];
    });
    if (register !== undefined && offset !== undefined) return { kind: 'register', register, offset };
    return other ?? this.#cfaAt(pc, body);
  }

  #cfaAt(pc: bigint, body?: DwarfFunction): CfaRule | undefined {
    this.#frames ??= this.#openFrames();
    const start = body?.scope.ranges.find(({ low, high }) => pc >= low && pc < high)?.low;
    for (const frames of this.#frames) {
      const cfa = frames.rowAt(pc, start)?.cfa;
      if (cfa?.kind === 'register-offset') return { kind: 'register', register: cfa.register, offset: cfa.offset };
      if (cfa?.kind === 'expression') return { kind: 'expression', operations: decodeExpression(cfa.expression, { version: 5, addressSize: 8, offsetSize: 4 }) };
    }
    return undefined;
  }

  lineTable({ lineOffset, compilationDirectory }: DwarfUnit): LineTable | undefined {
    return lineOffset === undefined ? undefined : this.dwarf.lines.at(lineOffset, compilationDirectory);
  }

  /** First instructions of statements of these lines in files that a pattern names, rising in each unit. `all`: of lines that no statement starts with too. */
  statements(file: string, [first, last]: readonly [number, number], all = false): readonly StatementRow[] {
    return this.#tables(file).flatMap(({ unit, table, indexes }) => table.rowsFor(indexes, first, last, all).map(({ address, line, file: index }) => ({ pc: address, line, path: table.path(index), unit })));
  }

  /** Those in a function's code, which are kept: the line tables of its units have a hundred times as many. */
  statementsOfFunction({ name, units, ranges }: FunctionCode, file: string, [first, last]: readonly [number, number], all = false): readonly StatementRow[] {
    const kept = this.dwarf.remembered(`statements ${JSON.stringify([name, file, first, last, all])}`, () => this.#tables(file, units).flatMap(({ unit, table, indexes }) => (
      table.rowsFor(indexes, first, last, all).filter(({ address }) => ranges.some(({ low, high }) => address >= low && address < high))
        .flatMap(({ address, line, file: index }) => [units.indexOf(unit), index, line, Number(address >> 32n), Number(address & 0xffff_ffffn)]))));
    const rows: StatementRow[] = [];
    for (let at = 0; at + ROW_NUMBERS <= kept.length; at += ROW_NUMBERS) {
      const [unitAt = 0, index = 0, line = 0, upper = 0, lower = 0] = kept.slice(at, at + ROW_NUMBERS);
      const unit = units[unitAt];
      if (unit !== undefined) rows.push({ pc: (BigInt(upper) << 32n) | BigInt(lower), line, path: this.lineTable(unit)?.path(index) ?? '', unit });
    }
    return rows;
  }

  /** The nearest lines that have code. */
  linesAround(file: string, line: number): { readonly before: number | undefined; readonly after: number | undefined } {
    let before: number | undefined;
    let after: number | undefined;
    for (const { table, indexes } of this.#tables(file)) {
      for (const one of table.linesOf(indexes)) {
        if (one < line && (before === undefined || one > before)) before = one;
        if (one > line && (after === undefined || one < after)) after = one;
      }
    }
    return { before, after };
  }

  /** Source files that a pattern names. */
  filesMatching(pattern: string): readonly string[] {
    return [...new Set(this.#tables(pattern).flatMap(({ table, indexes }) => indexes.map((index) => table.path(index))))];
  }

  /** Some of the names of functions, for suggestions. */
  functionNames(): readonly string[] {
    return this.elf.functions().slice(0, MOST_NAMES).map(({ name }) => name);
  }

  /** Whether a pattern means a function: by its own name or, with `::`, by the qualified one. */
  nameMatches({ name, qualifiedName }: { readonly name: string; readonly qualifiedName: string }, pattern: string): boolean {
    const glob = new Glob(pattern);
    return glob.matches(name) || glob.matches(qualifiedName);
  }

  #tables(pattern: string, units: Iterable<DwarfUnit> = this.dwarf.unitsWithFile(pattern)): { readonly unit: DwarfUnit; readonly table: LineTable; readonly indexes: readonly number[] }[] {
    const files = new SourceFilePattern(pattern);
    const found = new Map<LineTable, { readonly unit: DwarfUnit; readonly table: LineTable; readonly indexes: readonly number[] }>();
    for (const unit of units) {
      const table = this.lineTable(unit);
      if (table === undefined || found.has(table)) continue;
      const indexes = table.filesWhere(files.matches, files.fileName);
      if (indexes.length > 0) found.set(table, { unit, table, indexes });
    }
    return [...found.values()];
  }
}
