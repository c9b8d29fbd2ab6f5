/** -o and -S: the file that the script's output goes to, or the numbered files that follow each other. */
import { closeSync, openSync, rmSync, write } from 'node:fs';
import strftime from 'strftime';
import { UsageError, openOutputFile } from '@stapkit/cli-kit';

/** -S SIZE[,COUNT]. */
export interface FileLimits {
  /** Bytes that a file may take. */
  readonly bytes: number;
  /** Files that are kept; the oldest goes when another one begins. undefined: all. */
  readonly count: number | undefined;
}

/** SIZE in megabytes, and how many files. @throws UsageError */
export function parseFileLimits(text: string): FileLimits {
  const match = /^(\d+)(?:,(\d+))?$/.exec(text);
  const [size, count] = [Number(match?.[1]), match?.[2] === undefined ? undefined : Number(match[2])];
  if (match === null || !(size > 0 && size <= 1024 * 1024) || count === 0) throw new UsageError(`-S: '${text}' is not SIZE or SIZE,COUNT`, 'SIZE in megabytes and COUNT are whole numbers above 0', 1);
  return { bytes: size * 1024 * 1024, count };
}

/** The conversions of strftime(3) in a name, in local time; a name without `%` is as it is. */
export function nameAt(pattern: string, time: Date): string {
  return pattern.includes('%') ? strftime(pattern, time) : pattern;
}

const LINE_END = 0x0a;

/**
 * One file, or with limits FILE.0, FILE.1, … (stap's names). A new one begins where a line would make the old one larger than
 * it may be; only a line that is longer than a whole file goes over several.
 */
export class OutputFiles {
  readonly #pattern: string;
  readonly #limits: FileLimits | undefined;
  readonly #now: () => Date;
  readonly #names: string[] = [];
  #number = 0;
  #fd: number;
  #written = 0;

  /** @throws UsageError when the first file cannot be opened */
  constructor(pattern: string, limits?: FileLimits, now: () => Date = () => new Date()) {
    this.#pattern = pattern;
    this.#limits = limits;
    this.#now = now;
    const name = this.#nextName();
    this.#fd = openOutputFile(name, 1);
    this.#names.push(name);
  }

  /** Takes as many of the bytes as go into one file, and gives how many these were. */
  readonly write = async (bytes: Uint8Array): Promise<number> => {
    const length = this.#room(bytes);
    if (length === 0) {
      this.next();
      return 0;
    }
    const written = await new Promise<number>((resolve, reject) => {
      write(this.#fd, bytes, 0, length, null, (error, count) => {
        if (error === null) resolve(count);
        else reject(error);
      });
    });
    this.#written += written;
    return written;
  };

  /** Goes on to the next file: FILE.1 after FILE, too. Its failure is one of writing. */
  next(): void {
    this.#number += 1;
    const name = this.#nextName();
    const fd = openSync(name, 'w', 0o644);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#written = 0;
    this.#names.push(name);
    const count = this.#limits?.count;
    if (count === undefined) return;
    for (const old of this.#names.splice(0, this.#names.length - count)) if (!this.#names.includes(old)) rmSync(old, { force: true });
  }

  close(): void {
    closeSync(this.#fd);
  }

  #nextName(): string {
    const name = nameAt(this.#pattern, this.#now());
    return this.#limits === undefined && this.#number === 0 ? name : `${name}.${this.#number}`;
  }

  /** How many of the bytes go into the file that is open: whole lines if there are any. 0: it is full. */
  #room(bytes: Uint8Array): number {
    const room = (this.#limits?.bytes ?? Infinity) - this.#written;
    if (bytes.length <= room) return bytes.length;
    const lines = Buffer.from(bytes.buffer, bytes.byteOffset, room).lastIndexOf(LINE_END) + 1;
    return lines > 0 || this.#written > 0 ? lines : room;
  }
}
