/** SystemTap's own examples, where Debian's systemtap-doc is installed. They are not part of this project. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { DiagnosticSink, renderDiagnostic } from '../diagnostics/index.js';
import { SourceText } from '../source/index.js';
import { parseMacroLibrary } from './parse-script.js';
import type { MacroDefinition } from './parse-script.js';
import { FACTS, parse, withoutSpans } from './parse.test-support.js';
import { printScript } from './printer.js';

const EXAMPLES = '/usr/share/systemtap/examples';
/** Our own macros: SystemTap's library need not be there. */
const TAPSET = fileURLToPath(new URL('../../../tapset/stp', import.meta.url));

function filesUnder(folder: string, suffix: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(suffix)).map((name) => join(folder, name)).sort();
}

function libraryMacros(): Map<string, MacroDefinition> {
  const macros = new Map<string, MacroDefinition>();
  for (const file of filesUnder(TAPSET, '.stpm')) {
    const diagnostics = new DiagnosticSink();
    for (const [name, macro] of parseMacroLibrary(new SourceText(file, readFileSync(file, 'latin1'), 'tapset'), { diagnostics, facts: FACTS, args: [] })) macros.set(name, macro);
    expect(diagnostics.all.map((one) => renderDiagnostic(one))).toEqual([]);
  }
  return macros;
}

/** A probe point where one is wanted, a function's name or a number elsewhere; some scripts say which in their own way. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  'eventcount.stp': ['begin', 'end'], 'measureinterval.stp': ['1', '2', 'sum', 'begin', 'end', '6', '7', '8', '9'], 'watchdog.stp': ['begin', 'end', '3', '4'],
};
const ARGUMENT_LISTS = [['1', '2', '3', '4', '5', '6', '7', '8', '9'], ['a.b', 'c.d', '3', '4', '5', '6', '7', '8', '9'], ['a.b', '2', 'x', 'c', 'd', '6', '7', '8', '9']];
/** A template with placeholders, which no compiler takes. */
const TEMPLATES = new Set(['security-bandaid-template.stp']);

const examples = filesUnder(EXAMPLES, '.stp').filter((file) => !TEMPLATES.has(basename(file)));

(examples.length > 0 ? describe : describe.skip)('SystemTap\'s examples', () => {
  const macros = libraryMacros();
  test('there are some', () => { expect(examples.length).toBeGreaterThan(100); });
  test.each(examples.map((file) => [file.slice(EXAMPLES.length + 1), file]))('%s parses, and prints to the same tree', (_name, file) => {
    const text = readFileSync(file, 'latin1');
    const own = ARGUMENTS[basename(file)];
    const attempts = (own === undefined ? ARGUMENT_LISTS : [own]).map((args) => parse(text, { args, macros }, file));
    const parsed = attempts.find((one) => one.codes.length === 0) ?? attempts[0];
    expect(parsed?.diagnostics.map((one) => renderDiagnostic(one))).toEqual([]);
    if (parsed === undefined) return;
    const again = parse(printScript(parsed.script));
    expect(again.codes).toEqual([]);
    expect(withoutSpans(again.script)).toEqual(withoutSpans(parsed.script));
  });
});
