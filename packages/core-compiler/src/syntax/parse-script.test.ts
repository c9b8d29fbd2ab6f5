import { describe, expect, test } from '@jest/globals';
import { declaration, parse, statements, withoutSpans } from './parse.test-support.js';
import { printScript } from './printer.js';

/** Prints, parses the print, and compares the trees. Gives the print without its heading. */
function roundTrip(text: string): string {
  const { script, diagnostics } = parse(text);
  expect(diagnostics).toEqual([]);
  const printed = printScript(script);
  const again = parse(printed);
  expect(again.codes).toEqual([]);
  expect(withoutSpans(again.script)).toEqual(withoutSpans(script));
  return printed.replace(/^#.*\n/, '');
}

describe('statements', () => {
  test.each([
    'x = 1', 'x = 1;', ';', ';;', '{ }', '{ x = 1 { y = 2; } }', 'x = 1 y = 2', 'x = y $z = 3', 'x = 1 y++ -z', 'int', 'a; b\nc',
    'if (a) b', 'if (a) b; else c', 'if (a) { b } else { c }', 'if (a) if (b) c; else d', 'if (a) b else if (c) d else if (e) f else g', 'if (a) ; else ;', 'if (a) { if (b) c } else d',
    'while (a) b', 'while (1) { break; continue }', 'for (;;) ;', 'for (i = 0; i < 3; i++) { continue }', 'for (;a;) for (b;;) for (;;c) next',
    'foreach (k in a) x', 'foreach ([k] in a) x', 'foreach ([k, l, m] in a) { break }', 'foreach (k+ in a) x', 'foreach (k- in a) x', 'foreach ([k, l-] in a) x', 'foreach (k in a+) x', 'foreach (k in a-) x', 'foreach (k in a @sum-) x', 'foreach ([k] in a @avg +) x',
    'foreach (v = k in a) x', 'foreach (v = [k, l] in a) x', 'foreach (v- = [k] in a) x', 'foreach (v+ = k in a) x', 'foreach (v = k- in a) x', 'foreach (k in a limit 3) x', 'foreach (k- in a limit n + 1) x', 'foreach (k in a @count- limit b ? 1 : 2) x',
    'foreach ([k, l] in a[1, *]) x', 'foreach (k in a["x", b + 1] -) x', 'foreach (k in @hist_log(s)) x', 'foreach (k in @hist_linear(s[1], 0, 10, 1)) x', 'foreach (k in @hist_log(s)-) x', 'foreach (k in a) foreach (l in b) { x }',
    'delete a', 'delete a[1]', 'delete a["x", *]', 'delete a[*]', 'delete a[b[1], *];', 'try { x } catch { y }', 'try { x } catch (e) { y }', 'try { try { } catch { } } catch { try { } catch (e) { next } }', 'next', 'next;', '%{ code %}', '[a, b] in c', 'print(1) println(2)',
  ])('%s', (text) => { expect(roundTrip(`probe p { ${text} }`)).toMatch(/^probe p \{/); });

  test('a chain of 1000 else-if', () => { roundTrip(`probe p { ${'if (a) b; else '.repeat(1000)} c }`); });

  test('the tree of foreach', () => {
    expect(withoutSpans(statements('foreach (v = [a, b] in arr[1, *] @sum- limit 5) next'))).toEqual([{
      kind: 'foreach', value: { kind: 'name', name: 'v' }, keys: [{ kind: 'name', name: 'a' }, { kind: 'name', name: 'b' }],
      array: { kind: 'array', name: 'arr', slice: [{ kind: 'number', value: 1n }, undefined] }, sort: { by: 'value', stat: 'sum', descending: true }, limit: { kind: 'number', value: 5n }, body: { kind: 'next' },
    }]);
    expect(withoutSpans(statements('foreach ([a, b+] in arr) next'))).toMatchObject([{ sort: { by: 'key', key: 1, descending: false } }]);
    expect(withoutSpans(statements('foreach (v- = a in arr) next'))).toMatchObject([{ sort: { by: 'value', descending: true } }]);
  });
  test('else belongs to the nearest if', () => {
    expect(withoutSpans(statements('if (a) if (b) c; else d'))).toMatchObject([{ kind: 'if', then: { kind: 'if', otherwise: { kind: 'expression' } } }]);
  });
  test('return with and without a value', () => {
    expect(withoutSpans(declaration('function f() { return; return 1 return }'))).toMatchObject({ body: { statements: [{ kind: 'return' }, { kind: 'return', value: { value: 1n } }, { kind: 'return' }] } });
  });
});

describe('declarations', () => {
  test.each<[text: string, printed: string]>([
    ['global a', 'global a'], ['global a, b = 1, c = "x" "y", d[10], e%[20], f%', 'global a\nglobal b = 1\nglobal c = "xy"\nglobal d[10]\nglobal e%[20]\nglobal f%'], ['global a;', 'global a'], ['global a; global b', 'global a\nglobal b'], ['global a global b', 'global a\nglobal b'],
    ['global a = -5', 'global a = -5'], ['global a = 0x10', 'global a = 16'], ['global a = 18446744073709551615', 'global a = -1'], ['private a', 'private global a'], ['private global a, b', 'private global a\nprivate global b'], ['global a = -9223372036854775808', 'global a = -9223372036854775808'],
    ['function f() { }', 'function f ()\n{\n}'], ['function f:long(a:string, b, c:long):3 { return 1 }', 'function f:long (a:string, b, c:long):3\n{\n  return 1;\n}'], ['private function f:string() { return "" }', 'private function f:string ()\n{\n  return "";\n}'], ['function f() %{ code %}', 'function f ()\n%{ code %}'],
    ['%{ top %}', '%{ top %}'], ['probe begin { }', 'probe begin {\n}'], ['probe a = b { }', 'probe a = b {\n}'], ['probe a.b(1) = c, d? { x }', 'probe a.b(1) = c, d? {\n  x;\n}'], ['probe a += b { }', 'probe a += b {\n}'], ['probe a = b = c { }', 'probe a = b = c {\n}'], ['probe a = b = c += d { }', 'probe a += b += c += d {\n}'],
    ['probe a = b { x }, { y }', 'probe a = b {\n  x;\n}, {\n  y;\n}'],
  ])('%s', (text, printed) => { expect(roundTrip(text)).toBe(`${printed}\n`); });

  test.each<[points: string, printed: string]>([
    ['begin', 'begin'], ['timer.s(1)', 'timer.s(1)'], ['begin(-1)', 'begin(-1)'], ['kernel.function("a" "b").call', 'kernel.function("ab").call'], ['a.**.b', 'a.**.b'], ['syscall.*', 'syscall.*'], ['sys*.re*d', 'sys*.re*d'], ['*', '*'], ['a . b . c', 'a.b.c'], ['a.if.foreach.probe', 'a.if.foreach.probe'],
    ['a, b', 'a, b'], ['a?', 'a?'], ['a!', 'a!'], ['a ?, b !', 'a?, b!'], ['a if (x > 1)', 'a if (x > 1)'], ['a? if (x), b', 'a? if (x), b'], ['a!if(x)', 'a! if (x)'],
    ['{a,b}', 'a, b'], ['x.{a,b}.c', 'x.a.c, x.b.c'], ['x.{a,b.c}.{d,e(1)}', 'x.a.d, x.a.e(1), x.b.c.d, x.b.c.e(1)'], ['x.{a,{b,c}.d}', 'x.a, x.b.d, x.c.d'], ['x.{a?,b!,c if (y)}', 'x.a?, x.b!, x.c if (y)'], ['x.{a,b}?', 'x.a?, x.b?'], ['x.{a,b?} if (y)', 'x.a if (y), x.b? if (y)'],
    ['x.{a if (y),b} if (z)', 'x.a if (y && z), x.b if (z)'], ['x.{page*,b}, y', 'x.page*, x.b, y'], ['process("/bin/x").mark("m")', 'process("/bin/x").mark("m")'], ['netfilter.ip.hook("a\\"b")', 'netfilter.ip.hook("a\\"b")'],
  ])('probe %s', (points, printed) => { expect(roundTrip(`probe ${points} { }`)).toBe(`probe ${printed} {\n}\n`); });
});

describe('errors', () => {
  test.each<[text: string, codes: string]>([
    ['', 'E0202@1:1'], ['# nothing', 'E0202@1:1'], ['%( 1 == 2 %? probe begin {} %)', 'E0202@1:1'],
    ['foo', 'E0230@1:1'], ['x = 3', 'E0230@1:1'], ['probe begin {} }', 'E0230@1:16'], ['probe begin {};', 'E0230@1:15'], ['global a;; global b', 'E0230@1:10'], ['def f() {}', 'E0230@1:1'], ['@foo(1)', 'E0230@1:1'], ['begin { }', 'E0230@1:1'],
    ['global a b', 'E0201@1:10'], ['global', 'E0201@1:7'], ['global if', 'E0239@1:8'], ['global $a', 'E0201@1:8'], ['global a[0]', 'E0231@1:10'], ['global a[x]', 'E0231@1:10'], ['global a[]', 'E0231@1:10'], ['global a[1] = 2', 'E0231@1:13'], ['global a[5]%', 'E0231@1:12'], ['global a[1,2]', 'E0204@1:11'],
    ['global a[2147483648]', 'E0231@1:10'], ['global a = b', 'E0219@1:12'], ['global a = +3', 'E0219@1:12'], ['global a = -"x"', 'E0219@1:13'], ['private probe begin {}', 'E0201@1:9'], ['global a,', 'E0201@1:10'],
    ['function { }', 'E0201@1:10'], ['function f { }', 'E0201@1:12'], ['function f(a', 'E0204@1:13'], ['function f(a b) {}', 'E0204@1:14'], ['function f(a, a) {}', 'E0233@1:15'], ['function f(a):long {}', 'E0232@1:15'], ['function f(a):0 {}', 'E0232@1:15'], ['function f:int() {}', 'E0201@1:12'], ['function f(long a) {}', 'E0201@1:12'],
    ['function f(if) {}', 'E0239@1:12'], ['function f(a) x', 'E0201@1:15'], ['function next() {}', 'E0239@1:10'], ['function f(a,) {}', 'E0201@1:14'],
    ['probe { }', 'E0234@1:9'], ['probe begin', 'E0201@1:12'], ['probe begin x = 1', 'E0201@1:13'], ['probe begin;', 'E0201@1:12'], ['probe a.2b {}', 'E0101@1:9'], ['probe a.2 {}', 'E0234@1:9'], ['probe "a" {}', 'E0234@1:7'], ['probe a, {}', 'E0234@1:11'], ['probe syscall.* foo {}', 'E0201@1:17'], ['probe kernel.function(vfs_read) {}', 'E0219@1:23'], ['probe a() {}', 'E0219@1:9'],
    ['probe a(1', 'E0204@1:10'], ['probe foo{a,b} {}', 'E0201@1:12 E0230@1:16'], ['probe s.{a?,b}.c {}', 'E0235@1:11'], ['probe s.{a if (x),b}.c {}', 'E0235@1:12'], ['probe a if x {}', 'E0210@1:12'], ['probe a if (x) ? {}', 'E0201@1:16'], ['probe a? = b {}', 'E0236@1:7'], ['probe {a,b} = c {}', 'E0236@1:7'], ['probe a* = b {}', 'E0236@1:7'], ['probe a, c = b {}', 'E0201@1:12'],
    ['probe a += b {}, {}', 'E0237@1:16'], ['probe a = b {}, x', 'E0201@1:17'], [`probe ${'{a,b}.'.repeat(20)}c {}`, 'E0238@1:89'], [`probe ${'{'.repeat(5000)}a`, 'E0206@1:208'],
    ['function f() { return 1', 'E0203@1:24'], ['probe a { if (b) { c }\nprobe d { }', 'E0203@2:1'], ['probe a { b\nfunction f() { }', 'E0203@2:1'],
  ])('%s', (text, codes) => { expect(parse(text).codes.join(' ')).toBe(codes); });

  test.each<[text: string, codes: string]>([
    ['return', 'E0213@1:11'], ['break', 'E0213@1:11'], ['if (a) continue', 'E0213@1:18'], ['while (a) { } break', 'E0213@1:25'], ['else x', 'E0211@1:11'], ['if (a) { } ; else x', 'E0211@1:24'], ['catch { }', 'E0211@1:11'], ['try { }', 'E0212@1:19'], ['try x', 'E0201@1:15'], ['try { } catch (1) { }', 'E0201@1:26'],
    ['if a { }', 'E0210@1:14'], ['while x', 'E0210@1:17'], ['if () x', 'E0201@1:15'], ['if (a x', 'E0204@1:17'], ['if (a and b) x', 'E0204@1:17'], ['for (x in a) y', 'E0218@1:11'], ['for x', 'E0201@1:15'], ['for (a; b) c', 'E0201@1:20'], ['for (a b) c', 'E0201@1:18'], ['for (;;', 'E0201@1:19'],
    ['foreach x', 'E0201@1:19'], ['foreach (a) x', 'E0217@1:21'], ['foreach (a, b in c) x', 'E0217@1:21'], ['foreach ([a, b) in c) x', 'E0204@1:25'], ['foreach ([] in c) x', 'E0201@1:21'], ['foreach (a in "b") x', 'E0201@1:25'], ['foreach (1 in b) x', 'E0201@1:20'], ['foreach ($a in b) x', 'E0201@1:20'], ['foreach (a+ in b-) x', 'E0216@1:27'], ['foreach ([a+, b-] in c) x', 'E0216@1:26'],
    ['foreach (a in b @foo-) x', 'E0201@1:27'], ['foreach (a in b @count) x', 'E0201@1:33'], ['foreach (a in b', 'E0204@1:27'], ['foreach (v-= k in c) x', 'E0217@1:21'],
    ['delete 3', 'E0214@1:18'], ['delete a + b', 'E0214@1:18'], ['delete $a', 'E0214@1:18'], ['delete', 'E0201@1:18'], ['int x = 3', 'E0209@1:11'], ['long x = 3', 'E0209@1:11'], ['unsigned long y;', 'E0209@1:11'], ['char *p = 1', 'E0209@1:11'], ['string s', 'E0209@1:11'], ['var x = 1', 'E0209@1:11'], ['long', 'E0201@1:11'],
    ['x = 1)', 'E0201@1:16'], ['x = 1]', 'E0201@1:16'], [') x', 'E0201@1:11'], ['x + ]', 'E0201@1:15'], ['x, y', 'E0201@1:12'],
  ])('probe p { %s', (text, codes) => { expect(parse(`probe p { ${text} }`).codes[0]).toBe(codes); });
});

describe('recovery', () => {
  test.each<[text: string, codes: readonly string[]]>([
    ['probe a { x = ; y = ; z = 1 }', ['E0201@1:15', 'E0201@1:21']],
    ['probe a {\n  x = (1;\n  y = 2\n  z = [;\n}\nprobe b { w = }', ['E0204@2:9', 'E0201@4:8', 'E0201@6:15']],
    ['probe a {\n  if (x == 3 {\n    y = \n  } else {\n    z = ;\n  }\n  w = ;\n}', ['E0204@2:14', 'E0201@4:3', 'E0201@5:9', 'E0201@7:7']],
    ['global a b\nprobe c.1 { x = }\nfunction f { y = }\nprobe d { z = ; }', ['E0201@1:10', 'E0234@2:9', 'E0201@3:12', 'E0201@4:15']],
    ['probe a {\n  x = $1\n  y = $2\n}', ['E0107@2:7', 'E0107@3:7']],
    ['probe a {\n  while x < 3 { y = ; }\n  foreach k in a { z = ; }\n}', ['E0210@2:9', 'E0201@2:21', 'E0201@3:11', 'E0201@3:24']],
    ['probe a { @b(1); @c(2); }', ['E0205@1:11', 'E0205@1:18']],
    ['probe a { if (b) { c }\nprobe d { e = }\nfunction f() { g = }', ['E0203@2:1', 'E0201@2:15', 'E0201@3:20']],
    ['probe a { try { x = } catch { y = } }', ['E0201@1:21', 'E0201@1:35']],
    ['probe a { x = "abc\n y = "def }', ['E0102@1:15', 'E0102@2:6', 'E0203@2:12']],
    ["probe a { x = 'a'; y = `z` }", ['E0105@1:15', 'E0104@1:24', 'E0104@1:26']],
    ['probe kernel.function(vfs_read) { x = }\nprobe timer.s(5s) { y = }', ['E0219@1:23', 'E0201@1:39', 'E0101@2:15', 'E0201@2:25']],
    ['probe a { x = ; y = @define }\n$1', ['E0201@1:15', 'E0111@1:29', 'E0201@1:29', 'E0107@2:1']],
  ])('%j', (text, codes) => {
    const got = parse(text).codes;
    expect(got.slice(0, 1)).toEqual(codes.slice(0, 1));
    expect(got).toEqual(codes);
  });

  test('what stands behind an error is in the tree', () => {
    const { script } = parse('probe a { x = ; y = 1 }\nglobal 1\nfunction f() { return 1 }');
    expect(withoutSpans(script.declarations)).toMatchObject([{ kind: 'probe', body: { statements: [{ kind: 'bad-statement' }, { kind: 'expression' }] } }, { kind: 'function', name: 'f' }]);
  });
});

test('spans cover what they name', () => {
  const text = 'probe a.b("c"), d {\n  x = foo(1, $y->z) + 2\n}';
  const { script } = parse(text);
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('kind' in node && 'span' in node) found.push(`${String(node.kind)} ${text.slice((node.span as { start: number }).start, (node.span as { end: number }).end)}`);
    for (const [key, value] of Object.entries(node)) if (key !== 'span' && !key.endsWith('Span')) visit(value);
  };
  visit(script.declarations);
  expect(found.slice(0, 1)).toEqual([`probe ${text}`]);
  expect(found).toEqual(expect.arrayContaining([
    'expression x = foo(1, $y->z) + 2', 'assign x = foo(1, $y->z) + 2', 'name x', 'binary foo(1, $y->z) + 2', 'call foo(1, $y->z)', 'number 1', 'target $y->z', 'member ->z', 'number 2',
  ]));
});

test('a span over a macro is where the macro was used', () => {
  const text = '@define m(a) %( @a + 1 %) probe p { x = @m(2) * 3 }';
  const [probe] = parse(text).script.declarations;
  const statement = probe?.kind === 'probe' ? probe.body.statements[0] : undefined;
  if (statement?.kind !== 'expression' || statement.expression.kind !== 'assign' || statement.expression.value.kind !== 'binary') throw new Error('not the tree expected');
  const { span } = statement.expression.value;
  expect([text.slice(span.start, span.end), span.usedAt]).toEqual(['@m(2) * 3', undefined]);
  const { left } = statement.expression.value;
  expect([text.slice(left.span.start, left.span.end), left.span.usedAt]).toEqual(['2', undefined]);
  expect(text.slice(statement.expression.value.operatorSpan.usedAt?.start, statement.expression.value.operatorSpan.usedAt?.end)).toBe('@m');
});
