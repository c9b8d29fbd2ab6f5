/** Events that the kernel counts: sampled, of one program, read as counters; timers in all units. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stapkit } from './checkout.js';
import { buildPrograms, type Programs } from './programs.js';

let programs: Programs;
beforeAll(() => { programs = buildPrograms(['faults', 'calls']); });
afterAll(() => { programs.remove(); });

async function output(script: string, ...args: readonly string[]): Promise<string> {
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', script, ...args]);
  expect([stderr, status]).toEqual(['', 0]);
  return stdout;
}

test('page faults of a program, each one', async () => {
  const faults = programs.path('faults');
  const count = async (pages: number): Promise<[told: number, seen: number]> => {
    const stdout = await output(`global n, other probe perf.sw.page_faults.sample(1).process("${faults}") { n++; if (execname() != "faults") other++ } probe end { println("seen ", n, " ", other) }`, '-c', `${faults} ${pages}`);
    const [, told = '0', seen = '0'] = /^faults (\d+)\nseen (\d+) 0\n$/.exec(stdout) ?? [];
    return [Number(told), Number(seen)];
  };
  // The kernel's count also has the faults from before the program was there: those of the shell that became it.
  const [few, many] = [await count(1000), await count(3000)];
  expect(few[1]).toBeGreaterThanOrEqual(1000);
  expect(Math.abs((many[1] - few[1]) - (many[0] - few[0]))).toBeLessThanOrEqual(4);
});

test('one of ten', async () => {
  const faults = programs.path('faults');
  const stdout = await output(`global n probe perf.type(1).config(2).sample(10).process("${faults}") { n++ } probe end { println("seen ", n) }`, '-c', `${faults} 5000`);
  const seen = Number(/seen (\d+)/.exec(stdout)?.[1]);
  expect(seen).toBeGreaterThan(450);
  expect(seen).toBeLessThan(560);
});

test('a clock by frequency, in the program of -c', async () => {
  // 2,000 faults and 30,000 calls take long enough for some samples; nothing else is sampled.
  const stdout = await output('global n, other probe perf.sw.cpu_clock.hz(1000).process { n++; if (pid() != target()) other++ } probe end { println(n > 5, " ", other) }', '-c', `${programs.path('calls')} 60 1`);
  expect(stdout).toMatch(/^60\n[01] 0\n$/);
  const busy = await output('global n probe perf.sw.cpu_clock.hz(200).process { n++ } probe end { println(n > 20) }', '-c', "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'");
  expect(busy).toBe('1\n');
}, 30_000);

test('a counter is read where the script asks', async () => {
  const faults = programs.path('faults');
  const script = `global before, during probe perf.sw.page_faults.counter("faults") {}
probe process("${faults}").function("touch") { before = @perf("faults") } probe process("${faults}").function("touch").return { during = @perf("faults") - before } probe end { println("during ", during) }`;
  // The counter is the CPU's: another process may come between.
  const runs: number[] = [];
  for (let run = 0; run < 3; run++) runs.push(Number(/during (\d+)/.exec(await output(script, '-c', `taskset -c 0 ${faults} 700`))?.[1]));
  for (const during of runs) expect(during).toBeGreaterThanOrEqual(700);
  expect(Math.min(...runs)).toBeLessThan(900);
});

test('a machine without hardware counters says so', async () => {
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', 'probe perf.hw.instructions { println("counted") exit() }', '-T', '5']);
  // Where there are counters they count.
  if (status === 0) expect(stdout).toContain('counted');
  else expect(stderr).toMatch(/^stapkit: cannot attach perf\.hw\.instructions: (this machine shows no hardware performance counters|the processor's performance counters have no such event)/);
});

test('breakpoints on data: hit, or a machine that does not hit them says so', async () => {
  const faults = programs.path('faults');
  const script = `global w, rw probe process("${faults}").data("watched").length(4).write { w++ } probe process("${faults}").data("watched").length(4).rw { rw++ } probe end { printf("%d %d\\n", w, rw) }`;
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', script, '-c', `${faults} 9`]);
  if (status === 0) expect(stdout).toMatch(/^faults \d+\n9 9\n$/);
  else expect(stderr).toContain('this machine lets hardware breakpoints be set and does not hit them');
});

/** Name, and how often in 2 s; undefined: as often as the kernel's tick rate says. */
const TIMERS: readonly (readonly [string, number?])[] = [
  ['s(1)', 2], ['sec(1)', 2], ['ms(100)', 20], ['msec(100)', 20], ['us(100000)', 20], ['usec(50000)', 40], ['ns(100000000)', 20], ['nsec(100000000)', 20], ['hz(20)', 40], ['jiffies(25)'],
  ['s(1).randomize(1)', 2], ['ms(50).randomize(20)', 40], ['us(50000).randomize(20000)', 40], ['ns(50000000).randomize(20000000)', 40], ['usec(50000).randomize(20000)', 40], ['nsec(50000000).randomize(1)', 40],
  ['sec(1).randomize(1)', 2], ['msec(50).randomize(50)', 40], ['jiffies(10).randomize(5)'], ['profile'], ['profile.tick'], ['profile.freq.hz(50)'],
];

test('timers in all units, randomized and not', async () => {
  const probes = TIMERS.map(([timer], index) => `probe timer.${timer} { n[${index}]++ }`).join('\n');
  const stdout = await output(`global n ${probes} probe timer.ms(2040) { for (i = 0; i < ${TIMERS.length}; i++) println(n[i]) exit() }`);
  const seen = stdout.trim().split('\n').map(Number);
  // A randomized second may take two.
  const wrong = TIMERS.filter(([timer, ticks], index) => {
    const count = seen[index] ?? 0;
    return ticks === undefined ? count < 1 : count < (/s(ec)?\(1\)\.r/.test(timer) ? 1 : ticks * 0.6) || count > ticks * 1.6 + 2;
  });
  expect([wrong, seen]).toEqual([[], seen]);
});

test('a randomized timer has ticks of different lengths', async () => {
  const stdout = await output('global last, s probe timer.ms(20).randomize(15) { now = gettimeofday_us(); if (last) s <<< now - last; last = now } probe timer.s(2) { printf("%d %d %d\\n", @min(s), @max(s), @avg(s)) exit() }');
  const [min = 0, max = 0, avg = 0] = stdout.trim().split(' ').map(Number);
  expect(max - min).toBeGreaterThan(10_000);
  expect(avg).toBeGreaterThan(15_000);
  expect(avg).toBeLessThan(27_000);
});
