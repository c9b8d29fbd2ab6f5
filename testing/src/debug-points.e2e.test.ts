/** Points that debug information gives: inlined bodies, labels, calls, statements; each hit as often as the program runs through it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CHECKOUT, stapkit } from './checkout.js';

const SOURCE = join(CHECKOUT, 'testing/programs/variables.c');
const text = readFileSync(SOURCE, 'utf8').split('\n');
const lineWith = (part: string): number => text.findIndex((line) => line.includes(part)) + 1;
const RUNS = 5;
let folder = '';
let path = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-points-'));
  path = join(folder, 'variables');
  execFileSync('gcc', ['-O2', '-g', '-o', path, SOURCE]);
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** Hits of each point, by what pp() gives. */
async function hits(points: readonly string[]): Promise<{ readonly counts: readonly number[]; readonly stderr: string }> {
  const script = points.map((point, index) => `probe process("${path}").${point} { n[${index}]++ }`).join('\n');
  const { stdout, stderr } = await stapkit('stapkit', ['-w', '-e', `global n\n${script}\nprobe end { for (i = 0; i < ${points.length}; i++) println(n[i]) }`, '-c', `sh -c '${path} ${RUNS} >/dev/null'`]);
  return { counts: stdout.split('\n').filter((line) => line !== '').map(Number), stderr };
}

test('each is hit as often as its code runs', async () => {
  const cases: readonly (readonly [string, number])[] = [
    ['function("recursive")', 4 * RUNS],
    ['function("recursive").call', 4 * RUNS],
    ['function("recursive").return', 4 * RUNS],
    ['function("recursive@variables.c").exported', 4 * RUNS],
    ['function("squared")', 2 * RUNS],
    ['function("squared").inline', 2 * RUNS],
    ['function("main").callee("recursive")', RUNS],
    ['function("main").callee("recursive").call', RUNS],
    ['function("main").callee("recursive").return', RUNS],
    ['function("recursive").callee("recursive")', 3 * RUNS],
    ['function("locals").callee("squared")', 2 * RUNS],
    ['function("main").callee("gl*")', RUNS],
    // Seven each run, and atoi(), inlined into main(); of those, squared() in locals() and recursive() in itself.
    ['function("main").callees', 7 * RUNS + 1],
    ['function("main").callees(2)', 12 * RUNS + 1],
    ['function("labelled").label("out")', RUNS],
    ['function("labelled").label("o*")', RUNS],
    [`statement("*@variables.c:${lineWith('counter++')}")`, RUNS],
    [`statement("globals@variables.c:${lineWith('counter++')}")`, RUNS],
    [`statement("globals@variables.c+${lineWith('counter++') - lineWith('NOINLINE void globals')}")`, RUNS],
    [`statement("globals@*/variables.c:${lineWith('NOINLINE void globals') - 1}").nearest`, RUNS],
    [`function("*@variables.c:${lineWith('counter++')}").call`, RUNS],
    [`statement("*@variables.c:${lineWith('file_static *= 2')}-${lineWith('STATEMENT globals')}")`, 3 * RUNS],
    ['function("recurs*").return', 4 * RUNS],
    ['function("no_such_function")?', 0],
    ['function("by_value")!', RUNS],
  ];
  const { counts, stderr } = await hits(cases.map(([point]) => point));
  expect(stderr).toBe('');
  expect(cases.map(([point], index) => [point, counts[index]])).toEqual(cases.map(([point, count]) => [point, count]));
});

test('an address, as nm prints it', async () => {
  const address = /^([0-9a-f]+) T globals$/m.exec(execFileSync('nm', [path], { encoding: 'utf8' }))?.[1];
  const { counts, stderr } = await hits([`statement(0x${address ?? ''})`, `statement(0x${address ?? ''}).absolute`]);
  expect(stderr).toBe('');
  expect(counts).toEqual([RUNS, RUNS]);
});

/** An address behind the first byte of main(): in its first instruction, or statement. */
const WITHIN = 'statement(MAIN+1)';

