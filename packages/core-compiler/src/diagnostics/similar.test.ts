import { expect, test } from '@jest/globals';
import { didYouMean, editDistance, similarNames } from './similar.js';

test.each<[a: string, b: string, distance: number]>([
  ['', '', 0], ['a', '', 1], ['abc', 'abc', 0], ['pidd', 'pid', 1], ['pdi', 'pid', 1], ['execnam', 'execname', 1], ['kitten', 'sitting', 3], ['ca', 'abc', 3],
])('%s to %s is %i', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});
test('the limit ends early', () => { expect(editDistance('aaaaaaaaaa', 'bbbbbbbbbb', 2)).toBe(3); });

const NAMES = ['pid', 'tid', 'uid', 'ppid', 'execname', 'user_string', 'kernel_string', 'gettimeofday_us', 'gettimeofday_ms', 'begin', 'ansi_reset_color'];
test.each<[name: string, expected: readonly string[]]>([
  ['pidd', ['pid']], ['exec_name', ['execname']], ['ExecName', ['execname']], ['gettimeofday', ['gettimeofday_ms', 'gettimeofday_us']], ['getimeofday_us', ['gettimeofday_us', 'gettimeofday_ms']],
  ['userstring', ['user_string']], ['string', ['user_string', 'kernel_string']], ['bgein', ['begin']], ['zzz', []], ['', []], ['pid', ['ppid', 'tid', 'uid']],
])('near %j: %j', (name, expected) => { expect(similarNames(name, NAMES)).toEqual(expected); });

test('at most max, each once', () => { expect(similarNames('pidd', ['pid', 'pid', 'pidx', 'pida', 'pidb'], 2)).toEqual(['pid', 'pida']); });
test.each<[name: string, hint: string | undefined]>([
  ['bgein', "did you mean 'begin'?"], ['gettimeofday', "did you mean 'gettimeofday_ms' or 'gettimeofday_us'?"], ['pid', "did you mean 'ppid', 'tid' or 'uid'?"], ['zzz', undefined],
])('hint for %s', (name, hint) => { expect(didYouMean(name, NAMES)).toBe(hint); });
