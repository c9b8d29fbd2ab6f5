/** Every operator: levels of precedence, associativity, and the edges of 64-bit arithmetic and of strings. */
import { describe } from '@jest/globals';
import { languageTable } from './table.test-support.js';

const VALUES = {
  zero: 0, one: 1, two: 2, three: 3, five: 5, seven: 7, ten: 10, m1: -1, m2: -2, m7: -7, n63: 63, n64: 64, n65: 65,
  max: 9223372036854775807n, min: -9223372036854775808n,
  a: 'abc', b: 'abd', ab: 'ab', empty: '', high: '\\377',
};

describe('precedence and associativity', () => {
  languageTable([
    ['* before +', 'man stap EXPRESSIONS; langref 5.6.1', 'print(one + two * three)', '7'],
    ['/ and * from the left', 'langref 5.6.1', 'print(seven * three / two)', '10'],
    ['% as *', 'langref 5.6.1', 'print(ten % seven * two)', '6'],
    ['- from the left', 'langref 5.6.1', 'print(ten - three - two)', '5'],
    ['+ before <<', 'langref 5.6.1', 'print(one << two + one)', '8'],
    ['<< from the left', 'langref 5.6.1', 'print(one << two << three)', '32'],
    ['<< before <', 'langref 5.6.6', 'print(one << two < five)', '1'],
    ['. before <', 'langref 5.6.2', 'print(ab . "c" == a)', '1'],
    ['. before <<, + before .', 'langref 5.6.2', 'print("x" . sprint(one + two) . "y")', 'x3y'],
    ['comparisons chain from the left, all on one level', 'langref 5.6.6', 'print(three > two > one, one < two == one, five == five == one)', '011'],
    ['< before &', 'langref 5.6.1', 'print(two & one < two)', '0'],
    ['& before ^', 'langref 5.6.1', 'print(one ^ three & two)', '3'],
    ['^ before |', 'langref 5.6.1', 'print(one | one ^ one)', '1'],
    ['| before &&', 'langref 5.6.1', 'print(zero && zero | one)', '0'],
    ['&& before ||', 'langref 5.6.1', 'print(one || zero && zero)', '1'],
    ['|| before ?:', 'langref 5.6.7', 'print(zero || one ? two : three)', '2'],
    ['?: from the right', 'langref 5.6.7', 'print(zero ? one : zero ? two : three, one ? zero ? one : two : three)', '32'],
    ['?: before =', 'langref 5.6.3', 'x = one ? two : three; print(x)', '2'],
    ['= from the right', 'langref 5.6.3', 'x = y = five; print(x + y)', '10'],
    ['+= from the right', 'langref 5.6.3', 'x = 1; y = 2; x += y += three; print(x, y)', '65'],
    ['unary before binary', 'langref 5.6.5', 'print(-two + three, -two * -three, ~one & seven)', '166'],
    ['unary from the right', 'langref 5.6.5', 'print(- -two, !!five, -~zero, ! ~m1, +m2)', '2111-2'],
    ['! before comparisons', 'langref 5.6.5', 'print(!one == zero, !(one == zero))', '11'],
    ['++ before unary', 'langref 5.6.5', 'x = five; print(-x++, x, -++x)', '-56-7'],
    ['parentheses', 'langref 5.6.8', 'print((one + two) * three, ten - (three - two))', '99'],
    ['in above &, below comparisons', 'man stap EXPRESSIONS', 'print(one == one in arr, two & one in arr)', '10'],
    ['!x in a is (!x) in a', 'man stap EXPRESSIONS', 'print(!zero in arr, !(one in arr))', '10'],
    ['=~ as a comparison', 'langref 5.6.6', 'print(a . "d" =~ "cd$", (a =~ "b") + one)', '12'],
  ], { values: VALUES, declarations: 'global arr probe begin(-8) { arr[1] = 1 }' });
});

