#!/usr/bin/env node
/**
 * node bench/start-up.mjs [runs]: time from the command line to "probes armed", stapkit against bpftrace doing the same
 * on this machine, alternating. Cold: the program's files are dropped from the page cache first.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const runs = Number(process.argv[2] ?? 7);
const stapkit = join(root, 'tools/stapkit/bin/stapkit.js');
const ARMED = { STAPKIT_NOTIFY_ARMED: '1', __BPFTRACE_NOTIFY_PROBES_ATTACHED: '1' };

const jobs = [
  { name: 'hello world (begin)', ours: [stapkit, '-e', 'probe begin { println("hello world!") }'], theirs: ['-e', 'BEGIN { printf("hello world!\\n"); }'] },
  { name: 'opens (strace-open / opensnoop-like)', ours: [join(root, 'tools/strace-open/bin/strace-open.js')], theirs: ['-e', 'tracepoint:syscalls:sys_enter_open,tracepoint:syscalls:sys_enter_openat,tracepoint:syscalls:sys_enter_openat2 { @f[tid] = args->filename; } tracepoint:syscalls:sys_exit_open,tracepoint:syscalls:sys_exit_openat,tracepoint:syscalls:sys_exit_openat2 /@f[tid]/ { printf("%d %s %d %s\\n", pid, comm, args->ret, str(@f[tid])); delete(@f[tid]); }'] },
  { name: 'openat counted by name', ours: [stapkit, '-e', 'global n; probe syscall.openat { n[execname()] <<< 1 } probe end { foreach (e in n- limit 5) printf("%s %d\\n", e, @count(n[e])) }'], theirs: ['-e', 'tracepoint:syscalls:sys_enter_openat { @[comm] = count(); }'] },
];

/** Milliseconds until the process says that its probes are armed, and its peak memory in MB. */
function armed(command, args) {
  return new Promise((resolve, reject) => {
    const start = process.hrtime.bigint();
    const child = spawn(command, args, { env: { ...process.env, ...ARMED }, stdio: ['ignore', 'pipe', 'pipe'] });
    let seen = '';
    const timer = setTimeout(() => { child.kill('SIGKILL'); reject(new Error(`${command} ${args.join(' ')}: not armed after 20 s: ${seen}`)); }, 20_000);
    const look = (chunk) => {
      seen += chunk.toString();
      if (!/STAPKIT_ARMED|BPFTRACE_NOTIFY_PROBES_ATTACHED/.test(seen)) return;
      clearTimeout(timer);
      const ms = Number(process.hrtime.bigint() - start) / 1e6;
      const rss = memory(child.pid);
      child.stdout.removeAllListeners('data');
      child.stderr.removeAllListeners('data');
      child.stdout.resume();
      child.stderr.resume();
      child.on('close', () => resolve({ ms, rss }));
      child.kill('SIGINT');
      // bpftrace may miss a SIGINT that comes while it still sets itself up.
      setTimeout(() => { child.kill('SIGKILL'); }, 3000).unref();
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.on('close', () => { clearTimeout(timer); if (!/ARMED|ATTACHED/.test(seen)) reject(new Error(`${command} ${args.join(' ')}: ended: ${seen}`)); });
    child.on('error', reject);
  });
}

function memory(pid) {
  try { return Number(/VmHWM:\s*(\d+)/.exec(execFileSync('cat', [`/proc/${pid}/status`], { encoding: 'utf8' }))?.[1] ?? 0) / 1024; } catch { return NaN; }
}

/** Drops files from the page cache (dd's nocache flag is posix_fadvise(2) with DONTNEED). */
function forget(paths) {
  for (const path of paths) if (existsSync(path) && statSync(path).isFile()) execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
}

const filesBelow = (folder) => (existsSync(folder) ? readdirSync(folder, { recursive: true }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile()) : []);
const libraries = (path) => [...execFileSync('ldd', [path], { encoding: 'utf8' }).matchAll(/(\/\S+)/g)].map(([name]) => name);
const koffi = filesBelow(join(root, 'node_modules/@koromix')).filter((path) => path.endsWith('.node'));
const ourFiles = [process.execPath, ...koffi, ...filesBelow(join(root, 'node_modules/koffi')).filter((path) => path.endsWith('.js')), ...['stapkit', 'strace-open', 'tcp-fastopen'].flatMap((tool) => filesBelow(join(root, 'tools', tool, 'dist/bundle')))];
const bpftrace = ['/usr/bin/bpftrace'].find((path) => existsSync(path));
const theirFiles = bpftrace === undefined ? [] : [bpftrace, ...libraries(bpftrace)];
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

process.stdout.write(`node ${process.version}, ${bpftrace === undefined ? 'no bpftrace' : execFileSync(bpftrace, ['--version'], { encoding: 'utf8' }).trim()}, ${runs} runs each, in turn; milliseconds to armed: median (min); peak RSS\n`);
for (const job of jobs) {
  const rows = { ours: { warm: [], cold: [], rss: [] }, theirs: { warm: [], cold: [], rss: [] } };
  for (let round = 0; round < runs; round += 1)
    for (const [side, command, args, files] of [['ours', process.execPath, job.ours, ourFiles], ['theirs', bpftrace, job.theirs, theirFiles]]) {
      if (command === undefined) continue;
      await armed(command, args);
      const warm = await armed(command, args);
      forget(files);
      const cold = await armed(command, args);
      rows[side].warm.push(warm.ms);
      rows[side].cold.push(cold.ms);
      rows[side].rss.push(warm.rss);
    }
  for (const [side, label] of [['ours', 'stapkit'], ['theirs', 'bpftrace']]) {
    const { warm, cold, rss } = rows[side];
    if (warm.length > 0) process.stdout.write(`${job.name} | ${label} | warm ${median(warm).toFixed(0)} (${Math.min(...warm).toFixed(0)}) | cold ${median(cold).toFixed(0)} (${Math.min(...cold).toFixed(0)}) | ${median(rss).toFixed(0)} MB\n`);
  }
}
