/**
 * Command lines and scripts of the project's two seed documents, word for word: the line stands beside its test. `stap` and `staprun`
 * are ours, and so are programs that are named (/bin/ls, varnishd, a.out), in a mount namespace of the test's own; an example's process id,
 * kernel or interrupted line is mended. Scripts on kernel functions run in guests (guests/seeds.part.ts): of both documents all is here or there.
 * Of other programs' commands (yum, git, perf, man -k) stap-prep's place is doctor's (guests, doctor's own tests) and perf record's that of flamegraph.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CHECKOUT, run, type Finished, type RunOptions } from './checkout.js';
import { HELLO_WORLD, IOTIME, PARA_CALLGRAPH, STRACE_OPEN, TCP_TRACE, VARNISH, WHO_SENT_IT } from './seed-scripts.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-seeds-'));
  mkdirSync(join(folder, 'sbin'));
  writeFileSync(join(folder, 'para-callgraph.stp'), PARA_CALLGRAPH);
  for (const [name, text] of [['varnish.stp', VARNISH], ['hello-world.stp', HELLO_WORLD], ['strace-open.stp', STRACE_OPEN], ['iotime.stp', IOTIME], ['tcp_trace.stp', TCP_TRACE], ['who_sent_it.stp', WHO_SENT_IT]] as const) writeFileSync(join(folder, name), text);
  execFileSync('gcc', ['-g', '-O0', '-o', join(folder, 'ls'), join(CHECKOUT, 'testing/programs/ls.c')]);
  execFileSync('gcc', ['-g', '-O1', '-o', join(folder, 'sbin/varnishd'), join(CHECKOUT, 'testing/programs/cache/cache_req_fsm.c')]);
  // A line that a program of a few lines has not.
  writeFileSync(join(folder, 'main.c'), ['#include <stdio.h>', '#line 198', 'int main(void) {', '  int sum = 41;', '  sum++;', '  printf("%d\\n", sum);', '  return 0;', '}', ''].join('\n'));
  execFileSync('gcc', ['-g', '-O0', '-o', 'a.out', 'main.c'], { cwd: folder });
  const executable = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  };
  for (const [name, file] of [['stap', 'stapkit'], ['staprun', 'stapkit-run']] as const) executable(name, `#!/bin/sh\nexec ${process.execPath} ${CHECKOUT}tools/stapkit/bin/${file}.js "$@"\n`);
  executable('sudo', '#!/bin/sh\nexec "$@"\n');
  // What /bin/ls is where open(2) is to be seen, which the C library calls no more.
  executable('opens', `#!/usr/bin/perl\n${OPEN}; print "files\\n"\n`);
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** The document's list of DWARF probe points. */
const DWARF_POINTS = [
  'kernel.function("PATTERN")', 'kernel.function("PATTERN").call', 'kernel.function("PATTERN").callee("PATTERN")', 'kernel.function("PATTERN").callee("PATTERN").return',
  'kernel.function("PATTERN").callee("PATTERN").call', 'kernel.function("PATTERN").callees(3)', 'kernel.function("PATTERN").return', 'kernel.function("PATTERN").inline',
  'kernel.function("PATTERN").label("LPATTERN")', 'module("MPATTERN").function("PATTERN")', 'module("MPATTERN").function("PATTERN").call', 'module("MPATTERN").function("PATTERN").callee("PATTERN")',
  'module("MPATTERN").function("PATTERN").callee("PATTERN").return', 'module("MPATTERN").function("PATTERN").callee("PATTERN").call', 'module("MPATTERN").function("PATTERN").callees(3)',
  'module("MPATTERN").function("PATTERN").return', 'module("MPATTERN").function("PATTERN").inline', 'module("MPATTERN").function("PATTERN").label("LPATTERN")', 'kernel.statement("PATTERN")',
  'kernel.statement("PATTERN").nearest', 'kernel.statement(0x123).absolute', 'module("MPATTERN").statement("PATTERN")', 'process("PATH").function("NAME")', 'process("PATH").statement("*@FILE.c:123")',
  'process("PATH").library("PATH").function("NAME")', 'process("PATH").library("PATH").statement("*@FILE.c:123")', 'process("PATH").library("PATH").statement("*@FILE.c:123").nearest',
  'process("PATH").function("*").return', 'process("PATH").function("myfun").label("foo")', 'process("PATH").function("foo").callee("bar")', 'process("PATH").function("foo").callee("bar").return',
  'process("PATH").function("foo").callee("bar").call', 'process("PATH").function("foo").callees(3)', 'process(12).function("NAME")', 'process(12).function("myfun").label("foo")',
  'process(12).plt("NAME")', 'process(12).plt("NAME").return', 'process(12).statement("*@FILE.c:123")', 'process(12).statement("*@FILE.c:123").nearest', 'process(12).statement(0x123).absolute',
];

