/** Script output on its way to a file descriptor: in order, nothing dropped without a word, the session never blocked by a slow reader. */
import { write } from 'node:fs';

/** Output could not be written. `errno` as in ENOSPC. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  readonly errno: string;
  readonly advice: string | undefined;
  /** The exit status that fits it. */
  readonly exitCode = 1;

  constructor(errno: string, lostBytes: number, cause: Error) {
    const meaning = errno === 'ENOSPC' ? 'no space left on the device' : errno === 'EDQUOT' ? 'the disk quota is used up' : errno === 'EFBIG' ? 'the file is as big as it may be' : cause.message;
    super(`cannot write the output: ${meaning} (${errno}); at least ${lostBytes} bytes of output are missing`, { cause });
    this.errno = errno;
    this.advice = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'make room, or write to another place with -o FILE' : undefined;
  }
}

/** write(2), asynchronous: gives how many bytes were taken. */
export type WriteBytes = (fd: number, bytes: Uint8Array) => Promise<number>;

const systemWrite: WriteBytes = (fd, bytes) =>
  new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, null, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });

/** How long to let a full pipe drain before the next try. */
const RETRY_MS = 2;

export class OutputStream {
  private readonly fd: number;
  private readonly writeBytes: WriteBytes;
  private readonly queue: (Buffer | (() => void))[] = [];
  private pumping: Promise<void> | undefined;
  private ended: () => void = () => undefined;
  private pending = 0;
  /** The reader went away (`| head`): what follows is dropped, which is what it wanted. */
  closed = false;
  error: OutputError | undefined;

  constructor(fd: number, writeBytes: WriteBytes = systemWrite) {
    this.fd = fd;
    this.writeBytes = writeBytes;
  }

  /** `listener` is called when the stream closes or fails. */
  onEnd(listener: () => void): void {
    this.ended = listener;
  }

  /** Bytes given but not yet written. */
  get pendingBytes(): number {
    return this.pending;
  }

  get usable(): boolean {
    return !this.closed && this.error === undefined;
  }

  push(chunk: Buffer): void {
    if (!this.usable || chunk.length === 0) return;
    this.queue.push(chunk);
    this.pending += chunk.length;
    this.pumping ??= this.pump();
  }

  /** Does something when all that was given before is written. */
  afterwards(action: () => void): void {
    if (!this.usable) return;
    this.queue.push(action);
    this.pumping ??= this.pump();
  }

  /** Settles when all is written or the stream has closed or failed. Never rejects. */
  async flush(): Promise<void> {
    while (this.pumping !== undefined) await this.pumping;
  }

  private async pump(): Promise<void> {
    try {
      for (let next = this.queue.shift(); next !== undefined && this.usable; next = this.queue.shift()) {
        if (typeof next === 'function') next();
        else await this.writeAll(next);
      }
    } finally {
      this.pumping = undefined;
    }
  }

  private async writeAll(chunk: Buffer): Promise<void> {
    let at = 0;
    while (at < chunk.length) {
      try {
        const written = await this.writeBytes(this.fd, chunk.subarray(at));
        at += written;
        this.pending -= written;
      } catch (error) {
        const cause = error as NodeJS.ErrnoException;
        if (cause.code === 'EINTR') continue;
        if (cause.code === 'EAGAIN') {
          await new Promise((resolve) => { setTimeout(resolve, RETRY_MS); });
          continue;
        }
        if (cause.code === 'EPIPE') this.closed = true;
        else this.error = new OutputError(cause.code ?? 'EIO', this.pending, cause);
        this.queue.length = 0;
        this.ended();
        return;
      }
    }
  }
}
