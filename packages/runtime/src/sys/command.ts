/**
 * Starts the command of `-c CMD` so that its process id is known, and probes can be armed, before it runs.
 *
 * A shell is started that reads one line from a pipe (descriptor 3), closes the pipe and
 * then execs the command in its own process: the pid stays. From the release on, the target's
 * process makes `read`, `close` and the `execve`s along PATH; all else is the command's own, which
 * is what `strace CMD` sees as well. (Stopping at exec by ptrace would hide those few calls, but it
 * would need calls between fork and exec that a Node process cannot make safely.)
 *
 * When the parent dies before the release, the pipe ends, the read fails and nothing is run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

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

function needsShell(command: string): boolean {
  const unquoted = command.replace(/'[^']*'|"(?:[^"\\]|\\.)*"/gs, '""');
  return SHELL_SYNTAX.test(unquoted);
}

/** Starts `command` held at its first instruction. Throws CommandError when there is no /bin/sh or no process to be had. */
export async function startCommand(command: string): Promise<StartedCommand> {
  if (command.trim() === '') throw new CommandError('the command of -c is empty');
  const execution = needsShell(command) ? 'exec /bin/sh -c "$0"' : `exec ${command}`;
  const script = `read -r _ <&3 || exit 125; exec 3<&-; ${execution}`;
  const child = spawn('/bin/sh', ['-c', script, command], { stdio: ['inherit', 'inherit', 'inherit', 'pipe'] });
  const exited = new Promise<CommandExit>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code: code ?? undefined, signal: signal ?? undefined });
    });
  });
  await spawned(child);
  const gate = child.stdio[3] as Writable;
  // A command that ended before its release closes the pipe under us; `exited` tells.
  gate.on('error', () => undefined);
  return {
    pid: child.pid ?? 0,
    exited,
    release: () => {
      if (!gate.writableEnded) gate.end('\n');
    },
    kill: (signal) => {
      child.kill(signal);
    },
  };
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => {
      reject(new CommandError(`cannot start the command of -c: ${cause.message}`, { cause }));
    });
  });
}
