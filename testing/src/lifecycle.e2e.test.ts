/** How sessions end: Ctrl-C, SIGTERM, exit(), the end of the command, kill -9: end probes, flushed output, nothing left. */
import { execFileSync, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run, stapkit } from './checkout.js';
import { leftBehind, loadedPrograms } from './leftovers.js';
import { buildPrograms, type Programs } from './programs.js';

let programs: Programs;
let before: ReadonlySet<number>;
beforeAll(() => { programs = buildPrograms(['calls']); before = loadedPrograms(); });
afterAll(() => { programs.remove(); });

const SCRIPT = (path: string) => `global n; probe process("${path}").function("probed") { n++ } probe timer.ms(50) { println("tick") } probe end { println("end ", n) }`;

/** Runs a function once the session has printed something. */
function whenTicking(act: (child: ChildProcess) => void): (child: ChildProcess) => void {
  return (child) => { child.stdout?.once('data', () => { act(child); }); };
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s runs the end probes and leaves nothing', async (signal) => {
  const { stdout, status } = await stapkit('stapkit', ['-e', SCRIPT(programs.path('calls'))], { started: whenTicking((child) => child.kill(signal)) });
  expect(stdout).toMatch(/tick\n(tick\n)*end 0\n$/);
  expect(status).toBe(0);
  expect(await leftBehind(before)).toEqual([]);
});

test('kill -9 leaves nothing attached', async () => {
  let inside: number[] = [];
  const { signal } = await stapkit('stapkit', ['-e', SCRIPT(programs.path('calls'))], {
    started: whenTicking((child) => { inside = [...loadedPrograms()].filter((id) => !before.has(id)); child.kill('SIGKILL'); }),
  });
  expect(signal).toBe('SIGKILL');
  expect(inside.length).toBeGreaterThan(0);
  expect(await leftBehind(before)).toEqual([]);
});

test('a closed pipe ends the session quietly, with status 0', async () => {
  const { stdout, stderr } = await run('sh', ['-c', `{ "${process.execPath}" tools/stapkit/bin/stapkit.js -e 'probe timer.ms(20) { println("tick") }'; echo status $? >&2; } | head -1`]);
  expect({ stdout, stderr }).toEqual({ stdout: 'tick\n', stderr: 'status 0\n' });
});

test('-T runs the end probes', async () => {
  expect(await stapkit('stapkit', ['-T', '0.05', '-e', SCRIPT(programs.path('calls'))])).toMatchObject({ stdout: expect.stringMatching(/^(tick\n)*end 0\n$/) as unknown, stderr: '', status: 0 });
  expect(await leftBehind(before)).toEqual([]);
});

test('a second Ctrl-C ends a session that waits for its reader', async () => {
  const pipe = `${programs.path('calls')}.pipe`;
  execFileSync('mkfifo', [pipe]);
  // Open at both ends, and nobody reads: more is printed than a pipe holds.
  const fd = openSync(pipe, 'r+');
  const script = `probe process("${programs.path('calls')}").function("probed") { println("called") } probe begin { for (i = 0; i < 4000; i++) println("a line of some fifty bytes, that nobody ever reads") }`;
  let signals = 0;
  const { signal, stderr } = await run('sh', ['-c', `exec "${process.execPath}" tools/stapkit/bin/stapkit.js -e '${script}' > ${pipe}`], {
    env: { STAPKIT_NOTIFY_ARMED: '1' },
    started: (child) => {
      child.stderr?.once('data', () => {
        const again = setInterval(() => { if (child.kill('SIGINT')) signals += 1; }, 200);
        child.once('exit', () => { clearInterval(again); });
      });
    },
  });
  closeSync(fd);
  expect(stderr).toMatch(/^__STAPKIT_ARMED\nWARNING: interrupted again: \d+ bytes of output were not written\n$/);
  expect(signal).toBe('SIGINT');
  expect(signals).toBeGreaterThan(1);
  expect(await leftBehind(before)).toEqual([]);
});

test('output in order and complete, through a file', async () => {
  const { stdout } = await run('sh', ['-c', `"${process.execPath}" tools/stapkit/bin/stapkit.js -o /tmp/stapkit-order.$$ -e 'probe process("${programs.path('calls')}").function("probed") { printf("%d\\n", long_arg(1)) }' -c '${programs.path('calls')} 50000' > /dev/null; awk '$1 != NR - 1 { bad++ } END { print NR, bad + 0 }' /tmp/stapkit-order.$$; rm /tmp/stapkit-order.$$`], { timeoutMs: 90_000 });
  expect(stdout).toBe('50000 0\n');
}, 100_000);
