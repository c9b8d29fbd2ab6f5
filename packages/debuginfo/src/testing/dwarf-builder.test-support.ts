/**
 * Assembles DWARF for tests: entries as a tree, in any form and version, with
 * references between entries by the entries themselves.
 *
 *     const int = entry(DW_TAG_base_type, [[DW_AT_name, DW_FORM_strp, 'int'], …]);
 *     const elf = new DwarfBuilder().unit(entry(DW_TAG_compile_unit, [], int, …)).elf();
 */
import * as dw from '../dwarf/constants.js';
import { buildElf } from './elf-builder.test-support.js';
import type { SectionSpec } from './elf-builder.test-support.js';
import { SectionBuilder, StringTable } from './section-builder.test-support.js';

/** Refers to an entry, to a type by its signature, or is what the form says: text, number, bytes. */
export type FormValue = string | number | bigint | Uint8Array | boolean | Entry | readonly [form: number, value: FormValue];
export type Attribute = readonly [name: number, form: number, value?: FormValue];

export interface Entry {
  readonly tag: number;
  readonly attributes: readonly Attribute[];
  readonly children: readonly Entry[];
  /** Offset in its section; set when it was laid out. */
  offset: number;
  unit: UnitSpec | undefined;
}

export function entry(tag: number, attributes: readonly Attribute[], ...children: readonly Entry[]): Entry {
  return { tag, attributes, children, offset: 0, unit: undefined };
}

export interface UnitOptions {
  readonly version?: number;
  readonly addressSize?: 8 | 4;
  readonly offsetSize?: 4 | 8;
  /** DW_UT_*. */
  readonly unitType?: number;
  readonly signature?: bigint;
  readonly dwoId?: bigint;
  /** The type of a type unit. */
  readonly type?: Entry;
  /** Goes to .debug_types. */
  readonly inTypes?: boolean;
  /** Children without the null entry that closes their list at the unit's end. */
  readonly unclosed?: boolean;
}

interface UnitSpec extends Required<Pick<UnitOptions, 'version' | 'addressSize' | 'offsetSize' | 'unitType' | 'inTypes' | 'unclosed'>> {
  readonly root: Entry;
  readonly options: UnitOptions;
  offset: number;
}

