import { describe, expect, test } from '@jest/globals';
import { expression, parse, withoutSpans } from './parse.test-support.js';
import { printExpression } from './printer.js';

/** The printed form shows the precedence by parentheses. */
describe('precedence', () => {
  test.each<[text: string, printed: string]>([
    ['a + b * c', 'a + (b * c)'], ['a * b + c', '(a * b) + c'], ['a - b - c', '(a - b) - c'], ['a / b % c * d', '((a / b) % c) * d'], ['(a + b) * c', '(a + b) * c'],
    ['a . b . c', '(a . b) . c'], ['a + b . c', '(a + b) . c'], ['a . b + c', 'a . (b + c)'], ['a << b . c', 'a << (b . c)'], ['a << b + c', 'a << (b + c)'], ['a << b >> c >>> d', '((a << b) >> c) >>> d'],
    ['a < b << c', 'a < (b << c)'], ['1 < 2 == 1', '(1 < 2) == 1'], ['a == b < c', '(a == b) < c'], ['a <= b >= c != d', '((a <= b) >= c) != d'],
    ['a in b', '[a] in b'], ['a + 1 in b', '[a + 1] in b'], ['a < b in c', '[a < b] in c'], ['!a in b', '[!a] in b'], ['a & b in c', 'a & ([b] in c)'], ['a in b & c', '([a] in b) & c'],
    ['[a, *, 1] in b', '[a, *, 1] in b'], ['[a] in b && c', '([a] in b) && c'], ['!([a, b] in c)', '!([a, b] in c)'],
    ['a & b == c', 'a & (b == c)'], ['a & b & c', '(a & b) & c'], ['a ^ b & c', 'a ^ (b & c)'], ['a | b ^ c', 'a | (b ^ c)'], ['a | b | c', '(a | b) | c'], ['a && b | c', 'a && (b | c)'],
    ['a || b && c', 'a || (b && c)'], ['a && b || c', '(a && b) || c'], ['a || b || c', '(a || b) || c'], ['a && b && c', '(a && b) && c'],
    ['a ? b : c', 'a ? b : c'], ['a ? b : c ? d : e', 'a ? b : (c ? d : e)'], ['a ? b ? c : d : e', 'a ? (b ? c : d) : e'], ['a || b ? c : d', '(a || b) ? c : d'], ['a ? b = 1 : c', 'a ? (b = 1) : c'],
    ['a = b = c', 'a = (b = c)'], ['a = b + c', 'a = (b + c)'], ['a = b ? c : d', 'a = (b ? c : d)'], ['a += b -= c', 'a += (b -= c)'], ['a <<< b + 1', 'a <<< (b + 1)'], ['a <<< b <<< c', 'a <<< (b <<< c)'], ['a .= b . c', 'a .= (b . c)'],
    ['-a * b', '(-a) * b'], ['a * -b', 'a * (-b)'], ['- -a', '-(-a)'], ['! ~a', '!(~a)'], ['!a == b', '(!a) == b'], ['-a . b', '(-a) . b'], ['+a', '+a'], ['- 1 - -1', '(-1) - (-1)'],
    ['-a++', '-(a++)'], ['- ++a', '-(++a)'], ['a++ + ++b', '(a++) + (++b)'], ['a + +b', 'a + (+b)'], ['a-- - --b', '(a--) - (--b)'], ['!a++', '!(a++)'],
    ['a =~ "x"', 'a =~ "x"'], ['a . b =~ "x" "y"', '(a . b) =~ "xy"'], ['a !~ "x" && b', '(a !~ "x") && b'], ['(a =~ "x") == 1', '(a =~ "x") == 1'], ['a =~ "x" in b', '[a =~ "x"] in b'],
    ['a[b = 2]', 'a[b = 2]'], ['a[b, c][d]', '(a[b, c])[d]'], ['f()', 'f()'], ['f (a)', 'f(a)'], ['f(a = 1, b ? c : d)', 'f(a = 1, b ? c : d)'],
    ['"a" "b" . "c"', '"ab" . "c"'], ['0x10', '16'], ['18446744073709551615', '18446744073709551615'], ['-9223372036854775808', '-9223372036854775808'],
    ['((((a))))', 'a'], ['(a) + (b)', 'a + b'], ['a % (b)', 'a % b'], ['%{ 3 %} + 1', '%{ 3 %} + 1'],
  ])('%s', (text, printed) => { expect(printExpression(expression(text))).toBe(printed); });
});

