/** Where a command's rows go: standard output or a file. Written at once after each batch, in order, losses told. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { OutputError } from '@stapkit/runtime';
import { UsageError } from './exit-codes.js';

/** write(2): how many of the bytes were taken. */
export type WriteSync = (fd: number, bytes: Uint8Array) => number;

const FLUSH_CHARACTERS = 64 * 1024;
const RETRY_MS = 2;

/** Opens the file of -o; throws UsageError that names file and cause. */
export function openOutputFile(file: string, exitCode?: number): number {
  try {
    return openSync(file, 'w', 0o644);
  } catch (error) {
    throw new UsageError(`cannot write to '${file}': ${reasonOf(error)}`, undefined, exitCode);
  }
}

const REASONS: Readonly<Record<string, string>> = { ENOENT: 'its folder does not exist', EISDIR: 'that is a folder', EACCES: 'permission denied', EROFS: 'the file system is read-only', ENOSPC: 'no space left on the device', ENOTDIR: 'a part of its path is not a folder' };

/** Why a file could not be opened, in words. */
export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? String(error) : (REASONS[code] ?? code);
}

export class TextOutput {
  readonly #fd: number;
  readonly #write: WriteSync;
  readonly #file: boolean;
  #pending = '';
  #scheduled = false;
  #closed = false;
  #error: OutputError | undefined;
  #onEnd: () => void = () => undefined;

  /** @param file of -o; undefined: standard output */
  constructor(file?: string, write: WriteSync = writeSync) {
    this.#file = file !== undefined;
    this.#fd = file === undefined ? 1 : openOutputFile(file);
    this.#write = write;
  }

  /** A person looks at it. */
  get isTerminal(): boolean {
    return !this.#file && process.stdout.isTTY;
  }

  /** The reader went away (`| head`), or writing failed: what follows is not wanted any more. */
  onEnd(listener: () => void): void {
    this.#onEnd = listener;
  }

  /** Takes text; it is written when the current batch of rows is through, or when much has come together. */
  write(text: string): void {
    if (this.#closed || this.#error !== undefined) return;
    this.#pending += text;
    if (this.#pending.length >= FLUSH_CHARACTERS) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => { this.flush(); });
    }
  }

  flush(): void {
    this.#scheduled = false;
    const bytes = Buffer.from(this.#pending, 'utf8');
    this.#pending = '';
    for (let at = 0; at < bytes.length;) {
      try {
        at += this.#write(this.#fd, bytes.subarray(at));
      } catch (error) {
        const cause = error as NodeJS.ErrnoException;
        if (cause.code === 'EINTR') continue;
        if (cause.code === 'EAGAIN') {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
          continue;
        }
        if (cause.code === 'EPIPE') this.#closed = true;
        else this.#error = new OutputError(cause.code ?? 'EIO', bytes.length - at, cause);
        this.#onEnd();
        return;
      }
    }
  }

  /** Writes what is left. Throws OutputError when something could not be written. */
  close(): void {
    this.flush();
    if (this.#file) closeSync(this.#fd);
    if (this.#error !== undefined) throw this.#error;
  }
}
