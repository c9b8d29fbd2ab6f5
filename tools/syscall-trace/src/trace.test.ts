import { describe, expect, test } from '@jest/globals';
import { parseToolOptions, readToolScript, scriptWithGlobals, systemCalls, toolGlobals, wholeScript, type Row } from '@stapkit/cli-kit';
import { argumentsText } from './call-arguments.js';
import { placesIn, placesOf } from './places.js';
import { SYSCALL_TRACE } from './tool.js';
import { Trace, bytesOf, traceLine } from './trace.js';

const options = (...args: readonly string[]): ReturnType<typeof parseToolOptions> => parseToolOptions(SYSCALL_TRACE, ['node', 'syscall-trace', ...args], '1.0.0');

test('the script has all globals that flags set', () => {
  const script = scriptWithGlobals(wholeScript(readToolScript(import.meta.url, 'syscall-trace.stp')), toolGlobals(SYSCALL_TRACE, options('-f', '-x', '-S', '-s', '8', '--filter', 'read', '--pid', '7')));
  for (const line of ['global follow = 1 ', 'global failed_only = 1 ', 'global summary = 1 ', 'global text_bytes = 8 ', 'global only_calls = 1 ', 'global calls_0 = ', 'global only_pid = 7 ']) expect(script).toContain(line);
});

test('what the script marks are system calls, at places that they have', () => {
  const places = placesOf(readToolScript(import.meta.url, 'syscall-trace.stp'));
  expect(places.size).toBeGreaterThan(80);
  const newer = ['fchmodat2'];
  for (const [name, { paths, buffer }] of places) {
    const parameters = systemCalls().get(name)?.parameters;
    if (parameters === undefined) {
      if (process.arch === 'x64') expect(newer).toContain(name);
      continue;
    }
    for (const at of [...paths, ...(buffer === undefined ? [] : [buffer.at])]) expect([name, parameters[at - 1]?.type]).toEqual([name, expect.stringMatching(/\*/)]);
    if (buffer?.length !== undefined) expect([name, parameters[buffer.length - 1]?.type.includes('*')]).toEqual([name, buffer.lengthAt === true]);
  }
  expect(placesIn('readlinkat')).toEqual({ paths: [2], buffer: { at: 3 } });
  expect(placesIn('accept')).toEqual({ paths: [], buffer: { at: 2, length: 3, lengthAt: true, isAddress: true } });
  expect(placesIn('uname')).toEqual({ paths: [], buffer: { at: 1, structure: 130 } });
  expect(placesIn('connect')).toEqual({ paths: [], buffer: { at: 2, length: 3, isAddress: true } });
});

/** Compared with strace 6.1's output for the same calls. */
describe.each<[string, readonly (number | bigint)[], string, { readonly texts?: readonly string[]; readonly bytes?: string; readonly result?: number }]>([
  ['openat', [0xffffff9cn, 1, 0o102, 0o644], 'AT_FDCWD, "/a", O_RDWR|O_CREAT, 0644', { texts: ['"/a"'] }],
  ['openat', [5, 1, 0o2000000, 0o644], '5, "/a", O_RDONLY|O_CLOEXEC', { texts: ['"/a"'] }],
  ['close', [0xffffffffn], '-1', {}],
  ['lseek', [3, 0xfffffffffffffff6n, 1], '3, -10, SEEK_CUR', {}],
  ['mmap', [0, 4096, 7, 0x32, 0xffffffffn, 0], 'NULL, 4096, PROT_READ|PROT_WRITE|PROT_EXEC, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0', {}],
  ['mprotect', [0x1000, 4096, 0], '0x1000, 4096, PROT_NONE', {}],
  ['access', [1, 0], '"/a", F_OK', { texts: ['"/a"'] }],
  ['fcntl', [3, 1], '3, F_GETFD', {}],
  ['fcntl', [3, 4, 0o4002], '3, F_SETFL, O_RDWR|O_NONBLOCK', {}],
  ['futex', [0x10, 0x81, 1], '0x10, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0', {}],
  ['read', [3, 0x10, 100], '3, "ab\\0", 100', { bytes: '616200', result: 3 }],
  ['read', [3, 0x10, 100], '3, 0x10, 100', { result: -11 }],
  ['write', [1, 0x10, 40], '1, "abcdefgh"..., 40', { bytes: '6867666564636261', result: 40 }],
  ['connect', [3, 0x10, 28], '3, {sa_family=AF_INET6, sin6_port=htons(443), sin6_addr=0:0:0:0:0:0:0:1}, 28', { bytes: '00000000bb01000a0000000000000000010000000000000000000000', result: 0 }],
  ['connect', [3, 0x10, 4], '3, {sa_family=AF_UNIX, sun_path=@"x"}, 4', { bytes: '01000078', result: 0 }],
  ['getpeername', [3, 0x10, 0x20], '3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("127.0.0.1")}, 0x20', { bytes: '0100007fbb010002', result: 0 }],
  ['getpeername', [3, 0x10, 0x20], '3, 0x10, 0x20', { bytes: '0100007fbb010002', result: -107 }],
  ['pipe2', [0x10, 0o2000000], '[3, 77], O_CLOEXEC', { bytes: '0000004d00000003', result: 0 }],
  ['pipe2', [0x10, 0], '0x10, 0', { bytes: '0000004d00000003', result: -24 }],
  ['clock_nanosleep', [1, 0, 0x10, 0], 'CLOCK_MONOTONIC, 0, {tv_sec=-1, tv_nsec=1000}, NULL', { bytes: 'ffffffffffffffff00000000000003e8', result: -22 }],
  ['wait4', [7, 0x10, 0, 0], '7, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL', { bytes: '00030000', result: 7 }],
  ['wait4', [7, 0x10, 0, 0], '7, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}], 0, NULL', { bytes: '8b000000', result: 7 }],
  ['wait4', [7, 0x10, 2, 0], '7, [{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}], WSTOPPED, NULL', { bytes: '7f130000', result: 7 }],
  ['wait4', [7, 0x10, 1, 0], '7, 0x10, WNOHANG, NULL', { bytes: '00000000', result: 0 }],
  ['prlimit64', [0, 3, 0, 0x10], '0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}', { bytes: '0000000000800000ffffffffffffffff', result: 0 }],
  ['chmod', [1, 0o755], '"/a", 0755', { texts: ['"/a"'] }],
  ['unlinkat', [0xffffff9cn, 1, 0x200], 'AT_FDCWD, "/a", AT_REMOVEDIR', { texts: ['"/a"'] }],
  ['getrusage', [0xffffffffn, 0x10], 'RUSAGE_CHILDREN, 0x10', {}],
  ['wait4', [0xffffffffn, 0, 1, 0], '-1, NULL, WNOHANG, NULL', {}],
])('%s', (call, values, text, { texts = [], bytes = '', result }) => {
  test(text, () => {
    const padded = [...values, 0, 0, 0, 0, 0, 0].slice(0, 6).map(BigInt);
    expect(argumentsText(call, { values: padded, texts, bytes: bytesOf(bytes), result }, placesIn(call))).toBe(text);
  });
});

