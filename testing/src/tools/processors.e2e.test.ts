/**
 * epoll-blocking, cpu-hogs and runq-latency on one event loop, which sleeps when they begin and when they end: what they saw in
 * between is what the loop's own clock and the kernel's books (/proc/PID/schedstat) tell.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { stapkit, type Finished } from '../checkout.js';

jest.setTimeout(120_000);

/** Blocks its loop, and tells how long by its own clock. */
const LOOP = `
const busy = () => { for (const end = performance.now() + 60; performance.now() < end;); };
const turns = [];
const turn = (work) => new Promise((resolve) => setTimeout(() => {
  const from = Date.now(), begun = performance.now();
  work();
  turns.push({ from, to: Date.now(), us: (performance.now() - begun) * 1000 });
  resolve();
}, 5));
process.stdin.once('data', async () => {
  for (const work of [busy, busy, busy, busy, busy]) await turn(work);
  for (let i = 0; i < 50; i++) await turn(() => {});
  console.log(JSON.stringify(turns.slice(0, 5)));
});
console.log('ready');`;

/** Of the loop's thread: nanoseconds on a processor, nanoseconds in run queues, times that it was put on a processor. */
interface Books { readonly ran: number; readonly waited: number; readonly times: number }
interface Turn { readonly from: number; readonly to: number; readonly us: number }

const TOOLS = {
  'epoll-blocking': ['--min-us', '20000', '--stack'],
  'cpu-hogs': ['--by', 'thread', '--interval', '1h'],
  'runq-latency': ['--per-thread'],
  histogram: [],
} as const;
type Name = keyof typeof TOOLS;

let target: ChildProcess;
let turns: readonly Turn[] = [];
let before: Books;
let after: Books;
const seen = new Map<Name, Finished>();

function books(): Books {
  const [ran = 0, waited = 0, times = 0] = readFileSync(`/proc/${target.pid ?? 0}/task/${target.pid ?? 0}/schedstat`, 'latin1').split(' ').map(Number);
  return { ran, waited, times };
}

/** It sleeps: half a second without a turn on a processor. */
async function asleep(): Promise<Books> {
  for (let last = books(); ;) {
    await new Promise((resolve) => { setTimeout(resolve, 500); });
    const now = books();
    if (now.times === last.times) return now;
    last = now;
  }
}

beforeAll(async () => {
  target = spawn(process.execPath, ['-e', LOOP], { stdio: ['pipe', 'pipe', 'inherit'] });
  if (target.stdout === null) throw new Error('no pipe');
  const lines = createInterface({ input: target.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const tools: ChildProcess[] = [];
  const ends: Promise<void>[] = [];
  await Promise.all((Object.keys(TOOLS) as Name[]).map((name) => new Promise<void>((armed) => {
    ends.push(stapkit(name === 'histogram' ? 'runq-latency' : name, [...TOOLS[name], '--pid', String(target.pid), '--json', '--quiet'], {
      timeoutMs: 100_000, env: { STAPKIT_NOTIFY_ARMED: '1' },
      started: (child) => { tools.push(child); child.stderr?.once('data', () => { armed(); }); },
    }).then((finished) => { seen.set(name, finished); }));
  })));
  before = await asleep();
  target.stdin?.write('go\n');
  turns = JSON.parse(String((await lines.next()).value)) as Turn[];
  after = await asleep();
  for (const tool of tools) tool.kill('SIGINT');
  await Promise.all(ends);
}, 120_000);
afterAll(() => { target.kill(); });

type Row = Readonly<Record<string, unknown>>;
const rowsOf = (name: Name): readonly Row[] => (seen.get(name)?.stdout ?? '').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
const own = (name: Name): Row => rowsOf(name).find(({ tid }) => tid === target.pid) ?? {};
/** Equal but for what lies between two clocks that are read one after the other, at each of so many events. */
function expectNear(found: unknown, expected: number, events: number): void {
  expect(Math.abs(Number(found) - expected)).toBeLessThan(5000 + 0.05 * expected + 20 * events);
}

test('epoll-blocking: each turn that the loop tells of, as long as its own clock says, and where it was', () => {
  const rows = rowsOf('epoll-blocking').map((row) => ({ ...row, stack: row['stack'], end: Date.parse(String(row['time'])), us: Number(row['blocked_us']) }));
  const during = turns.map(({ from, to }) => rows.filter(({ end, us }) => end - us / 1000 <= from + 2 && end >= to - 2));
  expect(during.map((found) => found.length)).toEqual(turns.map(() => 1));
  for (const [index, { us }] of turns.entries()) expect(during[index]?.[0]?.us).toBeGreaterThanOrEqual(us);
  for (const [row] of during) expect(row).toMatchObject({ pid: target.pid, tid: target.pid, command: 'node' });
  // A turn may be over before a tick of the clock finds it.
  expect(during.filter(([row]) => typeof row?.stack === 'string').length).toBeGreaterThan(0);
  expect(rows.filter(({ us }) => us < 20_000)).toEqual([]);
});

test('cpu-hogs: as much time on a processor as the kernel books', () => {
  expectNear(own('cpu-hogs')['cpu_us'], (after.ran - before.ran) / 1000, after.times - before.times);
  expect(own('cpu-hogs')).toMatchObject({ pid: target.pid, command: 'node', turns: after.times - before.times });
});

test('runq-latency: waits for a processor as the kernel books them', () => {
  const times = after.times - before.times;
  expect(times).toBeGreaterThan(50);
  expect(own('runq-latency')).toMatchObject({ pid: target.pid, command: 'node' });
  // Not every wait of the books is seen as one by the tracepoints, nor the other way round: on a busy 6.18 some switches of a processor reached
  // no program, of two sessions at once, and up to two waits more than the books' were counted. Why, is not known.
  expect(Math.abs(Number(own('runq-latency')['times']) - times)).toBeLessThanOrEqual(Math.max(2, 0.1 * times));
  expectNear(own('runq-latency')['total_us'], (after.waited - before.waited) / 1000, times);
});

test('runq-latency: the histogram has all waits of all threads', () => {
  const [histogram] = rowsOf('histogram') as readonly { readonly histogram: string; readonly buckets: readonly { readonly count: number }[] }[];
  const counted = (histogram?.buckets ?? []).reduce((sum, { count }) => sum + count, 0);
  expect(histogram?.histogram).toBe(`microseconds in a run queue: ${counted} times, ${/(\d+) on average, \d+ at most$/.exec(histogram?.histogram ?? '')?.[0] ?? ''}`);
  expect(counted).toBe(rowsOf('runq-latency').reduce((sum, { times }) => sum + Number(times), 0));
});

test.each<Name>(['epoll-blocking', 'cpu-hogs', 'runq-latency'])('%s ends well and loses nothing', (name) => {
  // With --stack a tick that comes within another handler of this processor is skipped, as in stap, and counted.
  const ticks = name === 'epoll-blocking' ? /^WARNING: Number of errors: 0, skipped probes: \d+$/m : /^$/;
  expect([seen.get(name)?.status, /lost|skipped|error/i.test((seen.get(name)?.stderr ?? '').replace(ticks, ''))]).toEqual([0, false]);
});
