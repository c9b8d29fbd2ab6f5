import { expect } from '@jest/globals';
import { FILE_WORK, fileWorkSaid } from '../file-work.js';
import type { ToolEntry } from '../tools.part.js';

/** As many opens, failed ones, reads and writes as the program says of itself and its child. */
export const entries: readonly ToolEntry[] = [{
  tool: 'syscount',
  args: '--comm file-work --by both --filter openat,read,pread64,write --json',
  target: FILE_WORK,
  programs: ['file-work'],
  verify: ({ rows, target }) => {
    const pids = [...new Set(rows().map(({ pid }) => Number(pid)))].sort((a, b) => a - b);
    for (const [index, who] of (['parent', 'child'] as const).entries()) {
      const { opens, missing, reads, writes } = fileWorkSaid(target, who);
      const of = (...names: readonly string[]) => rows().filter(({ pid, call }) => pid === pids[index] && names.includes(String(call)));
      const sum = (key: 'calls' | 'failures', ...names: readonly string[]): number => of(...names).reduce((total, row) => total + Number(row[key]), 0);
      expect([sum('calls', 'openat'), sum('failures', 'openat'), sum('calls', 'read', 'pread64'), sum('calls', 'write')]).toEqual([opens + missing, missing, reads, writes + 1]);
    }
  },
}];
