/** A debugging information entry and its attribute values. DWARF 5 sections 2.1 to 2.5, 7.5. */
import { decodeText } from '../reader.js';
import { endOfString } from '../string-search.js';
import type { Abbreviation } from './abbreviations.js';
import {
  DW_AT_sibling, DW_FORM_GNU_addr_index, DW_FORM_GNU_ref_alt, DW_FORM_GNU_str_index, DW_FORM_GNU_strp_alt, DW_FORM_addr, DW_FORM_addrx, DW_FORM_addrx1, DW_FORM_addrx2,
  DW_FORM_addrx3, DW_FORM_addrx4, DW_FORM_block, DW_FORM_block1, DW_FORM_block2, DW_FORM_block4, DW_FORM_data1, DW_FORM_data16, DW_FORM_data2, DW_FORM_data4, DW_FORM_data8,
  DW_FORM_exprloc, DW_FORM_flag, DW_FORM_flag_present, DW_FORM_implicit_const, DW_FORM_indirect, DW_FORM_line_strp, DW_FORM_ref1, DW_FORM_ref2, DW_FORM_ref4, DW_FORM_ref8,
  DW_FORM_loclistx, DW_FORM_ref_addr, DW_FORM_ref_sig8, DW_FORM_ref_sup4, DW_FORM_ref_sup8, DW_FORM_ref_udata, DW_FORM_rnglistx, DW_FORM_sdata, DW_FORM_sec_offset, DW_FORM_string,
  DW_FORM_strp, DW_FORM_strp_sup, DW_FORM_strx, DW_FORM_strx1, DW_FORM_strx2, DW_FORM_strx3, DW_FORM_strx4, DW_FORM_udata,
} from './constants.js';
import { dieId, PART_SUPPLEMENTARY } from './die-id.js';
import { formSize, readU16, readU32, readU64, readU8, readUleb, skipForm, skipLeb } from './forms.js';
import { ByteReader } from '../reader.js';
import type { Unit } from './unit.js';

export class Die {
  readonly unit: Unit;
  /** Offset from the unit's start. */
  readonly at: number;
  readonly abbreviation: Abbreviation;
  /** Where the values end: the first child, or the next entry. */
  readonly end: number;
  readonly #bytes: Uint8Array;
  readonly #places: number[];

  private constructor(unit: Unit, bytes: Uint8Array, at: number, abbreviation: Abbreviation) {
    this.unit = unit;
    this.at = at;
    this.abbreviation = abbreviation;
    this.#bytes = bytes;
    const { forms } = abbreviation;
    // Of few values, as nearly all are: typed arrays take ten times the memory.
    this.#places = new Array<number>(forms.length);
    let place = skipLeb(bytes, at);
    for (let index = 0; index < forms.length; index++) {
      this.#places[index] = place;
      place = skipForm(bytes, place, forms[index] as number, unit.header);
      if (place > bytes.length) throw unit.error(at, 'an entry that its unit ends in');
    }
    this.end = place;
  }

  /** The entry at `at` of the unit's bytes; undefined: a null entry, the end of a list of children. */
  static read(unit: Unit, bytes: Uint8Array, at: number): Die | undefined {
    if (at >= bytes.length) throw unit.error(at, 'an entry that its unit ends in');
    const code = readUleb(bytes, at);
    return code === 0 ? undefined : new Die(unit, bytes, at, unit.abbreviations.get(code));
  }

  get tag(): number { return this.abbreviation.tag; }
  get hasChildren(): boolean { return this.abbreviation.hasChildren; }
  get id(): number { return this.unit.id(this.at); }

  has(name: number): boolean {
    return this.abbreviation.names.includes(name);
  }

  /** Entries directly below, in order. Throws DebugInfoError where the tree is broken. */
  *children(): Generator<Die, void, undefined> {
    if (!this.hasChildren) return;
    let at = this.end;
    for (;;) {
      const child = this.unit.die(at);
      if (child === undefined) return;
      yield child;
      at = child.next();
    }
  }

  /** Where the entry behind this one and all below it starts. */
  next(): number {
    if (!this.hasChildren) return this.end;
    const sibling = this.#find(DW_AT_sibling);
    if (sibling !== undefined) {
      const to = this.#unitOffset(sibling.form, sibling.at);
      // Only forwards: else a loop over siblings would never end.
      if (to !== undefined && to >= this.end && to <= this.unit.size) return to;
    }
    return skipChildren(this.unit, this.end);
  }

