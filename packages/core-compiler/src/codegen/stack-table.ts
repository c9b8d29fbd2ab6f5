/** The map that captured stacks go through; see stack-table.ts of @stapkit/object. */
import type { Limits, MapMetadata } from '@stapkit/object';
import { DEFAULT_MAXBACKTRACE, STACKS_MAP, STACKS_ON_THE_WAY, STACK_HEADER_BYTES, stackFrames } from '@stapkit/object';

/** Bytes of a captured stack. */
export function stackBytes(limits: Limits): number {
  return STACK_HEADER_BYTES + 8 * stackFrames(limits.MAXBACKTRACE ?? DEFAULT_MAXBACKTRACE);
}

export class StackTable {
  readonly #limits: Limits;
  #used = false;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Called by the first handler that captures a stack. */
  readonly use = (): string => {
    this.#used = true;
    return STACKS_MAP;
  };

  get maps(): readonly MapMetadata[] {
    return this.#used ? [{ name: STACKS_MAP, type: 'hash', keyBytes: 8, valueBytes: stackBytes(this.#limits), maxEntries: STACKS_ON_THE_WAY, flags: 0 }] : [];
  }
}
