/**
 * The line table of one unit: its files, and which instruction belongs to which line. The header is read when it is opened;
 * the rows are decoded when the first question needs them.
 */
import { posix } from 'node:path';
import { lastBefore } from '../last-before.js';
import { DebugInfoError } from '../errors.js';
import type { DebugSections } from './debug-sections.js';
import { readLineHeader } from './line-header.js';
import type { LineHeader } from './line-header.js';
import { runLineProgram } from './line-rows.js';
import type { LineRow, LineRows, LineSequence } from './line-rows.js';

export interface LineFile {
  /** Number that rows and DW_AT_decl_file use: from 1 before DWARF 5, from 0 since. */
  readonly index: number;
  /** As the compiler wrote it, often relative. */
  readonly name: string;
  /** Directory and name, below the compilation directory where that is known and the parts are relative; not normalized, as the compiler saw it. */
  readonly path: string;
  /** In hexadecimal, when the compiler wrote it. */
  readonly md5: string | undefined;
}

export interface LineTableOptions {
  /** DW_AT_comp_dir of the unit; DWARF 5 tables have their own. */
  readonly compilationDirectory?: string;
  /** False for sequences that the linker left behind for removed code, at address 0 mostly. Default: all are kept. */
  readonly isCode?: (address: bigint) => boolean;
}

export class LineTable {
  readonly header: LineHeader;
  readonly #line: Uint8Array;
  readonly #options: LineTableOptions;
  #rows: LineRows | undefined;
  #sequences: readonly LineSequence[] | undefined;

  private constructor(header: LineHeader, line: Uint8Array, options: LineTableOptions) {
    this.header = header;
    this.#line = line;
    this.#options = options;
  }

  /** @param offset DW_AT_stmt_list of the unit. Throws DebugInfoError: no .debug_line, a broken header, an unknown version. */
  static parse(sections: DebugSections, offset: number, options: LineTableOptions = {}): LineTable {
    const line = sections.debugSection('.debug_line');
    if (line === undefined) throw new DebugInfoError('.debug_line', 0, 'the file has no line tables');
    return new LineTable(readLineHeader(sections, line, offset), line, options);
  }

  get version(): number {
    return this.header.version;
  }

