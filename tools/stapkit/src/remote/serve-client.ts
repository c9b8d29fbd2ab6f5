/**
 * `stapkit-run --client FD -`: a session for stapkit --remote on another machine, which says on the descriptor, as frames, what is to
 * run and when it is to stop. Output and messages go to descriptors 1 and 2. When the client is gone, the session ends.
 */
import { Socket } from 'node:net';
import { UsageError } from '@stapkit/cli-kit';
import { FRAME, FrameReader } from '../detached/frames.js';
import type { RunOptions } from '../run-object.js';

/** What can be said in JSON. */
export interface RemoteOptions extends Omit<RunOptions, 'target' | 'io' | 'globals' | 'output' | 'fileLimits' | 'commandUser'> {
  /** What remote_id() and remote_uri() give: which --remote this is, from 0, and its host as it was written. */
  readonly host: { readonly id: number; readonly uri: string };
}

/** Values of the tapset's globals of those functions (packages/tapset/stp/session.stp). */
export function globalsOf({ host }: RemoteOptions): ReadonlyMap<string, string> {
  return new Map([['__session_remote_id', String(host.id)], ['__session_remote_uri', host.uri]]);
}

export interface ClientRequest {
  readonly bytes: Buffer;
  readonly options: RemoteOptions;
  /** The session is over: nothing is listened to any more. */
  readonly close: () => void;
}

/** Waits for the request; from then on stops come as SIGINT, and the client's end as SIGHUP. @throws UsageError when it does not come */
export function requestOf(fd: number): Promise<ClientRequest> {
  const socket = new Socket({ fd, readable: true, writable: false });
  const frames = new FrameReader();
  let options: RemoteOptions | undefined;
  return new Promise((resolve, reject) => {
    const state = { started: false, closed: false };
    const close = (): void => {
      state.closed = true;
      socket.destroy();
    };
    const gone = (): void => {
      if (state.closed) return;
      if (state.started) process.kill(process.pid, 'SIGHUP');
      else reject(new UsageError('stapkit, which began this, is gone', undefined, 1));
      close();
    };
    socket.on('data', (chunk) => {
      for (const { kind, bytes } of frames.push(chunk)) {
        if (kind === FRAME.options) options = JSON.parse(bytes.toString()) as RemoteOptions;
        else if (kind === FRAME.stop) process.kill(process.pid, 'SIGINT');
        else if (kind === FRAME.object && options !== undefined) {
          state.started = true;
          resolve({ bytes, options, close });
        }
      }
    });
    socket.on('end', gone);
    socket.on('error', gone);
  });
}
