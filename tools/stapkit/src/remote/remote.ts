/** --remote: compiles for the kernel of each host here, and runs the objects there. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError, localTarget, type LocalTarget, type RunnableObject } from '@stapkit/cli-kit';
import { examineHost, fetchTypes, type RemoteHost, type RemoteMachine } from './hosts.js';
import { runOnHosts, type RemoteRun, type RemoteRunOptions } from './run-remote.js';

/** Compiles for a machine: the object, or the exit status when the script is wrong. */
export type MakeObject = (target: LocalTarget) => Promise<RunnableObject | number>;

/** Machines with one kernel get one object. */
function byKernel(machines: readonly RemoteMachine[]): readonly (readonly [RemoteMachine, ...RemoteMachine[]])[] {
  const groups = new Map<string, [RemoteMachine, ...RemoteMachine[]]>();
  for (const machine of machines) {
    const key = `${machine.release} ${machine.arch}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [machine]);
    else group.push(machine);
  }
  return [...groups.values()];
}

/** The kernel of a machine: this one's if it is the same, else with the types that the machine has. */
async function targetFor(machine: RemoteMachine, folder: string): Promise<LocalTarget> {
  const own = localTarget();
  if (machine.release === release() && machine.arch === own.arch) return own;
  const btfFile = join(folder, `${machine.arch}-${machine.release.replaceAll(/[^\w.-]/g, '_')}`);
  writeFileSync(btfFile, await fetchTypes(machine));
  return localTarget({ btfFile, release: machine.release, arch: machine.arch });
}

/** @throws UsageError for a host that cannot be reached or lacks what is needed */
export async function runRemote(hosts: readonly RemoteHost[], make: MakeObject, options: RemoteRunOptions): Promise<number> {
  const machines = await Promise.all(hosts.map(examineHost));
  const folder = mkdtempSync(join(tmpdir(), 'stapkit-remote-'));
  const runs: RemoteRun[] = [];
  try {
    for (const group of byKernel(machines)) {
      const object = await make(await targetFor(group[0], folder));
      if (typeof object === 'number') return object;
      for (const machine of group) runs.push({ machine, bytes: object.bytes });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  // In the order of the command line: their numbers are those of --remote-prefix.
  return runOnHosts([...runs].sort((one, other) => machines.indexOf(one.machine) - machines.indexOf(other.machine)), options);
}

/** What cannot be had together with --remote. @throws UsageError */
export function requireFitForRemote(given: Readonly<Record<string, boolean>>): void {
  for (const [flag, isGiven] of Object.entries(given)) if (isGiven) throw new UsageError(`${flag} and --remote exclude each other`, undefined, 1);
}
