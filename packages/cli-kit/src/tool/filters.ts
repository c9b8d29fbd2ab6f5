/** The filters that tools have in common: their flags, and the globals of stp/tool-filters.stp that they set. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../exit-codes.js';
import { parsePid } from '../values.js';

/** `one-pid` is --pid for a tool that can look at one process alone. */
export type FilterName = 'pid' | 'one-pid' | 'tid' | 'comm' | 'uid' | 'cgroup' | 'command';

/** Values for a script's globals; texts are byte strings. */
export type Globals = Map<string, string>;

/** TASK_COMM_LEN of include/linux/sched.h, without the NUL. */
const COMM_BYTES_MAX = 15;

function parseComm(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length === 0) throw new InvalidArgumentError('a name is wanted.');
  if (bytes.length > COMM_BYTES_MAX) throw new InvalidArgumentError(`'${text}' can match no process: the kernel keeps ${COMM_BYTES_MAX} bytes of a name; try '${bytes.subarray(0, COMM_BYTES_MAX).toString()}'.`);
  return text;
}

/** A user's number, or a name of /etc/passwd. */
export function parseUid(text: string, users: () => string = () => readFileSync('/etc/passwd', 'latin1')): number {
  if (/^\d+$/.test(text) && Number(text) < 0xffff_ffff) return Number(text);
  const line = users().split('\n').find((one) => one.startsWith(`${text}:`));
  const uid = line?.split(':')[2];
  if (uid === undefined || text === '') throw new InvalidArgumentError(`'${text}' is no user here.`);
  return Number(uid);
}

export interface ControlGroup {
  /** The inode of its folder, which is the kernel's id of it (64-bit kernels, since Linux 5.5). */
  readonly id: bigint;
  readonly level: number;
}

/** Where the control groups (v2) are mounted, of the text of /proc/self/mountinfo. */
export function controlGroupMount(mountinfo: string): string | undefined {
  const line = mountinfo.split('\n').find((one) => / - cgroup2 /.test(one) && one.split(' ')[3] === '/');
  return line?.split(' ')[4];
}

/** A control group by its path: below the mount (`system.slice/nginx.service`) or whole (`/sys/fs/cgroup/system.slice/…`). */
export function parseControlGroup(text: string): ControlGroup {
  const mount = controlGroupMount(readFileSync('/proc/self/mountinfo', 'latin1'));
  if (mount === undefined) throw new InvalidArgumentError('no control groups of version 2 are mounted here.');
  const path = text === mount || text.startsWith(`${mount}/`) ? text : join(mount, text);
  const below = path.slice(mount.length).split('/').filter((part) => part !== '');
  const stat = below.includes('..') ? undefined : statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat?.isDirectory() !== true) throw new InvalidArgumentError(`there is no control group '${text}' below ${mount}.`);
  return { id: stat.ino, level: below.length };
}

/** `7`, `7,8`; a flag that is repeated adds to those before. */
export function parsePids(text: string, before: readonly number[] = []): readonly number[] {
  return [...new Set([...before, ...text.split(',').map(parsePid)])];
}

const onePid = (text: string, before?: readonly number[]): readonly number[] => {
  const pids = parsePids(text, before);
  if (pids.length > 1) throw new InvalidArgumentError('this tool looks at one process.');
  return pids;
};

const FILTERS: Readonly<Record<FilterName, () => Option>> = {
  pid: () => new Option('-p, --pid <pid>', 'only this process, or these (7,8); ends with the last').argParser(parsePids),
  'one-pid': () => new Option('-p, --pid <pid>', 'only this process; ends with it').argParser(onePid),
  tid: () => new Option('-t, --tid <tid>', 'only this thread; ends with it').argParser((text) => parsePid(text)),
  comm: () => new Option('-n, --comm <name>', 'only processes of this name').argParser(parseComm),
  uid: () => new Option('-u, --uid <user>', 'only processes of this user, by number or name').argParser((text) => parseUid(text)),
  cgroup: () => new Option('--cgroup <path>', 'only this control group (v2) and those below it').argParser(parseControlGroup),
  command: () => new Option('-c, --command <cmd>', 'run CMD, trace it and what it starts, end with it'),
};

export const FILTER_GROUP = 'Filters (in the kernel):';

export function filterFlags(names: readonly FilterName[]): readonly Option[] {
  return names.map((name) => FILTERS[name]().helpGroup(FILTER_GROUP));
}

interface FilterValues {
  readonly pids?: readonly number[];
  readonly tid?: number;
  readonly comm?: string;
  readonly uid?: number;
  readonly cgroup?: ControlGroup;
  readonly command?: string;
}

/** Throws UsageError for filters that cannot both be. */
export function checkFilters({ pids, command }: FilterValues): void {
  if (pids !== undefined && command !== undefined) throw new UsageError('--pid and --command exclude each other');
}

/** What the filters set. */
export function filterGlobals({ pids = [], tid, comm, uid, cgroup }: FilterValues): Globals {
  const globals: Globals = new Map();
  // One is compared, several are looked up.
  if (pids.length === 1) globals.set('only_pid', String(pids[0]));
  if (pids.length > 1) globals.set('only_pids', pids.join(','));
  if (tid !== undefined) globals.set('only_tid', String(tid));
  if (comm !== undefined) globals.set('only_comm', Buffer.from(comm).toString('latin1'));
  if (uid !== undefined) globals.set('only_uid', String(uid));
  if (cgroup !== undefined) {
    globals.set('only_cgroup', String(cgroup.id));
    globals.set('only_cgroup_level', String(cgroup.level));
  }
  return globals;
}
