import { expect, test } from '@jest/globals';
import { parseCallFilter, systemCalls } from './system-calls.js';

/** Names whose bits a filter sets. */
function names(text: string): readonly string[] {
  const globals = parseCallFilter(text);
  return [...systemCalls().values()].filter(({ number }) => (BigInt.asUintN(64, BigInt(globals[`calls_${number >> 6}`] ?? '0')) >> BigInt(number & 63)) & 1n).map(({ name }) => name);
}

test.each([
  ['openat,close', ['close', 'openat']],
  ['/^epoll_c/', ['epoll_create', 'epoll_ctl_old', 'epoll_ctl', 'epoll_create1']],
  ['%clock,/^mkdir/', ['mkdir', 'gettimeofday', 'adjtimex', 'settimeofday', 'time', 'clock_settime', 'clock_gettime', 'clock_getres', 'mkdirat', 'clock_adjtime']],
])('%s', (text, expected) => {
  if (process.arch !== 'x64') return;
  expect(names(text)).toEqual(expected);
});

test('! means all others', () => {
  expect(names('!read,%file')).toEqual([...systemCalls().keys()].filter((name) => !names('read,%file').includes(name)));
});

test.each([
  ['%file', ['openat', 'execve', 'renameat2', 'mount', 'statx', 'chdir', 'readlinkat'], ['read', 'getcwd', 'mmap']],
  ['%desc', ['read', 'close', 'openat', 'mmap', 'epoll_wait', 'splice', 'sendmsg'], ['getpid', 'brk', 'futex']],
  ['%network', ['connect', 'recvmsg', 'accept4'], ['read', 'sendfile']],
  ['%memory', ['brk', 'mmap', 'madvise'], ['read', 'memfd_create']],
])('the set %s', (set, some, others) => {
  expect(names(set)).toEqual(expect.arrayContaining(some));
  expect(names(set).filter((name) => others.includes(name))).toEqual([]);
});

test.each([
  ['nosuch', "there is no system call 'nosuch' here; sets are %file"],
  ['%nosuch', "there is no set '%nosuch'"],
  ['/[/', '/[/ is no regular expression'],
  ['/nosuch/', 'no system call here matches /nosuch/'],
  ['!', 'names of system calls are wanted'],
])('%s is refused', (text, message) => {
  expect(() => parseCallFilter(text)).toThrow(message);
});
