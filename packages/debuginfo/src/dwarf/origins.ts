/**
 * Entries that complete others: a body names its abstract entry (DW_AT_abstract_origin),
 * a definition its declaration (DW_AT_specification), a type its type unit (DW_AT_signature). Attributes that one lacks, the next has.
 * DWARF 5 sections 2.13.2, 3.3.8 and 5.7.1.
 */
import { DW_AT_MIPS_linkage_name, DW_AT_abstract_origin, DW_AT_decl_column, DW_AT_decl_file, DW_AT_decl_line, DW_AT_export_symbols, DW_AT_linkage_name, DW_AT_name, DW_AT_signature, DW_AT_specification, DW_TAG_class_type, DW_TAG_enumeration_type, DW_TAG_inlined_subroutine, DW_TAG_namespace, DW_TAG_structure_type, DW_TAG_subprogram, DW_TAG_union_type } from './constants.js';
import type { Die } from './die.js';
import { languageOf } from './languages.js';
import type { SourcePlace } from './model.js';

/** A body, its abstract entry, that one's declaration: three. */
const CHAIN_MAX = 8;

/** The entry, and those that complete it, in order. */
export function chainOf(die: Die): readonly Die[] {
  const chain = [die];
  let current = die;
  while (chain.length < CHAIN_MAX) {
    const next = current.reference(DW_AT_abstract_origin) ?? current.reference(DW_AT_specification) ?? typeUnitOf(current);
    if (next === undefined) break;
    current = die.unit.section.world.die(next);
    chain.push(current);
  }
  return chain;
}

const SIGNED = new Set([DW_TAG_structure_type, DW_TAG_class_type, DW_TAG_union_type, DW_TAG_enumeration_type]);

/** GCC's C types say nothing besides where they are; those of C++ say their names too. */
const typeUnitOf = (die: Die): number | undefined => (SIGNED.has(die.tag) && !die.has(DW_AT_name) ? die.reference(DW_AT_signature) : undefined);

export const textOf = (chain: readonly Die[], attribute: number): string | undefined => first(chain, (die) => die.text(attribute));
export const numberOf = (chain: readonly Die[], attribute: number): number | undefined => first(chain, (die) => die.number(attribute));
export const referenceOf = (chain: readonly Die[], attribute: number): number | undefined => first(chain, (die) => die.reference(attribute));
export const flagOf = (chain: readonly Die[], attribute: number): boolean => chain.some((die) => die.flag(attribute));
export const linkageNameOf = (chain: readonly Die[]): string | undefined => textOf(chain, DW_AT_linkage_name) ?? textOf(chain, DW_AT_MIPS_linkage_name);
/** Thunks of Clang have a mangled name alone. GCC gives one to types without a name, which it is not. */
export const nameOf = (chain: readonly Die[]): string => textOf(chain, DW_AT_name) ?? (isFunction(chain[0]) ? linkageNameOf(chain) : undefined) ?? '';
const isFunction = (die: Die | undefined): boolean => die?.tag === DW_TAG_subprogram || die?.tag === DW_TAG_inlined_subroutine;

function first<T>(chain: readonly Die[], read: (die: Die) => T | undefined): T | undefined {
  for (const die of chain) {
    const value = read(die);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Where it is declared: of the first entry that says a line. File numbers count in that entry's unit. */
export function declarationOf(chain: readonly Die[]): SourcePlace | undefined {
  const at = chain.findIndex((die) => die.has(DW_AT_decl_line));
  const die = chain[at];
  if (die === undefined) return undefined;
  const place = die.unit.place(die.number(DW_AT_decl_file), die.number(DW_AT_decl_line), die.number(DW_AT_decl_column));
  if (place === undefined || die.has(DW_AT_decl_file)) return place;
  // A definition in the file of its declaration leaves the file out.
  const other = chain.slice(at + 1).find((one) => one.has(DW_AT_decl_file));
  return { ...place, file: other?.unit.place(other.number(DW_AT_decl_file), 0, undefined)?.file ?? '' };
}

const ANONYMOUS: Readonly<Record<number, string>> = {
  [DW_TAG_namespace]: '(anonymous namespace)', [DW_TAG_structure_type]: '(anonymous struct)', [DW_TAG_class_type]: '(anonymous class)', [DW_TAG_union_type]: '(anonymous union)',
};

/** What a namespace or type without a name is called in qualified names. */
export const anonymousName = (tag: number): string => ANONYMOUS[tag] ?? '';

/** Behind the name of an inline namespace where names are looked up: patterns need not write it. */
export const INLINE_NAMESPACE = '\u0001';

/** Names of the scopes around the entry that declares this one, the outermost first. */
export const scopeNames = (chain: readonly Die[]): string[] => markedScopeNames(chain).map((name) => name.replace(INLINE_NAMESPACE, ''));

/** Likewise, with INLINE_NAMESPACE behind those that are. */
export function markedScopeNames(chain: readonly Die[]): string[] {
  const declaring = chain.at(-1);
  if (declaring === undefined) return [];
  // Go's names are whole: "net/http.(*Server).Serve". C has no scopes.
  if (!['c++', 'rust', 'other'].includes(languageOf(declaring.unit.languageNumber))) return [];
  const { unit } = declaring;
  return unit.scopes.around(declaring.at).reverse().map((at) => {
    const scope = unit.die(at);
    if (scope === undefined) return '';
    const name = nameOf(chainOf(scope)) || anonymousName(scope.tag);
    return scope.has(DW_AT_export_symbols) ? `${name}${INLINE_NAMESPACE}` : name;
  }).filter((name) => name !== '');
}

/** With namespaces, classes, modules. */
export function qualifiedNameOf(chain: readonly Die[]): string {
  return [...scopeNames(chain), nameOf(chain)].join('::');
}
