/** stapkit-run -A and -d: reads what a session in the background prints, ends it, or leaves it again. */
import { createConnection, type Socket } from 'node:net';
import { UsageError } from '@stapkit/cli-kit';
import { OutputError } from '@stapkit/runtime';
import { FRAME, FrameReader, encodeFrame, type Frame, type FrameKind } from './frames.js';
import { reconnectText } from './launch.js';
import { sessionNames, sessionSocket } from './session-names.js';

/** Takes output; settles when it is written. */
export type WriteOutput = (bytes: Uint8Array) => Promise<void>;

const LEFT = ['SIGQUIT'] as const;
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function connect(name: string): Promise<Socket> {
  const path = sessionSocket(name);
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => { resolve(socket); });
    socket.once('error', () => {
      const others = sessionNames().filter((one) => one !== name);
      reject(new UsageError(`there is no session ${name}`, others.length === 0 ? 'none runs in the background; -F of stapkit and -L of stapkit-run begin one' : `there are: ${others.join(', ')}`, 1));
    });
  });
}

async function* framesOf(socket: Socket): AsyncGenerator<Frame> {
  const reader = new FrameReader();
  for await (const chunk of socket) yield* reader.push(chunk as Buffer);
}

/** To standard output. A reader that went away (`| head`) is an error with the code EPIPE. */
export const writeToStdout: WriteOutput = (bytes) => new Promise((resolve, reject) => {
  process.stdout.write(bytes, (error) => {
    if (error === null || error === undefined) resolve();
    else reject(error);
  });
});

/**
 * Shows a session's output until it ends, with its exit status, or until SIGQUIT, after which it goes on. As in the session
 * that runs in the foreground, Ctrl-C and a reader that goes away end it.
 */
export async function attachSession(name: string, write: WriteOutput): Promise<number> {
  const socket = await connect(name);
  const say = (kind: FrameKind): void => { if (socket.writable) socket.write(encodeFrame(kind)); };
  const stop = (): void => { say(FRAME.stop); };
  const state = { left: false };
  const leave = (): void => {
    state.left = true;
    socket.destroy();
  };
  for (const signal of ENDING) process.on(signal, stop);
  for (const signal of LEFT) process.on(signal, leave);
  let failure: OutputError | undefined;
  let closed = false;
  try {
    say(FRAME.attach);
    for await (const { kind, bytes } of framesOf(socket)) {
      if (kind === FRAME.busy) throw new UsageError(`somebody is attached to ${name}`, undefined, 1);
      if (kind === FRAME.ended) {
        if (failure !== undefined) throw failure;
        return bytes[0] ?? 1;
      }
      if (kind === FRAME.message) process.stderr.write(bytes);
      if (kind !== FRAME.output || closed) continue;
      try {
        await write(bytes);
      } catch (error) {
        const cause = error as NodeJS.ErrnoException;
        closed = true;
        if (cause.code !== 'EPIPE') failure = new OutputError(cause.code ?? 'EIO', bytes.length, cause);
        stop();
      }
    }
  } catch (error) {
    if (!state.left) throw error;
  } finally {
    for (const signal of ENDING) process.off(signal, stop);
    for (const signal of LEFT) process.off(signal, leave);
    socket.destroy();
  }
  if (state.left) {
    process.stderr.write(`\n${reconnectText(name)}`);
    return 0;
  }
  process.stderr.write(`ERROR: the session ${name} has died\n`);
  return 1;
}

/** Ends sessions that nobody is attached to; `*` means all of them. What they kept is lost. */
export async function removeSessions(pattern: string): Promise<number> {
  if (pattern !== '*') return removeSession(pattern, true);
  let status = 0;
  for (const name of sessionNames()) status = Math.max(status, await removeSession(name, false));
  return status;
}

async function removeSession(name: string, alone: boolean): Promise<number> {
  const socket = await connect(name).catch((error: unknown) => {
    if (alone) throw error;
    return undefined; // one that was killed
  });
  if (socket === undefined) return 0;
  try {
    socket.write(encodeFrame(FRAME.remove));
    for await (const { kind } of framesOf(socket)) {
      if (kind !== FRAME.busy) return 0;
      if (!alone) return 0; // it is in use
      throw new UsageError(`somebody is attached to ${name}`, 'end it there with Ctrl-C', 1);
    }
    return 0;
  } finally {
    socket.destroy();
  }
}
