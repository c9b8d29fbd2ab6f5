/**
 * Indexes of debug information kept between runs: `$XDG_CACHE_HOME/stapkit/debug-index`, one file a debug file, named by its
 * build-id and the format. Dwarf.open checks sum, format and sizes: what is damaged or of another file is made anew.
 */
import { DEBUG_INDEX_FORMAT } from '@stapkit/debuginfo';
import type { DebugIndexStore } from '@stapkit/core-compiler/target';
import { CacheFolder, cacheFolder } from './cache-folder.js';

/** A kernel's takes 9 MB. */
const SIZE_LIMIT = 256 * 1024 * 1024;

export class DebugIndexCache implements DebugIndexStore {
  readonly #files: CacheFolder;

  constructor(folder = cacheFolder('debug-index'), sizeLimit = SIZE_LIMIT) {
    this.#files = new CacheFolder(folder, sizeLimit);
  }

  read(buildId: string): Uint8Array | undefined {
    const bytes = this.#files.read(fileName(buildId));
    if (bytes !== undefined) this.#files.touch(fileName(buildId));
    return bytes;
  }

  write(buildId: string, index: Uint8Array): void {
    this.#files.write(fileName(buildId), [index]);
  }
}

const fileName = (buildId: string): string => `${buildId}.v${DEBUG_INDEX_FORMAT}`;
