/** Code that an entry covers: DW_AT_low_pc, DW_AT_high_pc, DW_AT_ranges, DW_AT_entry_pc. DWARF 5 sections 2.17, 2.18. */
import { DW_AT_entry_pc, DW_AT_high_pc, DW_AT_low_pc, DW_AT_ranges } from './constants.js';
import type { Die } from './die.js';
import type { AddressRange } from './list-unit.js';

export interface Extent {
  /** What is in the program: ranges of code that the linker removed are left out. */
  readonly ranges: readonly AddressRange[];
  /** The entry names code, be it removed or not. */
  readonly isCode: boolean;
}

export const NO_CODE: Extent = { ranges: [], isCode: false };

export function addressRanges(die: Die): Extent {
  const all = allRanges(die);
  if (all === undefined) return NO_CODE;
  const { world } = die.unit.section;
  return { ranges: all.filter(({ low, high }) => low < high && world.isCode(low)), isCode: true };
}

function allRanges(die: Die): readonly AddressRange[] | undefined {
  const list = die.listPlace(DW_AT_ranges);
  if (list !== undefined) return die.unit.rangeList(list.value, list.isIndex);
  const low = die.address(DW_AT_low_pc);
  if (low === undefined) return undefined;
  const end = die.address(DW_AT_high_pc);
  if (end !== undefined) return [{ low, high: end }];
  // Since DWARF 4 mostly a length.
  const length = die.unsigned(DW_AT_high_pc);
  return length === undefined ? [{ low, high: low + 1n }] : [{ low, high: BigInt.asUintN(64, low + length) }];
}

/** First instruction, also of instances from which the optimizer left no instruction; undefined when the entry has no code in the program. */
export function entryPc(die: Die, ranges: readonly AddressRange[]): bigint | undefined {
  const low = die.address(DW_AT_low_pc) ?? ranges[0]?.low;
  const offset = die.address(DW_AT_entry_pc) === undefined ? die.unsigned(DW_AT_entry_pc) : undefined;
  // DWARF 5: an offset from the base, which is DW_AT_low_pc or the first range.
  const pc = offset === undefined ? (die.address(DW_AT_entry_pc) ?? low) : low === undefined ? undefined : BigInt.asUintN(64, low + offset);
  return pc !== undefined && die.unit.section.world.isCode(pc) ? pc : undefined;
}