/** What the document declares, and what its examples use. */
const DECLARATIONS = `global stat, reserved[4096], foo, a, writes, times, big_keys
function makedev(major, minor)
{
  return major << 20 | minor
}
@define TWICE(x) %( @x * 2 %)
@define ANSWER %( 42 %)`;

/** The document's line; what comes of it; the line in a function. */
const CONSTRUCTS: readonly (readonly [seed: string, expected: string | RegExp, body: string])[] = [
  ['if (EXPR) STATEMENT [else STATEMENT]', 'yes\n', 'if (1 > 2) println("no") else println("yes")'],
  ['while (EXPR) STATEMENT', '3\n', 'n = 0 while (n < 3) n++ println(n)'],
  ['for (A; B; C) STATEMENT', '0\n1\n', 'for (i = 0; i < 2; i++) println(i)'],
  ['# this is a commnet', 'comments\n', '# this is a commnet\n/* this is a commnet */\n// this is a commnet\nprintln("comments")'],
  ['if (uid() > 100)', 'root\n', 'if (uid() > 100) println("user") else println("root")'],
  ['if (execname() == "sed")', 'not sed\n', 'if (execname() == "sed") println("sed") else println("not sed")'],
  ['if (cpu() == 0 && gettimeofday_s() > 1140498000)', /^0 1|[1-9]\d* 0\n$/, 'c = cpu() if (c == 0 && gettimeofday_s() > 1140498000) println(c, " 1") else println(c, " 0")'],
  ['"hello" . " " . "world"', 'hello world\n', 'println("hello" . " " . "world")'],
  ['foo = gettimeofday_s()', /^1\d{9}\n$/, 'one = gettimeofday_s() println(one)'],
  ['bar = "/usr/bin/" . execname()', /^\/usr\/bin\/\S+\n$/, 'bar = "/usr/bin/" . execname() println(bar)'],
  ['c++', '1\n', 'c++ println(c)'],
  ['s = sprint(2345)', '5 2345\n', 's = sprint(2345) println(strlen(s) + 1, " ", s)'],
  ['function makedev(major, minor)', '8388609\n', 'println(makedev(8, 1))'],
  ['global stat[4096]', '3000\n', 'for (i = 0; i < 3000; i++) reserved[i] = i n = 0 foreach (k in reserved) n++ println(n)'],
  ['array_name[key1_1,key1_2] = value', '7\n', 'big_keys[1, "2", 3, "4", 5, 6, 7, 8, 9] = 7 println(big_keys[1, "2", 3, "4", 5, 6, 7, 8, 9])'],
  ['if ([4,"hello"] in foo) { }', 'in\n', 'foo[4, "hello"] = 1 if ([4,"hello"] in foo) { println("in") }'],
  ['delete times[tid()]', '0 1\n', 'times[tid()] = 1 times[-1] = 1 delete times[tid()] println(tid() in times, " ", -1 in times)'],
  ['delete times', '0\n', 'delete times println(-1 in times)'],
  ['foreach (x = [a,b] in foo) { fuss_with(x) }', '1 4 hello\n', 'foreach (x = [p, q] in foo) { println(x, " ", p, " ", q) }'],
  ['foreach ([a,b] in foo+ limit 5) { }', '34567\n', 'for (i = 9; i >= 3; i--) foo[i, "x"] = i delete foo[4, "hello"] foreach ([p, q] in foo+ limit 5) { print(p) } println()'],
  ['foreach ([a-,b] in foo) { }', '9876543\n', 'foreach ([p-, q] in foo) { print(p) } println()'],
  ['a <<< delta_timestamp', '2\n', 'delta_timestamp = 12 a <<< delta_timestamp a <<< 34 println(@count(a))'],
  ['writes[execname()] <<< count', '1\n', 'writes["zsh"] <<< 3 println(@count(writes["zsh"]))'],
  ['@avg(a)', '23\n', 'println(@avg(a))'],
  ['print(@hist_linear(a,0,100,10))', /^value \|-+ count\n(.*\n)*\s+10 \|@ +1\n(.*\n)*\s+30 \|@ +1\n/, 'print(@hist_linear(a,0,100,10))'],
  ['print(@hist_log(writes["zsh"]))', /^value \|-+ count\n(.*\n)*\s+2 \|@ +1\n/, 'print(@hist_log(writes["zsh"]))'],
  ['@define NAME %( BODY %)', '42 42\n', 'println(@ANSWER, " ", @TWICE(21))'],
  ['%( CONDITION %? TRUE-TOKENS %: FALSE-TOKENS %)', 'new\n', '%( kernel_v > "2.6.24" %? println("new") %: println("old") %)\n%( kernel_v < "2.6.24" %? println("old") %)'],
  ['get_cycles()', '1\n', 'println(get_cycles() > 0)'],
];

