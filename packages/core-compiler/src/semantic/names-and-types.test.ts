/** Mistakes in names and types: [script, code@line:column of each finding]. */
import { expect, test } from '@jest/globals';
import { run } from './elaborate.test-support.js';

test.each<[string, readonly string[]]>([
  // names
  ['probe begin { println(foo(1)) a[1]=2 println(execnam()) }', ['E0301@1:23', 'E0303@1:31', 'E0301@1:46']],
  ['probe begin { println(pid(3)) }', ['E0302@1:23']],
  ['function f(a) { return 1 } function f(a, b) { return 2 } probe begin { println(f() + f(1) + f(1, 2)) }', ['E0302@1:80']],
  ['global b, b probe begin { b = 2 }', ['E0304@1:11']],
  ['probe begin { println(k in a) delete a[1] foreach (x in a) println(1) }', ['E0303@1:28', 'E0303@1:38', 'E0303@1:57', 'W0301@1:23']],
  // shapes
  ['global a probe begin { a[1]=2 a[1,2]=3 a=1 println(a[1]) }', ['E0305@1:31', 'E0305@1:40']],
  ['global b[3] probe begin { b = 2 }', ['E0305@1:27']],
  ['global a probe begin { foreach ([x, y] in a) println(x . y) println([1] in a) a["p", "q"] = 1 }', ['E0305@1:76']],
  ['global b probe begin { b[1,2,3,4,5,6,7,8,9,10] = 2 }', ['E0321@1:24']],
  ['global a = 3 probe begin { a[1] = 2 println(a[1]) }', ['E0320@1:8']],
  // types
  ['probe begin { x = 1; x = "a"; print(x) }', ['E0306@1:26']],
  ['probe begin { x = "a" + 1 println(x) }', ['E0306@1:19']],
  ['probe begin { if ("a") println(1) while ("b") println(2) println(!"c" || -"d") }', ['E0306@1:19', 'E0306@1:42', 'E0306@1:67', 'E0306@1:75']],
  ['probe begin { println(pid() == "x") println(pid() . "x") }', ['E0306@1:32', 'E0306@1:45']],
  ['probe begin { println(1 ? pid() : execname()) println(pid() ? 1 : "a") }', ['E0306@1:67']],
  ['function f:string(x:long) { return x } probe begin { println(f("a")) }', ['E0306@1:64', 'E0306@1:36']],
  ['function f(x) { if (x) return 1 return "a" } probe begin { println(f(1)) }', ['E0306@1:40']],
  ['global a probe begin { a["x"] = 1 a[2] = 3 println(a["y"] . "z") }', ['E0306@1:37', 'E0306@1:52']],
  ['probe begin { printf("%d %s", "a", 1) }', ['E0306@1:31', 'E0306@1:36']],
  ['probe begin { s = "a" s++ s += 2 println(s) }', ['E0306@1:23', 'E0306@1:27']],
  ['probe begin { n = 1 n .= "a" println(n) }', ['E0306@1:21']],
  // unresolved types, once each
  ['function f(x) { return 1 } probe begin { println(f(y)) }', ['W0301@1:52', 'E0307@1:52']],
  ['probe begin { print(x) print(x) }', ['W0301@1:21', 'E0307@1:21']],
  // That the array would be printed at the end is no type.
  ['global m probe begin { m[x, 1] = 2 }', ['W0301@1:26', 'E0307@1:24']],
  ['probe begin { x = y y = x println(x) }', ['E0307@1:19']],
  ['global x probe begin { println(x) }', ['W0302@1:8', 'E0307@1:32']],
  ['function g(x) {} probe begin { y = g(1) println(y) }', ['E0322@1:36']],
  // no cascades: what is wrong once is not wrong twice
  ['probe begin { x = foo() println(x) println(x + 1) y = x . "a" println(y) }', ['E0301@1:19', 'E0306@1:55']],
  ['probe begin { println(foo()) println(-foo()) printf("%d", foo()) }', ['E0301@1:23', 'E0301@1:39', 'E0301@1:59']],
  // statistics
  ['probe begin { y <<< 3; println(@count(y)) }', ['E0316@1:15']],
  ['global s probe begin { println(@count(3 + 4)) s <<< 1 }', ['E0316@1:39']],
  ['global s probe begin { s <<< "a"; println(@count(s)) println(s) }', ['E0306@1:30', 'E0306@1:62']],
  ['global s probe begin { s <<< 1 s = 3 println(@sum(s)) }', ['E0306@1:36']],
  ['global x probe begin { x <<< 1 print(@hist_log(x)) print(@hist_linear(x,0,10,1)) print(@hist_log(x)) }', ['E0315@1:58']],
  ['global x probe begin { x <<< 1 println(@variance(x, 2) + @variance(x, 2)) println(@variance(x, 3)) }', ['E0327@1:83']],
  ['global s probe begin { s <<< 1 printf("%s", @hist_log(s)) }', ['E0317@1:45']],
  // foreach
  ['global a probe begin { foreach (k in a) { a[k] = 3 delete a[k] a[k]++ } }', ['E0309@1:43', 'E0309@1:59', 'E0309@1:64']],
  ['function m() { n() } function n() { a[1] = 1 } global a probe begin { foreach (k in a) m() println(a[1]) }', ['E0310@1:88']],
  ['global a probe begin { a[1] <<< 3 foreach (v = x in a) println(v) }', ['E0323@1:35']],
  ['global a, b probe begin { a[1] = 2 foreach (k in a) b[k] = a[k] foreach (k in b) println(b[k]) }', []],
  // prints
  ['probe begin { printf("%d\\n") printf("%n", 3) printf("%d", 1, 2) printf("%lld", 3) printf("%-+5d", 3) }', ['E0313@1:15', 'E0314@1:37', 'E0313@1:46', 'E0314@1:72', 'E0314@1:90']],
  ['probe begin { printd(",", 1) print_char("a") }', ['E0313@1:15', 'E0306@1:41']],
  // refused
  ['function f() %{ foo %} probe begin { f() }', ['E0318@1:10']],
  ['probe begin { println("x" =~ "(") println(@perf("")) }', ['E0551@1:30', 'E0552@1:43']],
  ['global s probe begin { s <<< 1 foreach (b in @hist_log(s)) println(b) }', []],
  ['global s probe begin { s <<< 1 foreach (v = b- in @hist_log(s)) println(v + b) }', ['E0553@1:51']],
  ['global s probe begin { s <<< 1 foreach ([b, c] in @hist_log(s)) println(b + c) }', ['E0305@1:32']],
  ['global s probe begin { s <<< 1 print(@hist_linear(s, 0, 10, 0)) }', ['E0328@1:38']],
  ['global s probe begin { s <<< 1 print(@hist_linear(s, 0, 1000, 1)) }', ['E0328@1:38']],
  ['global a probe begin { a[pid()++] .= "x" println(a[1]) }', ['E0208@1:31']],
  ['probe begin { println(%{ 1 %}) }', ['E0318@1:23']],
  ['function f() { return 1 }', ['E0405@1:1']],
])('%s', (script, codes) => {
  expect(run(script).codes).toEqual(codes);
});

test('a mismatch shows both places', () => {
  const [mismatch] = run('probe begin { x = 1; x = "a"; print(x) }').diagnostics;
  expect(mismatch?.message).toBe('type mismatch: expected long but found string');
  expect(mismatch?.notes?.map((note) => [note.message, note.span?.start])).toEqual([['type was first inferred here (long)', 18]]);
});

test.each([
  ['probe begin { println(execnam()) }', "did you mean 'execname'?"],
  ['probe begin { println(ppp()) }', "did you mean 'pp'?"],
  ['global counts probe begin { count[1] = 2 counts[1] = 3 }', "did you mean 'counts'?"],
  ['probe begin { printf("%s", execname) }', 'to call the function, write execname()'],
  ['probe begin { total = 1 println(totl + total) }', "did you mean 'total'?"],
  ['function pid() %{ current->pid %} probe begin { println(pid()) }', "the library has a function 'pid': remove this one"],
])('%s: %s', (script, hint) => {
  expect(run(script).diagnostics.flatMap((one) => one.hints ?? [])).toContain(hint);
});
