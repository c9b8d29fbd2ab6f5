/** Recursion, in and around loops over arrays: the same in a kernel handler and in this process. */
import { expect, test } from '@jest/globals';
import { runInBothExecutors, type Case } from './both-executors.test-support.js';
import { stapkit } from './checkout.js';

const FILL = `
global a, b, c
probe begin { a[1] = 10; a[2] = 20; a[3] = 30; c[1] = 1; c[2] = 1; c[3] = 1; b["x"] = 1; b["yy"] = 2 }
function sum(n) { s = 0; foreach (k in a) s += n < 2 ? a[k] : sum(n - 1); return s }
function tree:string(n) { s = ""; foreach (k in a limit 2) { s .= sprint(k); if (n) s .= "(" . tree(n - 1) . ")" } return s }
function nest:string(n) { s = ""; foreach (k in a-) { s .= sprint(k); if (n) { foreach (t+ in b) s .= t . nest(n - 1) } } return s }
function left(n) { foreach (k in a) s += k; return n ? right(n - 1) + s : s }
function right(n) { foreach (t in b) s += strlen(t) * 100; return n ? left(n - 1) + s : s }
function tries(n) { foreach (k in a) { try { if (n == 0 && k == 2) error("two"); s += k + (n ? tries(n - 1) : 0) } catch (e) { s += 1000 } } if (n == 0) error("out"); return s }
function jumps(n) { foreach (k in c) { if (k == 3) break; foreach (j in c) { if (j == 2) continue; s += n ? jumps(n - 1) : j } } return s }
function limited(n, most) { foreach (v = k in a- limit most) { most = 99; s = s * 10 + k; if (n) s += limited(n - 1, 2) } return s }
function sliced(n, key) { foreach (k in b[key]) { key = "yy"; s++; if (n) s += sliced(n - 1, "x") } return s }
function walked(n) { foreach (k in a) { for (i = 0; i < 2; i++) s += n ? walked(n - 1) : k } return s }
`;

const CASES: readonly Case[] = [
  ['a foreach around the call', 'printf("%d %d %d", sum(1), sum(2), sum(3))', '60 180 540'],
  ['with a limit', 'printf("%s", tree(2))', '1(1(12)2(12))2(1(12)2(12))'],
  ['two around it, sorted', 'printf("%s", nest(1))', '3x321yy3212x321yy3211x321yy321'],
  ['two functions with a foreach each', 'printf("%d %d", left(3), right(2))', '612 606'],
  ['errors caught in the loop', 'printf("%d", tries(2))', '9006'],
  ['break and continue', 'printf("%d", jumps(2))', '128'],
  ['the limit is that of the start', 'printf("%d", limited(2, 2))', '4256'],
  ['the slice is that of the start', 'printf("%d", sliced(2, "yy"))', '3'],
  ['a loop of another kind between', 'printf("%d", walked(1))', '72'],
];

// Frames of the functions that make texts: all in one handler here, more than its memory holds of long ones.
runInBothExecutors('recursion', FILL, CASES, ['-DMAXSTRINGLEN=128']);

test.each([[9, '9 -1 -1 -1 -1'], [11, '9 11 14 -1 -1'], [13, '9 11 14 18 23']])('-DMAXNESTING=%d counts the calls of all functions', async (most, expected) => {
  const functions = [
    'function leaf(x) { return x + 1 }', 'function h(n) { if (n == 0) return leaf(1); return 1 + h(n - 1) }', 'function mid(n) { return h(n) + leaf(n) }',
    'function f(n) { if (n == 0) return mid(3); return f(n - 1) + leaf(n) }', 'function t(n) { try { return f(n) } catch (e) { return e == "MAXNESTING exceeded" ? -1 : -2 } }',
    'function all() { printdln(" ", t(0), t(1), t(2), t(3), t(4)) }',
  ].join(' ');
  const { stdout, stderr } = await stapkit('stapkit', [`-DMAXNESTING=${most}`, '-e', `${functions} global done probe kernel.trace("sched_switch") { if (done++) next; all(); exit() } probe end { all() }`], { timeoutMs: 20_000 });
  expect({ stdout, stderr }).toEqual({ stdout: `${expected}\n${expected}\n`, stderr: '' });
}, 30_000);
