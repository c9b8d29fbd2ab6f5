import { expect, test } from '@jest/globals';
import { run } from './elaborate.test-support.js';

test.each([
  ['probe begin { println(1) x = "a" print(x) }', ''],
  ['global n, s, a, t = "x" probe begin { n++ s <<< 3 a[pid(), "x"] = t . "y" } probe end { println(n) println(@count(s)) foreach ([p, q] in a-) printf("%d %s %s\\n", p, q, a[p, q]) }', ''],
  ['probe file.all { printf("%s %s %d %s\\n", kind, name, bytes, pp()) }', ''],
  ['probe kernel.function("vfs_read") { println(@defined($nosuch) ? $nosuch : 7) if (@defined($count)) println($count) else println($bad) println(where_am_i()) println($nope)}', ''],
])('try %s', (script) => {
  const { codes, text, diagnostics } = run(script);
  console.log(script, codes, diagnostics.map(d=>[d.message,d.hints,d.notes?.map(n=>n.message)]), text);
  expect(1).toBe(1);
});
