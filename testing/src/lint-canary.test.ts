/**
 * The lint that guards the rooms must see a violation: outside a complete nx project graph its rule only prints a
 * notice and passes. So forbidden imports are planted, and the lint has to fail on each.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { CHECKOUT, run } from './checkout.js';

const PLANTS = [
  { what: 'object imports the runtime', project: '@stapkit/object', file: 'packages/object/src/canary.ts', text: "import '@stapkit/runtime';\n", rule: '@nx/enforce-module-boundaries' },
  { what: 'a tool imports a tool', project: '@stapkit/strace-open', file: 'tools/strace-open/src/canary.ts', text: "import '@stapkit/tcp-fastopen';\n", rule: '@nx/enforce-module-boundaries' },
  { what: 'the lexer looks at code generation', project: '@stapkit/core-compiler', file: 'packages/core-compiler/src/syntax/canary.ts', text: "import '../codegen/index.js';\n", rule: 'no-restricted-imports' },
  { what: 'a second file imports koffi', project: '@stapkit/runtime', file: 'packages/runtime/src/events/canary.ts', text: "import 'koffi';\n", rule: 'no-restricted-imports' },
] as const;

test.each(PLANTS)('lint sees that $what', async ({ project, file, text, rule }) => {
  const path = `${CHECKOUT}${file}`;
  writeFileSync(path, text);
  try {
    // One file is linted, with the same graph and rules as `nx run-many -t lint`.
    const { status, stdout, stderr } = await run('node_modules/.bin/nx', ['exec', `--projects=${project}`, '--', 'eslint', '-c', `${CHECKOUT}eslint.config.js`, path], { timeoutMs: 120_000 });
    expect(`${stdout}${stderr}`).toContain(rule);
    expect(status).not.toBe(0);
  } finally {
    rmSync(path, { force: true });
  }
}, 150_000);
