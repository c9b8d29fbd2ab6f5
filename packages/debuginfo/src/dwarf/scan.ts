/**
 * One pass over a unit's entries that collects the names of functions, variables
 * and types, with the scopes that they are in. The loop that index look-ups over
 * hundreds of megabytes wait for: it makes no object for an entry.
 */
import {
  SLOT_ABSTRACT_ORIGIN, SLOT_COUNT, SLOT_DECLARATION, SLOT_HIGH_PC, SLOT_INLINE, SLOT_LINKAGE_NAME, SLOT_LOW_PC, SLOT_NAME, SLOT_RANGES, SLOT_SIBLING, SLOT_SPECIFICATION,
} from './abbreviations.js';
import type { Abbreviation } from './abbreviations.js';
import { Column, findSorted, WideColumn } from './columns.js';
import {
  DW_AT_export_symbols, DW_AT_language, DW_AT_name, DW_FORM_GNU_ref_alt, DW_FORM_GNU_strp_alt, DW_FORM_flag_present, DW_FORM_implicit_const, DW_FORM_indirect, DW_FORM_line_strp, DW_FORM_ref1, DW_FORM_ref2, DW_FORM_ref4, DW_FORM_ref8,
  DW_FORM_ref_addr, DW_FORM_ref_sup4, DW_FORM_ref_sup8, DW_FORM_ref_udata, DW_FORM_string, DW_FORM_strp, DW_FORM_strp_sup,
  DW_TAG_base_type, DW_TAG_catch_block, DW_TAG_class_type, DW_TAG_enumeration_type, DW_TAG_interface_type, DW_TAG_lexical_block, DW_TAG_module, DW_TAG_namespace,
  DW_TAG_structure_type, DW_TAG_subprogram, DW_TAG_try_block, DW_TAG_typedef, DW_TAG_union_type, DW_TAG_unspecified_type, DW_TAG_variable,
} from './constants.js';
import { dieId, PART_SUPPLEMENTARY } from './die-id.js';
import { Die, stringIndex } from './die.js';
import { formSize, readU16, readU32, readU64, readU8, readUleb, skipLeb, skipText } from './forms.js';
import { hasNestedNames } from './languages.js';
import type { NameTable } from './name-table.js';
import { INLINE_NAMESPACE } from './origins.js';
import { decodeText } from '../reader.js';
import { byteAt } from '../table-access.js';
import { SCOPE_DEPTH_MAX } from './unit-scopes.js';
import type { Unit } from './unit.js';

export const ENTRY_HAS_CODE = 1;
/** DW_AT_inline: what inlined instances refer to. */
export const ENTRY_IS_ABSTRACT = 2;
export const ENTRY_IS_FUNCTION = 4;
export const ENTRY_IS_DECLARATION = 8;
/** A body whose name and parameters are in another entry. */
export const ENTRY_HAS_ORIGIN = 16;

/** What a scan gives for each thing found. Names and scopes are numbers of the sink's tables. */
export interface ScanSink {
  readonly names: NameTable;
  /** Number of a scope in a scope; 0 is the global one. */
  scope(parent: number, name: number): number;
  /** Functions and variables. `flags`: ENTRY_*. */
  entry(id: number, name: number, linkageName: number, scope: number, flags: number): void;
  /** Types that are complete. */
  type(id: number, name: number, scope: number, tag: number): void;
  /** Name and scope of an entry of another unit. */
  foreign(id: number): { readonly name: number; readonly linkageName: number; readonly scope: number };
}

const OTHER = 0;
const FUNCTION = 1;
const VARIABLE = 2;
const TYPE = 3;
/** Types that have scopes in them. */
const COMPOSITE = 4;
const NAMESPACE = 5;
const BLOCK = 6;
const INTEREST = new Uint8Array(0x10000);
for (const tag of [DW_TAG_base_type, DW_TAG_enumeration_type, DW_TAG_typedef, DW_TAG_unspecified_type]) INTEREST[tag] = TYPE;
for (const tag of [DW_TAG_structure_type, DW_TAG_class_type, DW_TAG_union_type, DW_TAG_interface_type]) INTEREST[tag] = COMPOSITE;
for (const tag of [DW_TAG_lexical_block, DW_TAG_try_block, DW_TAG_catch_block]) INTEREST[tag] = BLOCK;
for (const tag of [DW_TAG_namespace, DW_TAG_module]) INTEREST[tag] = NAMESPACE;
INTEREST[DW_TAG_subprogram] = FUNCTION;
INTEREST[DW_TAG_variable] = VARIABLE;

