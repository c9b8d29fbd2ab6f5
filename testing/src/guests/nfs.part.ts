/** Probe aliases of the tapset by functions of the modules nfs, nfsd and sunrpc: they tell what nfs-work.c does. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';
import { buildPrograms } from '../programs.js';
import { absentIn, firstHits, tapsetAliases, wrongHits } from '../tapset-aliases.js';
import { loadModules, tapsetKernel } from './guest.js';
import { BY_NFS, SUMS_OF_NFS } from './nfs-aliases.js';
import type { MakePart } from './parts.js';

/** Each costs a third of a second to attach in a guest: the others run when the part is asked for by name. */
const ALWAYS = /^(nfs\.(fop\.(open|write_iter)|proc\.read_done)|sunrpc\.(clnt\.(call_sync|shutdown_client)|sched\.(delay|release_task)|svc\.(destroy|drop|process))|nfsd\.(rename|proc\.(write|lookup\.return)))$/;

export const nfsPart: MakePart = (guest, kernel) => {
  const absent = absentIn(kernel, tapsetAliases());
  const hits = (process.env['STAPKIT_GUEST_PARTS'] === undefined ? BY_NFS.filter(([alias]) => ALWAYS.test(alias)) : [...BY_NFS, ...SUMS_OF_NFS]).filter(([alias]) => !absent.has(alias));
  return {
    name: 'nfs',
    async prepare() {
      buildPrograms(['nfs-work'], join(guest.folder, 'programs'));
      const { release, btf } = await tapsetKernel(kernel);
      writeFileSync(join(guest.folder, 'nfs.stp'), firstHits(hits));
      const compiled = await stapkit('stapkit', ['-p4', '-m', 'nfs_aliases', '-r', release, '--btf', btf, 'nfs.stp'], { cwd: guest.folder, timeoutMs: 120_000 });
      expect([compiled.stderr, compiled.status]).toEqual(['', 0]);
      guest.check('nfs', `${await loadModules(guest, kernel, { lockd: 'nlm_udpport=4045', nfsd: '', nfsv3: '', nfsv4: '' })}stapkit-run -c '/mnt/guest-out/programs/nfs-work /tmp/nfs' $OUT/nfs_aliases.o`);
    },
    declareTests() {
      test('all are attached, and tell what happened', () => {
        const { stdout, stderr, status } = guest.result('nfs');
        // A handler that interrupts another is skipped and counted.
        expect([stderr.replace(/^WARNING: (Number of errors: 0, skipped probes: \d+|\d+ times the kernel did not start .*)\n/gm, ''), status]).toEqual(['', 0]);
        expect(stdout).toMatch(/^done$/m);
        expect(wrongHits(stdout, hits)).toEqual([]);
      });
    },
  };
};
