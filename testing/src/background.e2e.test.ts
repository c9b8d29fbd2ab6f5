/** Sessions in the background: left running, found again, read, ended; nothing stays. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stapkit, type RunOptions } from './checkout.js';
import { leftBehind, loadedPrograms } from './leftovers.js';

let folder: string;
let before: ReadonlySet<number>;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'stapkit-background-')); before = loadedPrograms(); });
afterAll(() => { rmSync(folder, { recursive: true }); });

const NAME = `test_${process.pid}`;
const SOCKET = `/run/stapkit/${NAME}.session`;
const SCRIPT = 'global n probe kernel.trace("sys_enter") { if (pid() == target()) n++ } probe begin { println("begun") } probe timer.ms(20) { println("tick") } probe end { println("end") }';
const begin = (...args: readonly string[]): ReturnType<typeof stapkit> => stapkit('stapkit', ['-F', '-m', NAME, ...args, '--no-global-var-display', '-e', SCRIPT]);
const reach = (args: readonly string[], options?: RunOptions): ReturnType<typeof stapkit> => stapkit('stapkit-run', [...args, NAME], options);
/** Sends one signal when the session has ticked. */
const onTick = (signal: NodeJS.Signals): RunOptions => ({
  started: (child) => {
    let sent = false;
    child.stdout?.on('data', (chunk: Buffer) => {
      if (!sent && chunk.includes('tick')) sent = child.kill(signal);
    });
  },
});
const RECONNECT = `Disconnecting from the session.\nTo reconnect, type "stapkit-run -A ${NAME}"\n`;

test('-F leaves it running; -A shows what it kept; SIGQUIT leaves it again; its name is taken; Ctrl-C ends it', async () => {
  expect(await begin()).toMatchObject({ stdout: '', stderr: RECONNECT, status: 0 });
  const first = await reach(['-A'], onTick('SIGQUIT'));
  expect([first.stderr, first.status]).toEqual([`\n${RECONNECT}`, 0]);
  expect(first.stdout).toMatch(/^begun\n(tick\n)+$/);
  expect(await begin()).toMatchObject({ stdout: '', status: 1, stderr: expect.stringContaining(`a session ${NAME} runs already`) as unknown });
  const second = await reach(['-A'], onTick('SIGINT'));
  expect([second.stderr, second.status]).toEqual(['', 0]);
  expect(second.stdout).toMatch(/^(tick\n)+end\n$/);
  expect(existsSync(SOCKET)).toBe(false);
});

test('one reader at a time; -d ends it when there is none; then it is unknown', async () => {
  await begin();
  let busy: ReturnType<typeof reach> | undefined;
  const reader = reach(['-A'], { started: (child) => { child.stdout?.once('data', () => { busy = reach(['-A']); void busy.then(() => child.kill('SIGQUIT')); }); } });
  await reader;
  expect(await busy).toMatchObject({ status: 1, stderr: `stapkit-run: somebody is attached to ${NAME}\n` });
  expect(await reach(['-d'])).toMatchObject({ stdout: '', stderr: '', status: 0 });
  expect(await reach(['-A'])).toMatchObject({ status: 1, stderr: expect.stringContaining(`there is no session ${NAME};`) as unknown });
});

test('one that has ended waits for its reader, with its exit status', async () => {
  await begin('-c', 'false');
  const { stdout, stderr, status } = await reach(['-A']);
  expect(stdout).toMatch(/^begun\n(tick\n)*end\n$/);
  expect([stderr, status]).toEqual(['WARNING: Child process exited with status 1\n', 1]);
});

test('-o: the output goes to files, the process id is printed, SIGTERM ends it', async () => {
  const { stdout, stderr, status } = await begin('-o', join(folder, 'out'), '-S', '1,2');
  expect([stdout, stderr, status]).toEqual([expect.stringMatching(/^\d+\n$/), '', 0]);
  process.kill(Number(stdout), 'SIGTERM');
  // The process is nobody's child here: that it is gone is seen from outside.
  spawnSync('tail', ['--pid', stdout.trim(), '-f', '/dev/null'], { timeout: 20_000 });
  expect(readdirSync(folder)).toEqual(['out.0']);
  expect(readFileSync(join(folder, 'out.0'), 'utf8')).toMatch(/^begun\n(tick\n)*end\n$/);
  expect(existsSync(SOCKET)).toBe(false);
});

test('stapkit-run -L: an object, by its name, or with -R by another', async () => {
  await stapkit('stapkit', ['-p4', '-m', NAME, '-e', 'probe kernel.trace("sys_enter") { if (pid() == 0) println("?") }'], { cwd: folder });
  const object = join(folder, `${NAME}.o`);
  expect(await stapkit('stapkit-run', ['-L', object])).toMatchObject({ stderr: RECONNECT, status: 0 });
  expect(await stapkit('stapkit-run', ['-L', object])).toMatchObject({ status: 1, stderr: expect.stringContaining('runs already') as unknown });
  expect(await stapkit('stapkit-run', ['-L', '-R', object, '-T', '0.01', '-o', join(folder, 'other')])).toMatchObject({ stderr: '', status: 0 });
  expect(await reach(['-d'])).toMatchObject({ stdout: '', stderr: '', status: 0 });
  expect(await leftBehind(before)).toEqual([]);
});
