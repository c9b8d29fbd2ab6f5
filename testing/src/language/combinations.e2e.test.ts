/** Statements and operators that meet: loops over parts of arrays in functions, errors out of loops, recursion over texts, keys of all kinds. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';
import { languageTable } from './table.test-support.js';

const VALUES = { zero: 0, one: 1, two: 2, five: 5, text: 'abc' };
const FOREACH = 'man stap, foreach; reference 2.4';

// Sorted foreach leaves an array of this process in its order, as stap's does: such rows have an array of their own.
describe('arrays', () => {
  languageTable([
    ['a part of an array, with a limit', FOREACH, 'foreach ([i, j, k] in grid[*, 1, *] limit 2) print(i, j, k, " ")', '01k0 11k1 '],
    ['a part in the order of a key', FOREACH, 'foreach ([i-, j, k] in sorted[*, 2, *]) print(i)', '3210'],
    ['a part in the order of values', FOREACH, 'foreach (v- = [i, j, k] in sorted[*, *, "k2"] limit 2) print(v, " ")', '22 21 '],
    ['all in the order of values', FOREACH, 'foreach (v- = [i, j, k] in sorted limit 3) print(v, " ")', '32 31 30 '],
    ['a part that expressions name', FOREACH, 'foreach ([i, j, k] in grid[one + one, *, "k" . sprint(two)]) print(j)', '012'],
    ['a part that is not there', FOREACH, 'foreach ([i, j, k] in grid[9, *, *]) print(j) print("-")', '-'],
    ['the limit is asked once', FOREACH, 'n = two; foreach ([i, j, k] in grid limit n) { n += five; print(i, j, " ") }', '00 01 '],
    ['a limit of 0 and below', FOREACH, 'foreach ([i, j, k] in grid limit zero - 3) print("x") print("-")', '-'],
    ['in a function, returned from', FOREACH, 'print(first_of(1), first_of(3), first_of(7))', '1030-1'],
    ['in a function, within a loop over the same', FOREACH, 'foreach ([i, j, k] in grid[*, 0, *]) print(row_sum(i), " ")', '3 33 63 93 '],
    ['statistics, by an @op, of a part', FOREACH, 'foreach ([a, b] in stats[*, "x"] @sum- limit 2) print(a, ":", @sum(stats[a, b]), " ")', '2:30 1:20 '],
    ['statistics, by another @op, upwards', FOREACH, 'foreach ([a, b] in stats @max+ limit 3) print(a, b, " ")', '0y 0x 1y '],
    ['nine keys of both kinds', 'langref 7: up to nine', 'print(nine[one, "a", two, "b", 3, "c", 4, "d", five], "|", nine[1, "a", 2, "b", 3, "c", 4, "d", 6], "|", [1, "a", 2, "b", 3, "c", 4, "d", 5] in nine)', 'v|w|1'],
    ['a part of nine keys', FOREACH, 'foreach (v = [a, b, c, d, e, f, g, h, i] in nine[*, "a", *, *, 3, *, *, *, *]) print(i, v, " ") print([1, "a", 2, "b", *, *, *, *, 7] in nine)', '5v 6w 0'],
    ['delete of a part', 'man stap, delete', 'for (i = 0; i < 3; i++) for (j = 0; j < 3; j++) square[i, j] = i * 3 + j + zero; delete square[*, 1]; foreach ([i, j] in square) print(square[i, j]) print([2, *] in square, [*, 1] in square)', '02356810'],
    ['an index that changes is evaluated once', 'reference 2.2', 'i = 70; names[i++] .= "p"; names[i--] .= "q"; print(names[70], names[71], i)', 'pq70'],
    ['an element of a text, from itself', 'reference 2.2', 'names[one] .= "ab"; names[one] .= names[one]; print(names[one], strlen(names[two]), one in names, two in names)', 'abab010'],
  ], {
    values: VALUES, constants: false,
    declarations: `global grid, sorted, stats, nine, square, names
      function first_of(n) { foreach (v = [i, j, k] in grid[n, *, *]) return v; return -1 }
      function row_sum(n) { sum = 0; foreach (v = [i, j, k] in grid[n, *, "k" . sprint(n)]) sum += v; return sum }
      probe begin(-8) {
        for (i = 0; i < 4; i++) for (j = 0; j < 3; j++) grid[i, j, "k" . sprint(i)] = sorted[i, j, "k" . sprint(i)] = i * 10 + j
        for (i = 0; i < 3; i++) { stats[i, "x"] <<< i * 10; stats[i, "x"] <<< i * 5 + (i == 1 ? 5 : 0); stats[i, "y"] <<< i - 1 }
        nine[1, "a", 2, "b", 3, "c", 4, "d", 5] = "v"; nine[1, "a", 2, "b", 3, "c", 4, "d", 6] = "w"; nine[1, "z", 2, "b", 3, "c", 4, "d", 7] = "x"
      }`,
  });
});

describe('errors, recursion, texts', () => {
  languageTable([
    ['try in try in a loop, with continue and break', 'man stap, try', 'for (i = 0; i < 4; i++) { try { if (i == one) continue; if (i == 3) break; try { x = 10 / (i - two); print("d", x, " ") } catch (e) { print("c", i, " "); error("again") } } catch (f) { print(f, " ") } } print("end")', 'd-5 c2 again end'],
    ['return out of try in a loop', 'man stap, try', 'print(tries(two), " ", tries(9))', '200 5'],
    ['an error out of a loop, into the next round', 'man stap, try', 'for (i = 0; i < 3; i++) try { for (j = 0; j < five; j++) { if (j == i) fails(j); print(j) } } catch (e) { print("!", e, " ") }', '!at 0 0!at 1 01!at 2 '],
    ['a text that a function makes of itself', 'man stap FUNCTIONS', 's = repeated(five + two); print(strlen(s), s)', '7abababa'],
    ['functions that call each other', 'man stap FUNCTIONS', 'print(even(five + two), even(two + two))', '01'],
    ['next in a function that calls itself', 'man stap FUNCTIONS, runtime overloading', 'print(collatz(five + one), " ", collatz(7 * one))', '8 16'],
    ['assignments of assignments', 'reference 2.2', 's = t = "x"; s .= t .= "y"; a = b = five; a += b -= two; print(s, t, a, b)', 'xxyxy83'],
    ['bits one by one', 'reference 2.2', 'print(flags(21 * one), " ", flags(0x3ff), " ", flags(0x400))', 'A,C,E:0 A,B,C,D,E,F,G,H,I,J:0 :1024'],
    ['width and precision of texts as arguments', 'reference 2.7', 'printf("[%-*.*s][%*s][%*.*s]", five + one, two, text, five, text, five, one, text)', '[ab    ][  abc][    a]'],
    ['a text of a text of numbers', 'reference 2.7', 'print(sprintf("%s-%05d-%s", sprint(one, two), five, sprintf("%x%c", 255, 65 + zero)))', '12-00005-ffA'],
    ['short circuits with effects', 'reference 2.2', 'i = 0; while (i++ < five && (i % two || ++i)) print(i); print("/", i)', '135/6'],
  ], {
    values: VALUES,
    declarations: `function tries(n) { c = 0; for (i = 0; i < 5; i++) { try { if (i == n) return i * 100; error("x") } catch { c++ } } return c }
      function fails(n) { if (n >= 0) error("at " . sprint(n)) return 0 }
      function repeated(n) { return n <= 0 ? "" : (n % 2 ? "a" : "b") . repeated(n - 1) }
      function even(n) { return n == 0 ? 1 : odd(n - 1) } function odd(n) { return n == 0 ? 0 : even(n - 1) }
      function collatz(n) { if (n % 2) next; return 1 + collatz(n / 2) } function collatz(n) { return n == 1 ? 0 : 1 + collatz(3 * n + 1) }
      function flags(v) { s = ""; ${Array.from('ABCDEFGHIJ', (name, bit) => `if ((v & ${1 << bit}) == ${1 << bit}) { s .= ",${name}"; v &= ~${1 << bit} }`).join(' ')} return substr(s, 1, strlen(s)) . ":" . sprint(v) }`,
    options: ['-DMAXNESTING=40'], constants: false,
  });
});

describe('files of a library', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'stapkit-combinations-'));
    writeFileSync(join(folder, 'a.stp'), 'private function own(x) { return x . "a" } function of_a(x) { return own(x) . sprint(count_a++) } private global count_a = 1 global shared = 1');
    writeFileSync(join(folder, 'b.stp'), 'private function own(x) { return x * 2 } function of_b(x) { return own(x) + count_a } private global count_a = 100 probe lib.at = begin(7) { which = "at" shared++ } probe lib.at.late = begin(8) { which = "late" }');
  });
  afterAll(() => { rmSync(folder, { recursive: true }); });

  test('private names of two files, -G of the own and of the library, aliases with suffixes', async () => {
    const script = 'private function own() { return "mine" } global n = 1, s = "x", p = 3 probe begin(-1) { println(own(), of_a("z"), of_a("y"), of_b(21), " ", n, s, p) } probe lib.at.late, lib.at ? { println(which, " ", shared) } probe lib.nothing.late ?, begin(9) { exit() }';
    const result = await stapkit('stapkit', ['-I', folder, '-G', 'n=-5', '-G', 's=1.5', '-G', 'p=0x10', '-G', 'shared=7', '-e', script]);
    expect(result).toMatchObject({ stdout: 'mineza1ya2142 -51.516\nat 8\nlate 8\n', stderr: '', status: 0 });
  });
});

test.each([
  ['delete of an element', 'delete a[k]'],
  ['delete of the array', 'delete a'],
  ['a function that writes it', 'writes(k)'],
  ['a loop that sorts it, inside', 'foreach (i+ in a) a[i]++'],
])("refused: %s while a foreach goes over the array", async (_what, statement) => {
  const { stderr, status } = await stapkit('stapkit', ['-p2', '-e', `global a function writes(k) { a[k] = 2 } probe begin { a[1] = 1; foreach (k in a) { ${statement} } writes(1) }`]);
  expect(stderr).toMatch(/error E\d+: .*'?a'?.* modifie/);
  expect(status).toBe(1);
});
