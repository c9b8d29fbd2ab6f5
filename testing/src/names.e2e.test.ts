/** Names of addresses that are hard to come by: programs tell addresses whose names are known, and are asked for them from outside. */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { SystemNames, linuxKernel, type StackFrame } from '@stapkit/runtime';
import { CHECKOUT, stapkit } from './checkout.js';
import { buildPrograms, type Programs } from './programs.js';

const SOURCE = join(CHECKOUT, 'testing/programs/places.c');
/** The line of the source that has a mark. */
const lineOf = (mark: string): number => readFileSync(SOURCE, 'utf8').split('\n').findIndex((line) => line.includes(`/* ${mark} */`)) + 1;

let programs: Programs;
let places = '';
const inFolder = (name: string): string => join(dirname(places), name);
/** A copy under another name: what one test does to a file is nothing to another. */
const copy = (name: string): string => { copyFileSync(places, inFolder(name)); return inFolder(name); };

beforeAll(() => {
  programs = buildPrograms(['places']);
  places = programs.path('places');
});
afterEach(() => { for (const end of ended.splice(0)) end(); });
afterAll(() => { programs.remove(); });

const ended: (() => void)[] = [];

interface Running {
  readonly pid: number;
  /** Its memory as somebody sees it who knows its files, and only them. */
  readonly names: SystemNames;
  readonly at: (name: string) => bigint;
}

/** Starts a program and reads the addresses that it prints. It ends with the test. */
async function start(command: string, words: readonly string[] = []): Promise<Running> {
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  ended.push(() => { child.stdin.end(); });
  let text = '';
  const last = words.some((word) => word === 'jitdump' || word === 'perf-map') ? 'made' : 'hidden';
  for await (const piece of child.stdout) {
    text += String(piece);
    if (new RegExp(`^${last} \\w+\n`, 'm').test(text)) break;
  }
  const addresses = new Map(text.trim().split('\n').map((line) => line.split(' ') as [string, string]));
  return { pid: child.pid ?? 0, names: new SystemNames(linuxKernel()), at: (name) => BigInt(`0x${addresses.get(name) ?? '0'}`) };
}

const framesOf = ({ pid, names, at }: Running, name: string): readonly StackFrame[] => names.frames(pid, at(name), false);
const told = (frames: readonly StackFrame[]): unknown => frames.map(({ name, kind, module }) => [name, kind, module]);

test('inlined functions, with file and line, from DWARF', async () => {
  const running = await start(places);
  expect(framesOf(running, 'inlined').map(({ name, kind, file, line }) => [name, kind, file === undefined ? file : basename(file), line])).toEqual([
    ['innermost', 'inlined', 'places.c', lineOf('INNERMOST')], ['between', 'inlined', 'places.c', lineOf('BETWEEN')], ['around', 'user', 'places.c', lineOf('AROUND')],
  ]);
});

test('the vDSO', async () => {
  const [frame] = framesOf(await start(places), 'vdso');
  expect([frame?.name, frame?.module]).toEqual([expect.stringMatching(/^(__vdso_)?clock_gettime$/), '[vdso]']);
});

test.each([['jitdump', ['jitdump']], ['perf map', ['perf-map']]])('code that a program made, by its %s', async (_name, words) => {
  const running = await start(places, words[0] === 'jitdump' ? ['jitdump', inFolder('jit-1.dump')] : words);
  ended.push(() => { rmSync(`/tmp/perf-${running.pid}.map`, { force: true }); });
  expect(told(framesOf(running, 'made'))).toEqual([['made by places', 'jit', '[jit]']]);
});

test('node\u2019s functions are marked as made while it ran', async () => {
  const child = spawn(process.execPath, ['--perf-basic-prof', '-e', 'function hot(n) { let s = 0; for (let i = 0; i < n; i++) s = (s * 31 + i) | 0; return s } for (let i = 0; i < 2000; i++) hot(1000); console.log("ready"); process.stdin.resume()'], { stdio: ['pipe', 'pipe', 'inherit'] });
  ended.push(() => { child.stdin.end(); rmSync(`/tmp/perf-${child.pid ?? 0}.map`, { force: true }); });
  for await (const piece of child.stdout) if (String(piece).includes('ready')) break;
  const [, start = '', name = ''] = /^([0-9a-f]+) [0-9a-f]+ (JS:[*^~+]hot .*)$/m.exec(readFileSync(`/tmp/perf-${child.pid ?? 0}.map`, 'utf8')) ?? [];
  expect(new SystemNames(linuxKernel()).frames(child.pid ?? 0, BigInt(`0x${start}`), false)).toEqual([expect.objectContaining({ name, kind: 'jit' })]);
});

