import { expect } from '@jest/globals';
import type { ToolEntry } from '../tools.part.js';

export const entries: readonly ToolEntry[] = [{
  tool: 'memory-leak',
  args: '-c $PROGRAMS/leaks --json --top 100',
  programs: ['leaks'],
  verify: ({ rows, stdout }) => {
    const held = [...stdout.matchAll(/^held \w+ (\d+) (\d+)$/gm)];
    const sum = (at: 1 | 2): number => held.reduce((total, found) => total + Number(found[at]), 0);
    const shown = (key: string): number => rows().reduce((total, row) => total + Number(row[key]), 0);
    expect(held.length).toBeGreaterThan(3);
    // libc's own blocks are held, too.
    expect([shown('bytes') >= sum(1), shown('blocks') >= sum(2)]).toEqual([true, true]);
  },
}, {
  tool: 'varnish-cl',
  args: '--path /usr/sbin/varnishd --dry-run',
  verify: ({ stderr }) => {
    expect(stderr).toMatch(/^varnish-cl: by functions that varnishd exports, without debug information \(/);
  },
}, {
  tool: 'check-debug-info',
  args: `--probe 'kernel.function("vfs_read")' --probe 'kernel.function("vfs_read").return' --probe 'kernel.trace("sched_switch")' --json`,
  verify: ({ rows }) => {
    expect(rows().map(({ point, places }) => [point, places])).toEqual([['kernel.function("vfs_read")', 1], ['kernel.function("vfs_read").return', 1], ['kernel.trace("sched_switch")', 1]]);
  },
}, {
  tool: 'off-cpu',
  args: '--kernel -c "sleep 0.3" --format folded',
  verify: ({ stdout }) => {
    const slept = [...stdout.matchAll(/^(.*) (\d+)$/gm)].filter(([, stack]) => /;(?:__x64_sys_clock_nanosleep|hrtimer_nanosleep|do_nanosleep)/.test(stack ?? ''));
    expect(slept.reduce((total, [, , ns]) => total + Number(ns), 0)).toBeGreaterThanOrEqual(300_000_000);
  },
}];
