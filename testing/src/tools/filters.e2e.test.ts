/** The filters that all tools have, by one of them: whose opens are seen of programs that say how many they made. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { stapkit } from '../checkout.js';
import { buildPrograms, type Programs } from '../programs.js';

jest.setTimeout(90_000);

/** Of opens.c. */
const OPENS = 15;
let programs: Programs;
beforeAll(() => { programs = buildPrograms(['opens']); });
afterAll(() => { programs.remove(); });

/** A process that waits for a line, and then opens files under its own pid. */
const waiting = (before = ''): ChildProcess => spawn('sh', ['-c', `read go; ${before} exec ${programs.path('opens')}`], { stdio: ['pipe', 'ignore', 'inherit'] });
const letGo = async (child: ChildProcess): Promise<void> => {
  const ended = new Promise((resolve) => { child.once('close', resolve); });
  child.stdin?.end('go\n');
  await ended;
};

/** strace-open with these flags; `act` begins when it is armed. Gives how many opens it saw of opens.c by process. */
async function opensSeen(flags: readonly string[], act: (tool: ChildProcess) => Promise<void> = () => Promise.resolve()): Promise<ReadonlyMap<number, number>> {
  const { stdout, stderr, status } = await stapkit('strace-open', [...flags, '--json'], {
    timeoutMs: 60_000, env: { STAPKIT_NOTIFY_ARMED: '1' },
    started: (child) => { child.stderr?.once('data', () => { void act(child); }); },
  });
  expect([stderr, status]).toEqual(['__STAPKIT_ARMED\n', 0]);
  const seen = new Map<number, number>();
  for (const line of stdout.split('\n').filter((text) => text.startsWith('{'))) {
    const { pid, command } = JSON.parse(line) as { readonly pid: number; readonly command: string };
    if (command === 'opens') seen.set(pid, (seen.get(pid) ?? 0) + 1);
  }
  return seen;
}

test('-c sees what the command starts, and what that starts', async () => {
  const opens = programs.path('opens');
  const seen = await opensSeen(['-c', `sh -c '${opens}; (sh -c "${opens}; true"; true); true'`]);
  expect([...seen.values()]).toEqual([OPENS, OPENS]);
});

test('--pid takes several, and ends with the last of them', async () => {
  const [one, two, other] = [waiting(), waiting(), waiting()];
  const seen = await opensSeen(['--pid', `${one.pid ?? 0}`, '--pid', `${one.pid ?? 0},${two.pid ?? 0}`], async () => {
    for (const child of [other, one, two]) await letGo(child);
  });
  expect(seen).toEqual(new Map([[one.pid, OPENS], [two.pid, OPENS]]));
});

test('paths are compared whole', async () => {
  const opens = programs.path('opens');
  const { stdout } = await stapkit('strace-open', ['--path', '/etc/passwd', '--json', '-c', `sh -c '${opens}; cat /etc/passwd-; cat /etc/pass' 2>/dev/null`]);
  const files = stdout.split('\n').filter((text) => text.startsWith('{')).map((line) => (JSON.parse(line) as { readonly file: string }).file);
  expect([files.filter((file) => file === '/etc/passwd').length, files.filter((file) => file !== '/etc/passwd').every((file) => file === '/etc/passwd-')]).toEqual([6, true]);
});

/** Where control groups of version 2 are mounted: where the machine has them, or in a folder of the test's. undefined: its kernel has none. */
function controlGroups(): { readonly folder: string; readonly leave: () => void } | undefined {
  const mounted = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').find((line) => / - cgroup2 /.test(line))?.split(' ')[4];
  if (mounted !== undefined) return { folder: mounted, leave: () => undefined };
  if (!/\tcgroup2$/m.test(readFileSync('/proc/filesystems', 'utf8'))) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'stapkit-groups-'));
  execFileSync('mount', ['-t', 'cgroup2', 'none', folder]);
  return { folder, leave: () => { execFileSync('umount', [folder]); rmdirSync(folder); } };
}

test('--cgroup sees a control group and those below it', async () => {
  const groups = controlGroups();
  if (groups === undefined) {
    const { stderr, status } = await stapkit('strace-open', ['--cgroup', 'some']);
    expect([stderr, status]).toEqual([expect.stringMatching(/^strace-open: --cgroup: .*no control groups of version 2/), 2]);
    return;
  }
  const group = join(groups.folder, `stapkit-test-${process.pid}`);
  const below = join(group, 'below');
  for (const folder of [group, below]) mkdirSync(folder);
  try {
    const [inside, deeper, outside] = [waiting(`echo $$ > ${group}/cgroup.procs;`), waiting(`echo $$ > ${below}/cgroup.procs;`), waiting()];
    const seen = await opensSeen(['--cgroup', group.slice(groups.folder.length + 1)], async (tool) => {
      for (const child of [outside, inside, deeper]) await letGo(child);
      tool.kill('SIGINT');
    });
    expect(seen).toEqual(new Map([[inside.pid, OPENS], [deeper.pid, OPENS]]));
  } finally {
    for (const folder of [below, group]) rmdirSync(folder);
    groups.leave();
  }
});