/** The document's table of functions, and its casts, at a call of the program that is started. */
const CONTEXT = `probe kernel.trace("sys_enter") { if (pid() != target()) next
printf("%d %d %d %s %d %d %d %s %s %s\\n", tid(), pid(), uid(), execname(), cpu(), gettimeofday_s(), get_cycles(), pp(), ppfunc(), $$vars)
println(thread_indent(1))
pointer = task_current(); task = pointer
println(@cast(pointer, "task_struct", "kernel")->parent->tgid == ppid(), " ", @cast(task, "task_struct", "kernel<linux/sched.h>")->tgid == pid())
print_backtrace() print_ubacktrace() exit() }`.replaceAll('\n', ' ');

/** open(2), in perl. */
const OPEN = '$file = "/proc/meminfo"; syscall(2, $file, 0)';

/** `stap` of the documents, with our programs in the places of the system's. */
function stap(command: string, started?: RunOptions['started']): Promise<Finished> {
  const script = [
    `mount --bind ${folder}/ls /usr/bin/ls`,
    `mount --bind ${folder}/sbin /usr/sbin`,
    command,
  ].join('\n');
  return run('unshare', ['--mount', 'sh', '-ec', script], { cwd: folder, timeoutMs: 60_000, env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` }, ...(started === undefined ? {} : { started }) });
}

/** A line that runs until somebody interrupts it, while there is a program that calls open(2): until it has printed what is looked for. */
function interrupted(line: string, found: RegExp, before = ''): Promise<Finished> {
  const opener = `perl -e 'while (kill 0, $ARGV[0]) { ${OPEN}; select undef, undef, undef, 0.05 }' $$ >/dev/null 2>&1 &`;
  let text = '';
  let done = false;
  return stap(`${before}${opener}\nopener=$!\nexec ${line.replace('1585', '$opener')}`, (child) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (done || !found.test(text)) return;
      done = true;
      child.kill('SIGINT');
    });
  });
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

describe('compile here, run there', () => {
  const NAME = 'h2_spdy_stats';
  /** Its text is nowhere to be found. */
  const STATS = 'probe begin { printf("target %d\\n", target()) } probe process("/bin/ls").function("list") { printf("list %d\\n", pid() == target()) }\n';

  test('stap -v -m …, staprun -v /lib/modules/…, staprun -x $pid', async () => {
    writeFileSync(join(folder, 'h2-spdy-stats.stp'), STATS);
    const { stdout, stderr, status } = await stap(`stap -v -m ${NAME} h2-spdy-stats.stp -p 4
# /lib/modules is a folder of this namespace alone
mount -t tmpfs none /mnt; mkdir /mnt/upper /mnt/work; mount -t overlay overlay -o lowerdir=/usr/lib,upperdir=/mnt/upper,workdir=/mnt/work /usr/lib
install -D ${NAME}.o /lib/modules/\`uname -r\`/systemtap/${NAME}.ko
timeout -s INT 100 staprun -v /lib/modules/\`uname -r\`/systemtap/${NAME}.ko > out & while ! grep -qs target out; do sleep 0.1; done; /bin/ls; kill -INT $!; wait; cat out
sleep 1000 & pid=$!
staprun -v -x $pid /lib/modules/\`uname -r\`/systemtap/${NAME}.ko -T 0.01; kill $pid; echo $pid`);
    expect([stdout, status]).toEqual([expect.stringMatching(/^h2_spdy_stats\.o\nles\ntarget 0\n(list 0\n){3}target (\d+)\n\2\n$/), 0]);
    expect(stderr).toMatch(/^Pass 1: parsed user script .*\n(?:Pass [234]: .*\n){3}/);
    expect(stderr).toMatch(/(?:attached by uprobe.*\n){2}$/);
  });

  test('stap -v -r 4.4.0-1-amd64 -m h2_spdy_stats h2-spdy-stats.stp -p 4', async () => {
    // A script on programs is for any kernel; where types of the kernel are wanted, they must be there.
    const { stdout, status } = await stap(`stap -v -r 4.4.0-1-amd64 -m ${NAME} h2-spdy-stats.stp -p 4`);
    expect([stdout, status]).toEqual([`${NAME}.o\n`, 0]);
    const refused = await stap(`stap -r 4.4.0-1-amd64 -p 4 -e 'probe kernel.function("vfs_read") { println($count) }'`);
    expect([refused.stderr, refused.status]).toEqual([expect.stringMatching(/4\.4\.0-1-amd64.*--btf/), 1]);
  });
});