test('all lines of a function', async () => {
  const { stdout, stderr } = await stapkit('stapkit', ['-w', '-e', `global n probe process("${path}").statement("globals@variables.c:*") { n[pp()]++ } probe end { foreach (p in n) println(p, " ", n[p]) }`, '-c', `sh -c '${path} ${RUNS} >/dev/null'`]);
  expect(stderr).toBe('');
  const lines = new Map([...stdout.matchAll(/variables\.c:(\d+)"\) (\d+)$/gm)].map(([, line, count]) => [Number(line), Number(count)]));
  for (const part of ['counter++', 'file_static *= 2', 'globals counter=', 'STATEMENT globals']) expect([part, lines.get(lineWith(part))]).toEqual([part, RUNS]);
  expect([...lines.keys()].filter((line) => line < lineWith('NOINLINE void globals') || line > lineWith('STATEMENT globals') + 1)).toEqual([]);
});

test('calls and returns of a callee whose parameters are in place only behind its prologue, with another return probe of it', async () => {
  const source = join(folder, 'calls.c');
  writeFileSync(source, `#include <stdlib.h>
__attribute__((noinline, optimize("O0"))) int slow(int depth, const char *text) { volatile int mine = depth * 2; if (depth > 0) mine += slow(depth - 1, text); return mine; }
int main(int argc, char **argv) { int sum = 0; for (int i = 0; i < argc * ${RUNS}; i++) sum += slow(3, argv[0]); return sum == 7; }
`);
  for (const how of ['-pie', '-no-pie']) {
    const program = join(folder, `calls${how}`);
    execFileSync('gcc', ['-O2', '-g', how, ...(how === '-pie' ? ['-fPIE'] : []), '-o', program, source]);
    const script = `global returns, calls, all
      probe process("${program}").function("main").callee("slow").return { returns += @entry($depth) == 3 && $return == 12 }
      probe process("${program}").function("main").callee("slow").call { calls += $depth == 3 }
      probe process("${program}").function("slow").return { all++ }
      probe end { println(returns, " ", calls, " ", all) }`;
    const { stdout, stderr } = await stapkit('stapkit', ['-e', script, '-c', program]);
    expect({ stdout, stderr }).toEqual({ stdout: `${RUNS} ${RUNS} ${4 * RUNS}\n`, stderr: '' });
  }
});

test('statements of a library, and only where the program uses it', async () => {
  const source = join(folder, 'library.c');
  writeFileSync(source, `#ifdef LIBRARY
int doubled(int x)
{

  int y = x * 2;
  __asm__ volatile("" : "+r"(y));
  return y;
}
#else
int doubled(int x);
int main(int argc, char **argv) { int sum = 0; for (int i = 0; i < ${RUNS}; i++) sum += doubled(i); return sum != ${RUNS * (RUNS - 1)}; }
#endif
`);
  execFileSync('gcc', ['-O1', '-g', '-shared', '-fPIC', '-DLIBRARY', '-Wl,-soname,libdoubled.so', '-o', 'libdoubled.so', source], { cwd: folder });
  for (const name of ['uses', 'others']) execFileSync('gcc', ['-O1', '-g', '-o', name, source, 'libdoubled.so', `-Wl,-rpath,${folder}`], { cwd: folder });
  const library = `process("${join(folder, 'uses')}").library("libdoubled.so")`;
  const script = `global lines, near, calls
    probe ${library}.statement("*@library.c:6") { lines += $x >= 0 }
    probe ${library}.statement("*@library.c:4").nearest { near++ }
    probe ${library}.function("doubled").return { calls += $return == 2 * @entry($x) }
    probe end { println(lines, " ", near, " ", calls) }`;
  const { stdout, stderr } = await stapkit('stapkit', ['-w', '-e', script, '-c', `sh -c '${join(folder, 'others')}; ${join(folder, 'uses')}'`]);
  expect({ stdout, stderr }).toEqual({ stdout: `${RUNS} ${RUNS} ${RUNS}\n`, stderr: '' });
});

test('the start of a program has no return to probe, with debug information too', async () => {
  const source = join(folder, 'start.c');
  const program = join(folder, 'start');
  writeFileSync(source, `__attribute__((noinline)) int twice(int x) { __asm__ volatile("" : "+r"(x)); return x * 2; }
__attribute__((force_align_arg_pointer)) void _start(void) { long status = twice(21) - 42; __asm__ volatile("syscall" : : "a"(231L), "D"(status) : "memory"); __builtin_unreachable(); }
`);
  execFileSync('gcc', ['-O2', '-g', '-nostdlib', '-static', '-o', program, source]);
  const refused = await stapkit('stapkit', ['-e', `probe process("${program}").function("_start").return { println(1) }`]);
  expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("E0438: function '_start' cannot be probed: the kernel jumps there: on the stack lies argc, not an address to return to")]);
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', `probe process("${program}").function("*").return { println(ppfunc(), " ", $return) }`, '-c', program]);
  expect({ stdout, stderr, status }).toEqual({ stdout: 'twice 42\n', stderr: '', status: 0 });
});

test('names, functions and their places', async () => {
  const { stdout } = await stapkit('stapkit', ['-l', `process("${path}").function("s*")`]);
  const at = (name: string, part: string): string => `process("${path}").function("${name}@${SOURCE}:${lineWith(part)}")`;
  expect(stdout.split('\n').filter((line) => line !== '').sort()).toEqual([at('scalars', 'NOINLINE long scalars'), at('squared', 'INLINE long squared')].sort());
});

test('-L lists variables with their types', async () => {
  const { stdout } = await stapkit('stapkit', ['-L', `process("${path}").function("by_value").return`]);
  expect(stdout).toContain('$return:struct pair $small:struct small $pair:struct pair $large:struct large');
});

test('texts of all variables, and of structures', async () => {
  const script = `probe process("${path}").function("pointers") { if (n++ == 0) { println($$parms); println($r->inner$); println($r->flags$); println($color$) } } global n
    probe process("${path}").function("by_value") { if (m++ == 0) println($pair$) } global m
    probe process("${path}").function("recursive").return { if (o++ == 0) println($$return) } global o`;
  const { stdout, stderr } = await stapkit('stapkit', ['-w', '-e', script, '-c', `sh -c '${path} 1 >/dev/null'`]);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^r=0x[0-9a-f]+ text=0x[0-9a-f]+ color=0xfffffffffffffffd pp=0x[0-9a-f]+$/m);
  expect(stdout).toContain('{.tag=-5, .bytes="');
  expect(stdout).toContain('{.low=5, .middle=-9, .high=737894404660}');
  expect(stdout).toContain('{.first=0, .second=0}');
  expect(stdout).toContain('return=0x0');
});

