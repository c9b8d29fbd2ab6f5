/** Bodies, blocks and inlined instances, with what is declared in them. DWARF 5 sections 3.3 to 3.6. */
import {
  DW_AT_GNU_tail_call, DW_AT_abstract_origin, DW_AT_call_column, DW_AT_call_data_location, DW_AT_call_data_value, DW_AT_call_file, DW_AT_call_line, DW_AT_call_origin, DW_AT_call_pc,
  DW_AT_call_return_pc, DW_AT_call_tail_call, DW_AT_call_target, DW_AT_call_target_clobbered, DW_AT_call_value, DW_AT_GNU_call_site_data_value, DW_AT_GNU_call_site_target,
  DW_AT_GNU_call_site_target_clobbered, DW_AT_GNU_call_site_value, DW_AT_location, DW_AT_low_pc, DW_TAG_GNU_call_site, DW_TAG_GNU_call_site_parameter, DW_TAG_call_site,
  DW_TAG_call_site_parameter, DW_TAG_catch_block, DW_TAG_formal_parameter, DW_TAG_inlined_subroutine, DW_TAG_label, DW_TAG_lexical_block, DW_TAG_subprogram, DW_TAG_try_block,
  DW_TAG_unspecified_parameters, DW_TAG_variable, DW_TAG_with_stmt,
} from './constants.js';
import type { Die } from './die.js';
import { addressRanges, entryPc } from './die-ranges.js';
import type { Extent } from './die-ranges.js';
import type { AddressRange } from './list-unit.js';
import type { DwarfCallSite, DwarfCallSiteParameter, DwarfInlined, DwarfLabel, DwarfScope, DwarfScopeKind, DwarfUnit, DwarfVariable, SourcePlace } from './model.js';
import { chainOf, declarationOf, linkageNameOf, nameOf, qualifiedNameOf } from './origins.js';
import { Variable } from './variables.js';

const KINDS: Readonly<Record<number, DwarfScopeKind>> = {
  [DW_TAG_subprogram]: 'function', [DW_TAG_lexical_block]: 'block', [DW_TAG_inlined_subroutine]: 'inlined', [DW_TAG_try_block]: 'try', [DW_TAG_catch_block]: 'catch',
  [DW_TAG_with_stmt]: 'with',
};

interface Contents {
  readonly parameters: Variable[];
  readonly variables: Variable[];
  readonly labels: DwarfLabel[];
  readonly callSites: DwarfCallSite[];
  readonly scopes: Scope[];
  isVariadic: boolean;
}

/** Real ones nest a few dozen deep; each level costs a walk over what is in it. */
const DEPTH_MAX = 512;

export class Scope implements DwarfScope {
  readonly die: Die;
  readonly parent: Scope | undefined;
  readonly #depth: number;
  #contents: Contents | undefined;
  #extent: Extent | undefined;
  #ranges: readonly AddressRange[] | undefined;
  #parameters: readonly DwarfVariable[] | undefined;

  constructor(die: Die, parent: Scope | undefined) {
    this.die = die;
    this.parent = parent;
    this.#depth = parent === undefined ? 0 : parent.#depth + 1;
  }

  get kind(): DwarfScopeKind { return KINDS[this.die.tag] ?? 'block'; }
  get id(): number { return this.die.id; }
  get unit(): DwarfUnit { return this.die.unit; }
  get variables(): readonly DwarfVariable[] { return this.contents.variables; }
  get labels(): readonly DwarfLabel[] { return this.contents.labels; }
  get callSites(): readonly DwarfCallSite[] { return this.contents.callSites; }
  get scopes(): readonly Scope[] { return this.contents.scopes; }

  /** It says itself which code it covers. */
  get isPlaced(): boolean {
    return this.#ownCode.isCode;
  }

