/** The contexts of a CPU: values of the map `context`, each cut into the pieces that handlers use. */
import type { TargetFeatures } from '../target/index.js';

export const CONTEXT_MAP = 'context';

/**
 * A handler keeps a context while it runs, and another may come on the same CPU meanwhile: in an interrupt, or when the first is put
 * off the CPU, as handlers of uprobes (Linux 6.12), of system calls (6.13) and of all tracepoints (7.0) can be on preemptible
 * kernels. The first context is for handlers that also use maps of which a CPU has one value (rows of foreach, state of stack
 * walks): only one of them can run. The others take any of the rest. Before Linux 5.17 there is one for all, as functions find it by
 * themselves there; programs cannot be put off by each other on these.
 */
const CONTEXTS = 8;

export const contextsOfCpu = ({ loop, atomicFetch }: TargetFeatures): number => (loop && atomicFetch ? CONTEXTS : 1);
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