const UNNAMED_NAMES: Readonly<Record<number, string>> = {
  [DW_TAG_namespace]: '(anonymous namespace)', [DW_TAG_structure_type]: '(anonymous struct)', [DW_TAG_class_type]: '(anonymous class)', [DW_TAG_union_type]: '(anonymous union)',
};

export function scanUnit(unit: Unit, sink: ScanSink): void {
  new UnitScan(unit, sink).run();
}

class UnitScan {
  readonly #unit: Unit;
  readonly #sink: ScanSink;
  readonly #bytes: Uint8Array;
  readonly #places = new Int32Array(SLOT_COUNT);
  /** Functions and variables in the order of their offsets, declarations too: what specifications refer to. */
  readonly #at = new Column();
  readonly #names = new Column();
  readonly #linkage = new Column();
  readonly #scopes = new Column();
  readonly #targets = new WideColumn();
  readonly #flags = new Column();

  constructor(unit: Unit, sink: ScanSink) {
    this.#unit = unit;
    this.#sink = sink;
    const { header, section } = unit;
    this.#bytes = section.data.passingBytes(header.offset, header.end);
  }

  run(): void {
    const root = Die.read(this.#unit, this.#bytes, this.#unit.header.size);
    if (root?.hasChildren === true) this.#walk(root.end, hasNestedNames(root.number(DW_AT_language) ?? 0));
    this.#emit();
  }

  #walk(at: number, nested: boolean): void {
    const bytes = this.#bytes;
    const { abbreviations } = this.#unit;
    const places = this.#places;
    // Of each open list of children: its scope, and whether it is in a function.
    const scopes = new Column();
    let scope = 0;
    let depth = 0;
    let functions = 0;
    const inFunction = new Column();
    for (;;) {
      // Units may end without the null entries that close their lists.
      if (at >= bytes.length) return;
      const start = at;
      let code = byteAt(bytes, at);
      if (code < 0x80) at++;
      else {
        code = readUleb(bytes, at);
        at = skipLeb(bytes, at);
      }
      if (code === 0) {
        if (scopes.length === 0) return;
        const outer = scopes.pop();
        if (outer !== scope) depth--;
        scope = outer;
        functions = inFunction.pop();
        continue;
      }
      const abbreviation = abbreviations.get(code);
      const kind = INTEREST[abbreviation.tag] as number;
      if (kind === OTHER && !abbreviation.hasChildren) {
        at = abbreviation.skip(bytes, at);
        continue;
      }
      at = abbreviation.skipNoting(bytes, at, places);
      let inner = -1;
      let innerFunctions = functions;
      switch (kind) {
        case FUNCTION:
          this.#noteFunction(start, abbreviation, scope);
          if (nested) { inner = scope; innerFunctions = 1; }
          break;
        case VARIABLE:
          if (functions === 0) this.#noteVariable(start, abbreviation, scope);
          break;
        case TYPE:
          if (functions === 0) this.#noteType(start, abbreviation, scope);
          break;
        case COMPOSITE:
          if (functions === 0) this.#noteType(start, abbreviation, scope);
          if (nested && abbreviation.hasChildren) inner = this.#innerScope(start, abbreviation, scope);
          break;
        case NAMESPACE:
          inner = this.#innerScope(start, abbreviation, scope);
          break;
        case BLOCK:
          if (nested) inner = scope;
          break;
        default:
      }
      if (!abbreviation.hasChildren) continue;
      if (inner >= 0) {
        if (inner !== scope && ++depth > SCOPE_DEPTH_MAX) throw this.#unit.error(start, `scopes more than ${SCOPE_DEPTH_MAX} deep`);
        scopes.push(scope);
        inFunction.push(functions);
        scope = inner;
        functions = innerFunctions;
        continue;
      }
      at = this.#behind(abbreviation, at);
    }
  }

  /** Where the entry behind the children of one starts; `at` is the first child. */
  #behind(abbreviation: Abbreviation, at: number): number {
    if (abbreviation.slotForms[SLOT_SIBLING] !== 0) {
      const to = this.#localReference(abbreviation, SLOT_SIBLING);
      if (to >= at && to <= this.#bytes.length) return to;
    }
    const bytes = this.#bytes;
    const { abbreviations } = this.#unit;
    for (let depth = 1; depth > 0;) {
      if (at >= bytes.length) return at;
      const code = readUleb(bytes, at);
      at = skipLeb(bytes, at);
      if (code === 0) depth--;
      else {
        const child = abbreviations.get(code);
        at = child.skip(bytes, at);
        if (child.hasChildren) depth++;
      }
    }
    return at;
  }

