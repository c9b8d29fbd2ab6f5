/** User stacks of programs without frame pointers, from their first instruction on. The walker's model is compared with gdb in packages/debuginfo. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CHECKOUT, stapkit } from './checkout.js';

let folder = '';
const path = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-unwind-'));
  for (const [name, source, ...flags] of [['dynamic', 'deep'], ['static', 'deep', '-static'], ['libdeep.so', 'deep', '-shared', '-fPIC'], ['late', 'late']]) {
    execFileSync('gcc', ['-O2', '-fomit-frame-pointer', '-fno-optimize-sibling-calls', ...flags, '-o', path(name!), join(CHECKOUT, `testing/programs/${source}.c`)]);
  }
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

interface Stack { readonly pid: number; readonly name: string; readonly count: number; readonly addresses: readonly string[] }

/** All stacks. One of the last is printed. */
const script = (names: readonly string[]): string => `global n, seen, names probe ${names.map((name) => `process("${path(name)}").function("stop_here")`).join(', ')} { seen[pid(), ubacktrace()]++; names[pid()] = execname(); if (++n == 400) print_ubacktrace() }
  probe end { foreach ([pid, stack] in seen) printf("stack %d %s %d %s\\n", pid, names[pid], seen[pid, stack], stack) printf("hits %d\\n", n) delete seen delete names }`;

async function stacksOf(names: readonly string[], command: string): Promise<{ readonly printed: readonly string[]; readonly stacks: readonly Stack[]; readonly hits: number }> {
  const { stdout, stderr, status } = await stapkit('stapkit', ['--unwind', 'cfi', '-D', 'MAXBACKTRACE=127', '-D', 'MAXSTRINGLEN=2048', '-e', script(names), '-c', command]);
  expect({ status, errors: /^ERROR/m.test(stderr), walks: /user stacks?\b.*/.exec(stderr)?.[0], lost: / not kept| lost/.test(stderr) }).toEqual({ status: 0, errors: false, walks: undefined, lost: false });
  const lines = stdout.trim().split('\n');
  return {
    printed: lines.filter((line) => /^ 0x/.test(line)),
    hits: Number(/^hits (\d+)$/m.exec(stdout)?.[1]),
    stacks: lines.filter((line) => line.startsWith('stack ')).map((line) => line.trim().split(' ')).map(([, pid, name, count, ...addresses]) => ({ pid: Number(pid), name: name!, count: Number(count), addresses })),
  };
}

(process.arch === 'x64' ? test : test.skip)('programs that a shell starts and execs, static ones, a library that is loaded later, a child that is nothing but forked: each stack from the first on', async () => {
  const { printed, stacks, hits } = await stacksOf(['dynamic', 'static', 'libdeep.so'], `sh -c '${path('dynamic')}; ${path('static')}; ${path('late')} ${path('libdeep.so')}; exec ${path('dynamic')} fork'`);
  // stop_here, handler, the signal's return, raise; 31 × deep, compare, qsort's own, main, libc's start and _start.
  expect(printed.length).toBeGreaterThanOrEqual(40);
  expect(printed.length).toBeLessThanOrEqual(50);
  expect(printed.filter((line) => line === printed[10])).toHaveLength(30);
  const pids = [...new Set(stacks.map(({ pid }) => pid))];
  expect(pids.map((pid) => stacks.find((one) => one.pid === pid)?.name).sort()).toEqual(['dynamic', 'dynamic', 'dynamic', 'late', 'static']);
  expect(stacks.reduce((sum, { count }) => sum + count, 0)).toBe(hits);
  for (const pid of pids) {
    const own = stacks.filter((stack) => stack.pid === pid);
    expect(own.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(100);
    expect([...new Set(own.map(({ addresses }) => addresses.at(-1)))]).toHaveLength(1);
    expect(own.filter(({ addresses }) => addresses.length < 40)).toEqual([]);
  }
}, 60_000);
