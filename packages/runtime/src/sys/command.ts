/**
 * Starts the command of `-c CMD` so that its process id is known, and probes can be armed, before it runs.
 *
 * A shell is started that stops itself and, once continued, execs the command in its own process: the pid stays. So the
 * first system calls that probes see of the target are the `execve`s along PATH, and everything after is the command's
 * own, which is what `strace CMD` sees as well. (Stopping at exec by ptrace would hide those execves too, but needs calls
 * between fork and exec that a Node process cannot make safely; a shell that waits on a pipe would be seen reading.)
 *
 * A guard, a second shell on a pipe from here, ends the stopped process when this one dies before the release.
 */
import { readFileSync } from 'node:fs';
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

export interface CommandExit {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

export interface StartedCommand {
  readonly pid: number;
  /** Lets the command run. Idempotent. */
  release(): void;
  /** Settles when it ended, also when it was never released and was killed. Never rejects. */
  readonly exited: Promise<CommandExit>;
  /** Sends a signal, if it still runs. */
  kill(signal: NodeJS.Signals): void;
}

export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** What the shell must interpret; all other commands are exec'ed without a shell around them, as stap does. */
const SHELL_SYNTAX = /[|&;<>()`\n]|^\s*(?:[A-Za-z_]\w*=|(?:if|for|while|until|case|exec|cd|exit|export|set|ulimit|umask|trap|unset|eval|\{|!|\.)(?:\s|$))/;

/** Whether a shell runs the command of -c; otherwise it is a program with its arguments. */
export function needsShell(command: string): boolean {
  const unquoted = command.replace(/'[^']*'|"(?:[^"\\]|\\.)*"/gs, '""');
  return SHELL_SYNTAX.test(unquoted);
}

/** Who a command runs as: without this process's privileges, and without its other groups. */
export interface CommandUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Starts `command` held before its first instruction.
 * @param output file descriptor of its standard output; default: that of this process
 * @param user whom it runs as; default: as this process
 * Throws CommandError when there is no /bin/sh or no process to be had.
 */
export async function startCommand(command: string, output: number | 'inherit' = 'inherit', user?: CommandUser): Promise<StartedCommand> {
  if (command.trim() === '') throw new CommandError('the command of -c is empty');
  const execution = needsShell(command) ? 'exec /bin/sh -c "$0"' : `exec ${command}`;
  const child = spawn('/bin/sh', ['-c', `kill -s STOP $$; ${execution}`, command], { stdio: ['inherit', output, 'inherit'], ...user });
  const exited = new Promise<CommandExit>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code: code ?? undefined, signal: signal ?? undefined });
    });
  });
  await spawned(child);
  const pid = child.pid ?? 0;
  const guard = spawn('/bin/sh', ['-c', `read -r _ <&3 || kill -s KILL ${pid}`], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  await spawned(guard);
  // Extra pipes of a child are sockets.
  const gate = guard.stdio[3] as Socket;
  gate.on('error', () => undefined);
  await stopped(child, pid);
  // A command that was never released does not keep this process: when this ends, the guard ends the command.
  for (const handle of [child, guard, gate]) handle.unref();
  let released = false;
  const dismissGuard = (): void => {
    released = true;
    child.ref();
    if (!gate.writableEnded) gate.end('\n');
  };
  return {
    pid,
    exited,
    release: () => {
      if (released) return;
      dismissGuard();
      child.kill('SIGCONT');
    },
    kill: (signal) => {
      // A stopped process would keep any other signal for later.
      child.kill(released ? signal : 'SIGKILL');
      dismissGuard();
    },
  };
}

/** Waits until the process has stopped itself (state T of proc_pid_stat(5)) or is gone. */
async function stopped(child: ChildProcess, pid: number): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const stat = readStat(pid);
    if (stat === undefined || /^[TtZX]$/.test(stat.slice(stat.lastIndexOf(')') + 2).charAt(0))) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function readStat(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => {
      reject(new CommandError(`cannot start the command of -c: ${cause.message}`, { cause }));
    });
  });
}
