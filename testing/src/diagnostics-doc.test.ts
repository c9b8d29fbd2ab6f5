/** docs/diagnostics.md and the compiler's catalogs have the same codes. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CHECKOUT } from './checkout.js';

const page = readFileSync(join(CHECKOUT, 'docs/diagnostics.md'), 'utf8');
const entries = page.split(/^### /m).slice(1).map((entry) => ({ code: entry.slice(0, 5), text: entry }));

/** Every code that the compiler's source names, tests and what only supports them left out. */
function codesOfCompiler(): ReadonlySet<string> {
  const source = join(CHECKOUT, 'packages/core-compiler/src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !/\.(?:test|test-support)\.ts$/.test(name));
  return new Set(files.flatMap((name) => [...readFileSync(join(source, name), 'utf8').matchAll(/'([EW]\d{4})'/g)].map(([, code]) => code ?? '')));
}

test('the compiler has codes, and the page has entries', () => {
  expect(codesOfCompiler().size).toBeGreaterThan(100);
  expect(entries.length).toBeGreaterThan(100);
});

test('each code of the compiler is on the page, and each on the page is one of the compiler', () => {
  expect(entries.map(({ code }) => code).sort()).toEqual([...codesOfCompiler()].sort());
});

describe('each entry says what it means, shows it and tells what to do', () => {
  test.each(entries)('$code', ({ text }) => {
    expect(text).toMatch(/^[EW]\d{4} \S.*\n\n[A-Z`@$%\d].*\.\n\n```(?:stap|text).*\n[\s\S]+?\n```\n\nFix: \S.*\.\n/);
  });
});
