/**
 * Compiled objects kept between runs, so that the second start needs no compiler: `$XDG_CACHE_HOME/stapkit/objects`, one file
 * an object, named by a hash of everything that the compiler was given. What it looked at beside (binaries, commands in PATH)
 * stands in the file's head and is looked at again before the object is used.
 *
 * File: 32-bit length of the head, head (JSON), object. Written to a temporary name and renamed, with the object's hash in
 * the head: a torn or foreign file is a miss, never an object.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Target } from '@stapkit/core-compiler/target';
import { CacheFolder } from './cache-folder.js';

/** Something outside the script that the object depends on, and what it was. */
export type Dependency =
  | { readonly kind: 'binary'; readonly path: string; readonly identity: string }
  | { readonly kind: 'command'; readonly path: string; readonly resolved: string | null }
  | { readonly kind: 'wildcard'; readonly pattern: string; readonly found: readonly string[] }
  | { readonly kind: 'library'; readonly name: string; readonly folders: readonly string[]; readonly resolved: string | null };

/** How files are found now. */
export type Finder = Required<Pick<Target, 'resolvePath' | 'matchPaths' | 'findLibrary'>>;

interface Head {
  readonly dependencies: readonly Dependency[];
  readonly sha256: string;
}

/** Bytes that all cached objects may take together; the least recently used go first. */
const SIZE_LIMIT = 64 * 1024 * 1024;

/** What a file is, as far as its metadata tells: device, inode, size and time of change. */
export function fileIdentity(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? 'missing' : [stat.dev, stat.ino, stat.size, stat.mtimeNs].join(' ');
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

export class ObjectCache {
  /** Objects are loaded into the kernel: of a folder that somebody else can write to it reads nothing. */
  readonly #files: CacheFolder;
  readonly #finder: Finder;

  constructor(folder: string, finder: Finder) {
    this.#files = new CacheFolder(folder, SIZE_LIMIT);
    this.#finder = finder;
  }

  /** A name for everything that goes into a compilation. */
  static key(inputs: unknown): string {
    return sha256(JSON.stringify(inputs));
  }

  /** The object, if it is there, whole, ours, and what it depends on is as it was. */
  read(key: string): Uint8Array | undefined {
    const bytes = this.#files.read(key);
    if (bytes === undefined) return undefined;
    try {
      const headBytes = bytes.readUInt32LE(0);
      const head = JSON.parse(bytes.toString('utf8', 4, 4 + headBytes)) as Head;
      const object = bytes.subarray(4 + headBytes);
      if (head.sha256 !== sha256(object) || !head.dependencies.every((one) => this.#holds(one))) return undefined;
      this.#files.touch(key);
      return object;
    } catch {
      return undefined; // torn, or written by another version: compiled again
    }
  }

  /** Keeps an object; a cache that cannot be written is no error. */
  write(key: string, object: Uint8Array, dependencies: readonly Dependency[]): void {
    const head = Buffer.from(JSON.stringify({ dependencies, sha256: sha256(object) } satisfies Head));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(head.length, 0);
    this.#files.write(key, [length, head, object]);
  }

  #holds(dependency: Dependency): boolean {
    switch (dependency.kind) {
      case 'binary': return fileIdentity(dependency.path) === dependency.identity;
      case 'command': return (this.#finder.resolvePath(dependency.path) ?? null) === dependency.resolved;
      case 'wildcard': return this.#finder.matchPaths(dependency.pattern).join('\0') === dependency.found.join('\0');
      case 'library': return (this.#finder.findLibrary(dependency.name, dependency.folders) ?? null) === dependency.resolved;
    }
  }
}
