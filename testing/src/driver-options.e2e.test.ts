/** Options of the driver that only a whole run shows: files of -o, full disks, the cache. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stapkit } from './checkout.js';
import { buildPrograms, type Programs } from './programs.js';

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'stapkit-options-')); });
afterAll(() => { rmSync(folder, { recursive: true }); });
const names = (prefix: string): string[] => readdirSync(folder).filter((name) => name.startsWith(prefix)).sort();

test('-S 1,3: three files with the newest lines, each of whole lines and not above a megabyte', async () => {
  const { status, stderr } = await stapkit('stapkit', ['-o', join(folder, 'lines'), '-S', '1,3', '-e', 'probe begin { for (i = 1; i <= 60000; i++) printf("%08d a line of a hundred bytes %64s\\n", i, "") exit() }', '-D', 'MAXACTION_INTERRUPTIBLE=1000000']);
  expect([stderr, status]).toEqual(['', 0]);
  expect(names('lines')).toEqual(['lines.3', 'lines.4', 'lines.5']);
  const texts = names('lines').map((name) => readFileSync(join(folder, name), 'latin1'));
  for (const text of texts) {
    expect(text.length).toBeLessThanOrEqual(1 << 20);
    expect(text.endsWith('\n')).toBe(true);
  }
  const numbers = texts.join('').split('\n').slice(0, -1).map((line) => Number(line.slice(0, 8)));
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => 60_000 - numbers.length + 1 + index));
});

test('SIGUSR2 begins the next file; the name has the time', async () => {
  const { status } = await stapkit('stapkit', ['-o', join(folder, 'next-%Y'), '-e', 'global n probe begin { println("one") system("kill -USR2 $PPID") } probe timer.ms(10) { if (n++ == 3) system("kill -INT $PPID") } probe end { println("end") }']);
  expect(status).toBe(0);
  const [first = '', second = ''] = names('next-');
  expect([first, second]).toEqual([expect.stringMatching(/^next-20\d\d$/), `${first}.1`]);
  expect(readFileSync(join(folder, first), 'utf8')).toMatch(/^one\n/);
  expect(readFileSync(join(folder, second), 'utf8')).toMatch(/end\n$/);
});

test('switch_file() divides the output where it is called', async () => {
  const script = 'probe begin { println("one"); switch_file(); println("two") } probe timer.ms(20) { println("three"); switch_file(); println("four"); exit() } probe end { println("end") }';
  expect((await stapkit('stapkit', ['-o', join(folder, 'switched'), '-e', script])).status).toBe(0);
  expect(names('switched').map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(['one\n', 'two\nthree\n', 'four\nend\n']);
  expect((await stapkit('stapkit', ['-e', script])).stdout).toBe('one\ntwo\nthree\nfour\nend\n');
});

test('a full disk ends the run with what is missing', async () => {
  const small = join(folder, 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
  try {
    const { stdout, stderr, status } = await stapkit('stapkit', ['-o', join(small, 'out'), '-e', 'probe timer.ms(1) { for (i = 0; i < 1000; i++) println("a line of output that fills the disk soon") } probe end { println("end") }']);
    expect(stderr).toMatch(/^stapkit: cannot write the output: no space left on the device \(ENOSPC\); at least \d+ bytes of output are missing; make room, or write to another place with -o FILE\n$/);
    expect([stdout, status]).toEqual(['', 1]);
    expect(statSync(join(small, 'out')).size).toBe(64 * 1024);
  } finally {
    execFileSync('umount', [small]);
  }
});

test('writers of one cache at the same time; -v tells of the cached object; options that do without it; --clean-cache', async () => {
  const env = { XDG_CACHE_HOME: join(folder, 'cache') };
  const start = (...args: readonly string[]): ReturnType<typeof stapkit> => stapkit('stapkit', [...args, '-e', 'probe begin { println("hello") exit() }'], { env });
  for (const { stdout, stderr, status } of await Promise.all([start(), start(), start()])) expect({ stdout, stderr, status }).toEqual({ stdout: 'hello\n', stderr: '', status: 0 });
  const objects = (): string[] => readdirSync(join(folder, 'cache/stapkit/objects'));
  expect(objects()).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  const { stdout, stderr } = await start('-v');
  expect(stdout).toBe('hello\n');
  expect(stderr).toMatch(/^(?:Pass [1-4]: using the cached object, found in \d+ms\.\n){4}Pass 5: starting run\.\n/);
  for (const option of ['--disable-cache', '--poison-cache']) expect((await start('-v', option)).stderr).toMatch(/^Pass 1: parsed/);
  const { stderr: cleaned, status } = await stapkit('stapkit', ['-v', '--clean-cache'], { env });
  expect([cleaned, status]).toEqual([expect.stringMatching(/^removed \d+ files of \d+ bytes from .*cache\/stapkit\n$/), 0]);
  expect(readdirSync(join(folder, 'cache'))).toEqual([]);
});

test('an option about the kernel module is taken with a word, and the script runs', async () => {
  const { stdout, stderr, status } = await stapkit('stapkit', ['-b', '--prologue-searching', '-e', 'probe begin { println("ran") exit() }']);
  expect([stdout, status]).toEqual(['ran\n', 0]);
  expect(stderr).toMatch(/^WARNING: -b has no effect: .*\nWARNING: --prologue-searching has no effect: .*\n$/);
});

test('--json: an object a print, of host and kernel probes, with values, time and process; --timestamps', async () => {
  const script = 'function show(x) { printf("call %d%s\\n", x, "") } probe begin { printf("%d %s %s\\n", -5, execname(), "constant") } probe kernel.trace("sys_enter") { if (pid() == target()) { show($id) exit() } }';
  const { stdout, stderr, status } = await stapkit('stapkit', ['--json', '-c', 'sleep 0.01', '-e', script]);
  expect([stderr, status]).toEqual(['', 0]);
  const objects = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const any = expect.any(Number) as unknown;
  expect(objects[0]).toMatchObject({ probe: 'begin', time: any, pid: any, text: expect.stringMatching(/^-5 .+ constant\n$/) as unknown, args: [-5, expect.any(String), 'constant'] });
  // With its subsystem where tracefs tells it: as -l has it.
  const listed = await stapkit('stapkit', ['-l', 'kernel.trace("sys_enter")']);
  expect(listed.stdout).toMatch(/^kernel\.trace\("(?:raw_syscalls:)?sys_enter"\)\n$/);
  expect(objects[1]).toMatchObject({ probe: listed.stdout.trimEnd(), time: any, pid: any, text: expect.stringMatching(/^call \d+\n$/) as unknown, args: [any, ''] });
  expect(objects[1]?.['time']).toBeGreaterThanOrEqual(objects[0]?.['time'] as number);
  expect(objects[1]?.['pid']).not.toBe(objects[0]?.['pid']);
  const stamped = await stapkit('stapkit', ['--timestamps', '-e', 'probe begin { print("a ") println("b") exit() }']);
  expect(stamped.stdout).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z a b\n$/);
});

describe('-t', () => {
  let programs: Programs;
  beforeAll(() => { programs = buildPrograms(['calls']); });
  afterAll(() => { programs.remove(); });
  const CALLS = 50;

  test('hits and times of probes, in the kernel and here, whose handlers begin with loops, leave early or fail', async () => {
    const path = programs.path('calls');
    const script = `probe process("${path}").function("probed") { while (i < 3) i++ if (long_arg(1) % 2) next n++ }
probe process("${path}").function("probed").return { println(1 / (n - n)) } probe begin { println("begun") } probe timer.s(1000) { println("?") } global n`;
    const { stdout, stderr, status } = await stapkit('stapkit', ['-t', '--suppress-handler-errors', '--no-global-var-display', '-e', script, '-c', `${path} ${CALLS}`]);
    expect([status, stderr]).toEqual([1, `WARNING: Number of errors: ${CALLS}, skipped probes: 0\nPass 5: run failed.\n`]);
    const [head, ...lines] = stdout.slice(stdout.indexOf('-----')).trimEnd().split('\n');
    expect(head).toBe('----- probe hit report: ');
    const known = lines.slice(0, -1).map((line) => /^(.*), \(<input>:\d+:\d+\), hits: (\d+), ns: (\d+)min\/(\d+)avg\/(\d+)max, from: (.*), index: (\d)$/.exec(line)?.slice(1) ?? [line]);
    expect(known.map(([name, hits, , , , from]) => [name?.includes('probed') === true || name, Number(hits), from?.includes('probed') === true || from])).toEqual([[true, CALLS, true], ['begin', 1, 'begin']]);
    for (const [, , min, avg, max] of known) expect([Number(min), Number(avg), Number(max)]).toEqual([Number(min), Number(avg), Number(max)].sort((one, other) => one - other));
    expect(lines.at(-1)).toBe('probes that were not hit: 2');
  });

  test('as objects with --json, and nothing else where the script prints nothing', async () => {
    const { stdout } = await stapkit('stapkit', ['-t', '--json', '-e', 'probe begin { exit() }']);
    expect(JSON.parse(stdout)).toEqual({ probe_time: { probe: 'begin', place: '<input>:1:7', hits: 1, min_ns: expect.any(Number), avg_ns: expect.any(Number), max_ns: expect.any(Number), from: 'begin' } });
  });
});

test('--example finds a script by its name, or says where there are none', async () => {
  const { stderr, status } = await stapkit('stapkit', ['--example', 'no such.stp']);
  expect([status, stderr]).toEqual([1, expect.stringMatching(/^stapkit: (?:no example is named 'no such\.stp' in \/usr\/.*|there are no examples on this machine; apt install systemtap-doc)\n$/)]);
});
