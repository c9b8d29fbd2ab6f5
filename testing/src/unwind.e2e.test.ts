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

/** One of the last stacks. All are captured: a process is looked at when its first one is. */
const script = (path: string): string => `global n, seen probe process("${path}").function("stop_here") { seen[ubacktrace()]++; if (++n == 9000) print_ubacktrace() } probe end { delete seen }`;

(process.arch === 'x64' ? describe : describe.skip)('10,000 stacks', () => {
  test.each(['dynamic', 'static'])('%s', async (name) => {
    const path = join(folder, name);
    const { stdout, stderr } = await stapkit('stapkit', ['--unwind', 'cfi', '-D', 'MAXBACKTRACE=127', '-e', script(path), '-c', path]);
    // stop_here, handler, the signal's return, raise; 31 × deep, compare, qsort's own, main, libc's start and _start.
    const frames = stdout.trim().split('\n').filter((line) => /^ 0x/.test(line));
    expect(frames.length).toBeGreaterThanOrEqual(40);
    expect(frames.length).toBeLessThanOrEqual(50);
    const recursions = frames.filter((line) => line === frames[10]).length;
    expect(recursions).toBe(30);
    // Not those that came before the tables were read: how many depends on the machine.
    const incomplete = [...stderr.matchAll(/(\d+) of \d+ user stacks? (?:end early|had more)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    expect(incomplete).toBeLessThan(200);
  }, 60_000);
});