test('a result that the compiler left out is doubted, one that it kept is not', async () => {
  const source = join(folder, 'clones.c');
  const clones = join(folder, 'clones');
  writeFileSync(source, `#include <stdio.h>
#include <stdlib.h>
struct big { int a; long more[8]; };
static __attribute__((noinline)) int ignored(struct big *s, int unused) { printf("%d\\n", s->a); __asm__ volatile("" : : : "memory"); return s->a * 3; }
static __attribute__((noinline)) int wanted(struct big *s, int unused) { __asm__ volatile("" : : : "memory"); return s->a * 5; }
static __attribute__((noinline)) int whole(int x) { __asm__ volatile("" : : : "memory"); return x * 7; }
int main(int argc, char **argv) { struct big s = { argc }; ignored(&s, 1); return wanted(&s, argc) + whole(argc) != 12; }
`);
  execFileSync('gcc', ['-O2', '-g', '-o', clones, source]);
  const symbols = execFileSync('nm', [clones], { encoding: 'utf8' });
  expect(symbols).toMatch(/ ignored\..*isra/);
  expect(symbols).toMatch(/ wanted\.constprop\.0$/m);
  const script = ['ignored', 'wanted', 'whole'].map((name) => `probe process("${clones}").function("${name}").return { println($return) }`).join('\n');
  const { stdout, stderr } = await stapkit('stapkit', ['-e', script, '-c', `sh -c '${clones} > /dev/null'`]);
  const lines = stdout.split('\n');
  expect(lines.slice(1)).toEqual(['5', '7', '']);
  expect(stderr.match(/W0423.*/g)).toEqual([expect.stringMatching(/^W0423: '\$return' may be what a register happened to hold: the compiler made 'ignored\.\S*isra\.\d+' of 'ignored', which gives no result if no caller of it uses one$/)]);
  expect(stderr).toContain('-fno-ipa-sra');
});