test('a file that was deleted, and one in whose place stands another', async () => {
  const [gone, replaced] = [copy('gone'), copy('replaced')];
  const [one, other] = [await start(gone), await start(replaced)];
  rmSync(gone);
  writeFileSync(inFolder('not it'), 'no program\n');
  renameSync(inFolder('not it'), replaced);
  expect([told(framesOf(one, 'hidden')), told(framesOf(other, 'hidden'))]).toEqual([[['hidden', 'user', gone]], [['hidden', 'user', replaced]]]);
});

test('a program in a mount namespace and a root of its own, with its perf map there', async () => {
  const root = inFolder('root');
  const seen = join(root, 'places');
  mkdirSync(root);
  const gcc = ['-O2', '-g', '-static', '-DSTATIC', '-o', inFolder('static'), SOURCE];
  execFileSync('gcc', gcc);
  const running = await start('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs none "$1" && cp "$2" "$1/places" && mkdir "$1/tmp" && exec chroot "$1" /places perf-map', 'sh', root, inFolder('static')]);
  expect(() => readFileSync(seen)).toThrow('ENOENT');
  expect([told(framesOf(running, 'hidden')), told(framesOf(running, 'made'))]).toEqual([[['hidden', 'user', expect.stringMatching(/\/places$/)]], [['made by places', 'jit', '[jit]']]]);
});

test('a static program at an address of its own', async () => {
  execFileSync('gcc', ['-O2', '-static-pie', '-DSTATIC', '-o', inFolder('static-pie'), SOURCE]);
  const running = await start(inFolder('static-pie'));
  expect(told(framesOf(running, 'hidden'))).toEqual([['hidden', 'user', inFolder('static-pie')]]);
});

test('a program that is stripped but for the table that Fedora packs into such files', async () => {
  const packed = inFolder('packed');
  const steps = [
    'nm -D "$1" --format=posix --defined-only | awk \'{ print $1 }\' | sort > dynamic', 'nm "$1" --format=posix --defined-only | awk \'$2 == "t" || $2 == "T" { print $1 }\' | sort > all', 'comm -13 dynamic all > kept',
    'objcopy --only-keep-debug "$1" mini', 'objcopy -S --remove-section .gdb_index --remove-section .comment --keep-symbols=kept mini mini2', 'xz -f mini2', 'strip -o "$2" "$1"', 'objcopy --add-section .gnu_debugdata=mini2.xz "$2"',
  ];
  execFileSync('sh', ['-ec', steps.join('\n'), 'sh', places, packed], { cwd: dirname(places) });
  const running = await start(packed);
  expect([told(framesOf(running, 'hidden')), told(framesOf(running, 'inlined'))]).toEqual([[['hidden', 'user', packed]], [['around', 'user', packed]]]);
});

test('C++: the symbol of a program without debug information, as its author knows it', async () => {
  const source = '#include <cstdio>\nnamespace zoo { template <typename T> struct Ape { __attribute__((noipa)) void *eat(T, const char *) { void *here; asm volatile("lea 0(%%rip), %0" : "=r"(here)); return here; } }; }\nint main() { zoo::Ape<int> ape; std::printf("hidden %lx\\n", (unsigned long)ape.eat(1, "")); std::fflush(stdout); while (getchar() != EOF); }';
  execFileSync('gcc', ['-O2', '-x', 'c++', '-o', inFolder('zoo'), '-'], { input: source });
  expect(told(framesOf(await start(inFolder('zoo')), 'hidden'))).toEqual([['zoo::Ape<int>::eat(int, char const*)', 'user', inFolder('zoo')]]);
});

test('a stripped program: no name, and why', async () => {
  const stripped = inFolder('stripped');
  // At the same addresses each time that it runs.
  execFileSync('gcc', ['-O2', '-s', '-no-pie', '-o', stripped, SOURCE]);
  const running = await start(stripped);
  expect(told(framesOf(running, 'hidden'))).toEqual([[undefined, 'user', stripped]]);
  expect([...running.names.nameless]).toEqual([['no symbol', 1]]);
  // In a script: the address where the name would be, and the reason at the end.
  const hidden = `0x${running.at('hidden').toString(16)}`;
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', `probe process("${stripped}").begin { println("[", usymname(${hidden}), "]") exit() }`, '-c', stripped], { timeoutMs: 20_000 });
  expect([stdout, stderr, status]).toEqual([expect.stringContaining(`[${hidden}]\n`), 'WARNING: 1 user address without a name: 1 in files without a symbol there\n', 0]);
});
