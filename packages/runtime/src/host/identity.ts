/** What pid(), execname() … say in host probes: this process, as stap's say of stapio. */
import { readFileSync } from 'node:fs';

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
