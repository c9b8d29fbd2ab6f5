/** Questions to an index of names. */
import { lastBefore } from '../last-before.js';
import { endOfString } from '../string-search.js';
import type { IndexTables } from './name-index.js';
import { typeFamily } from './name-index.js';
import type { NamePattern } from './name-pattern.js';
import { decodeText } from '../reader.js';

export interface FoundEntry { readonly id: number; readonly flags: number }
export interface FoundType { readonly id: number; readonly tag: number }

const NUL = 0;
const SCOPE_TEXTS_MAX = 1 << 14;
const LESS = 0x3c;

export class NameLookup {
  readonly tables: IndexTables;
  readonly #pool: Buffer;
  readonly #scopeTexts = new Map<number, readonly string[]>();

  constructor(tables: IndexTables) {
    this.tables = tables;
    this.#pool = Buffer.from(tables.pool.buffer, tables.pool.byteOffset, tables.pool.byteLength);
  }

  /** Functions and variables, in the order of the file. */
  entries(pattern: NamePattern): FoundEntry[] {
    const { entryIds, entryNames, entryLinkageNames, entryScopes, entryFlags } = this.tables;
    const wanted = this.#matching(pattern);
    if (wanted === undefined) return [];
    const found: FoundEntry[] = [];
    for (let index = 0; index < entryNames.length; index++) {
      const byName = wanted[entryNames[index] as number] === 1 && (!pattern.hasScopes || pattern.matchesScopes(this.#scopes(entryScopes[index] as number)));
      if (byName || (pattern.mayBeMangled && wanted[entryLinkageNames[index] as number] === 1)) found.push({ id: entryIds[index] as number, flags: entryFlags[index] as number });
    }
    return found;
  }

  /** Types, the first definition of each. */
  types(pattern: NamePattern): FoundType[] {
    const { typeIds, typeNames, typeScopes, typeTags } = this.tables;
    const wanted = this.#matching(pattern);
    if (wanted === undefined) return [];
    const found: FoundType[] = [];
    for (let index = 0; index < typeNames.length; index++) {
      if (wanted[typeNames[index] as number] !== 1 || (pattern.hasScopes && !pattern.matchesScopes(this.#scopes(typeScopes[index] as number)))) continue;
      found.push({ id: typeIds[index] as number, tag: typeTags[index] as number });
    }
    return found;
  }

  /** The type of exactly that name and scopes (the outermost first). */
  type(name: string, scopes: readonly string[], tag: number): number | undefined {
    const { typeIds, typeNames, typeScopes, typeTags } = this.tables;
    for (const number of this.#numbers(name)) {
      for (let index = typeNames.indexOf(number); index >= 0; index = typeNames.indexOf(number, index + 1)) {
        if (typeFamily(typeTags[index] as number) !== typeFamily(tag)) continue;
        const around = this.#scopes(typeScopes[index] as number);
        if (around.length === scopes.length && around.every((scope, depth) => scope === scopes[scopes.length - 1 - depth])) return typeIds[index];
      }
    }
    return undefined;
  }

  /** 1 for each name that matches; undefined when none does. */
  #matching(pattern: NamePattern): Uint8Array | undefined {
    const { starts } = this.tables;
    const pool = this.#pool;
    const matching = new Uint8Array(starts.length);
    let count = 0;
    const mark = (number: number): void => {
      const start = starts[number] as number;
      if (!pattern.matchesName(pool, start, endOfString(pool, start))) return;
      matching[number] = 1;
      count++;
    };
    if (pattern.exact !== undefined) for (const number of this.#numbers(pattern.exact, true)) mark(number);
    else for (let number = 0; number < starts.length; number++) if (pool[starts[number] as number] !== NUL) mark(number);
    return count === 0 ? undefined : matching;
  }

  /** Numbers of a name; with `templates`, of its instances as well: `max<int>`. */
  #numbers(name: string, templates = false): number[] {
    const found: number[] = [];
    if (name === '' || name.includes('\0')) return found;
    const needle = Buffer.from(`\0${name}`);
    const pool = this.#pool;
    for (let at = pool.indexOf(needle); at >= 0; at = pool.indexOf(needle, at + 1)) {
      const end = pool[at + needle.length];
      if (end !== NUL && !(templates && end === LESS)) continue;
      const number = positionOf(this.tables.starts, at + 1);
      if (number >= 0) found.push(number);
    }
    return found;
  }

  /** Names of a scope and of those around it, the innermost first. */
  #scopes(scope: number): readonly string[] {
    let texts = this.#scopeTexts.get(scope);
    if (texts === undefined) {
      const { scopeParents, scopeNames } = this.tables;
      const path: string[] = [];
      // A scope's number is larger than its parent's.
      for (let current = scope; current !== 0; current = scopeParents[current] as number) path.push(this.#text(scopeNames[current] as number));
      texts = path.filter((name) => name !== '');
      if (this.#scopeTexts.size >= SCOPE_TEXTS_MAX) this.#scopeTexts.clear();
      this.#scopeTexts.set(scope, texts);
    }
    return texts;
  }

  #text(number: number): string {
    const start = this.tables.starts[number] as number;
    return decodeText(this.#pool, start, endOfString(this.#pool, start));
  }
}

function positionOf(rising: Uint32Array, value: number): number {
  const last = lastBefore(rising.length, (index) => (rising[index] as number) <= value);
  return rising[last] === value ? last : -1;
}
