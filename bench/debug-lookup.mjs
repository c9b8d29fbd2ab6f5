#!/usr/bin/env node
/**
 * node bench/debug-lookup.mjs VMLINUX [runs]: what the first question about a program with hundreds of megabytes of DWARF costs,
 * and the second; beside gdb and stap with the same question where they are installed. Each run is a process
 * of its own; medians. Needs `npm run build` and GNU time (Debian package time).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [program, runs = '5'] = process.argv.slice(2);
if (program === undefined) throw new Error('usage: debug-lookup.mjs VMLINUX [runs]');
const stapkit = join(new URL('..', import.meta.url).pathname, 'tools/stapkit/bin/stapkit.js');
const folder = mkdtempSync(join(tmpdir(), 'stapkit-bench-'));
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }); });

/** Wall-clock and processor seconds, and peak resident MB. */
function timed(command, args, cache) {
  const report = join(folder, 'time');
  const { status, stderr, stdout } = spawnSync('time', ['-o', report, '-f', '%e %U %S %M', command, ...args], { encoding: 'utf8', timeout: 300_000, env: { ...process.env, XDG_CACHE_HOME: cache, DEBUGINFOD_URLS: '' } });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}${stdout}`);
  const [wall, user, system, peak] = readFileSync(report, 'utf8').trim().split('\n').at(-1).split(' ').map(Number);
  return { wall, cpu: user + system, peak: peak / 1024 };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
function row(name, run) {
  const all = Array.from({ length: Number(runs) }, (_, index) => run(index));
  const of = (key) => median(all.map((one) => one[key]));
  process.stdout.write(`${name}: ${of('wall').toFixed(2)} s, ${of('cpu').toFixed(2)} s of processor, ${of('peak').toFixed(0)} MB\n`);
}
const emptied = (cache) => { rmSync(cache, { recursive: true, force: true }); return cache; };
const cache = join(folder, 'cache');
const questions = {
  'function("tcp_sendmsg"), $size': `probe process("${program}").function("tcp_sendmsg") { println($size) }`,
  'function("vfs_read"), $file->f_pos': `probe process("${program}").function("vfs_read") { println($file->f_pos) }`,
  'statement("tcp_sendmsg@net/ipv4/tcp.c:*"), $$locals': `probe process("${program}").statement("tcp_sendmsg@net/ipv4/tcp.c:*") { println($$locals) }`,
};
row('node -e 0', () => timed(process.execPath, ['-e', '0'], cache));
row('stapkit -p2, begin', () => timed(process.execPath, [stapkit, '-p2', '-e', 'probe begin { exit() }'], cache));
for (const [name, script] of Object.entries(questions)) {
  row(`stapkit -p2, first, ${name}`, () => timed(process.execPath, [stapkit, '-p2', '-e', script], emptied(cache)));
  row(`stapkit -p2, second, ${name}`, () => timed(process.execPath, [stapkit, '-p2', '-e', script], cache));
}
const kept = join(cache, 'stapkit/debug-index');
if (existsSync(kept)) process.stdout.write(`kept: ${readdirSync(kept).map((name) => `${statSync(join(kept, name)).size} bytes`).join()}\n`);
const has = (command) => spawnSync('which', [command]).status === 0;
if (has('gdb')) row('gdb -batch, info scope tcp_sendmsg', () => timed('gdb', ['-nx', '-batch', '-ex', 'info scope tcp_sendmsg', program], cache));
// stap keeps what it found too: each run with an empty cache.
try {
  if (has('stap')) row('stap -p2, function("tcp_sendmsg"), $size', () => timed('stap', ['-p2', '-e', questions['function("tcp_sendmsg"), $size']], emptied(cache)));
} catch (error) {
  // Without the build tree of the running kernel it does not start.
  process.stdout.write(`${error.message}\n`);
}
