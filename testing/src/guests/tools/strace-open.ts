import { expect } from '@jest/globals';
import type { ToolEntry } from '../tools.part.js';

/** 15 opens, of which 3 fail, as the program itself says. */
export const entries: readonly ToolEntry[] = [{
  tool: 'strace-open',
  args: '--comm opens --json',
  target: '$PROGRAMS/opens',
  programs: ['opens'],
  kernels: ['5.10', '7.2'],
  verify: ({ rows, target }) => {
    expect(target).toBe('ok 12 failed 3\n');
    expect(['open', 'openat', 'openat2'].map((name) => rows().filter(({ call }) => call === name).length)).toEqual([6, 6, 3]);
    expect(rows().filter(({ error }) => error === 'ENOENT').map(({ file }) => file)).toEqual(Array.from({ length: 3 }, () => '/no/such "file"\n'));
  },
}];
