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

/** What a handler prints of a function of the tapset, and how: stap's format. */
type Row = readonly [statement: string, format: string];
const rows = (table: readonly Row[]): string => table.map(([statement], index) => `print("<${index}>"); ${statement}; print("</${index}>\\n")`).join('\n');
/** @param names stand for {NAME} in the formats, where ADDR is an address in hex and PLACE is function+offset/size */
function expectRows(text: string, table: readonly Row[], names: Readonly<Record<string, string>>): void {
  const printed = table.map(([statement], index) => [statement, new RegExp(`<${index}>([^]*?)</${index}>`).exec(text)?.[1] ?? 'nothing']);
  const formats = table.map(([statement, format]) => {
    const literal = format.replace(/\{(\w+)\}/g, (_, name: string) => names[name] ?? '?').replace(/[[\]().+*"]/g, '\\$&').replaceAll('ADDR', '0x[0-9a-f]+').replaceAll('OFFSET', '0x[0-9a-f]+').replaceAll('REST', '[^]*');
    return [statement, expect.stringMatching(new RegExp(`^${literal}$`))];
  });
  expect(printed).toEqual(formats);
}

const USER_ROWS: readonly Row[] = [
  ['print(sprint_ustack(ubacktrace()))', ' ADDR : probed+0x0/OFFSET [{chain}]\n ADDR : inner+OFFSET/OFFSET [{chain}]\n ADDR : middle+REST\n ADDR : outer+REST\n ADDR : main+REST'],
  ['print(sprint_ubacktrace())', 'probed+0x0 [chain]\ninner+OFFSET [chain]\nmiddle+OFFSET [chain]\nouter+OFFSET [chain]\nmain+REST'],
  ['print(ubacktrace())', 'ADDR ADDR ADDR ADDR REST'], ['print(ucallers(2))', 'ADDR ADDR '], ['printf("0x%x", ucaller_addr())', 'ADDR'],
  ['print_usyms(ucallers(2))', ' ADDR : probed+0x0/OFFSET [{chain}]\n ADDR : inner+OFFSET/OFFSET [{chain}]\n'], ['print(sprint_usyms(ucallers(1)))', ' ADDR : probed+0x0/OFFSET [{chain}]\n'],
  ['print(usymdata(uaddr()))', 'probed+0x0/OFFSET [{chain}]'], ['print(usymdata(ucaller_addr()))', 'inner+OFFSET/OFFSET [{chain}]'], ['print(usymname(16), " ", usymdata(16), " ", usymfileline(16))', '0x10 0x10 0x10'],
  ['print(usymfile(uaddr()))', 'REST/chain.c'], ['print(usymline(uaddr()))', '11'], ['print(addr() == uaddr())', '1'], ['printf("0x%x", uaddr())', 'ADDR'],
  ['print(pp())', 'process("{chain}").function("probed@REST/chain.c:REST")'], ['print(pn() == pp())', '1'], ['print(ppfunc(), " ", probefunc(), " ", probemod())', 'probed probed {chain}'], ['print(umodname(uaddr()))', '{chain}'],
];
const KERNEL_ROWS: readonly Row[] = [
  ['print(sprint_backtrace())', '__schedule+OFFSET [kernel]\n{caller}+OFFSET [kernel]\nREST'], ['print(backtrace())', 'ADDR ADDR REST '], ['print(callers(2))', 'ADDR ADDR '],
  ['print_stack(callers(2))', ' ADDR : __schedule+OFFSET/OFFSET [kernel]\n ADDR : {caller}+OFFSET/OFFSET [kernel]\n'], ['print(sprint_stack(callers(1)))', ' ADDR : __schedule+OFFSET/OFFSET [kernel]\n'],
  ['print_syms(callers(1))', ' ADDR : __schedule+OFFSET/OFFSET [kernel]\n'], ['print(sprint_syms(callers(1)))', ' ADDR : __schedule+OFFSET/OFFSET [kernel]\n'],
  ['print(caller())', '{caller} ADDR'], ['printf("0x%x", caller_addr())', 'ADDR'], ['print(symname(stack(0)), " ", symname(16), " ", symdata(16))', '__schedule 0x10 0x10'], ['print(symdata(caller_addr()))', '{caller}+OFFSET/OFFSET [kernel]'],
  ['print(modname(caller_addr()))', 'kernel'], ['print(symfile(caller_addr()), " ", symline(caller_addr()), " ", symfileline(caller_addr()))', 'ADDR ADDR ADDR'], ['print(pp(), probefunc(), ppfunc())', '{point}'],
];

test('a program that has ended when its stacks are printed', async () => {
  const stdout = await output(`global kept, seen
    probe process("${chain}").function("probed") {
      kept = ubacktrace(); seen[sprint_ubacktrace()]++
      print_ubacktrace(); print_ubacktrace_brief(); print_ubacktrace_fileline(); println(usymname(uaddr()), " ", umodname(uaddr()), " ", usymfileline(uaddr()), " ", usymname(ustack(1))); print_ustack(kept)
      ${rows(USER_ROWS)}
    }
    probe end { print("kept\\n"); print_ustack(kept); foreach (s in seen) print(s, "seen ", seen[s], "\\n") }`, chain);
  const [handler = '', end = ''] = stdout.split('kept\n');
  const lines = handler.split('\n');
  const full = lines.slice(0, 5).join('\n');
  expect(full).toMatch(new RegExp(`^ 0x[0-9a-f]+ : probed\\+0x0/0x[0-9a-f]+ \\[${chain}\\]\n 0x[0-9a-f]+ : inner\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[${chain}\\]\n.* : middle\\+.*\n.* : outer\\+.*\n.* : main\\+.*$`));
  expect(lines[5]).toMatch(/^ 0x[0-9a-f]+ : __libc_start_call_main\+.* \[.*\/libc\.so\.6\]$/);
  expect(handler).toMatch(/\nprobed\+0x0\ninner\+0x[0-9a-f]+\nmiddle\+0x[0-9a-f]+\nouter\+/);
  expect(handler).toMatch(/ : probed\+0x0\/0x[0-9a-f]+ at \S+\/chain\.c:11 \[\S+\/chain\]\n.* : inner\+\S+ at \S+\/chain\.c:\d+ /);
  expect(handler).toMatch(new RegExp(`\nprobed ${chain} .*/chain\\.c:11 inner\n`));
  expectRows(handler, USER_ROWS, { chain });
  // The text that a key stands for, and the addresses in a global, mean the same in the end probe.
  expect(end.startsWith(`${full}\n`)).toBe(true);
  expect(end).toContain('probed+0x0 [chain]\ninner+');
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
  const stdout = await output(`global n, s probe kernel.trace("sched_switch") { if (pid() != target()) next; s[backtrace()]++; if (!n++) { println(symname(caller_addr())); print_backtrace(); ${rows(KERNEL_ROWS)} } } probe end { foreach (k in s-) println(sprint_stack(k)) }`, 'sleep 0.1');
  // Whoever is switched away called __schedule, by way of schedule() or of a point where it may be; sleep is by schedule() at least once.
  const [, caller] = /^(\S+)\n 0x[0-9a-f]+ : __schedule\+0x[0-9a-f]+\/0x[0-9a-f]+ \[kernel\]\n 0x[0-9a-f]+ : (\w+)\+0x[0-9a-f]+\/0x/.exec(stdout)?.slice(1) ?? [];
  expect(stdout.split('\n')[0]).toBe(caller);
  expect(stdout).toMatch(/\n 0x[0-9a-f]+ : __schedule\+0x[0-9a-f]+\/0x[0-9a-f]+ \[kernel\]\n 0x[0-9a-f]+ : schedule\+/);
  // The point's name has its subsystem where tracefs tells it: as -l has it.
  const listed = await stapkit('stapkit', ['-l', 'kernel.trace("sched_switch")']);
  expect(listed.stdout).toMatch(/^kernel\.trace\("(?:sched:)?sched_switch"\)\n$/);
  expectRows(stdout, KERNEL_ROWS, { caller: caller ?? '?', point: listed.stdout.trimEnd() });
});

test('the sampler of flame graphs: folded stacks', async () => {
  const { stdout, status } = await stapkit('stapkit', ['-w', '-DMAXBACKTRACE=127', '-DMAXSTRINGLEN=4096', '-G', 'the_comm=chain', join(CHECKOUT, 'tools/flamegraph/flamegraph.stp'), '-c', `${chain} 0.7`], { timeoutMs: 20_000 });
  expect(status).toBe(0);
  const lines = [...stdout.matchAll(/^(\S+) (\d+)$/gm)].map(([, stack = '', count = '0']) => ({ stack, count: Number(count) }));
  const sum = (some: typeof lines): number => some.reduce((total, { count }) => total + count, 0);
  expect(lines).toHaveLength(stdout.trimEnd().split('\n').length);
  // Of what was sampled in main; before it comes what the kernel and ld.so do, which takes as long as the machine takes.
  const inner = sum(lines.filter(({ stack }) => /^chain;_start;(?:[^;]+;)*__libc_start_call_main;main;outer;middle;inner(?:;|$)/.test(stack)));
  expect([inner > 0, inner / sum(lines.filter(({ stack }) => /;main(?:;|$)/.test(stack))) > 0.85]).toEqual([true, true]);
});

test('an address in no module: the text is empty, and the difference from stap is told', async () => {
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', 'probe begin { println("[", modname(16), umodname(16), modname(16), "]") exit() }']);
  const told = ['modname', 'umodname'].map((name) => `WARNING: ${name}() of an address in no module gave "", where stap's handler would end with an error\n`);
  expect([stdout, stderr, status]).toEqual(['[]\n', [...told, 'WARNING: 1 user address without a name: 1 in no mapping\n'].join(''), 0]);
});

test('begin and end have no stack', async () => {
  expect(await output('probe begin { print("[", backtrace(), ubacktrace(), "]"); print_backtrace(); println(symname(addr())) exit() }', 'true')).toBe('[]0x0\n');
});
