/** Conditionals and macros (man stap, PREPROCESSING and MACROS; langref 5.8; reference 2.3). What is refused: preprocessor.test.ts of the compiler. */
import { release } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';
import { languageTable } from './table.test-support.js';
import type { Row } from './table.test-support.js';

const VALUES = { zero: 0, one: 1, two: 2, five: 5, text: 'abc' };
const CONDITIONALS = 'man stap, PREPROCESSING';
const MACROS = 'man stap, PREPROCESSOR MACROS';
const ARCH = process.arch === 'arm64' ? 'arm64' : 'x86_64';
const VERSION = /^\d+\.\d+(\.\d+)?/.exec(release())?.[0] ?? '';

/** A condition, and whether it holds. */
const holds = (condition: string, source: string, truth: boolean): Row => [`${condition} ${truth ? 'holds' : 'does not'}`, source, `print(%( ${condition} %? "yes" %: "no" %))`, truth ? 'yes' : 'no'];

describe('conditions, what they choose, macros', () => {
  languageTable([
    holds('kernel_v >= "2.6.9"', `${CONDITIONALS}: by strverscmp`, true),
    holds('kernel_v < "2.6.30"', CONDITIONALS, false),
    holds(`kernel_v == "${VERSION}"`, CONDITIONALS, true),
    holds(`kernel_v == "${VERSION.split('.')[0] ?? ''}.*"`, `${CONDITIONALS}: wildcards with == and !=`, true),
    holds('kernel_v != "[0-9]*"', CONDITIONALS, false),
    holds(`kernel_vr == "${release()}"`, CONDITIONALS, true),
    holds(`kernel_vr == "${VERSION}*"`, CONDITIONALS, true),
    holds('kernel_vr != "*nosuchsuffix"', CONDITIONALS, true),
    holds(`arch == "${ARCH}"`, CONDITIONALS, true),
    holds('arch != "s390"', CONDITIONALS, true),
    holds('runtime == "kernel"', 'reference 2.3', false),
    holds('runtime == "bpf"', 'reference 2.3', true),
    holds('systemtap_v >= "1.8"', 'man stap, --compatible', true),
    holds('systemtap_v < "5.10"', 'man stap: by strverscmp', true),
    holds('systemtap_privilege == "stapdev"', CONDITIONALS, true),
    holds('systemtap_privilege != "stapusr"', CONDITIONALS, true),
    holds('guru_mode == 0', 'reference 2.3', true),
    holds('CONFIG_BPF_SYSCALL == "y"', CONDITIONALS, true),
    holds('CONFIG_BPF_SYSCALL == "[ym]"', CONDITIONALS, true),
    holds('CONFIG_HZ >= 100', 'reference 2.3', true),
    holds('CONFIG_NO_SUCH_OPTION == ""', `${CONDITIONALS}: unset is ""`, true),
    holds('CONFIG_NO_SUCH_OPTION == "y"', CONDITIONALS, false),
    holds('1 < 2', CONDITIONALS, true),
    holds('10 <= 9', CONDITIONALS, false),
    holds('0x10 == 020', `${CONDITIONALS}; reference 2.1`, true),
    holds('"10" < "9"', `${CONDITIONALS}: as strings`, true),
    holds('"a" != "a"', CONDITIONALS, false),
    holds('$# == 3', 'man stap: arguments in conditions', true),
    holds('@# == "3"', 'man stap', true),
    holds('$1 > 10', 'man stap', true),
    holds('@2 == "ab c"', 'man stap', true),
    holds('@3 < "b"', 'man stap', true),
    ['&& and ||', CONDITIONALS, 'print(%( 1 == 1 && 2 == 2 %? "a" %), %( 1 == 2 || 2 == 2 %? "b" %), %( 1 == 1 && 1 == 2 %? "c" %: "d" %))', 'abd'],
    ['&& before ||', CONDITIONALS, 'print(%( 1 == 1 || 1 == 1 && 1 == 2 %? "a" %: "b" %), %( 1 == 2 && 1 == 1 || 1 == 1 %? "c" %: "d" %))', 'ac'],
    ['without %:', CONDITIONALS, 'print(1) %( 1 == 2 %? print(2) %) %( 1 == 1 %? print(3) %)', '13'],
    ['nested', CONDITIONALS, 'print(%( 1 == 1 %? %( 1 == 2 %? 1 %: %( "a" == "a" %? 2 %: 3 %) %) %: %( 1 == 1 %? 4 %) %))', '2'],
    ['nested in what is left out', CONDITIONALS, 'print(%( 1 == 2 %? %( 1 == 1 %? 1 %: 2 %) %: %( 1 == 2 %? 3 %: 4 %) %))', '4'],
    ['parts of expressions', CONDITIONALS, 'print(one %( 1 == 1 %? + two * %: - %) five)', '11'],
    ['parts of statements', CONDITIONALS, 'if (one %( 1 == 2 %? && zero %)) { print("a") %( 1 == 1 %? } else { %) print("b") }', 'a'],
    ['what is left out is no code', CONDITIONALS, 'print(1) %( 1 == 2 %? foreach ) } $nothing @nothing( nosuch(1) probe %: print(2) %)', '12'],
    ['declarations', CONDITIONALS, 'print(chosen(), " ", chosen_value + one)', 'first 3'],
    ['through the lines', CONDITIONALS, '%( 1 == 1\n  %? print(1)\n  %: print(2)\n%)', '1'],
    ['without parameters', MACROS, 'print(@pair, @pair)', '1212'],
    ['with parameters', MACROS, 'print(@sum(1, 2), " ", @sum(one * five, @first(five, 9)))', '3 10'],
    ['tokens, not values', MACROS, 'print(@product(one + two, five))', '11'],
    ['statements', MACROS, '@twice(print("a"); print(one))', 'a1a1'],
    ['commas in brackets belong to the argument', MACROS, 'print(@first(max(one, five), 2), pairs[1, 2] + @first(pairs[1, 2], 0))', '50'],
    ['a macro that uses macros', MACROS, 'print(@outer(five))', '[<5>]'],
    ['a macro as an argument', MACROS, 'print(@sum(@sum(1, 2), @sum(3, @pick)))', '13'],
    ['declared behind its use', MACROS, 'print(@late)', 'late'],
    ['a parameter in a string is not replaced', MACROS, 'print(@quoted(five))', '@x 5'],
    ['conditions in macros', `${MACROS}, ${CONDITIONALS}`, 'print(@chosen_by(five))', '6'],
    ['parameters hide macros', MACROS, 'print(@hides(five))', '5'],
    ['an empty body, and an empty argument', MACROS, 'print(1) @empty print(2 @first(, 3))', '12'],
    ['the name of an @operator', MACROS, 'print(@avg(8, 4))', '6'],
    ['arguments of the script', MACROS, 'print(@first($1, @1), @given)', '12<12>'],
    ['macros of the library', 'reference 2.6', 'print(@choose_defined($nothing, five), @MAXSTRINGLEN)', '5512'],
  ], {
    values: VALUES,
    args: ['12', 'ab c', 'a'],
    declarations: [
      '%( 1 == 1 %? function chosen() { return "first" } global chosen_value = 2 %: function chosen() { return "second" } probe nothing.such { } %)',
      'global pairs function max(a, b) { return a > b ? a : b } probe never { pairs[1, 2] = 0 }',
      '@define pair %( 1, 2 %) @define sum(a, b) %( (@a + @b) %) @define first(a, b) %( @a %) @define product(a, b) %( @a * @b %) @define twice(s) %( @s @s %)',
      '@define outer(x) %( "[" . @inner(@x) . "]" %) @define inner(x) %( "<" . sprint(@x) . ">" %) @define pick %( 7 %)',
      '@define quoted(x) %( "@x ", @x %) @define chosen_by(x) %( @x %( 1 == 1 %? + 1 %: - 1 %) %) @define hides(pick) %( @pick %) @define empty %( %)',
      '@define avg(a, b) %( (@a + @b) / 2 %) @define given %( "<" . @1 . ">" %)',
      '@define late %( "late" %)',
    ].join('\n'),
  });
});

test('macros and conditions in probe points, aliases and globals', async () => {
  const script = '@define at(n) %( begin(@n) %) @define both %( begin(2), begin(3) %) global n = %( arch == "*" %? 5 %: 6 %) probe mine = @at(4) { m = "alias" } probe @at(1) { print("one ") } probe @both { print(n++, " ") } probe mine %( 1 == 2 %? , nothing.such %) { print(m); exit() }';
  expect(await stapkit('stapkit', ['-e', script])).toMatchObject({ stdout: 'one 5 6 alias', stderr: '', status: 0 });
});

test('-g is what guru_mode tells', async () => {
  const { stdout } = await stapkit('stapkit', ['-p1', '-g', '-e', 'probe begin { %( guru_mode != 0 %? told() %: other() %) }']);
  expect(stdout).toContain('told()');
});
