/** What happens to processes: begins, ends, threads and system calls; which processes are meant; their libraries. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run, stapkit } from './checkout.js';
import { buildPrograms, type Programs } from './programs.js';

let programs: Programs;
let forks: string;
beforeAll(() => {
  programs = buildPrograms(['forks', 'calls']);
  forks = programs.path('forks');
});
afterAll(() => { programs.remove(); });

/** Counts of forks.c and of what it starts, without its own output. */
async function counts(script: string, command = forks): Promise<string[]> {
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', script, '-c', command]);
  expect([stderr, status]).toEqual(['', 0]);
  return stdout.trim().split('\n').filter((line) => !line.startsWith('pid ')).sort();
}

const EVENTS = (where: string): string => `global n
probe ${where}.begin { n["begin", execname(), pid() == tid()]++ } probe ${where}.end { n["end", execname(), 1]++ }
probe ${where}.thread.begin { n["thread begin", execname(), pid() != tid()]++ } probe ${where}.thread.end { n["thread end", execname(), pid() != tid()]++ }
probe end { foreach ([what, name, ok] in n) printf("%s %s %d %d\\n", what, name, ok, n[what, name, ok]) }`;

test('begins and ends of the processes that run a program, and of their threads', async () => {
  expect(await counts(EVENTS(`process("${forks}")`))).toEqual(['begin forks 1 4', 'end forks 1 3', 'thread begin forks 1 3', 'thread end forks 1 3']);
});

test('without a path: the target and what it starts', async () => {
  expect(await counts(EVENTS('process'))).toEqual(['begin forks 1 4', 'begin true 1 1', 'end forks 1 3', 'end true 1 1', 'thread begin forks 1 3', 'thread end forks 1 3']);
});

test('a wildcard is each of its programs', async () => {
  expect(await counts(`global n probe process("${forks.slice(0, -2)}*").end { n[pp()]++ } probe end { foreach (p in n) println(p, " ", n[p]) }`)).toEqual([`process("${forks}").end 3`]);
});

test('system calls with number, arguments and result', async () => {
  const script = 'probe process.syscall { if ($syscall == 61) printf("wait4 %d %d %s\\n", $arg1 > 0, $arg3, $$vars) } probe process.syscall.return { if ($syscall == 61) printf("= %d %s\\n", $return > 0, $$return) }';
  const lines = await counts(script);
  expect(lines.filter((line) => line.startsWith('='))).toHaveLength(3);
  for (const line of lines) expect(line).toMatch(/^(wait4 1 0 syscall=0x3d arg1=0x[0-9a-f]+ arg2=0x[0-9a-f]+ arg3=0x0 arg4=0x0 arg5=0x[0-9a-f]+ arg6=0x[0-9a-f]+|= 1 return=0x[0-9a-f]+)$/);
});

test('system calls of the program are those that strace counts', async () => {
  // mprotect, munmap, write, clone, wait4, clone3
  const numbers = [10, 11, 1, 56, 61, 435];
  const script = `global n probe process("${forks}").syscall { if (${numbers.map((number) => `$syscall == ${number}`).join(' || ')}) n++ } probe end { println(n) }`;
  const total = async (command: string): Promise<number> => {
    const { stderr } = await run('strace', ['-f', '-c', '-e', 'trace=mprotect,munmap,write,clone,wait4,clone3', command]);
    // % time, seconds, usecs/call, calls, errors if any, syscall
    return Number(/ total$/m.test(stderr) ? stderr.split('\n').find((line) => line.endsWith(' total'))?.trim().split(/ +/)[3] : undefined);
  };
  // The last of the forks goes on as /bin/true, which is another program.
  const [counted] = await counts(script);
  expect(Number(counted)).toBe(await total(forks) - await total('/bin/true'));
});

test('a process that is there already: its begin is told, its end is seen', async () => {
  const sleeper = spawn('sleep', ['100'], { stdio: 'ignore' });
  const script = 'probe process("sleep").begin { printf("%s %d %d\\n", execname(), pid() == target(), uid()); system(sprintf("kill %d", pid())) } probe process.end { printf("end %s %d\\n", execname(), pid() == target()); exit() }';
  const { stdout, status } = await stapkit('stapkit', ['-e', script, '-x', String(sleeper.pid)]);
  expect({ stdout, status }).toEqual({ stdout: `sleep 1 ${process.getuid?.() ?? 0}\nend sleep 1\n`, status: 0 });
});

