#!/usr/bin/env node
/**
 * node bench/stacks.mjs [--seconds 10] [--freq 499] [--out DIR] [PROGRAM …]: user stacks of programs whose functions' shares of time are
 * known, sampled at the same time, in the same process, by flamegraph, `perf record --call-graph fp` and `dwarf`, and bpftrace's ustack.
 *
 * For each program: how far each profiler's share of each known function is from what the program's own clock says (in percentage
 * points), and how many of the stacks reach where the thread started. Needs root, perf, bpftrace, gcc, g++; rustc and go if they are
 * there. Traces nothing but the programs that it starts.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { PROFILERS } from './stacks/profilers.mjs';

const HERE = new URL('.', import.meta.url).pathname;
const { values, positionals } = parseArgs({ options: { seconds: { type: 'string', default: '10' }, freq: { type: 'string', default: '499' }, out: { type: 'string' } }, allowPositionals: true });
const folder = values.out ?? mkdtempSync(join(tmpdir(), 'stapkit-stacks-'));
mkdirSync(folder, { recursive: true });

/** Where threads start: ld.so's and libc's ways, and Go's. */
const OUTERMOST = /^(?:_start|_*clone3?|runtime\.(?:clone|goexit|mstart|rt0_go|mcall|_?rt0_amd64\w*))(?:\.abi0)?(?:[.+@].*)?$/;

const source = (name) => join(HERE, 'stacks', name);
const make = (command, ...args) => { execFileSync(command, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, CGO_ENABLED: '0', GOCACHE: join(folder, 'go-cache'), GO111MODULE: 'off' } }); };
const has = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
const C_FLAGS = ['-O2', '-g', '-fomit-frame-pointer', '-fno-optimize-sibling-calls'];

/** name → the command that runs it, made when it is needed; undefined: this machine lacks what makes it. */
const PROGRAMS = {
  c: () => {
    make('gcc', ...C_FLAGS, '-shared', '-fPIC', '-o', 'libshares.so', source('library.c'));
    make('gcc', ...C_FLAGS, '-o', 'shares-c', source('shares.c'), '-L.', '-lshares', '-Wl,-rpath,$ORIGIN');
    return [join(folder, 'shares-c')];
  },
  cpp: () => { make('g++', ...C_FLAGS, '-o', 'shares-cpp', source('shares.cpp')); return [join(folder, 'shares-cpp')]; },
  rust: () => { if (!has('rustc')) return undefined; make('rustc', '-O', '-g', '--crate-name', 'shares', '-o', 'shares-rust', source('shares.rs')); return [join(folder, 'shares-rust')]; },
  go: () => { if (!has('go')) return undefined; make('go', 'build', '-o', join(folder, 'shares-go'), source('shares.go')); return [join(folder, 'shares-go')]; },
  node: () => [process.execPath, source('shares.mjs')],
  'node-perf-map': () => [process.execPath, '--perf-basic-prof', source('shares.mjs')],
  python: () => { const path = '/usr/bin/python3.11'; return existsSync(path) ? [path, source('shares.py')] : undefined; },
};

