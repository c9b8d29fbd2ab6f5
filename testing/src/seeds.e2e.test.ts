/**
 * Command lines and scripts of the project's seed documents, word for word, on user-space programs of this machine. Programs that
 * they name (/bin/ls, varnishd, a.out) are ours, put in those places in a mount namespace of the test's own.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CHECKOUT, run, type Finished } from './checkout.js';
import { PARA_CALLGRAPH, VARNISH } from './seed-scripts.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-seeds-'));
  mkdirSync(join(folder, 'sbin'));
  writeFileSync(join(folder, 'para-callgraph.stp'), PARA_CALLGRAPH);
  writeFileSync(join(folder, 'varnish.stp'), VARNISH);
  execFileSync('gcc', ['-g', '-O0', '-o', join(folder, 'ls'), join(CHECKOUT, 'testing/programs/ls.c')]);
  execFileSync('gcc', ['-g', '-O1', '-o', join(folder, 'sbin/varnishd'), join(CHECKOUT, 'testing/programs/cache/cache_req_fsm.c')]);
  // A line that a program of a few lines has not.
  writeFileSync(join(folder, 'main.c'), ['#include <stdio.h>', '#line 198', 'int main(void) {', '  int sum = 41;', '  sum++;', '  printf("%d\\n", sum);', '  return 0;', '}', ''].join('\n'));
  execFileSync('gcc', ['-g', '-O0', '-o', 'a.out', 'main.c'], { cwd: folder });
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** `stap` of the documents, with our programs in the places of the system's. */
function stap(command: string): Promise<Finished> {
  const script = [
    `mount --bind ${folder}/ls /usr/bin/ls`,
    `mount --bind ${folder}/sbin /usr/sbin`,
    `stap() { ${process.execPath} ${CHECKOUT}tools/stapkit/bin/stapkit.js "$@"; }`,
    command,
  ].join('\n');
  return run('unshare', ['--mount', 'sh', '-ec', script], { cwd: folder, timeoutMs: 60_000, env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` } });
}

describe('para-callgraph', () => {
  const COMMAND = `stap para-callgraph.stp 'process("/bin/ls").function("*")' 'process("/bin/ls").function("main")' -c "/bin/ls > /dev/null"`;
  /** A trace line without its time and thread: "   0 ls(123):  ->f x=0x1" */
  const shape = (line: string): string => line.replace(/^ *\d+ ls\(\d+\):/, '').replace(/0x[0-9a-f]{6,}/g, 'POINTER');
  const GRAPH = [
    '->main argc=0x1 argv=POINTER',
    ' ->list name=POINTER depth=0x2',
    '  ->list name=POINTER depth=0x1',
    '   ->list name=POINTER depth=0x0',
    '   <-list ',
    '  <-list ',
    ' <-list ',
    ' ->quote style=0x1',
    ' <-quote return=0x2',
  ];

  test('the graph of a program, from the call of main to its return', async () => {
    const { stdout, stderr, status } = await stap(COMMAND);
    expect([stderr, status]).toEqual(['', 0]);
    const lines = stdout.split('\n').filter((line) => line !== '').map(shape);
    // At main, the handlers that set and clear the flag come first in the script: its call is seen, its return is not.
    expect(lines).toEqual(GRAPH);
  });

  test('times rise, and are of the thread\'s first call on', async () => {
    const { stdout } = await stap(COMMAND.replace(` 'process("/bin/ls").function("main")'`, ''));
    const times = stdout.split('\n').filter((line) => line !== '').map((line) => Number(/^ *(\d+) ls\(\d+\):/.exec(line)?.[1]));
    expect(times).toHaveLength(10);
    expect(times[0]).toBe(0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});

test('a statement of a program, with its structures: varnish', async () => {
  const { stdout, stderr, status } = await stap('stap varnish.stp -c /usr/sbin/varnishd');
  expect([stderr, status]).toEqual(['', 0]);
  const lines = stdout.split('\n');
  const [pid, ...headers] = lines.filter((line) => !line.startsWith('pid:') && line !== '');
  // The program prints its process and, of responses with status 200, both lengths.
  expect(headers).toEqual(['1000 -> 990', '3000 -> 2970']);
  const probed = lines.filter((line) => line.startsWith('pid:'));
  const expected = headers.map((header) => new RegExp(`^pid: ${pid ?? ''} time: \\d{10} func: cnt_vdp -> CL: ${header}$`));
  expect(probed).toHaveLength(expected.length);
  expected.forEach((one, index) => { expect(probed[index]).toMatch(one); });
});

describe('kernel.function("*@net/socket.c") on a kernel without debug information', () => {
  test('-l lists functions that this kernel has, and says whose table it was', async () => {
    const { stdout, stderr, status } = await stap(`stap -l 'kernel.function("*@net/socket.c")'`);
    expect(status).toBe(0);
    expect(stderr).toMatch(/warning W0422: the functions of '\*@net\/socket\.c' are known from kernel \d+\.\d+\S+, the nearest to \S+ that is in the table: \d+ of its \d+ are in this one/);
    const names = stdout.trim().split('\n').map((line) => /^kernel\.function\("(\w+)@net\/socket\.c"\)$/.exec(line)?.[1] ?? line);
    const symbols = new Set(readFileSync('/proc/kallsyms', 'latin1').split('\n').flatMap((line) => (/^\S+ [tw] \S+$/i.test(line) ? [line.split(' ')[2] ?? ''] : [])));
    expect(names.filter((name) => !symbols.has(name))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(['sock_ioctl', '__sys_connect', 'sock_release']));
  });

  test('-L has their parameters', async () => {
    const { stdout } = await stap(`stap -L 'kernel.function("sock_i*@socket.c")'`);
    expect(stdout).toContain('kernel.function("sock_ioctl@net/socket.c") $file:struct file* $cmd:unsigned int $arg:long unsigned int\n');
  });
});

test('process("a.out").statement("*@main.c:200")', async () => {
  const { stdout, stderr, status } = await stap(`stap -e 'probe process("a.out").statement("*@main.c:200") { println(ppfunc(), " ", $$locals) }' -c a.out`);
  expect([stderr, status]).toEqual(['', 0]);
  expect(stdout.trim().split('\n').sort()).toEqual(['42', 'main sum=0x29']);
});

test('@entry(gettimeofday_us()): the time that a function took', async () => {
  const { stdout, stderr, status } = await stap(`stap -e 'probe process("/bin/ls").function("quote").return { println( gettimeofday_us() - @entry(gettimeofday_us()) ) }' -c "/bin/ls > /dev/null"`);
  expect([stderr, status]).toEqual(['', 0]);
  expect(stdout).toMatch(/^\d{1,6}\n$/);
});

test('the documents\' slip of the pen is told', async () => {
  const { stderr, status } = await stap(`stap -p2 -e 'probe process("/bin/ls").function("quote").return { println( get_timeofday_us() - @entry(get_timeofday_us()) ) }'`);
  expect(status).toBe(1);
  expect(stderr).toContain("'gettimeofday_us'");
});

test('@cast(tv, "timeval", "<sys/time.h>")', async () => {
  const source = '#include <sys/time.h>\\n__attribute__((noinline)) void show(void *tv) { __asm__ volatile("" : : "r"(tv) : "memory"); }\\nint main(void) { struct timeval tv = { 1700000000, 42 }; show(&tv); return 0; }';
  const { stdout, stderr, status } = await stap(`printf '${source}' > tv.c; gcc -O1 -o tv tv.c
stap -e 'probe process("./tv").function("show") { tv = pointer_arg(1); println(@cast(tv, "timeval", "<sys/time.h>")->tv_sec, " ", @cast(tv, "timeval", "<sys/time.h>")->tv_usec) }' -c ./tv`);
  expect([stderr, status]).toEqual(['', 0]);
  expect(stdout).toBe('1700000000 42\n');
});
