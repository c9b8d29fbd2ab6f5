/** foreach and histograms: the same functions in a kernel handler and in an end probe of this process. */
import { expect, test } from '@jest/globals';
import { runInBothExecutors, type Case } from './both-executors.test-support.js';
import { stapkit } from './checkout.js';

const FILL = `
global a, s, st, m, big, x, y, nothing, lim = 2, gone, none
probe begin {
  a[30] = 1; a[10] = 7; a[20] = -3
  s["b"] = "x"; s["abcdefghij"] = "yy"; s["ab"] = "z"; s["abcdefghi"] = "abcdefghijk"
  st["u"] <<< 5; st["v"] <<< 1; st["v"] <<< 3; st["w"] <<< -9
  m[1, "x"] = 10; m[2, "y"] = 20; m[1, "z"] = 30
  for (i = 0; i < 300; i++) big[sprintf("%0400d", (i * 31) % 300), i] = i
  for (i = 0; i < 20; i++) { x <<< i * i; y[i % 2] <<< i * 10 }
  gone[1, "p"] = 1; gone[2, "p"] = 2; gone[1, "q"] = 3; none[1] = 1
  if (lim > 100) nothing <<< 1
}
`;

/** Statements and what they print. Here, not in the kernel, a sorted foreach leaves its array sorted: unsorted ones come first. */
const CASES: readonly Case[] = [
  ['order of insertion', 'foreach (k in a) printf("%d ", k)', '30 10 20 '],
  ['slices', 'foreach ([k, t] in m[1, *]) printf("%d%s ", k, t); foreach ([k, t] in m[*, "y"]) printf("%d%s ", k, t)', '1x 1z 2y '],
  ['nested, break and continue', 'foreach ([k, t] in m) foreach ([l, u-] in m) { if (u == "y") continue; if (l == 1 && t == "z") break; printf("%s%s ", t, u) }', 'xz xx yz yx '],
  ['second of two keys', 'foreach ([k, t-] in m) printf("%d%s ", k, t)', '1z 2y 1x '],
  ['a key, ascending', 'foreach (k+ in a) printf("%d ", k)', '10 20 30 '],
  ['a key, descending', 'foreach (k- in a) printf("%d ", k)', '30 20 10 '],
  ['the value, ascending', 'foreach (k in a+) printf("%d=%d ", k, a[k])', '20=-3 30=1 10=7 '],
  ['the value taken', 'foreach (v- = k in a) printf("%d=%d ", k, v)', '10=7 30=1 20=-3 '],
  ['limit', 'foreach (k in a- limit 2) printf("%d ", k)', '10 30 '],
  ['a limit of the script', 'foreach (k in a+ limit lim) printf("%d ", k)', '20 30 '],
  ['no limit reached', 'foreach (k in a+ limit 99) printf("%d ", k)', '20 30 10 '],
  ['a limit of 0, and a negative one', 'foreach (k in a limit lim - 2) printf("%d ", k); foreach (k in a limit lim - 9) printf("%d ", k)', ''],
  ['text keys', 'foreach (k+ in s) printf("%s ", k)', 'ab abcdefghi abcdefghij b '],
  ['text keys, descending', 'foreach (k- in s) printf("%s ", k)', 'b abcdefghij abcdefghi ab '],
  ['text values', 'foreach (v = k in s-) printf("%s=%s ", k, v)', 'ab=z abcdefghij=yy b=x abcdefghi=abcdefghijk '],
  ['@sum', 'foreach (k in st @sum -) printf("%s%d ", k, @sum(st[k]))', 'u5 v4 w-9 '],
  ['@count, the default', 'foreach (k in st-) printf("%s%d ", k, @count(st[k]))', 'v2 u1 w1 '],
  ['@avg', 'foreach (k in st @avg +) printf("%s%d ", k, @avg(st[k]))', 'w-9 v2 u5 '],
  ['@min and @max', 'foreach (k in st @min + limit 1) printf("%s ", k); foreach (k in st @max - limit 1) printf("%s ", k)', 'w u '],
  ['a slice by a variable, sorted', 'one = 1; foreach (v = [k, t-] in m[one, *]) printf("%s%d ", t, v)', 'z30 x10 '],
  ['[x, *] in', 'printf("%d%d%d", [1, *] in m, [*, "q"] in m, [*, *] in m)', '101'],
  ['long keys', 'foreach ([t-, k] in big limit 2) printf("%s/%d ", substr(t, 390, 10), k)', '0000000299/29 0000000298/58 '],
  ['many entries', 'foreach (v = [t, k] in big-) n += v; printf("%d", n)', '44850'],
  ['the same array twice, at once', 'foreach (k+ in a) foreach (l- in a limit 1) printf("%d%d ", k, l)', '1030 2030 3030 '],
  ['an error caught in the loop', 'foreach (k+ in a) { try { if (k == 20) error("no " . sprint(k)); printf("%d ", k) } catch (e) { printf("%s ", e) } }', '10 no 20 30 '],
  ['an error that leaves the loop', 'try { foreach (k+ in a) { if (k == 20) error("out"); printf("%d ", k) } } catch (e) { printf("%s", e) }', '10 out'],
  ['return in the loop', 'foreach (k- in a) { if (k == 20) return 0; printf("%d ", k) }', '30 '],
  ['delete of a slice', 'delete gone[1, *]; foreach ([k, t] in gone) printf("%d%s ", k, t)', '2p '],
  ['delete of an array', 'delete none; foreach (k in none) printf("%d", k); printf("%d", 1 in none)', '0'],
  ['a bucket', 'printf("%d %d", @hist_log(x)[64], @hist_linear(y[1], 0, 100, 20)[6])', '1 1'],
  ['foreach over buckets', 'foreach (b in @hist_log(x)) if (@hist_log(x)[b]) printf("%d:%d ", b, @hist_log(x)[b])', '64:1 65:1 67:1 68:1 69:2 70:2 71:4 72:4 73:4 '],
  ['buckets with limit, continue and break', 'foreach (b in @hist_linear(y[0], 0, 100, 20) limit 5) { if (b == 1) continue; if (b == 3) break; printf("%d=%d ", b, @hist_linear(y[0], 0, 100, 20)[b]) }', '0=0 2=1 '],
  ['an index out of range', 'try { i = 128; printf("%d", @hist_log(x)[i]) } catch (e) { print(e) }', 'histogram index out of range'],
  ['a negative index', 'try { i = -1; printf("%d", @hist_log(x)[i]) } catch (e) { print(e) }', 'histogram index out of range'],
  ['a bucket of nothing', 'try { printf("%d", @hist_log(nothing)[64]) } catch (e) { print(e) }', 'empty aggregate'],
  ['printing nothing', 'try { print(@hist_linear(y[7], 0, 100, 20)) } catch (e) { print(e) }', 'empty aggregate'],
  ['print(@hist_linear)', 'print(@hist_linear(y[1], 0, 100, 20))', [
    'value |-------------------------------------------------- count',
    '    0 |@                                                  1', '   20 |@                                                  1', '   40 |@                                                  1',
    '   60 |@                                                  1', '   80 |@                                                  1', '  100 |@                                                  1',
    ' >100 |@@@@                                               4', '', '',
  ].join('\n')],
];

