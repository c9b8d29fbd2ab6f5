/** The commands as a new user meets them: wrong usage, help, pipes, full disks, their output against independent sources. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CHECKOUT, run, stapkit } from './checkout.js';
import { leftBehind, loadedPrograms } from './leftovers.js';
import { buildPrograms, type Programs } from './programs.js';

// Each test starts commands; a machine that is busy takes its time.
jest.setTimeout(60_000);

let programs: Programs;
let before: ReadonlySet<number>;
beforeAll(() => { programs = buildPrograms(['opens']); before = loadedPrograms(); });
afterAll(async () => {
  programs.remove();
  expect(await leftBehind(before)).toEqual([]);
});

type Command = string;
const TOOLS: readonly Command[] = ['tfo-watch', 'strace-open', 'flamegraph'];

test.each<[Command, readonly string[], RegExp]>([
  ['strace-open', ['--pid', '1', '-c', 'true'], /--pid and --command exclude each other/],
  ['tfo-watch', ['--netns', '1', '--netns-of', String(process.pid)], /--netns and --netns-of exclude each other/],
  ['flamegraph', ['-o', '/no/such/folder/file', '-f', 'folded', '-c', 'true'], /cannot write to '\/no\/such\/folder\/file': its folder does not exist/],
  ['flamegraph', ['--pid', '4194304'], /there is no process 4194304/],
  ['flamegraph', ['-c', 'no-such-command 1'], /-c: there is no command 'no-such-command'/],
  ['flamegraph', ['--cgroup', '/no/such/group', '-c', 'true'], /--cgroup: .*(?:there is no control group '\/no\/such\/group'|no control groups of version 2)/],
])('%s %p: one line and status 2', async (command, args, message) => {
  const { stdout, stderr, status } = await stapkit(command, args);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr.startsWith(`${command}: `)).toBe(true);
  expect([stdout, status]).toEqual(['', 2]);
});

test.each<[readonly string[], RegExp]>([
  [['--bogus'], /unknown option/],
  [[], /a script is wanted/],
  [['-x', '4194304', '-e', 'probe begin { exit() }'], /there is no process 4194304/],
  [['/no/such.stp'], /cannot read the script '\/no\/such.stp': there is no such file/],
])('stapkit %p: one line and status 1', async (args, message) => {
  const { stderr, status } = await stapkit('stapkit', args);
  expect(stderr).toMatch(message);
  expect([stderr.trimEnd().split('\n').length, status]).toEqual([1, 1]);
});

test.each<Command>(['flamegraph', 'stapkit', 'stapkit-run'])('%s --help fits 80 columns and has examples', async (command) => {
  const { stdout, stderr, status } = await stapkit(command, ['--help']);
  expect([stderr, status]).toEqual(['', 0]);
  expect(stdout).toContain('Examples:');
  expect(stdout).toContain('Exit status:');
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test('stapkit doctor agrees with what the kernel takes, and leaves nothing', async () => {
  const { stdout, stderr, status } = await stapkit('stapkit', ['doctor', '--json']);
  expect([stderr, status]).toEqual(['', 0]);
  const states = new Map(stdout.trim().split('\n').map((line) => JSON.parse(line) as { readonly check: string; readonly state: string }).map(({ check, state }) => [check, state]));
  // The kernel itself: a perf unit for each kind of probe, types in /sys.
  expect(states.get('kprobes') === 'missing').toBe(!existsSync('/sys/bus/event_source/devices/kprobe'));
  expect(states.get('uprobes') === 'missing').toBe(!existsSync('/sys/bus/event_source/devices/uprobe'));
  expect(states.get('BTF') === 'works').toBe(existsSync('/sys/kernel/btf/vmlinux'));
  expect(states.get('debuginfod') === 'works').toBe(/https?:/.test(process.env['DEBUGINFOD_URLS'] ?? ''));
  const other = await stapkit('stapkit', ['doctor'], { uid: 65534, env: { HOME: '/tmp' } });
  expect(other.stdout).toMatch(/^capabilities +missing +this user lacks CAP_BPF and CAP_PERFMON$/m);
  expect([other.stderr, other.status]).toEqual(['', 1]);
});

test.each(['flamegraph'])('%s without root: one line, status 2', async (command) => {
  const { stderr, status } = await stapkit(command, [], { uid: 65534, env: { HOME: '/tmp' } });
  expect(stderr).toMatch(/^\S+: loading BPF programs needs root, or the capabilities CAP_BPF and CAP_PERFMON; run it with sudo: sudo \S+\n$/);
  expect(status).toBe(2);
});

test.each(TOOLS)('%s --dry-run says how it would attach, and leaves nothing', async (command) => {
  const { stdout, stderr, status } = await stapkit(command, ['--dry-run']);
  expect(stderr).toMatch(/\((?:fexit|kretprobe|tp_btf|raw_tp)\)|attaches by/);
  expect([stdout, status]).toEqual(['', 0]);
});

test.each<[Command, readonly string[], string]>([
  ['tfo-watch', ['--port', '443', '--addr', '2001:db8::1', '--failed'], 'global the_port = 443 '],
  ['tfo-watch', ['--way', 'tracepoint', '--port', '443'], 'global the_port = 443 '],
  ['strace-open', ['--comm', 'nginx', '--pid', '7'], 'global only_comm = "nginx" '],
])('%s %p --print-script gives a script that compiles as it is', async (command, args, line) => {
  const { stdout, status } = await stapkit(command, [...args, '--print-script']);
  expect([stdout.includes(line), status]).toEqual([true, 0]);
  // What is not asked for is elided, and that is a warning (-w).
  const parsed = await stapkit('stapkit', ['-w', '-p2', '-'], { input: stdout });
  expect([parsed.stderr, parsed.status]).toEqual(['', 0]);
});

describe('strace-open', () => {
  test('lines as strace has them', async () => {
    const { stdout, status } = await stapkit('strace-open', ['-c', programs.path('opens')]);
    const ours = [...stdout.matchAll(/^opens\(\d+\) (open\w*) \((.*)\) = (-?\d+)(?: (\w+))?$/gm)].map(([, call, args, result, error]) => `${call ?? ''}(${args ?? ''}) = ${result ?? ''}${error === undefined ? '' : ` ${error}`}`);
    const { stderr } = await run('strace', ['-e', 'trace=open,openat,openat2', programs.path('opens')]);
    const theirs = [...stderr.matchAll(/^(open.*\))\s+(= -?\d+(?: E[A-Z]+)?)/gm)].map(([, call, result]) => `${call ?? ''} ${result ?? ''}`);
    expect(ours.length).toBeGreaterThan(10);
    expect(ours).toEqual(theirs);
    expect(status).toBe(0);
  });

  test('--json has the same fields; --failed leaves successes out', async () => {
    const { stdout } = await stapkit('strace-open', ['--json', '--failed', '-c', programs.path('opens')]);
    const rows = stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as { command: string; result: number; error: string | null; file: string | null });
    expect(rows.length).toBe(3);
    for (const row of rows) expect([row.command, row.result, row.error === null]).toEqual(['opens', -1, false]);
  });

  test('paths are whole, up to the limit of the kernel', async () => {
    const path = `/tmp/${'x'.repeat(4050)}`;
    const { stdout } = await stapkit('strace-open', ['--json', '-c', `cat ${path}`]);
    expect(stdout).toContain(`"file":"${path}"`);
  });

  test('--count ends it, a closed pipe too', async () => {
    const counted = await stapkit('strace-open', ['--csv', '--count', '2', '-c', programs.path('opens')]);
    expect(counted.stdout.split('\n').filter((line) => /^(?:time|\d{4}-)/.test(line))).toHaveLength(3);
    const piped = await run('bash', ['-c', `"${process.execPath}" tools/strace-open/bin/strace-open.js --csv -c "sh -c '${programs.path('opens')} >/dev/null'" | head -1; echo "\${PIPESTATUS[0]}"`]);
    expect([piped.stdout, piped.stderr]).toEqual([expect.stringMatching(/\n0\n$/), '']);
  });

  test('a full disk is told, with status 1', async () => {
    const { stderr, status } = await stapkit('strace-open', ['-o', '/dev/full', '-c', programs.path('opens')]);
    expect(stderr).toMatch(/^strace-open: cannot write the output: no space left on the device \(ENOSPC\); at least \d+ bytes/m);
    expect(status).toBe(1);
  });
});

describe('tfo-watch', () => {
  interface Row { readonly result: string; readonly source: string; readonly destination: string; readonly destination_port: number; readonly pid: number | null; readonly count: number }
  const rowsOf = (text: string): readonly Row[] => text.trim().split('\n').map((line) => JSON.parse(line) as Row);

  test("the demonstration's connections, by the kernel's eyes", async () => {
    const { stdout, stderr, status } = await stapkit('tfo-watch', ['--demo', '--json', '--histogram']);
    const lines = stdout.trim().split('\n');
    const isHistogram = (line: string): boolean => line.startsWith('{"histogram"');
    const rows = rowsOf(lines.filter((line) => !isHistogram(line)).join('\n'));
    // How long the six that were taken waited for accept.
    expect((JSON.parse(lines.find(isHistogram) ?? '') as { readonly buckets: readonly { readonly count: number }[] }).buckets.reduce((sum, { count }) => sum + count, 0)).toBe(6);
    expect(rows.filter(({ result }) => result === 'OK').map(({ source, destination }) => [source, destination])).toEqual([...Array.from({ length: 3 }, () => ['127.0.0.1', '127.0.0.1']), ...Array.from({ length: 3 }, () => ['::1', '::1'])]);
    expect(rows.filter(({ result }) => result === 'FAILED').reduce((sum, { count }) => sum + count, 0)).toBe(2);
    expect(rows.filter(({ result, pid }) => result === 'OK' && pid === null)).toEqual([]);
    expect(stderr).toMatch(/^tfo-watch: by (?:kernel function tcp_try_fastopen|tracepoint sock:inet_sock_set_state) \(/);
    expect(status).toBe(0);
  });

  test('IPv4 clients of an IPv6 socket are IPv4, also for --addr', async () => {
    const traffic = spawn(process.execPath, [join(CHECKOUT, 'tools/tcp-fastopen/bin/tfo-watch.js'), '--demo-traffic', '::/127.0.0.1,::/::1'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: traffic.stdout });
    const { netns } = await new Promise<{ netns: number }>((resolve) => { lines.once('line', (line) => { resolve(JSON.parse(line) as { netns: number }); }); });
    const watched = await stapkit('tfo-watch', ['--netns', String(netns), '--way', 'tracepoint', '--addr', '127.0.0.1', '--count', '3', '--duration', '20', '--json'], {
      env: { STAPKIT_NOTIFY_ARMED: '1' }, started: (child) => { child.stderr?.once('data', () => traffic.stdin.write('go\n')); },
    });
    traffic.stdin.end();
    expect(rowsOf(watched.stdout).map(({ result, source, destination, pid }) => [result, source, destination, pid])).toEqual(Array.from({ length: 3 }, () => ['OK', '127.0.0.1', '127.0.0.1', traffic.pid]));
  });
});

test('Ctrl-C before the probes are armed is status 130', async () => {
  const { status, signal } = await stapkit('stapkit', ['-v', '-DMAXACTION=200000000', '-e', 'probe begin { for (i = 0; i < 2000000; i++) n += i  println(n) } probe timer.s(60) { exit() }'], {
    started: (child) => { child.stderr?.on('data', (chunk: Buffer) => { if (chunk.toString().includes('Pass 5')) setTimeout(() => child.kill('SIGINT'), 100); }); },
  });
  // A handler cannot be broken off: the signal waits for its end.
  // On a busy machine the signal may come before there is a handler: the shell then says 130 as well.
  expect(signal ?? status).toBe(signal === null ? 130 : 'SIGINT');
});

test.each([['auto', { NO_COLOR: '1' }, false], ['always', {}, true], ['never', {}, false]] as const)('--color=%s', async (when, env, colored) => {
  const { stderr } = await stapkit('stapkit', [`--color=${when}`, '-e', 'probe begin { println(x) }'], { env });
  expect(stderr.includes('\x1b[')).toBe(colored);
});

test('STAPKIT_ATTACH with a value that means nothing', async () => {
  const { stderr, status } = await stapkit('stapkit', ['-e', 'probe syscall.open { exit() }'], { env: { STAPKIT_ATTACH: 'magic' } });
  expect([stderr, status]).toEqual(["stapkit: STAPKIT_ATTACH='magic' is no way of attaching; set it to fentry, kprobe, single, or unset it\n", 1]);
});
