/** Functions. DWARF 5 section 3.3. */
import {
  DW_AT_GNU_all_call_sites, DW_AT_GNU_all_tail_call_sites, DW_AT_abstract_origin, DW_AT_artificial, DW_AT_call_all_calls, DW_AT_call_all_tail_calls, DW_AT_external, DW_AT_frame_base, DW_AT_inline,
  DW_AT_noreturn, DW_AT_prototyped, DW_AT_type,
} from './constants.js';
import { addressRanges, entryPc } from './die-ranges.js';
import type { Die } from './die.js';
import type { AddressRange } from './list-unit.js';
import { locationOf } from './locations.js';
import type { DwarfFunction, DwarfInlined, DwarfLocation, DwarfUnit, DwarfVariable, SourcePlace } from './model.js';
import { chainOf, declarationOf, flagOf, linkageNameOf, nameOf, numberOf, qualifiedNameOf, referenceOf } from './origins.js';
import { Scope } from './scopes.js';

const INLINE = ['not-inlined', 'inlined', 'declared-not-inlined', 'declared-inlined'] as const;

export class FunctionEntry implements DwarfFunction {
  readonly die: Die;
  readonly #findInlined: (originId: number) => readonly DwarfInlined[];
  #chain: readonly Die[] | undefined;
  #scope: Scope | undefined;
  #ranges: readonly AddressRange[] | undefined;

  constructor(die: Die, findInlined: (originId: number) => readonly DwarfInlined[]) {
    this.die = die;
    this.#findInlined = findInlined;
  }

  get id(): number { return this.die.id; }
  get originId(): number { return this.#origins[0] ?? this.die.id; }
  get name(): string { return nameOf(this.chain); }
  get qualifiedName(): string { return qualifiedNameOf(this.chain); }
  get linkageName(): string | undefined { return linkageNameOf(this.chain); }
  get unit(): DwarfUnit { return this.die.unit; }
  get declaration(): SourcePlace | undefined { return declarationOf(this.chain); }
  get isExternal(): boolean { return flagOf(this.chain, DW_AT_external); }
  get isPrototyped(): boolean { return flagOf(this.chain, DW_AT_prototyped); }
  get isNoReturn(): boolean { return flagOf(this.chain, DW_AT_noreturn); }
  get isArtificial(): boolean { return flagOf(this.chain, DW_AT_artificial); }
  get inline(): DwarfFunction['inline'] { return INLINE[numberOf(this.chain, DW_AT_inline) ?? 0] ?? 'not-inlined'; }
  get entryPc(): bigint | undefined { return entryPc(this.die, this.#unsorted); }
  get returnTypeId(): number { return referenceOf(this.chain, DW_AT_type) ?? 0; }
  get parameters(): readonly DwarfVariable[] { return this.scope.parameters; }
  get isVariadic(): boolean { return this.chain.some((die) => new Scope(die, undefined).contents.isVariadic); }
  get frameBase(): DwarfLocation | undefined { return locationOf(this.die, DW_AT_frame_base); }

  get callsRecorded(): DwarfFunction['callsRecorded'] {
    if (this.die.flag(DW_AT_call_all_calls) || this.die.flag(DW_AT_GNU_all_call_sites)) return 'all';
    return this.die.flag(DW_AT_call_all_tail_calls) || this.die.flag(DW_AT_GNU_all_tail_call_sites) ? 'all-tail-calls' : 'some';
  }

  get ranges(): readonly AddressRange[] {
    const entry = this.entryPc;
    const ranges = this.#unsorted;
    if (entry === undefined) return ranges;
    const hot = ranges.filter(({ low, high }) => entry >= low && entry < high);
    return [...hot, ...ranges.filter((range) => !hot.includes(range))];
  }

  get scope(): Scope {
    this.#scope ??= new Scope(this.die, undefined);
    return this.#scope;
  }

  inlinedInstances(): readonly DwarfInlined[] {
    const origins = this.#origins;
    return (origins.length === 0 ? [this.die.id] : origins).flatMap((id) => this.#findInlined(id));
  }

  /**
   * Abstract entries of a body, the nearest first. With link-time optimization a C++ constructor's body has two: the complete or base
   * constructor, and what both have in common. Instances refer to either. An entry without a body stands for itself alone.
   */
  get #origins(): readonly number[] {
    return this.entryPc === undefined ? [] : this.chain.filter((_die, index) => this.chain[index - 1]?.has(DW_AT_abstract_origin) === true).map(({ id }) => id);
  }

  get chain(): readonly Die[] {
    this.#chain ??= chainOf(this.die);
    return this.#chain;
  }

  get #unsorted(): readonly AddressRange[] {
    this.#ranges ??= addressRanges(this.die).ranges;
    return this.#ranges;
  }
}
