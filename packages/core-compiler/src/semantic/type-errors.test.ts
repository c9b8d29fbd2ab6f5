/**
 * Wrong scripts, with the message and both places that disagree, as line:column: where a type was used, and where it was first
 * inferred (man stap, VARIABLES: "Inconsistent type-related use of identifiers signals an error").
 */
import { expect, test } from '@jest/globals';
import type { Span } from '../source/index.js';
import { run } from './elaborate.test-support.js';

const place = (span: Span | undefined): string => {
  if (span === undefined) return '-';
  const { line, column } = span.source.position(span.start);
  return `${line}:${column}`;
};

const ROWS: readonly (readonly [script: string, ...errors: string[]])[] = [
  ['probe begin { x = 1; x = "a"; print(x) }', '1:26 type mismatch: expected long but found string; 1:19 type was first inferred here (long)'],
  ['probe begin { x = "a"; x = 1; print(x) }', '1:28 type mismatch: expected string but found long; 1:19 type was first inferred here (string)'],
  ['probe begin { x = "a"; x++; print(x) }', '1:24 type mismatch: expected long but found string; 1:19 type was first inferred here (string)'],
  ['probe begin { x = "a"; x += 2; print(x) }', '1:24 type mismatch: expected long but found string; 1:19 type was first inferred here (string)'],
  ['probe begin { x = 1; x .= "a"; print(x) }', '1:22 type mismatch: expected string but found long; 1:19 type was first inferred here (long)'],
  ['probe begin { x = 1; y = x . "a"; print(y) }', '1:26 type mismatch: expected string but found long; 1:19 type was first inferred here (long)'],
  ['probe begin { x = "a"; y = x * 2; print(y) }', '1:28 type mismatch: expected long but found string; 1:19 type was first inferred here (string)'],
  ['probe begin { x = "a"; if (x) print(1) }', '1:28 type mismatch: expected long but found string; 1:19 type was first inferred here (string)'],
  ['probe begin { x = "a"; while (x) print(1) }', '1:31 type mismatch: expected long but found string; 1:19 type was first inferred here (string)'],
  ['probe begin { x = "a"; for (; x;) print(1) }', '1:31 type mismatch: expected long but found string; 1:19 type was first inferred here (string)'],
  ['probe begin { x = "a"; print(!x) }', '1:31 type mismatch: expected long but found string; 1:19 type was first inferred here (string)'],
  ['probe begin { x = "a"; print(x ? 1 : 2) }', '1:30 type mismatch: expected long but found string; 1:19 type was first inferred here (string)'],
  ['probe begin { x = 1; print(x == "a") }', '1:33 type mismatch: expected long but found string; 1:19 type was first inferred here (long)'],
  ['probe begin { x = "a"; print(x < 5) }', '1:34 type mismatch: expected string but found long; 1:19 type was first inferred here (string)'],
  ['probe begin { x = 1; print(x =~ "a") }', '1:28 type mismatch: expected string but found long; 1:19 type was first inferred here (long)'],
  ['probe begin { x = 1; printf("%s", x) }', '1:35 type mismatch: expected string but found long; 1:19 type was first inferred here (long)'],
  ['probe begin { x = "a"; printf("%d", x) }', '1:37 type mismatch: expected long but found string; 1:19 type was first inferred here (string)'],
  ['probe begin { x = "a"; printf("%*d", x, 1) }', '1:38 type mismatch: expected long but found string; 1:19 type was first inferred here (string)'],
  ['probe begin { x = 1; println(strlen(x)) }', '1:37 type mismatch: expected string but found long; 1:19 type was first inferred here (long); 6:23 type was first inferred here (string)'],
  ['probe begin { x = 1; error(x) }', '1:28 type mismatch: expected string but found long; 1:19 type was first inferred here (long); 8:17 type was first inferred here (string)'],
  ['global g = 1 probe begin { g = "a" print(g) }', '1:32 type mismatch: expected long but found string; 1:12 type was first inferred here (long)'],
  ['global g = "a" probe begin { g++ print(g) }', '1:30 type mismatch: expected long but found string; 1:12 type was first inferred here (string)'],
  ['global g probe begin { g = 1 } probe end { println(g . "x") }', '1:52 type mismatch: expected string but found long; 1:28 type was first inferred here (long)'],
  ['global a probe begin { a[1] = 2; a["x"] = 3; println(a[1]) }', '1:36 type mismatch: expected long but found string; 1:26 type was first inferred here (long)'],
  ['global a probe begin { a[1] = 2; a[2] = "x"; println(a[1]) }', '1:41 type mismatch: expected long but found string; 1:31 type was first inferred here (long)'],
  ['global a probe begin { a[1, "x"] = 2; println(a["y", 1]) }', '1:49 type mismatch: expected long but found string; 1:26 type was first inferred here (long)', '1:54 type mismatch: expected string but found long; 1:29 type was first inferred here (string)'],
  ['global a probe begin { a["k"] = 1; println(5 in a) }', '1:44 type mismatch: expected string but found long; 1:26 type was first inferred here (string)'],
  ['global a probe begin { a["k"] = 1; foreach (k in a) println(k + 1) }', '1:61 type mismatch: expected long but found string; 1:26 type was first inferred here (string)'],
  ['global a probe begin { a["k"] = 1; k = 1; foreach (k in a) println(k) }', '1:52 type mismatch: expected string but found long; 1:40 type was first inferred here (long); 1:26 type was first inferred here (string)'],
  ['global a probe begin { a["k"] = 1; delete a[3]; println(a["k"]) }', '1:45 type mismatch: expected string but found long; 1:26 type was first inferred here (string)'],
  ['global a probe begin { a[1] = "x"; foreach (v = k in a) println(v + 1) }', '1:65 type mismatch: expected long but found string; 1:31 type was first inferred here (string)'],
  ['global a probe begin { a["k", 1] = 1; foreach ([i, j] in a[3, *]) println(i) }', '1:60 type mismatch: expected string but found long; 1:26 type was first inferred here (string)'],
  ['global s probe begin { s <<< 1; s = 2; println(@count(s)) }', '1:37 type mismatch: expected stats but found long; 1:24 type was first inferred here (stats)'],
  ['global s probe begin { s = 2; s <<< 1; println(s) }', '1:31 type mismatch: expected stats but found long; 1:28 type was first inferred here (long)'],
  ['global s probe begin { s <<< 1; println(@count(s), s) }', '1:52 type mismatch: expected long but found stats; 1:24 type was first inferred here (stats)'],
  ['global s probe begin { x = "a"; s <<< x; println(@count(s)) }', '1:39 type mismatch: expected long but found string; 1:28 type was first inferred here (string)'],
  ['global a probe begin { a[1] = 2; println(a) }', '1:42 inconsistent arity (0 vs 1) of \'a\'; 1:24 arity 1 first inferred here'],
  ['global a probe begin { a[1] = 2; a[1, 2] = 3; println(a[1]) }', '1:34 inconsistent arity (2 vs 1) of \'a\'; 1:24 arity 1 first inferred here'],
  ['global a probe begin { a = 2; foreach (k in a) println(k) }', '1:45 inconsistent arity (1 vs 0) of \'a\'; 1:24 arity 0 first inferred here'],
  ['function f(x:long) { return x } probe begin { s = "a"; println(f(s)) }', '1:66 type mismatch: expected long but found string; 1:51 type was first inferred here (string); 1:12 type was first inferred here (long)'],
  ['function f(x) { return x + 1 } probe begin { println(f("a")) }', '1:24 type mismatch: expected long but found string; 1:56 type was first inferred here (string)'],
  ['function f(x) { return x } probe begin { println(f(1), f("a")) }', '1:58 type mismatch: expected long but found string; 1:52 type was first inferred here (long)'],
  ['function f(x) { if (x) return 1; return "a" } probe begin { println(f(1)) }', '1:41 type mismatch: expected long but found string; 1:31 type was first inferred here (long)'],
  ['function f:string(x) { return x + 1 } probe begin { println(f(1)) }', '1:31 type mismatch: expected string but found long; 1:10 type was first inferred here (string)'],
  ['function f(x) { return x } probe begin { println(f(1) . "a") }', '1:24 type mismatch: expected string but found long; 1:52 type was first inferred here (long); 1:50 type was first inferred here (string)'],
  ['function f(x) { if (x) next; return 1 } function f(x) { return "a" } probe begin { println(f(1)) }', '1:64 type mismatch: expected long but found string; 1:37 type was first inferred here (long)'],
  ['probe begin { try { error("x") } catch (e) { println(e + 1) } }', '1:54 type mismatch: expected long but found string; 1:41 type was first inferred here (string)'],
  ['probe begin { e = 1; try { error("x") } catch (e) { println(e) } println(e) }', '1:48 type mismatch: expected long but found string; 1:19 type was first inferred here (long)'],
  ['global g = 1 probe begin if (g == "x") { println(1) }', '1:35 type mismatch: expected long but found string; 1:12 type was first inferred here (long)'],
  ['probe mine = begin { v = 1 } probe mine { println(v . "x") }', '1:51 type mismatch: expected string but found long; 1:26 type was first inferred here (long)'],
  ['probe kernel.function("vfs_read") { x = "a"; x = $count; println(x) }', '1:50 type mismatch: expected string but found long; 1:41 type was first inferred here (string)'],
];

test.each(ROWS.map(([script, ...errors]) => ({ script, errors })))('$script', ({ script, errors }) => {
  const found = run(script).diagnostics.filter(({ severity }) => severity === 'error');
  expect(found.map(({ span, message, notes = [] }) => [`${place(span)} ${message}`, ...notes.map((note) => `${place(note.span)} ${note.message}`)].join('; '))).toEqual(errors);
});

test('every row shows two places', () => {
  expect(ROWS.length).toBeGreaterThanOrEqual(30);
  expect(ROWS.filter(([, ...errors]) => !errors.every((error) => /^\d+:\d+ .*; \d+:\d+ /.test(error)))).toEqual([]);
});