/** A line of a document, and what comes of it. */
interface Line {
  readonly stdout: RegExp | string;
  readonly stderr?: RegExp | string;
  readonly status?: number;
  /** What is there before, and the line as it is run, where it is another. */
  readonly before?: string;
  readonly run?: string;
  /** It waits for a time: the others run meanwhile. */
  readonly waits?: true;
}

/** Probe points of the first table: which points; options; handlers; what comes of them. */
const POINTS: readonly (readonly [points: string, script: string, Omit<Line, 'run'> & { readonly options?: string }])[] = [
  ['begin, end, never, timer.ms(200), timer.profile, kernel.function("no_such_function") ?', 'probe begin { println("begin") } probe end { println("end ", profile > 0) } probe error { println("error") } probe never { println("never") } probe timer.ms(200) { println("timer") exit() } probe timer.profile { profile++ } probe kernel.function("no_such_function") ? { println("?") } global profile',
    { stdout: 'begin\ntimer\nend 1\n' }],
  ['error', 'probe begin { error("it fails") } probe end { println("end") } probe error { println("error") }', { stdout: 'error\n', stderr: /^ERROR: it fails near/, status: 1 }],
  ['kernel.function("sys_open"), module("ext3").statement(0xdeadbeef), kernel.function("sys_read").return.maxactive(10)', 'probe kernel.function("sys_open") { println(1) } probe module("ext3").statement(0xdeadbeef) { println(2) } probe kernel.function("sys_read").return.maxactive(10) { println(3) }',
    { stdout: '', stderr: /error E0426: [^]*similar names: .*'do_sys_open'[^]*error E04\d\d: [^]*error E0426: [^]*'ksys_read'/, status: 1 }],
  ['syscall.close.return, syscall.read.return.maxactive(10)', 'probe syscall.close.return { if (pid() == target() && retstr == "0") closed++ } probe syscall.read.return.maxactive(10) { if (pid() == target()) reads++ } probe end { println(closed > 0, reads > 0) } global closed, reads',
    { options: '-c /bin/ls', stdout: 'les\n11\n', stderr: /^.*warning W0421: '\.maxactive' has no effect/ }],
  ['perf.hw.cache_misses', 'probe perf.hw.cache_misses { println("missed") exit() }', { options: '-T 0.1', stdout: /^(missed\n)*$/, stderr: /^$|no hardware performance counters/, status: NaN }],
  ['procfs("status").read', 'probe procfs("status").read { $value = "told\\n" }', { options: '-m seeds_status -c "cat /run/stapkit/seeds_status/status"', stdout: 'told\n', stderr: /^procfs\("status"\): \/run\/stapkit\/seeds_status\/status\n$/ }],
];

