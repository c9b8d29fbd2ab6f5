/** Two CPUs at the same elements and statistics: every hit counts, and those that no handler saw are told. */
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stapkit } from './checkout.js';
import { buildPrograms, type Programs } from './programs.js';

const HITS = 200_000;
const HALF = HITS / 2;

let programs: Programs;
beforeAll(() => { programs = buildPrograms(['hammer']); });
afterAll(() => { programs.remove(); });

const SCRIPT = `
global a, b, n, s, t, cpus
probe process(@1).function("hammered") { a["k"]++; b["k", 1] += 2; n++; s <<< 1; t["k"] <<< n & 1; cpus[cpu()]++ }
probe end { printf("%d %d %d %d %d %d\\n", a["k"], b["k", 1], n, @count(s), @sum(s), @count(t["k"])); foreach (c+ in cpus) printf("%d\\n", cpus[c]) }`;

test(`${HITS} hits on two CPUs, none lost`, async () => {
  const program = programs.path('hammer');
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', SCRIPT, '-c', `${program} ${HITS}`, program], { timeoutMs: 100_000 });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const [printed, counted, ...cpus] = stdout.trim().split('\n');
  expect([printed, counted]).toEqual([String(HITS), `${HITS} ${2 * HITS} ${HITS} ${HITS} ${HITS} ${HITS}`]);
  // Only then did they really meet.
  if (availableParallelism() > 1) expect(cpus).toEqual([String(HALF), String(HALF)]);
}, 120_000);

const STEPS = 100;
// What a handler has added is in the statistic from then on, whatever another CPU adds: each sample is the greatest, or the least, when it is made.
const EXTREMES = `
global n, range, missing
probe process(@1).function("hammered") {
  for (i = 0; i < ${STEPS}; i++) { own = n++; range <<< own; range <<< -own; if (@max(range) < own || @min(range) > -own) missing++ }
}
probe end { printf("%d %d %d %d %d\\n", n, @count(range), @min(range), @max(range), missing) }`;

test('no minimum and no maximum of two CPUs is lost', async () => {
  const program = programs.path('hammer');
  const { stdout, stderr, status } = await stapkit('stapkit', ['-D', 'MAXACTION=10000', '-e', EXTREMES, '-c', `${program} 10000`, program]);
  const samples = 10_000 * STEPS;
  expect({ stdout, stderr, status }).toEqual({ stdout: `10000\n${samples} ${2 * samples} ${1 - samples} ${samples - 1} 0\n`, stderr: '', status: 0 });
});

// Reading address 16 is a page fault of the kernel's, in the handler of such faults: the kernel does not start it within itself.
const WITHIN_ITSELF = `
global hits, word
probe kernel.trace("exceptions:page_fault_kernel") { if (pid() != target()) next; word = user_int(16); hits++ }
probe end { println(hits + word) }`;

test('hits for which the kernel did not start the handler are counted', async () => {
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', WITHIN_ITSELF, '-c', 'dd if=/dev/zero of=/dev/null bs=64k count=1 status=none']);
  const hits = Number(stdout);
  expect({ stderr, status, some: hits > 0 }).toEqual({ stderr: `WARNING: ${hits} ${hits === 1 ? 'time' : 'times'} the kernel did not start a probe's program, as it was under way on that CPU: these hits are in no count (where system calls are probed, they may be of others)\n`, status: 0, some: true });
});
