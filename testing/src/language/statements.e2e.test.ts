/** Every statement, and what functions, aliases and handlers do with them. */
import { describe, expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';
import { languageTable } from './table.test-support.js';

const VALUES = { zero: 0, one: 1, two: 2, three: 3, five: 5, text: 'abc', empty: '' };
const MAN = 'man stap STATEMENTS';

describe('control flow', () => {
  languageTable([
    ['EXPR', `${MAN}; langref 6.4`, 'x = one; x + two; x++; print(x)', '2'],
    ['{ }', 'langref 6.11', '{ } { x = one { x++ } } print(x)', '2'],
    [';', 'langref 6.9', ';;; print(one);;', '1'],
    ['statements need no separators', 'langref 5.3', 'x = one x += two print(x) print(x)', '33'],
    ['if', 'langref 6.7', 'if (one) print("a") if (zero) print("b") if (five > two) print("c")', 'ac'],
    ['if else', 'langref 6.7', 'if (zero) print("a") else print("b") if (one) print("c") else print("d")', 'bc'],
    ['else belongs to the nearest if', 'langref 6.7 (as in C)', 'if (one) if (zero) print("a") else print("b") if (zero) if (one) print("c") else print("d")', 'b'],
    ['else if', 'langref 6.7', 'if (two == one) print("a") else if (two == two) print("b") else print("c")', 'b'],
    ['if of an empty statement', 'langref 6.9', 'if (one) ; else print("x") print("y")', 'y'],
    ['while', 'langref 6.12', 'i = 0; while (i < five) print(i++)', '01234'],
    ['while that never runs', 'langref 6.12', 'while (zero) print("x") print("y")', 'y'],
    ['for', 'langref 6.5', 'for (i = 0; i < three; i++) print(i)', '012'],
    ['for without parts', 'man stap; missing condition is 1', 'i = 0; for (;;) { if (i >= three) break; print(i++) }', '012'],
    ['for without a step', 'langref 6.5', 'for (i = 5; i > two;) print(i--)', '543'],
    ['for, the condition first', 'langref 6.5', 'for (i = 9; i < five; i++) print("x") print(i)', '9'],
    ['break', 'langref 6.1', 'for (i = 0; i < 9; i++) { if (i == three) break; print(i) } print("/", i)', '012/3'],
    ['continue goes on with the step', 'langref 6.1', 'for (i = 0; i < five; i++) { if (i == two) continue; print(i) }', '0134'],
    ['continue in while', 'langref 6.1', 'i = 0; while (i++ < five) { if (i == two) continue; print(i) }', '1345'],
    ['the innermost loop', 'langref 6.1', 'for (i = 0; i < three; i++) { for (j = 0; j < 9; j++) { if (j == two) break; print(i, j, " ") } if (i == one) break }', '00 01 10 11 '],
    ['return', 'langref 6.10', 'print(pick(one), pick(zero))', '105'],
    ['return without a value', 'man stap >= 3.4', 'leaves(zero); leaves(one)', 'stays '],
    ['no return: 0 or ""', 'man stap FUNCTIONS', 'print("[", nothing_long(one), nothing_text(one), "]")', '[0]'],
    ['recursion', 'langref 1.4.3', 'print(factorial(five), " ", fibonacci(two + five))', '120 13'],
    ['parameters are copies', 'man stap FUNCTIONS', 'x = five; print(changes(x), x)', '65'],
    ['functions by number of parameters', 'man stap FUNCTIONS, parameter overloading', 'print(arity(), arity(one), arity(one, two))', 'none one two'],
    ['next goes to the next overload', 'man stap FUNCTIONS, runtime overloading', 'print(over(one), over(two), over(three))', 'first second third '],
    ['priorities: the lowest first', 'man stap FUNCTIONS', 'print(ranked(one), ranked(two))', 'rank1 rank2 '],
    ['no overload left', 'reference 2.3', 'try { print(runs_out(one)) } catch (e) { print(e) }', 'all functions exhausted'],
  ], {
    values: VALUES,
    declarations: `
function pick(x) { if (x) return 10; return 5 }
function leaves(x) { if (x) return; print("stays ") }
function nothing_long:long(x) { if (x > 9) return x }
function nothing_text:string(x) { if (x > 9) return "x" }
function factorial(n) { return n < 2 ? 1 : n * factorial(n - 1) }
function fibonacci(n) { if (n < 2) return n; return fibonacci(n - 1) + fibonacci(n - 2) }
function changes(x) { x++; return x }
function arity() { return "none " } function arity(a) { return "one " } function arity(a, b) { return "two" }
function over(x) { if (x != 1) next; return "first " } function over(x) { if (x != 2) next; return "second " } function over(x) { return "third " }
function ranked(x):3 { return "rank3 " } function ranked(x):1 { if (x == 2) next; return "rank1 " } function ranked(x):2 { return "rank2 " }
function runs_out(x) { if (x) next; return 1 }`,
    options: ['-DMAXNESTING=30'],
  });
});

describe('errors', () => {
  languageTable([
    ['try without an error', 'langref 6.2', 'try { print("a") } catch { print("b") } print("c")', 'ac'],
    ['catch', 'langref 6.2', 'try { print("a"); error("x"); print("b") } catch { print("c") }', 'ac'],
    ['catch (message)', 'langref 6.2', 'try { error("it is " . text) } catch (e) { print(e) }', 'it is abc'],
    ['the message stays afterwards', 'langref 6.2', 'try { error("x") } catch (e) { } print(e)', 'x'],
    ['nested: the inner one first', 'langref 6.2', 'try { try { error("in") } catch (e) { print(e, " "); error("out") } } catch (e) { print(e) }', 'in out'],
    ['errors of catch go outward', 'man stap STATEMENTS', 'try { try { error("1") } catch { print(one / zero) } } catch (e) { print(e) }', 'division by 0'],
    ['errors of functions', 'langref 6.2', 'try { fails(one) } catch (e) { print(e) }', 'failed 1'],
    ['return inside try', 'langref 6.2', 'print(inside(one))', '7'],
    ['break and continue inside try', 'langref 6.2', 'for (i = 0; i < five; i++) { try { if (i == one) continue; if (i == three) break; print(i) } catch { print("x") } }', '02'],
    ['variables keep what was assigned before', 'langref 6.2', 'x = 1; try { x = 2; error("e"); x = 3 } catch { } print(x)', '2'],
    ['an error in a condition', 'langref 6.2', 'try { if (one / zero) print("a") else print("b") } catch { print("c") }', 'c'],
  ], { values: VALUES, declarations: 'function fails(n) { error(sprintf("failed %d", n)) } function inside(x) { try { if (x) return 7 } catch { } return 8 }' });
});

describe('delete, arrays', () => {
  languageTable([
    ['delete of an element', 'langref 6.3', 'd1[1] = 5; d1[2] = 6; delete d1[one]; print(1 in d1, 2 in d1, d1[1])', '010'],
    ['delete of what is not there', 'langref 6.3', 'delete d1[99]; print("fine")', 'fine'],
    ['delete of an array', 'langref 6.3', 'd2["a"] = 1; d2["b"] = 2; delete d2; print("a" in d2, "b" in d2)', '00'],
    ['delete of a number', 'langref 6.3', 'sc1 = 5; delete sc1; print(sc1)', '0'],
    ['delete of a string', 'langref 6.3', 'sc2 = "x"; delete sc2; print("[", sc2, "]")', '[]'],
    ['delete of a statistic', 'langref 6.3, 8.5', 'sc3 <<< five; delete sc3; print(@count(sc3), @sum(sc3)); sc3 <<< 2; print(@max(sc3))', '002'],
    ['delete a[k, *]', 'man stap STATEMENTS', 'd3[1, "a"] = 1; d3[1, "b"] = 2; d3[2, "a"] = 3; delete d3[1, *]; foreach ([i, t] in d3) print(i, t)', '2a'],
    ['reading makes no element', 'langref 7.2', 'x = d4[7]; print(x, 7 in d4)', '00'],
    ['"" is an element', 'reference 2.4', 'd5[1] = empty; print(1 in d5, d5[1] == "")', '11'],
    ['several keys of mixed types', 'langref 7', 'd6["a", 1, "b"] = 3; print(["a", 1, "b"] in d6, ["a", 2, "b"] in d6, d6["a", one, "b"])', '103'],
    ['nine keys', 'langref 7', 'd7[1, "2", 3, "4", 5, "6", 7, "8", 9] = text; print(d7[one, "2", 3, "4", five, "6", 7, "8", 9])', 'abc'],
    ['negative and extreme keys', 'langref 7', 'd8[-1] = 1; d8[0x8000000000000000] = 2; print(d8[zero - one], d8[-9223372036854775808])', '12'],
    ['foreach in a function', 'langref 6.6', 'd9[3] = 1; d9[4] = 2; print(total())', '10'],
    ['foreach sees values as they are', 'langref 6.6', 'd10[1] = 5; d10[2] = 6; foreach (k in d10) print(k, d10[k], " ")', '15 26 '],
    ['VAR = KEY in', 'langref 6.6', 'd11["x"] = 5; foreach (v = k in d11) print(k, v)', 'x5'],
    ['foreach (k in a[idx, *])', 'man stap STATEMENTS', 'd12[1, "a"] = 1; d12[2, "b"] = 2; d12[1, "c"] = 3; foreach ([i, t] in d12[one, *]) print(t)', 'ac'],
    ['by value, by key, limit', 'langref 7.5', 'd13["a"] = 2; d13["c"] = 1; d13["b"] = 3; foreach (k in d13+) print(k); foreach (k in d13- limit two) print(k); foreach (k+ in d13) print(k); foreach (k- in d13 limit 1) print(k)', 'cabbaabcc'],
    ['[k, *] in a', 'man stap EXPRESSIONS', 'd15[1, "a"] = 1; d15[2, "b"] = 1; print([one, *] in d15, [*, "b"] in d15, [three, *] in d15, [*, *] in d15)', '1101'],
    ['VAR+ = KEY in, VAR- = KEY in', 'man stap STATEMENTS', 'd16["a"] = 2; d16["c"] = 1; d16["b"] = 3; foreach (v+ = k in d16) print(k); foreach (v- = k in d16 limit 2) print(k, v)', 'cabb3a2'],
    ['by the first or the second of two keys', 'man stap STATEMENTS', 'd17[1, "z"] = 1; d17[2, "x"] = 2; d17[3, "y"] = 3; foreach ([i, t+] in d17) print(t); foreach ([i-, t] in d17 limit 2) print(i)', 'xyz32'],
    ['limit of nothing', 'langref 6.6', 'd18[1] = 1; foreach (k in d18 limit zero) print(k); foreach (k in d18 limit zero - 1) print(k) print("none")', 'none'],
    ['a slice, sorted, with a limit', 'man stap STATEMENTS', 'd19[1, "a"] = 5; d19[1, "b"] = 7; d19[2, "c"] = 9; d19[1, "d"] = 6; foreach ([i, t] in d19[one, *]- limit 2) print(t)', 'bd'],
    ['limit is evaluated once', 'langref 6.6', 'd14[1] = 1; d14[2] = 1; d14[3] = 1; n = 2; foreach (k in d14 limit n) { n = 9; print(k) }', '12'],
  ], {
    values: VALUES, constants: false,
    declarations: 'global d1, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12, d13, d14, d15, d16, d17, d18, d19, sc1, sc2, sc3 function total() { foreach (v = k in d9) t += k + v; return t } probe never { d4[1] = 1 }',
  });
});

/** Whole scripts in this process: [what, source, script, output]. */
describe('handlers and aliases', () => {
  test.each<[string, string, string, string]>([
    ['next leaves the handler', 'langref 6.8', 'probe begin { print("a"); next; print("b") } probe end { print("c") } probe begin(2) { exit() }', 'ac'],
    ['prologue', 'langref 3.2.1', 'probe mine = begin { x = 5 } probe mine { print(x); exit() }', '5'],
    ['epilogue', 'langref 3.2.2', 'probe mine += begin { printf("after %d", x); exit() } probe mine { x = 7 }', 'after 7'],
    ['both', 'man stap PROBES', 'probe mine = begin { x = 1 }, { print("<", x, ">"); exit() } probe mine { print(x); x = 2 }', '1<2>'],
    ['next in a prologue skips the rest', 'man stap PROBES', 'global skip = 1 probe mine = begin { if (skip) next } probe mine { print("no") } probe begin(5) { skip = 0; print("yes"); exit() }', 'yes'],
    ['next in the handler skips the epilogue', 'reference 2.4', 'probe mine = begin { }, { print("no") } probe mine { print("a"); if (pid()) next } probe begin(5) { exit() }', 'a'],
    ['alias of an alias: prologues outward in, epilogues back', 'langref 3.2.4', 'probe a = begin { print("A") }, { print("a") } probe b = a { print("B") }, { print("b") } probe b { print("-") } probe begin(5) { exit() }', 'AB-ba'],
    ['two names of one alias', 'reference 2.3', 'probe a.x = a.y = begin { n = "n" } probe a.* { print(n) } probe begin(5) { exit() }', 'nn'],
    ['wildcards', 'man stapprobes', 'probe m.one = begin { v = 1 } probe m.two = begin(2) { v = 2 } probe m.* { print(v) } probe begin(5) { exit() }', '12'],
    ['** across components', 'man stapprobes', 'probe m.a.b = begin { v = 1 } probe m.c = begin(2) { v = 2 } probe m.** { print(v) } probe begin(5) { exit() }', '12'],
    ['braces', 'langref 4.1.5', 'probe {begin,end} { print(pp(), " ") } probe begin(5) { exit() }', 'begin end '],
    ['nested braces', 'langref 4.1.5', 'probe m.{a,b}.{c,{d,e}} { print(v) } probe m.a.c = begin { v = 1 } probe m.a.d = begin { v = 2 } probe m.a.e = begin { v = 3 } probe m.b.c = begin { v = 4 } probe m.b.d = begin { v = 5 } probe m.b.e = begin { v = 6 } probe begin(5) { exit() }', '123456'],
    ['? of what is not there', 'langref 4.1.4', 'probe kernel.trace("no_such_event") ?, begin { print("here"); exit() }', 'here'],
    ['! takes the first that is there', 'langref 4.1.4', 'probe kernel.trace("no_such_event") !, begin !, end { print(pp()) } probe begin(5) { exit() }', 'begin'],
    ['if (condition)', 'man stap PROBES', 'global on = 1 probe begin if (on) { print("on ") } probe begin(2) if (!on) { print("off ") } probe begin(3) { on = 0 } probe begin(4) if (on) { print("no") } probe begin(5) { exit() }', 'on '],
    ['the order of begin, end and error', 'langref 4.12.4', 'probe begin(3) { print("3") exit() } probe begin(-1) { print("1") } probe begin { print("2") } probe end(2) { print("b") } probe end { print("a") } probe error { print("no") }', '123ab'],
    ['equal numbers: the order of the script', 'langref 4.12.4', 'probe begin { print("a") } probe begin { print("b") } probe begin { print("c") exit() }', 'abc'],
    ['exit() lets the handler end, other begin probes do not run', 'reference 2.4', 'probe begin { exit(); print("a") } probe begin(2) { print("no") } probe end { print("z") }', 'az'],
    ['abort() leaves the handler at once, and is not caught', 'reference 2.4, since 4.0', 'probe begin { print("a"); try { abort() } catch { print("no") } print("no") } probe begin(2) { print("no") } probe end { print("z") }', 'az'],
    ['@probewrite', 'man stap PROBES', 'probe foo = begin { var = 0; other = 0 }, { print(@probewrite(var) ? "written " : "not ", @probewrite(other)) } probe foo { var = 1 + other; print(var, " ") } probe begin(5) { exit() }', '1 written 0'],
    ['@defined decides before anything under it is looked at', 'langref 5.8.2', 'probe begin { print(@defined($nothing) ? $nothing : 5); if (@defined($nothing->x)) print($nothing->x); exit() }', '5'],
    ['@choose_defined', 'reference 2.6', 'probe begin { print(@choose_defined($nothing, 3)); exit() }', '3'],
    ['@MAXSTRINGLEN', 'reference 2.6', 'probe begin { print(@MAXSTRINGLEN); exit() }', '512'],
    ['locals begin as 0 and ""', 'reference 2.3', 'function f(x) { if (x) n = 9; return n } probe begin { print(f(1), f(0), f(1)); exit() }', '909'],
  ])('%s [%s]', async (_name, _source, script, expected) => {
    const { stdout, stderr, status } = await stapkit('stapkit', ['-w', '-e', script]);
    expect({ stdout, stderr, status }).toEqual({ stdout: expected, stderr: '', status: 0 });
  });
});
