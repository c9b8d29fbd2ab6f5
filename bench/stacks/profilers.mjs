/** The profilers that are compared, each attached to one process. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const FLAMEGRAPH = new URL('../../tools/flamegraph/bin/flamegraph.js', import.meta.url).pathname;
/** perf and bpftrace do not say when they sample: by then they do. */
const SETTLED_MS = 1500;
/** bpftrace may take minutes to find names in large programs. */
const GIVE_UP_MS = 120_000;
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** At work; `ready` settles when it samples. */
function begin(folder, command, args, isReady, env = {}) {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => { stdout += text; });
  child.stderr.on('data', (text) => { stderr += text; });
  const ended = new Promise((resolve) => { child.once('close', (_status, signal) => { resolve({ gaveUp: signal === 'SIGKILL', stdout, stderr }); }); });
  const ready = (async () => {
    const since = performance.now();
    while (child.exitCode === null && performance.now() - since < 120_000) {
      if (isReady(stdout + stderr, performance.now() - since)) return;
      await sleep(50);
    }
    throw new Error(`${command} does not sample: ${stderr}`);
  })();
  return { pid: child.pid, ready, async stop() {
    if (child.exitCode === null) child.kill('SIGINT');
    const patience = setTimeout(() => { child.kill('SIGKILL'); }, GIVE_UP_MS);
    const end = await ended;
    clearTimeout(patience);
    return end;
  } };
}

const perf = (graph) => ({
  file: `${graph}.data`,
  start: (folder, pid, hz) => begin(folder, 'perf', ['record', '-q', '-e', 'cpu-clock', '-F', String(hz), '--call-graph', graph, '-p', String(pid), '-o', `${graph}.data`], (_text, ms) => ms > SETTLED_MS),
});

/** By name: `start(folder, pid, hz)`, and the file in the folder that it leaves. */
export const PROFILERS = {
  flamegraph: {
    file: 'ours.folded',
    start: (folder, pid, hz) => begin(folder, process.execPath, [FLAMEGRAPH, '--pid', String(pid), '--freq', String(hz), '--user', '--duration', '1h', '-o', join(folder, 'ours.folded')], (text) => text.includes('__STAPKIT_ARMED'), { STAPKIT_NOTIFY_ARMED: '1' }),
  },
  'perf fp': perf('fp'),
  'perf dwarf': perf('dwarf'),
  bpftrace: {
    file: undefined,
    start: (folder, pid, hz) => begin(folder, 'bpftrace', ['-p', String(pid), '-e', `profile:hz:${hz} /pid == ${pid}/ { @[ustack(perf, 127)] = count(); }`], (text, ms) => ms > SETTLED_MS && text.includes('Attaching'), { BPFTRACE_MAX_MAP_KEYS: '100000' }),
  },
};
