/** What searches with random scripts have found, each as a small script: both executors show the same, and the verifier takes it. */
import { expect, test } from '@jest/globals';
import type { Setting } from './executors.js';
import { SETTINGS } from './fuzz.js';
import { judgeAll } from './judge.js';
import { comparable } from './script-text.js';

interface Case {
  readonly declarations?: string;
  readonly body: string;
  readonly end?: string;
  readonly limits?: Setting['limits'];
}

/** More registers than the 512 bytes of a stack hold. */
const AT_ONCE = Array.from({ length: 80 }, (_, index) => index);
const SHOW_A = 'foreach (k in §a) println(k, " ", §a[k])';
const CASES: readonly (readonly [found: string, script: Case])[] = [
  ['a walk in a function had the cursor of a later walk of its caller', {
    declarations: 'global §a, §b, §n; function §f:long() { §a[1] = 5; §a[2] = ([*] in §a); return §a[2] }',
    body: '§b["x", 1] = "y"; §n = §f(); if (§n) { foreach ([k, i] in §b) { printd(",", k, i, §b[k, i], ";") } } else { foreach (v = j in §a) §n += v }', end: `${SHOW_A}; println(§n)`,
  }],
  ['a foreach in a try in a function', {
    declarations: 'global §a, §n; function §f:long(x:long) { §a[x] = x; try { foreach (k in §a- limit 3) { §n += k / x; printd(":", k, §n, "") } } catch (m) { println(m); foreach (k+ in §a) §n -= k } return §n }',
    body: 'println(§f(3)); println(§f(0)); println(§f(-2))', end: SHOW_A,
  }],
  ['the message of a caught error is cut like any text', { body: 'try { println(kernel_int(1)) } catch (m) { println(m, strlen(m)) }', limits: { MAXSTRINGLEN: 24 } }],
  ['%m faults where it stands', { declarations: 'global §n', body: '§n++; try { printf("[%.4m]", §n) } catch (m) { println(m) } try { printf("[%#20.9M]", §n) } catch (m) { println(m) }' }],
  ['the address of a member that faults', { declarations: 'global §n', body: '§n++; try { println(@cast(§n, "task_struct")->pid) } catch (m) { println(m) } println(&@cast(§n, "task_struct")->pid)' }],
  ['NUL ends a text', { declarations: 'global §n', body: '§n++; s = sprintf("%c%5c%s", 64 + §n, §n - 1, "x"); println(s, strlen(s), s == "A    "); println(sprintf("a%cb", §n - 1))' }],
  ['samples of a histogram in a loop', { declarations: 'global §x', body: 'for (i = -3; i < 40; i++) §x <<< i * i * i * i * i; println(@count(§x))', end: 'print(@hist_log(§x))' }],
  ['bounds of log buckets', {
    declarations: 'global §x', body: 'for (i = 0; i < 64; i++) { §x <<< (1 << i); §x <<< (1 << i) - 1; §x <<< -(1 << i); §x <<< -(1 << i) + 1 }', end: 'for (i = 0; i < 128; i++) printd(" ", @hist_log(§x)[i], "")',
  }],
  ['texts put together in a loop', { declarations: 'global §t', body: 'for (i = 0; i < 5; i++) { §t .= sprintf("%d,%5x|%-4s", i * 7 - 9, i, "ab") . substr(§t, i, 3); if (§t == "x") break }; println(§t)' }],
  ['recursion without bpf_loop', { declarations: 'function §r:long(a:long, b:long) { if (a <= 0) return b; return §r(a - 1, b + a) ^ a }', body: 'println(§r(7, 3)); println(§r(0, 1)); try { println(§r(30, 1)) } catch (m) { println(m) }' }],
  ['the key of a printed histogram, in a text that was longer before', {
    declarations: 'global §n = 0, §t = "", §w', body: 's = §t; try { s .= substr("", 0, §n); §t = user_string_n(0, 0) } catch (m) { try { println(m); print(@hist_linear(§w[0, s], 0, 100, 10)) } catch { println("none"); §w[0, §t] <<< 0 } } §n = 0',
    end: 'foreach ([k, s] in §w) println(k, s, @count(§w[k, s]))',
  }],
  ['more values at once than the stack holds', { declarations: 'global §n', body: `§n += 3; ${AT_ONCE.map((index) => `v${index} = §n * ${index + 1} + ${index}`).join('; ')}; println(§n); println(${AT_ONCE.map((index) => `v${index}`).join(' ^ 3 * ')})` }],
  ['more values at once than the stack holds, and no text', { declarations: 'global §n, §m', body: `§n += 3; ${AT_ONCE.map((index) => `v${index} = (§n ^ ${index}) * §n`).join('; ')}; §m = ${AT_ONCE.map((index) => `v${index}`).join(' + ')}; §n = ${[...AT_ONCE].reverse().map((index) => `v${index}`).join(' ^ 3 * ')}`, end: 'println(§n, " ", §m)' }],
  ['more values at once than the stack holds, in a loop', { declarations: 'global §n', body: `§n += 3; ${AT_ONCE.map((index) => `v${index} = §n * ${index + 1} + ${index}`).join('; ')}; for (i = 0; i < 3; i++) { ${AT_ONCE.map((index) => `w${index} = v${index} * i`).join('; ')}; §n += ${AT_ONCE.map((index) => `v${index} * w${index}`).join(' ^ 3 * ')} } println(§n)` }],
  ['many branches', {
    declarations: 'global §n, §a', body: `§n += 5; x = §n; ${Array.from({ length: 40 }, (_, index) => `if (x & ${index + 1}) x += ${index} * (§n > ${index}); else §a[x & 3] += x`).join('; ')}; println(x)`, end: SHOW_A,
  }],
];

const TABLE = CASES.flatMap(([found, script]) => SETTINGS.map((setting, index): [string, number, Case, Setting] => [found, index, script, setting]));

test.each(TABLE)('%s (setting %i)', (_found, _index, { declarations = '', body, end = 'println("end")', limits }, setting) => {
  const walks = /foreach|\[\*\]/.test(`${declarations} ${body}`);
  const script = comparable({ declarations, body, end, runs: 2 });
  const [verdict] = judgeAll([script], { ...setting, limits: { ...setting.limits, ...limits } });
  // Kernels before 5.17 do not walk arrays in handlers.
  if (walks && setting.features.loop === false) expect(verdict).toMatchObject({ kind: 'refused', code: 'E0512' });
  else expect(verdict).toEqual({ kind: 'same' });
});
