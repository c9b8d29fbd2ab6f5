/** Control groups of version 2, which the kernel numbers by their folders' inodes (kernfs). */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@stapkit/cli-kit';

/** Where version 2 is mounted (proc_pid_mountinfo(5)); undefined: nowhere. */
function mountPoint(): string | undefined {
  const line = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').find((one) => / - cgroup2 /.test(one));
  return line?.split(' ')[4];
}

/** @param path of the folder, or as /proc/PID/cgroup has it. Throws UsageError. */
export function cgroupNumber(path: string): bigint {
  const mount = mountPoint();
  if (mount === undefined) throw new UsageError('--cgroup: this machine has no control groups of version 2 mounted', 'mount -t cgroup2 none /sys/fs/cgroup');
  const folder = [path, join(mount, path)].find((one) => existsSync(join(one, 'cgroup.procs')));
  if (folder === undefined) throw new UsageError(`--cgroup: there is no control group '${path}'`, `they are the folders below ${mount}`);
  // Only groups of version 2 have it, and the root of them only where it is mounted.
  if (!existsSync(join(folder, 'cgroup.controllers'))) throw new UsageError(`--cgroup: '${path}' is a control group of version 1`, `those of version 2 are below ${mount}`);
  return statSync(folder, { bigint: true }).ino;
}
