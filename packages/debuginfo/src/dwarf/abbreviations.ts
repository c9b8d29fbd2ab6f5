/**
 * .debug_abbrev: what attributes the entries of a unit have, and in which forms
 * (DWARF 5 section 7.5.3). A kernel has 3000 tables with half a million
 * declarations: they are found as far as entries use them, and each is decoded when an entry does.
 */
import { DebugInfoError } from '../errors.js';
import { ByteReader } from '../reader.js';
import { byteAt } from '../table-access.js';
import {
  DW_AT_abstract_origin, DW_AT_declaration, DW_AT_high_pc, DW_AT_import, DW_AT_inline, DW_AT_linkage_name, DW_AT_low_pc, DW_AT_MIPS_linkage_name, DW_AT_name, DW_AT_ranges, DW_AT_sibling,
  DW_AT_signature, DW_AT_specification, DW_FORM_block, DW_FORM_block1, DW_FORM_block2, DW_FORM_block4, DW_FORM_exprloc, DW_FORM_implicit_const, DW_FORM_indirect, DW_FORM_string,
} from './constants.js';
import { formSize, readUleb, skipForm, skipLeb, skipText } from './forms.js';
import type { UnitShape } from './forms.js';
import type { SectionData } from './section-data.js';

/** Attributes that scans over whole units look at; the numbers are slots of `places`. */
export const SLOT_SIBLING = 0;
export const SLOT_NAME = 1;
export const SLOT_LINKAGE_NAME = 2;
export const SLOT_SPECIFICATION = 3;
export const SLOT_ABSTRACT_ORIGIN = 4;
export const SLOT_DECLARATION = 5;
export const SLOT_INLINE = 6;
export const SLOT_LOW_PC = 7;
export const SLOT_HIGH_PC = 8;
export const SLOT_RANGES = 9;
export const SLOT_SIGNATURE = 10;
export const SLOT_IMPORT = 11;
export const SLOT_COUNT = 12;
const SLOTS: Readonly<Record<number, number>> = {
  [DW_AT_sibling]: SLOT_SIBLING, [DW_AT_name]: SLOT_NAME, [DW_AT_linkage_name]: SLOT_LINKAGE_NAME, [DW_AT_MIPS_linkage_name]: SLOT_LINKAGE_NAME,
  [DW_AT_specification]: SLOT_SPECIFICATION, [DW_AT_abstract_origin]: SLOT_ABSTRACT_ORIGIN, [DW_AT_declaration]: SLOT_DECLARATION, [DW_AT_inline]: SLOT_INLINE,
  [DW_AT_low_pc]: SLOT_LOW_PC, [DW_AT_high_pc]: SLOT_HIGH_PC, [DW_AT_ranges]: SLOT_RANGES, [DW_AT_signature]: SLOT_SIGNATURE, [DW_AT_import]: SLOT_IMPORT,
};

const STEP_ADVANCE = 0;
const STEP_NOTE = 1;
const STEP_LEB = 2;
const STEP_TEXT = 3;
/** From here on the form is the step's argument. */
const STEP_OTHER = 4;

export class Abbreviation {
  /** DW_TAG_*. */
  readonly tag: number;
  readonly hasChildren: boolean;
  /** DW_AT_* and DW_FORM_* of the values, in order. */
  readonly names: readonly number[];
  readonly forms: readonly number[];
  /** Values of DW_FORM_implicit_const by position. */
  readonly implicit: ReadonlyMap<number, bigint>;
  /** Form by slot; 0: no such attribute. */
  readonly slotForms: readonly number[];
  /** Bytes of the values when every one has a fixed size, else -1. */
  readonly fixedSize: number;
  readonly #steps: readonly number[];
  readonly #shape: UnitShape;

  constructor(tag: number, hasChildren: boolean, names: readonly number[], forms: readonly number[], implicit: ReadonlyMap<number, bigint>, shape: UnitShape) {
    this.tag = tag;
    this.hasChildren = hasChildren;
    this.names = names;
    this.forms = forms;
    this.implicit = implicit;
    this.#shape = shape;
    const steps: number[] = [];
    const slotForms = new Array<number>(SLOT_COUNT).fill(0);
    let fixed = 0;
    let pending = 0;
    const advance = (): void => {
      if (pending > 0) steps.push(STEP_ADVANCE, pending);
      pending = 0;
    };
    for (const [index, form] of forms.entries()) {
      const slot = SLOTS[names[index] as number];
      if (slot !== undefined && slotForms[slot] === 0) {
        advance();
        steps.push(STEP_NOTE, slot);
        slotForms[slot] = form;
      }
      const size = formSize(form, shape);
      if (size === undefined) throw new DebugInfoError('.debug_abbrev', 0, `attribute ${index} of an entry of tag 0x${tag.toString(16)} has the unknown form 0x${form.toString(16)}`);
      if (size >= 0) {
        pending += size;
        fixed += size;
        continue;
      }
      fixed = -Infinity;
      advance();
      steps.push(stepOf(form), form);
    }
    advance();
    this.slotForms = slotForms;
    this.fixedSize = fixed < 0 ? -1 : fixed;
    this.#steps = steps;
  }

