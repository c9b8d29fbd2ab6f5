import { expect, test } from '@jest/globals';
import { parseToolOptions, readToolScript, scriptWithGlobals, toolGlobals, wholeScript, type Row } from '@stapkit/cli-kit';
import { displayLine, fileOf, openedRow } from './opened.js';
import { STRACE_OPEN } from './tool.js';

const LINE = '1795000000000042\t1511\t1512\t7\topenat\tAT_FDCWD, "/proc/1511/stat", O_RDONLY\tredis-server';
const ROW: Row = { time: 1_795_000_000_000_042, command: 'redis-server', pid: 1511, tid: 1512, call: 'openat', file: '/proc/1511/stat', args: 'AT_FDCWD, "/proc/1511/stat", O_RDONLY', result: 7, error: null };

test.each<[string, string, Row | undefined]>([
  ['a success', LINE, ROW],
  ['a failure', LINE.replace('\t7\t', '\t-2\t'), { ...ROW, result: -1, error: 'ENOENT' }],
  ['an error without a name', LINE.replace('\t7\t', '\t-999\t'), { ...ROW, result: -1, error: 'errno 999' }],
  ['a command with a tab', `${LINE}\tx`, { ...ROW, command: 'redis-server\tx' }],
  ['cut short', LINE.split('\t').slice(0, 5).join('\t'), undefined],
  ['something else', 'WARNING: text', undefined],
])('row of %s', (_name, line, row) => {
  expect(openedRow(line.split('\t'))).toEqual(row);
});

test.each<[string, string | null]>([
  ['"/etc/passwd", O_RDONLY', '/etc/passwd'],
  ['AT_FDCWD, "/a \\"b\\" c", O_RDWR', '/a "b" c'],
  ['"caf\\303\\251", O_RDONLY', 'caf\u00e9'],
  ['"\\351", O_RDONLY', '\\xe9'],
  ['"", O_RDONLY', ''],
  ['0x7ffd, O_RDONLY', null],
])('file of %s', (args, file) => {
  expect(fileOf(args)).toBe(file);
});

test.each<[Row, string]>([
  [{ call: 'open', args: '"/proc/1511/stat", O_RDONLY' }, 'redis-server(1511) open ("/proc/1511/stat", O_RDONLY) = 7'],
  [{ result: -1, error: 'ENOENT' }, 'redis-server(1511) openat (AT_FDCWD, "/proc/1511/stat", O_RDONLY) = -1 ENOENT'],
])('line for %j', (change, line) => {
  expect(displayLine({ ...ROW, ...change })).toBe(line);
});

const globals = (...args: readonly string[]): Map<string, string> => toolGlobals(STRACE_OPEN, parseToolOptions(STRACE_OPEN, ['node', 'strace-open', ...args], '1.0.0'));

test.each<[readonly string[], Record<string, string>]>([
  [[], {}],
  [['-p', '7', '-x'], { only_pid: '7', failed_only: '1' }],
  [['--comm', 'caf\u00e9', '--uid', '5'], { only_comm: 'caf\xc3\xa9', only_uid: '5' }],
  [['--flag', 'creat', '--path', '/etc/'], { only_flags: '64', only_path: '/etc/' }],
  [['--flag', 'O_WRONLY'], { only_flags: '1' }],
])('%p as globals of the script', (args, expected) => {
  expect(Object.fromEntries(globals(...args))).toEqual(expected);
});

test('the script has all that may be set', () => {
  const all = globals('-p', '7', '-t', '8', '-x', '-n', 'sh', '-u', '0', '--path', '/a', '--flag', 'O_CREAT');
  const script = scriptWithGlobals(wholeScript(readToolScript(import.meta.url, 'strace-open.stp')), all);
  for (const line of ['global only_pid = 7 ', 'global only_comm = "sh" ', 'global failed_only = 1 ', 'global only_path = "/a" ']) expect(script).toContain(line);
});

test.each([
  [['-p', '7', '-c', 'ls'], '--pid and --command exclude each other'],
  [['--comm', 'a-name-of-16-bytes'], "'a-name-of-16-bytes' can match no process: the kernel keeps 15 bytes of a name"],
  [['--duration', 'soon'], "'soon' is not a duration"],
  [['--count', '0'], "'0' is not a count"],
  [['--flag', 'O_MAYBE'], "'O_MAYBE' is no flag of open"],
])('%p is refused', (args, message) => {
  expect(() => parseToolOptions(STRACE_OPEN, ['node', 'strace-open', ...args], '1.0.0')).toThrow(message);
});
