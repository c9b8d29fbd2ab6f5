#!/usr/bin/env node
/**
 * node bench/profile-cost.mjs [--repeats 5] [--long]: what profiling costs. A program without frame pointers does a fixed amount of work
 * again and again, 30 calls deep, alone and with each of flamegraph, `perf record --call-graph fp`, `dwarf` and bpftrace attached, in turn;
 * its own processor clock tells how much longer the work takes. Read the ratios: machines are noisy. --long: memory and output of a
 * profile of 60 s of 8 threads, all profilers at once. Needs root, perf, bpftrace and gcc.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { PROFILERS } from './stacks/profilers.mjs';

const { values } = parseArgs({ options: { repeats: { type: 'string', default: '5' }, long: { type: 'boolean', default: false }, seconds: { type: 'string', default: '60' } } });
const folder = mkdtempSync(join(tmpdir(), 'stapkit-profile-cost-'));
execFileSync('gcc', ['-O2', '-pthread', '-fomit-frame-pointer', '-fno-optimize-sibling-calls', '-o', join(folder, 'fixed-work'), new URL('stacks/fixed-work.c', import.meta.url).pathname]);

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function startProgram(threads, units) {
  const child = spawn(join(folder, 'fixed-work'), [String(threads), String(units)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return {
    pid: child.pid,
    /** Seconds of the processor's time. */
    async work() { child.stdin.write('x'); return Number((await lines.next()).value.split(' ')[1]) / 1e9; },
    end() { child.stdin.end(); },
  };
}

/** Seconds of the processor's time that a process took so far (proc_pid_stat(5)). */
function ownSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function cost() {
  const program = await startProgram(1, 400);
  await program.work();
  const took = new Map();
  const own = new Map();
  const put = (map, key, value) => { map.set(key, [...(map.get(key) ?? []), value]); };
  for (let repeat = 0; repeat < Number(values.repeats); repeat++) {
    for (const hz of [99, 999]) {
      for (const [name, { start }] of Object.entries(PROFILERS)) {
        put(took, `none ${hz}`, await program.work());
        const profiler = start(folder, program.pid, hz);
        await profiler.ready;
        const before = ownSeconds(profiler.pid);
        const seconds = await program.work();
        put(own, `${name} ${hz}`, (ownSeconds(profiler.pid) - before) / seconds);
        put(took, `${name} ${hz}`, seconds);
        await profiler.stop();
      }
    }
  }
  program.end();
  console.log('| Hz | profiler | work takes (median, least; ratio to none) | the profiler\'s own processor time meanwhile |\n|---:|---|---|---:|');
  for (const hz of [99, 999]) {
    const none = took.get(`none ${hz}`);
    for (const name of ['none', ...Object.keys(PROFILERS)]) {
      const all = took.get(`${name} ${hz}`);
      const mine = own.get(`${name} ${hz}`);
      console.log(`| ${hz} | ${name} | ${(median(all) / median(none)).toFixed(4)}, ${(Math.min(...all) / Math.min(...none)).toFixed(4)} | ${mine === undefined ? '' : `${(100 * median(mine)).toFixed(1)} %`} |`);
    }
  }
}

async function long() {
  const program = await startProgram(8, 20);
  const running = [];
  for (const [name, { start, file }] of Object.entries(PROFILERS)) running.push({ name, file, profiler: start(folder, program.pid, 99) });
  await Promise.all(running.map(({ profiler }) => profiler.ready));
  const since = performance.now();
  let busy = 0;
  while (performance.now() - since < 1000 * Number(values.seconds)) busy += await program.work();
  console.log(`8 threads, ${((performance.now() - since) / 1000).toFixed(0)} s, ${busy.toFixed(1)} s of the processors, 99 Hz`);
  console.log('| profiler | peak memory | output |\n|---|---:|---:|');
  for (const { name, file, profiler } of running) {
    const peak = Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${profiler.pid}/status`, 'latin1'))?.[1] ?? 0) / 1024;
    const { stdout } = await profiler.stop();
    console.log(`| ${name} | ${peak.toFixed(0)} MB while it samples | ${((file === undefined ? stdout.length : statSync(join(folder, file)).size) / 1024).toFixed(0)} KB |`);
  }
  program.end();
}

await (values.long ? long() : cost());
rmSync(folder, { recursive: true });
