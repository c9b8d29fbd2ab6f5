/** What keeps an example from Debian 12's kernel that is neither in the language nor in the tapset, looked up in kernel, packages and history. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const KINDS = { kernel: 'not in 6.1', software: 'absent software', place: 'begin probe' };

/** By the script's name: what is absent, and what. `kernel`: 6.1 has it not, for stap neither. */
const CAUSES = new Map(Object.entries({
  'bkl.stp': ['kernel', '6.1 has no lock_kernel and unlock_kernel: the big kernel lock was removed in 2.6.39'],
  'bkl_stats.stp': ['kernel', '6.1 has no lock_kernel and unlock_kernel: the big kernel lock was removed in 2.6.39'],
  'autofs4.stp': ['kernel', '6.1 has no functions autofs4_*: they were renamed autofs_* in 4.18'],
  'mmanonpage.stp': ['kernel', '6.1 has none of the tracepoints mm_anon_*: they were never in the kernel of kernel.org'],
  'mmwriteback.stp': ['kernel', '6.1 has no tracepoint mm_pagereclaim_pgout: it was never in the kernel of kernel.org'],
  'futexes2.stp': ['kernel', "6.1's union futex_key has no inode: it has i_seq since 5.6"],
  'tcl-funtop.stp': ['software', 'Debian builds libtcl8.6 without marks'],
  'tcl-trace.stp': ['software', 'Debian builds libtcl8.6 without marks'],
  'gmalloc_watch.stp': ['software', 'Debian builds libglib-2.0 without marks'],
  'php-trace.stp': ['software', 'needs package php8.2-cli'],
  'gmtty.stp': ['place', 'its begin probe reads the task that it runs in, and begin probes run in the stapkit process (docs/differences.md)'],
  'pingpong.stp': ['place', 'its begin probe reads the task that it runs in, and begin probes run in the stapkit process (docs/differences.md)'],
  'last_100_frees.stp': ['software', 'needs package systemtap: its check runs stap -V'],
  'fslatency-nd.stp': ['kernel', '6.1 has none of do_sync_read, do_sync_write, __vfs_read and __vfs_write'],
  'fsslower-nd.stp': ['kernel', '6.1 has none of do_sync_read, do_sync_write, __vfs_read and __vfs_write'],
  'eatmydata.stp': ['kernel', "6.1's do_fsync is inlined into fsync and fdatasync: it has no return that could be probed"],
  'cve-2021-4155.stp': ['kernel', "6.1's xfs_alloc_file_space has no $alloc_type: its parameters are ip, offset and len"],
  'threadstacks.stp': ['software', 'needs a glibc before 2.34, which had allocate_stack in libpthread.so.0'],
  'cve-2018-6485.stp': ['software', 'needs package libc6-dbg: _int_malloc is not exported; with it, it would change $bytes in the program'],
  'cve-2018-6485-templatized.stp': ['software', 'needs package libc6-dbg: _int_malloc is not exported; with it, it would change $bytes in the program'],
  'libguestfs_log.stp': ['software', 'needs package libguestfs0'],
  'stap_time.stp': ['software', 'needs package systemtap: it traces the program stap'],
  'floatingpoint.stp': ['software', 'needs package systemtap: it traces the program stap'],
  'capture_ssl_master_secrets.stp': ['software', "needs package libssl3-dbgsym: it probes functions that are not exported"],
  'perf.stp': ['software', 'needs package findutils-dbgsym: it probes a line of find'],
  'glibc-malloc.stp': ['software', 'Debian builds libc6 without marks'],
  'mutex-contention.stp': ['software', 'needs a glibc before 2.34, which had these functions in libpthread.so.0'],
  'cve-2015-0235.stp': ['software', 'needs a glibc before 2.18: lines that were mended there'],
  'cve-2015-7547.stp': ['software', 'needs an older glibc: 2.36 has no __libc_res_nquery in libresolv'],
  'cve-2018-1000001.stp': ['software', 'there is no /lib64/libc.so.6 on Debian: it is in /lib/x86_64-linux-gnu'],
  'cve-2021-4034.stp': ['software', 'needs package pkexec'],
  'cachestat.stp': ['kernel', "6.1's find_get_entry is static inline in mm/filemap.c: it has no return that could be probed"],
  'pyexample.stp': ['software', "needs stap's own module for python (HelperSDT), and a program of its own"],
}));

/** What is no script to be judged: embedded C is for kernel modules, and files without probes are others' libraries. */
const NOT_ASKED = ['embedded C', 'no script of its own'];

export const isAsked = (reasons) => !NOT_ASKED.some((area) => reasons.has(area));

/** Wants what no BPF program can: to change registers or memory of the kernel, to look up the page of an address, or the name of one while the handler runs. */
const BEYOND_BPF = ['writes to the kernel', 'refused operator', 'in-kernel execution'];

export const isWithinBpf = (reasons) => !BEYOND_BPF.some((area) => reasons.has(area));

export const isWithinReach = (name, reasons) => isAsked(reasons) && (reasons.size === 0 || !CAUSES.has(basename(name)));

/** Of runs in a guest that software emulates. */
const SLOW = new Map(Object.entries({
  'functioncallcount.stp': 'its probes, at some 2,000 functions of mm that each page fault runs through, leave the emulated guest no time to end: no line in 200 s',
}));

/** Text for the report's row; undefined: the compiler's own message says it all. */
export function causeOf(name) {
  const slow = SLOW.get(basename(name));
  if (slow !== undefined) return `**slow**: ${slow}`;
  const cause = CAUSES.get(basename(name));
  return cause === undefined ? undefined : `**${KINDS[cause[0]]}**: ${cause[1]}`;
}

/** Folders of -I that no .meta names. */
const FOLDERS = { 'tapset-time-user.stp': ['tapset'] };

/** The scripts that -I brings along. */
export function libraryOf(file, folders) {
  return [...folders, ...(FOLDERS[basename(file)] ?? [])].map((folder) => join(dirname(file), folder)).filter(existsSync)
    .flatMap((folder) => readdirSync(folder).filter((name) => /\.stpm?$/.test(name)).sort().map((name) => ({ path: join(folder, name), text: readFileSync(join(folder, name), 'latin1'), isUsers: true })));
}
