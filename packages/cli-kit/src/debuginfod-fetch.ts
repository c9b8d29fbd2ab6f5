/**
 * Downloads one file while the caller waits: the compiler asks synchronously, and Node's HTTP does not. So a second Node does it,
 * started only when there is something to fetch. It writes to a temporary file and renames it: a torn download is never found.
 */
import { spawnSync } from 'node:child_process';

export interface Download {
  /** Tried in this order. */
  readonly urls: readonly string[];
  /** Where the file goes. Its folder is made. */
  readonly target: string;
  /** Said on the terminal while it takes long: "debug information of /usr/bin/x". */
  readonly what: string;
  /** No byte for so long: given up. */
  readonly idleSeconds: number;
  /** Whole time; 0: no limit but the idle one. */
  readonly maxSeconds: number;
  /** Larger files are refused; 0: no limit. */
  readonly maxBytes: number;
  /** Extra lines for the request. */
  readonly headers: Readonly<Record<string, string>>;
}

export type DownloadResult =
  | { readonly kind: 'done' }
  /** Every server answered that it has no such file. */
  | { readonly kind: 'not-found' }
  | { readonly kind: 'failed'; readonly problem: string };

/** Grace for the second Node to start and to report, beyond its own limits. */
const GRACE_MS = 10_000;
/** When no limit is given, a download that still moves may take a day. */
const LONGEST_MS = 24 * 3600 * 1000;

export function download(request: Download): DownloadResult {
  const timeout = request.maxSeconds > 0 ? request.maxSeconds * 1000 + GRACE_MS : LONGEST_MS;
  // Neither its standard input nor its report is the terminal's; its progress is.
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', DOWNLOADER], {
    input: JSON.stringify(request), timeout, encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'], killSignal: 'SIGKILL',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (child.error !== undefined) return { kind: 'failed', problem: `the download was given up: ${child.error.message}` };
  try {
    return JSON.parse(child.stdout) as DownloadResult;
  } catch {
    return { kind: 'failed', problem: `the downloader ended with status ${child.status ?? child.signal ?? 'unknown'}` };
  }
}

/** Runs as a program of its own: no imports but Node's. */
const DOWNLOADER = String.raw`
import { createWriteStream, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
const { urls, target, what, idleSeconds, maxSeconds, maxBytes, headers } = JSON.parse(readFileSync(0, 'utf8'));
const started = Date.now();
const SAY_AFTER_MS = 1000, SAY_EVERY_MS = 500;
let said = 0;
const terminal = process.stderr.isTTY;
const say = (url, bytes, total) => {
  const now = Date.now();
  if (now - started < SAY_AFTER_MS || (said > 0 && (!terminal || now - said < SAY_EVERY_MS))) return;
  const size = total > 0 ? ' of ' + (total / 1e6).toFixed(1) : '';
  process.stderr.write((terminal ? '\r\x1b[K' : '') + 'fetching ' + what + ' from ' + new URL(url).host + (terminal ? ': ' + (bytes / 1e6).toFixed(1) + size + ' MB' : '\n'));
  said = now;
};
async function fetchOne(url) {
  const abort = new AbortController();
  let why = '';
  const stop = (text) => { why = text; abort.abort(); };
  let idle;
  const alive = () => { clearTimeout(idle); idle = setTimeout(() => stop('no answer for ' + idleSeconds + ' s'), idleSeconds * 1000); };
  const left = maxSeconds > 0 ? Math.max(1, started + maxSeconds * 1000 - Date.now()) : 0;
  const whole = left > 0 ? setTimeout(() => stop('not done after ' + maxSeconds + ' s'), left) : undefined;
  const temporary = target + '.' + process.pid;
  alive();
  const tick = setInterval(() => say(url, bytes, total), 250);
  let bytes = 0, total = 0;
  try {
    const response = await fetch(url, { headers, signal: abort.signal, redirect: 'follow' });
    if (response.status === 404) { await response.body?.cancel(); return { kind: 'not-found' }; }
    if (!response.ok || response.body === null) return { kind: 'failed', problem: 'status ' + response.status };
    const encoded = response.headers.get('content-encoding') !== null;
    total = Number(response.headers.get('content-length') ?? response.headers.get('x-debuginfod-size') ?? 0);
    if (maxBytes > 0 && total > maxBytes) return { kind: 'failed', problem: total + ' bytes, more than DEBUGINFOD_MAXSIZE' };
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    const counted = async function* (source) {
      for await (const chunk of source) {
        alive();
        bytes += chunk.length;
        if (maxBytes > 0 && bytes > maxBytes) stop('more than DEBUGINFOD_MAXSIZE');
        yield chunk;
      }
    };
    await pipeline(Readable.fromWeb(response.body), counted, createWriteStream(temporary, { mode: 0o600, flags: 'w' }), { signal: abort.signal });
    if (bytes === 0) return { kind: 'failed', problem: 'an empty answer' };
    if (!encoded && response.headers.get('content-length') !== null && bytes !== total) return { kind: 'failed', problem: bytes + ' of ' + total + ' bytes' };
    renameSync(temporary, target);
    return { kind: 'done' };
  } catch (error) {
    return { kind: 'failed', problem: why || error.cause?.code || error.cause?.message || error.message };
  } finally {
    clearTimeout(idle); clearTimeout(whole); clearInterval(tick);
    rmSync(temporary, { force: true });
  }
}
const problems = [];
let result;
for (const url of urls) {
  const one = await fetchOne(url);
  if (one.kind === 'done') { result = one; break; }
  if (one.kind === 'failed') problems.push(new URL(url).host + ': ' + one.problem);
}
if (said > 0 && terminal) process.stderr.write('\r\x1b[K');
result ??= problems.length > 0 ? { kind: 'failed', problem: problems.join(', ') } : { kind: 'not-found' };
// Connections whose answer was not read to its end would hold this process, and the one that waits for it, for seconds.
process.stdout.write(JSON.stringify(result), () => process.exit());
`;