describe('target variables', () => {
  test.each<[text: string, printed: string]>([
    ['$a', '$a'], ['$a->b->c', '$a->b->c'], ['$a->b[1]->c', '$a->b[1]->c'], ['$a[i + 1]', '$a[i + 1]'], ['$a$', '$a$'], ['$a$$', '$a$$'], ['$a->b$', '$a->b$'], ['$a[0]$$', '$a[0]$$'], ['$$vars', '$$vars'], ['$$parms$$', '$$parms$$'],
    ['&$a', '&$a'], ['&$a->b', '&$a->b'], ['&$a + 1', '(&$a) + 1'], ['a & $b', 'a & $b'], ['a & &$b', 'a & (&$b)'], ['&a->b', '&(a)->b'], ['&(a->b)', '&(a)->b'], ['&@cast(p, "t")->x', '&@cast(p, "t")->x'],
    ['@cast(p, "t")', '@cast(p, "t")'], ['@cast(p + 1, "struct " "t", "m")->x[2]$', '@cast(p + 1, "struct t", "m")->x[2]$'], ['@cast(p, "t")$$', '@cast(p, "t")$$'], ['@var("x@a.c")', '@var("x@a.c")'], ['@var("x", "m")->y', '@var("x", "m")->y'],
    ['a->b', '(a)->b'], ['a[1]->b', '(a[1])->b'], ['f(x)->b->c', '(f(x))->b->c'], ['(a + b)->c', '(a + b)->c'], ['(a)[3]', '(a)[3]'], ['f(x)[1]', '(f(x))[1]'], ['-3->y', '-(3)->y'], ['!a->b', '!(a)->b'],
    ['($a)->b', '($a)->b'], ['($a->b)->c', '($a->b)->c'], ['$a->if->long', '$a->if->long'], ['$a -> b', '$a->b'], ['$a->b++', '$a->b++'], ['$a->b = $c', '$a->b = $c'], ['@defined($a->b)', '@defined($a->b)'], ['@entry($a->b + 1)', '@entry($a->b + 1)'],
    ['@min(a)[3]', '(@min(a))[3]'], ['$return$', '$return$'], ['@defined($x) ? $x : 0', '@defined($x) ? $x : 0'],
  ])('%s', (text, printed) => {
    const tree = expression(text);
    expect(printExpression(tree)).toBe(printed);
    expect(withoutSpans(expression(printed))).toEqual(withoutSpans(tree));
  });

  test('the tree of a path', () => {
    expect(withoutSpans(expression('&$a->b[1]$'))).toEqual({
      kind: 'target', base: { kind: 'variable', name: '$a' }, steps: [{ kind: 'member', name: 'b' }, { kind: 'element', index: { kind: 'number', value: 1n } }], addressOf: true, pretty: 1,
    });
    expect(withoutSpans(expression('$$parms$$'))).toMatchObject({ base: { kind: 'variable', name: '$$parms' }, pretty: 2, steps: [] });
    expect(withoutSpans(expression('x->y$'))).toMatchObject({ base: { kind: 'autocast', value: { kind: 'name', name: 'x' } }, steps: [{ kind: 'member', name: 'y' }], pretty: 1 });
  });
});

describe('operators with @ and prints', () => {
  test.each([
    '@count(a)', '@sum(a[1, "x"])', '@avg(a + b)', '@variance(a)', '@variance(a, 3)', '@hist_log(a)[3]', '@hist_linear(a, -10, 20, 5)[i + 1]', '@perf("x")', '@const("A")', '@enum("A")', '@enumname(a)', '@enumname(a, "t")', '@enumname(a, "t", "m")',
    '@probewrite($x)', '@kregister(1)', '@uregister(2)', '@kderef(8, a)', '@uderef(4, a + 1)', 'print(a)', 'print(a, b)', 'print(@hist_log(a))', 'println()', 'println(@hist_linear(a, 0, 10, 1), b)', 'print(@hist_log(a)[1])', 'printf("x")',
    'printf("%d\\n", a)', 'printd(",", a, b)', 'printdln(",", a)', 'print_char(65)', 'sprint(a)', 'sprintln()', 'sprintf("%s", a)', 'sprintd("", a)', 'sprintdln(":", a, b)',
  ])('%s', (text) => { expect(printExpression(expression(text))).toBe(text); });

  test('format and delimiter stand apart', () => {
    expect(withoutSpans(expression('printf("a" "b", c)'))).toEqual({ kind: 'print', name: 'printf', format: { kind: 'text', value: 'ab' }, args: [{ kind: 'name', name: 'c' }] });
    expect(withoutSpans(expression('printd(":", c)'))).toMatchObject({ format: { value: ':' } });
    expect(withoutSpans(expression('print("a")'))).toEqual({ kind: 'print', name: 'print', args: [{ kind: 'text', value: 'a' }] });
  });
});