  /** Where the values that start at `at` end. */
  skip(bytes: Uint8Array, at: number): number {
    return this.fixedSize >= 0 ? at + this.fixedSize : this.skipNoting(bytes, at, IGNORED);
  }

  /** The same, noting where the values of slots start. Slots without an attribute (slotForms 0) keep what they had. */
  skipNoting(bytes: Uint8Array, at: number, places: Int32Array): number {
    const steps = this.#steps;
    for (let index = 0; index < steps.length; index += 2) {
      const argument = steps[index + 1] as number;
      switch (steps[index]) {
        case STEP_ADVANCE: at += argument; break;
        case STEP_NOTE: places[argument] = at; break;
        case STEP_LEB: at = skipLeb(bytes, at); break;
        case STEP_TEXT: at = skipText(bytes, at); break;
        default: at = skipForm(bytes, at, argument, this.#shape);
      }
    }
    return at;
  }
}

const IGNORED = new Int32Array(SLOT_COUNT);

function stepOf(form: number): number {
  switch (form) {
    case DW_FORM_string: return STEP_TEXT;
    case DW_FORM_block: case DW_FORM_block1: case DW_FORM_block2: case DW_FORM_block4: case DW_FORM_exprloc: case DW_FORM_indirect: return STEP_OTHER;
    default: return STEP_LEB;
  }
}

/**
 * Declarations by their bytes. Compilers give each unit a table of its own, and
 * the same few thousand declarations come back in each.
 */
export class AbbreviationCache {
  readonly shape: UnitShape;
  readonly #known = new Map<string, Abbreviation>();

  constructor(shape: UnitShape) {
    this.shape = shape;
  }

  /** The declaration whose tag is at `start`. */
  get(bytes: Buffer, start: number, end: number): Abbreviation {
    const key = bytes.toString('latin1', start, end);
    let known = this.#known.get(key);
    if (known === undefined) {
      known = decode(bytes, start, this.shape);
      if (this.#known.size >= KNOWN_MAX) this.#known.clear();
      this.#known.set(key, known);
    }
    return known;
  }
}

const KNOWN_MAX = 1 << 16;

function decode(bytes: Uint8Array, start: number, shape: UnitShape): Abbreviation {
  const reader = new ByteReader(bytes, '.debug_abbrev', start);
  const tag = reader.uleb();
  const hasChildren = reader.u8() !== 0;
  const names: number[] = [];
  const forms: number[] = [];
  let implicit: Map<number, bigint> | undefined;
  for (;;) {
    const name = reader.uleb();
    const form = reader.uleb();
    if (form === DW_FORM_implicit_const) (implicit ??= new Map<number, bigint>()).set(names.length, reader.slebBig());
    if (name === 0 && form === 0) return new Abbreviation(tag, hasChildren, names, forms, implicit ?? NONE, shape);
    names.push(name);
    forms.push(form);
  }
}

const NONE: ReadonlyMap<number, bigint> = new Map();

export class AbbreviationTable {
  readonly #section: SectionData;
  readonly #offset: number;
  readonly #cache: AbbreviationCache;
  /** The section from #offset on, as far as declarations were looked for. */
  #bytes: Buffer;
  /** Where in #bytes the next declaration is looked for; undefined: all are known. */
  #next: number | undefined = 0;
  /** By code, where the declaration stands in #bytes from its tag on: [start, end]. */
  readonly #starts: number[] = [0];
  readonly #ends: number[] = [0];
  /** The same for codes that leave gaps, as no compiler makes them. */
  readonly #sparse = new Map<number, readonly [start: number, end: number]>();
  readonly #decoded: (Abbreviation | undefined)[] = [];
  readonly #decodedSparse = new Map<number, Abbreviation>();

  /** @param section .debug_abbrev, in which the table starts at `offset` */
  constructor(section: SectionData, offset: number, cache: AbbreviationCache) {
    this.#section = section;
    this.#offset = offset;
    this.#cache = cache;
    this.#bytes = bufferOf(section.bytes(offset, Math.min(section.length, offset + FIRST_BYTES)));
  }

  /** Throws DebugInfoError for a code that the table has not. */
  get(code: number): Abbreviation {
    return this.#decoded[code] ?? this.#decodedSparse.get(code) ?? this.#decode(code);
  }

  /** Finds declarations up to that of a code, or all: the first entry of a unit mostly has the first of them. */
  #findUpTo(code: number): void {
    while (this.#next !== undefined && !this.#isKnown(code)) {
      try {
        this.#next = this.#findAt(this.#next);
      } catch (error) {
        if (!(error instanceof DebugInfoError) || this.#offset + this.#bytes.length >= this.#section.length) throw error;
        this.#bytes = bufferOf(this.#section.bytes(this.#offset, Math.min(this.#section.length, this.#offset + this.#bytes.length * 8)));
      }
    }
  }

