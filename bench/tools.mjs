#!/usr/bin/env node
/**
 * node bench/tools.mjs [runs] [NAME…]: time from the command line to "probes armed" and peak memory of every tool, beside what bpftrace's
 * and bcc's tools take for the same job (Debian's packages bpftrace and bpfcc-tools), in turn on this machine. A bcc tool is armed when it
 * prints its first line; bpftrace says so itself. "new": nothing cached (STAPKIT_NO_CACHE=1); both others compile at each start.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const runs = Number(process.argv[2] ?? 5);
const only = process.argv.slice(3);
const ENV = { STAPKIT_NOTIFY_ARMED: '1', __BPFTRACE_NOTIFY_PROBES_ATTACHED: '1', PYTHONUNBUFFERED: '1' };
const TIMEOUT_MS = 60_000;

/** The same job: of bpftrace's tools, of bcc's, and the words that a tool of ours cannot do without. PID is a process that sleeps. */
const JOBS = {
  'strace-open': { bt: ['opensnoop.bt'], bcc: ['opensnoop-bpfcc'] },
  'accessed-files': { bcc: ['filetop-bpfcc'] },
  syscount: { bt: ['syscount.bt'], bcc: ['syscount-bpfcc'] },
  execsnoop: { bt: ['execsnoop.bt'], bcc: ['execsnoop-bpfcc'] },
  iotime: { bcc: ['fileslower-bpfcc'] },
  'tcp-state': { bcc: ['tcpstates-bpfcc'] },
  'tcp-connections': { bt: ['tcpaccept.bt'], bcc: ['tcpaccept-bpfcc'] },
  'tcp-trace': { bcc: ['tcptracer-bpfcc'] },
  'tcp-retrans': { bt: ['tcpretrans.bt'], bcc: ['tcpretrans-bpfcc'] },
  'tcp-life': { bt: ['tcplife.bt'], bcc: ['tcplife-bpfcc'] },
  nettop: { bcc: ['tcptop-bpfcc'] },
  'disk-latency': { bt: ['biolatency.bt'], bcc: ['biolatency-bpfcc'] },
  'runq-latency': { bt: ['runqlat.bt'], bcc: ['runqlat-bpfcc'] },
  'off-cpu': { bcc: ['offcputime-bpfcc'] },
  'cpu-hogs': { bcc: ['profile-bpfcc'] },
  flamegraph: { args: ['-o', '/dev/null', '--format', 'folded', '-d', '60'], bcc: ['profile-bpfcc'] },
  'memory-leak': { args: ['--pid', 'PID'], bcc: ['memleak-bpfcc', '-p', 'PID'] },
  'func-count': { args: ['libc:mall*'], bcc: ['funccount-bpfcc', 'c:mall*'] },
  'func-latency': { args: ['libc:malloc'], bcc: ['funclatency-bpfcc', 'c:malloc'] },
  'para-callgraph': { args: ['libc:malloc'] },
  'thread-indent': { args: ['net/socket.c'] },
  'check-debug-info': undefined,
};

