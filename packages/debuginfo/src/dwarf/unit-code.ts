/**
 * Functions and inlined instances of one unit by address and by origin. One pass
 * over the unit's entries, which makes an object only for those that have code.
 */
import { SLOT_ABSTRACT_ORIGIN, SLOT_COUNT, SLOT_HIGH_PC, SLOT_LOW_PC, SLOT_RANGES } from './abbreviations.js';
import { Column } from './columns.js';
import { DW_AT_abstract_origin, DW_TAG_inlined_subroutine, DW_TAG_subprogram } from './constants.js';
import { addressRanges } from './die-ranges.js';
import { readUleb, skipLeb } from './forms.js';
import type { Unit } from './unit.js';

const NONE = 0xffff_ffff;

interface CodeRange { readonly low: bigint; readonly high: bigint; readonly at: number; readonly depth: number }

export interface InlinedPlace {
  /** Offset of the inlined instance in the unit. */
  readonly at: number;
  /** Offset of the function whose body it is in. */
  readonly functionAt: number;
}

export class UnitCode {
  readonly #unit: Unit;
  readonly #functions = new Column();
  readonly #functionDepths = new Column();
  readonly #inlined = new Column();
  readonly #inlinedIn = new Column();
  #ranges: readonly CodeRange[] | undefined;
  #byOrigin: ReadonlyMap<number, readonly InlinedPlace[]> | undefined;

  constructor(unit: Unit) {
    this.#unit = unit;
    this.#walk();
  }

  /** Offset of the function at an address, of nested ones the innermost; undefined when there is none. */
  functionAt(pc: bigint): number | undefined {
    this.#ranges ??= this.#readRanges();
    let best: CodeRange | undefined;
    for (const range of this.#ranges) {
      if (range.low > pc) break;
      if (pc < range.high && (best === undefined || range.depth >= best.depth)) best = range;
    }
    return best?.at;
  }

  /** Inlined instances of an abstract entry. */
  inlinedOf(originId: number): readonly InlinedPlace[] {
    this.#byOrigin ??= this.#indexOrigins();
    return this.#byOrigin.get(originId) ?? [];
  }

  #walk(): void {
    const { root, bytes, abbreviations } = this.#unit;
    if (!root.hasChildren) return;
    const places = new Int32Array(SLOT_COUNT);
    // Of each open list of children: the function that it is in.
    const open = new Column();
    let around = NONE;
    let at = root.end;
    while (at < bytes.length) {
      const start = at;
      const code = readUleb(bytes, at);
      at = skipLeb(bytes, at);
      if (code === 0) {
        if (open.length === 0) return;
        around = open.pop();
        continue;
      }
      const abbreviation = abbreviations.get(code);
      const { tag, slotForms } = abbreviation;
      at = tag === DW_TAG_subprogram || tag === DW_TAG_inlined_subroutine ? abbreviation.skipNoting(bytes, at, places) : abbreviation.skip(bytes, at);
      if (abbreviation.hasChildren) open.push(around);
      const hasCode = slotForms[SLOT_RANGES] !== 0 || (slotForms[SLOT_LOW_PC] !== 0 && slotForms[SLOT_HIGH_PC] !== 0);
      if (tag === DW_TAG_subprogram && hasCode) {
        this.#functions.push(start);
        this.#functionDepths.push(open.length);
        if (abbreviation.hasChildren) around = start;
      } else if (tag === DW_TAG_inlined_subroutine && slotForms[SLOT_ABSTRACT_ORIGIN] !== 0 && around !== NONE) {
        this.#inlined.push(start);
        this.#inlinedIn.push(around);
      }
    }
  }

  #readRanges(): readonly CodeRange[] {
    const ranges: CodeRange[] = [];
    for (let index = 0; index < this.#functions.length; index++) {
      const at = this.#functions.get(index);
      const die = this.#unit.die(at);
      if (die === undefined) continue;
      for (const { low, high } of addressRanges(die).ranges) ranges.push({ low, high, at, depth: this.#functionDepths.get(index) });
    }
    return ranges.sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  }

  #indexOrigins(): Map<number, InlinedPlace[]> {
    const found = new Map<number, InlinedPlace[]>();
    for (let index = 0; index < this.#inlined.length; index++) {
      const at = this.#inlined.get(index);
      const origin = this.#unit.die(at)?.reference(DW_AT_abstract_origin);
      if (origin === undefined) continue;
      const place = { at, functionAt: this.#inlinedIn.get(index) };
      const list = found.get(origin);
      if (list === undefined) found.set(origin, [place]);
      else list.push(place);
    }
    return found;
  }
}