  #noteFunction(start: number, abbreviation: Abbreviation, scope: number): void {
    const { slotForms } = abbreviation;
    let flags = ENTRY_IS_FUNCTION;
    if (this.#flag(abbreviation, SLOT_DECLARATION)) flags |= ENTRY_IS_DECLARATION;
    if (slotForms[SLOT_RANGES] !== 0 || (slotForms[SLOT_LOW_PC] !== 0 && slotForms[SLOT_HIGH_PC] !== 0)) flags |= ENTRY_HAS_CODE;
    if (slotForms[SLOT_INLINE] !== 0 && (flags & ENTRY_HAS_CODE) === 0) flags |= ENTRY_IS_ABSTRACT;
    this.#note(start, abbreviation, scope, flags);
  }

  #noteVariable(start: number, abbreviation: Abbreviation, scope: number): void {
    this.#note(start, abbreviation, scope, this.#flag(abbreviation, SLOT_DECLARATION) ? ENTRY_IS_DECLARATION : 0);
  }

  #note(start: number, abbreviation: Abbreviation, scope: number, flags: number): void {
    const { slotForms } = abbreviation;
    const origin = slotForms[SLOT_SPECIFICATION] !== 0 ? SLOT_SPECIFICATION : slotForms[SLOT_ABSTRACT_ORIGIN] !== 0 ? SLOT_ABSTRACT_ORIGIN : -1;
    this.#at.push(start);
    this.#names.push(this.#name(abbreviation, SLOT_NAME));
    this.#linkage.push(this.#name(abbreviation, SLOT_LINKAGE_NAME));
    this.#scopes.push(scope);
    this.#targets.push(origin < 0 ? 0 : this.#reference(abbreviation, origin));
    this.#flags.push(origin === SLOT_ABSTRACT_ORIGIN ? flags | ENTRY_HAS_ORIGIN : flags);
  }

  #noteType(start: number, abbreviation: Abbreviation, scope: number): void {
    if (this.#flag(abbreviation, SLOT_DECLARATION)) return;
    const id = this.#unit.id(start);
    if (abbreviation.slotForms[SLOT_NAME] !== 0) {
      this.#sink.type(id, this.#name(abbreviation, SLOT_NAME), scope, abbreviation.tag);
    } else if (abbreviation.slotForms[SLOT_SPECIFICATION] !== 0) {
      // `struct Outer::Inner { … };` has its name where it was declared.
      const declared = this.#sink.foreign(id);
      this.#sink.type(id, declared.name, declared.scope, abbreviation.tag);
    }
  }

  #innerScope(start: number, abbreviation: Abbreviation, scope: number): number {
    const { names } = this.#sink;
    const named = abbreviation.slotForms[SLOT_NAME] !== 0;
    const isInline = abbreviation.names.includes(DW_AT_export_symbols);
    if (named && !isInline) return this.#sink.scope(scope, this.#name(abbreviation, SLOT_NAME));
    const name = named ? (Die.read(this.#unit, this.#bytes, start)?.text(DW_AT_name) ?? '') : (UNNAMED_NAMES[abbreviation.tag] ?? '');
    return this.#sink.scope(scope, names.ofText(isInline ? `${name}${INLINE_NAMESPACE}` : name));
  }

  /** Gives what was noted to the sink, with names and scopes of those that have them elsewhere. */
  #emit(): void {
    for (let index = 0; index < this.#at.length; index++) {
      const flags = this.#flags.get(index);
      if ((flags & ENTRY_IS_DECLARATION) !== 0) continue;
      if (this.#targets.get(index) !== 0) this.#resolve(index, 0);
      const linkage = this.#linkage.get(index);
      // Thunks of Clang have a mangled name alone.
      const name = this.#names.get(index) || ((flags & ENTRY_IS_FUNCTION) === 0 ? 0 : linkage);
      if (name !== 0) this.#sink.entry(this.#unit.id(this.#at.get(index)), name, linkage, this.#scopes.get(index), flags);
    }
  }

  /** Takes name, linkage name and scope from what an entry refers to. */
  #resolve(index: number, depth: number): void {
    const target = this.#targets.get(index);
    if (target === 0 || depth > CHAIN_MAX) return;
    this.#targets.set(index, 0);
    const base = this.#unit.id(0);
    const local = target - base;
    const found = local > 0 && local < this.#bytes.length ? findSorted(this.#at, local) : -1;
    let name: number;
    let linkage: number;
    let scope: number;
    if (found >= 0) {
      this.#resolve(found, depth + 1);
      name = this.#names.get(found);
      linkage = this.#linkage.get(found);
      scope = this.#scopes.get(found);
    } else {
      const foreign = this.#sink.foreign(target);
      ({ name, scope } = foreign);
      linkage = foreign.linkageName;
    }
    if (this.#names.get(index) === 0) this.#names.set(index, name);
    if (this.#linkage.get(index) === 0) this.#linkage.set(index, linkage);
    this.#scopes.set(index, scope);
  }

  #flag(abbreviation: Abbreviation, slot: number): boolean {
    const form = abbreviation.slotForms[slot] as number;
    if (form === 0) return false;
    // An implicit constant has no byte: compilers write no false flags in that form.
    return form === DW_FORM_flag_present || form === DW_FORM_implicit_const || readU8(this.#bytes, this.#places[slot] as number) !== 0;
  }

  #name(abbreviation: Abbreviation, slot: number): number {
    let form = abbreviation.slotForms[slot] as number;
    if (form === 0) return 0;
    const bytes = this.#bytes;
    let at = this.#places[slot] as number;
    if (form === DW_FORM_indirect) {
      form = readUleb(bytes, at);
      at = skipLeb(bytes, at);
    }
    const { names } = this.#sink;
    const { section, offsetSize } = this.#unit;
    if (form === DW_FORM_strp) {
      const strings = section.file.section('.debug_str');
      return strings === undefined ? 0 : names.ofOffset(strings, offsetSize === 8 ? readU64(bytes, at) : readU32(bytes, at));
    }
    if (form === DW_FORM_string) return names.ofText(decodeText(bytes, at, skipText(bytes, at) - 1));
    if (form === DW_FORM_line_strp) {
      const strings = section.file.section('.debug_line_str');
      return strings === undefined ? 0 : names.ofOffset(strings, offsetSize === 8 ? readU64(bytes, at) : readU32(bytes, at));
    }
    if (form === DW_FORM_strp_sup || form === DW_FORM_GNU_strp_alt) {
      const strings = section.world.supplementary.section('.debug_str');
      return strings === undefined ? 0 : names.ofOffset(strings, offsetSize === 8 ? readU64(bytes, at) : readU32(bytes, at));
    }
    const index = stringIndex(form, bytes, at);
    const strings = section.file.section('.debug_str');
    return index === undefined || strings === undefined ? 0 : names.ofOffset(strings, this.#unit.stringOffset(index));
  }

  #localReference(abbreviation: Abbreviation, slot: number): number {
    const at = this.#places[slot] as number;
    switch (abbreviation.slotForms[slot]) {
      case DW_FORM_ref4: return readU32(this.#bytes, at);
      case DW_FORM_ref2: return readU16(this.#bytes, at);
      case DW_FORM_ref1: return readU8(this.#bytes, at);
      case DW_FORM_ref_udata: return readUleb(this.#bytes, at);
      case DW_FORM_ref8: return readU64(this.#bytes, at);
      default: return -1;
    }
  }

  /** Id of what a reference means; 0 when it means nothing that has a name of ours. */
  #reference(abbreviation: Abbreviation, slot: number): number {
    const local = this.#localReference(abbreviation, slot);
    if (local >= 0) return local < this.#bytes.length ? this.#unit.id(local) : 0;
    const at = this.#places[slot] as number;
    const form = abbreviation.slotForms[slot] as number;
    const size = formSize(form, this.#unit.header);
    const value = size === 8 ? readU64(this.#bytes, at) : readU32(this.#bytes, at);
    switch (form) {
      case DW_FORM_ref_addr: return dieId(this.#unit.section.part, value);
      case DW_FORM_GNU_ref_alt: case DW_FORM_ref_sup4: case DW_FORM_ref_sup8: return dieId(PART_SUPPLEMENTARY, value);
      default: return 0;
    }
  }
}

/** An abstract entry of a definition of a declaration: three. */
const CHAIN_MAX = 8;
