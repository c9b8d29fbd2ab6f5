/** The process of a session in the background: started by launch.ts, which hands it the object; it serves who attaches. */
import { closeSync, openSync } from 'node:fs';
import { explainError, metadataOf } from '@stapkit/cli-kit';
import { runObject, type RunOptions } from '../run-object.js';
import { FRAME } from './frames.js';
import { KeptOutput } from './kept-output.js';
import { SessionServer } from './session-server.js';

/** The first word of the process's command line. */
export const SERVE_WORD = '--serve-session';

export interface Launch {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly options: Omit<RunOptions, 'target' | 'io'>;
}

/** What the launcher is told, until the probes are armed or the session failed. */
export type LaunchReport =
  | { readonly kind: 'message' | 'output'; readonly bytes: Uint8Array }
  | { readonly kind: 'armed'; readonly pid: number }
  | { readonly kind: 'ended'; readonly status: number };

const DEFAULT_MEGABYTES = 8;

const launched = (): Promise<Launch> => new Promise((resolve) => { process.once('message', (message) => { resolve(message as Launch); }); });

const report = (message: LaunchReport): Promise<void> => new Promise((resolve) => {
  if (process.send === undefined || !process.connected) resolve();
  else process.send(message, undefined, undefined, () => { resolve(); });
});

/** Runs the session that the parent process sends, and gives its exit status. */
export async function serveSession(command: string): Promise<number> {
  const stop = (): void => { process.emit('SIGINT'); };
  const state = { armed: false, leave: false };
  let server: SessionServer | undefined;
  // Before it is armed it is a part of the command that the user sees.
  process.once('disconnect', () => { if (!state.armed) process.kill(process.pid, 'SIGTERM'); });
  const { name, bytes, options } = await launched();
  const kept = new KeptOutput((options.ringMegabytes ?? DEFAULT_MEGABYTES) * 1024 * 1024);
  const push = (kind: typeof FRAME.output | typeof FRAME.message, chunk: Uint8Array): void => {
    kept.push(kind, chunk);
    server?.push();
  };
  const leaveNow = (): void => {
    state.leave = true;
    server?.giveUp();
  };
  try {
    server = await SessionServer.open(name, kept, stop);
    process.on('SIGTERM', leaveNow);
    const status = await runObject(bytes, metadataOf(bytes), {
      ...options,
      io: {
        output: (chunk) => { push(FRAME.output, chunk); },
        message: (text) => { push(FRAME.message, Buffer.from(text, 'latin1')); },
        armed: () => {
          state.armed = true;
          void report({ kind: 'armed', pid: process.pid }).then(() => { if (process.connected) process.disconnect(); });
        },
      },
    });
    if (state.armed) {
      if (options.command !== undefined) closeOutlet();
      for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, leaveNow);
      await server.end(status, state.leave || options.output !== undefined);
    } else {
      await giveBack(kept, status);
      server.close();
    }
    return status;
  } catch (error) {
    const { text, exitCode } = explainError(command, error, options.verbosity > 0);
    push(FRAME.message, Buffer.from(text, 'utf8'));
    const status = exitCode === 2 ? 1 : exitCode;
    if (state.armed) await server?.end(status, state.leave);
    else await giveBack(kept, status);
    server?.close();
    return status;
  } finally {
    if (process.connected) process.disconnect();
  }
}

/** What the command printed to: a pipe's reader is not to wait for who reads the session's output. */
function closeOutlet(): void {
  for (const fd of [1, 2]) {
    closeSync(fd);
    openSync('/dev/null', 'w'); // takes the number that is free
  }
}

/** All that was said goes to the launcher: there is no session to attach to. */
async function giveBack(kept: KeptOutput, status: number): Promise<void> {
  for (let frame = kept.shift(); frame !== undefined; frame = kept.shift()) await report({ kind: frame.kind === FRAME.output ? 'output' : 'message', bytes: frame.bytes });
  await report({ kind: 'ended', status });
}
