/** $variables of a program, at entries, statements, returns and in inlined bodies, equal what the program itself prints. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHECKOUT, run, stapkit } from './checkout.js';
import { lineOf, variablesScript } from './programs-scripts.js';

const SOURCE = join(CHECKOUT, 'testing/programs/variables.c');
let folder = '';
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'stapkit-variables-')); });
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

function build(name: string, compiler: string, flags: readonly string[], source = SOURCE): string {
  const path = join(folder, name);
  execFileSync(compiler, [...flags, '-o', path, source], { stdio: ['ignore', 'pipe', 'pipe'] });
  return path;
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '').sort();

interface Build { readonly name: string; readonly compiler: string; readonly flags: readonly string[] }

const compile = promisify(execFile);
/** Options that are unstable in some versions of rustc are allowed. */
const compileEnvironment = { ...process.env, RUSTC_BOOTSTRAP: '1' };
/** Builds all at once and probes them in one session; what each said is prefixed with its number. */
async function compareAll(source: string, builds: readonly Build[], probes: (path: string, tag: string) => string, args: readonly string[] = [], left = /^$/): Promise<void> {
  const programs = await Promise.all(builds.map(async ({ name, compiler, flags }, index) => {
    const path = join(folder, name);
    await compile(compiler, [...flags, '-o', path, join(CHECKOUT, 'testing/programs', source)], { env: compileEnvironment });
    const said = lines((await run(path, args)).stdout).filter((line) => !left.test(line));
    expect(said.length).toBeGreaterThan(25);
    return { path, said: said.map((line) => `${index} ${line}`), script: probes(path, `${index} `) };
  }));
  const { stdout, stderr, status } = await stapkit('stapkit', ['-w', '-e', programs.map(({ script: text }) => text).join('\n'), '-c', `sh -c '(${programs.map(({ path }) => [path, ...args].join(' ')).join('; ')}) >/dev/null'`], { timeoutMs: 120_000 });
  expect(stderr).toBe('');
  expect(lines(stdout)).toEqual(programs.flatMap(({ said }) => said).sort());
  expect(status).toBe(0);
}

const OPTIMIZATIONS = ['-O0', '-O2', '-O3 -flto'];
const VERSIONS = [4, 5];

test('C: values, pointers, structures, locals, inlined bodies, by gcc and clang, in DWARF 4 and 5', async () => {
  const builds = ['gcc', 'clang'].flatMap((compiler) => OPTIMIZATIONS.flatMap((optimization) => VERSIONS.map((version): Build => (
    { name: `${compiler}${optimization}${version}`.replaceAll(' ', ''), compiler, flags: ['-g', `-gdwarf-${version}`, ...optimization.split(' ')] }))));
  await compareAll('variables.c', builds, (path, tag) => variablesScript(path).replaceAll('printf("', `printf("${tag}`), ['4'], /^labelled /);
}, 120_000);

// A reference is a pointer, as in stap.
test('C++: methods, references, templates, inlined bodies, by g++ and clang++, in DWARF 4 and 5', async () => {
  const builds = ['g++', 'clang++'].flatMap((compiler) => OPTIMIZATIONS.flatMap((optimization) => VERSIONS.map((version): Build => (
    { name: `${compiler}${optimization}${version}`.replaceAll(' ', ''), compiler, flags: ['-g', `-gdwarf-${version}`, ...optimization.split(' ')] }))));
  await compareAll('shapes.cpp', builds, (path, tag) => `
    probe process("${path}").function("geo::Square::area") { printf("${tag}area id=%d side=%d margin=%d\\n", $this->id_, $this->side_, $margin[0]) }
    probe process("${path}").function("geo::Square::area").return { printf("${tag}area-return %d\\n", $return) }
    probe process("${path}").function("scaled") { printf("${tag}scaled id=%d factor=%d\\n", $this->id_, $factor) }
    probe process("${path}").function("geo::larger<*>") { printf("${tag}larger a=%d b=%d\\n", $a, $b) }
    probe process("${path}").statement("geo::Square::total@shapes.cpp:${lineOf('total', 'shapes.cpp')}") { printf("${tag}total id=%d side=%d round=%d step=%d sum=%d start=%d\\n", $this->id_, $this->side_, $round, $step, $sum, $start) }
    probe process("${path}").function("geo::Square::total").return { printf("${tag}total-return start=%d rounds=%d %d\\n", @entry($start), @entry($rounds), $return) }
    probe process("${path}").function("geo::squared") { printf("${tag}squared base=%d times=%d\\n", $base, $times) }
    probe process("${path}").statement("geo::squared@shapes.cpp:${lineOf('squared', 'shapes.cpp')}") { printf("${tag}squared-statement base=%d times=%d result=%d\\n", $base, $times, $result) }`);
}, 120_000);