test('an address within a function, or within a statement', async () => {
  const disassembly = execFileSync('objdump', ['-d', '--no-show-raw-insn', path], { encoding: 'utf8' });
  const body = disassembly.slice(disassembly.indexOf('<globals>:'));
  const call = /^ +([0-9a-f]+):\s+call/m.exec(body)?.[1] ?? '';
  const { counts, stderr } = await hits([`function(0x${call})`, `function(0x${call}).return`, `statement(0x${call}).nearest`, `statement(0x${call}).absolute`]);
  expect(stderr).toBe('');
  expect(counts).toEqual([RUNS, RUNS, RUNS, RUNS]);
  const { stdout } = await stapkit('stapkit', ['-l', `process("${path}").function(0x${call})`]);
  expect(stdout.trim()).toBe(`process("${path}").function("globals@${SOURCE}:${lineWith('NOINLINE void globals')}")`);
});

test('a program without debug information has functions at addresses too', async () => {
  const plain = join(folder, 'plain');
  execFileSync('gcc', ['-O2', '-o', plain, SOURCE]);
  const address = /^([0-9a-f]+) T globals$/m.exec(execFileSync('nm', [plain], { encoding: 'utf8' }))?.[1] ?? '';
  const { stdout, stderr } = await stapkit('stapkit', ['-e', `probe process("${plain}").function(0x${address}) { println(pp()) }`, '-c', `sh -c '${plain} 2 >/dev/null'`], { env: { DEBUGINFOD_URLS: '' } });
  expect({ stdout, stderr }).toEqual({ stdout: `process("${plain}").function("globals")\n`.repeat(2), stderr: '' });
});

describe('what is not there is told', () => {
  test.each([
    ['function("no_such_function@variables.c")', "E0461: no function matches 'no_such_function@variables.c'"],
    ['function("main@nothere.c")', "E0461: no source file of "],
    ['function("squared").call', "E0462: 'squared' has no body of its own"],
    ['function("squared").return', "E0462: 'squared' has no body of its own"],
    ['function("main").label("nolabel")', "E0463: 'main' has no label that matches \"nolabel\""],
    ['function("main").callee("atoll")', "E0463: 'main' has no call"],
    ['statement("*@variables.c:1")', 'E0464: no code of '],
    ['statement("main@variables.c:x")', "E0465: 'main@variables.c:x' is not understood"],
    ['statement(0x10)', 'E0438'],
    ['function(0x10)', 'E0438'],
    [WITHIN, 'E0467: no statement begins at 0x'],
    ['function("main").label', "E0421: 'label' takes a text"],
    ['function("main").callees("x")', "E0421: 'callees' takes a number"],
    ['function("main").nosuffix', "has no 'nosuffix'"],
  ])('%s', async (point, message) => {
    const main = BigInt(`0x${/^([0-9a-f]+) T main$/m.exec(execFileSync('nm', [path], { encoding: 'utf8' }))?.[1] ?? ''}`);
    const { stderr, status } = await stapkit('stapkit', ['-p2', '-e', `probe process("${path}").${point.replace('MAIN+1', `0x${(main + 1n).toString(16)}`)} { println(1) }`]);
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  });
});
