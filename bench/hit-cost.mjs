#!/usr/bin/env node
/**
 * node bench/hit-cost.mjs [--kernel 6.1]: instructions that a probe on vfs_read adds to a read(2), stapkit and bpftrace, by
 * fentry and by kprobe. Runs itself in a Debian guest under QEMU's -icount, where the clock counts instructions.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const N = '200000';
const FENTRY = 'fentry';
const KPROBE = 'kprobe';

const probes = {
  'n++': { ours: 'global n; probe kernel.function("vfs_read") { n++ } probe end { println(n) }', theirs: (point) => `${point} { @n++; }` },
  'n <<< 1': { ours: 'global n; probe kernel.function("vfs_read") { n <<< 1 } probe end { println(@count(n)) }', theirs: (point) => `${point} { @n = count(); }` },
  'a[tid()]++': { ours: 'global a; probe kernel.function("vfs_read") { a[tid()]++ } probe end { foreach (t in a- limit 1) println(a[t]) }', theirs: (point) => `${point} { @a[tid]++; }` },
  'printf, 3 fields': { ours: 'probe kernel.function("vfs_read") { printf("%d %d %s\\n", tid(), $count, execname()) }', theirs: (point) => `${point} { printf("%d %d %s\\n", tid, ${point.startsWith('kprobe') ? 'arg2' : 'args->count'}, comm); }` },
};

async function withProbe(command, args, env, measure) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let seen = '';
  await new Promise((resolve, reject) => {
    const look = (chunk) => { if (seen.length < 4000) seen += chunk.toString(); if (/STAPKIT_ARMED|BPFTRACE_NOTIFY_PROBES_ATTACHED/.test(seen)) resolve(); };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.on('close', () => reject(new Error(`ended before it was armed: ${seen}`)));
  });
  const result = measure();
  await new Promise((resolve) => { child.on('close', resolve); child.kill('SIGINT'); });
  return result;
}

async function inGuest(loop, out) {
  const time = () => Math.min(...[1, 2].map(() => Number(execFileSync(loop, [N], { encoding: 'utf8' }))));
  const none = time();
  process.stdout.write(`no probe: ${none} instructions a read\n`);
  const armed = { STAPKIT_NOTIFY_ARMED: '1', __BPFTRACE_NOTIFY_PROBES_ATTACHED: '1' };
  const stapkit = join(root, 'tools/stapkit/bin/stapkit.js');
  for (const [name, { ours, theirs }] of Object.entries(probes))
    for (const way of [FENTRY, KPROBE]) {
      const row = [];
      const sides = [
        ['stapkit', process.execPath, [stapkit, '-o', '/tmp/out', '-e', ours], { STAPKIT_ATTACH: way }],
        ['bpftrace', 'bpftrace', ['-o', '/tmp/out', '-e', theirs(way === FENTRY ? 'kfunc:vfs_read' : 'kprobe:vfs_read')], {}],
      ];
      for (const [label, command, args, env] of sides) {
        try {
          row.push(`${label} +${(await withProbe(command, args, { ...armed, ...env }, time) - none).toFixed(0)}`);
        } catch (error) {
          row.push(`${label} failed: ${error.message.split('\n')[0]}`);
        }
      }
      process.stdout.write(`${name} | ${way} | ${row.join(' | ')}\n`);
    }
  void out;
}

if (process.argv[2] === '--in-guest') await inGuest(process.argv[3], process.argv[4]);
else {
  const { runGuest } = await import('../scripts/guest/run.mjs');
  const kernel = process.argv[process.argv.indexOf('--kernel') + 1] ?? '6.1';
  const folder = '/tmp/stapkit-bench';
  mkdirSync(folder, { recursive: true });
  execFileSync('gcc', ['-O2', '-static', '-o', join(folder, 'read-loop'), join(root, 'bench/read-loop.c')]);
  // What the guest needs lies in its result folder.
  process.exitCode = await runGuest({ kernel: process.argv.includes('--kernel') ? kernel : '6.1', icount: true, out: folder, timeoutSeconds: 3000, command: `cd ${root} && ${process.execPath} bench/hit-cost.mjs --in-guest /mnt/guest-out/read-loop /mnt/guest-out` });
}