  get ranges(): readonly AddressRange[] {
    if (this.#ranges === undefined) {
      const extent = this.#ownCode;
      // A block without addresses of its own holds wherever the one around it does.
      this.#ranges = extent.isCode || this.kind === 'inlined' ? extent.ranges : (this.parent?.ranges ?? []);
    }
    return this.#ranges;
  }

  get #ownCode(): Extent {
    this.#extent ??= addressRanges(this.die);
    return this.#extent;
  }

  get parameters(): readonly DwarfVariable[] {
    this.#parameters ??= mergedParameters(this.die, this.contents.parameters);
    return this.#parameters;
  }

  get contents(): Contents {
    this.#contents ??= this.#read();
    return this.#contents;
  }

  #read(): Contents {
    if (this.#depth > DEPTH_MAX) throw this.die.unit.error(this.die.at, `blocks more than ${DEPTH_MAX} deep`);
    const contents: Contents = { parameters: [], variables: [], labels: [], callSites: [], scopes: [], isVariadic: false };
    for (const child of this.die.children()) {
      switch (child.tag) {
        case DW_TAG_formal_parameter: contents.parameters.push(new Variable(child)); break;
        case DW_TAG_variable: contents.variables.push(new Variable(child)); break;
        case DW_TAG_label: contents.labels.push(labelOf(child)); break;
        case DW_TAG_call_site: case DW_TAG_GNU_call_site: contents.callSites.push(new CallSite(child)); break;
        case DW_TAG_lexical_block: case DW_TAG_try_block: case DW_TAG_catch_block: case DW_TAG_with_stmt: contents.scopes.push(new Scope(child, this)); break;
        case DW_TAG_inlined_subroutine: contents.scopes.push(new Inlined(child, this)); break;
        case DW_TAG_unspecified_parameters: contents.isVariadic = true; break;
        default: // Types, imports and nested functions are looked up elsewhere.
      }
    }
    return contents;
  }
}

/**
 * Parameters of a body in the order of its abstract entry, those that the optimizer removed included:
 * they are then without a location.
 */
function mergedParameters(die: Die, own: readonly Variable[]): readonly DwarfVariable[] {
  const origin = die.reference(DW_AT_abstract_origin);
  if (origin === undefined) return own;
  const abstract = parametersOf(chainOf(die.unit.section.world.die(origin)));
  const rest = new Set(own);
  const merged: Variable[] = abstract.map((one) => {
    const found = own.find((candidate) => candidate.chain.some(({ id }) => id === one.id));
    if (found !== undefined) rest.delete(found);
    return found ?? one;
  });
  return [...merged, ...rest];
}

function parametersOf(chain: readonly Die[]): Variable[] {
  for (const die of chain) {
    const found = [...die.children()].filter(({ tag }) => tag === DW_TAG_formal_parameter).map((child) => new Variable(child));
    if (found.length > 0) return found;
  }
  return [];
}

export class Inlined extends Scope implements DwarfInlined {
  #chain: readonly Die[] | undefined;

