/** The per-CPU context: one value of the map `context`, cut into the pieces that handlers use. */

export const CONTEXT_MAP = 'context';
/** A per-CPU value can have no more (PCPU_MIN_UNIT_SIZE). */
export const CONTEXT_BYTES_MAX = 32768;

/** Offsets of the words that every handler's context starts with. */
export const CONTEXT = {
  /** 1 while a handler of this CPU uses the context. */
  busy: 0,
  /** Loop iterations of this run. */
  actions: 8,
  /** Where a loop was left to. */
  loopExit: 16,
  /** Bytes in the record. */
  cursor: 24,
  record: 32,
} as const;

/** Hands out pieces of a handler's context behind the record buffer. */
export class ContextArea {
  #bytes: number;

  constructor(recordBytes: number) {
    this.#bytes = CONTEXT.record + recordBytes;
  }

  take(bytes: number): number {
    const offset = this.#bytes;
    this.#bytes += (bytes + 7) & ~7;
    return offset;
  }

  get bytes(): number {
    return this.#bytes;
  }
}
