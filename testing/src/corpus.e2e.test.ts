/** Every script of the corpus passes this machine's verifier, at no more than the committed cost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { run } from './checkout.js';
import { LOAD_OBJECTS, compileCorpus, complaints } from './corpus.js';
import type { LoadResults } from './corpus.js';
import { buildPrograms } from './programs.js';

const folder = mkdtempSync(join(tmpdir(), 'stapkit-corpus-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

test('the corpus passes the verifier of this machine', async () => {
  const programs = buildPrograms(['calls'], folder);
  const objects = join(folder, 'objects');
  const refused = await compileCorpus(objects, {}, programs.path('calls'));
  expect(refused).toEqual({});
  const { stdout, stderr, status } = await run(process.execPath, [LOAD_OBJECTS, objects], { timeoutMs: 100_000 });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const results = JSON.parse(stdout) as LoadResults;
  expect(Object.keys(results).length).toBeGreaterThan(40);
  expect(complaints(release().split('.').slice(0, 2).join('.'), results)).toEqual([]);
}, 120_000);
