/**
 * Functions, variables and types by name. Built by scanning units, or read from the
 * bytes that `toBytes` gave before. Tables of numbers: looking a name up is a search
 * in one text and in one column.
 */
import { Column, WideColumn } from './columns.js';
import { DW_TAG_class_type, DW_TAG_interface_type, DW_TAG_structure_type } from './constants.js';
import { NameTable } from './name-table.js';
import type { ScanSink } from './scan.js';

export interface IndexTables {
  /** Texts, each ended by a NUL, after a first NUL. */
  readonly pool: Uint8Array;
  /** Where each name starts in the pool, rising. Name 0 is the empty one. */
  readonly starts: Uint32Array;
  readonly scopeParents: Uint32Array;
  readonly scopeNames: Uint32Array;
  readonly entryIds: Float64Array;
  readonly entryNames: Uint32Array;
  readonly entryLinkageNames: Uint32Array;
  readonly entryScopes: Uint32Array;
  /** ENTRY_*. */
  readonly entryFlags: Uint32Array;
  readonly typeIds: Float64Array;
  readonly typeNames: Uint32Array;
  readonly typeScopes: Uint32Array;
  /** DW_TAG_*. */
  readonly typeTags: Uint32Array;
}

export interface ForeignName { readonly name: string; readonly linkageName: string; readonly scopes: readonly string[] }

export class IndexBuilder implements ScanSink {
  readonly names = new NameTable();
  readonly #foreign: (id: number) => ForeignName;
  readonly #scopeNumbers = new Map<number, number>();
  readonly #scopeParents = new Column();
  readonly #scopeNames = new Column();
  readonly #entryIds = new WideColumn();
  readonly #entryNames = new Column();
  readonly #entryLinkageNames = new Column();
  readonly #entryScopes = new Column();
  readonly #entryFlags = new Column();
  readonly #typeIds = new WideColumn();
  readonly #typeNames = new Column();
  readonly #typeScopes = new Column();
  readonly #typeTags = new Column();
  readonly #knownTypes = new PairSet();

  /** @param foreign name of an entry that another unit refers to, and of the scopes around it, the outermost first */
  constructor(foreign: (id: number) => ForeignName) {
    this.#foreign = foreign;
    this.#scopeParents.push(0);
    this.#scopeNames.push(0);
  }

  scope(parent: number, name: number): number {
    const key = parent * 2 ** 26 + name;
    let number = this.#scopeNumbers.get(key);
    if (number === undefined) {
      number = this.#scopeParents.length;
      this.#scopeParents.push(parent);
      this.#scopeNames.push(name);
      this.#scopeNumbers.set(key, number);
    }
    return number;
  }

  entry(id: number, name: number, linkageName: number, scope: number, flags: number): void {
    this.#entryIds.push(id);
    this.#entryNames.push(name);
    this.#entryLinkageNames.push(linkageName);
    this.#entryScopes.push(scope);
    this.#entryFlags.push(flags);
  }

  /** The first definition of a name counts: a kernel has 3000 of `struct list_head`. */
  type(id: number, name: number, scope: number, tag: number): void {
    if (!this.#knownTypes.add(name, scope * 256 + typeFamily(tag))) return;
    this.#typeIds.push(id);
    this.#typeNames.push(name);
    this.#typeScopes.push(scope);
    this.#typeTags.push(tag);
  }

  foreign(id: number): { readonly name: number; readonly linkageName: number; readonly scope: number } {
    const { name, linkageName, scopes } = this.#foreign(id);
    const { names } = this;
    return { name: names.ofText(name), linkageName: names.ofText(linkageName), scope: scopes.reduce((parent, one) => this.scope(parent, names.ofText(one)), 0) };
  }

  build(): IndexTables {
    const { bytes, starts, order } = this.names.pool();
    // Names are numbered anew in the pool's order, so that a place in the pool leads to its name.
    const renumbered = new Uint32Array(starts.length);
    for (let position = 0; position < order.length; position++) renumbered[order[position] as number] = position;
    const rising = order.map((number) => starts[number] as number);
    const names = (column: Column): Uint32Array => column.view().map((number) => renumbered[number] as number);
    return {
      pool: bytes.slice(), starts: rising,
      scopeParents: this.#scopeParents.view().slice(), scopeNames: names(this.#scopeNames),
      entryIds: this.#entryIds.view().slice(), entryNames: names(this.#entryNames), entryLinkageNames: names(this.#entryLinkageNames),
      entryScopes: this.#entryScopes.view().slice(), entryFlags: this.#entryFlags.view().slice(),
      typeIds: this.#typeIds.view().slice(), typeNames: names(this.#typeNames), typeScopes: this.#typeScopes.view().slice(), typeTags: this.#typeTags.view().slice(),
    };
  }
}

/** `class A` and `struct A` are one type. */
export function typeFamily(tag: number): number {
  return tag === DW_TAG_class_type || tag === DW_TAG_interface_type ? DW_TAG_structure_type : tag;
}

const FIRST_SLOTS = 1024;
const EMPTY = 0xffff_ffff;

/** Pairs of numbers: open addressing. */
class PairSet {
  #first = new Uint32Array(FIRST_SLOTS).fill(EMPTY);
  #second = new Uint32Array(FIRST_SLOTS);
  #count = 0;

  /** False when the pair was there already. */
  add(first: number, second: number): boolean {
    if (!this.#insert(first, second)) return false;
    if (++this.#count * 2 > this.#first.length) this.#grow();
    return true;
  }

  #insert(first: number, second: number): boolean {
    const mask = this.#first.length - 1;
    let slot = ((Math.imul(first, 0x9e37_79b1) ^ Math.imul(second, 0x85eb_ca6b)) >>> 5) & mask;
    for (;;) {
      const there = this.#first[slot];
      if (there === EMPTY) break;
      if (there === first && this.#second[slot] === second) return false;
      slot = (slot + 1) & mask;
    }
    this.#first[slot] = first;
    this.#second[slot] = second;
    return true;
  }

  #grow(): void {
    const first = this.#first;
    const second = this.#second;
    this.#first = new Uint32Array(first.length * 2).fill(EMPTY);
    this.#second = new Uint32Array(first.length * 2);
    for (let slot = 0; slot < first.length; slot++) if (first[slot] !== EMPTY) this.#insert(first[slot] as number, second[slot] as number);
  }
}
