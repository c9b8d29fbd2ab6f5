/** Stacks of a program whose calls are known, of the kernel, and names that are hard to come by. */
import { copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CHECKOUT, stapkit } from './checkout.js';
import { buildPrograms, type Programs } from './programs.js';

let programs: Programs;
let chain = '';
beforeAll(() => {
  programs = buildPrograms(['chain']);
  chain = programs.path('chain');
});
afterAll(() => { programs.remove(); });

async function output(script: string, command: string): Promise<string> {
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', script, '-c', command], { timeoutMs: 20_000 });
  // A walk by frame pointers through a library without them can end at an address that is in no function; that is said.
  expect([stderr.replace(/^WARNING: \d+ user address(es)? without a name: .*\n/m, ''), status]).toEqual(['', 0]);
  return stdout;
}

test('a program that has ended when its stacks are printed', async () => {
  const stdout = await output(`global kept, seen
    probe process("${chain}").function("probed") {
      kept = ubacktrace(); seen[sprint_ubacktrace()]++
      print_ubacktrace(); print_ubacktrace_brief(); print_ubacktrace_fileline(); println(usymname(uaddr()), " ", umodname(uaddr()), " ", usymfileline(uaddr()), " ", usymname(ustack(1))); print_ustack(kept)
    }
    probe end { print("kept\\n"); print_ustack(kept); foreach (s in seen) print(s, "seen ", seen[s], "\\n") }`, chain);
  const [handler = '', end = ''] = stdout.split('kept\n');
  const lines = handler.split('\n');
  const full = lines.slice(0, 4).join('\n');
  expect(full).toMatch(new RegExp(`^ 0x[0-9a-f]+ : probed\\+0x0/0x[0-9a-f]+ \\[${chain}\\]\n 0x[0-9a-f]+ : middle\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[${chain}\\]\n.* : outer\\+.*\n.* : main\\+.*$`));
  expect(lines[4]).toMatch(/^ 0x[0-9a-f]+ : __libc_start_call_main\+.* \[.*\/libc\.so\.6\]$/);
  expect(handler).toMatch(/\nprobed\+0x0\nmiddle\+0x[0-9a-f]+\nouter\+/);
  expect(handler).toMatch(/ : probed\+0x0\/0x[0-9a-f]+ at \S+\/chain\.c:11 \[\S+\/chain\]\n.* : middle\+\S+ at \S+\/chain\.c:\d+ /);
  expect(handler).toMatch(new RegExp(`\nprobed ${chain} .*/chain\\.c:11 middle\n`));
  // The text that a key stands for, and the addresses in a global, mean the same in the end probe.
  expect(end.startsWith(`${full}\n`)).toBe(true);
  expect(end).toContain('probed+0x0 [chain]\nmiddle+');
  expect(end).toContain('seen 1\n');
});

test('a program whose file is deleted while it runs', async () => {
  const copy = join(dirname(chain), 'gone');
  copyFileSync(chain, copy);
  const stdout = await output('global s probe timer.profile { if (execname() == "gone") s[sprint_ubacktrace()] <<< 1 } probe end { foreach (k in s- limit 1) print(k) }', `sh -c '${copy} 0.5 & sleep 0.2; rm ${copy}; wait'`);
  expect(stdout).toMatch(new RegExp(`^inner\\+0x[0-9a-f]+ \\[gone\\]\nmiddle\\+.*\nouter\\+.*\nmain\\+`));
});

test('code that node made, by its perf map', async () => {
  const work = 'function hotFunction(n) { let s = 0; for (let i = 0; i < n; i++) s = (s * 31 + i) | 0; return s } const end = Date.now() + 700; while (Date.now() < end) hotFunction(1e6)';
  const stdout = await output('global s probe timer.profile { if (pid() == target() && user_mode()) s[usymname(uaddr())] <<< 1 } probe end { foreach (k in s- limit 1) println(k) }', `${process.execPath} --perf-basic-prof -e "${work}"`);
  expect(stdout).toMatch(/^JS:[*^~]hotFunction /);
}, 20_000);

test('the kernel\'s stack in a tracepoint, from the function that has it', async () => {
  const stdout = await output('global n, s probe kernel.trace("sched_switch") { if (pid() != target()) next; s[backtrace()]++; if (!n++) { println(symname(caller_addr())); print_backtrace() } } probe end { foreach (k in s-) println(sprint_stack(k)) }', 'sleep 0.1');
  // Whoever is switched away called __schedule, by way of schedule() or of a point where it may be; sleep is by schedule() at least once.
  const [, caller] = /^(\S+)\n 0x[0-9a-f]+ : __schedule\+0x[0-9a-f]+\/0x[0-9a-f]+ \[kernel\]\n 0x[0-9a-f]+ : (\w+)\+0x[0-9a-f]+\/0x/.exec(stdout)?.slice(1) ?? [];
  expect(stdout.split('\n')[0]).toBe(caller);
  expect(stdout).toMatch(/\n 0x[0-9a-f]+ : __schedule\+0x[0-9a-f]+\/0x[0-9a-f]+ \[kernel\]\n 0x[0-9a-f]+ : schedule\+/);
});

test('the sampler of flame graphs: folded stacks', async () => {
  const { stdout, status } = await stapkit('stapkit', ['-w', '-DMAXBACKTRACE=127', '-DMAXSTRINGLEN=4096', '-G', 'the_comm=chain', join(CHECKOUT, 'tools/flamegraph/flamegraph.stp'), '-c', `${chain} 0.7`], { timeoutMs: 20_000 });
  expect(status).toBe(0);
  const lines = [...stdout.matchAll(/^(\S+) (\d+)$/gm)].map(([, stack = '', count = '0']) => ({ stack, count: Number(count) }));
  const sum = (some: typeof lines): number => some.reduce((total, { count }) => total + count, 0);
  expect(lines).toHaveLength(stdout.trimEnd().split('\n').length);
  expect(sum(lines)).toBeGreaterThan(20);
  expect(sum(lines.filter(({ stack }) => /^chain;(?:[^;]+;)?__libc_start_call_main;main;outer;middle;inner(?:;|$)/.test(stack))) / sum(lines)).toBeGreaterThan(0.85);
});

test('begin and end have no stack', async () => {
  expect(await output('probe begin { print("[", backtrace(), ubacktrace(), "]"); print_backtrace(); println(symname(addr())) exit() }', 'true')).toBe('[]0x0\n');
});
