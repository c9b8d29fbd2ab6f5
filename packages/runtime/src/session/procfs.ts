/**
 * Files of the session that others read and write: procfs("PATH") probes. BPF has no files in /proc, so each is a FIFO in a
 * folder of the session's: `cat FILE` waits until the session sees it there and answers, `echo x > FILE` hands a text over.
 *
 * Who reads gets an answer of its own: before it is written, a new FIFO takes the name, so that the next reader opens
 * another one, and what is answered ends with an end-of-file.
 */
import { closeSync, constants, existsSync, lstatSync, mkdirSync, openSync, readFileSync, readSync, readdirSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import type { AttachPoint, ObjectMetadata } from '@stapkit/object';
import { errnoName } from '../sys/errno.js';
import type { Kernel } from '../sys/kernel.js';
import { SessionError } from './options.js';
import { STANDARD_INPUT, StandardInput } from './standard-input.js';

type Procfs = Extract<AttachPoint, { kind: 'procfs' }>;

interface ProcfsProbe {
  readonly probe: number;
  readonly maxBytes: number | undefined;
}

/** What runs the probes: gives what is to be read, takes what was written. */
export interface ProcfsServices {
  read(probes: readonly ProcfsProbe[]): string;
  write(probes: readonly ProcfsProbe[], text: string): void;
}

const OWNER = '.owner';
const READ_BYTES = 65_536;

export class ProcfsFiles {
  readonly #kernel: Kernel;
  readonly #name: string;
  readonly #writeLimit: number;
  readonly #wanted: ReadonlyMap<string, { readonly mode: number; readonly read: readonly ProcfsProbe[]; readonly write: readonly ProcfsProbe[] }>;
  #folder: string | undefined;
  #files: readonly Fifo[] = [];
  readonly #input: readonly ProcfsProbe[];
  #standardInput: StandardInput | undefined;

  /** undefined when no probe wants a file. */
  static of(kernel: Kernel, metadata: ObjectMetadata): ProcfsFiles | undefined {
    return metadata.probes.some(({ attach }) => attach.kind === 'procfs') ? new ProcfsFiles(kernel, metadata) : undefined;
  }

  private constructor(kernel: Kernel, metadata: ObjectMetadata) {
    this.#kernel = kernel;
    this.#name = metadata.name;
    this.#writeLimit = metadata.limits.MAXSTRINGLEN - 1;
    const probes = metadata.probes.flatMap(({ attach }, probe) => (attach.kind === 'procfs' ? [{ attach, probe }] : []));
    const ofPath = (path: string, direction: Procfs['direction']): ProcfsProbe[] => probes.filter(({ attach }) => attach.path === path && attach.direction === direction).map(({ attach, probe }) => ({ probe, maxBytes: attach.maxBytes }));
    this.#input = ofPath(STANDARD_INPUT, 'write');
    this.#wanted = new Map([...new Set(probes.map(({ attach }) => attach.path))].filter((path) => path !== STANDARD_INPUT || ofPath(path, 'read').length > 0).map((path) => [path, {
      mode: probes.filter(({ attach }) => attach.path === path).reduce((mode, { attach }) => mode | attach.mode, 0),
      read: ofPath(path, 'read'), write: ofPath(path, 'write'),
    }]));
  }

  /** Makes the files; gives for each its name and where it is. `wake` is called when somebody types. Throws SessionError. */
  open(wake: () => void): readonly (readonly [name: string, path: string])[] {
    if (this.#input.length > 0) this.#standardInput = new StandardInput(wake);
    if (this.#wanted.size === 0) return [];
    const base = baseFolder();
    removeStale(base);
    const folder = takeFolder(base, this.#name);
    this.#folder = folder;
    this.#files = [...this.#wanted].map(([name, { mode, read, write }]) => {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
      return new Fifo(this.#kernel, path, { mode, read, write, writeLimit: this.#writeLimit });
    });
    return [...this.#wanted.keys()].map((name) => [name, join(folder, name)]);
  }

  /** What tells what a reader of the file would be told; undefined when no probe answers readers of it. */
  answering(name: string, services: ProcfsServices): (() => string) | undefined {
    const read = this.#wanted.get(name)?.read ?? [];
    return read.length === 0 ? undefined : () => services.read(read);
  }

  serve(services: ProcfsServices): void {
    for (const file of this.#files) file.serve(services);
    for (let typed = this.#standardInput?.next() ?? ''; typed !== ''; typed = this.#standardInput?.next() ?? '') services.write(this.#input, typed);
  }

  /** Idempotent. */
  close(): void {
    for (const file of this.#files) file.close();
    this.#files = [];
    this.#standardInput?.close();
    this.#standardInput = undefined;
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }
}

/** $XDG_RUNTIME_DIR/stapkit, or where there is none: /run/stapkit for root, a folder in the temporary one for others. */
function baseFolder(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const user = process.geteuid?.() ?? 0;
  const base = runtime !== undefined && runtime !== '' ? join(runtime, 'stapkit') : user === 0 ? '/run/stapkit' : join(tmpdir(), `stapkit-${user}`);
  try {
    if (!existsSync(base)) mkdirSync(base, { mode: 0o755 });
    const { uid, mode } = lstatSync(base);
    if (!lstatSync(base).isDirectory() || uid !== user || (mode & 0o022) !== 0) throw new SessionError(`the folder ${base} is not only this user's`, 'remove it, or set XDG_RUNTIME_DIR to a folder of your own');
  } catch (error) {
    if (error instanceof SessionError) throw error;
    throw new SessionError(`cannot make the folder ${base} for procfs probes: ${reason(error)}`, 'set XDG_RUNTIME_DIR to a folder that can be written');
  }
  return base;
}

/** When a process began, in ticks since boot (proc_pid_stat(5)): with its number it is that process and no later one. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** Folders of sessions that ended without removing them (kill -9). */
function removeStale(base: string): void {
  for (const name of readdirSync(base)) {
    const folder = join(base, name);
    const owner = readOwner(folder);
    if (owner !== undefined && startOf(owner.pid) !== owner.start) rmSync(folder, { recursive: true, force: true });
  }
}

function readOwner(folder: string): { readonly pid: number; readonly start: string } | undefined {
  try {
    const [pid, start] = readFileSync(join(folder, OWNER), 'latin1').split(' ');
    return pid === undefined || start === undefined ? undefined : { pid: Number(pid), start };
  } catch {
    return undefined;
  }
}

/** A new folder of the object's name; with the process's number when another session has that. */
function takeFolder(base: string, name: string): string {
  for (const candidate of [name, `${name}_${process.pid}`]) {
    const folder = join(base, candidate);
    try {
      mkdirSync(folder, { mode: 0o755 });
      writeFileSync(join(folder, OWNER), `${process.pid} ${startOf(process.pid) ?? ''}`, { mode: 0o600 });
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new SessionError(`cannot make the folder ${folder} for procfs probes: ${reason(error)}`);
    }
  }
  throw new SessionError(`the folder ${join(base, name)} is in use`, 'end the session that has it, or give another name with -m NAME');
}

const reason = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

interface FifoUse {
  readonly mode: number;
  readonly read: readonly ProcfsProbe[];
  readonly write: readonly ProcfsProbe[];
  /** Bytes that one run of a write probe takes. */
  readonly writeLimit: number;
}

class Fifo {
  readonly #kernel: Kernel;
  readonly #path: string;
  readonly #use: FifoUse;
  /** Whoever reads, and what is still to be written to him. */
  #answer: { readonly fd: number; readonly bytes: Buffer; written: number } | undefined;
  /** Open for what others write. Where there are read probes too only while somebody writes, as a reader of ours would look like one. */
  #input: number | undefined;

  constructor(kernel: Kernel, path: string, use: FifoUse) {
    this.#kernel = kernel;
    this.#path = path;
    this.#use = use;
    this.#make(path);
  }

  serve(services: ProcfsServices): void {
    if (this.#use.write.length > 0) this.#receive(services);
    if (this.#use.read.length === 0 || this.#input !== undefined) return;
    if (this.#answer === undefined) this.#meetReader(services);
    this.#continueAnswer();
  }

  close(): void {
    if (this.#answer !== undefined) closeSync(this.#answer.fd);
    if (this.#input !== undefined) closeSync(this.#input);
    this.#answer = undefined;
    this.#input = undefined;
  }

  #make(path: string): void {
    const result = this.#kernel.makeFifo(path, this.#use.mode);
    if (result < 0) throw new SessionError(`cannot make the FIFO ${path}: ${errnoName(-result)}`, 'set XDG_RUNTIME_DIR to a folder on another file system');
  }

  /** Somebody waits in open(2): he is told what the probes say now. */
  #meetReader(services: ProcfsServices): void {
    let fd: number;
    try {
      fd = openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch {
      return; // ENXIO: nobody reads
    }
    const next = `${this.#path}.next`;
    if (existsSync(next)) rmSync(next);
    this.#make(next);
    renameSync(next, this.#path);
    this.#answer = { fd, bytes: Buffer.from(services.read(this.#use.read), 'latin1'), written: 0 };
  }

  /** A pipe takes 64 KiB at a time; the rest follows when it has been read. */
  #continueAnswer(): void {
    const answer = this.#answer;
    if (answer === undefined) return;
    try {
      while (answer.written < answer.bytes.length) answer.written += writeSync(answer.fd, answer.bytes, answer.written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return;
      // EPIPE: the reader went away.
    }
    closeSync(answer.fd);
    this.#answer = undefined;
  }

  #receive(services: ProcfsServices): void {
    if (this.#answer !== undefined) return;
    this.#input ??= openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
    const parts: Buffer[] = [];
    let hasWriter = true;
    const buffer = Buffer.alloc(READ_BYTES);
    try {
      for (;;) {
        const count = readSync(this.#input, buffer, 0, READ_BYTES, null);
        hasWriter = count > 0;
        if (!hasWriter) break;
        parts.push(Buffer.from(buffer.subarray(0, count)));
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    if (!hasWriter && this.#use.read.length > 0) {
      closeSync(this.#input);
      this.#input = undefined;
    }
    const text = Buffer.concat(parts).toString('latin1');
    for (let at = 0; at < text.length; at += this.#use.writeLimit) services.write(this.#use.write, text.slice(at, at + this.#use.writeLimit).split('\0', 1)[0] ?? '');
  }
}
