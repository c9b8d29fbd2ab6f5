/**
 * What script variables point to, for `p->member` and `(p)[i]` (autocast): the C type of a value travels from the
 * `$target` or @cast that it comes from through assignments, arguments, returns, array elements and loops.
 *
 * Unlike script types, which are one for all uses of a variable, this flows one way: what is assigned says what the
 * variable points to, not the other way round. Numbers have no C type and contradict none.
 */
import type { PointedType } from '../probes/index.js';
import type { Span } from '../source/index.js';

export interface KnownPointer {
  readonly type: PointedType;
  /** The assignment, argument or return that it came by. */
  readonly span: Span;
}

export type PointedAnswer =
  | { readonly kind: 'known'; readonly pointer: KnownPointer }
  /** Two sources disagree. */
  | { readonly kind: 'conflict'; readonly pointers: readonly [KnownPointer, KnownPointer] };

type Source = () => PointedAnswer | undefined;

/** Of one variable, array key, parameter or result: all that can be assigned to it. */
export class PointedFlow {
  /** Changes whenever some flow gets a source, so that answers can be kept while none does. */
  static #generation = 0;
  static #depth = 0;
  readonly #sources: { readonly give: Source; readonly span: Span }[] = [];
  #busy = false;
  #known: { readonly generation: number; readonly answer: PointedAnswer | undefined } | undefined;

  /** @param span where the value comes in */
  add(give: Source | undefined, span: Span): void {
    if (give === undefined) return;
    PointedFlow.#generation += 1;
    this.#sources.push({ give, span });
  }

  readonly answer = (): PointedAnswer | undefined => {
    // Around a loop of assignments: what is in it comes from elsewhere.
    if (this.#busy) return undefined;
    if (this.#known?.generation === PointedFlow.#generation) return this.#known.answer;
    this.#busy = true;
    PointedFlow.#depth += 1;
    const answer = this.#ask();
    PointedFlow.#depth -= 1;
    this.#busy = false;
    // Further in, an answer may lack what a flow further out is still asking for.
    if (PointedFlow.#depth === 0) this.#known = { generation: PointedFlow.#generation, answer };
    return answer;
  };

  #ask(): PointedAnswer | undefined {
    let found: KnownPointer | undefined;
    for (const { give, span } of this.#sources) {
      const answer = give();
      if (answer === undefined) continue;
      if (answer.kind === 'conflict') return answer;
      const pointer = { type: answer.pointer.type, span };
      if (found !== undefined && found.type.key !== pointer.type.key) return { kind: 'conflict', pointers: [found, pointer] };
      found ??= pointer;
    }
    return found === undefined ? undefined : { kind: 'known', pointer: found };
  }
}

/** A value that has this type whatever happens. */
export function knownPointer(type: PointedType | undefined, span: Span): Source | undefined {
  return type === undefined ? undefined : () => ({ kind: 'known', pointer: { type, span } });
}

/** One of several values. */
export function eitherPointer(sources: readonly { readonly give: Source | undefined; readonly span: Span }[]): Source {
  const flow = new PointedFlow();
  for (const { give, span } of sources) flow.add(give, span);
  return flow.answer;
}
