/** Kept objects: whole or a miss, whoever writes at the same time, and not more of them than there is room for. */
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CacheFolder, cleanCaches } from './cache-folder.js';
import { ObjectCache, fileIdentity, type Finder } from './object-cache.js';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'stapkit-objects-')); });
afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

const OBJECT = Buffer.from('an object of some bytes');
const nothing: Finder = { resolvePath: () => undefined, matchPaths: () => [], findLibrary: () => undefined };
const cache = (finder: Partial<Finder> = {}): ObjectCache => new ObjectCache(join(folder, 'objects'), { ...nothing, ...finder });
const path = (name: string): string => join(folder, 'objects', name);

test('what was written is read', () => {
  cache().write('a', OBJECT, []);
  expect(cache().read('a')).toEqual(OBJECT);
  expect(cache().read('b')).toBeUndefined();
});

describe('a file that is not whole is a miss', () => {
  test('cut anywhere', () => {
    cache().write('a', OBJECT, []);
    const whole = readFileSync(path('a'));
    for (let length = 0; length < whole.length; length += 1) {
      truncateSync(path('a'), length);
      expect(cache().read('a')).toBeUndefined();
      writeFileSync(path('a'), whole);
    }
    expect(cache().read('a')).toEqual(OBJECT);
  });

  test('a changed byte of the object', () => {
    cache().write('a', OBJECT, []);
    const bytes = readFileSync(path('a'));
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path('a'), bytes);
    expect(cache().read('a')).toBeUndefined();
  });
});

test('writers of the same name at the same time have a temporary file each', () => {
  cache().write('a', OBJECT, []);
  // One that died in the middle of it.
  writeFileSync(path('a.0123.tmp'), 'half');
  cache().write('a', Buffer.from('another'), []);
  expect(cache().read('a')).toEqual(Buffer.from('another'));
  expect(readdirSync(join(folder, 'objects')).sort()).toEqual(['a', 'a.0123.tmp']);
});

test('the least recently used go first, with what dead writers left', () => {
  const files = new CacheFolder(join(folder, 'objects'), 100);
  files.write('old', [Buffer.alloc(40)]);
  files.write('used', [Buffer.alloc(40)]);
  writeFileSync(path('a.0123.tmp'), Buffer.alloc(10));
  for (const [age, name] of ['a.0123.tmp', 'old', 'used'].entries()) utimesSync(path(name), age + 1, age + 1);
  files.write('new', [Buffer.alloc(50)]);
  expect(readdirSync(join(folder, 'objects')).sort()).toEqual(['new', 'used']);
});

test.each<[string, (other: string) => void]>([
  ['a binary', (other) => { writeFileSync(other, 'changed it'); }],
  ['a binary that is gone', (other) => { rmSync(other); }],
])('an object of %s that has changed is a miss', (_what, change) => {
  const other = join(folder, 'binary');
  writeFileSync(other, 'it');
  cache().write('a', OBJECT, [{ kind: 'binary', path: other, identity: fileIdentity(other) }]);
  expect(cache().read('a')).toEqual(OBJECT);
  change(other);
  expect(cache().read('a')).toBeUndefined();
});

test.each<[string, Parameters<ObjectCache['write']>[2][number], Partial<Finder>]>([
  ['command', { kind: 'command', path: 'ls', resolved: '/bin/ls' }, { resolvePath: () => '/bin/ls' }],
  ['wildcard', { kind: 'wildcard', pattern: '/bin/l*', found: ['/bin/ls'] }, { matchPaths: () => ['/bin/ls'] }],
  ['library', { kind: 'library', name: 'libc.so.6', folders: [], resolved: '/lib/libc.so.6' }, { findLibrary: () => '/lib/libc.so.6' }],
])('a %s that is another file now is a miss', (_kind, dependency, finder) => {
  cache().write('a', OBJECT, [dependency]);
  expect(cache(finder).read('a')).toEqual(OBJECT);
  expect(cache().read('a')).toBeUndefined();
});

test('all is removed, and counted; what links lead to is not', () => {
  const home = join(folder, 'stapkit');
  mkdirSync(join(home, 'objects'), { recursive: true });
  writeFileSync(join(home, 'objects', 'a'), Buffer.alloc(10));
  writeFileSync(join(folder, 'kept'), 'kept');
  symlinkSync(join(folder, 'kept'), join(home, 'link'));
  expect(cleanCaches(home)).toMatchObject({ folder: home, files: 2 });
  expect(statSync(home, { throwIfNoEntry: false })).toBeUndefined();
  expect(readFileSync(join(folder, 'kept'), 'utf8')).toBe('kept');
  expect(cleanCaches(home)).toEqual({ folder: home, files: 0, bytes: 0 });
});
