/**
 * The bytes that pass between a BPF program and the host: the session area at
 * the start of the globals map, and the records in the ring buffer.
 *
 * A ring-buffer record is a run of entries. An entry starts with a 64-bit word:
 * site id in the low 32 bits, the entry's length in bytes (this word included,
 * a multiple of 8) in the high 32. Then the site's leaves in order, each by its
 * {@link LeafEncoding}. Entries of one record are from one handler run.
 */

/** Offsets in bytes of 64-bit words in the session area (map `globals`, key 0). */
export const SESSION = {
  /** One of {@link SESSION_STATE}. Handlers return at once unless it is `running`. */
  state: 0,
  /** realtime minus monotonic clock, in ns. */
  realtimeOffset: 8,
  target: 16,
  /** Run-time errors raised in kernel handlers. */
  errors: 24,
  /** Handlers skipped because their CPU's context was busy. */
  skippedBusy: 32,
  /** Records that found the ring buffer full. */
  lostRecords: 40,
  /** Return probes that found no saved entry values. */
  missedReturns: 48,
  /** Entries that did not fit the record (too much printed by one handler run). */
  oversizeRecords: 56,
  /** A kernel handler that raises more errors than this sets the state to `failed`, so that no handler runs before the host knows. */
  errorLimit: 64,
  /** Stacks that found the table of stacks full. */
  lostStacks: 72,
  /** UNWIND_MODE: how user stacks are found. */
  unwindMode: 80,
  /** How walks over user stacks by unwind rows ended, in the order of WALK (@stapkit/debuginfo). */
  walksComplete: 88,
  walksTruncated: 96,
  walksUnmapped: 104,
  walksWithoutRule: 112,
  walksUnreadable: 120,
  walksUnknown: 128,
  walksNoCaller: 136,
  walksElsewhere: 144,
  /** Copies of stacks that found no room. */
  lostCopies: 152,
  /** Where the script's globals start. */
  size: 192,
} as const;

export const SESSION_STATE = { starting: 0, running: 1, stopping: 2, failed: 3 } as const;

/** How one leaf argument of a site lies in an entry. */
export type LeafEncoding =
  /** 8 bytes, little-endian. */
  | { readonly kind: 'long' }
  /** `bytes` bytes (a multiple of 8), padded with NUL. */
  | { readonly kind: 'fixed'; readonly bytes: number }
  /** A 64-bit length, then that many bytes, padded to a multiple of 8. */
  | { readonly kind: 'variable' };
