/**
 * staprun's rule for the group stapusr: its members may run, as root, what root has approved by putting it into one of two folders. A sudoers
 * rule (doctor/sudoers.ts) lets them start `stapkit-run --stapusr`, and this is what that flag holds to.
 */
import { constants, closeSync, existsSync, fstatSync, lstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { UsageError, reasonOf } from '@stapkit/cli-kit';
import type { ObjectMetadata } from '@stapkit/object';
import type { CommandUser } from '@stapkit/runtime';

const GROUP_OR_OTHERS_WRITE = 0o022;

/** staprun's, for this kernel alone; and one for objects that fit several kernels. */
export const kernelFolder = (): string => `/lib/modules/${release()}/systemtap`;
export const COMMON_FOLDER = '/usr/lib/stapkit/objects';
const approvedFolders = (): readonly string[] => [kernelFolder(), COMMON_FOLDER];

/** May somebody else than root change the file or one of the folders that it is in? Gives which. */
export function changeableBy(path: string, stat: (path: string) => { readonly uid: number; readonly mode: number } = lstatSync): string | undefined {
  for (let at = path; ; at = dirname(at)) {
    const { uid, mode } = stat(at);
    if (uid !== 0) return `${at} belongs to user ${uid}`;
    if ((mode & GROUP_OR_OTHERS_WRITE) !== 0) return `${at} can be written by others (mode ${(mode & 0o7777).toString(8)})`;
    if (at === dirname(at)) return undefined;
  }
}

/** A name stands for NAME or NAME.o in the folders, a path for itself. */
function pathOf(word: string): string {
  const paths = word.includes('/') ? [word] : approvedFolders().flatMap((folder) => [join(folder, word), join(folder, `${word}.o`)]);
  const path = paths.find((one) => existsSync(one));
  if (path === undefined) throw new UsageError(`there is no approved object '${word}'`, `root puts objects into ${approvedFolders().join(' or ')}`, 1);
  return realpathSync(path);
}

export interface ApprovedObject {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Reads an object that root approves. @throws UsageError for every other */
export function readApproved(word: string): ApprovedObject {
  const path = pathOf(word);
  const folder = approvedFolders().map((one) => (existsSync(one) ? realpathSync(one) : one)).find((one) => path.startsWith(`${one}/`));
  if (folder === undefined) throw new UsageError(`members of stapusr may run only objects in ${approvedFolders().join(' or ')}`, `root approves one with: install -D -m 0644 OBJECT -t ${COMMON_FOLDER}`, 1);
  const changeable = changeableBy(path);
  if (changeable !== undefined) throw new UsageError(`the object is not approved: ${changeable}`, `chown root:root ${path} && chmod go-w ${path}`, 1);
  let fd: number;
  try {
    // Not a link in its place meanwhile, nor something that blocks.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw new UsageError(`cannot read the object '${path}': ${reasonOf(error)}`, undefined, 1);
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.uid !== 0 || (stat.mode & GROUP_OR_OTHERS_WRITE) !== 0) throw new UsageError(`the object is not approved: ${path} was changed meanwhile`, undefined, 1);
    return { path, bytes: readFileSync(fd) };
  } finally {
    closeSync(fd);
  }
}

/** What is in the kernel's own folder was made for that kernel, as modules there are. */
export function requireOwnKernel(path: string, { kernelRelease }: Pick<ObjectMetadata, 'kernelRelease'>, running: string = release()): void {
  if (kernelRelease === '' || kernelRelease === running || !/^(?:\/usr)?\/lib\/modules\//.test(path)) return;
  throw new UsageError(`the object was compiled for kernel ${kernelRelease}; this is ${running}`, `compile it for this kernel; objects for several kernels go into ${COMMON_FOLDER}`, 1);
}

/** Whoever called sudo: commands run as that user. undefined: root did, or there is no sudo. */
export function callingUser(environment: NodeJS.ProcessEnv): CommandUser | undefined {
  const { SUDO_UID, SUDO_GID } = environment;
  if (SUDO_UID === undefined || SUDO_UID === '0') return undefined;
  const [uid, gid] = [SUDO_UID, SUDO_GID ?? ''].map((text) => (/^\d+$/.test(text) ? Number(text) : NaN));
  if (uid === undefined || gid === undefined || Number.isNaN(uid) || Number.isNaN(gid)) throw new UsageError('SUDO_UID and SUDO_GID are no numbers', 'start it by sudo', 1);
  return { uid, gid };
}

/** Flags that do nothing as root but trace; a file of -o is a redirection's to make, by the user's shell. */
const ALLOWED = new Set(['stapusr', 'c', 'x', 'T', 's', 'b', 'C', 'v', 'verbose', 'w', 'man', 'completion']);

/** @param given names of the options that stand on the command line */
export function requireAllowed(given: readonly string[]): void {
  const refused = given.filter((name) => !ALLOWED.has(name));
  if (refused.length > 0) throw new UsageError(`--stapusr does not go with ${refused.map((name) => (name.length === 1 ? `-${name}` : `--${name}`)).join(', ')}`, refused.includes('o') ? 'redirect the output: … > FILE' : undefined, 1);
}
