#!/usr/bin/env node
/**
 * node bench/stacks.mjs [--seconds 10] [--freq 499] [--out DIR] [--profilers flamegraph,'perf fp',…] [PROGRAM …]: user stacks of programs whose functions' shares of time are
 * known, sampled at the same time, in the same process, by flamegraph, `perf record --call-graph fp` and `dwarf`, and bpftrace's ustack.
 *
 * For each program: how far each profiler's share of each known function is from what the program's own clock says (in percentage
 * points), and how many of the stacks reach where the thread started. `flamegraph -c` then starts the program itself: from its first
 * instruction on. "short" is a shell that starts programs of a few milliseconds, for -c alone. Needs root, perf, bpftrace, gcc, g++; rustc and go if they are
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
const { values, positionals } = parseArgs({ options: { seconds: { type: 'string', default: '10' }, freq: { type: 'string', default: '499' }, out: { type: 'string' }, profilers: { type: 'string' } }, allowPositionals: true });
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

const sharesOf = (lines) => new Map(lines.flatMap((line) => { const [, name, share] = /^share (.+) ([\d.]+)$/.exec(line) ?? []; return name === undefined ? [] : [[name, Number(share)]]; }));

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
      return sharesOf(await until('done'));
    },
    async end() { child.stdin.end(); await new Promise((resolve) => { if (child.exitCode !== null) resolve(); else child.once('exit', resolve); }); },
  };
}

const { freq } = values;
/** Suffixes tell inlined and compiled code; what was sampled between an exec and the program's start has no stack. */
const foldedStacks = (file) => readFileSync(file, 'utf8').trim().split('\n').map((line) => {
  const at = line.lastIndexOf(' ');
  return { frames: line.slice(0, at).split(';').filter((frame) => !/^\S+ \d+$|^\[no stack\]$/.test(frame)).map((frame) => frame.replace(/_\[[a-z]\]$/, '')), count: Number(line.slice(at + 1)) };
}).filter(({ frames }) => frames.length > 0);
const perfStacks = (file) => stacksOfPerf(spawnSync('perf', ['script', '-i', join(folder, file), '--no-inline', '-F', 'ip,sym,dso'], { encoding: 'utf8', maxBuffer: 2 ** 30, env: { ...process.env, DEBUGINFOD_URLS: '' } }).stdout);
/** What each profiler found. */
const READERS = {
  flamegraph: () => foldedStacks(join(folder, 'ours.folded')),
  'perf fp': () => perfStacks('fp.data'),
  'perf dwarf': () => perfStacks('dwarf.data'),
  bpftrace: (output) => [...output.matchAll(/@\[\n?([\s\S]*?)\n?\]: (\d+)$/gm)].map(([, text, count]) => ({ frames: text.split('\n').map((line) => line.replace(/^\s*[0-9a-f]+ (.*?)(?:\+\d+)? \(.*\)$/, '$1').trim()).filter((line) => line !== '').reverse(), count: Number(count) })),
};

const FLAMEGRAPH = new URL('../tools/flamegraph/bin/flamegraph.js', import.meta.url).pathname;
/** Each ends after a few milliseconds. */
const SHORT = `for i in ${Array.from({ length: 25 }, (_, index) => index).join(' ')}; do /bin/ls / >/dev/null; bash -c true; sed -n 1p /etc/passwd >/dev/null; done`;

/** -c: what the program says of its shares, and what was sampled. */
function commandStacks(name, command) {
  const file = join(folder, `${name}-command.folded`);
  const { stdout, stderr, status } = spawnSync(process.execPath, [FLAMEGRAPH, '-c', command, '--freq', freq, '--user', '-o', file], { encoding: 'utf8' });
  writeFileSync(join(folder, `${name}-command-notes.txt`), stderr);
  if (status !== 0) throw new Error(stderr);
  return { known: sharesOf(stdout.split('\n')), stacks: foldedStacks(file) };
}

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
  const complete = part((frames) => OUTERMOST.test(frames[0]));
  const off = [...known].map(([name, share]) => ({ name, share, seen: part((frames) => frames.some((frame) => holdsName(frame, name))) }));
  return { total, complete, off };
}

const holdsName = (frame, name) => new RegExp(`(?:^|[^\\w])${name.replaceAll(/[.*+?^\${}()|[\]\\]/g, '\\$&')}(?:$|[^\\w])`).test(frame);

/** The largest difference between what two profilers say of a known function: they looked at the same process. */
const apart = (one, other) => Math.max(0, ...one.map(({ name, seen }) => Math.abs(seen - (other.find((two) => two.name === name)?.seen ?? seen))));

function show(name, tool, { total, complete, off }, beside = '') {
  const shares = off.map(({ name: one, share, seen }) => `${one} ${(100 * share).toFixed(1)} ${seen === 0 ? 'not seen' : `${seen >= share ? '+' : ''}${(100 * (seen - share)).toFixed(1)}`}`);
  console.log(`| ${name} | ${tool} | ${total} | ${(100 * complete).toFixed(1)} % | ${shares.join(', ')} | ${beside} |`);
}

async function measure(name, command) {
  const program = await start(command);
  const running = Object.entries(PROFILERS).filter(([tool]) => values.profilers?.split(',').includes(tool) ?? true).map(([tool, { start: begin }]) => [tool, begin(folder, program.pid, freq)]);
  await Promise.all(running.map(([, one]) => one.ready));
  const known = await program.run();
  const results = [];
  for (const [tool, one] of running) results.push([tool, await one.stop()]);
  await program.end();
  let ours;
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
    const found = summary(stacks, known);
    ours ??= found;
    show(name, tool, found, tool === 'flamegraph' ? '' : (100 * apart(ours.off.filter(({ name: one }) => found.off.find((two) => two.name === one)?.seen !== 0), found.off)).toFixed(1));
    if (tool === 'flamegraph') writeFileSync(join(folder, `${name}-notes.txt`), stderr);
  }
}

console.log('| program | profiler | samples | reach the start | known share in % and how far it is off | flamegraph says otherwise by |\n|---|---|---:|---:|---|---:|');
for (const [name, build] of Object.entries(PROGRAMS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const command = build();
  if (command === undefined) console.log(`| ${name} | not built: no compiler for it here |`);
  else {
    await measure(name, command);
    const { known, stacks } = commandStacks(name, `printf x | ${command.join(' ')} ${values.seconds}`);
    show(name, 'flamegraph -c', summary(stacks, known));
  }
}
if (positionals.length === 0 || positionals.includes('short')) show('75 programs of milliseconds', 'flamegraph -c', summary(commandStacks('short', SHORT).stacks, new Map()));
if (values.out === undefined) rmSync(folder, { recursive: true });
