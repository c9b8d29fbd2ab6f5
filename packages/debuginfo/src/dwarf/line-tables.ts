/** All line tables of a file, for questions that start from a source file or from an address and not from a unit. */
import { Glob } from '../glob.js';
import type { DebugSections } from './debug-sections.js';
import { endOfLineProgram } from './line-header.js';
import { LineTable } from './line-table.js';
import type { LineTableOptions } from './line-table.js';
import type { LineRow } from './line-rows.js';

/** A row and the table whose file numbers it uses. */
export interface PlacedRow {
  readonly table: LineTable;
  readonly row: LineRow;
}

/**
 * SystemTap's source file patterns (stapprobes(3), "func@file"): a wildcard over the whole path in which `*` and `?` match "/" too;
 * one that does not match from the start of the path may match from any directory on: "net/socket.c", "socket.c".
 */
export class SourceFilePattern {
  readonly #whole: Glob;
  readonly #tail: Glob;
  /** The file's own name, where the pattern says it without wildcards: others need not be looked at. */
  readonly fileName: string | undefined;

  constructor(pattern: string) {
    this.#whole = new Glob(pattern);
    this.#tail = new Glob(`*/${pattern}`);
    const last = pattern.slice(pattern.lastIndexOf('/') + 1);
    this.fileName = last === '' || /[*?[\]\\]/.test(last) ? undefined : last;
  }

  readonly matches = (path: string): boolean => this.#whole.matches(path) || this.#tail.matches(path);
}

/** What gives a part of .debug_line to a function that reads a table there, as SectionData.readFrom does. */
export type ReadPart = <T>(offset: number, read: (bytes: Uint8Array, at: number) => T) => T;

export class LineTables {
  readonly #sections: DebugSections;
  readonly #readPart: ReadPart | undefined;
  readonly #options: Pick<LineTableOptions, 'isCode'>;
  readonly #tables = new Map<number, LineTable>();

  /**
   * @param options isCode: ElfFile.isCode, which drops what the linker left of removed functions; readPart: reads single tables
   * without the rest of a section of many megabytes
   */
  constructor(sections: DebugSections, { isCode, readPart }: Pick<LineTableOptions, 'isCode'> & { readonly readPart?: ReadPart | undefined } = {}) {
    this.#sections = sections;
    this.#readPart = readPart;
    this.#options = isCode === undefined ? {} : { isCode };
  }

  /** The table at DW_AT_stmt_list. Read once; the compilation directory counts the first time. */
  at(offset: number, compilationDirectory?: string): LineTable {
    let table = this.#tables.get(offset);
    if (table === undefined) {
      const options = { ...this.#options, ...(compilationDirectory === undefined ? {} : { compilationDirectory }) };
      table = this.#readPart === undefined ? LineTable.parse(this.#sections, offset, options) : this.#readPart(offset, (bytes, at) => LineTable.parse(withLines(this.#sections, bytes), at, options));
      this.#tables.set(offset, table);
    }
    return table;
  }

  /** Every table, by the section's order. Before DWARF 5 their paths lack the compilation directory, unless at() was told it. */
  *all(): Generator<LineTable, void, undefined> {
    const line = this.#sections.debugSection('.debug_line') ?? new Uint8Array();
    for (let offset = 0; offset < line.length; offset = endOfLineProgram(line, offset)) {
      // Assemblers pad between tables.
      if (line[offset] === 0 && isPadding(line, offset)) return;
      yield this.at(offset);
    }
  }

  /** Statement rows of a line (or lines) of the files that a pattern names, in all tables. */
  rowsFor(pattern: string, line: number, lastLine = line): PlacedRow[] {
    const files = new SourceFilePattern(pattern);
    const found: PlacedRow[] = [];
    for (const table of this.all()) {
      const indexes = table.filesWhere(files.matches);
      if (indexes.length > 0) for (const row of table.rowsFor(indexes, line, lastLine)) found.push({ table, row });
    }
    return found;
  }

  /** The nearest lines before and behind a line that have statements in the files that a pattern names. */
  linesAround(pattern: string, line: number): { readonly before: number | undefined; readonly after: number | undefined } {
    const files = new SourceFilePattern(pattern);
    let before: number | undefined;
    let after: number | undefined;
    for (const table of this.all()) {
      const indexes = table.filesWhere(files.matches);
      if (indexes.length === 0) continue;
      for (const one of table.linesOf(indexes)) {
        if (one < line && (before === undefined || one > before)) before = one;
        if (one > line && (after === undefined || one < after)) after = one;
      }
    }
    return { before, after };
  }

  /** The row that an address belongs to, whichever table has it. Decodes tables until one has it: a unit's own table is faster. */
  lineAt(address: bigint): PlacedRow | undefined {
    for (const table of this.all()) {
      const row = table.lineAt(address);
      if (row !== undefined) return { table, row };
    }
    return undefined;
  }
}

/** Sections with a part in place of .debug_line. */
export function withLines(sections: DebugSections, line: Uint8Array): DebugSections {
  return { debugSection: (name) => (name === '.debug_line' ? line : sections.debugSection(name)) };
}

const isPadding = (line: Uint8Array, offset: number): boolean => line.subarray(offset).every((byte) => byte === 0);
