/** What pid(), execname() … say in host probes: this process, as stap's say of stapio. */
import { readFileSync } from 'node:fs';
import type { AttachPoint } from '@stapkit/object';
import type { Kernel } from '../sys/kernel.js';
import { processStatus, processesOf } from '../sys/processes.js';

export interface Identity {
  readonly pid: bigint;
  /** Thread id; host probes run on the main thread. */
  readonly tid: bigint;
  readonly ppid: bigint;
  readonly uid: bigint;
  readonly euid: bigint;
  readonly gid: bigint;
  readonly egid: bigint;
  /** At most 15 bytes. */
  readonly execname: string;
  /** The CPU that the main thread runs on now. */
  cpu(): bigint;
}

/** Field 39 of /proc/self/stat (proc(5)): the CPU last run on. The command in field 2 may hold spaces and brackets. */
function currentCpu(): bigint {
  const text = readFileSync('/proc/self/stat', 'latin1');
  return BigInt(text.slice(text.lastIndexOf(')') + 2).split(' ')[36] ?? '0');
}

export function ownIdentity(): Identity {
  const pid = BigInt(process.pid);
  return {
    pid,
    tid: pid,
    ppid: BigInt(process.ppid),
    uid: BigInt(process.getuid?.() ?? 0),
    euid: BigInt(process.geteuid?.() ?? 0),
    gid: BigInt(process.getgid?.() ?? 0),
    egid: BigInt(process.getegid?.() ?? 0),
    execname: readFileSync('/proc/self/comm', 'latin1').trimEnd(),
    cpu: currentCpu,
  };
}

type ExistingProcess = Extract<AttachPoint, { kind: 'existing-process' }>;

/** The tasks that an `existing-process` probe is to be told of, as pid(), execname() … shall describe them. */
export function existingTasks(kernel: Kernel, { processes, threads }: ExistingProcess, { target, except }: { readonly target: number | undefined; readonly except: number | undefined }): readonly Identity[] {
  return processesOf(kernel, processes, target).filter((pid) => pid !== except).flatMap((pid) => {
    const tasks = threads ? kernel.listDirectory(`/proc/${pid}/task`).map(Number).filter((tid) => tid !== pid) : [pid];
    return tasks.map((tid) => identityOf(kernel, pid, tid)).filter((one) => one !== undefined);
  });
}

/** undefined when the task has ended. */
function identityOf(kernel: Kernel, pid: number, tid: number): Identity | undefined {
  const status = processStatus(kernel, pid, tid);
  if (status === undefined) return undefined;
  const number = (word: string, column: number): bigint => BigInt(status.get(word)?.split(/\s+/)[column] ?? 0);
  return {
    pid: BigInt(pid), tid: BigInt(tid), ppid: number('PPid', 0),
    uid: number('Uid', 0), euid: number('Uid', 1), gid: number('Gid', 0), egid: number('Gid', 1),
    // The kernel writes a newline and a backslash of a name as \n and \\.
    execname: (status.get('Name') ?? '').replaceAll(/\\(n|\\)/g, (_all, escaped: string) => (escaped === 'n' ? '\n' : '\\')),
    cpu: currentCpu,
  };
}
