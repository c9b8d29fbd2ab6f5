/** A folder of files that are kept between runs, below `$XDG_CACHE_HOME/stapkit`. Its loss costs time and nothing else: no method fails. */
import { lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { EXIT, UsageError } from './exit-codes.js';

/** `$XDG_CACHE_HOME`, else `~/.cache`, as the XDG Base Directory Specification has it. */
export function cacheHome(environment: Readonly<Record<string, string | undefined>>): string {
  const own = environment['XDG_CACHE_HOME'];
  return own !== undefined && own !== '' ? own : join(environment['HOME'] ?? homedir(), '.cache');
}

/** `$XDG_CACHE_HOME/stapkit/NAME`. */
export function cacheFolder(name: string): string {
  return join(cacheHome(process.env), 'stapkit', name);
}

export interface CleanedCaches {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
}

/** Removes all that is kept in `$XDG_CACHE_HOME/stapkit`. @throws UsageError for what cannot be removed */
export function cleanCaches(folder = join(cacheHome(process.env), 'stapkit')): CleanedCaches {
  let [files, bytes] = [0, 0];
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory()) continue;
      files += 1;
      bytes += lstatSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
    }
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new UsageError(`cannot clean the cache '${folder}': ${(error as Error).message}`, undefined, EXIT.failed);
  }
  return { folder, files, bytes };
}

export class CacheFolder {
  readonly #folder: string;
  readonly #sizeLimit: number;

  /** @param sizeLimit bytes that all files may take together; the least recently used go first */
  constructor(folder: string, sizeLimit: number) {
    this.#folder = folder;
    this.#sizeLimit = sizeLimit;
  }

  /** The file's bytes; undefined: it is not there, or the folder is one that somebody else can write to. */
  read(name: string): Buffer | undefined {
    if (!this.#isSafe()) return undefined;
    try {
      return readFileSync(join(this.#folder, name));
    } catch {
      return undefined;
    }
  }

  /** Notes that a file was of use. */
  touch(name: string): void {
    try {
      const now = new Date();
      utimesSync(join(this.#folder, name), now, now);
    } catch {
      // It is the next to go, that is all.
    }
  }

  /** Whole or not at all: by a temporary file of its own name, that is renamed. */
  write(name: string, parts: readonly Uint8Array[]): void {
    const temporary = join(this.#folder, `${name}.${randomBytes(8).toString('hex')}.tmp`);
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    } catch {
      return;
    }
    if (!this.#isSafe()) return;
    try {
      writeFileSync(temporary, Buffer.concat(parts), { mode: 0o600 });
      renameSync(temporary, join(this.#folder, name));
      this.#prune();
    } catch {
      // A full or read-only disk costs time at the next start and nothing else.
      rmSync(temporary, { force: true });
    }
  }

  #isSafe(): boolean {
    const stat = statSync(this.#folder, { throwIfNoEntry: false });
    return stat !== undefined && stat.isDirectory() && stat.uid === process.geteuid?.() && (stat.mode & 0o022) === 0;
  }

  #prune(): void {
    const files = readdirSync(this.#folder).map((name) => {
      const path = join(this.#folder, name);
      const stat = statSync(path, { throwIfNoEntry: false });
      return { path, size: stat?.size ?? 0, usedMs: stat?.mtimeMs ?? 0 };
    });
    let total = files.reduce((sum, file) => sum + file.size, 0);
    for (const file of files.sort((a, b) => a.usedMs - b.usedMs)) {
      if (total <= this.#sizeLimit) return;
      rmSync(file.path, { force: true });
      total -= file.size;
    }
  }
}
