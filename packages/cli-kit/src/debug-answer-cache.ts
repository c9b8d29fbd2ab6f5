/**
 * What was found in debug information, kept between runs: `$XDG_CACHE_HOME/stapkit/debug-answers`, one file a debug file, named by its
 * build-id and the format. Dwarf checks sum, format and sizes. Of two processes that write at once the later one's file stays, whole:
 * what only the other found is looked for again.
 */
import { DEBUG_ANSWERS_FORMAT } from '@stapkit/debuginfo';
import type { DebugAnswerStore } from '@stapkit/core-compiler/target';
import { BuildIdCache } from './build-id-cache.js';
import { CacheFolder, cacheFolder } from './cache-folder.js';

/** A file takes 1 MB at most. */
const SIZE_LIMIT = 32 * 1024 * 1024;

export class DebugAnswerCache extends BuildIdCache implements DebugAnswerStore {
  constructor(folder = cacheFolder('debug-answers'), sizeLimit = SIZE_LIMIT) {
    super(new CacheFolder(folder, sizeLimit), DEBUG_ANSWERS_FORMAT);
  }
}
