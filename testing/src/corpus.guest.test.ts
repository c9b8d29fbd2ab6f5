/** Every script of the corpus, compiled for the kernel of each Debian guest, passes its verifier. One boot a kernel. */
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { LOAD_OBJECTS, compileCorpus, complaints } from './corpus.js';
import type { LoadResults } from './corpus.js';
import { guestKernel, GuestSession } from './guest.js';
import type { GuestKernel } from './guest.js';
import { buildPrograms } from './programs.js';

const guests: GuestSession[] = [];
afterAll(() => { for (const guest of guests) guest.remove(); });

test.each<GuestKernel>(['5.10', '6.1', '6.12', '7.2'])('the corpus passes the verifier of Linux %s', async (kernel) => {
  const guest = new GuestSession(kernel);
  guests.push(guest);
  const programs = buildPrograms(['calls'], join(guest.folder, 'programs'));
  const { release, btf } = await guestKernel(kernel);
  const refused = await compileCorpus(join(guest.folder, 'objects'), { btfFile: btf, release }, programs.path('calls'));
  guest.check('load', `node ${LOAD_OBJECTS} $OUT/objects`);
  await guest.run(300);
  const { stdout, stderr, status } = guest.result('load');
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  expect(complaints(kernel, { ...(JSON.parse(stdout) as LoadResults), ...refused })).toEqual([]);
}, 400_000);
