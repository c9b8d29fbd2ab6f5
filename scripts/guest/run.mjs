#!/usr/bin/env node
/**
 * npm run guest -- --kernel 6.1 [--arch amd64|arm64] [--cpus N] [--icount] [--out DIR] [--timeout S] -- COMMAND …
 *
 * Boots Debian's kernel of that version under QEMU (software emulation) and runs the command there,
 * as root, on this machine's own files: the same node, the same checkout, read-only below a tmpfs.
 * A guest of another architecture sees the checkout alone, and has a root and a node of its own.
 * What the command writes to /mnt/guest-out appears in DIR. The exit status is the command's.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeInitramfs } from './initramfs.mjs';
import { fetchKernel } from './kernel-package.mjs';
import { HOST_ARCH, machineOf } from './machines.mjs';
import { fetchUserland } from './userland.mjs';

const CHECKOUT = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');

const quote = (word) => `'${word.replaceAll("'", "'\\''")}'`;

export function guestCache() {
  return process.env.STAPKIT_GUEST_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'stapkit', 'guests');
}

/** What the guest's init reads: the script, and what of this machine's files the guest sees. */
function writeOrders(folder, command, userland) {
  for (const name of ['status', 'output', 'userland', 'checkout']) rmSync(join(folder, name), { force: true });
  const script = [`cd ${quote(process.cwd())}`, 'export HOME=/root STAPKIT_GUEST=1 CI=${CI:-} PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];
  if (userland === undefined) script.push(`export PATH=${quote(join(process.execPath, '..'))}:$PATH`);
  else {
    writeFileSync(join(folder, 'userland'), userland);
    writeFileSync(join(folder, 'checkout'), CHECKOUT);
  }
  writeFileSync(join(folder, 'run.sh'), `${[...script, command].join('\n')}\n`);
  writeFileSync(join(folder, 'output'), '');
}

/** Runs a shell command in a guest; resolves with its exit status (125: the guest itself failed). */
export async function runGuest({ kernel, arch = HOST_ARCH, command, cpus = 1, icount = false, out, timeoutSeconds = 600, output = process.stdout }) {
  const machine = machineOf(arch);
  const fetched = fetchKernel(kernel, guestCache(), arch);
  const userland = arch === HOST_ARCH ? undefined : fetchUserland(arch, guestCache());
  const initramfs = makeInitramfs(fetched, userland);
  const folder = out ?? mkdtempSync(join(tmpdir(), 'stapkit-guest-'));
  mkdirSync(folder, { recursive: true });
  writeOrders(folder, command, userland);
  const accel = icount ? ['-accel', 'tcg,thread=single', '-icount', 'shift=0,sleep=off'] : ['-accel', 'tcg,thread=multi'];
  const share = (tag, path, extra) => ['-virtfs', `local,path=${path},mount_tag=${tag},security_model=none,multidevs=remap${extra}`];
  const qemu = spawn(machine.qemu, [
    ...accel, ...machine.options, '-smp', String(cpus), '-m', String(machine.memory), '-nic', 'none', '-nographic', '-no-reboot',
    '-kernel', fetched.image, '-initrd', initramfs,
    '-append', `console=${machine.console} quiet loglevel=3 panic=-1 mitigations=off`,
    ...share('host', '/', ',readonly=on'), ...share('out', folder, ''),
  ], { stdio: ['ignore', 'pipe', 'pipe'] });
  let console_ = '';
  for (const stream of [qemu.stdout, qemu.stderr]) stream.on('data', (chunk) => { console_ = (console_ + chunk.toString('latin1')).slice(-20_000); });
  const stopFollowing = follow(join(folder, 'output'), output);
  const timer = setTimeout(() => { process.stderr.write(`guest: stopped after ${timeoutSeconds} s\n`); qemu.kill('SIGKILL'); }, timeoutSeconds * 1000);
  const failed = await new Promise((resolve) => { qemu.on('error', resolve); qemu.on('close', () => { resolve(undefined); }); });
  clearTimeout(timer);
  stopFollowing();
  const statusFile = join(folder, 'status');
  const status = existsSync(statusFile) ? Number(readFileSync(statusFile, 'utf8')) : 125;
  if (failed !== undefined) process.stderr.write(`guest: ${failed.code === 'ENOENT' ? `${machine.qemu} is missing: apt-get install ${machine.package}` : failed.message}\n`);
  else if (status === 125) process.stderr.write(`guest: ended without a result; its console said:\n${console_}\n`);
  if (out === undefined) rmSync(folder, { recursive: true, force: true });
  return status;
}

/** Copies a growing file to a stream until told to stop. */
function follow(path, output) {
  const file = openSync(path, 'r');
  const buffer = Buffer.alloc(65_536);
  const copy = () => {
    for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer)) output.write(Buffer.from(buffer.subarray(0, count)));
  };
  const timer = setInterval(copy, 200);
  return () => { clearInterval(timer); copy(); closeSync(file); };
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { kernel: { type: 'string', default: '6.1' }, arch: { type: 'string', default: HOST_ARCH }, cpus: { type: 'string', default: '1' }, icount: { type: 'boolean', default: false }, out: { type: 'string' }, timeout: { type: 'string', default: '600' } },
  });
  if (positionals.length === 0) {
    process.stderr.write('usage: npm run guest -- --kernel 5.10|6.1|6.12|7.2 [--arch amd64|arm64] [--cpus N] [--icount] [--out DIR] [--timeout S] -- COMMAND …\n');
    return 2;
  }
  if (process.getuid?.() !== 0) process.stderr.write('guest: not root: files that only root can read are missing in the guest\n');
  const command = positionals.length === 1 ? (positionals[0] ?? '') : positionals.map(quote).join(' ');
  return runGuest({ kernel: values.kernel, arch: values.arch, command, cpus: Number(values.cpus), icount: values.icount, timeoutSeconds: Number(values.timeout), ...(values.out === undefined ? {} : { out: values.out }) });
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  main().then((status) => { process.exitCode = status; }, (error) => { process.stderr.write(`guest: ${error.message}\n`); process.exitCode = 125; });
}