const LINES: ReadonlyMap<string, Line> = new Map<string, Line>([
  ['stp hello-world.stp', { run: 'stap hello-world.stp', stdout: 'hello world!\n' }],
  [`stap -e 'probe begin{ println("Hello"); exit() }'`, { stdout: 'Hello\n' }],
  ['echo "probe timer.s(1) {exit()}" | stap -', { waits: true, stdout: '' }],
  ["stap -p1 -vv -e 'probe begin{}' > /dev/null", { stdout: '', stderr: /^Pass 1: parsed user script and \d+ library scripts in \d+ms\.\n$/ }],
  ["stap example.stp '5+5' mystring", { before: `cat > example.stp <<'END'\nprobe begin { printf("%d, %s\\n", $1, @2) }\nprobe begin(1) { exit() }\nEND`, stdout: '10, mystring\n' }],
  ['sudo stap -DMAXMAPENTRIES=10240 test.stp', { before: `echo 'global a[10240], b probe begin { for (i = 0; i < 10000; i++) b[i] = i; foreach (k in b) n += b[k]; println(n); exit() }' > test.stp`, run: 'sudo stap -DMAXMAPENTRIES=10240 -DMAXACTION_INTERRUPTIBLE=100000 test.stp', stdout: '49995000\n' }],
  ['stap -L "syscall.*"', { stdout: /^(syscall\.\w+(\.return)? name:string .*\n){300,}$/ }],
  ['stap -L "syscall.open"', { stdout: /^syscall\.open name:string __nr:long filename:string .*flags:long .*mode:long argstr:string \$filename:char\* \$flags:int \$mode:umode_t\n$/ }],
  [`stap -L 'kernel.function("inet_csk_accept")'`, { stdout: /^kernel\.function\("inet_csk_accept[^"]*"\) \$sk:struct sock\* .*\n$/ }],
  [`stap -L 'kernel.function("inet_csk_accept").return'`, { stdout: /^kernel\.function\("inet_csk_accept[^"]*"\)\.return \$return:struct sock\* \$sk:struct sock\* .*\n$/ }],
  [`stap -L 'kernel.trace("net*")'`, { stdout: /^(kernel\.trace\("net[^"]*"\) \$\w+:.*\n){5,}$/ }],
  [`stap  -vv -e 'probe syscall.open {printf("name: %s args: %s\\n", name, argstr)}' -c "/bin/ls"`, { before: 'mount --bind opens /usr/bin/ls', stdout: /^(files\n|name: open args: .*\n)*name: open args: "\/proc\/meminfo", O_RDONLY\n/, stderr: /^Pass 1: .*\n/ }],
  ['stap strace-open.stp', { waits: true, before: `perl -e 'while (kill 0, $ARGV[0]) { ${OPEN}; select undef, undef, undef, 0.2 }' $$ >/dev/null 2>&1 &`, stdout: /^perl\(\d+\) open \("\/proc\/meminfo", O_RDONLY\)\n/m }],
  ['iotime.stp', { run: 'stap iotime.stp -c ./missing', before: `printf '#!/usr/bin/perl\\n${OPEN.replace('proc', 'nowhere')}\\n' > missing; chmod 755 missing`, stdout: /^filehandles\[\d+,-2\]="\/nowhere\/meminfo"$/m }],
  // Of the test's own packets alone.
  ['who_sent_it.stp', { run: `stap -G the_dport=54321 who_sent_it.stp -c 'bash -c "echo hello > /dev/udp/127.0.0.1/54321"'`, stdout: /^bash\[\d+\] sent packet to 127\.0\.0\.1:54321\n$/ }],
  ['tcp_trace.stp', { run: 'stap -p4 -m tcp_trace tcp_trace.stp', stdout: 'tcp_trace.o\n' }],
  ['function <name>:<type> ( <arg1>:<type>, ... ) %{ <C_stmts> %}', { run: `stap -e 'function one:long (n:long) %{ STAP_RETVALUE = 1; %} probe begin { println(one(1)) }'`, stdout: '', stderr: /E0318: function 'one' has an embedded C body, which cannot be translated to BPF/, status: 1 }],
  ...POINTS.map(([points, script, { options = '', ...line }]): [string, Line] => [points, { ...line, run: `stap ${options} -e '${script}'` }]),
]);

/** Lines that run until they are interrupted, and what they print of a program that calls open(2). */
const ENDLESS: readonly (readonly [line: string, printed: RegExp, mended?: string])[] = [
  [`stap  -vv -e 'probe syscall.open {printf("name: %s args: %s [var: %s parms: %s]\\n", name, argstr, $$vars, $$parms)}'`, /name: open args: "\/proc\/meminfo", O_RDONLY \[var: filename=0x[0-9a-f]+ flags=0x0 mode=0x[0-9a-f]+ parms: filename=0x[0-9a-f]+ flags=0x0 mode=0x[0-9a-f]+\]/],
  [`stap -e 'probe syscall.open{printf("argstr is %s, __nr is %d\\n", argstr, __nr)}'`, /argstr is "\/proc\/meminfo", O_RDONLY, __nr is 2/],
  [`stap -e 'probe syscall.open{printf("filename is %s, name is %s, flags is 0x%x, mode is 0x%x\\n", filename, name, flags, mode)}'`, /filename is "\/proc\/meminfo", name is open, flags is 0x0, mode is 0x[0-9a-f]+/],
  [`stap -e 'probe syscall.open{printf("filename is 0x%x, $flags is 0x%x, $mode is 0x%x\\n", $filename, $flags, $mode)}'`, /filename is 0x[0-9a-f]+, \$flags is 0x0, \$mode is 0x[0-9a-f]+/],
  [`stap  -x 1585 -vv -e 'probe syscall.open {if (target() == pid()) {printf("name: %s args: %s\\n", name, a`, /^name: open args: "\/proc\/meminfo", O_RDONLY$/m, `rgstr)}}'`],
];

const runLine = (seed: string, { run: command = seed, before = '' }: Line): Promise<Finished> => stap(`${before}\n${command}`);
const waiting = new Map<string, Promise<Finished>>();
beforeAll(() => { for (const [seed, line] of LINES) if (line.waits) waiting.set(seed, runLine(seed, line)); });

test.each([...LINES].sort(([, one], [, other]) => Number(one.waits ?? false) - Number(other.waits ?? false)))('%s', async (seed, line) => {
  const { stdout, stderr = '', status = 0 } = line;
  const finished = await (waiting.get(seed) ?? runLine(seed, line));
  if (typeof stdout === 'string') expect(finished.stdout).toBe(stdout);
  else expect(finished.stdout).toMatch(stdout);
  if (typeof stderr === 'string') expect(finished.stderr).toBe(stderr);
  else expect(finished.stderr).toMatch(stderr);
  if (!Number.isNaN(status)) expect(finished.status).toBe(status);
});

test.each(ENDLESS)('%s', async (line, printed, mended = '') => {
  const { stdout, stderr, status } = await interrupted(`${line}${mended}`, printed);
  expect(stdout).toMatch(printed);
  expect([status, /ERROR|error/.test(stderr)]).toEqual([0, false]);
});

test('the list of probe points that need debug information is of this language', async () => {
  const { stdout, stderr, status } = await run(process.execPath, [`${CHECKOUT}tools/stapkit/bin/stapkit.js`, '-p1', '-e', `probe ${DWARF_POINTS.join(', ')} { println(pp()) }`]);
  expect([stderr, status]).toEqual(['', 0]);
  const [, list = ''] = /^probe (.*) \{$/m.exec(stdout) ?? [];
  expect(list.split('", ')).toHaveLength(DWARF_POINTS.join(', ').split('", ').length);
});

describe('constructs', () => {
  let printed: ReadonlyMap<string, string>;
  beforeAll(async () => {
    const rows = CONSTRUCTS.map(([, , body], index) => `function construct_${index}() { ${body} }`);
    const file = join(folder, 'constructs.stp');
    writeFileSync(file, `${DECLARATIONS}\n${rows.join('\n')}\nprobe begin { ${CONSTRUCTS.map((_, index) => `println("row ${index}") construct_${index}()`).join('\n')} exit() }\n`);
    const { stdout, stderr, status } = await stap(`stap --no-global-var-display ${file}`);
    expect([stderr, status]).toEqual(['', 0]);
    printed = new Map(stdout.split(/^row /m).slice(1).map((text) => [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n') + 1)]));
  });

  test.each(CONSTRUCTS.map((row, index) => [row[0], index, row[1]] as const))('%s', (_seed, index, expected) => {
    const text = printed.get(String(index)) ?? '';
    if (typeof expected === 'string') expect(text).toBe(expected);
    else expect(text).toMatch(expected);
  });
});

test('functions that tell of the event; @cast of the kernel\'s types', async () => {
  const { stdout, stderr, status } = await stap(`stap -e '${CONTEXT}' -c "sleep 0.1"`);
  expect([stderr.replace(/^WARNING: \d+ user addresses without a name.*\n/m, ''), status]).toEqual(['', 0]);
  expect(stdout).toMatch(/^(\d+) \1 0 \S+ \d+ 1\d{9} \d+ kernel\.trace\("[\w:]+"\) \S* regs=0x[0-9a-f]+ id=0x[0-9a-f]+\n +0 \S+\(\d+\):\n1 1\n( 0x[0-9a-f]+ .*\n){3,}$/);
});
