/** The socket of a session in the background: one reader at a time, who takes what was kept and then what comes. */
import { rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { UsageError } from '@stapkit/cli-kit';
import { FRAME, FrameReader, encodeFrame, type Frame, type FrameKind } from './frames.js';
import type { KeptOutput } from './kept-output.js';
import { sessionSocket } from './session-names.js';

/** Bytes on their way to the reader, beyond which output is kept here. */
const UNREAD_MAX = 1024 * 1024;

/** Whether somebody listens at a socket. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => { resolve(false); });
  });
}

function listen(server: Server, path: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    server.once('error', resolve);
    server.listen(path, () => {
      server.off('error', resolve);
      resolve(undefined);
    });
  });
}

export class SessionServer {
  readonly #server: Server;
  readonly #path: string;
  readonly #kept: KeptOutput;
  readonly #stop: () => void;
  #reader: Socket | undefined;
  readonly #removers = new Set<Socket>();
  #status: number | undefined;
  #leave = false;
  #read: () => void = () => undefined;

  /** @throws UsageError when one with this name runs */
  static async open(name: string, kept: KeptOutput, stop: () => void): Promise<SessionServer> {
    const path = sessionSocket(name);
    const opened = new SessionServer(path, kept, stop);
    let error = await listen(opened.#server, path);
    if (error?.code === 'EADDRINUSE' && !(await isAnswered(path))) {
      rmSync(path, { force: true }); // of one that was killed
      error = await listen(opened.#server, path);
    }
    if (error === undefined) return opened;
    if (error.code === 'EADDRINUSE') throw new UsageError(`a session ${name} runs already`, `stapkit-run -A ${name} attaches to it, stapkit-run -d ${name} ends it`, 1);
    throw new UsageError(`cannot make the socket '${path}': ${error.message}`, undefined, 1);
  }

  private constructor(path: string, kept: KeptOutput, stop: () => void) {
    this.#path = path;
    this.#kept = kept;
    this.#stop = stop;
    this.#server = createServer((socket) => { this.#serve(socket); });
  }

  /** There is something new in what is kept. */
  push(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    while (reader.writableLength < UNREAD_MAX) {
      const frame = this.#kept.shift();
      if (frame === undefined) break;
      reader.write(encodeFrame(frame.kind as FrameKind, frame.bytes));
    }
    if (this.#status !== undefined && reader.writableLength < UNREAD_MAX) {
      reader.end(encodeFrame(FRAME.ended, Uint8Array.of(this.#status)));
      this.#read();
    }
  }

  /** The session is over. Settles when its output was read, or with `leave` when who is attached has read it, if somebody is. */
  async end(status: number, leave: boolean): Promise<void> {
    this.#status = status;
    this.#leave = leave;
    if ((this.#reader !== undefined || !leave) && this.#removers.size === 0) {
      await new Promise<void>((resolve) => {
        this.#read = resolve;
        this.push();
      });
    }
    for (const socket of this.#removers) socket.end(encodeFrame(FRAME.ended, Uint8Array.of(status)));
    this.close();
  }

  /** Nobody waits any more for who reads the output. */
  giveUp(): void {
    this.#read();
  }

  close(): void {
    this.#server.close();
    rmSync(this.#path, { force: true });
  }

  #serve(socket: Socket): void {
    const frames = new FrameReader();
    socket.on('data', (chunk) => { for (const frame of frames.push(chunk)) this.#receive(socket, frame); });
    socket.on('drain', () => { this.push(); });
    socket.on('error', () => undefined); // it is closed next
    socket.on('close', () => {
      this.#removers.delete(socket);
      if (this.#reader !== socket) return;
      this.#reader = undefined;
      if (this.#leave) this.#read();
    });
  }

  #receive(socket: Socket, { kind }: Frame): void {
    if (kind === FRAME.stop) this.#stop();
    else if (this.#reader !== undefined) socket.end(encodeFrame(FRAME.busy));
    else if (kind === FRAME.attach) {
      this.#reader = socket;
      this.push();
    } else if (kind === FRAME.remove) {
      this.#removers.add(socket);
      if (this.#status === undefined) this.#stop();
      else this.#read();
    }
  }
}
