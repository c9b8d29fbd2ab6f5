/** Regular expressions, characters, enumerators, speculation: the same functions in a kernel handler and in this process. */
import { expect, test } from '@jest/globals';
import { runInBothExecutors, type Case } from './both-executors.test-support.js';
import { stapkit } from './checkout.js';

/** Globals that change, so that nothing is known when the script is compiled. */
const FILL = `
global path, empty, number, words, one
probe begin { path = "/usr/lib64/libc.so.6"; empty = "x"; empty = ""; number = " -0x1Fz"; words = ",a,b;;c d"; one = 1 }
`;

/** Statements and what they print. */
const CASES: readonly Case[] = [
  ['=~ anywhere', 'printf("%d%d%d", path =~ "lib", path =~ "libd", path =~ "")', '101'],
  ['!~', 'printf("%d%d", path !~ "lib", path !~ "libd")', '01'],
  ['anchors', 'printf("%d%d%d%d", path =~ "^/usr", path =~ "^usr", path =~ "6$", path =~ "so$")', '1010'],
  ['the empty text', 'printf("%d%d%d", empty =~ "^$", empty =~ ".", empty =~ "a*")', '101'],
  ['alternatives, repetitions, classes', 'printf("%d%d", path =~ "^/(usr|opt)/lib(64)?/[a-z]+\\\\.so(\\\\.[[:digit:]]+){1,2}$", path =~ "[^[:print:]]")', '10'],
  ['matched() and ngroups()', 'if (path =~ "/([a-z]+)\\\\.so(\\\\.[0-9])?(x)?") printf("%s %s %s [%s] %d", matched(0), matched(1), matched(2), matched(3), ngroups())', '/libc.so.6 libc .6 [] 4'],
  ['the last match counts', 'path =~ "usr"; path =~ "lib(c)"; printf("%s", matched(1))', 'c'],
  ['matched() after a failure', 'try { x = path =~ "nothing"; printf("%d%s", x, matched(0)) } catch (e) { print(e) }', 'matched(): no successful match'],
  ['matched() of no group', 'try { if (path =~ "u(s)") print(matched(2)) } catch (e) { print(e) }', 'matched(): the last regular expression has no group 2'],
  ['stringat()', 'printf("%c%d%d", stringat(path, one), stringat(path, 99 * one), stringat(empty, 0))', 'u00'],
  ['stringat() of a constant text', 'printf("%c", stringat("abc", one))', 'b'],
  ['stringat() before the text', 'try { printf("%d", stringat(path, -one)) } catch (e) { print(e) }', 'stringat(): position -1 is out of bounds'],
  ['strtol()', 'printf("%d %d %d %d", strtol(number, 0), strtol("077" . empty, 0), strtol("12z" . empty, 10), strtol("zz" . empty, 36))', '-31 63 12 1295'],
  ['strtol() beyond 64 bits', 'printf("%d %d", strtol("9223372036854775808" . empty, 10), strtol("-9999999999999999999" . empty, 10))', '9223372036854775807 -9223372036854775808'],
  ['strtol() in no base', 'printf("%d %d", strtol(number, one), strtol(number, 37 * one))', '0 0'],
  ['tokenize()', 'for (t = tokenize(words, ",;"); t != ""; t = tokenize(",;")) printf("[%s]", t)', '[a][b][c d]'],
  ['isdigit()', 'printf("%d%d%d", isdigit("7" . empty), isdigit("x" . empty), isdigit(empty))', '100'],
  ['@enum, @const, @enumname', 'printf("%d %d %d %s %s", @enum("BPF_MAP_TYPE_HASH"), @const("BPF_MAP_TYPE_ARRAY"), @const("-0x10UL"), @enumname(one, "bpf_map_type"), @enumname(one - 2, "enum bpf_map_type"))', '1 2 -16 BPF_MAP_TYPE_HASH -1'],
  ['@probewrite', 'printf("%d", @probewrite(one))', '0'],
  ['macros of types', 'printf("%d%d%d%d%d", @cast_sizeof("struct list_head"), @offsetof("struct list_head", prev), @type_defined("struct list_head"), @type_defined("struct no_such"), @type_member_defined("struct list_head", no_such))', '168100'],
  ['@kderef of no address', 'try { printf("%d", @kderef(8, one)) } catch (e) { printf("%s", substr(e, 0, 20)) }', 'kernel read fault at'],
  ['randint()', 'printf("%d%d", randint(one), randint(10) < 10)', '01'],
  ['jiffies(), HZ(), get_cycles()', 'c = get_cycles(); printf("%d%d%d", HZ() >= 24, jiffies() > 0x100000000 - 300 * HZ(), get_cycles() >= c)', '111'],
  ['speculation', 'id = speculation(); other = speculation(); speculate(id, sprintf("kept %d", one)); speculate(other, "dropped"); speculate(id, "!"); discard(other); commit(id); commit(id)', 'kept 1!'],
  ['@this', '@this3 = one + 4; printf("%d", @this3)', '5'],
  ['a call without result as a number', 'one == 2 && log("no"); print("yes")', 'yes'],
];

runInBothExecutors('operators', FILL, CASES);

test('system() runs a shell command', async () => {
  const { stdout } = await stapkit('stapkit', ['-e', 'probe begin { system("echo from $((1 + 1))") } probe timer.ms(300) { exit() }']);
  expect(stdout).toBe('from 2\n');
});

test.each([
  ['"x" =~ "a(b"', "E0551: regular expression: '(' is not closed"],
  ['printk(1, "x")', "E0552: function 'printk' is not supported: BPF programs cannot write to the kernel's log"],
  ['@perf("x")', 'E0552: @perf: counters are of a CPU'],
  ['@const("no_such_name")', "E0552: @const: no enumeration of the kernel's type information has 'no_such_name'"],
  ['@enumname(1, "no_such_enum")', "E0552: @enumname: this kernel's type information has no enumeration 'no_such_enum'"],
  ['@kderef(3, 0)', 'E0552: @kderef: the size must be the constant 1, 2, 4 or 8'],
])('%s is refused', async (expression, message) => {
  const { stderr, status } = await stapkit('stapkit', ['-p2', '-e', `probe begin { println(${expression}) }`]);
  expect(stderr).toContain(message);
  expect(status).toBe(1);
});
