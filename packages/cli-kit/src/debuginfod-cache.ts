/**
 * The cache of debuginfod clients, shared with gdb, elfutils and systemtap (debuginfod_find_debuginfo(3)):
 * $DEBUGINFOD_CACHE_PATH, else $XDG_CACHE_HOME/debuginfod_client, else ~/.cache/debuginfod_client; one folder a build-id. An empty
 * file says that the servers did not have it.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cacheHome } from './cache-folder.js';

/** Seconds for which servers are not asked again, unless the cache's own file cache_miss_s says another number. */
const MISS_SECONDS = 600;

export type Environment = Readonly<Record<string, string | undefined>>;

export function debuginfodCacheFolder(environment: Environment): string {
  const own = environment['DEBUGINFOD_CACHE_PATH'];
  if (own !== undefined && own !== '') return own;
  const home = environment['HOME'] ?? homedir();
  // Clients before elfutils 0.178 kept it here, and later ones still use it where it is.
  const old = join(home, '.debuginfod_client_cache');
  if (existsSync(old)) return old;
  return join(cacheHome(environment), 'debuginfod_client');
}

/** What the cache knows: a file, that servers had none not long ago, or nothing. */
export function cachedFile(folder: string, path: string): 'there' | 'missed' | 'unknown' {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 'unknown';
  if (stat.size > 0) return 'there';
  return Date.now() - stat.mtimeMs < missSeconds(folder) * 1000 ? 'missed' : 'unknown';
}

function missSeconds(folder: string): number {
  try {
    const seconds = Number(readFileSync(join(folder, 'cache_miss_s'), 'latin1').trim());
    return Number.isFinite(seconds) ? seconds : MISS_SECONDS;
  } catch {
    return MISS_SECONDS;
  }
}

/** Notes that servers do not have a file; a cache that cannot be written is no error. */
export function rememberMiss(folder: string, path: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(path, '', { mode: 0 });
  } catch {
    // It costs a question at the next start.
  }
}