describe('integers are 64-bit and wrap', () => {
  languageTable([
    ['+ - * wrap', 'langref 5.2.2', 'print(max + one == min, min - one == max, min * m1 == min, max * two)', '111-2'],
    ['unary - of the least', 'langref 5.2.2', 'print(-min == min, -max)', '1-9223372036854775807'],
    ['literals from 2**63 wrap', 'langref 5.2.2', 'printf("%d %d", 0x8000000000000000, 18446744073709551615)', '-9223372036854775808 -1'],
    ['octal and hexadecimal', 'langref 5.2.1', 'printf("%d %d %d", 010, 0x1F, 0XaB)', '8 31 171'],
    ['/ goes toward zero', 'langref 5.6 "per C rules"', 'print(seven / two, " ", m7 / two, " ", seven / m2, " ", m7 / m2)', '3 -3 -3 3'],
    ['% has the sign of the left', 'langref 5.6 "per C rules"', 'print(seven % three, " ", m7 % three, " ", seven % -three, " ", m7 % -three)', '1 -1 1 -1'],
    ['the least / -1 is itself, % -1 is 0', 'langref 5.6', 'print(min / m1 == min, min % m1, seven / m1, " ", m7 / m1)', '10-7 7'],
    ['% 1 is 0, / 1 is the same', 'langref 5.6', 'print(seven % one, min % one, min / one == min)', '001'],
    ['/ and % by zero', 'man stap EXPRESSIONS', 'try { print(one / zero) } catch (e) { print(e) } try { print(one % zero) } catch (e) { print("; ", e) }', 'division by 0; division by 0'],
    ['&', 'langref 5.6.1', 'print(12 & ten, " ", m1 & seven, " ", min & m1 == min)', '8 7 0'],
    ['|', 'langref 5.6.1', 'print(12 | three, " ", min | max)', '15 -1'],
    ['^', 'langref 5.6.1', 'print(12 ^ ten, " ", m1 ^ max == min)', '6 -1'],
    ['~', 'langref 5.6.5', 'print(~zero, ~five, ~max == min)', '-1-61'],
    ['<< and >>', 'langref 5.6.1', 'print(one << ten, " ", 1024 >> three, " ", m7 >> one, " ", m1 >> n63)', '1024 128 -4 -1'],
    ['>>> shifts zeros in', 'langref 5.6.1', 'print(m1 >>> n63, " ", m7 >>> one, " ", 1024 >>> three)', '1 9223372036854775804 128'],
    ['shifts take the count modulo 64', 'runtime shift rules', 'print(one << n64, " ", one << n65, " ", m7 >> n64, " ", m7 >> n65, " ", m1 >>> n65 == max, " ", one << m1 == min)', '1 2 -7 -4 1 1'],
    ['< > <= >= == != are signed', 'langref 5.6.6', 'print(min < max, m1 < zero, max > m1, one <= one, two <= one, one >= two, one == one, one != one)', '11110010'],
    ['&& || ! give 0 or 1', 'langref 5.6.1', 'print(five && seven, five && zero, zero || seven, zero || zero, !five, !zero)', '101001'],
    ['++ and --, before and after', 'langref 5.6.5', 'x = max; print(x++ == max, x == min, --x == max, x--, x)', '11192233720368547758079223372036854775806'],
  ], { values: VALUES });
});

describe('&& || ?: evaluate what they need alone', () => {
  languageTable([
    ['&&', 'langref 5.6.1 (as in C)', 'n = 0; zero && n++; one && (n += 10); print(n)', '10'],
    ['||', 'langref 5.6.1 (as in C)', 'n = 0; one || n++; zero || (n += 10); print(n)', '10'],
    ['?:', 'langref 5.6.7', 'n = 0; one ? (n += 1) : (n += 10); zero ? (n += 100) : (n += 1000); print(n)', '1001'],
    ['errors of what is not evaluated', 'langref 5.6.1 (as in C)', 'print(zero && one / zero, one || one / zero, one ? two : one / zero)', '012'],
    ['functions as operands', 'langref 5.6.9', 'print(zero && noisy(1), one || noisy(2), one && noisy(3))', '<3>011'],
  ], { values: VALUES, declarations: 'function noisy(n) { printf("<%d>", n); return n }' });
});

