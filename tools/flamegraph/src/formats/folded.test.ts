import { describe, expect, test } from '@jest/globals';
import { contentOf, profileOf } from '../profile/profiles.test-support.js';
import { foldedLines, foldedReader } from './folded.js';
import { readProfile } from './registry.js';

const lines = (text: string): string[] => { const profile = readProfile(Buffer.from(text)); return foldedLines(profile, profile.valueTypes.map((_, value) => value), 'none'); };

describe('read and written again', () => {
  test.each<[string, string, readonly string[]]>([
    ['equal stacks are added up', 'a;b 1\na;b 2\n', ['a;b 3']],
    ['the last number is the weight', 'f(1, 2) 3\n', ['f(1, 2) 3']],
    ['kinds stay', 'a;b_[j];c_[i];d_[k] 1', ['a;b_[j];c_[i];d_[k] 1']],
    ['blanks, carriage returns, comments', '# hello\r\na;b  7 \r\n\r\nc\t8\n', ['a;b 7', 'c 8']],
    ['fractions and exponents', 'a 0.5\na 1e3\n', ['a 1000.5']],
    ['frames without a name', 'a;;b 1', ['a;[unknown];b 1']],
    ['two numbers on every line are before and after', 'a 1 2\nb 3 0\n', ['a 1 2', 'b 3 0']],
    ['two numbers on some lines are a name that ends with one', 'a 1 2\nb 3\n', ['a 1 2', 'b 3']],
    ['no UTF-8', 'a\udc00 1', ['a\ufffd 1']],
    ['no weight is nothing', 'a 0\nb 1', ['b 1']],
  ])('%s', (_name, text, expected) => { expect(lines(text)).toEqual(expected); });
});

test('names that have separators in them', () => {
  expect(foldedLines(profileOf(['Ljava/lang/String;;x 1'], { frames: {} }), [0], 'none')).toEqual(['Ljava/lang/String;[unknown];x 1']);
  const profile = profileOf(['a 1'], { frames: { a: { name: 'x;y\nz' } } });
  expect(foldedLines(profile, [0], 'none')).toEqual(['x:y z 1']);
});

test.each([['none', 'a 1'], ['process', 'node 5;a 1'], ['thread', 'node 5/6;a 1']] as const)('grouped by %s', (grouping, line) => {
  expect(foldedLines(profileOf(['a 1'], { context: { command: 'node', pid: 5, tid: 6 } }), [0], grouping)).toEqual([line]);
});

test('weights without exponents', () => {
  expect(foldedLines(profileOf(['a 1e21', 'b 1e-7']), [0], 'none')).toEqual(['a 1000000000000000000000', 'b 0.0000001']);
});

test.each([['perf.data', 'PERFILE2\x01\x00', false], ['JSON', '{"a": 1}\nb 1', false], ['folded stacks after a comment', '# x\na;b 1', true], ['prose', 'no numbers here\n', false]])('recognizes %s: %s', (_name, text, is) => {
  expect(foldedReader.recognizes(Buffer.from(text), text)).toBe(is);
});

test('kinds are read', () => {
  expect(contentOf(readProfile(Buffer.from('vfs_read_[k] 2\n')))).toEqual(contentOf(profileOf(['vfs_read 2'], { frames: { vfs_read: { kind: 'kernel' } } })));
});
