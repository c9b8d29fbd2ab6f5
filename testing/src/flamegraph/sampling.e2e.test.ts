/** What flamegraph samples of programs whose calls, names and waits are known. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { stapkit, type Finished, type RunOptions } from '../checkout.js';
import { buildPrograms, type Programs } from '../programs.js';

// Each test starts commands; a machine that is busy takes its time.
jest.setTimeout(120_000);
const LIMIT = { timeoutMs: 60_000 };
const ARMED = { STAPKIT_NOTIFY_ARMED: '1' };

const folder = mkdtempSync(join(tmpdir(), 'flamegraph-sampling-'));
const file = (name: string): string => join(folder, name);
let programs: Programs;
let chain = '';
const children: ChildProcess[] = [];
beforeAll(() => {
  programs = buildPrograms(['chain', 'waits'], file('programs'));
  chain = programs.path('chain');
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

interface Folded { readonly stack: string; readonly value: number }
function foldedOf(text: string): Folded[] {
  const lines = [...text.matchAll(/^(.+) (\d+)$/gm)].map(([, stack = '', value = '0']) => ({ stack, value: Number(value) }));
  expect(lines).toHaveLength(text.trimEnd().split('\n').length);
  return lines;
}
const sum = (lines: readonly Folded[], of = /(?:)/): number => lines.filter(({ stack }) => of.test(stack)).reduce((total, { value }) => total + value, 0);
const flamegraph = (args: readonly string[], options: RunOptions = {}): Promise<Finished> => stapkit('flamegraph', args, { cwd: folder, ...LIMIT, ...options });

/** Starts a program of ours that the test ends. */
function start(path: string, ...args: string[]): ChildProcess & { readonly pid: number } {
  const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  if (child.pid === undefined) throw new Error(`${path} did not start`);
  return child as ChildProcess & { readonly pid: number };
}

/** Calls back when the samples are being taken. */
const whenArmed = (then: () => void): RunOptions => ({ env: ARMED, started: (child) => { child.stderr?.on('data', (text: Buffer) => { if (text.includes('__STAPKIT_ARMED')) then(); }); } });

test('a command: a page of its known functions', async () => {
  const { status, stdout, stderr } = await flamegraph(['-c', `${chain} 0.6`]);
  expect([status, stdout]).toEqual([0, '']);
  expect(stderr).toMatch(/^flamegraph: flamegraph\.html: \d+ samples, \d+ frames\n/);
  const again = await flamegraph(['--from', 'flamegraph.html', '--format', 'folded']);
  const lines = foldedOf(again.stdout);
  // Of what was sampled in main; before it comes what the kernel and ld.so do, which takes as long as the machine takes.
  const inner = sum(lines, /^(?:chain \d+;)?_start;(?:[^;]+;)*__libc_start_call_main;main;outer;middle;inner(?:;|$)/);
  expect([inner > 0, inner / sum(lines, /;main(?:;|$)/) > 0.85]).toEqual([true, true]);
});

test('what the command starts; code that node made, with its names and without', async () => {
  writeFileSync(file('hot.js'), 'function hotFunction(n) { let s = 0; for (let i = 0; i < n; i++) s = (s * 31 + i) | 0; return s }\nfor (let i = 0; i < 100; i++) hotFunction(1e6);\n');
  const node = (args: string): string => `${process.execPath} ${args} hot.js`;
  const { status, stderr } = await flamegraph(['-c', `sh -c '${node('--perf-basic-prof')}; ${node('')}'`, '-o', 'node.speedscope.json']);
  expect(status).toBe(0);
  expect(stderr).toMatch(/ in memory of no file \(JIT code without \/tmp\/perf-PID\.map\)/);
  const { stdout } = await flamegraph(['--from', 'node.speedscope.json', '--format', 'folded', '--group-by', 'process']);
  const lines = foldedOf(stdout);
  const hot = lines.filter(({ stack }) => /;JS:[*^~]?hotFunction [^;]*_\[j\](?:;|$)/.test(stack));
  expect(sum(hot)).toBeGreaterThan(0);
  const named = new Set(hot.map(({ stack }) => /^[^;]* (\d+);/.exec(stack)?.[1] ?? stack));
  expect(named.size).toBe(1);
  for (const pid of named) rmSync(`/tmp/perf-${pid}.map`, { force: true });
  // The other node has as much to do, and nobody knows the name.
  const unnamed = lines.filter(({ stack }) => !named.has(/^[^;]* (\d+);/.exec(stack)?.[1] ?? '') && stack.endsWith(';[unknown]'));
  expect(sum(unnamed)).toBeGreaterThan(0);
});

