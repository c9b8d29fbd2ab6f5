/** Probe aliases of the tapset that need modules or a machine of their own: they tell what nfs-work.c and root-work.c do, and the reads of a disk of scsi_debug. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';
import { buildPrograms, type ProgramName } from '../programs.js';
import { absentIn, firstHits, tapsetAliases, wrongHits, type Hit } from '../tapset-aliases.js';
import { loadModules, tapsetKernel, type GuestKernel } from './guest.js';
import { BY_NFS, BY_SCSI, SUMS_OF_NFS } from './module-aliases.js';
import type { MakePart } from './parts.js';
import { BY_ROOT, notIn } from './root-aliases.js';

interface Work {
  readonly name: string;
  readonly hits: readonly Hit[];
  readonly programs: readonly ProgramName[];
  /** Modules with their parameters, before the session. */
  readonly modules: Readonly<Record<string, string>>;
  /** Shell words that the session runs, the last of which prints "done". `load`: those that load a module. */
  readonly command: (load: (modules: Readonly<Record<string, string>>) => Promise<string>) => Promise<string>;
}

/** Of 6.12 on, the client keeps what is not committed when it is asked to let go: nothing here has it release a page. */
const firesIn = (kernel: GuestKernel, alias: string): boolean => kernel === '6.1' || alias !== 'nfs.aop.release_page';

const partOf = ({ name, hits: all, programs, modules, command }: Work): MakePart => (guest, kernel) => {
  const absent = absentIn(kernel, tapsetAliases());
  const hits = all.filter(([alias]) => !absent.has(alias) && firesIn(kernel, alias) && !notIn(kernel, alias));
  return {
    name,
    async prepare() {
      buildPrograms(programs, join(guest.folder, 'programs'));
      const { release, btf } = await tapsetKernel(kernel);
      writeFileSync(join(guest.folder, `${name}.stp`), firstHits(hits));
      const compiled = await stapkit('stapkit', ['-p4', '-m', `${name}_aliases`, '-r', release, '--btf', btf, `${name}.stp`], { cwd: guest.folder, timeoutMs: 120_000 });
      expect([compiled.stderr, compiled.status]).toEqual(['', 0]);
      const load = (wanted: Readonly<Record<string, string>>): Promise<string> => loadModules(guest, kernel, wanted);
      writeFileSync(join(guest.folder, `${name}.sh`), await command(load));
      guest.check(name, `${await load(modules)}stapkit-run -c 'sh /mnt/guest-out/${name}.sh' $OUT/${name}_aliases.o`);
    },
    declareTests() {
      test('all are attached, and tell what happened', () => {
        const { stdout, stderr, status } = guest.result(name);
        const said = stdout.split('\n').filter((line) => line !== '' && !hits.some(([alias]) => line.startsWith(`${alias}:`)));
        // A handler that interrupts another is skipped and counted.
        expect([said, stderr.replace(/^WARNING: (Number of errors: 0, skipped probes: \d+|\d+ times? the kernel did not start .*)\n/gm, ''), status]).toEqual([['done'], '', 0]);
        expect(wrongHits(stdout, hits)).toEqual([]);
      });
    },
  };
};

/** Each costs a third of a second to attach in a guest: the others run when the part is asked for by name. */
const ALWAYS = /^(nfs\.(fop\.(open|write_iter)|proc\.read_done)|sunrpc\.(clnt\.(call_sync|shutdown_client)|sched\.(delay|release_task)|svc\.(destroy|drop|process))|nfsd\.(rename|proc\.(write|lookup\.return)))$/;

export const nfsPart = partOf({
  name: 'nfs',
  hits: process.env['STAPKIT_GUEST_PARTS'] === undefined ? BY_NFS.filter(([alias]) => ALWAYS.test(alias)) : [...BY_NFS, ...SUMS_OF_NFS],
  programs: ['nfs-work'],
  modules: { lockd: 'nlm_udpport=4045', nfsd: '', nfsv3: '', nfsv4: '' },
  command: () => Promise.resolve('exec /mnt/guest-out/programs/nfs-work /tmp/nfs'),
});

const DISK = 'for again in 1 2 3 4 5 6 7 8 9 10; do [ -b /dev/sda ] || sleep 0.2; done';

export const scsiPart = partOf({
  name: 'scsi',
  hits: BY_SCSI,
  programs: [],
  modules: { sd_mod: '' },
  command: async (load) => `${await load({ scsi_debug: 'dev_size_mb=8 delay=0' })}
${DISK}
dd if=/dev/sda of=/dev/null bs=4096 count=1 iflag=direct 2> /dev/null && echo done`,
});

/** The same: a third of them, of each kind some. */
const OF_ROOT = /^(tty\.|netdev\.(close|register|set_promiscuity|change_mac)|netfilter\.(arp|bridge|ipv6\.(forward|local_out))|ipmib\.(Frag|Reasm|InUnknown|InDiscards)|linuxmib\.(DelayedACKs|ListenOverflows)|tcpmib\.OutRsts|tcp\.(ipv6|disconnect$)|udp\.disconnect$|signal\.(wakeup|force_segv|flush|procmask)$|vm\.(oom_kill|brk|write_shared)|scheduler\.(cpu_on|balance|kthread_stop)$|workqueue\.create$|ioscheduler_trace\.elv_requeue)/;

export const rootPart = partOf({
  name: 'root',
  hits: process.env['STAPKIT_GUEST_PARTS'] === undefined ? BY_ROOT.filter(([alias]) => OF_ROOT.test(alias)) : BY_ROOT,
  programs: ['root-work'],
  modules: { tun: '', br_netfilter: '', raid1: '', sd_mod: '', scsi_debug: 'dev_size_mb=8 delay=0' },
  command: async (load) => {
    // Copied, not loaded: it comes and goes while the session runs.
    await load({ ttyprintk: '' });
    return `${DISK}\nexec /mnt/guest-out/programs/root-work`;
  },
});
