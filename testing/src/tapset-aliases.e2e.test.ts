/** The tapset's probe aliases by tracepoints fire here, and tell what they should. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { CHECKOUT, stapkit } from './checkout.js';
import { buildPrograms } from './programs.js';
import { BY_TRACEPOINTS, firstHits, wrongHits } from './tapset-aliases.js';

const programs = buildPrograms(['alias-work']);
// A file system that is on a disk, which memory's is not.
const folder = mkdtempSync(join(CHECKOUT, 'testing/dist/alias-work-'));
afterAll(() => {
  programs.remove();
  rmSync(folder, { recursive: true, force: true });
});

test('those by tracepoints fire on this machine, and tell what happened', async () => {
  const { status, stdout, stderr } = await stapkit('stapkit', ['-e', firstHits(BY_TRACEPOINTS), '-c', `${programs.path('alias-work')} ${folder}/alias-file`]);
  expect([stderr, status]).toEqual(['', 0]);
  expect(wrongHits(stdout, BY_TRACEPOINTS)).toEqual([]);
});