test('off-cpu, which is flamegraph --off-cpu, --pid --per-thread: sleeping, reading a slow pipe and waiting for a lock, as long as the program itself finds', async () => {
  const waits = start(programs.path('waits'));
  let printed = '';
  waits.stdout?.on('data', (text: Buffer) => { printed += text.toString(); });
  const { status } = await stapkit('off-cpu', ['--pid', String(waits.pid), '--duration', '60', '--per-thread', '--group-by', 'thread', '-o', 'waits.folded'], { cwd: folder, ...LIMIT, ...whenArmed(() => { waits.stdin?.write('x'); }) });
  expect(status).toBe(0);
  const lines = foldedOf(readFileSync(file('waits.folded'), 'utf8'));
  const main = new RegExp(`^waits ${waits.pid}/${waits.pid};`);
  for (const name of ['sleeps', 'reads', 'locks']) {
    const own = Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(printed)?.[1]) * 1000;
    const shown = sum(lines.filter(({ stack }) => main.test(stack)), new RegExp(`;main;(?:timed;)?${name};`));
    expect({ name, close: Math.abs(shown - own) <= 0.05 * own, shown, own }).toMatchObject({ close: true });
  }
  const threads = new Set(lines.map(({ stack }) => stack.slice(0, stack.indexOf(';'))));
  expect(threads.size).toBe(3);
  expect(sum(lines, /^waits \d+\/\d+;.*;holds;.*nanosleep/)).toBeGreaterThanOrEqual(300e6);
});

test('--probe: stacks of a function of a process, with a weight', async () => {
  const { status, stdout, stderr } = await flamegraph(['--probe', `process("${chain}").function("probed")`, '--weight', 'pid() * 0 + 42', '--unit', 'bytes', '-c', `sh -c 'echo said; ${chain}'`, '-f', 'folded', '--user']);
  // The profile has standard output for itself.
  expect([status, stderr]).toEqual([0, expect.stringMatching(/^said$/m)]);
  expect(stdout).toMatch(/^_start;(?:[^;\n]+;)*main;outer;middle;inner;probed 42\n$/);
});

test('a probe point that is none is shown where it stands', async () => {
  const { status, stderr } = await flamegraph(['--probe', `process("${chain}").function("nobody")`, '-c', chain, '-o', 'none.html']);
  expect(status).toBe(2);
  expect(stderr).toMatch(/^flamegraph\.stp:\d+:\d+: error E\d+: /);
  expect(stderr).toMatch(/\nflamegraph: --probe: there is nothing to sample at /);
  expect(existsSync(file('none.html'))).toBe(false);
});

test('Ctrl-C ends it early, with what there is; the process goes on', async () => {
  const busy = start(chain, '600');
  /** Clock ticks that the process computed (proc_pid_stat(5)). */
  const ticks = (): number => Number(readFileSync(`/proc/${busy.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[11]);
  let command: ChildProcess | undefined;
  const options = whenArmed(() => {
    const armedAt = ticks();
    const look = setInterval(() => {
      if (ticks() < armedAt + 30) return;
      clearInterval(look);
      command?.kill('SIGINT');
    }, 20);
  });
  const { status, stderr } = await flamegraph(['--pid', String(busy.pid), '--duration', '1h', '-o', 'early.folded'], { ...options, started: (child) => { command = child; options.started?.(child); } });
  expect(status).toBe(0);
  expect(stderr).toMatch(/early\.folded: \d+ samples/);
  expect(sum(foldedOf(readFileSync(file('early.folded'), 'utf8')), /;main;outer;middle;inner/)).toBeGreaterThan(10);
  expect([busy.exitCode, busy.signalCode]).toEqual([null, null]);
});

test('--comm and --cgroup: those alone; an event that the machine lacks; a command that fails', async () => {
  symlinkSync(chain, file('other'));
  const two = `sh -c '${chain} 0.3; ${file('other')} 0.5; exit 3'`;
  const byName = await flamegraph(['--comm', 'other', '--event', 'cycles', '-c', two, '-o', 'comm.folded', '--group-by', 'process']);
  expect([byName.status, byName.stderr.includes('flamegraph: the command ended with status 3\n')]).toEqual([1, true]);
  if (!['cpu', 'cpu_core'].some((unit) => existsSync(`/sys/bus/event_source/devices/${unit}`))) expect(byName.stderr).toMatch(/^flamegraph: cycles: this machine shows no hardware performance counters .*; sampling by cpu-clock\n/);
  const lines = foldedOf(readFileSync(file('comm.folded'), 'utf8'));
  expect([sum(lines) > 0, lines.filter(({ stack }) => !/^other \d+;/.test(stack))]).toEqual([true, []]);

  const mount = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').find((line) => / - cgroup2 /.test(line))?.split(' ')[4];
  if (mount === undefined) throw new Error('no control groups of version 2 are mounted here');
  const group = join(mount, `flamegraph-test-${process.pid}`);
  mkdirSync(group);
  try {
    const { status } = await flamegraph(['--cgroup', group, '-c', `sh -c '${chain} 0.3; echo $$ > ${group}/cgroup.procs; ${file('other')} 0.5; echo $$ > ${mount}/cgroup.procs'`, '-o', 'cgroup.folded', '--group-by', 'process']);
    expect(status).toBe(0);
    const grouped = foldedOf(readFileSync(file('cgroup.folded'), 'utf8'));
    expect([sum(grouped, /^other \d+;/) > 0, grouped.filter(({ stack }) => stack.startsWith('chain '))]).toEqual([true, []]);
  } finally {
    rmdirSync(group);
  }
});

test('nothing to sample is no file', async () => {
  const { status, stderr } = await flamegraph(['--probe', `process("${chain}").function("probed")`, '-c', 'true', '-o', 'empty.html']);
  expect([status, stderr, existsSync(file('empty.html'))]).toEqual([1, 'flamegraph: no samples: the probe point was not hit\n', false]);
});