runInBothExecutors('arrays', FILL, CASES);

test('a sorted foreach leaves its array sorted', async () => {
  const { stdout } = await stapkit('stapkit', ['-e', 'global a probe begin { a[3]=1; a[1]=5; a[2]=3; foreach (k in a) printf("%d ", k); foreach (k in a+) ; a[9]=4; foreach (k in a) printf("%d ", k); exit() }']);
  expect(stdout).toBe('3 1 2 3 2 1 9 ');
});

test.each([
  [['-DHIST_WIDTH=10'], '    1 |@@@@@@@@@  18\n'],
  [['-DHIST_ELISION=0'], '      ~\n 1024'],
])('%j', async (options, part) => {
  const { stdout } = await stapkit('stapkit', [...options, '-e', 'global s probe begin { for (i = 0; i < 18; i++) s <<< 1; for (i = 0; i < 9; i++) s <<< 1024; print(@hist_log(s)) exit() }']);
  expect(stdout).toContain(part);
});

test.each([
  ['0,10,0', 'histogram: interval cannot be zero'],
  ['0,1000,1', 'histogram: number of buckets must be between 1 and 126'],
  ['10,0,1', 'histogram: number of buckets must be between 1 and 126'],
])('@hist_linear(x,%s)', async (numbers, message) => {
  const { stderr, status } = await stapkit('stapkit', ['-p2', '-e', `global x probe begin { x <<< 1; print(@hist_linear(x,${numbers})) }`]);
  expect(stderr).toContain(message);
  expect(status).toBe(1);
});