/** Starts it up to where it waits; gives what it says of itself at the end. */
async function start(command) {
  const child = spawn(command[0], [...command.slice(1), values.seconds], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const until = async (last) => {
    const seen = [];
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${command.join(' ')} ended early`);
      if (value === last) return seen;
      seen.push(value);
    }
  };
  await until('ready');
  return {
    pid: child.pid,
    async run() {
      child.stdin.write('x');
      return new Map((await until('done')).flatMap((line) => { const [, name, share] = /^share (.+) ([\d.]+)$/.exec(line) ?? []; return name === undefined ? [] : [[name, Number(share)]]; }));
    },
    async end() { child.stdin.end(); await new Promise((resolve) => { if (child.exitCode !== null) resolve(); else child.once('exit', resolve); }); },
  };
}

const { freq } = values;
const perfStacks = (file) => stacksOfPerf(spawnSync('perf', ['script', '-i', join(folder, file), '--no-inline', '-F', 'ip,sym,dso'], { encoding: 'utf8', maxBuffer: 2 ** 30, env: { ...process.env, DEBUGINFOD_URLS: '' } }).stdout);
/** What each profiler found. */
const READERS = {
  // Suffixes tell inlined and compiled code.
  flamegraph: () => readFileSync(join(folder, 'ours.folded'), 'utf8').trim().split('\n').map((line) => {
    const at = line.lastIndexOf(' ');
    return { frames: line.slice(0, at).split(';').map((frame) => frame.replace(/_\[[a-z]\]$/, '')), count: Number(line.slice(at + 1)) };
  }),
  'perf fp': () => perfStacks('fp.data'),
  'perf dwarf': () => perfStacks('dwarf.data'),
  bpftrace: (output) => [...output.matchAll(/@\[\n?([\s\S]*?)\n?\]: (\d+)$/gm)].map(([, text, count]) => ({ frames: text.split('\n').map((line) => line.replace(/^\s*[0-9a-f]+ (.*?)(?:\+\d+)? \(.*\)$/, '$1').trim()).filter((line) => line !== '').reverse(), count: Number(count) })),
};

/** Of frames, the outermost first; only what ran in the process. */
function stacksOfPerf(text) {
  return text.split('\n\n').flatMap((block) => {
    const frames = block.split('\n').map((line) => /^\s*([0-9a-f]+) (.*) \((.*)\)$/.exec(line)).filter((match) => match !== null)
      .filter(([, address, , dso]) => dso !== '[kernel.kallsyms]' && !/^ffff/.test(address)).map(([, , name]) => name).reverse();
    return frames.length === 0 ? [] : [{ frames, count: 1 }];
  });
}

function summary(stacks, known) {
  const total = stacks.reduce((sum, { count }) => sum + count, 0);
  const part = (holds) => stacks.reduce((sum, { frames, count }) => sum + (holds(frames) ? count : 0), 0) / total;
  // Folded stacks begin with the process's name where there are several.
  const complete = part((frames) => frames.slice(0, 2).some((name) => OUTERMOST.test(name)));
  const off = [...known].map(([name, share]) => ({ name, share, seen: part((frames) => frames.some((frame) => holdsName(frame, name))) }));
  return { total, complete, off };
}

const holdsName = (frame, name) => new RegExp(`(?:^|[^\\w])${name.replaceAll(/[.*+?^\${}()|[\]\\]/g, '\\$&')}(?:$|[^\\w])`).test(frame);

async function measure(name, command) {
  const program = await start(command);
  const running = Object.entries(PROFILERS).map(([tool, { start: begin }]) => [tool, begin(folder, program.pid, freq)]);
  await Promise.all(running.map(([, one]) => one.ready));
  const known = await program.run();
  const results = [];
  for (const [tool, one] of running) results.push([tool, await one.stop()]);
  await program.end();
  for (const [tool, { gaveUp, stdout, stderr }] of results) {
    let stacks = [];
    if (gaveUp) {
      console.log(`| ${name} | ${tool} | gave no answer within 120 s of its end |`);
      continue;
    }
    try {
      stacks = READERS[tool](stdout);
    } catch (error) {
      console.log(`| ${name} | ${tool} | failed: ${error.message} ${stderr.trim()} |`);
      continue;
    }
    writeFileSync(join(folder, `${name}-${tool.replace(' ', '-')}.txt`), stacks.map(({ frames, count }) => `${frames.join(';')} ${count}\n`).join(''));
    const { total, complete, off } = summary(stacks, known);
    const shares = off.map(({ name: one, share, seen }) => `${one} ${(100 * share).toFixed(1)} ${seen === 0 ? 'not seen' : `${seen >= share ? '+' : ''}${(100 * (seen - share)).toFixed(1)}`}`);
    console.log(`| ${name} | ${tool} | ${total} | ${(100 * complete).toFixed(1)} % | ${shares.join(', ')} |`);
    if (tool === 'flamegraph') writeFileSync(join(folder, `${name}-notes.txt`), stderr);
  }
}

console.log('| program | profiler | samples | reach the start | known share in % and how far it is off |\n|---|---|---:|---:|---|');
for (const [name, build] of Object.entries(PROGRAMS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const command = build();
  if (command === undefined) console.log(`| ${name} | not built: no compiler for it here |`);
  else await measure(name, command);
}
if (values.out === undefined) rmSync(folder, { recursive: true });
