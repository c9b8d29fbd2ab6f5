/**
 * The lint that guards the rooms must see a violation: outside a complete nx project graph its rule only prints a
 * notice and passes. So forbidden imports are planted, and the lint, run as `npm test` runs it, has to complain of each.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CHECKOUT, run } from './checkout.js';

const PLANTS = [
  { what: 'object imports debuginfo', file: 'packages/object/src/canary.ts', text: "import '@stapkit/debuginfo';\n", message: /tagged with "layer:object"/ },
  { what: 'a tool imports a tool', file: 'tools/strace-open/src/canary.ts', text: "import '@stapkit/tcp-fastopen';\n", message: /tagged with "layer:tool"/ },
  { what: 'the lexer looks at code generation', file: 'packages/core-compiler/src/syntax/canary.ts', text: "import '../codegen/index.js';\n", message: /syntax\/ comes before that stage/ },
  { what: 'a second file imports koffi', file: 'packages/runtime/src/events/canary.ts', text: "import 'koffi';\n", message: /only sys\/linux\.ts imports koffi/ },
] as const;

interface Finding { filePath: string; messages: { message: string }[] }
let findings: Finding[] = [];
let status: number | null = null;

beforeAll(async () => {
  for (const { file, text } of PLANTS) writeFileSync(`${CHECKOUT}${file}`, text);
  const linted = await run(process.execPath, ['node_modules/eslint/bin/eslint.js', '-f', 'json', ...PLANTS.map(({ file }) => file)], { timeoutMs: 170_000 });
  status = linted.status;
  findings = JSON.parse(linted.stdout) as Finding[];
}, 180_000);
afterAll(() => { for (const { file } of PLANTS) rmSync(`${CHECKOUT}${file}`, { force: true }); });

test.each(PLANTS)('lint sees that $what', ({ file, message }) => {
  const of = findings.find(({ filePath }) => filePath.endsWith(file));
  expect(of?.messages.map((one) => one.message).join('\n')).toMatch(message);
});

test('lint fails when it sees one', () => { expect(status).toBe(1); });
