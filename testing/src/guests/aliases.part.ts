/** Probe aliases of the tapset by functions of the kernel, in one session: they tell what alias-work.c does. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';
import { buildPrograms } from '../programs.js';
import { BY_FUNCTIONS, firstHits, wrongHits } from '../tapset-aliases.js';
import { guestKernel } from './guest.js';
import type { MakePart } from './parts.js';

/** The guest's files are in memory and on 9p: it has no disk. */
const NOT_HERE = /^ioblock/;
/** What the table's conditions ask for, and an alias by a tracepoint would set. */
const CHILD = 'probe kprocess.create { if (pid() == target()) child = new_pid }\n';
/** Each costs a second or so to attach in a guest: the others run when the part is asked for by name. */
const ALWAYS = /^(vfs\.(read|write|open)\.return|tcp\.(sendmsg|receive)|udp\.recvmsg|socket\.sendmsg\.return|netfilter\.ip\.local_in|tcpmib\.InSegs|ipmib\.OutRequests|signal\.check_ignored|kprocess\.release)$/;

export const aliasesPart: MakePart = (guest, kernel) => {
  const hits = BY_FUNCTIONS.filter(([alias]) => (process.env['STAPKIT_GUEST_PARTS'] === undefined ? ALWAYS.test(alias) : !NOT_HERE.test(alias)));
  return {
    name: 'aliases',
    async prepare() {
      buildPrograms(['alias-work'], join(guest.folder, 'programs'));
      const { release, btf } = await guestKernel(kernel);
      writeFileSync(join(guest.folder, 'aliases.stp'), firstHits(hits) + CHILD);
      const compiled = await stapkit('stapkit', ['-p4', '-m', 'aliases', '-r', release, '--btf', btf, 'aliases.stp'], { cwd: guest.folder, timeoutMs: 120_000 });
      expect([compiled.stderr, compiled.status]).toEqual(['', 0]);
      guest.check('aliases', "stapkit-run -c '/mnt/guest-out/programs/alias-work /tmp/alias-file' $OUT/aliases.o");
    },
    declareTests() {
      test('all are attached, and tell what happened', () => {
        const { stdout, stderr, status } = guest.result('aliases');
        // A handler that interrupts another is skipped and counted.
        expect([stderr.replace(/^WARNING: Number of errors: 0, skipped probes: \d+\n$/, ''), status]).toEqual(['', 0]);
        expect(wrongHits(stdout, hits)).toEqual([]);
      });
    },
  };
};
