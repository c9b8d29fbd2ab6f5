#!/usr/bin/env node
/**
 * node scripts/fuzz-executors.mjs [scripts] [seed] [processes]: random scripts, each run by BPF_PROG_TEST_RUN and by the host
 * executor; output, messages, errors, exit state and globals must be the same. Prints what came of them, and of each failure the
 * script made small; `node scripts/fuzz-executors.mjs --repeat SEED:INDEX` shows one again. Exit status 1 when there was a failure,
 * or when more than 1 % were too large for the verifier. Needs root and `npm run build`.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Seeds of one process; those of the next come after them. */
const SEEDS_APART = 1_000_000;
const TOO_LARGE = 0.01;
const FAILURES_SHOWN = 5;

async function work([seed, scripts]) {
  const { fuzz, minimize } = await import('../testing/dist/agreement/fuzz.js');
  const report = fuzz(seed, { scripts, failures: FAILURES_SHOWN }, ({ scripts: done, counts }) => process.send({ done, counts: [...counts] }));
  process.send({ failures: report.failures.map((failure) => `${failure.seed}:${failure.index}\n${minimize(failure)}`) });
  process.disconnect();
}

function search(scripts, seed, processes) {
  const started = performance.now();
  const states = Array.from({ length: processes }, () => ({ done: 0, counts: [] }));
  const failures = [];
  let shown = 0;
  const line = () => {
    const counts = new Map();
    for (const state of states) for (const [verdict, count] of state.counts) counts.set(verdict, (counts.get(verdict) ?? 0) + count);
    const done = states.reduce((sum, state) => sum + state.done, 0);
    const seconds = (performance.now() - started) / 1000;
    process.stdout.write(`${done} scripts in ${seconds.toFixed(0)} s (${(done / seconds).toFixed(1)} a second): ${[...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ')}\n`);
    return { done, counts };
  };
  process.stdout.write(`${scripts} scripts from seed ${seed} on, ${processes} processes\n`);
  let running = processes;
  states.forEach((state, index) => {
    const child = fork(fileURLToPath(import.meta.url), ['--work', String(seed + index * SEEDS_APART), String(Math.ceil(scripts / processes))], { execArgv: ['--max-semi-space-size=64'] });
    child.on('message', (message) => {
      if (message.failures !== undefined) failures.push(...message.failures);
      else Object.assign(state, message);
      if (performance.now() - shown > 30_000) {
        shown = performance.now();
        line();
      }
    });
    child.on('exit', (code) => {
      if (code !== 0) failures.push(`process ${index} ended with status ${code}`);
      running -= 1;
      if (running > 0) return;
      const { done, counts } = line();
      for (const failure of failures.slice(0, FAILURES_SHOWN)) process.stdout.write(`\n${failure}\n`);
      const large = counts.get('too large') ?? 0;
      const isMuch = large > done * TOO_LARGE;
      process.stdout.write(`${failures.length} failures${isMuch ? `, and ${large} scripts too large for the verifier` : ''}\n`);
      process.exitCode = failures.length > 0 || isMuch ? 1 : 0;
    });
  });
}

const args = process.argv.slice(2);
if (args[0] === '--work') await work(args.slice(1).map(Number));
else if (args[0] === '--repeat') {
  const { repeat } = await import('../testing/dist/agreement/fuzz.js');
  const [seed, index] = (args[1] ?? '').split(':').map(Number);
  process.stdout.write(`${repeat(seed, index)}\n`);
} else search(Number(args[0] ?? 20_000), Number(args[1] ?? Date.now() % 1_000_000_000), Number(args[2] ?? availableParallelism()));