  #isKnown(code: number): boolean {
    return (code > 0 && code < this.#starts.length) || this.#sparse.has(code);
  }

  /** Notes the declaration at a place, and gives that of the next one; undefined: the table ends here. */
  #findAt(place: number): number | undefined {
    const bytes = this.#bytes;
    let at = place;
    if (at >= bytes.length) throw new DebugInfoError('.debug_abbrev', this.#offset, 'a table without end');
    const code = readUleb(bytes, at);
    const start = skipLeb(bytes, at);
    if (start > bytes.length) throw new DebugInfoError('.debug_abbrev', this.#offset + at, 'an abbreviation without end');
    if (code === 0) return undefined;
    at = skipLeb(bytes, start) + 1;
    for (;;) {
      if (at >= bytes.length) throw new DebugInfoError('.debug_abbrev', this.#offset + start, 'an abbreviation without end');
      // Nearly all names and forms take one byte.
      const first = byteAt(bytes, at);
      const name = first < 0x80 ? first : readUleb(bytes, at);
      at = first < 0x80 ? at + 1 : skipLeb(bytes, at);
      const form = readUleb(bytes, at);
      at = skipLeb(bytes, at);
      if (form === DW_FORM_implicit_const) at = skipLeb(bytes, at);
      if (name === 0 && form === 0) break;
    }
    if (at > bytes.length) throw new DebugInfoError('.debug_abbrev', this.#offset + start, 'an abbreviation without end');
    // The first of two declarations of a code counts, as in readelf.
    if (code === this.#starts.length) {
      this.#starts.push(start);
      this.#ends.push(at);
    } else if (code > this.#starts.length && !this.#sparse.has(code)) {
      this.#sparse.set(code, [start, at]);
    }
    return at;
  }

  #decode(code: number): Abbreviation {
    this.#findUpTo(code);
    const isDense = code < this.#starts.length && code > 0;
    const place = isDense ? ([this.#starts[code] as number, this.#ends[code] as number] as const) : this.#sparse.get(code);
    if (place === undefined) throw new DebugInfoError('.debug_abbrev', this.#offset, `the table has no abbreviation ${code}`);
    const abbreviation = this.#cache.get(this.#bytes, ...place);
    if (isDense) this.#decoded[code] = abbreviation;
    else this.#decodedSparse.set(code, abbreviation);
    return abbreviation;
  }
}

/** Enough for a unit's first declarations; most tables of a kernel have some 2000 bytes. */
const FIRST_BYTES = 2048;
const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Whether any declaration may have one of the attributes in one of the forms: their numbers stand beside each other somewhere.
 * A tenth of the time that reading the declarations takes, which a yes may need. A no is sure.
 */
export function mayDeclare(bytes: Uint8Array, pairs: readonly (readonly [attribute: number, form: number])[]): boolean {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return pairs.some(([attribute, form]) => haystack.includes(Buffer.from([...uleb(attribute), ...uleb(form)])));
}

function uleb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...uleb(value >>> 7)];
}

/** What {@link someDeclared} tells of. */
interface DeclarationVisitor {
  readonly tag?: (tag: number) => void;
  /** True ends the walk. */
  readonly attribute: (name: number, form: number) => boolean;
}

/** Walks the declarations of all tables, which follow each other in .debug_abbrev; whether the visitor ended it. */
function someDeclared(bytes: Uint8Array, { tag, attribute }: DeclarationVisitor): boolean {
  let at = 0;
  while (at < bytes.length) {
    const code = readUleb(bytes, at);
    at = skipLeb(bytes, at);
    if (code === 0) continue;
    tag?.(readUleb(bytes, at));
    at = skipLeb(bytes, at) + 1;
    while (at < bytes.length) {
      const name = readUleb(bytes, at);
      at = skipLeb(bytes, at);
      const form = readUleb(bytes, at);
      at = skipLeb(bytes, at);
      if (form === DW_FORM_implicit_const) at = skipLeb(bytes, at);
      if (name === 0 && form === 0) break;
      if (attribute(name, form)) return true;
    }
  }
  return false;
}

/** Whether any declaration of any table has one of the forms. */
export function usesForm(bytes: Uint8Array, forms: readonly number[]): boolean {
  return someDeclared(bytes, { attribute: (_name, form) => forms.includes(form) });
}

/** Tags and attributes that any declaration of any table has. */
export function declaredTags(bytes: Uint8Array): { readonly tags: ReadonlySet<number>; readonly attributes: ReadonlySet<number> } {
  const tags = new Set<number>();
  const attributes = new Set<number>();
  someDeclared(bytes, { tag: (tag) => { tags.add(tag); }, attribute: (name) => { attributes.add(name); return false; } });
  return { tags, attributes };
}
