import { expect, test } from '@jest/globals';
import { readToolScript, scriptWithGlobals } from '@stapkit/cli-kit';
import { globalsOf, parseOptions } from './options.js';

const parse = (...args: readonly string[]): ReturnType<typeof parseOptions> => parseOptions(['node', 'strace-open', ...args], '1.0.0');

test.each<[readonly string[], Record<string, string>]>([
  [[], {}],
  [['-p', '7', '-x'], { the_pid: '7', failed_only: '1' }],
  [['--comm', 'caf\u00e9'], { the_comm: 'caf\xc3\xa9' }],
])('%p as globals of the script', (args, globals) => {
  expect(Object.fromEntries(globalsOf(parse(...args)))).toEqual(globals);
});

test('the script has all that may be set', () => {
  const script = scriptWithGlobals(readToolScript(import.meta.url, 'strace-open.stp'), globalsOf(parse('-p', '7', '-x', '-n', 'sh')));
  for (const line of ['global the_pid = 7 ', 'global the_comm = "sh" ', 'global failed_only = 1 ']) expect(script).toContain(line);
});

test.each([
  [['-p', '7', '-c', 'ls'], '--pid and --command exclude each other'],
  [['--comm', 'a-name-of-16-bytes'], "--comm: 'a-name-of-16-bytes' can match no process: the kernel keeps 15 bytes of a name"],
  [['--duration', 'soon'], "'soon' is not a duration"],
  [['--count', '0'], "'0' is not a count"],
])('%p is refused', (args, message) => {
  expect(() => parse(...args)).toThrow(message);
});
