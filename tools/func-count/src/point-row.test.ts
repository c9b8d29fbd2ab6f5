import { expect, test } from '@jest/globals';
import { HitsSince, describePoint } from './point-row.js';

test.each([
  ['process("/usr/bin/ls").function("main@src/ls.c:1662")', 'main', 'ls ls.c:1662'],
  ['process("/usr/bin/ls").function("main")', 'main', 'ls'],
  ['process(7).function("main").call', 'main', 'process(7)'],
  ['kernel.function("vfs_read")', 'vfs_read', 'kernel'],
  ['module("9p").function("v9fs_open@fs/9p/vfs_file.c:40").call', 'v9fs_open', '9p vfs_file.c:40'],
  ['kernel.trace("sched_switch")', 'sched_switch', 'kernel'],
  ['kernel.syscall("read")', 'syscall read', 'kernel'],
  ['process("/bin/x").provider("p").mark("hit")', 'hit', 'x'],
  ['timer.s(1)', 'timer.s(1)', ''],
])('%s is %s in %s', (point, name, place) => {
  expect(describePoint(point)).toEqual({ name, place });
});

test('a table tells what came since the last', () => {
  const hits = new HitsSince();
  const calls = (...fields: readonly string[]): unknown => hits.row(fields)?.['calls'];
  expect([calls('3', 'a'), calls('5', 'b'), calls('7', 'a'), calls('5', 'b'), calls('x', 'a')]).toEqual([3, 5, 4, undefined, undefined]);
});
