import { expect, test } from '@jest/globals';
import { parseToolOptions, readToolScript, scriptWithGlobals, toolGlobals, wholeScript } from '@stapkit/cli-kit';
import { EPOLL_BLOCKING } from './tool.js';
import { TurnReader } from './turns.js';

test('the script has all globals that flags set', () => {
  const options = parseToolOptions(EPOLL_BLOCKING, ['node', 'epoll-blocking', '--min-us', '500', '--pid', '7'], '1.0.0');
  const script = scriptWithGlobals(wholeScript(readToolScript(import.meta.url, 'epoll-blocking.stp')), toolGlobals(EPOLL_BLOCKING, options));
  for (const line of ['global min_us = 500 ', 'global only_pid = 7 ']) expect(script).toContain(line);
  expect(() => parseToolOptions(EPOLL_BLOCKING, ['node', 'epoll-blocking', '--min-us', '1ms'], '1.0.0')).toThrow("'1ms' is not a number of microseconds");
});

test('a stack belongs to the turn behind it, and to no other', () => {
  const reader = new TurnReader();
  const rows = ['write+0x4f [libc.so.6]', 'operator;()+0x1 [node]', '0x1234', '42\t500\t1\t7\t8\ta\tb', '43\t600\t0\t7\t8\ta'].map((line) => reader.row(line.split('\t'), line));
  const turn = { events: 1, pid: 7, tid: 8 };
  expect(rows).toEqual([undefined, undefined, undefined, { ...turn, time: 42, blocked_us: 500, command: 'a\tb', stack: 'write;operator,();0x1234' }, { ...turn, time: 43, blocked_us: 600, events: 0, command: 'a', stack: null }]);
});
