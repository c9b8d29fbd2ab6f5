/** --monitor: as objects, and as a person sees it in a terminal that tells what it shows. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { CHECKOUT, stapkit } from './checkout.js';
import { buildPrograms, type Programs } from './programs.js';

jest.setTimeout(120_000);

let folder: string;
let programs: Programs;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-monitor-'));
  programs = buildPrograms(['calls'], folder);
});
afterAll(() => {
  tmux('kill-server');
  rmSync(folder, { recursive: true, force: true });
});

const tmux = (...args: readonly string[]): string => spawnSync('tmux', ['-S', join(folder, 'socket'), '-f', '/dev/null', ...args], { encoding: 'utf8' }).stdout;
const screen = (): string => tmux('capture-pane', '-p');
async function until(what: RegExp): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (what.test(screen())) return;
    await wait(50);
  }
  throw new Error(`${String(what)} never came; the screen is:\n${screen()}`);
}

test('objects between the lines of output: hits, times, globals', async () => {
  const path = programs.path('calls');
  const script = `global n, seen, times probe process("${path}").function("probed") { n++; seen[n] = 1; times <<< n } probe process.end { if (pid() == target()) println("ended") }`;
  const { stdout, stderr, status } = await stapkit('stapkit', ['--monitor=0.1', '--no-global-var-display', '-e', script, '-c', `sh -c '${path} 30; sleep 0.5'`]);
  expect([stderr, status]).toEqual(['', 0]);
  const last = stdout.split('\n').filter((line) => line.startsWith('{')).at(-1) ?? '';
  const { monitor } = JSON.parse(last) as { readonly monitor: { readonly probes: readonly Readonly<Record<string, unknown>>[]; readonly [name: string]: unknown } };
  expect(monitor).toMatchObject({ uid: 0, uptime: expect.any(Number), memory: { maps: expect.any(Number), process: expect.any(Number) }, globals: { n: 30, seen: '[30 elements]', times: 'count 30' } });
  const [probed] = monitor.probes;
  expect(probed).toMatchObject({ index: 0, probe: expect.stringContaining('"probed"'), state: 'on', hits: 30 });
  const [min, avg, max] = [probed?.['min_ns'], probed?.['avg_ns'], probed?.['max_ns']].map(Number);
  expect([min, avg, max]).toEqual([min, avg, max].map(Number).sort((one, other) => one - other));
  expect(min).toBeGreaterThan(0);
  expect(max).toBeLessThan(60e9);
});

test('an object that was not compiled for it', async () => {
  await stapkit('stapkit', ['-p4', '-m', 'plain', '-e', 'probe timer.ms(10) { println(1) }'], { cwd: folder });
  expect(await stapkit('stapkit-run', ['-M', '1', join(folder, 'plain.o')])).toMatchObject({ stdout: '', stderr: 'stapkit-run: the object keeps no times of its probes; compile it with stapkit --monitor -p4\n', status: 1 });
});

test('the screen and its keys', async () => {
  const script = 'global n probe timer.ms(20) { n++; println("tick") } probe timer.ms(30) { m++ } global m probe end { println("end") }';
  tmux('new-session', '-d', '-x', '100', '-y', '30', `"${process.execPath}" ${CHECKOUT}tools/stapkit/bin/stapkit.js --monitor=0.2 --no-global-var-display -m seen -e '${script}'; echo status $?; cat`);
  await until(/^uptime: 00:00:\d\d {3}uid: 0 {3}memory: \d+kB maps, \d+kB process {3}module: seen\nglobals: n: [1-9]\d* +m: \d+\n\nindex state +hits +min ns +avg ns +max ns probe \(sorted by index\)\n +0 on +[1-9][^]*timer\.ms\(20\)\n +1 on [^]*timer\.ms\(30\)\n +2 on .* end\n\ntick\ntick\n/);
  tmux('send-keys', 'p');
  await until(/ 0 off .*\n +1 off /);
  // With all probes off, globals stay as they are set.
  tmux('send-keys', 'c');
  await until(/^globals: n: 0 +m: 0$/m);
  tmux('send-keys', 's');
  await until(/sorted by hits/);
  tmux('send-keys', 't', '0', 'Enter');
  await until(/ 0 on .*\n +1 off /);
  await until(/^globals: n: [1-9]\d* +m: 0$/m);
  tmux('send-keys', 'x');
  await until(/^tick\n[^]*c reset globals/);
  tmux('send-keys', 'x', 'r');
  await until(/ 0 on .*\n +1 on /);
  tmux('send-keys', 'C-c');
  await until(/tick\nend\nstatus 0\n/);
});
