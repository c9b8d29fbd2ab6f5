/**
 * The lint that guards the rooms must see a violation: outside a complete nx project graph its rule only prints a
 * notice and passes. So forbidden imports are planted, and the lint, run as `npm run lint` runs it, has to fail on each.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { CHECKOUT, run } from './checkout.js';

const PLANTS = [
  { what: 'object imports debuginfo', project: '@stapkit/object', file: 'packages/object/src/canary.ts', text: "import '@stapkit/debuginfo';\n", message: /tagged with "layer:object"/ },
  { what: 'a tool imports a tool', project: '@stapkit/strace-open', file: 'tools/strace-open/src/canary.ts', text: "import '@stapkit/tcp-fastopen';\n", message: /tagged with "layer:tool"/ },
  { what: 'the lexer looks at code generation', project: '@stapkit/core-compiler', file: 'packages/core-compiler/src/syntax/canary.ts', text: "import '../codegen/index.js';\n", message: /syntax\/ comes before that stage/ },
  { what: 'a second file imports koffi', project: '@stapkit/runtime', file: 'packages/runtime/src/events/canary.ts', text: "import 'koffi';\n", message: /only sys\/linux\.ts imports koffi/ },
] as const;

test.each(PLANTS)('lint sees that $what', async ({ project, file, text, message }) => {
  const path = `${CHECKOUT}${file}`;
  writeFileSync(path, text);
  try {
    const { status, stdout, stderr } = await run('node_modules/.bin/nx', ['run', `${project}:lint`, '--skip-nx-cache', '--outputStyle=static'], { timeoutMs: 170_000, env: { NO_COLOR: '1', FORCE_COLOR: '0' } });
    expect(`${stdout}${stderr}`).toMatch(message);
    expect(status).not.toBe(0);
  } finally {
    rmSync(path, { force: true });
  }
}, 180_000);