const uleb = (value: number | bigint): number[] => {
  const bytes: number[] = [];
  for (let rest = BigInt(value); ;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
    if (rest === 0n) return bytes;
  }
};
const sleb = (value: number | bigint): number[] => {
  const bytes: number[] = [];
  for (let rest = BigInt(value); ;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
};
export const leb = { uleb, sleb };

export class DwarfBuilder {
  readonly strings = new StringTable();
  readonly lineStrings = new StringTable();
  readonly #defaults: UnitOptions;
  readonly #units: UnitSpec[] = [];
  readonly #extra: SectionSpec[] = [];
  readonly #indexedStrings: string[] = [];
  readonly #addresses: bigint[] = [];
  readonly #suffix: string;

  /** @param suffix ".dwo" for the sections of a split file */
  constructor(defaults: UnitOptions = {}, suffix = '') {
    this.#defaults = defaults;
    this.#suffix = suffix;
  }

  unit(root: Entry, options: UnitOptions = {}): this {
    const all = { ...this.#defaults, ...options };
    const unitType = all.unitType ?? (root.tag === dw.DW_TAG_type_unit ? dw.DW_UT_type : root.tag === dw.DW_TAG_partial_unit ? dw.DW_UT_partial : dw.DW_UT_compile);
    this.#units.push({ root, options: all, version: all.version ?? 5, addressSize: all.addressSize ?? 8, offsetSize: all.offsetSize ?? 4, unitType, inTypes: all.inTypes ?? false, unclosed: all.unclosed ?? false, offset: 0 });
    return this;
  }

  section(name: string, bytes: Uint8Array): this {
    this.#extra.push({ name, type: 1, bytes });
    return this;
  }

  /** Sections of the file. Code is at [0x1000, 0x9000). */
  sections(): SectionSpec[] {
    const layout = this.#layout();
    const section = (name: string, bytes: Uint8Array): SectionSpec[] => (bytes.length === 0 ? [] : [{ name, type: 1, bytes }]);
    const offsets = new SectionBuilder();
    const { version = 5, offsetSize = 4, addressSize = 8 } = this.#defaults;
    if (this.#indexedStrings.length > 0) {
      const length = 4 + this.#indexedStrings.length * offsetSize;
      // GNU's table of DWARF 4 has no header.
      if (version >= 5 && offsetSize === 8) offsets.u32(0xffff_ffff).u64(length).u16(5, 0);
      else if (version >= 5) offsets.u32(length).u16(5, 0);
      for (const text of this.#indexedStrings) {
        if (offsetSize === 8) offsets.u64(this.strings.add(text));
        else offsets.u32(this.strings.add(text));
      }
    }
    const addresses = new SectionBuilder();
    if (this.#addresses.length > 0) {
      if (version >= 5) addresses.u32(4 + this.#addresses.length * addressSize).u16(5).u8(addressSize, 0);
      for (const address of this.#addresses) {
        if (addressSize === 8) addresses.u64(address);
        else addresses.u32(Number(address));
      }
    }
    return [
      { name: '.text', type: 1, bytes: new Uint8Array(), flags: 6, address: 0x1000 },
      ...section(`.debug_info${this.#suffix}`, layout.info), ...section(`.debug_types${this.#suffix}`, layout.types), ...section(`.debug_abbrev${this.#suffix}`, layout.abbreviations),
      ...section(`.debug_str${this.#suffix}`, this.strings.build()), ...section('.debug_line_str', this.lineStrings.build()),
      ...section(`.debug_str_offsets${this.#suffix}`, offsets.build()), ...section('.debug_addr', addresses.build()), ...this.#extra,
    ];
  }

  elf(type = 3): Uint8Array {
    return buildElf(this.sections().map((section) => (section.name === '.text' ? { ...section, bytes: new Uint8Array(0x8000) } : section)), [], 62, type);
  }

  #layout(): { info: Uint8Array; types: Uint8Array; abbreviations: Uint8Array } {
    // Twice: the first round finds the offsets that the second one writes. Sizes do not depend on them but for LEB128s, which settle.
    for (let round = 0; ; round++) {
      const before = this.#units.map(({ root }) => offsetsOf(root).join());
      const result = this.#write();
      if (round > 0 && before.join() === this.#units.map(({ root }) => offsetsOf(root).join()).join()) return result;
    }
  }

  #write(): { info: Uint8Array; types: Uint8Array; abbreviations: Uint8Array } {
    const info = new SectionBuilder();
    const types = new SectionBuilder();
    const abbreviations = new SectionBuilder();
    for (const unit of this.#units) {
      const out = unit.inTypes ? types : info;
      unit.offset = out.length;
      const codes = new Map<string, number>();
      const table = new SectionBuilder();
      const header = headerOf(unit, abbreviations.length);
      const body = new SectionBuilder();
      this.#entry(unit, unit.root, unit.offset + (unit.offsetSize === 8 ? 12 : 4) + header.length, body, codes, table, true);
      const length = header.length + body.length;
      if (unit.offsetSize === 8) out.u32(0xffff_ffff).u64(length);
      else out.u32(length);
      out.bytes(header).bytes(body.build());
      abbreviations.bytes(table.build()).u8(0);
    }
    return { info: info.build(), types: types.build(), abbreviations: abbreviations.build() };
  }

  #entry(unit: UnitSpec, one: Entry, start: number, body: SectionBuilder, codes: Map<string, number>, table: SectionBuilder, isRoot: boolean): void {
    one.offset = start + body.length;
    one.unit = unit;
    const implicit = one.attributes.map(([, form, value]) => (form === dw.DW_FORM_implicit_const ? sleb(value as number | bigint) : []));
    const declaration = [...uleb(one.tag), one.children.length > 0 ? 1 : 0, ...one.attributes.flatMap(([name, form], index) => [...uleb(name), ...uleb(form), ...(implicit[index] ?? [])]), 0, 0];
    const key = declaration.join();
    let code = codes.get(key);
    if (code === undefined) {
      code = codes.size + 1;
      codes.set(key, code);
      table.bytes(Uint8Array.from([...uleb(code), ...declaration]));
    }
    body.bytes(Uint8Array.from(uleb(code)));
    for (const [, form, value] of one.attributes) this.#value(unit, body, form, value ?? true);
    if (one.children.length === 0) return;
    for (const child of one.children) this.#entry(unit, child, start, body, codes, table, false);
    if (!(isRoot && unit.unclosed)) body.u8(0);
  }

  #value(unit: UnitSpec, body: SectionBuilder, form: number, value: FormValue): void {
    const offset = (at: number): void => {
      if (unit.offsetSize === 8) body.u64(at);
      else body.u32(at);
    };
    const address = (at: number | bigint): void => {
      if (unit.addressSize === 8) body.u64(at);
      else body.u32(Number(at));
    };
    const number = (): number => (isEntry(value) ? Math.max(0, value.offset - unit.offset) : typeof value === 'string' ? this.#indexOfString(value) : Number(value));
    const wide = (): bigint => BigInt(value as number | bigint);
    const block = value instanceof Uint8Array ? value : new Uint8Array();
    switch (form) {
      case dw.DW_FORM_flag_present: case dw.DW_FORM_implicit_const: return;
      case dw.DW_FORM_data1: case dw.DW_FORM_flag: case dw.DW_FORM_ref1: case dw.DW_FORM_strx1: body.u8(number()); return;
      case dw.DW_FORM_data2: case dw.DW_FORM_ref2: case dw.DW_FORM_strx2: body.u16(number()); return;
      case dw.DW_FORM_strx3: body.u16(number()).u8(number() >>> 16); return;
      case dw.DW_FORM_data4: case dw.DW_FORM_ref4: case dw.DW_FORM_strx4: body.u32(number()); return;
      case dw.DW_FORM_ref_sup4: body.u32(isEntry(value) ? value.offset : number()); return;
      case dw.DW_FORM_ref8: body.u64(number()); return;
      case dw.DW_FORM_ref_sup8: body.u64(isEntry(value) ? value.offset : number()); return;
      case dw.DW_FORM_data8: case dw.DW_FORM_ref_sig8: body.u64(wide()); return;
      case dw.DW_FORM_data16: case dw.DW_FORM_exprloc: case dw.DW_FORM_block:
        if (form !== dw.DW_FORM_data16) body.bytes(Uint8Array.from(uleb(block.length)));
        body.bytes(block);
        return;
      case dw.DW_FORM_block1: body.u8(block.length).bytes(block); return;
      case dw.DW_FORM_block2: body.u16(block.length).bytes(block); return;
      case dw.DW_FORM_block4: body.u32(block.length).bytes(block); return;
      case dw.DW_FORM_addr: address(value as number | bigint); return;
      case dw.DW_FORM_addrx: case dw.DW_FORM_GNU_addr_index: body.bytes(Uint8Array.from(uleb(this.#indexOfAddress(value as number | bigint)))); return;
      case dw.DW_FORM_addrx1: body.u8(this.#indexOfAddress(value as number | bigint)); return;
      case dw.DW_FORM_addrx2: body.u16(this.#indexOfAddress(value as number | bigint)); return;
      case dw.DW_FORM_addrx3: body.u16(this.#indexOfAddress(value as number | bigint)).u8(0); return;
      case dw.DW_FORM_addrx4: body.u32(this.#indexOfAddress(value as number | bigint)); return;
      case dw.DW_FORM_string: body.text(`${value as string}\0`); return;
      case dw.DW_FORM_strp: offset(this.strings.add(value as string)); return;
      case dw.DW_FORM_line_strp: offset(this.lineStrings.add(value as string)); return;
      case dw.DW_FORM_sec_offset: case dw.DW_FORM_strp_sup: case dw.DW_FORM_GNU_strp_alt: offset(value as number); return;
      case dw.DW_FORM_GNU_ref_alt: offset(isEntry(value) ? value.offset : (value as number)); return;
      case dw.DW_FORM_ref_addr:
        if (unit.version <= 2) address((value as Entry).offset);
        else offset((value as Entry).offset);
        return;
      case dw.DW_FORM_sdata: body.bytes(Uint8Array.from(sleb(wide()))); return;
      case dw.DW_FORM_udata: case dw.DW_FORM_loclistx: case dw.DW_FORM_rnglistx: body.bytes(Uint8Array.from(uleb(wide()))); return;
      case dw.DW_FORM_ref_udata: case dw.DW_FORM_strx: case dw.DW_FORM_GNU_str_index: body.bytes(Uint8Array.from(uleb(number()))); return;
      case dw.DW_FORM_indirect: {
        const [inner, content] = value as readonly [number, FormValue];
        body.bytes(Uint8Array.from(uleb(inner)));
        this.#value(unit, body, inner, content);
        return;
      }
      default: throw new Error(`the assembler does not know form 0x${form.toString(16)}`);
    }
  }

  #indexOfString(text: string): number {
    const known = this.#indexedStrings.indexOf(text);
    return known >= 0 ? known : this.#indexedStrings.push(text) - 1;
  }

  #indexOfAddress(address: number | bigint): number {
    const known = this.#addresses.indexOf(BigInt(address));
    return known >= 0 ? known : this.#addresses.push(BigInt(address)) - 1;
  }
}

const isEntry = (value: FormValue): value is Entry => typeof value === 'object' && 'tag' in value;
const offsetsOf = (one: Entry): number[] => [one.offset, ...one.children.flatMap(offsetsOf)];

function headerOf(unit: UnitSpec, abbreviations: number): Uint8Array {
  const header = new SectionBuilder().u16(unit.version);
  const offset = (at: number): void => {
    if (unit.offsetSize === 8) header.u64(at);
    else header.u32(at);
  };
  if (unit.version >= 5) header.u8(unit.unitType, unit.addressSize);
  offset(abbreviations);
  if (unit.version < 5) header.u8(unit.addressSize);
  const { signature, dwoId, type } = unit.options;
  if (unit.inTypes || unit.unitType === dw.DW_UT_type || unit.unitType === dw.DW_UT_split_type) {
    header.u64(signature ?? 0n);
    offset(type === undefined ? 0 : type.offset - unit.offset);
  } else if (unit.version >= 5 && (unit.unitType === dw.DW_UT_skeleton || unit.unitType === dw.DW_UT_split_compile)) {
    header.u64(dwoId ?? 0n);
  }
  return header.build();
}
