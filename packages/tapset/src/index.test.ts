import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadTapset, tapsetDirectory } from './index.js';

test('the library is found and read', () => {
  const { files, syscallTable } = loadTapset();
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual([...paths].sort());
  expect(paths).toEqual(expect.arrayContaining(['context.stp', 'syscalls.stp', 'macros.stpm']));
  expect(files.find(({ path }) => path === 'context.stp')?.text).toContain('function pid:long()');
  expect(syscallTable).toContain('\nopenat\t257\t56\t');
});

test('a folder without a library is named in the error', () => {
  const empty = mkdtempSync(join(tmpdir(), 'tapset-'));
  try {
    writeFileSync(join(empty, 'stp'), '');
    expect(() => loadTapset(empty)).toThrow(`the tapset library cannot be read from ${empty}`);
  } finally {
    rmSync(empty, { recursive: true });
  }
});

test('files are byte strings', () => {
  for (const { text } of loadTapset(tapsetDirectory).files) expect(/[^\x00-\xff]/.test(text)).toBe(false);
});
