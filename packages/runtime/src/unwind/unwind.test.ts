import { describe, expect, test } from '@jest/globals';
import { rowIndex } from '@stapkit/debuginfo';
import { UNWIND_CHUNK_ROWS } from '@stapkit/object';
import { blocksOf, keyOf } from './code-ranges.js';
import { mappedCode, mappedFilePaths } from './process-code.js';
import { RowChunks } from './row-chunks.js';
import { linuxKernel } from '../sys/linux.js';

test.each<[number, number, [number, number][]]>([
  [0x1000, 0x2000, [[0x1000, 12]]],
  [0x1000, 0x5000, [[0x1000, 12], [0x2000, 13], [0x4000, 12]]],
  [0x7fff_f000, 0x8000_1000, [[0x7fff_f000, 12], [0x8000_0000, 12]]],
  [0x10, 0x10, []],
])('blocks of %d to %d', (start, end, want) => {
  expect(blocksOf(start, end)).toEqual(want);
});

test('a key: prefix and process as words, the address from its top byte on', () => {
  expect([...keyOf(0x0102, 0x7f00_1234_5000, 84)]).toEqual([84, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0x7f, 0, 0x12, 0x34, 0x50, 0]);
});

describe('rows in chunks', () => {
  /** `count` rows, one every 100 bytes; the rule is the row's number. */
  const rowsOf = (count: number): { base: number; count: number; words: Uint32Array; segments: [] } =>
    ({ base: 0x40_0000, count, words: Uint32Array.from({ length: 2 * count }, (_, index) => (index % 2 === 0 ? 50 * index : (index - 1) / 2)), segments: [] });

  test.each([1, 1000, UNWIND_CHUNK_ROWS - 1000, UNWIND_CHUNK_ROWS, UNWIND_CHUNK_ROWS + 1, 3 * UNWIND_CHUNK_ROWS - 5])('a file of %d rows, behind one of 1000', (count) => {
    const memory = new ArrayBuffer(5 * 8 * UNWIND_CHUNK_ROWS);
    const chunks = new RowChunks(memory, 5);
    const rows = rowsOf(count);
    chunks.place(rowsOf(1000));
    const parts = chunks.place(rows)!;
    const words = new Uint32Array(memory);
    expect(parts[0]!.low).toBe(rows.base);
    expect(parts.at(-1)!.high).toBe(Infinity);
    for (let row = 0; row < count; row += 97) {
      for (const delta of [100 * row, 100 * row + 99]) {
        const part = parts.find(({ low, high }) => rows.base + delta >= low && rows.base + delta < high)!;
        const start = part.chunk * UNWIND_CHUNK_ROWS + part.first;
        const found = rowIndex(words, start, start + part.count, delta);
        if (words[2 * found + 1] !== row) throw new Error(`row ${row}: ${words[2 * found + 1]}`);
      }
    }
    for (const { first, count: many } of parts) expect(first + many).toBeLessThanOrEqual(UNWIND_CHUNK_ROWS);
  });

  test('what does not fit changes nothing', () => {
    const chunks = new RowChunks(new ArrayBuffer(8 * UNWIND_CHUNK_ROWS), 1);
    expect(chunks.place(rowsOf(UNWIND_CHUNK_ROWS + 1))).toBeUndefined();
    expect(chunks.place(rowsOf(10))).toEqual([{ low: 0x40_0000, high: Infinity, chunk: 0, first: 0, count: 10 }]);
  });
});

test('code of this process', () => {
  const code = mappedCode(linuxKernel(), process.pid)!;
  const own = code.find(({ path }) => path === process.execPath)!;
  expect(own.end).toBeGreaterThan(own.start);
  expect(mappedFilePaths(7, { ...own, start: 0x1000, end: 0x2000 })).toEqual(['/proc/7/map_files/1000-2000', `/proc/7/root${process.execPath}`]);
  expect(code.some(({ path }) => path === '[vsyscall]')).toBe(false);
  expect(mappedCode(linuxKernel(), 2 ** 30)).toBeUndefined();
});