test('process(PID) is one process, and ends with it', async () => {
  const sleepers = [spawn('sleep', ['100'], { stdio: 'ignore' }), spawn('sleep', ['100'], { stdio: 'ignore' })];
  const [pid, other] = sleepers.map((one) => one.pid ?? 0);
  const script = `probe process(${pid}).begin { println("begin ", pid()); system("kill ${other} ${pid}") } probe process(${pid}).end { println("end ", pid()); exit() }`;
  const { stdout } = await stapkit('stapkit', ['-e', script]);
  expect(stdout).toBe(`begin ${pid}\nend ${pid}\n`);
});

test('functions of a program are probed in the target and what it starts, and nowhere else', async () => {
  const calls = programs.path('calls');
  const others: ChildProcess[] = [];
  const script = `global n probe process("${calls}").function("probed") { n++ } probe begin { system("${calls} 50 > /dev/null; kill -INT $PPID"); for (i = 0; i < 300000; i++) x ^= i; if (x == 5) println(x) } probe end { println(n) }`;
  // What a begin probe starts runs when all is armed, however long the probe goes on.
  const long = ['-DMAXACTION=1000000'];
  const [mine] = await counts(`global n probe process("${calls}").function("probed") { n++ } probe end { println("n ", n) }`, `sh -c '${calls} 3 > /dev/null; ${calls} 4 > /dev/null'`);
  expect(mine).toBe('n 7');
  const { stdout } = await stapkit('stapkit', [...long, '-e', script, '-x', String(process.pid)]);
  expect(stdout).toBe('50\n');
  const elsewhere = spawn('sleep', ['100'], { stdio: 'ignore' });
  others.push(elsewhere);
  const { stdout: none } = await stapkit('stapkit', [...long, '-e', script, '-x', String(elsewhere.pid)]);
  expect(none).toBe('0\n');
  for (const one of others) one.kill();
});

test("a library's functions are probed in that program alone", async () => {
  const script = `global n probe process("${forks}").library("libc.so.6").function("getppid") { n[execname()]++ } probe end { foreach (e in n) println(e, " ", n[e]) }`;
  expect(await counts(script, `sh -c '${forks} > /dev/null; python3 -c "import os; os.getppid()"'`)).toEqual(['forks 1']);
});

test('calls through the procedure linkage table, and their returns', async () => {
  const script = `global n probe process("${forks}").plt("*fork") { n[$$name]++ } probe process("${forks}").plt("getppid").return { printf("= %d\\n", returnval() > 0) } probe end { foreach (name in n) println(name, " ", n[name]) }`;
  expect(await counts(script)).toEqual(['= 1', 'fork 3']);
});

test('stubs are where objdump sees them', async () => {
  const { stdout } = await stapkit('stapkit', ['-l', `process("${forks}").plt`]);
  const listed = stdout.trim().split('\n').map((line) => /\.plt\("(.*)"\)$/.exec(line)?.[1]);
  const objdump = execFileSync('objdump', ['-d', '-j', '.plt', '-j', '.plt.got', forks], { encoding: 'utf8' });
  const names = [...objdump.matchAll(/<(\w+)@plt>:/g)].map(([, name]) => name);
  expect(listed).toEqual([...new Set(names)].sort());
});

test('a process in a mount namespace of its own, with a program that is not here', async () => {
  const folder = forks.replace(/\/[^/]*$/, '/container');
  mkdirSync(folder, { recursive: true });
  copyFileSync(programs.path('calls'), `${folder}/../inside`);
  // The program is copied to a tmpfs that only the new namespace sees, and waits there until it is told to start.
  writeFileSync(`${folder}/../enter.sh`, `mount -t tmpfs none ${folder} && cp ${folder}/../inside ${folder}/inside && rm ${folder}/../inside && exec ${folder}/inside 1000 20\n`);
  const child = spawn('unshare', ['--mount', 'sh', `${folder}/../enter.sh`], { stdio: ['ignore', 'ignore', 'inherit'] });
  const comm = (): string => { try { return readFileSync(`/proc/${child.pid ?? 0}/comm`, 'latin1').trim(); } catch { return ''; } };
  while (comm() !== 'inside') await new Promise((resolve) => setTimeout(resolve, 10));
  const script = `probe process(${child.pid ?? 0}).function("probed") { printf("%s %s %d\\n", pp(), execname(), long_arg(1) >= 0); exit() }`;
  const { stdout, stderr } = await stapkit('stapkit', ['-e', script]);
  const target = await stapkit('stapkit', ['-x', String(child.pid ?? 0), '-e', 'probe process.function("probed") { println(pp(), " ", execname()); exit() }']);
  child.kill();
  expect({ stdout, stderr }).toEqual({ stdout: `process(${child.pid ?? 0}).function("probed") inside 1\n`, stderr: '' });
  expect([target.stdout, target.stderr]).toEqual([`process("${folder}/inside").function("probed") inside\n`, '']);
});
