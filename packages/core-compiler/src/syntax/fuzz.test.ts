import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { renderDiagnostic } from '../diagnostics/index.js';
import { parse, withoutSpans } from './parse.test-support.js';
import { printScript } from './printer.js';

/** What any text must do: end, not throw, give a tree or a diagnostic with a place inside its text; a clean tree prints to itself. */
function check(text: string, args: readonly string[] = []): void {
  const { script, diagnostics } = parse(text, { args });
  expect(script.declarations.length + diagnostics.length).toBeGreaterThan(0);
  for (const diagnostic of diagnostics) {
    const { span, code } = diagnostic;
    if (span === undefined || span.start > span.end || span.end > span.source.text.length) throw new Error(`no place in the text: ${code}`);
  }
  for (const diagnostic of diagnostics.slice(0, 5)) if (!renderDiagnostic(diagnostic).includes(diagnostic.code)) throw new Error('not rendered');
  if (diagnostics.length > 0) return;
  const again = parse(printScript(script));
  expect(again.codes).toEqual([]);
  expect(withoutSpans(again.script)).toEqual(withoutSpans(script));
}

const WORDS = [
  'probe', 'global', 'private', 'function', 'if', 'else', 'for', 'foreach', 'in', 'limit', 'return', 'delete', 'while', 'break', 'continue', 'next', 'string', 'long', 'try', 'catch', 'begin', 'a', 'b', 'f', '$x', '$$vars$', '$', '$1', '@1', '$#', '@*', '@count', '@hist_log', '@hist_linear', '@cast', '@var', '@defined', '@entry',
  '@define', '@m', '%(', '%?', '%:', '%)', '%{ c %}', '%{', 'print', 'printf', 'printd', '"s"', '"%d"', '"', "'", '1', '0x', '-1', '(', ')', '[', ']', '{', '}', ',', ';', '.', '*', '=', '+=', '<<<', '==', '=~', '!~', '&&', '||', '&', '->', '++', '--', '?', ':', '!', '-', '+', '%', '~', '<', '>>', '/*', '*/', '#', '\n', 'kernel_v', 'arch', '\\', '\xff', '@',
];
const PIECES = [
  'probe begin { x = 1 }', 'global a%[10], b = "x"', 'function f:long (a:string, b):2 { return a }', 'foreach ([k, l-] in a[1, *] limit 5) { next }', 'if (a) b; else { c }', 'x = @cast(p, "t")->m[1]$', 'try { x } catch (e) { y }', '@define m(a) %( @a + 1 %)', '@m(2)', '%( arch == "x86_64" && 1 < 2 %? a %: b %)',
  'probe q = kernel.{function("a"), trace("b")?}.call if (x) { }, { }', 'print(@hist_linear(s, 0, 10, 1))', 'for (i = 0; i < 10; i++) s <<< i', '[a, b] in c', 'printf("%d\\n", $x->y)', 'delete a[1, *]', 'x = a ? b : c . "d" =~ "e"', 'return @entry($a)',
];

describe('fuzz', () => {
  test('any bytes', () => { fc.assert(fc.property(fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 200 }), (text) => { check(text); }), { numRuns: 500 }); });
  test('any words', () => { fc.assert(fc.property(fc.array(fc.constantFrom(...WORDS), { maxLength: 60 }), fc.constantFrom(' ', ''), (words, between) => { check(words.join(between), ['1', 'a b']); }), { numRuns: 1000 }); });
  test('words in a probe', () => { fc.assert(fc.property(fc.array(fc.constantFrom(...WORDS), { maxLength: 30 }), (words) => { check(`probe begin { ${words.join(' ')} }`, ['$2', '"']); }), { numRuns: 1000 }); });
  test('changed scripts', () => {
    const script = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 }).map((pieces) => `probe p {\n${pieces.join('\n')}\n}\n${pieces.join('\n')}`);
    const change = fc.record({ at: fc.nat(), remove: fc.integer({ min: 0, max: 6 }), insert: fc.constantFrom('', ...WORDS) });
    fc.assert(fc.property(script, fc.array(change, { maxLength: 6 }), (text, changes) => {
      let changed = text;
      for (const { at, remove, insert } of changes) {
        const place = at % (changed.length + 1);
        changed = changed.slice(0, place) + insert + changed.slice(place + remove);
      }
      check(changed, ['12', 'x']);
    }), { numRuns: 1000 });
  });

  test.each<[name: string, text: string]>([
    ['braces', '{'.repeat(50_000)], ['blocks', `probe a ${'{'.repeat(50_000)}`], ['parentheses', `probe a { ${'('.repeat(50_000)}`], ['ifs', `probe a { ${'if (a) '.repeat(50_000)}`], ['elses', `probe a { ${'if (a) b else '.repeat(20_000)} c }`], ['tries', `probe a { ${'try { '.repeat(20_000)}`],
    ['conditionals', '%( 1 == 1 %? '.repeat(50_000)], ['skipped', '%( 1 == 2 %? '.repeat(50_000)], ['definitions', '@define a %( '.repeat(50_000)], ['points', `probe ${'a.'.repeat(50_000)}b {}`], ['lists', `global ${'a, '.repeat(50_000)}b`], ['ands', `%( ${'1 == 1 && '.repeat(20_000)} 1 == 1 %? probe a {} %)`],
    ['strings', `probe a { x = ${'"a" '.repeat(50_000)} }`], ['statements', `probe a { ${'x = ; '.repeat(20_000)} }`], ['errors on lines', `probe a {\n${'x = )\n'.repeat(5000)}}`], ['unary', `probe a { x = ${'-!~'.repeat(30_000)}1 }`], ['foreachs', `probe a { ${'foreach (a in b) '.repeat(20_000)} }`], ['keys', `probe a { foreach ([${'k,'.repeat(50_000)}k] in a) x }`],
  ])('long %s end soon', (_name, text) => {
    // Of the processor, not of the clock: the machine may be busy.
    const start = process.cpuUsage();
    const { script, diagnostics } = parse(text);
    for (const diagnostic of diagnostics.slice(0, 50)) renderDiagnostic(diagnostic);
    printScript(script);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(4000);
  });
});