/** Milliseconds until the process says that its probes are armed, and its peak memory in MB; or why it does not run here. */
function armed(command, args, env, isArmed) {
  return new Promise((resolve) => {
    const start = process.hrtime.bigint();
    const child = spawn(command, args, { env: { ...process.env, ...ENV, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const seen = { stdout: '', stderr: '' };
    let found;
    const timer = setTimeout(() => { child.kill('SIGKILL'); }, TIMEOUT_MS);
    const look = (stream) => (chunk) => {
      if (found !== undefined) return;
      seen[stream] += chunk.toString();
      if (!isArmed(seen)) return;
      found = { ms: Number(process.hrtime.bigint() - start) / 1e6, mb: Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024 };
      child.kill('SIGINT');
      // bpftrace may miss a SIGINT that comes while it still sets itself up.
      setTimeout(() => { child.kill('SIGKILL'); }, 3000).unref();
    };
    child.stdout.on('data', look('stdout'));
    child.stderr.on('data', look('stderr'));
    child.on('error', (error) => { clearTimeout(timer); resolve({ why: error.code === 'ENOENT' ? 'not installed' : error.message }); });
    child.on('close', () => { clearTimeout(timer); resolve(found ?? { why: `${seen.stderr}\n${seen.stdout}`.trim().split('\n').filter((line) => !/^(?:Traceback|  |Attaching )/.test(line)).pop() ?? 'ended' }); });
  });
}

const saysSo = ({ stdout, stderr }) => /STAPKIT_ARMED|BPFTRACE_NOTIFY_PROBES_ATTACHED/.test(stdout + stderr);
const printsALine = ({ stdout }) => stdout.includes('\n');
/** bcc compiles C against the kernel's headers: some of its tools print a line before they find none. */
const bccMissing = await new Promise((resolve) => {
  let seen = '';
  const child = spawn('/usr/sbin/opensnoop-bpfcc', ['-d', '1'], { env: { ...process.env, ...ENV }, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { seen += chunk.toString(); });
  child.on('error', () => { resolve('not installed'); });
  child.on('close', () => { resolve(/Unable to find kernel headers/.test(seen) ? 'needs the headers of this kernel' : undefined); });
});

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const sleeper = spawn('sleep', ['3600']);
const filled = (words) => words.map((word) => (word === 'PID' ? String(sleeper.pid) : word));

function sidesOf(name, file, { args = [], bt, bcc }) {
  const ours = [file, ...filled(args)];
  return {
    new: { command: process.execPath, args: ours, env: { STAPKIT_NO_CACHE: '1' }, isArmed: saysSo },
    again: { command: process.execPath, args: ours, env: {}, isArmed: saysSo },
    ...(bt === undefined ? {} : { bpftrace: { command: 'bpftrace', args: [join('/usr/sbin', bt[0])], env: {}, isArmed: saysSo } }),
    ...(bcc === undefined ? {} : { bcc: { command: join('/usr/sbin', bcc[0]), args: filled(bcc.slice(1)), env: {}, isArmed: printsALine } }),
  };
}

const cell = (results) => {
  const good = results?.filter(({ why }) => why === undefined) ?? [];
  if (results === undefined) return '-';
  return good.length === 0 ? `no: ${(results[0]?.why ?? '').slice(0, 80)}` : `${median(good.map(({ ms }) => ms)).toFixed(0)} ms, ${median(good.map(({ mb }) => mb)).toFixed(0)} MB`;
};
const ratio = (ours, theirs) => {
  const [a, b] = [ours, theirs].map((results) => median((results ?? []).filter(({ why }) => why === undefined).map(({ ms }) => ms)));
  return Number.isNaN(a / b) ? '-' : (a / b).toFixed(2);
};

process.stdout.write(`${runs} runs each, in turn; medians\n\n| tool | a new script | again | counterpart | bpftrace | bcc | again / bpftrace | again / bcc |\n|---|---:|---:|---|---:|---:|---:|---:|\n`);
try {
  for (const folder of readdirSync(join(root, 'tools')).sort()) {
    const manifest = join(root, 'tools', folder, 'package.json');
    if (!existsSync(manifest) || folder === 'stapkit') continue;
    for (const [name, file] of Object.entries(JSON.parse(readFileSync(manifest, 'utf8')).bin ?? {})) {
      if ((only.length > 0 && !only.includes(name)) || (name in JOBS && JOBS[name] === undefined)) continue;
      const job = JOBS[name] ?? {};
      const sides = sidesOf(name, join(root, 'tools', folder, file), job);
      const results = {};
      for (let round = -1; round < runs; round += 1)
        for (const [side, { command, args, env, isArmed }] of Object.entries(sides)) {
          if (round > 0 && results[side]?.[0]?.why !== undefined) continue;
          const result = side === 'bcc' && bccMissing !== undefined ? { why: bccMissing } : await armed(command, args, env, isArmed);
          // The first one fills the caches.
          if (round >= 0) (results[side] ??= []).push(result);
        }
      const other = [job.bt?.[0], job.bcc?.[0]].filter((one) => one !== undefined).map((one) => basename(one)).join(', ');
      process.stdout.write(`| \`${name}\` | ${cell(results.new)} | ${cell(results.again)} | ${other} | ${cell(results.bpftrace)} | ${cell(results.bcc)} | ${ratio(results.again, results.bpftrace)} | ${ratio(results.again, results.bcc)} |\n`);
    }
  }
} finally {
  sleeper.kill();
}
