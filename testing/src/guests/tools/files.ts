import { expect } from '@jest/globals';
import { FILE_WORK, fileWorkSaid, type FileWork } from '../file-work.js';
import type { ToolEntry } from '../tools.part.js';

/** Both processes of file-work together, less what they print: it goes to no file that they opened. */
function said(target: string): FileWork {
  const [parent, child] = [fileWorkSaid(target, 'parent'), fileWorkSaid(target, 'child')];
  return Object.fromEntries(Object.entries(parent).map(([key, count]) => [key, Number(count) + child[key as keyof FileWork]])) as unknown as FileWork;
}

const sums = (rows: readonly Readonly<Record<string, unknown>>[], ...keys: readonly string[]): readonly number[] => keys.map((key) => rows.reduce((total, row) => total + Number(row[key]), 0));

/** Opens, reads and writes with their bytes, as the program counts its own. */
export const entries: readonly ToolEntry[] = [
  {
    tool: 'iotime',
    args: '--comm file-work -x --json',
    target: FILE_WORK,
    programs: ['file-work'],
    verify: ({ rows, target }) => {
      const { opens, missing, reads, read_bytes, writes, written_bytes } = said(target);
      const opened = rows().filter(({ error }) => error === null);
      expect([opened.length, rows().length - opened.length]).toEqual([opens, missing]);
      expect(sums(opened, 'reads', 'read_bytes', 'writes', 'written_bytes')).toEqual([reads, read_bytes, writes, written_bytes]);
      expect(new Set(opened.map(({ file }) => file))).toEqual(new Set(['work/first', 'work/second']));
    },
  },
  {
    tool: 'accessed-files',
    args: '--comm file-work --path work/ --json',
    target: FILE_WORK,
    programs: ['file-work'],
    verify: ({ rows, target }) => {
      const { opens, missing, reads, read_bytes, writes, written_bytes } = said(target);
      expect(sums(rows(), 'opens', 'failures', 'reads', 'read_bytes', 'writes', 'written_bytes')).toEqual([opens + missing, missing, reads, read_bytes, writes, written_bytes]);
    },
  },
];
