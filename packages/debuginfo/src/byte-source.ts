/**
 * Bytes that are read when they are asked for: a file of hundreds of megabytes
 * is then never held in memory as a whole.
 */

export interface ByteSource {
  /** Bytes in all. */
  readonly length: number;
  /**
   * Bytes [start, end), fewer where the source ends before. A view or a copy; it stays
   * as it is. Errors of reading are the caller's own and pass through the readers.
   */
  read(start: number, end: number): Uint8Array;
  /** Reads from `start` into `target`, and gives how many bytes there were. For loops over all of a large file, which would make garbage of its size. */
  readInto?(target: Uint8Array, start: number): number;
}

/** Bytes that are in memory already. Views, no copies. */
export function sourceOf(bytes: Uint8Array): ByteSource {
  return { length: bytes.length, read: (start, end) => bytes.subarray(start, end) };
}
