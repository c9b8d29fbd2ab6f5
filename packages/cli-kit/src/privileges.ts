/** May this process trace at all? Asked before anything else, so that the answer is one line. */
import { existsSync } from 'node:fs';
import { CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN, hasCapability, linuxKernel, needsShell, resolveCommandPath } from '@stapkit/runtime';
import { UsageError } from './exit-codes.js';

/** Throws unless this process is root or holds CAP_BPF and CAP_PERFMON (capabilities(7), Linux 5.8). */
export function requireRoot(command: string): void {
  if (process.platform !== 'linux') throw new UsageError(`tracing needs Linux; this is ${process.platform}`);
  const kernel = linuxKernel();
  const has = (bit: number): boolean => hasCapability(kernel, bit);
  if (has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON))) return;
  throw new UsageError('loading BPF programs needs root, or the capabilities CAP_BPF and CAP_PERFMON', `run it with sudo: sudo ${command}`);
}

/** Throws unless the process exists. */
export function requireProcess(pid: number, exitCode?: number): void {
  if (!existsSync(`/proc/${pid}`)) throw new UsageError(`there is no process ${pid}`, 'ps -e lists them', exitCode);
}

/** Throws when the command of -c is a program that is not there. What a shell would have to read is left to the shell. */
export function requireCommand(command: string): void {
  const program = /^\s*([\w./+@%:,-]+)(?=\s|$)/.exec(command)?.[1];
  if (program !== undefined && !needsShell(command) && resolveCommandPath(program) === undefined)
    throw new UsageError(`-c: there is no command '${program}'`, program.includes('/') ? undefined : 'it is looked for along PATH');
}