describe('strings', () => {
  languageTable([
    ['.', 'langref 5.6.2', 'print(a . b . empty . "x")', 'abcabdx'],
    ['adjacent literals are one', 'langref 5.2.3', 'print("foo" "bar" . a . "x" "y")', 'foobarabcxy'],
    ['escapes', 'langref 5.2.3', 'print("\\\\ \\" \\101\\x42\\t|")', '\\ " AB\t|'],
    ['an unknown escape is its character', 'langref 5.2.3', 'print("a\\qb")', 'aqb'],
    ['== and !=', 'langref 5.6.6', 'print(a == b, a == "abc", a != b, a != "abc", empty == "")', '01101'],
    ['< > <= >= by bytes', 'langref 5.6.6', 'print(a < b, a > b, a <= "abc", a >= b, ab < a, empty < ab, b > ab)', '1010111'],
    ['bytes are unsigned', 'langref 5.6.6', 'print(high > a, high < a, "Z" < "a")', '101'],
    ['=~ and !~', 'langref 5.6.6', 'print(a =~ "b", a =~ "^b", a !~ "b", a !~ "^b", empty =~ "^$")', '10011'],
    ['=', 'langref 5.6.4', 's = a; t = s . s; s = "z"; print(s, t)', 'zabcabc'],
    ['.=', 'langref 5.6.4', 's = a; s .= b; s .= "!"; print(s)', 'abcabd!'],
    ['.= gives the new value', 'langref 5.6.4', 's = "x"; t = (s .= a); print(s, t)', 'xabcxabc'],
    ['?: of strings', 'langref 5.6.7', 'print(one ? a : b, zero ? a : b)', 'abcabd'],
    ['unset strings are empty', 'langref 7.2', 's = strs["none"]; print("[", s, "]", strlen(s))', '[]0'],
  ], { values: VALUES, declarations: 'global strs probe begin(-8) { strs["x"] = "y" }' });
});

/** Each compound assignment to a variable of its own (handlers of two CPUs may run at once): to a local, a global, an array element. */
const COMPOUND: readonly (readonly [operator: string, operand: string, from: string, to: string])[] = [
  ['+=', 'three', '10', '13'], ['-=', 'three', '10', '7'], ['*=', 'three', '10', '30'], ['/=', 'three', '10', '3'], ['%=', 'three', '10', '1'],
  ['<<=', 'three', '10', '80'], ['>>=', 'one', '-10', '-5'], ['&=', 'three', '10', '2'], ['|=', 'five', '10', '15'], ['^=', 'three', '10', '9'],
  ['/=', 'm1', '-9223372036854775808', '-9223372036854775808'], ['%=', 'm1', '-9223372036854775808', '0'], ['<<=', 'n65', '10', '20'], ['+=', 'one', '9223372036854775807', '-9223372036854775808'],
];

describe('compound assignments give the new value', () => {
  languageTable([
    ...COMPOUND.map(([operator, operand, from, to]) => [`${operator} of a local`, 'langref 5.6.3', `x = ${from}; print(x ${operator} ${operand}, " ", x)`, `${to} ${to}`] as const),
    ...COMPOUND.map(([operator, operand, from, to], at) => [`${operator} of a global`, 'langref 5.6.3', `g${at} = ${from}; print(g${at} ${operator} ${operand}, " ", g${at})`, `${to} ${to}`] as const),
    ...COMPOUND.map(([operator, operand, from, to], at) => [`${operator} of an element`, 'langref 5.6.3', `arr[${at + 10}, "k"] = ${from}; print(arr[${at + 10}, "k"] ${operator} ${operand}, " ", arr[${at + 10}, "k"])`, `${to} ${to}`] as const),
    ['+= and ++ of an element that is not there', 'langref 7.2', 'arr[9, "n"] += three; arr[8, "n"]++; print(arr[9, "n"], arr[8, "n"], ++arr[7, "n"], arr[6, "n"]--, arr[6, "n"])', '3110-1'],
    ['/= by zero leaves the value', 'man stap EXPRESSIONS', 'g = 5; try { g /= zero } catch { print("caught ") } try { g %= zero } catch { print(g) }', 'caught 5'],
    ['.= of a global and an element', 'langref 5.6.4', 'gs = "x"; gs .= "y"; sarr[1] .= "z"; sarr[1] .= gs; print(gs, sarr[1])', 'xyzxy'],
    ['<<< of a scalar and an element', 'langref 8.1', 'st <<< three; st <<< five; sta[1] <<< ten; print(@sum(st), " ", @count(sta[1]))', '8 1'],
    ['an assignment is a value', 'langref 5.6.3', 'x = (h = 4) + (arr[0, "v"] = 5); print(x)', '9'],
    ['the index is evaluated once', 'langref 5.6.3', 'i = 0; arr[i++, "once"] += 7; print(i, arr[0, "once"])', '17'],
  ], { values: VALUES, declarations: `global g, h, ${COMPOUND.map((_, at) => `g${at}`).join(', ')}, gs, arr, sarr, st, sta`, constants: false });
});