const line = (text: string): Row | undefined => new Trace(options(), false).row(text.split('\t'));
const CLOSE = 'R\t1795000000000042\t7\t8\t1500\t0\t3\tclose\t3\t0\t0\t0\t0\t0\t\t\t\tcat';

test.each<[string, string, Partial<Row> | undefined]>([
  ['a call', CLOSE, { time: 1_795_000_000_000_042, command: 'cat', pid: 7, tid: 8, call: 'close', args: '3', result: 0, error: null, elapsed_ns: 1500 }],
  ['one that failed', CLOSE.replace('\t1500\t0\t', '\t1500\t-9\t'), { result: -1, error: 'EBADF' }],
  ['one to be made again', CLOSE.replace('\t1500\t0\t', '\t1500\t-512\t'), { result: -1, error: 'ERESTARTSYS' }],
  ['one that its thread died in', 'R\t1\t7\t8\t1500\t?\t0\tread\t\t\t\t\t\t\t\t\t\tcat', { call: 'read', args: '', result: null, error: null }],
  ['an unknown number', CLOSE.replace('\t3\tclose\t', '\t500\t\t'), { call: 'syscall_500', args: '0x3, 0x0, 0x0, 0x0, 0x0, 0x0' }],
  ['cut short', 'R\t1\t7', undefined],
  ['something else', 'WARNING: text', undefined],
])('row of %s', (_name, text, row) => {
  const found = line(text);
  if (row === undefined) expect(found).toBeUndefined();
  else expect(found).toMatchObject(row);
});

test('a program that is executed has the arguments that it began with', () => {
  const trace = new Trace(options(), false);
  expect(trace.row(['A', '8', 'a', 'b', 'c', '0', '0', '0', '"/bin/ls"', '"ls"', '"-l"'])).toBeUndefined();
  // Another thread than the first one: it is the first one from then on.
  expect(trace.row(['M', '8', '7'])).toBeUndefined();
  const row = trace.row(CLOSE.replace('\t7\t8\t', '\t7\t7\t').replace('\t3\tclose\t3\t', '\t59\texecve\t0\t').split('\t'));
  expect(row?.['args']).toBe('"/bin/ls", ["ls", "-l"], 0xc');
});

test.each<[readonly string[], Row, string]>([
  [[], { call: 'brk', result: 0x1000 }, 'cat[8] brk(3) = 0x1000'],
  [[], { result: -1, error: 'EBADF' }, 'cat[8] close(3) = -1 EBADF'],
  [['--elapsed'], {}, 'cat[8] close(3) = 0 <0.000002>'],
  [['--elapsed'], { call: 'exit', result: null }, 'cat[8] exit(3) = ?'],
  [['--timestamp', '--utc'], {}, '10:40:00.000042Z cat[8] close(3) = 0'],
])('line with %j', (args, change, text) => {
  const time = Date.UTC(2026, 10, 18, 10, 40) * 1000 + 42;
  expect(traceLine({ ...line(CLOSE), time, ...change }, options(...args), false)).toBe(text);
});
