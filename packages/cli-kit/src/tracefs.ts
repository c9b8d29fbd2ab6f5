/** tracefs of the running kernel, mounted or not. */
import { closeSync, readFileSync } from 'node:fs';
import { linuxKernel, TRACEFS_MOUNTS } from '@stapkit/runtime';

/** Numbers of system calls (the same on all architectures) and a command: linux/mount.h, since Linux 5.2. */
const FSOPEN = 430;
const FSCONFIG = 431;
const FSMOUNT = 432;
const FSCONFIG_CMD_CREATE = 6;

/** A file of tracefs; undefined when it may not be read. */
export const readTracefs = (name: string): string | undefined => readMountedTracefs(name) ?? readUnmounted(name);

/** Where somebody has mounted it: cheap enough to ask for an ornament. */
export function readMountedTracefs(name: string): string | undefined {
  return TRACEFS_MOUNTS.map((mount) => tryRead(`${mount}/${name}`)).find((text) => text !== undefined && text !== '');
}

/** The file system is held by a descriptor and attached nowhere: nothing of it is left behind. Needs CAP_SYS_ADMIN. */
function readUnmounted(name: string): string | undefined {
  const kernel = linuxKernel();
  const type = Buffer.from('tracefs\0');
  const open: number[] = [];
  const kept = (fd: number): number => {
    if (fd >= 0) open.push(fd);
    return fd;
  };
  try {
    const context = kept(kernel.systemCall(FSOPEN, kernel.address(type), 0));
    if (context < 0 || kernel.systemCall(FSCONFIG, context, FSCONFIG_CMD_CREATE, 0, 0, 0) < 0) return undefined;
    const root = kept(kernel.systemCall(FSMOUNT, context, 0, 0));
    return root < 0 ? undefined : tryRead(`/proc/self/fd/${root}/${name}`);
  } finally {
    for (const fd of open) closeSync(fd);
  }
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
