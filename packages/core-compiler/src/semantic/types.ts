/**
 * Type variables. A script's types are long, string and stat, and each variable, key, parameter and
 * result has one of them in the whole program, so unification finds them in any order of visiting.
 */
import type { Span } from '../source/index.js';

export type ValueType = 'long' | 'string' | 'stat';

/** What is known so far of one variable, key, parameter, result or expression. Unified cells share one root. */
export class TypeCell {
  #parent: TypeCell | undefined;
  #type: ValueType | undefined;
  #origin: Span | undefined;
  #tainted = false;

  static of(type: ValueType, origin?: Span): TypeCell {
    const cell = new TypeCell();
    cell.#type = type;
    cell.#origin = origin;
    return cell;
  }

  /** The type of something already reported: whatever is expected of it, no second error comes of it. */
  static tainted(): TypeCell {
    const cell = new TypeCell();
    cell.#tainted = true;
    return cell;
  }

  get type(): ValueType | undefined {
    return this.#root().#type;
  }

  /** Where the type was first known. */
  get origin(): Span | undefined {
    return this.#root().#origin;
  }

  /** A part of it was wrong and has been reported. */
  get isTainted(): boolean {
    return this.#root().#tainted;
  }

  taint(): void {
    this.#root().#tainted = true;
  }

  /** Makes this and `other` one. False, and nothing changed, when their types differ. */
  unify(other: TypeCell, span: Span): boolean {
    const a = this.#root();
    const b = other.#root();
    if (a === b) return true;
    if (a.#type !== undefined && b.#type !== undefined && a.#type !== b.#type) return false;
    if (a.#type === undefined) {
      a.#type = b.#type;
      // A constraint that comes from an operator has no place of its own: the place is where it met the variable.
      a.#origin = b.#type === undefined ? undefined : (b.#origin ?? span);
    } else a.#origin ??= span;
    a.#tainted ||= b.#tainted;
    b.#parent = a;
    return true;
  }

  #root(): TypeCell {
    if (this.#parent === undefined) return this;
    this.#parent = this.#parent.#root();
    return this.#parent;
  }
}

/** "stats", as stap's messages call it. */
export function typeName(type: ValueType): string {
  return type === 'stat' ? 'stats' : type;
}
