import { expect, test } from '@jest/globals';
import { blockText, leakRow } from './leak-rows.js';

const plain = (text: string): string => text;

test('a stack with what it holds, for people and for programs', () => {
  const row = leakRow(['7', '4096', '3', '1500', '125000', 'prog', 'keep+0xc [prog]', 'main+0x4 [prog]', ''], 5) ?? {};
  expect(row).toEqual({ time: 5, command: 'prog', pid: 7, bytes: 4096, blocks: 3, newest_ms: 1500, oldest_ms: 125_000, stack: 'keep+0xc [prog];main+0x4 [prog]' });
  expect(blockText(row, false, plain)).toBe('4.00K in 3 blocks, held for 1.50s to 2m05s: prog (7)\n    keep+0xc [prog]\n    main+0x4 [prog]');
  expect(blockText({ ...row, blocks: 1, newest_ms: 125_000, stack: '' }, true, plain)).toBe('4096 bytes in 1 block, held for 125000ms: prog (7)\n    [no stack]');
});

test('other lines are none', () => {
  expect([leakRow([''], 0), leakRow(['x', '1', '2', '3', '4', 'c'], 0)]).toEqual([undefined, undefined]);
});
