import { expect, test } from '@jest/globals';
import { PrintedRecords } from './printed-records.js';

const TIME = 1_764_347_045_123_456_789n;

test('an object a print: its probe, time, process, text and values', () => {
  const line = new PrintedRecords().render('json', 'kernel.trace("sched:sched_switch")', 'caf\xc3\xa9 -1\n', ['caf\xc3\xa9', -1n, 1n << 62n, TIME, 42n]);
  expect(Buffer.from(line, 'latin1').toString('utf8')).toBe('{"probe":"kernel.trace(\\"sched:sched_switch\\")","time":1764347045.123456,"pid":42,"text":"café -1\\n","args":["café",-1,4611686018427387904]}\n');
});

test('control characters and bytes that are no UTF-8 stay one line of valid JSON', () => {
  const line = new PrintedRecords().render('json', undefined, 'a\0\x1b"\\\xff\n\n', [TIME, 1n]);
  expect(line.indexOf('\n')).toBe(line.length - 1);
  expect(JSON.parse(Buffer.from(line, 'latin1').toString('utf8'))).toEqual({ time: 1764347045.123456, pid: 1, text: 'a\0\x1b"\\\ufffd\n\n', args: [] });
});

test('lines with their times; one that is printed in pieces has its first', () => {
  const records = new PrintedRecords();
  const texts = (['one\ntwo ', 'more\n', '', 'three\n'] as const).map((text, index) => records.render('time', undefined, text, [TIME + BigInt(index) * 1_000_000n, 1n]));
  const stamp = (micros: string): string => `2025-11-28T16:24:05.${micros}Z `;
  expect(texts).toEqual([`${stamp('123456')}one\n${stamp('123456')}two `, 'more\n', '', `${stamp('126456')}three\n`]);
});
