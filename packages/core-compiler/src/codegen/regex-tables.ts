/** Tables of the regular expressions that kernel probes match, in the globals map: 256 classes of a byte each, then rows of 16-bit entries. */
import { REGEX_REJECT, compileRegex } from '@stapkit/object';
import type { IrProgram, RegexAutomaton } from '@stapkit/object';
import { alignTo8 } from './text-layout.js';

export interface RegexTable {
  /** In the globals map. */
  readonly offset: number;
  readonly automaton: RegexAutomaton;
  /** The largest entry that is a state: a row's offset in bytes. */
  readonly lastState: number;
}

export const REGEX_ROWS_OFFSET = 256;
/** The verifier knows of a class only that it is a byte: the last row needs room for all 256. */
const ROW_ROOM = 512;

/** Takes room behind the script's globals. */
export function placeRegexTables(program: IrProgram, area: { bytes: number }): ReadonlyMap<string, RegexTable> {
  const tables = new Map<string, RegexTable>();
  for (const { where, body, entry } of program.probes) {
    if (where !== 'kernel') continue;
    for (const { instructions } of [...body.blocks, ...(entry?.body.blocks ?? [])]) {
      for (const one of instructions) {
        const pattern = one.op === 'intrinsic' && one.name === 'regex_match' ? one.args[1] : undefined;
        if (pattern === undefined || !('text' in pattern) || tables.has(pattern.text)) continue;
        const automaton = compileRegex(pattern.text);
        tables.set(pattern.text, { offset: area.bytes, automaton, lastState: Math.max(0, automaton.rows.length - automaton.classCount) * 2 });
        area.bytes = alignTo8(area.bytes + REGEX_ROWS_OFFSET + automaton.rows.length * 2 + ROW_ROOM);
      }
    }
  }
  return tables;
}

/** Into the initial contents of the globals map. */
export function writeRegexTable(view: DataView, { offset, automaton }: RegexTable): void {
  automaton.classes.forEach((one, byte) => { view.setUint8(offset + byte, one); });
  automaton.rows.forEach((entry, index) => { view.setUint16(offset + REGEX_ROWS_OFFSET + index * 2, entry >= REGEX_REJECT ? entry : entry * 2, true); });
}
