/** Unwind rows kept between runs: `$XDG_CACHE_HOME/stapkit/unwind`, one file a binary, named by its build-id and the format. What is damaged is made anew. */
import { UNWIND_ROWS_FORMAT } from '@stapkit/debuginfo';
import type { UnwindRowsStore } from '@stapkit/runtime';
import { CacheFolder, cacheFolder } from './cache-folder.js';

/** node's take 2.5 MB. */
const SIZE_LIMIT = 128 * 1024 * 1024;

export class UnwindRowsCache implements UnwindRowsStore {
  readonly #files: CacheFolder;

  constructor(folder = cacheFolder('unwind'), sizeLimit = SIZE_LIMIT) {
    this.#files = new CacheFolder(folder, sizeLimit);
  }

  read(buildId: string): Uint8Array | undefined {
    const bytes = this.#files.read(fileName(buildId));
    if (bytes !== undefined) this.#files.touch(fileName(buildId));
    return bytes;
  }

  write(buildId: string, rows: Uint8Array): void {
    this.#files.write(fileName(buildId), [rows]);
  }
}

const fileName = (buildId: string): string => `${buildId}.v${UNWIND_ROWS_FORMAT}`;
