/** docs/tapset/ says what the tapset has, with a meaning for all of it, and a check on each kernel. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadTapset } from '@stapkit/tapset';
import { CHECKOUT, run } from './checkout.js';

/** Folders with tests, and which of their files are tests or scripts of tests. */
const TESTS: readonly (readonly [string, RegExp])[] = [['testing/src', /\.ts$/], ['testing/corpus', /\.stp$/], ['packages', /^[\w-]+\/src\/.*test.*\.ts$/], ['tools', /^[\w-]+\/(src\/.*test.*\.ts|[\w-]+\.stp)$/]];

test('the reference is up to date (node scripts/tapset-reference.mjs, with --kernels for new functions)', async () => {
  const { stderr, status } = await run(process.execPath, ['scripts/tapset-reference.mjs', '--check'], { cwd: CHECKOUT });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
});

test('every function of the tapset is called in a test', () => {
  const texts = TESTS.flatMap(([folder, names]) => readdirSync(join(CHECKOUT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => names.test(name) && !/(^|\/)(node_modules|dist)\//.test(name)).map((name) => readFileSync(join(CHECKOUT, folder, name), 'latin1')));
  const called = new Set(texts.join('\n').match(/\w+/g));
  const functions = loadTapset().files.flatMap(({ text }) => [...text.matchAll(/^function (\w+)(?!.*%\{ refused )/gm)].map(([, name = '']) => name)).filter((name) => !name.startsWith('_'));
  expect(functions.length).toBeGreaterThan(400);
  expect([...new Set(functions)].filter((name) => !called.has(name))).toEqual([]);
});
