import { readdirSync, statSync } from 'node:fs';

/** Inode of a process's network namespace, as the kernel's ns.inum; undefined when the process is gone or may not be looked at. */
export function networkNamespace(pid: number | 'self'): number | undefined {
  try {
    return statSync(`/proc/${pid}/ns/net`).ino;
  } catch {
    return undefined;
  }
}

/** Some process in the namespace: this one if it fits, else the one with the lowest pid. */
export function processInNamespace(inode: number, from: { readonly pids?: () => readonly number[]; readonly namespaceOf?: (pid: number | 'self') => number | undefined } = {}): number | 'self' | undefined {
  const { pids = processIds, namespaceOf = networkNamespace } = from;
  if (namespaceOf('self') === inode) return 'self';
  return pids().find((pid) => namespaceOf(pid) === inode);
}

/** All processes, ascending. */
export function processIds(): readonly number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).sort((a, b) => a - b);
}
