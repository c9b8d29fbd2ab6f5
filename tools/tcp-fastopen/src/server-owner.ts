/**
 * Who listens at an address: from the socket tables of the namespace and the open files of processes. Looked up
 * once a server, and again when it has ended or another socket may have taken its place.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { processIds, processInNamespace } from '@stapkit/cli-kit';
import type { Attempt, Owner } from './attempt.js';
import { listenerAt, parseListeners, type Listener } from './listeners.js';

/** What is asked of /proc. */
export interface ProcessFiles {
  /** Some process in the network namespace. */
  processIn(netns: number): number | 'self' | undefined;
  /** All processes, ascending. */
  pids(): readonly number[];
  /** Contents of /proc/PATH; '' when it cannot be read. */
  read(path: string): string;
  /** Names in /proc/PATH. */
  list(path: string): readonly string[];
  /** Where a link in /proc leads; '' when it cannot be read. */
  link(path: string): string;
}

function attempt<T>(action: () => T, otherwise: T): T {
  try {
    return action();
  } catch {
    return otherwise; // the process ended, or may not be looked at
  }
}

export const procFiles: ProcessFiles = {
  processIn: (netns) => processInNamespace(netns),
  pids: processIds,
  read: (path) => attempt(() => readFileSync(`/proc/${path}`, 'latin1'), ''),
  list: (path) => attempt(() => readdirSync(`/proc/${path}`), []),
  link: (path) => attempt(() => readlinkSync(`/proc/${path}`), ''),
};

interface Known {
  /** Checked or searched at this time, in ms. */
  at: number;
  /** The link that proves that the owner still has the socket; undefined when no owner was found. */
  readonly descriptor: string | undefined;
  readonly inode: number;
  readonly owner: Owner | undefined;
}

/** An answer is taken on trust for this long; an owner is then looked at again, and a missing one searched again. */
const TRUST_MS = 1000;

export class ServerOwners {
  readonly #files: ProcessFiles;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();

  constructor(files: ProcessFiles = procFiles, now: () => number = () => performance.now()) {
    this.#files = files;
    this.#now = now;
  }

  /** The server's process; undefined when nobody listens there any more, or the process is hidden from us. */
  of({ netns, destination, destinationPort }: Pick<Attempt, 'netns' | 'destination' | 'destinationPort'>): Owner | undefined {
    const key = `${netns} ${destination} ${destinationPort}`;
    const known = this.#known.get(key);
    const now = this.#now();
    if (known !== undefined && now - known.at < TRUST_MS) return known.owner;
    if (known?.descriptor !== undefined && this.#files.link(known.descriptor) === `socket:[${known.inode}]`) {
      known.at = now;
      return known.owner;
    }
    const found = this.#search(netns, destination, destinationPort, now);
    this.#known.set(key, found);
    return found.owner;
  }

  #search(netns: number, address: string, port: number, at: number): Known {
    const listener = listenerAt(this.#listeners(netns), address, port);
    const descriptor = listener === undefined ? undefined : this.#holder(listener.inode);
    if (listener === undefined || descriptor === undefined) return { at, descriptor: undefined, inode: 0, owner: undefined };
    const pid = Number(descriptor.split('/')[0]);
    return { at, descriptor, inode: listener.inode, owner: { pid, command: this.#files.read(`${pid}/comm`).trimEnd() } };
  }

  #listeners(netns: number): readonly Listener[] {
    const pid = this.#files.processIn(netns);
    if (pid === undefined) return [];
    return ['tcp', 'tcp6'].flatMap((table) => parseListeners(this.#files.read(`${pid}/net/${table}`)));
  }

  /** The first process (masters have lower pids than their workers) that has the socket open, as "PID/fd/N". */
  #holder(inode: number): string | undefined {
    const wanted = `socket:[${inode}]`;
    for (const pid of this.#files.pids())
      for (const fd of this.#files.list(`${pid}/fd`)) if (this.#files.link(`${pid}/fd/${fd}`) === wanted) return `${pid}/fd/${fd}`;
    return undefined;
  }
}
