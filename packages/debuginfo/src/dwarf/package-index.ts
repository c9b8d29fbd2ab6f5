/**
 * .debug_cu_index and .debug_tu_index of a .dwp: which parts of its sections belong
 * to which unit. DWARF 5 section 7.3.5; version 2 is GNU's, of DWARF 4.
 */
import { DebugInfoError } from '../errors.js';
import { ByteReader } from '../reader.js';
import type { DebugFile } from './debug-file.js';

/** Section identifiers: version 2, then version 5 (DWARF 5 table 7.1). */
const COLUMNS: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  2: { 1: '.debug_info', 2: '.debug_types', 3: '.debug_abbrev', 4: '.debug_line', 5: '.debug_loc', 6: '.debug_str_offsets', 7: '.debug_macinfo', 8: '.debug_macro' },
  5: { 1: '.debug_info', 3: '.debug_abbrev', 4: '.debug_line', 5: '.debug_loclists', 6: '.debug_str_offsets', 7: '.debug_macro', 8: '.debug_rnglists' },
};

const COLUMNS_MAX = 16;

/** Where a unit's part of each section starts. */
export type Contributions = ReadonlyMap<string, number>;

interface Row { readonly signature: bigint; readonly contributions: Contributions }

export class PackageIndex {
  readonly #units: readonly Row[];
  readonly #types: readonly Row[];
  readonly #unitsById: ReadonlyMap<bigint, Contributions>;
  readonly #typesById: ReadonlyMap<bigint, Contributions>;
  #byPlace: Map<number, Contributions> | undefined;

  constructor(file: DebugFile) {
    this.#units = readIndex(file, '.debug_cu_index');
    this.#types = readIndex(file, '.debug_tu_index');
    this.#unitsById = new Map(this.#units.map(({ signature, contributions }) => [signature, contributions]));
    this.#typesById = new Map(this.#types.map(({ signature, contributions }) => [signature, contributions]));
  }

  /** Offset in .debug_info of the unit of a skeleton's id. */
  unitOffset(dwoId: bigint): number | undefined {
    return this.#unitsById.get(dwoId)?.get('.debug_info');
  }

  /** What belongs to the unit at an offset of .debug_info (or .debug_types); DWARF 4 units have their id only in their entries. */
  find(signature: bigint | undefined, isType: boolean, offset: number): Contributions | undefined {
    const named = signature === undefined ? undefined : (isType ? this.#typesById : this.#unitsById).get(signature);
    if (named !== undefined) return named;
    this.#byPlace ??= this.#indexPlaces();
    return this.#byPlace.get(offset);
  }

  #indexPlaces(): Map<number, Contributions> {
    return new Map([...this.#units, ...this.#types].flatMap(({ contributions }) => {
      const info = contributions.get('.debug_info');
      return info === undefined ? [] : [[info, contributions] as const];
    }));
  }
}

function readIndex(file: DebugFile, name: string): Row[] {
  // The index sections have no ".dwo" at their end.
  const section = file.section(name);
  if (section === undefined) return [];
  const reader = new ByteReader(section.bytes(0, section.length), name);
  const word = reader.u32();
  const version = word === 2 ? 2 : word & 0xffff;
  const names = COLUMNS[version];
  if (names === undefined) throw new DebugInfoError(name, 0, `version ${version} of a package index is not supported`);
  const columnCount = reader.u32();
  const unitCount = reader.u32();
  const slotCount = reader.u32();
  // Not even one for each section that there is: a larger number would only cost memory.
  if (columnCount > COLUMNS_MAX) throw new DebugInfoError(name, 4, `${columnCount} columns`);
  const tableBytes = slotCount * 12 + (1 + unitCount) * columnCount * 4;
  if (tableBytes > reader.remaining) throw new DebugInfoError(name, 0, `${slotCount} slots and ${unitCount} units, but ${reader.remaining} bytes`);
  const signatures = reader.take(slotCount * 8);
  const rows = reader.take(slotCount * 4);
  const columns = Array.from({ length: columnCount }, () => names[reader.u32()] ?? '');
  const offsets = reader.take(unitCount * columnCount * 4);
  const u32 = (bytes: Uint8Array, index: number): number => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(index * 4, true);
  const signatureView = new DataView(signatures.buffer, signatures.byteOffset, signatures.byteLength);
  const result: Row[] = [];
  for (let slot = 0; slot < slotCount; slot++) {
    const row = u32(rows, slot);
    if (row === 0) continue;
    if (row > unitCount) throw new DebugInfoError(name, 16 + slotCount * 8 + slot * 4, `row ${row}, but there are ${unitCount}`);
    const contributions = new Map(columns.map((column, index) => [column, u32(offsets, (row - 1) * columnCount + index)] as const));
    result.push({ signature: signatureView.getBigUint64(slot * 8, true), contributions });
  }
  return result;
}