  override get kind(): 'inlined' { return 'inlined'; }
  get originId(): number { return this.#origins.at(1)?.id ?? this.id; }
  get name(): string { return nameOf(this.#origins); }
  get qualifiedName(): string { return qualifiedNameOf(this.#origins); }
  get linkageName(): string | undefined { return linkageNameOf(this.#origins); }
  get entryPc(): bigint | undefined { return entryPc(this.die, this.ranges); }
  get declaration(): SourcePlace | undefined { return declarationOf(this.#origins); }

  get call(): SourcePlace | undefined {
    return callPlace(this.die);
  }

  get #origins(): readonly Die[] {
    this.#chain ??= chainOf(this.die);
    return this.#chain;
  }
}

const callPlace = (die: Die): SourcePlace | undefined => die.unit.place(die.number(DW_AT_call_file), die.number(DW_AT_call_line), die.number(DW_AT_call_column));

function labelOf(die: Die): DwarfLabel {
  const chain = chainOf(die);
  const address = die.address(DW_AT_low_pc);
  return { name: nameOf(chain), address: address !== undefined && die.unit.section.world.isCode(address) ? address : undefined, declaration: declarationOf(chain) };
}

class CallSite implements DwarfCallSite {
  readonly #die: Die;

  constructor(die: Die) {
    this.#die = die;
  }

  get unit(): DwarfUnit { return this.#die.unit; }
  get callAddress(): bigint | undefined { return this.#die.address(DW_AT_call_pc); }
  get returnAddress(): bigint | undefined { return this.#die.address(DW_AT_call_return_pc) ?? (this.#isGnu ? this.#die.address(DW_AT_low_pc) : undefined); }
  get isTailCall(): boolean { return this.#die.flag(DW_AT_call_tail_call) || this.#die.flag(DW_AT_GNU_tail_call); }
  get targetId(): number | undefined { return this.#die.reference(this.#isGnu ? DW_AT_abstract_origin : DW_AT_call_origin); }
  get place(): SourcePlace | undefined { return callPlace(this.#die); }

  get targetName(): string | undefined {
    const id = this.targetId;
    return id === undefined ? undefined : qualifiedNameOf(chainOf(this.#die.unit.section.world.die(id)));
  }

  get target(): Uint8Array | undefined {
    return this.#block(DW_AT_call_target, DW_AT_call_target_clobbered, DW_AT_GNU_call_site_target, DW_AT_GNU_call_site_target_clobbered);
  }

  get parameters(): readonly DwarfCallSiteParameter[] {
    const parameters: DwarfCallSiteParameter[] = [];
    for (const child of this.#die.children()) {
      if (child.tag !== DW_TAG_call_site_parameter && child.tag !== DW_TAG_GNU_call_site_parameter) continue;
      parameters.push({
        location: child.block(DW_AT_location), value: child.block(DW_AT_call_value) ?? child.block(DW_AT_GNU_call_site_value),
        dataLocation: child.block(DW_AT_call_data_location), dataValue: child.block(DW_AT_call_data_value) ?? child.block(DW_AT_GNU_call_site_data_value),
      });
    }
    return parameters;
  }

  get #isGnu(): boolean { return this.#die.tag === DW_TAG_GNU_call_site; }

  #block(...attributes: readonly number[]): Uint8Array | undefined {
    for (const attribute of attributes) {
      const block = this.#die.block(attribute);
      if (block !== undefined) return block;
    }
    return undefined;
  }
}

/**
 * Scopes with an address in a scope that has it, the innermost first, the scope itself last. GCC writes blocks beside each
 * other that overlap, or that have no addresses: the one counts with the most inlined instances in it at the address, of those
 * one with addresses of its own, the narrowest.
 * @param accepts which scopes are entered
 */
export function scopesAround(scope: DwarfScope, pc: bigint, accepts: (one: DwarfScope) => boolean = () => true): DwarfScope[] {
  const inner = scope.scopes.filter((one) => accepts(one) && one.ranges.some(({ low, high }) => pc >= low && pc < high));
  const paths = inner.map((one) => scopesAround(one, pc, accepts));
  if (paths.length > 1) paths.sort((a, b) => count(b, isInlined) - count(a, isInlined) || count(b, isPlaced) - count(a, isPlaced) || widthAt(a, pc) - widthAt(b, pc));
  return [...(paths[0] ?? []), scope];
}

const count = (path: readonly DwarfScope[], has: (one: DwarfScope) => boolean): number => path.filter(has).length;
const isInlined = ({ kind }: DwarfScope): boolean => kind === 'inlined';
const isPlaced = (scope: DwarfScope): boolean => scope.isPlaced;

/** Bytes of the range that the outermost scope has the address in. */
function widthAt(path: readonly DwarfScope[], pc: bigint): number {
  const range = path.at(-1)?.ranges.find(({ low, high }) => pc >= low && pc < high);
  return range === undefined ? Infinity : Number(range.high - range.low);
}
