/**
 * Bound trees: what a syntax tree becomes once its names are symbols and its types are cells.
 * They live between three walks: binding (names, type constraints), marking (what the program
 * needs) and emission (the typed tree, when all types are known).
 */
import type { Span } from '../source/index.js';
import type { PointedAnswer } from './pointed-types.js';
import type { TypedExpression, TypedPlace, TypedStatement } from './typed-tree.js';
import type { TypeCell } from './types.js';

/** What evaluating does beside giving a value: nothing, write variables of this handler or leave it, or more. */
export const EFFECT = { none: 0, local: 1, external: 2 } as const;
export type Effect = (typeof EFFECT)[keyof typeof EFFECT];

export interface Bound {
  readonly span: Span;
  readonly cell: TypeCell;
  readonly children: readonly Bound[];
  /** Called when the program needs this expression, after its children. */
  readonly onMark?: () => void;
  /** Of this node alone. */
  readonly effect?: () => Effect;
  readonly emit: () => TypedExpression;
  /** What the value points to, as far as it is known when asked. */
  readonly pointsTo?: () => PointedAnswer | undefined;
  /** For a statement, where the value is not wanted; absent: as `emit`. */
  readonly emitStatement?: () => TypedExpression;
  /** A write as a statement of its own is not needed while nothing needs `written`. */
  readonly write?: { readonly variable: Elidable };
}

/** Something that needs no code while nothing reads it. */
export interface Elidable {
  readonly name: string;
  readonly live: boolean;
  /** Calls back when (or if) the program turns out to need it. */
  whenLive(then: () => void): void;
}

/** Variables' liveness: the one mutable fact of the marking walk. */
export class Liveness {
  #live = false;
  #waiting: (() => void)[] = [];

  get live(): boolean {
    return this.#live;
  }

  whenLive(then: () => void): void {
    if (this.#live) then();
    else this.#waiting.push(then);
  }

  mark(): void {
    if (this.#live) return;
    this.#live = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const then of waiting) then();
  }
}

export interface BoundPlace {
  readonly span: Span;
  readonly cell: TypeCell;
  readonly keys: readonly Bound[];
  readonly variable: Elidable & { mark(): void; readonly scope: 'local' | 'global' };
  readonly emit: () => TypedPlace;
}

export interface BoundStatement {
  readonly span: Span;
  /** Finds what is needed in it; calls `need` when something is, at once or later. */
  readonly mark: (need: () => void) => void;
  readonly effect: () => Effect;
  /** undefined: nothing in it was needed. */
  readonly emit: () => TypedStatement | undefined;
}

export function markBound(bound: Bound): void {
  for (const child of bound.children) markBound(child);
  bound.onMark?.();
}

export function effectOf(bound: Bound): Effect {
  let most = bound.effect?.() ?? EFFECT.none;
  for (const child of bound.children) most = strongest(most, effectOf(child));
  return most;
}

export function strongest(a: Effect, b: Effect): Effect {
  return a > b ? a : b;
}

export function once(then: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    then();
  };
}
