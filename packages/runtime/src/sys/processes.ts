/** The processes of this machine, from /proc (proc(5)). */
import type { ProcessFilter } from '@stapkit/object';
import { type Kernel, readText } from './kernel.js';

export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
}

/** What /proc/PID/status says, by its words; undefined when the process is gone. */
export function processStatus(kernel: Kernel, pid: number, thread = pid): ReadonlyMap<string, string> | undefined {
  const text = readText(kernel, `/proc/${pid}/task/${thread}/status`);
  if (text === undefined) return undefined;
  return new Map(text.split('\n').map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }));
}

/** All processes that run a program: threads of the kernel and zombies do not. */
export function listProcesses(kernel: Kernel): readonly RunningProcess[] {
  return kernel.listDirectory('/proc').flatMap((name): RunningProcess[] => {
    const pid = Number(name);
    if (!/^[1-9]\d*$/.test(name) || !kernel.isSameFile(`/proc/${pid}/exe`, `/proc/${pid}/exe`)) return [];
    const parent = processStatus(kernel, pid)?.get('PPid');
    return parent === undefined ? [] : [{ pid, parent: Number(parent) }];
  });
}

/** The process and all that come of it. */
export function hierarchyOf(pid: number, all: readonly RunningProcess[]): ReadonlySet<number> {
  const members = new Set([pid]);
  for (let size = 0; size < members.size;) {
    size = members.size;
    for (const one of all) if (members.has(one.parent)) members.add(one.pid);
  }
  return members;
}

export function runsProgram(kernel: Kernel, pid: number, path: string): boolean {
  return kernel.isSameFile(`/proc/${pid}/exe`, path);
}

/** Processes that a probe of the `process` family is for, among those that are there now. */
export function processesOf(kernel: Kernel, filter: ProcessFilter | undefined, target: number | undefined): readonly number[] {
  const all = listProcesses(kernel);
  if (filter?.kind === 'pid') return all.filter(({ pid }) => pid === filter.pid).map(({ pid }) => pid);
  const ofTarget = target === undefined ? undefined : hierarchyOf(target, all);
  return all.map(({ pid }) => pid).filter((pid) => (ofTarget?.has(pid) ?? true) && (filter === undefined || runsProgram(kernel, pid, filter.path)));
}