/** Debian's rustc has the option as an unstable one. */
function rustVersionFlags(version: number): string[] {
  const { stdout } = spawnSync('rustc', ['-C', 'help'], { encoding: 'utf8' });
  return [stdout.includes('dwarf-version') ? '-C' : '-Z', `dwarf-version=${version}`];
}

test('Rust: modules, references, slices, inlined bodies, in DWARF 4 and 5', async () => {
  const builds = [['opt-level=0'], ['opt-level=2'], ['opt-level=3', 'lto=fat']].flatMap((options) => VERSIONS.map((version): Build => (
    { name: `rust-${options.join('-')}-${version}`, compiler: 'rustc', flags: ['-g', '-C', 'panic=abort', ...options.flatMap((option) => ['-C', option]), ...rustVersionFlags(version)] })));
  await compareAll('shapes.rs', builds, (path, tag) => `
    probe process("${path}").function("shapes::geo::area") { printf("${tag}area id=%d side=%d margin=%d\\n", $square->id, $square->side, $margin) }
    probe process("${path}").function("shapes::geo::area").return { printf("${tag}area-return %d\\n", $return) }
    probe process("${path}").function("geo::sum") { printf("${tag}sum length=%d first=%d bias=%d\\n", $values->length, $values->data_ptr[0], $bias) }
    probe process("${path}").statement("geo::total@shapes.rs:${lineOf('total', 'shapes.rs')}") { printf("${tag}total id=%d side=%d round=%d step=%d sum=%d start=%d\\n", $square->id, $square->side, $round, $step, $sum, $start) }
    probe process("${path}").function("geo::total").return { printf("${tag}total-return start=%d rounds=%d %d\\n", @entry($start), @entry($rounds), $return) }
    probe process("${path}").function("geo::squared") { printf("${tag}squared base=%d times=%d\\n", $base, $times) }
    probe process("${path}").statement("geo::squared@shapes.rs:${lineOf('squared', 'shapes.rs')}") { printf("${tag}squared-statement base=%d times=%d result=%d\\n", $base, $times, $result) }`);
}, 120_000);

test('types of a C header, for a program without debug information', async () => {
  const source = join(folder, 'times.c');
  writeFileSync(source, '#include <sys/time.h>\n__attribute__((noinline)) long show(struct timeval *tv) { __asm__ volatile("" : : "r"(tv) : "memory"); return tv->tv_sec; }\nint main(void) { struct timeval tv = {12, 34}; return show(&tv) != 12; }\n');
  const path = build('times', 'gcc', ['-O1'], source);
  const { stdout, stderr } = await stapkit('stapkit', ['-e', `probe process("${path}").function("show") { tv = pointer_arg(1); println(@cast(tv, "timeval", "<sys/time.h>")->tv_sec, " ", @cast(tv, "timeval", "<sys/time.h>")->tv_usec) }`, '-c', path]);
  expect({ stdout, stderr }).toEqual({ stdout: '12 34\n', stderr: '' });
});
