/** Tables by which kernel probes find the groups of a regular expression (matched(n)), in the globals map. The walks are in select/regex-groups.ts. */
import { compileGroupTables, compileRegexProgram } from '@stapkit/object';
import type { GroupTables, IrBody, IrProgram } from '@stapkit/object';
import { alignTo8 } from './text-layout.js';

/** Offsets in the globals map. */
export interface PlacedGroups {
  readonly number: number;
  readonly pattern: string;
  readonly tables: GroupTables;
  readonly classes: number;
  /** Rows, and by row a byte of flags. */
  readonly search: number;
  readonly begins: number;
  readonly extent: number;
  readonly ends: number;
  readonly viable: number;
  readonly steps: number;
  readonly last: number;
}

/** The verifier knows of a class only that it is a byte. */
const ROW_ROOM = 512;

/** Patterns whose groups the body wants: that of the constant, or all that it matches by. */
export function groupPatterns({ blocks }: IrBody): readonly string[] {
  const all = blocks.flatMap(({ instructions }) => instructions.flatMap((one) => (one.op === 'intrinsic' && (one.name === 'regex_match' || one.name === 'regex_group') ? [one] : [])));
  const asked = all.filter(({ name }) => name === 'regex_group').map(({ args }) => args[1]);
  const given = (value: (typeof asked)[number]): string[] => (value !== undefined && 'text' in value ? [value.text] : []);
  if (asked.some((value) => value !== undefined && 'register' in value)) return [...new Set(all.flatMap(({ args }) => given(args[1])))];
  return [...new Set(asked.flatMap(given))];
}

/**
 * Takes room behind the script's globals.
 * @throws RegexError when a pattern's tables would be too large
 */
export function placeGroupTables(program: IrProgram, area: { bytes: number }): ReadonlyMap<string, PlacedGroups> {
  const placed = new Map<string, PlacedGroups>();
  for (const { where, body, entry } of program.probes) {
    if (where !== 'kernel') continue;
    for (const pattern of [body, ...(entry === undefined ? [] : [entry.body])].flatMap(groupPatterns)) {
      if (!placed.has(pattern)) placed.set(pattern, place(pattern, placed.size, area));
    }
  }
  return placed;
}

function place(pattern: string, number: number, area: { bytes: number }): PlacedGroups {
  const tables = compileGroupTables(compileRegexProgram(pattern));
  const take = (bytes: number): number => {
    const offset = area.bytes;
    area.bytes = alignTo8(area.bytes + bytes);
    return offset;
  };
  const rows = ({ length }: Uint16Array): number => take(length * 2 + ROW_ROOM);
  return {
    number, pattern, tables, classes: take(256),
    search: rows(tables.search.rows), begins: take(tables.search.rows.length), extent: rows(tables.extent.rows), ends: take(tables.extent.rows.length),
    viable: rows(tables.viable.rows), steps: take(tables.parse.steps.length * 4), last: take(tables.parse.last.length * 4),
  };
}

/** Into the initial contents of the globals map. */
export function writeGroupTables(view: DataView, placed: PlacedGroups): void {
  const { tables } = placed;
  const rows = (offset: number, entries: Uint16Array): void => { entries.forEach((entry, index) => { view.setUint16(offset + index * 2, entry, true); }); };
  const flags = (offset: number, byState: Uint8Array): void => { byState.forEach((flag, state) => { view.setUint8(offset + state * tables.classCount, flag); }); };
  const words = (offset: number, entries: Uint32Array): void => { entries.forEach((entry, index) => { view.setUint32(offset + index * 4, entry, true); }); };
  tables.classes.forEach((one, byte) => { view.setUint8(placed.classes + byte, one); });
  rows(placed.search, tables.search.rows);
  flags(placed.begins, tables.search.begins);
  rows(placed.extent, tables.extent.rows);
  flags(placed.ends, tables.extent.ends);
  rows(placed.viable, tables.viable.rows);
  words(placed.steps, tables.parse.steps);
  words(placed.last, tables.parse.last);
}
