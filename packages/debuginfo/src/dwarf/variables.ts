/** Variables and parameters. DWARF 5 section 4.1. */
import type { Die } from './die.js';
import { DW_AT_artificial, DW_AT_const_value, DW_AT_external, DW_AT_location, DW_AT_type, DW_AT_variable_parameter, DW_TAG_formal_parameter } from './constants.js';
import { locationOf } from './locations.js';
import type { DwarfLocation, DwarfUnit, DwarfVariable, SourcePlace } from './model.js';
import { chainOf, declarationOf, flagOf, linkageNameOf, nameOf, qualifiedNameOf, referenceOf } from './origins.js';

export class Variable implements DwarfVariable {
  readonly #die: Die;
  #chain: readonly Die[] | undefined;

  constructor(die: Die) {
    this.#die = die;
  }

  get id(): number { return this.#die.id; }
  get name(): string { return nameOf(this.chain); }
  get qualifiedName(): string { return qualifiedNameOf(this.chain); }
  get linkageName(): string | undefined { return linkageNameOf(this.chain); }
  get isParameter(): boolean { return this.#die.tag === DW_TAG_formal_parameter; }
  get isResult(): boolean { return this.isParameter && this.unit.language === 'go' && flagOf(this.chain, DW_AT_variable_parameter); }
  get isArtificial(): boolean { return flagOf(this.chain, DW_AT_artificial); }
  get isExternal(): boolean { return flagOf(this.chain, DW_AT_external); }
  get typeId(): number { return referenceOf(this.chain, DW_AT_type) ?? 0; }
  get unit(): DwarfUnit { return this.#die.unit; }
  get declaration(): SourcePlace | undefined { return declarationOf(this.chain); }

  get location(): DwarfLocation | undefined {
    for (const die of this.chain) {
      const location = locationOf(die, DW_AT_location);
      if (location !== undefined) return location;
    }
    return undefined;
  }

  get constant(): bigint | Uint8Array | undefined {
    for (const die of this.chain) {
      const constant = die.constant(DW_AT_const_value);
      if (constant !== undefined) return constant;
    }
    return undefined;
  }

  /** The entry and those that it refers to. */
  get chain(): readonly Die[] {
    this.#chain ??= chainOf(this.#die);
    return this.#chain;
  }
}