describe('errors', () => {
  test.each<[text: string, codes: string]>([
    ['x = ', 'E0201@1:15'], ['x = 1 +', 'E0201@1:18'], ['x = (1', 'E0204@1:17'], ['x = a ? b', 'E0201@1:20'], ['x = a ?: b', 'E0201@1:18'], ['x = a[1', 'E0204@1:18'], ['x = f(1,)', 'E0201@1:19'], ['x = f(1 2)', 'E0204@1:19'],
    ['x &&= 1', 'E0226@1:13'], ['x ||= 1', 'E0226@1:13'], ['x === 1', 'E0226@1:13'], ['x !== 1', 'E0226@1:13'], ['x = [a] 3', 'E0201@1:19'], ['x = ![a] in b', 'E0201@1:16'], ['[a] in 3', 'E0201@1:18'], ['x in "a"', 'E0201@1:16'],
    ['a =~ b', 'E0219@1:16'], ['a < b =~ "x"', 'E0225@1:17'], ['a =~ "x" == 1', 'E0225@1:20'], ['a =~ "x" =~ "y"', 'E0225@1:20'], ['!~a', 'E0201@1:11'],
    ['3 = 4', 'E0207@1:13'], ['f() = 3', 'E0207@1:15'], ['a + b = 3', 'E0207@1:17'], ['"a" <<< 3', 'E0207@1:15'], ['a ? b : c = d', 'E0207@1:21'], ['&$a = 1', 'E0207@1:15'], ['$a$ = 1', 'E0207@1:15'], ['3++', 'E0208@1:12'], ['++f()', 'E0208@1:11'], ['(a + b)--', 'E0208@1:18'],
    ['@foo(1)', 'E0205@1:11'], ['@cout(x)', 'E0205@1:11'], ['@constructor', 'E0205@1:11'], ['@count x', 'E0201@1:18'], ['@count()', 'E0201@1:18'], ['@hist_log(a)', 'E0221@1:11'], ['print(@hist_log(a) + 1)', 'E0221@1:17'], ['x = print((@hist_log(a)))', 'E0221@1:22'],
    ['@hist_linear(a)', 'E0201@1:25'], ['@hist_linear(a, b, 1, 1)', 'E0219@1:27'], ['@cast(p)', 'E0201@1:18'], ['@cast(p, t)', 'E0219@1:20'], ['@cast(p, "a", "b", "c")', 'E0204@1:28'], ['@var(x)', 'E0219@1:16'], ['@perf(x)', 'E0219@1:17'], ['@kderef(1)', 'E0201@1:20'],
    ['print', 'E0201@1:17'], ['print()', 'E0220@1:11'], ['printf()', 'E0220@1:11'], ['printf(x)', 'E0219@1:18'], ['printd(x, 1)', 'E0219@1:18'], ['printd(",")', 'E0220@1:11'], ['printdln()', 'E0220@1:11'], ['printf("a" x)', 'E0204@1:22'], ['printf "x"', 'E0201@1:18'],
    ['$', 'E0222@1:11'], ['$$', 'E0222@1:11'], ['$a$$$', 'E0222@1:11'], ['$a$->b', 'E0223@1:14'], ['$a->b$->c', 'E0223@1:13'], ['$a[0]$->b', 'E0223@1:16'], ['&a', 'E0224@1:11'], ['&f()', 'E0224@1:11'], ['$a->3', 'E0201@1:15'], ['a[*]', 'E0215@1:13'], ['x = if', 'E0201@1:15'], ['x = long', 'E0201@1:15'],
    ["x = 'a'", 'E0105@1:15'], ['x = 12ab', 'E0101@1:15'], ['x = "abc', 'E0102@1:15'],
  ])('%s', (text, codes) => { expect(parse(`probe p { ${text}\n}`).codes[0]?.replace('@2:1', '@end')).toBe(codes.replace(/@1:(\d+)$/, (whole) => endOf(text, whole))); });
});

/** A column behind the text means that the next token, the brace on the next line, was found. */
function endOf(text: string, place: string): string {
  return Number(place.slice(3)) >= 'probe p { '.length + text.length + 1 ? '@end' : place;
}

test.each(['+', '.', '&&', '||', '|', '==', '<<', '*'])('a chain of 500 %s is fine, of 600 refused', (operator) => {
  expect(parse(`probe p { x = ${Array.from({ length: 500 }, () => 'a').join(operator)} }`).codes).toEqual([]);
  expect(parse(`probe p { x = ${Array.from({ length: 600 }, () => 'a').join(operator)} }`).codes[0]).toMatch(/^E0206/);
});

test.each<[name: string, open: string, close: string]>([
  ['parentheses', '(', ')'], ['calls', 'f(', ')'], ['indexes', 'a[', ']'], ['minus', '- ', ''], ['assignments', 'a = ', ''], ['ternaries', 'a ? b : ', ''], ['casts', '@cast(', ', "t")'], ['steps', '$a[', ']'], ['counts', '@count(', ')'],
])('%s nest 100 deep; 100,000 deep is an error', (_name, open, close) => {
  expect(parse(`probe p { x = ${open.repeat(100)}1${close.repeat(100)} }`).codes).toEqual([]);
  expect(parse(`probe p { x = ${open.repeat(100_000)}1${close.repeat(100_000)} }`).codes[0]).toMatch(/^E0206/);
});
