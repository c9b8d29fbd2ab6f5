/** docs/tapset/ says what the tapset has, with a meaning for all of it, and a check on each kernel. */
import { expect, test } from '@jest/globals';
import { CHECKOUT, run } from './checkout.js';

test('the reference is up to date (node scripts/tapset-reference.mjs, with --kernels for new functions)', async () => {
  const { stderr, status } = await run(process.execPath, ['scripts/tapset-reference.mjs', '--check'], { cwd: CHECKOUT });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
});
