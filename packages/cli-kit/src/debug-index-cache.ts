/**
 * Indexes of debug information kept between runs: `$XDG_CACHE_HOME/stapkit/debug-index`, one file a debug file, named by its
 * build-id and the format. Dwarf.open checks sum, format and sizes: what is damaged or of another file is made anew.
 */
import { DEBUG_INDEX_FORMAT } from '@stapkit/debuginfo';
import type { DebugIndexStore } from '@stapkit/core-compiler/target';
import { BuildIdCache } from './build-id-cache.js';
import { CacheFolder, cacheFolder } from './cache-folder.js';

/** A kernel's takes 9 MB. */
const SIZE_LIMIT = 256 * 1024 * 1024;

export class DebugIndexCache extends BuildIdCache implements DebugIndexStore {
  constructor(folder = cacheFolder('debug-index'), sizeLimit = SIZE_LIMIT) {
    super(new CacheFolder(folder, sizeLimit), DEBUG_INDEX_FORMAT);
  }
}
