/** Unwind rows as bytes, for a cache between runs. */
import { crc32 } from 'node:zlib';
import type { CodeSegment, UnwindRows } from './unwind-rows.js';

/** Raised when rows or rules change their meaning. */
export const UNWIND_ROWS_FORMAT = 1;
const MAGIC = 0x5752_5355;
const HEAD_BYTES = 32;
const SEGMENT_BYTES = 24;

/** Head: magic, format, sum of the rest, numbers of segments and rows, base. Then the segments, then the rows. */
export function encodeUnwindRows({ base, count, words, segments }: UnwindRows): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + SEGMENT_BYTES * segments.length + 8 * count);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, UNWIND_ROWS_FORMAT, true);
  view.setUint32(12, segments.length, true);
  view.setUint32(16, count, true);
  view.setFloat64(24, base, true);
  segments.forEach((segment, index) => {
    [segment.offset, segment.bytes, segment.address].forEach((value, word) => { view.setFloat64(HEAD_BYTES + SEGMENT_BYTES * index + 8 * word, value, true); });
  });
  bytes.set(new Uint8Array(words.buffer, words.byteOffset, 8 * count), HEAD_BYTES + SEGMENT_BYTES * segments.length);
  view.setUint32(8, crc32(bytes.subarray(12)), true);
  return bytes;
}

/** undefined: not such bytes, of another format, or damaged. */
export function decodeUnwindRows(bytes: Uint8Array): UnwindRows | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== UNWIND_ROWS_FORMAT) return undefined;
  const [segmentCount, count] = [view.getUint32(12, true), view.getUint32(16, true)];
  const rowsAt = HEAD_BYTES + SEGMENT_BYTES * segmentCount;
  if (bytes.length !== rowsAt + 8 * count || view.getUint32(8, true) !== crc32(bytes.subarray(12))) return undefined;
  const segments = Array.from({ length: segmentCount }, (_, index): CodeSegment => {
    const word = (at: number): number => view.getFloat64(HEAD_BYTES + SEGMENT_BYTES * index + at, true);
    return { offset: word(0), bytes: word(8), address: word(16) };
  });
  return { base: view.getFloat64(24, true), count, words: new Uint32Array(Uint8Array.from(bytes.subarray(rowsAt)).buffer), segments };
}
