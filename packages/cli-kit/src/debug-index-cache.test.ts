/** Kept indexes and answers of debug information: written whole, found again, the oldest dropped, those of unsafe folders ignored. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.js';
import { DebugAnswerCache } from './debug-answer-cache.js';
import { DebugIndexCache } from './debug-index-cache.js';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'stapkit-index-')), 'debug-index');
});
afterEach(() => {
  rmSync(join(folder, '..'), { recursive: true, force: true });
});
const old = (name: string): void => { utimesSync(join(folder, name), new Date(1000), new Date(1000)); };

describe.each([['indexes', DebugIndexCache], ['answers', DebugAnswerCache]] as const)('kept %s', (_what, Cache) => {
  test('are found by build-id', () => {
    const cache = new Cache(folder);
    expect(cache.read('abcd')).toBeUndefined();
    cache.write('abcd', Uint8Array.of(1, 2, 3));
    expect([...(cache.read('abcd') ?? [])]).toEqual([1, 2, 3]);
    expect(cache.read('abce')).toBeUndefined();
    cache.write('abcd', Uint8Array.of(4));
    expect([...(cache.read('abcd') ?? [])]).toEqual([4]);
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^abcd\.v\d+$/)]);
  });

  test('the one that was used least goes first', () => {
    const cache = new Cache(folder, 250);
    for (const name of ['aa', 'bb']) cache.write(name, new Uint8Array(100));
    for (const name of readdirSync(folder)) old(name);
    cache.read('aa');
    cache.write('cc', new Uint8Array(100));
    expect(readdirSync(folder).map((name) => name.slice(0, 2)).sort()).toEqual(['aa', 'cc']);
  });

  test('of a folder that others can write to are not read, and nothing is put there', () => {
    const cache = new Cache(folder);
    cache.write('aa', Uint8Array.of(1));
    chmodSync(folder, 0o777);
    expect(cache.read('aa')).toBeUndefined();
    cache.write('bb', Uint8Array.of(1));
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test('a place that cannot be written is no error', () => {
    writeFileSync(folder, 'a file');
    const cache = new Cache(folder);
    cache.write('aa', Uint8Array.of(1));
    expect(cache.read('aa')).toBeUndefined();
    expect(existsSync(join(folder, 'aa'))).toBe(false);
  });
});

test('caches are below $XDG_CACHE_HOME', () => {
  const before = process.env['XDG_CACHE_HOME'];
  process.env['XDG_CACHE_HOME'] = '/cache';
  expect(cacheFolder('debug-index')).toBe('/cache/stapkit/debug-index');
  if (before === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = before;
});
