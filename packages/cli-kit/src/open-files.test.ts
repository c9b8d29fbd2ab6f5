import { expect, test } from '@jest/globals';
import { OpenFiles } from './open-files.js';

const events = (...lines: readonly string[]): readonly unknown[] => {
  const files = new OpenFiles();
  return lines.map((line) => files.event(line.split(' ')));
};
const USE = { kind: 'use', pid: 7, command: 'cat', reads: 2, readBytes: 30, writes: 0, writtenBytes: 0, nanoseconds: 500, closed: true };

test('a descriptor has the name of its file until it is closed', () => {
  expect(events('O 7 3 1000 -100 "/etc/passwd" cat', 'C 7 3 2 30 0 0 500 1 cat', 'C 7 3 2 30 0 0 500 1 cat')).toMatchObject([
    { kind: 'open', pid: 7, command: 'cat', file: '/etc/passwd', time: 1000, error: null },
    { ...USE, file: '/etc/passwd', isKnown: true, opened: 1000 },
    { ...USE, isKnown: false, opened: null },
  ]);
});

test('duplicates and children have it too; a folder stands before what is opened in it', () => {
  expect(events('O 7 3 1 -100 "/etc" ls', 'O 7 4 2 3 "caf\\303\\251" ls', 'D 7 4 9', 'F 7 8', 'C 8 9 1 1 0 0 1 0 ls', 'C 7 9 1 1 0 0 1 1 ls').filter(Boolean)).toMatchObject([
    { file: '/etc' }, { file: '/etc/caf\u00e9' }, { pid: 8, file: '/etc/caf\u00e9', closed: false }, { pid: 7, file: '/etc/caf\u00e9' },
  ]);
});

test('failures, and what is looked at', () => {
  expect(events('O 7 -2 1 -100 "/no" cat', 'T 7 newfstatat -13 -100 "a" cat', 'X 1')).toMatchObject([{ file: '/no', error: 'ENOENT' }, { kind: 'touch', call: 'newfstatat', file: 'a', error: 'EACCES' }, undefined]);
});