  flag(name: number): boolean {
    const found = this.#find(name);
    if (found === undefined) return false;
    return found.form === DW_FORM_flag_present || (found.form === DW_FORM_implicit_const ? found.implicit !== 0n : readU8(this.#bytes, found.at) !== 0);
  }

  /** A constant, or an offset into a section, as a number. Unsigned, unless its form has a sign. Undefined when there is none, or beyond 2^53. */
  number(name: number): number | undefined {
    const found = this.#find(name);
    if (found === undefined) return undefined;
    const { form, at } = found;
    switch (form) {
      case DW_FORM_data1: case DW_FORM_flag: return readU8(this.#bytes, at);
      case DW_FORM_data2: return readU16(this.#bytes, at);
      case DW_FORM_data4: return readU32(this.#bytes, at);
      case DW_FORM_sec_offset: return this.unit.offsetSize === 8 ? exact(readU64(this.#bytes, at)) : readU32(this.#bytes, at);
      case DW_FORM_data8: return exact(readU64(this.#bytes, at));
      case DW_FORM_udata: return exact(readUleb(this.#bytes, at));
      default: {
        const value = this.constant(name);
        return typeof value === 'bigint' && BigInt(Number(value)) === value ? Number(value) : undefined;
      }
    }
  }

  /** A constant as it stands: unsigned, unless its form has a sign; bytes for 16-byte constants and blocks. Text: its bytes. */
  constant(name: number): bigint | Uint8Array | undefined {
    const found = this.#find(name);
    if (found === undefined) return undefined;
    const { form, at } = found;
    switch (form) {
      case DW_FORM_implicit_const: return found.implicit;
      case DW_FORM_sdata: return this.#reader(at).slebBig();
      case DW_FORM_udata: return this.#reader(at).ulebBig();
      case DW_FORM_data1: case DW_FORM_data2: case DW_FORM_data4: case DW_FORM_data8:
        return this.#reader(at).unsigned(formSize(form, this.unit.header) ?? 0);
      case DW_FORM_data16: return this.#bytes.subarray(at, at + 16);
      case DW_FORM_addr: return this.#reader(at).unsigned(this.unit.addressSize);
      case DW_FORM_flag_present: return 1n;
      case DW_FORM_flag: return BigInt(readU8(this.#bytes, at));
      default: return this.block(name) ?? textBytes(this.text(name));
    }
  }

  /** 8 bytes without a sign: DW_AT_GNU_dwo_id. */
  unsigned(name: number): bigint | undefined {
    const value = this.constant(name);
    return typeof value === 'bigint' ? BigInt.asUintN(64, value) : undefined;
  }

  /** Bytes of a block or an expression. */
  block(name: number): Uint8Array | undefined {
    const found = this.#find(name);
    if (found === undefined) return undefined;
    const { form, at } = found;
    const bytes = this.#bytes;
    switch (form) {
      case DW_FORM_exprloc: case DW_FORM_block: {
        const start = skipLeb(bytes, at);
        return bytes.subarray(start, start + readUleb(bytes, at));
      }
      case DW_FORM_block1: return bytes.subarray(at + 1, at + 1 + readU8(bytes, at));
      case DW_FORM_block2: return bytes.subarray(at + 2, at + 2 + readU16(bytes, at));
      case DW_FORM_block4: return bytes.subarray(at + 4, at + 4 + readU32(bytes, at));
      default: return undefined;
    }
  }

  text(name: number): string | undefined {
    const found = this.#find(name);
    if (found === undefined) return undefined;
    const { form, at } = found;
    const { unit } = this;
    switch (form) {
      case DW_FORM_string: return decodeText(this.#bytes, at, endOfString(this.#bytes, at));
      case DW_FORM_strp: return this.#sectionText('.debug_str', at);
      case DW_FORM_line_strp: return this.#sectionText('.debug_line_str', at);
      case DW_FORM_strp_sup: case DW_FORM_GNU_strp_alt: {
        const section = unit.section.world.supplementary.section('.debug_str');
        if (section === undefined) throw unit.error(this.at, 'a text of the supplementary file, which has no .debug_str');
        return section.text(this.#offset(at));
      }
      default: {
        const index = stringIndex(form, this.#bytes, at);
        return index === undefined ? undefined : unit.stringAt(index);
      }
    }
  }

  /** The address that a value is; undefined for values of other classes. */
  address(name: number): bigint | undefined {
    const found = this.#find(name);
    if (found === undefined) return undefined;
    const { form, at } = found;
    if (form === DW_FORM_addr) return this.#reader(at).unsigned(this.unit.addressSize);
    const index = addressIndex(form, this.#bytes, at);
    return index === undefined ? undefined : this.unit.addressAt(index);
  }

  /** Where in a section of lists the value points; undefined for values of other classes (DWARF 2 and 3 used plain numbers). */
  listPlace(name: number): { readonly value: number; readonly isIndex: boolean } | undefined {
    const found = this.#find(name);
    if (found === undefined) return undefined;
    const { form, at } = found;
    if (form === DW_FORM_loclistx || form === DW_FORM_rnglistx) return { value: readUleb(this.#bytes, at), isIndex: true };
    if (form === DW_FORM_sec_offset) return { value: this.#offset(at), isIndex: false };
    if (this.unit.version < 4 && form === DW_FORM_data4) return { value: readU32(this.#bytes, at), isIndex: false };
    if (this.unit.version < 4 && form === DW_FORM_data8) return { value: readU64(this.#bytes, at), isIndex: false };
    return undefined;
  }

  /** Id of the entry that a value refers to; undefined when there is no such attribute. Throws DebugInfoError for a type unit that is not there. */
  reference(name: number): number | undefined {
    const found = this.#find(name);
    if (found === undefined) return undefined;
    const { form, at } = found;
    const { unit } = this;
    const local = this.#unitOffset(form, at);
    if (local !== undefined) return unit.id(local);
    switch (form) {
      case DW_FORM_ref_addr: {
        const size = formSize(form, unit.header) ?? 0;
        return dieId(unit.section.part, Number(this.#reader(at).unsigned(size)));
      }
      case DW_FORM_GNU_ref_alt: return dieId(PART_SUPPLEMENTARY, this.#offset(at));
      case DW_FORM_ref_sup4: return dieId(PART_SUPPLEMENTARY, readU32(this.#bytes, at));
      case DW_FORM_ref_sup8: return dieId(PART_SUPPLEMENTARY, readU64(this.#bytes, at));
      case DW_FORM_ref_sig8: {
        const signature = this.#reader(at).u64();
        const target = unit.section.world.typeUnit(signature, unit);
        if (target === undefined) throw unit.error(this.at, `no type unit has the signature 0x${signature.toString(16)}`);
        return target.id(target.header.typeOffset);
      }
      default: return undefined;
    }
  }

  /** The form of a value, for those whose class depends on it. */
  form(name: number): number | undefined {
    return this.#find(name)?.form;
  }

  #sectionText(name: string, at: number): string {
    const section = this.unit.section.file.section(name);
    if (section === undefined) throw this.unit.error(this.at, `a text of ${name}, which the file does not have`);
    return section.text(this.#offset(at));
  }

  #unitOffset(form: number, at: number): number | undefined {
    switch (form) {
      case DW_FORM_ref1: return readU8(this.#bytes, at);
      case DW_FORM_ref2: return readU16(this.#bytes, at);
      case DW_FORM_ref4: return readU32(this.#bytes, at);
      case DW_FORM_ref8: return readU64(this.#bytes, at);
      case DW_FORM_ref_udata: return readUleb(this.#bytes, at);
      default: return undefined;
    }
  }

  /** An offset into a section: 4 or 8 bytes. */
  #offset(at: number): number {
    return this.unit.offsetSize === 8 ? readU64(this.#bytes, at) : readU32(this.#bytes, at);
  }

  #reader(at: number): ByteReader {
    return new ByteReader(this.#bytes, this.unit.section.data.name, at);
  }

  #find(name: number): { readonly form: number; readonly at: number; readonly implicit: bigint } | undefined {
    const { abbreviation } = this;
    const index = abbreviation.names.indexOf(name);
    if (index < 0) return undefined;
    const form = abbreviation.forms[index] as number;
    const at = this.#places[index] as number;
    if (form === DW_FORM_implicit_const) return { form, at, implicit: abbreviation.implicit.get(index) ?? 0n };
    if (form !== DW_FORM_indirect) return { form, at, implicit: 0n };
    return { form: readUleb(this.#bytes, at), at: skipLeb(this.#bytes, at), implicit: 0n };
  }
}

const exact = (value: number): number | undefined => (value <= Number.MAX_SAFE_INTEGER ? value : undefined);
const textBytes = (text: string | undefined): Uint8Array | undefined => (text === undefined ? undefined : Buffer.from(text));

/** Index into .debug_str_offsets. */
export function stringIndex(form: number, bytes: Uint8Array, at: number): number | undefined {
  switch (form) {
    case DW_FORM_strx: case DW_FORM_GNU_str_index: return readUleb(bytes, at);
    case DW_FORM_strx1: return readU8(bytes, at);
    case DW_FORM_strx2: return readU16(bytes, at);
    case DW_FORM_strx3: return readU16(bytes, at) + readU8(bytes, at + 2) * 0x10000;
    case DW_FORM_strx4: return readU32(bytes, at);
    default: return undefined;
  }
}

/** Index into .debug_addr. */
export function addressIndex(form: number, bytes: Uint8Array, at: number): number | undefined {
  switch (form) {
    case DW_FORM_addrx: case DW_FORM_GNU_addr_index: return readUleb(bytes, at);
    case DW_FORM_addrx1: return readU8(bytes, at);
    case DW_FORM_addrx2: return readU16(bytes, at);
    case DW_FORM_addrx3: return readU16(bytes, at) + readU8(bytes, at + 2) * 0x10000;
    case DW_FORM_addrx4: return readU32(bytes, at);
    default: return undefined;
  }
}

/** Where the entry behind a list of children starts; `at` is the first child. */
export function skipChildren(unit: Unit, at: number): number {
  const { bytes, abbreviations } = unit;
  for (let depth = 1; ;) {
    if (at >= bytes.length) throw unit.error(at, 'the unit ends within a list of entries');
    const code = readUleb(bytes, at);
    at = skipLeb(bytes, at);
    if (code === 0) {
      if (--depth === 0) return at;
      continue;
    }
    const abbreviation = abbreviations.get(code);
    at = abbreviation.skip(bytes, at);
    if (abbreviation.hasChildren) depth++;
  }
}

