import { describe, expect, test } from '@jest/globals';
import { SourceText } from '../source/index.js';
import type { Span } from '../source/index.js';
import { DiagnosticSink } from './diagnostic.js';
import type { Diagnostic } from './diagnostic.js';
import { renderDiagnostic } from './render.js';

const SOURCE = new SourceText('io.stp', 'probe begin {\n\tprintln(pidd())\n}\nx = "long\\n" + @m(1) \x1b[0m\n');
const span = (start: number, end: number, usedAt?: Span): Span => ({ source: SOURCE, start, end, ...(usedAt === undefined ? {} : { usedAt }) });
const error = (part: Partial<Diagnostic>): Diagnostic => ({ code: 'E0301', severity: 'error', message: "unresolved function 'pidd'", ...part });
const at = SOURCE.text.indexOf('pidd');

describe('render', () => {
  test('place, line, caret under tabs, hint', () => {
    expect(renderDiagnostic(error({ span: span(at, at + 4), hints: ["did you mean 'pid'?"] }))).toBe([
      "io.stp:2:10: error E0301: unresolved function 'pidd'", '2 | \tprintln(pidd())', '  | \t        ^^^^', "hint: did you mean 'pid'?",
    ].join('\n'));
  });
  test('without a place', () => { expect(renderDiagnostic({ code: 'W0101', severity: 'warning', message: 'unused' })).toBe('warning W0101: unused'); });
  test('notes with and without place', () => {
    expect(renderDiagnostic(error({ span: span(0, 5), notes: [{ message: 'first here', span: span(6, 11) }, { message: 'plain' }] }))).toBe([
      "io.stp:1:1: error E0301: unresolved function 'pidd'", '1 | probe begin {', '  | ^^^^^', 'io.stp:1:7: note: first here', '1 | probe begin {', '  |       ^^^^^', 'note: plain',
    ].join('\n'));
  });
  test('the way through macros and arguments', () => {
    const macro = SOURCE.text.indexOf('@m');
    const used = span(macro, macro + 2);
    const argument = new SourceText('<argument 1>', 'a b');
    const text = renderDiagnostic(error({ span: { source: argument, start: 2, end: 3, usedAt: used } }));
    expect(text.split('\n').filter((line) => /^[^ 0-9]/.test(line))).toEqual(["<argument 1>:1:3: error E0301: unresolved function 'pidd'", "io.stp:4:16: note: in expansion of macro '@m'"]);
  });
  test('script arguments are named as such', () => {
    const source = new SourceText('t', 'x = $1ms');
    expect(renderDiagnostic(error({ span: { source: new SourceText('<argument 1>', 'q'), start: 0, end: 1, usedAt: { source, start: 4, end: 6 } } }))).toContain("t:1:5: note: in expansion of script argument '$1'");
  });
  test.each<[start: number, end: number, caret: string]>([
    [0, 0, '^'], [0, 1, '^'], [6, 100, '      ^^^^^^^'], [13, 14, `${' '.repeat(13)}^`],
  ])('span %i to %i', (start, end, caret) => { expect(renderDiagnostic(error({ span: span(start, end) })).split('\n')[2]).toBe(`  | ${caret}`); });
  test('control characters do not reach the terminal', () => { expect(renderDiagnostic(error({ span: span(SOURCE.text.indexOf('x ='), SOURCE.text.indexOf('x =') + 1) }))).toContain('@m(1) ?[0m'); });
  test('long lines are shown around the place', () => {
    const source = new SourceText('t', `${'a'.repeat(300)}HERE${'b'.repeat(300)}`);
    expect(renderDiagnostic(error({ span: { source, start: 300, end: 304 } })).split('\n').slice(1)).toEqual([
      `1 | ...${'a'.repeat(100)}HERE${'b'.repeat(96)}...`, `  | ${' '.repeat(103)}^^^^`,
    ]);
  });
  test('a place behind the end', () => { expect(renderDiagnostic(error({ span: span(SOURCE.text.length, SOURCE.text.length) }))).toContain('io.stp:5:1: error'); });
  test('colours leave the text alone', () => {
    const diagnostic = error({ span: span(at, at + 4), hints: ['x'], notes: [{ message: 'y', span: span(0, 5) }] });
    const colored = renderDiagnostic(diagnostic, { color: true });
    expect(colored).toContain('\x1b[1;31m');
    expect(colored.replace(/\x1b\[[0-9;]*m/g, '')).toBe(renderDiagnostic(diagnostic));
  });
});

test('the sink reports each message and place once', () => {
  const sink = new DiagnosticSink();
  sink.report(error({ span: span(0, 1) }));
  sink.report(error({ span: span(0, 5) }));
  expect(sink.hasErrors).toBe(true);
  sink.report(error({ span: span(1, 5) }));
  sink.report(error({ severity: 'warning', message: 'other' }));
  expect(sink.all).toHaveLength(3);
});

test.each<[offset: number, line: number, column: number]>([[0, 1, 1], [12, 1, 13], [13, 1, 14], [14, 2, 1], [15, 2, 2], [31, 3, 1]])('offset %i is %i:%i', (offset, line, column) => {
  expect(SOURCE.position(offset)).toEqual({ line, column });
});
test('lines without their newline', () => { expect([SOURCE.line(1), SOURCE.line(3), SOURCE.line(5), SOURCE.line(9)]).toEqual(['probe begin {', '}', '', '']); });
