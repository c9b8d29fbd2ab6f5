/** User stacks of programs without frame pointers. The walker's model is compared with gdb in packages/debuginfo. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CHECKOUT, stapkit } from './checkout.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-unwind-'));
  for (const [name, ...flags] of [['dynamic'], ['static', '-static']]) {
    execFileSync('gcc', ['-O2', '-fomit-frame-pointer', '-fno-optimize-sibling-calls', ...flags, '-o', join(folder, name!), join(CHECKOUT, 'testing/programs/deep.c')]);
  }
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

interface Stack { readonly pid: number; /** Which hundred of the process's stacks it is of. */ readonly hundred: number; readonly addresses: readonly string[] }

/** All stacks, with 100 of a process together. One of the last is printed first. */
const script = (path: string): string => `global n, of, seen probe process("${path}").function("stop_here") { seen[pid(), of[pid()]++ / 100, ubacktrace()]++; if (++n == 1800) print_ubacktrace() }
  probe end { foreach ([pid, hundred, stack] in seen) printf("stack %d %d %s\\n", pid, hundred, stack) delete seen }`;

async function stacksOf(name: string, command: string): Promise<{ readonly printed: readonly string[]; readonly stacks: readonly Stack[] }> {
  const { stdout, stderr, status } = await stapkit('stapkit', ['--unwind', 'cfi', '-D', 'MAXBACKTRACE=127', '-D', 'MAXSTRINGLEN=2048', '-e', script(join(folder, name)), '-c', command]);
  expect({ status, errors: /^ERROR/m.test(stderr), lost: / not kept/.test(stderr) }).toEqual({ status: 0, errors: false, lost: false });
  const lines = stdout.trim().split('\n');
  return {
    printed: lines.filter((line) => /^ 0x/.test(line)),
    stacks: lines.filter((line) => line.startsWith('stack ')).map((line) => line.trim().split(' ')).map(([, pid, hundred, ...addresses]) => ({ pid: Number(pid), hundred: Number(hundred), addresses })),
  };
}

/**
 * From when on the process's stacks were found whole, as hundreds of them: a process is looked at when it has started or mapped something,
 * which takes as long as the machine takes. From then on each stack is to be whole.
 */
function wholeFrom(stacks: readonly Stack[]): number {
  const last = Math.max(...stacks.map(({ hundred }) => hundred));
  const start = stacks.find(({ hundred }) => hundred === last)?.addresses.at(-1);
  const broken = stacks.filter(({ addresses }) => addresses.length < 40 || addresses.at(-1) !== start).map(({ hundred }) => hundred);
  return broken.length === 0 ? 0 : Math.max(...broken) + 1;
}

(process.arch === 'x64' ? describe : describe.skip)('2,000 stacks of a program', () => {
  test.each(['dynamic', 'static'])('%s', async (name) => {
    const { printed, stacks } = await stacksOf(name, join(folder, name));
    // stop_here, handler, the signal's return, raise; 31 × deep, compare, qsort's own, main, libc's start and _start.
    expect(printed.length).toBeGreaterThanOrEqual(40);
    expect(printed.length).toBeLessThanOrEqual(50);
    expect(printed.filter((line) => line === printed[10])).toHaveLength(30);
    expect(wholeFrom(stacks)).toBeLessThan(20);
  }, 60_000);

  test('programs that a shell starts and execs, and a child that is nothing but forked', async () => {
    const path = join(folder, 'dynamic');
    const { stacks } = await stacksOf('dynamic', `sh -c '${path}; exec ${path} fork'`);
    const pids = [...new Set(stacks.map(({ pid }) => pid))].sort((a, b) => a - b);
    const from = pids.map((pid) => wholeFrom(stacks.filter((stack) => stack.pid === pid)));
    expect(from).toHaveLength(3);
    for (const hundred of from) expect(hundred).toBeLessThan(20);
    // What is known of the parent holds for the child, from its first stack on.
    expect(from).toContain(0);
  }, 60_000);
});
