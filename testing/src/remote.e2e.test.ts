/** --remote: by ssh to a server of the test's own on this machine, with a key made for it. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CHECKOUT, stapkit, type Finished, type RunOptions } from './checkout.js';
import { leftBehind, loadedPrograms } from './leftovers.js';

let folder: string;
let server: ChildProcess;
let before: ReadonlySet<number>;

const freePort = (): Promise<number> => new Promise((resolve) => {
  const listener = createServer().listen(0, '127.0.0.1', () => {
    const { port } = listener.address() as AddressInfo;
    listener.close(() => { resolve(port); });
  });
});

function executable(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-remote-'));
  before = loadedPrograms();
  const port = await freePort();
  for (const key of ['host', 'user']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
  mkdirSync('/run/sshd', { recursive: true });
  executable(join(folder, 'there/stapkit-run'), `exec ${process.execPath} ${CHECKOUT}tools/stapkit/bin/stapkit-run.js "$@"`);
  writeFileSync(join(folder, 'sshd_config'), [
    `Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${folder}/host`, `AuthorizedKeysFile ${folder}/user.pub`, 'StrictModes no', 'UsePAM no', 'PasswordAuthentication no', 'PermitRootLogin yes', `PidFile ${folder}/pid`,
    `SetEnv PATH=${folder}/there:/usr/bin:/bin`, '',
  ].join('\n'));
  writeFileSync(join(folder, 'config'), [
    'Host one two', 'HostName 127.0.0.1', `Port ${port}`, 'User root', `IdentityFile ${folder}/user`, 'IdentitiesOnly yes', 'StrictHostKeyChecking no', `UserKnownHostsFile ${folder}/known`, 'LogLevel ERROR',
    'Host gone', 'HostName 127.0.0.1', 'Port 1', '',
  ].join('\n'));
  executable(join(folder, 'here/ssh'), `exec /usr/bin/ssh -F ${folder}/config "$@"`);
  const release_ = (machine: string): string => `case "$1" in -m) echo ${machine};; -r) echo 6.99.0-other;; esac`;
  executable(join(folder, 'other/uname'), release_(process.arch === 'arm64' ? 'aarch64' : 'x86_64'));
  executable(join(folder, 'riscv/uname'), release_('riscv64'));
  server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise((resolve) => { server.stderr?.once('data', resolve); });
});
afterAll(() => {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** @param places folders before the system's: npm puts the checkout's own commands into PATH. */
const remote = (args: readonly string[], options: RunOptions = {}, places: readonly string[] = ['here']): Promise<Finished> => stapkit('stapkit', args, { ...options, env: { PATH: `${places.map((place) => `${folder}/${place}:`).join('')}/usr/bin:/bin` } });
const onFirstLine = (act: (child: ChildProcess) => void): RunOptions => ({ started: (child) => { child.stdout?.once('data', () => { act(child); }); } });

test('two hosts: their output by --remote-prefix, a command there, the highest exit status', async () => {
  const { stdout, stderr, status } = await remote(['--remote=one', '--remote', 'root@two', '--remote-prefix', '-c', 'sh -c "echo \\$SSH_CONNECTION; exit 3"', '-e', 'probe kernel.trace("sys_enter") { if (pid() == target() && !n++) printf("calls of %d %s\\n", remote_id(), remote_uri()) } global n']);
  expect(stdout.split('\n').sort()).toEqual(['', expect.stringMatching(/^0: 127\.0\.0\.1 /), '0: calls of 0 one', expect.stringMatching(/^1: 127\.0\.0\.1 /), '1: calls of 1 root@two']);
  expect(stderr.split('\n').sort()).toEqual(['', 'one: WARNING: Child process exited with status 3', 'root@two: WARNING: Child process exited with status 3']);
  expect(status).toBe(1);
});

const ENDLESS = 'probe kernel.trace("sys_enter") { if (pid() == 0) println("?") } probe timer.ms(20) { println("tick") } probe end { println("end") }';

test('Ctrl-C ends the session there as it does here; -x', async () => {
  const { stdout, stderr, status } = await remote(['--remote=one', '-x', String(process.pid), '-e', `probe begin { println(target()) } ${ENDLESS}`], onFirstLine((child) => child.kill('SIGINT')));
  expect([stderr, status]).toEqual(['', 0]);
  expect(stdout).toMatch(new RegExp(`^${process.pid}\\n(tick\\n)*end\\n$`));
});

test('the session ends with its client, and its output\'s reader', async () => {
  const [killed, unread] = await Promise.all([
    remote(['--remote=one', '-e', ENDLESS], onFirstLine((child) => child.kill('SIGKILL'))),
    remote(['--remote=two', '-e', ENDLESS], onFirstLine((child) => { child.stdout?.destroy(); })),
  ]);
  expect(killed).toMatchObject({ signal: 'SIGKILL' });
  expect(unread).toMatchObject({ status: 0, stderr: '' });
  expect(await leftBehind(before)).toEqual([]);
});

test('another kernel: its types are fetched, the object is for it; -o', async () => {
  const { stdout, stderr, status } = await remote(['-v', '--remote=direct:', '-e', '%( kernel_v == "6.99.0" %? probe begin { println("other") exit() } %)'], {}, ['other', 'there']);
  // What asks for the kernel is bound to it, and this one is another.
  expect([stdout, status]).toEqual(['', 1]);
  expect(stderr).toMatch(/6\.99\.0-other/);
  const fits = await remote(['--remote=direct:', '-o', join(folder, 'out'), '-c', 'true', '-e', 'probe kernel.trace("sched_process_exec") { if (pid() == target() && !n++) println(kernel_string($bprm->filename) != "") } global n'], {}, ['other', 'there']);
  expect([fits.stdout, fits.stderr, fits.status, readFileSync(join(folder, 'out'), 'utf8')]).toEqual(['', '', 0, '1\n']);
});

test.each<[string, readonly string[], readonly string[], RegExp]>([
  ['a host that does not answer', ['--remote=gone'], ['here'], /^stapkit: cannot reach gone by ssh: .*refused; see that this works: ssh gone uname -r\n$/],
  ['no stapkit-run there', ['--remote=direct:'], [], /^stapkit: there is no stapkit-run on direct:; install it there: npm install -g @stapkit\/stapkit\n$/],
  ['an architecture that is not known', ['--remote=direct:'], ['riscv', 'there'], /^stapkit: direct: is a machine of architecture 'riscv64', which stapkit does not compile for; it knows x86_64, amd64, aarch64, arm64\n$/],
  ['a mistake in the script', ['--remote=one'], ['here'], /error E03/],
  ['libvirt', ['--remote=libvirt://vm'], [], /^stapkit: --remote=libvirt:\/\/vm is not possible: .*; give the guest an ssh server/],
  ['no host', ['--remote=-oProxyCommand=x'], [], /^stapkit: --remote: '-oProxyCommand=x' is no host; write/],
  ['in the background', ['--remote=one', '-F'], [], /^stapkit: -F and --remote exclude each other\n$/],
])('%s is told in a line', async (_what, args, places, message) => {
  const { stdout, stderr, status } = await remote([...args, '-e', 'probe begin { println(undefined_here()) }'], {}, places);
  expect([stdout, stderr, status]).toEqual(['', expect.stringMatching(message), 1]);
});
