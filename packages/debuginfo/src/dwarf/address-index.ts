/** Units by address: .debug_aranges (DWARF 5 section 6.1.2), and the units' own ranges for those that it leaves out. */
import { lastBefore } from '../last-before.js';
import { DebugInfoError } from '../errors.js';
import { ByteReader } from '../reader.js';
import type { SectionData } from './section-data.js';
import type { Unit } from './unit.js';
import type { World } from './world.js';

/** Sorted by their first addresses; `units` are positions in .debug_info. */
export interface UnitRanges {
  readonly lows: BigUint64Array;
  readonly highs: BigUint64Array;
  readonly units: Uint32Array;
}

/** Code of every unit. */
export function readUnitRanges(world: World): UnitRanges {
  const { info } = world;
  const ranges: { readonly low: bigint; readonly high: bigint; readonly unit: number }[] = [];
  const covered = new Set<Unit>();
  const table = world.main.section('.debug_aranges');
  if (table !== undefined && info !== undefined) {
    for (const { unitOffset, low, high } of readAranges(table)) {
      const unit = info.unitAt(unitOffset);
      covered.add(unit);
      if (low < high && world.isCode(low)) ranges.push({ low, high, unit: unit.index });
    }
  }
  for (const unit of info?.units ?? []) {
    if (covered.has(unit) || unit.isTypeUnit || unit.isPartial) continue;
    for (const { low, high } of unit.ranges) ranges.push({ low, high, unit: unit.index });
  }
  ranges.sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  return { lows: BigUint64Array.from(ranges, ({ low }) => low), highs: BigUint64Array.from(ranges, ({ high }) => high), units: Uint32Array.from(ranges, ({ unit }) => unit) };
}

export class AddressIndex {
  readonly ranges: UnitRanges;
  /** Highest end of all ranges up to each: where looking back can stop. */
  readonly #reach: BigUint64Array;

  constructor(ranges: UnitRanges) {
    this.ranges = ranges;
    let reach = 0n;
    this.#reach = ranges.highs.map((high) => (reach = high > reach ? high : reach));
  }

  /** Positions of the units that have code at an address; more than one only where compilers or linkers said too much. */
  unitsAt(pc: bigint): number[] {
    const { lows, highs, units } = this.ranges;
    const last = lastBefore(lows.length, (index) => (lows[index] as bigint) <= pc);
    const found = new Set<number>();
    for (let index = last; index >= 0 && (this.#reach[index] as bigint) > pc; index--) {
      if (pc < (highs[index] as bigint)) found.add(units[index] as number);
    }
    return [...found];
  }
}

interface ArangesEntry { readonly unitOffset: number; readonly low: bigint; readonly high: bigint }

/** Every row; a unit whose set is empty gives one row of no addresses. */
function readAranges(section: SectionData): ArangesEntry[] {
  const reader = new ByteReader(section.bytes(0, section.length), section.name);
  const entries: ArangesEntry[] = [];
  while (reader.remaining >= 4) {
    const start = reader.offset;
    const first = reader.u32();
    if (first === 0) break;
    const offsetSize = first === 0xffff_ffff ? 8 : 4;
    const length = offsetSize === 8 ? reader.size() : first;
    if (length > reader.remaining) throw reader.error(`a table of ${length} bytes, ${reader.remaining} left`, start);
    const end = reader.offset + length;
    const version = reader.u16();
    if (version !== 2) throw new DebugInfoError(section.name, start, `version ${version} is not supported`);
    const unitOffset = offsetSize === 8 ? reader.size() : reader.u32();
    const addressSize = reader.u8();
    if (addressSize < 1 || addressSize > 8) throw reader.error(`addresses of ${addressSize} bytes`);
    const segmentSize = reader.u8();
    // Rows are aligned to their own size from the start of the table.
    const row = 2 * addressSize;
    reader.offset = start + Math.ceil((reader.offset - start) / row) * row;
    entries.push({ unitOffset, low: 0n, high: 0n });
    while (reader.offset + row + segmentSize <= end) {
      reader.skip(segmentSize);
      const low = reader.unsigned(addressSize);
      const size = reader.unsigned(addressSize);
      if (low === 0n && size === 0n) break;
      entries.push({ unitOffset, low, high: low + size });
    }
    reader.offset = end;
  }
  return entries;
}

