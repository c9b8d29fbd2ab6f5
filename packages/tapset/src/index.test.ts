import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadTapset, tapsetDirectory } from './index.js';

test('the library is found and read', () => {
  const { files, syscallTable } = loadTapset();
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual([...paths].sort());
  expect(paths).toEqual(expect.arrayContaining(['context.stp', 'syscalls_files.stp', 'macros.stpm']));
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

test('the table of the kernel\'s source files: kernels, then files with their functions, all sorted', () => {
  const [first = '', ...lines] = loadTapset().kernelSources().trimEnd().split('\n');
  expect(first.split('\t').map((one) => one.split('.')[0])).toEqual(['kernels', '5', '6', '6', '7']);
  expect(lines.filter((line) => !/^(?:[^\t]+|\t[\w.]+(?:\t[0-9a-f])?)$/.test(line))).toEqual([]);
  const files = lines.filter((line) => !line.startsWith('\t'));
  expect(files).toEqual([...files].sort());
  const start = lines.indexOf('net/socket.c') + 1;
  const names = lines.slice(start, lines.findIndex((line, index) => index >= start && !line.startsWith('\t')));
  expect(names).toEqual(expect.arrayContaining(['\tsock_ioctl', '\t__sys_connect', '\t__x64_sys_socket']));
  // The start of the kernel is not there any more.
  expect(names.filter((name) => /^\tsock_init\b/.test(name))).toEqual([]);
});
