/** What the lines of stp/tool-files.stp mean: descriptors of processes get their files' names. */
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { textOfBytes, unescapeBytes } from './byte-text.js';
import { errorName } from './system-calls.js';

export interface OpenedFile {
  readonly kind: 'open';
  readonly pid: number;
  readonly command: string;
  readonly file: string;
  /** Microseconds since the epoch. */
  readonly time: number;
  readonly error: string | null;
}

export interface TouchedFile {
  readonly kind: 'touch';
  readonly pid: number;
  readonly command: string;
  readonly file: string;
  readonly call: string;
  readonly error: string | null;
}

/** What was done with one descriptor since the last time, or since it was opened. */
export interface FileUse {
  readonly kind: 'use';
  readonly pid: number;
  readonly command: string;
  /** Of an open file; or what /proc has for it, such as `pipe:[1234]`; or `fd 3`. */
  readonly file: string;
  /** By an open that was seen, or of a process that was there before: not something that was inherited and is not known. */
  readonly isKnown: boolean;
  readonly opened: number | null;
  readonly reads: number;
  readonly readBytes: number;
  readonly writes: number;
  readonly writtenBytes: number;
  readonly nanoseconds: number;
  readonly closed: boolean;
}

export type FileEvent = OpenedFile | TouchedFile | FileUse;

interface Known { readonly file: string; readonly opened: number | null }

/** Of a process that is there: undefined when it is gone, or the descriptor is. */
function linkOf(pid: number, fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return undefined;
  }
}

const IS_NO_FILE = /^(?:pipe|socket|anon_inode|net|mnt|pid|user|uts|ipc|cgroup|time):/;

export class OpenFiles {
  readonly #files = new Map<number, Map<number, Known>>();
  readonly #commands = new Map<number, string>();

  /** Files that the processes of --pid have open already. */
  addWatched(options: Readonly<Record<string, unknown>>): void {
    for (const pid of [options['pid'], options['pids']].flat()) if (typeof pid === 'number') this.addOpen(pid);
  }

  /** Files that a process has open already. */
  addOpen(pid: number): void {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        const file = linkOf(pid, Number(fd));
        if (file !== undefined && !IS_NO_FILE.test(file)) this.#set(pid, Number(fd), { file, opened: null });
      }
    } catch {
      // It is gone, or its descriptors may not be looked at: they have no names.
    }
  }

  #set(pid: number, fd: number, known: Known | undefined): void {
    const files = this.#files.get(pid) ?? new Map<number, Known>();
    this.#files.set(pid, files);
    if (known === undefined) files.delete(fd);
    else files.set(fd, known);
  }

  /** A path as its process gave it, behind the folder that its descriptor stands for. */
  #path(pid: number, directory: string, quoted: string): string {
    const path = quoted.startsWith('"') ? textOfBytes(unescapeBytes(quoted.replace(/^"|"(?:\.\.\.)?$/g, ''))) : quoted;
    const at = Number(directory);
    if (path.startsWith('/') || at < 0) return path;
    const folder = this.#files.get(pid)?.get(at)?.file ?? linkOf(pid, at);
    return folder === undefined ? `fd ${at}/${path}` : path === '' ? folder : join(folder, path);
  }

  /** Undefined for lines that only tell who has which descriptor. */
  event([kind, ...fields]: readonly string[]): FileEvent | undefined {
    switch (kind) {
      case 'O': return this.#opened(fields);
      case 'T': return this.#touched(fields);
      case 'C': return this.#used(fields);
      case 'D': this.#set(Number(fields[0]), Number(fields[2]), this.#files.get(Number(fields[0]))?.get(Number(fields[1]))); return undefined;
      case 'F': this.#files.set(Number(fields[1]), new Map(this.#files.get(Number(fields[0])) ?? [])); return undefined;
      default: return undefined;
    }
  }

  #opened([pidText, fdText, time, directory = '', path = '', ...rest]: readonly string[]): OpenedFile {
    const [pid, result] = [Number(pidText), Number(fdText)];
    const command = rest.join('\t');
    const file = this.#path(pid, directory, path);
    this.#commands.set(pid, command);
    if (result >= 0) this.#set(pid, result, { file, opened: Number(time) });
    return { kind: 'open', pid, command, file, time: Number(time), error: result < 0 ? errorName(-result) : null };
  }

  #touched([pidText, call = '', result, directory = '', path = '', ...rest]: readonly string[]): TouchedFile {
    const pid = Number(pidText);
    return { kind: 'touch', pid, command: rest.join('\t'), call, file: this.#path(pid, directory, path), error: Number(result) < 0 ? errorName(-Number(result)) : null };
  }

  #used([pidText, fdText, reads, readBytes, writes, writtenBytes, time, closed, ...rest]: readonly string[]): FileUse {
    const [pid, fd] = [Number(pidText), Number(fdText)];
    const known = this.#files.get(pid)?.get(fd);
    if (closed === '1') this.#set(pid, fd, undefined);
    const command = rest.join('\t');
    return {
      kind: 'use', pid, command: command === '' ? (this.#commands.get(pid) ?? '') : command,
      file: known?.file ?? linkOf(pid, fd) ?? `fd ${fd}`, isKnown: known !== undefined, opened: known?.opened ?? null,
      reads: Number(reads), readBytes: Number(readBytes), writes: Number(writes), writtenBytes: Number(writtenBytes), nanoseconds: Number(time), closed: closed === '1',
    };
  }
}
