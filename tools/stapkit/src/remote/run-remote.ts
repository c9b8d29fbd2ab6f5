/** Pass 5 on other machines: the object goes to stapkit-run there, what it prints comes here. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { UsageError } from '@stapkit/cli-kit';
import { OutputError } from '@stapkit/runtime';
import { writeToStdout, type WriteOutput } from '../detached/attach.js';
import { FRAME, encodeFrame } from '../detached/frames.js';
import { OutputFiles, type FileLimits } from '../output-files.js';
import { RUN_THERE, startOn, unreachable, type RemoteMachine } from './hosts.js';
import { PrefixedLines } from './lines.js';
import type { RemoteOptions } from './serve-client.js';

export interface RemoteRun {
  readonly machine: RemoteMachine;
  readonly bytes: Uint8Array;
}

export interface RemoteRunOptions extends Omit<RemoteOptions, 'host'> {
  readonly output: string | undefined;
  readonly fileLimits: FileLimits | undefined;
  /** --remote-prefix: each line begins with the host's number. */
  readonly prefix: boolean;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const SSH_FAILED = 255;

/** Runs all of them at the same time. Gives the highest exit status. @throws OutputError, UsageError of a connection that was lost */
export async function runOnHosts(runs: readonly RemoteRun[], options: RemoteRunOptions): Promise<number> {
  const { output, fileLimits, prefix, ...there } = options;
  const files = output === undefined ? undefined : new OutputFiles(output, fileLimits);
  const state: { failure?: OutputError; closed: boolean; turn: Promise<void> } = { closed: false, turn: Promise.resolve() };
  const sessions = runs.map((run, id) => startSession(run, { ...there, host: { id, uri: run.machine.host.name } }));
  const stop = (): void => { for (const { control } of sessions) if (control.writable) control.write(encodeFrame(FRAME.stop)); };
  const next = (): void => { files?.next(); };
  const write: WriteOutput = files === undefined ? writeToStdout : async (bytes) => { for (let at = 0; at < bytes.length;) at += await files.write(bytes.subarray(at)); };
  /** One after another: a file goes on to the next between two writes. */
  const give = (bytes: Buffer): Promise<void> => (state.turn = state.turn.then(async () => {
    if (bytes.length === 0 || state.closed) return;
    try {
      await write(bytes);
    } catch (error) {
      const cause = error as NodeJS.ErrnoException;
      state.closed = true;
      if (cause.code !== 'EPIPE') state.failure = new OutputError(cause.code ?? 'EIO', bytes.length, cause);
      stop();
    }
  }));
  for (const signal of SIGNALS) process.on(signal, stop);
  process.on('SIGUSR2', next);
  try {
    const ends = await Promise.allSettled(sessions.map((session, index) => session.follow(give, prefix ? `${index}: ` : '', runs.length > 1)));
    await state.turn;
    if (state.failure !== undefined) throw state.failure;
    return ends.reduce((status, end) => {
      if (end.status === 'fulfilled') return Math.max(status, end.value);
      if (!(end.reason instanceof UsageError) || ends.length === 1) throw end.reason;
      process.stderr.write(`stapkit: ${end.reason.message}; ${end.reason.advice ?? ''}\n`);
      return Math.max(status, 1);
    }, 0);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
    process.off('SIGUSR2', next);
    files?.close();
  }
}

interface RemoteSession {
  readonly control: Writable;
  /** Hands on what comes, to the end. Gives the exit status. */
  readonly follow: (give: (bytes: Buffer) => Promise<void>, prefix: string, named: boolean) => Promise<number>;
}

function startSession({ machine, bytes }: RemoteRun, options: RemoteOptions): RemoteSession {
  const child = startOn(machine.host, RUN_THERE, ['pipe', 'pipe', 'pipe'], true);
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('a child without its pipes');
  const closed = once(child, 'close') as Promise<[number | null]>;
  stdin.on('error', () => undefined); // it has ended, and its status says why
  stdin.write(encodeFrame(FRAME.options, Buffer.from(JSON.stringify(options))));
  stdin.write(encodeFrame(FRAME.object, bytes));
  return {
    control: stdin,
    follow: async (give, prefix, named) => {
      let said = '';
      const messages = new PrefixedLines(named ? `${machine.host.name}: ` : '');
      stderr.on('data', (chunk: Buffer) => {
        said = `${said}${chunk.toString()}`.slice(-1000);
        process.stderr.write(messages.push(chunk));
      });
      const lines = new PrefixedLines(prefix);
      // Without a prefix and another machine, pieces of lines are shown as they come.
      const whole = named || prefix !== '';
      for await (const chunk of stdout) await give(whole ? lines.push(chunk as Buffer) : (chunk as Buffer));
      await give(lines.end());
      const [status] = await closed;
      process.stderr.write(messages.end());
      stdin.end();
      if (status === SSH_FAILED && machine.host.destination !== undefined) throw unreachable(machine.host, said);
      return status ?? 1;
    },
  };
}
