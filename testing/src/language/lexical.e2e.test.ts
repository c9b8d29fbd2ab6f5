/** What a script is written with: numbers, strings, comments, names, arguments (langref 5.4, 5.6; man stap, LANGUAGE; reference 2.1). */
import { describe, expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';
import { languageTable } from './table.test-support.js';

const VALUES = { zero: 0, one: 1, two: 2, five: 5, text: 'abc' };
const LEXICAL = 'reference 2.1';

describe('numbers, strings, comments, names, arguments', () => {
  const bytes = (literal: string): string => `s = ${literal}; for (i = 0; i < strlen(s) + zero; i++) printf("%d ", stringat(s, i))`;
  languageTable([
    ['decimal', 'langref 5.6.1', 'print(0, " ", 7, " ", 1234567890123)', '0 7 1234567890123'],
    ['hexadecimal', `langref 5.6.1; ${LEXICAL}`, 'print(0x0, " ", 0xff, " ", 0XAbC, " ", 0x7fffffffffffffff)', '0 255 2748 9223372036854775807'],
    ['octal', LEXICAL, 'print(00, " ", 017, " ", 0777)', '0 15 511'],
    ['from 2^63 on they wrap', LEXICAL, 'print(9223372036854775808, " ", 18446744073709551615, " ", 0xfffffffffffffffe)', '-9223372036854775808 -1 -2'],
    ['- is an operator', LEXICAL, 'print(-5, " ", - 5, " ", five -3, " ", five- -3, " ", -0x10, " ", -017)', '-5 -5 2 8 -16 -15'],
    ['negative initial values', `${LEXICAL}, 2.3`, 'print(negative + zero, " ", negative_hex + zero, " ", least + zero)', '-7 -16 -9223372036854775808'],
    ['no blank is wanted around them', LEXICAL, 'x=five*3+2;print(x,1+1)', '172'],
    ['plain', 'langref 5.6.2', 'print("abc", "", " d")', 'abc d'],
    ['\\a \\b \\t \\n \\v \\f \\r', LEXICAL, bytes('"\\a\\b\\t\\n\\v\\f\\r"'), '7 8 9 10 11 12 13 '],
    ['\\\\ and \\"', LEXICAL, 'print("a\\\\b\\"c")', 'a\\b"c'],
    ['\\ and octal digits, at most three', LEXICAL, bytes('"\\101\\7x\\0601\\377"'), '65 7 120 48 49 255 '],
    ['\\x and hexadecimal digits', `${LEXICAL}, since 2.3`, bytes('"\\x41\\x7A\\xfF"'), '65 122 255 '],
    ['\\ and any other character is that', LEXICAL, 'print("\\q\\w\\ \\%\\\'")', "qw %'"],
    ['adjacent ones are one', `${LEXICAL}; langref 5.6.2`, 'print("a" "b"\n"c" . "d" "e")', 'abcde'],
    ['adjacent ones around a comment', LEXICAL, 'print("a" /* and */ "b" // that\n "c")', 'abc'],
    ['an escape ends with its literal', LEXICAL, bytes('"\\1" "23"'), '1 50 51 '],
    ['signs of comments and of code', LEXICAL, 'print("# // /* */ %( %) ${}; $1 @1")', '# // /* */ %( %) ${}; $1 @1'],
    ['bytes of UTF-8', LEXICAL, 'print(strlen("\u00c3\u00a9"), "\u00c3\u00a9")', '2\u00c3\u00a9'],
    ['compared byte by byte, as unsigned ones', 'reference 2.2', 'print("a\\377" > "a\\1" . substr(text, 3, 1), "" < text, "abc" == text)', '111'],
    ['# to the end of the line', `langref 5.5; ${LEXICAL}`, 'print(1) # print(2) "\nprint(3) #\n', '13'],
    ['// to the end of the line', 'langref 5.5', 'print(1) // print(2) /* "\nprint(3)', '13'],
    ['/* */', 'langref 5.5', 'print(1 /* , 2 */ , 3) /* # // \n print(4) */ print(5)', '135'],
    ['/**/ and stars', 'langref 5.5', 'print(/**/1/***/)/* * / */print(2)', '12'],
    ['they are not nested', 'langref 5.5', 'print(1) /* /* */ print(2)', '12'],
    ['# and // in each other', 'langref 5.5', '# // /*\nprint(1) // # /*\nprint(2)', '12'],
    ['letters, digits, _', 'langref 5.3', '_ = 1; a1_b = 2; A1_b = 3; __x9 = 4; print(_, a1_b, A1_b, __x9)', '1234'],
    ['$ within a name', LEXICAL, 'a$b = five; a$ = two; print(a$b, a$)', '52'],
    ["functions' names are no keywords", LEXICAL, 'exit = five; strlen = two; print(exit, strlen, strlen("abc"))', '523'],
    ['names of conditions are plain outside %( %)', LEXICAL, 'arch = 1; runtime = 2; kernel_v = 3; guru_mode = 4; print(arch, runtime, kernel_v, guru_mode)', '1234'],
    ['keywords are members', LEXICAL, 'print(&@cast(zero, "struct list_head")->next, " ", &@cast(0, "struct list_head")->prev)', '0 8'],
    ['$N is pasted as it is', `man stap, LANGUAGE; ${LEXICAL}`, 'print($1 + 1, " ", $2 + 1, " ", $3)', '13 6 -8'],
    ['@N is a string', 'man stap, LANGUAGE', 'print(@1, "|", @2, "|", @3, "|", @4, "|", @5, "|", @6)', '12|five|-0x8|say "hi" \\|a b|'],
    ['beside a string', LEXICAL, 'print("<" @1 ">", strlen("x" @5))', '<12>4'],
    ['several digits', LEXICAL, 'print(@10, $10)', '"ten"ten'],
    ['code', `${LEXICAL}: re-lexed`, 'print(two * $7, " ", $8)', '8 3'],
    ['their number', `man stap, LANGUAGE; ${LEXICAL}`, 'print($# + 1, @# . "!")', '1110!'],
    ['their number is no comment', LEXICAL, 'x = $# print(x) s = @# print(s)', '1010'],
    ['@* are all, as strings', 'man stap, LANGUAGE', 'printd("/", @*)', '12/five/-0x8/say "hi" \\/a b//2+4/strlen(text)/nine/"ten"'],
  ], { values: VALUES, declarations: 'global negative = -7, negative_hex = -0x10, least = -9223372036854775808', args: ['12', 'five', '-0x8', 'say "hi" \\', 'a b', '', '2+4', 'strlen(text)', 'nine', '"ten"'] });
});

test('$* are all arguments, as they are; $N is one alone', async () => {
  const script = 'function sum3(a, b, c) { return a + b + c } global five = 5 probe begin { printdln("/", $*); println(sum3($*), " ", @2); exit() }';
  const { stdout, stderr } = await stapkit('stapkit', ['-e', script, '--', '12', 'five', '-0x8']);
  expect({ stdout, stderr }).toEqual({ stdout: '12/5/-8\n9 five\n', stderr: '' });
});

test('an argument that is not used: a warning', async () => {
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', 'probe begin { println($2) exit() }', 'unused', '7']);
  expect({ stdout, status }).toEqual({ stdout: '7\n', status: 0 });
  expect(stderr).toContain('unused command line option $1/@1');
});
