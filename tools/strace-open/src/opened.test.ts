import { describe, expect, test } from '@jest/globals';
import { dataRow, displayLine, fileOf, parseOpened, type Opened } from './opened.js';

const LINE = '1795000000000042\t1511\t1512\t7\topenat\tAT_FDCWD, "/proc/1511/stat", O_RDONLY\tredis-server';
const OPENED: Opened = { timeUs: 1_795_000_000_000_042, pid: 1511, tid: 1512, result: 7, call: 'openat', args: 'AT_FDCWD, "/proc/1511/stat", O_RDONLY', command: 'redis-server' };
const errorName = (errno: number): string => (errno === 2 ? 'ENOENT' : `errno ${errno}`);

describe('lines of the script', () => {
  test.each<[string, string, Opened | undefined]>([
    ['a success', LINE, OPENED],
    ['a failure', LINE.replace('\t7\t', '\t-2\t'), { ...OPENED, result: -2 }],
    ['a command with a tab', `${LINE}\tx`, { ...OPENED, command: 'redis-server\tx' }],
    ['cut short', LINE.split('\t').slice(0, 5).join('\t'), undefined],
    ['something else', 'WARNING: text', undefined],
  ])('%s', (_name, line, opened) => {
    expect(parseOpened(line)).toEqual(opened);
  });
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

test.each<[Partial<Opened>, string]>([
  [{ call: 'open', args: '"/proc/1511/stat", O_RDONLY' }, 'redis-server(1511) open ("/proc/1511/stat", O_RDONLY) = 7'],
  [{ result: -2 }, 'redis-server(1511) openat (AT_FDCWD, "/proc/1511/stat", O_RDONLY) = -1 ENOENT'],
  [{ result: -999 }, 'redis-server(1511) openat (AT_FDCWD, "/proc/1511/stat", O_RDONLY) = -1 errno 999'],
])('line for %j', (change, line) => {
  expect(displayLine({ ...OPENED, ...change }, errorName)).toBe(line);
});

test('row for programs', () => {
  expect(dataRow({ ...OPENED, result: -2 }, errorName)).toEqual({
    time: '2026-11-18T11:06:40.000042Z', command: 'redis-server', pid: 1511, tid: 1512, call: 'openat', file: '/proc/1511/stat', args: OPENED.args, result: -1, error: 'ENOENT',
  });
  expect(dataRow(OPENED, errorName)).toMatchObject({ result: 7, error: null });
});
