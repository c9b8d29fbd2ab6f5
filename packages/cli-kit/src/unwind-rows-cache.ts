/** Unwind rows kept between runs: `$XDG_CACHE_HOME/stapkit/unwind`, one file a binary, named by its build-id and the format. What is damaged is made anew. */
import { UNWIND_ROWS_FORMAT } from '@stapkit/debuginfo';
import type { UnwindRowsStore } from '@stapkit/runtime';
import { BuildIdCache } from './build-id-cache.js';
import { CacheFolder, cacheFolder } from './cache-folder.js';

/** node's take 2.5 MB. */
const SIZE_LIMIT = 128 * 1024 * 1024;

export class UnwindRowsCache extends BuildIdCache implements UnwindRowsStore {
  constructor(folder = cacheFolder('unwind'), sizeLimit = SIZE_LIMIT) {
    super(new CacheFolder(folder, sizeLimit), UNWIND_ROWS_FORMAT);
  }
}
