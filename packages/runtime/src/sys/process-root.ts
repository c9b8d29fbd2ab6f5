/** Files as a process names them: it may have a mount namespace and a root of its own. */
import { readlinkSync } from 'node:fs';

/**
 * The path below /proc/PID/root of a file that the kernel names to us (maps, exe, map_files): after chroot(2) in another mount
 * namespace these names begin at the namespace's root, as that of the process's root does (proc_pid_root(5)).
 */
export function pathBelowRoot(pid: number, name: string): string {
  try {
    const root = readlinkSync(`/proc/${pid}/root`);
    return root !== '/' && name.startsWith(`${root}/`) ? name.slice(root.length) : name;
  } catch {
    return name;
  }
}
