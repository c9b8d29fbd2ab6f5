import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Glob, isGlob } from './glob.js';

describe('Glob', () => {
  test.each([
    ['*', '', true],
    ['*', 'anything', true],
    ['', '', true],
    ['', 'a', false],
    ['tcp_*', 'tcp_sendmsg', true],
    ['tcp_*', 'udp_sendmsg', false],
    ['tcp_*', 'tcp', false],
    ['*_read', 'vfs_read', true],
    ['*_read', 'vfs_readv', false],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'axxbyyb', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a?c', 'aéc', true],
    ['[abc]x', 'bx', true],
    ['[abc]x', 'dx', false],
    ['[a-cx-z]', 'y', true],
    ['[!a-c]', 'd', true],
    ['[^a-c]', 'b', false],
    ['[]]', ']', true],
    ['[!]]', 'x', true],
    ['[a-]', '-', true],
    ['[é]', 'é', true],
    ['[a', '[a', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['[\\]]', ']', true],
    ['vfs_read', 'vfs_read', true],
    ['vfs_read', 'vfs_reads', false],
    ['**x', 'aax', true],
  ])('%j on %j is %s', (pattern, text, want) => {
    expect(new Glob(pattern).matches(text)).toBe(want);
  });

  test('matches a part of bytes', () => {
    expect(new Glob('b?d').matchesBytes(Buffer.from('abcde'), 1, 4)).toBe(true);
    expect(new Glob('b?d').matchesBytes(Buffer.from('abcde'), 1, 5)).toBe(false);
  });

  test('agrees with a regular expression', () => {
    fc.assert(fc.property(fc.stringMatching(/^[ab*?]{0,12}$/), fc.stringMatching(/^[ab]{0,12}$/), (pattern, text) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
      expect(new Glob(pattern).matches(text)).toBe(expression.test(text));
    }), { numRuns: 2000 });
  });

  test('many stars take no exponential time', () => {
    const started = process.cpuUsage();
    expect(new Glob(`${'*a'.repeat(200)}b`).matches('a'.repeat(5000))).toBe(false);
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(1000);
  });

  test.each([['vfs_read', false], ['vfs_*', true], ['a?', true], ['[ab]', true], ['a\\*', true]])('isGlob(%j) is %s', (text, want) => {
    expect(isGlob(text)).toBe(want);
  });
});