  /** All files of the table. */
  get files(): LineFile[] {
    const { files } = this.header;
    return Array.from({ length: files.count }, (_, index) => this.#fileAt(files.base + index));
  }

  /** The file of that number; undefined: the table has none. */
  file(index: number): LineFile | undefined {
    return this.header.files.has(index) ? this.#fileAt(index) : undefined;
  }

  /** Path of a file as LineFile has it, "" when the table has no such file. */
  path(index: number): string {
    if (!this.header.files.has(index)) return '';
    const { files, directories } = this.header;
    const name = files.name(index);
    const directory = files.directory(index);
    const root = this.#options.compilationDirectory ?? directories[0] ?? '';
    return joined(joined(root, directory === 0 ? '' : (directories[directory] ?? '')), name);
  }

  /**
   * Numbers of the files whose path a predicate accepts. Paths are asked as they are and, where that differs, with "." and ".." resolved.
   * @param fileName the path's last part, where it is known
   */
  filesWhere(accepts: (path: string) => boolean, fileName?: string): number[] {
    const { files } = this.header;
    const found: number[] = [];
    const name = fileName === undefined ? undefined : Buffer.from(fileName);
    for (let index = files.base; index < files.base + files.count; index++) {
      if (name !== undefined && !files.isNamed(index, name)) continue;
      const path = this.path(index);
      if (accepts(path) || (path.includes('./') && accepts(posix.normalize(path)))) found.push(index);
    }
    return found;
  }

  /** Every row, in the program's order, ends of sequences included. */
  *rows(): Generator<LineRow, void, undefined> {
    const rows = this.#decoded();
    for (const sequence of this.#codeSequences()) {
      for (let index = sequence.first; index < sequence.end; index++) yield rows.row(index, sequence);
    }
  }

  /** Sequences of code: contiguous, each with rising addresses; in the program's order. */
  get sequences(): readonly LineSequence[] {
    return this.#codeSequences();
  }

  /** The row that an address belongs to: the last one that starts at it or before it, in its sequence. */
  lineAt(address: bigint): LineRow | undefined {
    const rows = this.#decoded();
    for (const sequence of this.#codeSequences()) {
      if (address < sequence.low || address >= sequence.high) continue;
      const distance = Number(address - sequence.low);
      return rows.row(sequence.first + lastBefore(sequence.end - sequence.first, (index) => rows.delta(sequence.first + index) <= distance), sequence);
    }
    return undefined;
  }

  /** Rows of [low, high) in rising order of addresses, ends of sequences left out. */
  rowsBetween(low: bigint, high: bigint): LineRow[] {
    const found = this.#select((sequence) => sequence.low < high && sequence.high > low, () => true);
    return found.filter(({ address }) => address >= low && address < high).sort(byAddress);
  }

  /**
   * Statement rows of a line of these files, in rising order of addresses. Lines from `line` to `lastLine`, which is `line` itself unless
   * given. With `all`, rows that the compiler does not recommend for breakpoints as well.
   */
  rowsFor(files: readonly number[], line: number, lastLine = line, all = false): LineRow[] {
    const wanted = new Set(files);
    const rows = this.#decoded();
    const isWanted = (index: number): boolean => rows.line(index) >= line && rows.line(index) <= lastLine && (all || rows.isStatement(index)) && !rows.isEnd(index) && wanted.has(rows.file(index));
    return this.#select(() => true, isWanted).sort(byAddress);
  }

  /** Lines of these files that have statements, each once, rising. */
  linesOf(files: readonly number[]): number[] {
    const wanted = new Set(files);
    const rows = this.#decoded();
    const lines = new Set<number>();
    for (const { first, end } of this.#codeSequences()) {
      for (let index = first; index < end; index++) {
        if (rows.isStatement(index) && !rows.isEnd(index) && rows.line(index) > 0 && wanted.has(rows.file(index))) lines.add(rows.line(index));
      }
    }
    return [...lines].sort((a, b) => a - b);
  }

  /**
   * Where the prologue of the function at [low, high) has ended: the row that says so (prologue_end, as clang writes it), else
   * the function's second line record, which is where GCC's unoptimized code has stored its parameters. A function with one
   * record has no prologue to skip: `low`. undefined: the table has no row for `low`.
   */
  addressAfterPrologue(low: bigint, high: bigint): bigint | undefined {
    const rows = this.rowsBetween(low, high);
    if (rows.length === 0) return undefined;
    const said = rows.find(({ isPrologueEnd }) => isPrologueEnd);
    if (said !== undefined) return said.address;
    const first = (rows[0] as LineRow).address;
    return rows.find(({ address, isStatement, line }) => isStatement && line > 0 && address > first)?.address ?? low;
  }

  #fileAt(index: number): LineFile {
    return { index, name: this.header.files.name(index), path: this.path(index), md5: this.header.files.md5(index) };
  }

  #decoded(): LineRows {
    this.#rows ??= runLineProgram(this.header, this.#line);
    return this.#rows;
  }

  #codeSequences(): readonly LineSequence[] {
    const { isCode } = this.#options;
    this.#sequences ??= isCode === undefined ? this.#decoded().sequences : this.#decoded().sequences.filter(({ low }) => isCode(low));
    return this.#sequences;
  }

  #select(isSequence: (sequence: LineSequence) => boolean, isRow: (index: number) => boolean): LineRow[] {
    const rows = this.#decoded();
    const found: LineRow[] = [];
    for (const sequence of this.#codeSequences()) {
      if (!isSequence(sequence)) continue;
      for (let index = sequence.first; index < sequence.end; index++) if (isRow(index) && !rows.isEnd(index)) found.push(rows.row(index, sequence));
    }
    return found;
  }
}

// Sorting keeps the program's order at one address.
const byAddress = (a: LineRow, b: LineRow): number => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0);
const joined = (directory: string, name: string): string => (name.startsWith('/') || directory === '' ? name : name === '' ? directory : directory.endsWith('/') ? directory + name : `${directory}/${name}`);
