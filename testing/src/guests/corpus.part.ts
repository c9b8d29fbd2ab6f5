/** Every script of the corpus, compiled for the kernel of each Debian guest, passes its verifier. */
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { LOAD_OBJECTS, compileCorpus, complaints, type LoadResults } from '../corpus.js';
import { buildPrograms } from '../programs.js';
import { guestKernel } from './guest.js';
import type { MakePart } from './parts.js';

export const corpusPart: MakePart = (guest, kernel) => {
  let refused: Awaited<ReturnType<typeof compileCorpus>> = {};
  return {
    name: 'corpus',
    async prepare() {
      const programs = buildPrograms(['calls'], join(guest.folder, 'programs'));
      const { release, btf } = await guestKernel(kernel);
      refused = await compileCorpus(join(guest.folder, 'objects'), { btfFile: btf, release }, programs.path('calls'));
      guest.check('load', `node ${LOAD_OBJECTS} $OUT/objects`);
    },
    declareTests() {
      test('the corpus passes the verifier', () => {
        const { stdout, stderr, status } = guest.result('load');
        expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
        expect(complaints(kernel, { ...(JSON.parse(stdout) as LoadResults), ...refused })).toEqual([]);
      });
    },
  };
};
