/** What valid scripts become: [statements of a begin probe, or whole script; typed tree]. */
import { expect, test } from '@jest/globals';
import { run } from './elaborate.test-support.js';

/** The handler's statements, one a line, without declarations. */
function body(script: string): string {
  const { text, diagnostics } = run(script);
  expect(diagnostics.filter((one) => one.severity === 'error')).toEqual([]);
  const lines = text.slice(text.indexOf('# probes\n')).split('\n').slice(2);
  const start = lines[0] === '  # locals' ? lines.findIndex((line) => !/^ {2}(#|\.?\w+:\w+$)/.test(line)) : 0;
  return lines.slice(start).filter((line) => line !== '').map((line) => line.slice(2)).join('\n');
}

test.each([
  // folding
  ['println(1 + 2 * 3 - 7 / 2 % 2 << 1 | 8 ^ 3 & 6)', 'printf("%d\\n", 14)'],
  ['println(-1 >>> 60) println(-16 >> 2) println(1 << 65) println(~0)', 'printf("%d\\n", 15)\nprintf("%d\\n", -4)\nprintf("%d\\n", 2)\nprintf("%d\\n", -1)'],
  ['println(1 / 0)', 'printf("%d\\n", (1 / 0))'],
  ['println("a" . "b" . "c") println("a" < "b") println("a" == "b")', 'printf("%s\\n", "abc")\nprintf("%d\\n", 1)\nprintf("%d\\n", 0)'],
  ['println(0 && pid()) println(1 || pid()) println(1 && pid()) println(0 || pid() > 3)', 'printf("%d\\n", 0)\nprintf("%d\\n", 1)\nprintf("%d\\n", (pid() != 0))\nprintf("%d\\n", (pid() > 3))'],
  ['if (1 == 2) println(nosuch()) else println("no") while (0) println(nosuch())', 'printf("%s\\n", "no")'],
  ['println(2 > 1 ? execname() : nosuch())', 'printf("%s\\n", execname())'],
  // operators by type
  ['println(execname() < "b") println(pid() < 3) println(+pid()) println(!pid())', 'printf("%d\\n", (execname() s< "b"))\nprintf("%d\\n", (pid() < 3))\nprintf("%d\\n", pid())\nprintf("%d\\n", !pid())'],
  ['x = y = 3 println(x + y)', '(x = (y = 3))\nprintf("%d\\n", (x + y))'],
  ['x = y = pid() println(x)', '(x = pid())\nprintf("%d\\n", x)'],
  ['s = "a" s .= execname() print(s)', '(s = "a")\n(s = (s . execname()))\nprintf("%s", s)'],
  ['i = 1 i += 2 i <<= 3 println(i++ + --i)', '(i = 1)\n(i += 2)\n(i <<= 3)\nprintf("%d\\n", (i++ + --i))'],
  // control flow
  ['for (i = 0; i < 3; i++) { if (i == 1) continue println(i) }', '(i = 0)\nloop ((i < 3); i++)\n  if ((i == 1))\n    continue\n  printf("%d\\n", i)'],
  ['for (;;) break while (pid()) next', 'loop (; )\n  break\nloop (pid(); )\n  next'],
  ['try { error("x") } catch (e) { println(e) }', 'try\n  error("x")\ncatch (e)\n  printf("%s\\n", e)'],
  ['if (pid()) ; else println(1)', 'if (pid())\nelse\n  printf("%d\\n", 1)'],
  // prints
  ['print("a", 1) println() println(1, "b") printd("-", 1, "x", 2) printdln(" ", 1, 2) print_char(65)', 'printf("%s%d", "a", 1)\nprintf("\\n")\nprintf("%d%s\\n", 1, "b")\nprintf("%d-%s-%d", 1, "x", 2)\nprintf("%d %d\\n", 1, 2)\nprintf("%c", 65)'],
  ['s = sprintf("%5d|%-3s", pid(), sprint("a")) println(s)', '(s = sprintf("%5d|%-3s", pid(), sprintf("%s", "a")))\nprintf("%s\\n", s)'],
  ['printf("100%%")', 'printf("100%%")'],
])('%s', (statements, expected) => {
  expect(body(`probe begin { ${statements} }`)).toBe(expected);
});

test.each([
  // globals
  ['global n = 5, t = "x" probe begin { n++ println(n) println(t) }', 'n++\nprintf("%d\\n", n)\nprintf("%s\\n", "x")'],
  ['global on probe begin { if (on == 0) println("off") }', 'printf("%s\\n", "off")'],
  ['global a probe begin { a["x", 1] = 2 println(["x", 1] in a, [*, 1] in a) delete a["x", 1] delete a }', '(a["x", 1] = 2)\nprintf("%d%d\\n", (["x", 1] in a), ([*, 1] in a))\ndelete a["x", 1]\ndelete a'],
  ['global a probe begin { delete a["x", *] a["y", 2]++ foreach ([p, q] in a) println(p, q) }', 'foreach ([.key, .key1] in a["x", *])\n  delete a[.key, .key1]\na["y", 2]++\nforeach ([p, q] in a)\n  printf("%s%d\\n", p, q)'],
  ['global a probe begin { a[1] = "x" foreach (v = k+ in a limit pid()) println(v) foreach (k in a-) println(k) }', '(a[1] = "x")\nforeach (v = [k] in a by key 0+ limit pid())\n  printf("%s\\n", v)\nforeach ([k] in a by value-)\n  printf("%d\\n", k)'],
  ['global s probe begin { s["a"] <<< 3 foreach (k in s @sum+ limit 2) println(@max(s[k])) foreach (k in s-) println(@hist_log(s[k])[66]) }', '(s["a"] <<< 3)\nforeach ([k] in s by sum+ limit 2)\n  printf("%d\\n", @max(s[k]))\nforeach ([k] in s by count-)\n  printf("%d\\n", @hist(s[k])[66])'],
  ['global s probe begin { s <<< 3 print(@hist_linear(s, 0, 100, 10)) }', '(s <<< 3)\nprintf("%s", @hist(s))'],
  ['global a, k probe begin { a[1] = 2 foreach (k in a) println(k) println(k) }', '(a[1] = 2)\nforeach ([.key] in a)\n  (k = .key)\n  printf("%d\\n", k)\nprintf("%d\\n", k)'],
  ['global g probe begin { try { error("x") } catch (g) { println(g) } }', 'try\n  error("x")\ncatch (.caught)\n  (g = .caught)\n  printf("%s\\n", g)'],
  // functions
  ['function fact(n) { return n < 2 ? 1 : n * fact(n - 1) } probe begin { println(fact(5)) }', 'printf("%d\\n", fact(5))'],
  ['function f(a, b) { return a . b } function f(a) { return "1" . a } probe begin { println(f("x"), f("y", "z")) }', 'printf("%s%s\\n", f("x"), f("y", "z"))'],
  ['function pid() { return "mine" } probe begin { println(pid()) }', 'printf("%s\\n", pid())'],
])('%s', (script, expected) => {
  expect(body(script)).toBe(expected);
});

test('a statistic keeps what the program reads of it', () => {
  const [s] = run('global s probe begin { s <<< 3 println(@count(s), @max(s)) print(@hist_linear(s, 0, 100, 10)) println(@variance(s, 4)) }').program.globals;
  expect(s).toMatchObject({ type: 'stat', histogram: { kind: 'linear', low: 0, high: 100, interval: 10 }, varianceShift: 4 });
  expect([...(s?.statFunctions ?? [])]).toEqual(['count', 'max', 'variance']);
});

test('arrays carry their keys, size and wrap', () => {
  const { globals } = run('global a[7], w%[3] probe begin { a["x", 1] = 2 w[1] = "y" println(a["x", 1], w[1]) }').program;
  expect(globals).toMatchObject([{ name: 'a', type: 'long', keys: ['string', 'long'], maxEntries: 7, wrap: false }, { name: 'w', type: 'string', keys: ['long'], maxEntries: 3, wrap: true }]);
});

test('next in a function goes on with the next overload, with the arguments as they came in', () => {
  const { text, codes } = run('function f(x) { x++ if (x > 2) next; return x } function f(x) { return -x } probe begin { println(f(pid())) }');
  expect(codes).toEqual([]);
  expect(text).toContain('f:long (x:long)\n  # locals\n  .x:long\n  (.x = x)\n  x++\n  if ((x > 2))\n    return f(.x)\n  return x\nf:long (x:long)\n  return -x\n');
});

test('the first user function hides the library function of the same name and arity from the script alone', () => {
  const { text } = run('function pp() { return "mine" } probe begin { println(pp(), where_am_i()) }');
  expect(text).toContain('return "mine"');
  expect(text).toContain('return ("in " . .probe_name)');
  expect(text).toContain('printf("%s%s\\n", pp(), where_am_i("begin"))');
});

test('facts of the probe reach functions as hidden parameters', () => {
  const { text, codes } = run('function deep() { return where_am_i() . ppfunc() } probe begin, kernel.function("vfs_read") { println(deep()) }');
  expect(codes).toEqual([]);
  expect(text).toContain('deep:string (.function_name:string, .probe_name:string)\n  return (where_am_i(.probe_name) . .function_name)');
  expect(text).toContain('deep("", "begin")');
  expect(text).toContain('deep("vfs_read", "kernel.function(\\"vfs_read\\")")');
});
