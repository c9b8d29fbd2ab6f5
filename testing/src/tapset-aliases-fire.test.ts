/** Every probe alias of the tapset stands in a table of a test that makes it fire, or here with the reason why not. */
import { expect, test } from '@jest/globals';
import { BY_NFS, BY_SCSI, SUMS_OF_NFS } from './guests/module-aliases.js';
import { BY_ROOT } from './guests/root-aliases.js';
import { BY_FUNCTIONS, BY_TRACEPOINTS, tapsetAliases } from './tapset-aliases.js';

/** Without a row: what the names begin with, and why. */
const ELSEWHERE: readonly (readonly [names: RegExp, reason: string])[] = [
  [/^input\.(char|line)$/, 'read standard input: procfs.e2e.test.ts'],
  [/^json_data$/, 'a file that is read: procfs.e2e.test.ts'],
  [/^prometheus$/, 'a file that is read: procfs.e2e.test.ts'],
  [/^syscall\.(send|recv)(\.return)?$/, 'never fires: x86-64 and arm64 have no such system calls'],
  [/^perf\.hw(_cache\.|\.)/, 'counters of the processor: a guest under TCG has none, and virtual machines mostly none'],
  [/^perf\.sw\.(alignment|emulation)_faults$/, 'Linux counts none on x86-64'],
  [/^ioblock_trace\.bounce$/, 'no device of x86-64 needs its pages copied to low memory'],
  [/^netdev\.change_rx_flag$/, 'compilers put the function into its callers on all kernels that are tested'],
  [/^nfs\.aop\.writepage$/, 'until 6.1, and there only where memory is short'],
];

test('every alias fires in a test, or cannot for a reason', () => {
  const fired = new Set([BY_FUNCTIONS, BY_NFS, BY_ROOT, BY_SCSI, BY_TRACEPOINTS, SUMS_OF_NFS].flat().map(([alias]) => alias.replace(/\.sample\(\d+\)$/, '')));
  const names = tapsetAliases().map(({ name }) => name);
  expect(names.filter((name) => !fired.has(name) && !ELSEWHERE.some(([names]) => names.test(name)))).toEqual([]);
  // A reason that is none any more, and a row of an alias that is gone.
  expect(ELSEWHERE.filter(([of]) => !names.some((name) => of.test(name)) || [...fired].some((name) => of.test(name)))).toEqual([]);
  expect([...fired].filter((name) => !names.includes(name) && !name.startsWith('syscall'))).toEqual([]);
});
