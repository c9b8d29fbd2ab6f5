/** Debug files from debuginfod servers, as the environment names them (debuginfod-client-config(7)). */
import { join } from 'node:path';
import { cachedFile, debuginfodCacheFolder, rememberMiss } from './debuginfod-cache.js';
import type { Environment } from './debuginfod-cache.js';
import { download } from './debuginfod-fetch.js';

/** Seconds, when DEBUGINFOD_TIMEOUT does not say. */
const TIMEOUT_SECONDS = 90;

/** Where the local copy is, or why there is none; undefined: DEBUGINFOD_URLS is not set. */
export type Fetched = { readonly path: string } | { readonly problem: string } | undefined;

/**
 * GET BUILDID/debuginfo or BUILDID/executable from the servers of DEBUGINFOD_URLS, or what the cache has of it. Waits at most
 * DEBUGINFOD_TIMEOUT seconds (90) for a byte, and DEBUGINFOD_MAXTIME in all where that is set.
 * @param forPath names the file while it is fetched
 */
export function fetchFromDebuginfod(environment: Environment, buildId: string, kind: 'debuginfo' | 'executable', forPath: string): Fetched {
  return fetchArtifact(environment, buildId, kind, kind, kind === 'debuginfo' ? `debug information of ${forPath}` : forPath);
}

/** Likewise, from the servers that this process's environment names. */
export const fetchDebugFile = (buildId: string, kind: 'debuginfo' | 'executable', forPath: string): Fetched => fetchFromDebuginfod(process.env, buildId, kind, forPath);

/** http and https addresses of DEBUGINFOD_URLS. */
export const debuginfodServers = (text: string | undefined): readonly string[] => (text ?? '').split(/\s+/).filter((word) => /^https?:\/\//.test(word));

/** Where a server has something of a build: `debuginfo`, `executable`, `source/PATH`. */
export const artifactUrl = (server: string, buildId: string, artifact: string): string => `${server.replace(/\/+$/, '')}/buildid/${buildId}/${artifact}`;

/** What the cache has; servers are not asked. */
export function cachedDebugFile(buildId: string, kind: 'debuginfo' | 'executable'): Fetched {
  const folder = debuginfodCacheFolder(process.env);
  const path = join(folder, buildId, kind);
  return cachedFile(folder, path) === 'there' ? { path } : undefined;
}

/** GET BUILDID/source/PATH: the source file that a line table names, by its absolute path there. */
export function fetchSource(environment: Environment, buildId: string, sourcePath: string): Fetched {
  const encoded = sourcePath.split('/').map(encodeURIComponent).join('/');
  // Other clients name it so too: a file name has no "/".
  return fetchArtifact(environment, buildId, `source${encoded}`, `source${sourcePath.replaceAll('/', '#')}`, sourcePath);
}

function fetchArtifact(environment: Environment, buildId: string, request: string, fileName: string, what: string): Fetched {
  // "ima:" words set a policy for the servers behind them, for signatures that we do not check.
  const words = (environment['DEBUGINFOD_URLS'] ?? '').split(/\s+/).filter((word) => word !== '' && !word.startsWith('ima:'));
  const servers = debuginfodServers(environment['DEBUGINFOD_URLS']);
  if (words.length === 0 || !/^[0-9a-f]{4,}$/.test(buildId)) return undefined;
  if (servers.length === 0) return { problem: `debuginfod: '${words.join(' ')}' is no http or https address` };
  const folder = debuginfodCacheFolder(environment);
  const path = join(folder, buildId, fileName);
  const known = cachedFile(folder, path);
  if (known === 'there') return { path };
  if (known === 'missed') return { problem: 'debuginfod did not have it a while ago' };
  const result = download({
    urls: servers.map((server) => artifactUrl(server, buildId, request)), target: path, what,
    idleSeconds: positive(environment['DEBUGINFOD_TIMEOUT']) ?? TIMEOUT_SECONDS, maxSeconds: positive(environment['DEBUGINFOD_MAXTIME']) ?? 0,
    maxBytes: positive(environment['DEBUGINFOD_MAXSIZE']) ?? 0, headers: { 'user-agent': 'stapkit' },
  });
  if (result.kind === 'done') return { path };
  if (result.kind === 'failed') return { problem: `debuginfod: ${result.problem}` };
  rememberMiss(join(folder, buildId), path);
  return { problem: 'debuginfod does not have it' };
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) && value > 0 ? value : undefined;
}
