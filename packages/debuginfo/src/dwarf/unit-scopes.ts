/** Namespaces, types and functions that entries of a unit are in: DWARF entries do not name their parents. */
import { lastBefore } from '../last-before.js';
import { Column } from './columns.js';
import {
  DW_TAG_class_type, DW_TAG_interface_type, DW_TAG_module, DW_TAG_namespace, DW_TAG_structure_type, DW_TAG_subprogram, DW_TAG_union_type,
} from './constants.js';
import { readUleb, skipLeb } from './forms.js';
import type { Unit } from './unit.js';

const SCOPES: ReadonlySet<number> = new Set([DW_TAG_class_type, DW_TAG_interface_type, DW_TAG_module, DW_TAG_namespace, DW_TAG_structure_type, DW_TAG_subprogram, DW_TAG_union_type]);
const NONE = 0xffff_ffff;
/** Scopes in scopes: more make names without end. */
export const SCOPE_DEPTH_MAX = 128;

export class UnitScopes {
  readonly #starts = new Column();
  readonly #ends = new Column();
  readonly #parents = new Column();

  constructor(unit: Unit) {
    const { root, bytes, abbreviations } = unit;
    // Of each open list of children: the scope that it is in.
    const open = new Column();
    let scope = NONE;
    let depth = 0;
    let at = root.end;
    if (!root.hasChildren) return;
    while (at < bytes.length) {
      const start = at;
      const code = readUleb(bytes, at);
      at = skipLeb(bytes, at);
      if (code === 0) {
        if (open.length === 0) break;
        const outer = open.pop();
        if (outer !== scope) {
          this.#ends.set(scope, at);
          depth--;
        }
        scope = outer;
        continue;
      }
      const abbreviation = abbreviations.get(code);
      at = abbreviation.skip(bytes, at);
      if (!abbreviation.hasChildren) continue;
      open.push(scope);
      if (SCOPES.has(abbreviation.tag)) {
        depth++;
        if (depth > SCOPE_DEPTH_MAX) throw unit.error(start, `scopes more than ${SCOPE_DEPTH_MAX} deep`);
        this.#starts.push(start);
        this.#ends.push(bytes.length);
        this.#parents.push(scope);
        scope = this.#starts.length - 1;
      }
    }
  }

  /** Offsets of the scopes around an entry, the innermost first. */
  around(at: number): number[] {
    const found: number[] = [];
    for (let scope = lastBefore(this.#starts.length, (index) => this.#starts.get(index) < at); scope >= 0 && scope !== NONE; scope = this.#parents.get(scope)) {
      if (this.#ends.get(scope) > at) found.push(this.#starts.get(scope));
    }
    return found;
  }
}

