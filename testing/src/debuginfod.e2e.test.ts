/** Debug information from debuginfod servers: Debian's own on this machine, and servers that answer wrongly, late or never. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createPort } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CHECKOUT, stapkit, type Finished } from './checkout.js';

const folder = mkdtempSync(join(tmpdir(), 'stapkit-debuginfod-'));
const program = join(folder, 'program');
/** Its debug information is nowhere. */
const unknown = join(folder, 'unknown');
const SERVED = join(folder, 'served');
let debuginfod: ChildProcess | undefined;
let good = '';
/** Serves what its path says: /never/…, /broken/…, /short/…, /empty/…; counts the requests. */
let wrong: Server;
let bad = '';
let nobody = '';
const asked: string[] = [];

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createPort();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

const idOf = (name: string): string => createHash('sha1').update(name).digest('hex');

beforeAll(async () => {
  mkdirSync(SERVED);
  for (const path of [program, unknown]) execFileSync('gcc', ['-O2', '-g', `-Wl,--build-id=0x${idOf(path)}`, '-o', path, join(CHECKOUT, 'testing/programs/calls.c')]);
  execFileSync('objcopy', ['--only-keep-debug', program, join(SERVED, 'program.debug')]);
  for (const path of [program, unknown]) execFileSync('strip', [path]);
  const port = await freePort();
  good = `http://127.0.0.1:${port}`;
  debuginfod = spawn('debuginfod', ['-F', SERVED, '-p', String(port), '-d', join(folder, 'index.sqlite'), '-t', '0', '-g', '0'], { stdio: 'ignore' });
  nobody = `http://127.0.0.1:${await freePort()}`;
  wrong = createServer(({ url = '' }, response) => {
    asked.push(url);
    if (url.startsWith('/never/')) return;
    if (url.startsWith('/broken/')) response.writeHead(500).end('no');
    else if (url.startsWith('/short/')) response.writeHead(200, { 'content-length': '1000' }).write('x'.repeat(10), () => response.destroy());
    else if (url.startsWith('/rubbish/')) response.writeHead(200).end('this is no ELF file');
    else if (url.startsWith('/large/')) response.writeHead(200, { 'content-length': '5000000' }).end();
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => { wrong.listen(0, '127.0.0.1', resolve); });
  bad = `http://127.0.0.1:${(wrong.address() as AddressInfo).port}`;
  // It answers when it has read the folder.
  for (;;) {
    const answer = await fetch(`${good}/buildid/${idOf(program)}/debuginfo`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok === true) break;
    if (debuginfod.exitCode !== null) throw new Error(`debuginfod ended with status ${debuginfod.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}, 60_000);
afterAll(async () => {
  debuginfod?.kill();
  wrong.closeAllConnections();
  await new Promise((resolve) => { wrong.close(resolve); });
  rmSync(folder, { recursive: true, force: true });
});

const VARIABLES = `probe process("${program}").function("probed") { printf("%d %d\\n", $number, $name > $number) }`;
const PRINTED = '0 1\n1 1\n';

let caches = 0;
const newCache = (): string => join(folder, `cache${++caches}`);
/** With the debug files that a cache has, and no compiled objects. */
function ask(urls: string, { path = program, cache = newCache(), ...more }: { readonly path?: string; readonly cache?: string } & Record<string, string> = {}, isRun = true): Promise<Finished> {
  const script = isRun ? ['-e', VARIABLES, '-c', `sh -c '${program} 2 >/dev/null'`] : ['-p2', '-e', `probe process("${path}").function("probed") { println($number) }`];
  return stapkit('stapkit', script, { env: { DEBUGINFOD_URLS: urls, DEBUGINFOD_CACHE_PATH: cache, STAPKIT_NO_CACHE: '1', ...more } });
}

/** What an error says between the program and the advice. */
async function trouble(urls: string, more: Parameters<typeof ask>[1] = {}): Promise<string> {
  const { stderr, status } = await ask(urls, more, false);
  expect(status).toBe(1);
  const path = more.path ?? program;
  const lines = stderr.split('\n').filter((line) => line.includes('no debug information for'));
  expect(lines).toHaveLength(1);
  return lines[0]?.replace(new RegExp(`^.*no debug information for ${path}, build-id ${idOf(path)} \\(`), '').replace(/\): install its debug package \(-dbgsym, -debuginfo\)$/, '') ?? '';
}

test('variables by a server; again by the cache, when the server is not asked', async () => {
  const cache = newCache();
  const first = await ask(good, { cache });
  expect([first.stdout, first.stderr]).toEqual([PRINTED, '']);
  // As other clients name it, readable by its owner alone, and nothing half done beside.
  expect(readdirSync(join(cache, idOf(program)))).toEqual(['debuginfo']);
  expect(statSync(join(cache, idOf(program), 'debuginfo')).mode & 0o777).toBe(0o600);
  const again = await ask(nobody, { cache });
  expect([again.stdout, again.stderr]).toEqual([PRINTED, '']);
});

test('names of addresses: asked for when they are printed, kept for others; what went wrong is said at the end', async () => {
  const served = join(SERVED, 'program.debug');
  const address = /^([0-9a-f]+) [tT] probed$/m.exec(execFileSync('nm', [served], { encoding: 'utf8' }))?.[1] ?? '';
  const object = join(folder, 'names.o');
  // Compiled without a server, so that it is the session that asks.
  const compiled = await stapkit('stapkit', ['-p4', '-m', 'names', '-e', `probe process("${program}").statement(0x${address}).absolute { printf("%s %s\\n", usymname(uaddr()), usymfileline(uaddr())) }`], { cwd: folder, env: { DEBUGINFOD_URLS: '' } });
  expect([compiled.status, compiled.stderr]).toEqual([0, '']);
  const print = async (urls: string, cache: string): Promise<Finished> => stapkit('stapkit-run', [object, '-c', `sh -c '${program} 2 >/dev/null'`], { env: { DEBUGINFOD_URLS: urls, DEBUGINFOD_CACHE_PATH: cache } });
  const cache = newCache();
  const named = new RegExp(`^(?:probed ${join(CHECKOUT, 'testing/programs/calls.c')}:\\d+\n){2}$`);
  for (const urls of [good, nobody]) {
    const { stdout, stderr } = await print(urls, cache);
    expect([stdout, stderr]).toEqual([expect.stringMatching(named), '']);
  }
  const failed = await print(nobody, newCache());
  expect(failed.stdout).toMatch(/^(?:0x[0-9a-f]+ 0x[0-9a-f]+\n){2}$/);
  expect(failed.stderr).toContain(`no debug information for ${program}, build-id ${idOf(program)} (debuginfod: ${new URL(nobody).host}: ECONNREFUSED): install its debug package`);
  const silent = await print('', newCache());
  expect([silent.stdout, silent.stderr.includes('debug')]).toEqual([expect.stringMatching(/^(?:0x[0-9a-f]+ 0x[0-9a-f]+\n){2}$/), false]);
});

test('of several servers, the first that has it', async () => {
  const { stdout, stderr } = await ask(`ima:enforcing ${nobody} ${bad}/none/ ${bad}/broken ${good}/`);
  expect([stdout, stderr]).toEqual([PRINTED, '']);
});

test('a server that does not have it: said, remembered for a while, and the next program is asked for', async () => {
  const cache = newCache();
  expect(await trouble(good, { path: unknown, cache })).toBe('debuginfod does not have it');
  const before = asked.length;
  expect(await trouble(bad, { path: unknown, cache })).toBe('debuginfod did not have it a while ago');
  expect(asked.length).toBe(before);
});

const host = (url: string): string => new URL(url).host;
/** Name, servers, other variables, what is said. */
const TROUBLE: readonly (readonly [string, () => string, Readonly<Record<string, string>>, () => string])[] = [
  ['each server its own', () => `${nobody} ${bad}/broken ${bad}/large ${bad}/short nonsense`, { DEBUGINFOD_MAXSIZE: '1000000' },
    () => `debuginfod: ${host(nobody)}: ECONNREFUSED, ${host(bad)}: status 500, ${host(bad)}: 5000000 bytes, more than DEBUGINFOD_MAXSIZE, ${host(bad)}: \\S`],
  ['no answer', () => `${bad}/never`, { DEBUGINFOD_TIMEOUT: '1' }, () => `debuginfod: ${host(bad)}: no answer for 1 s$`],
  ['not done in the time that it may take', () => `${bad}/never`, { DEBUGINFOD_MAXTIME: '1' }, () => `debuginfod: ${host(bad)}: not done after 1 s$`],
  ['no address at all', () => 'ftp://nowhere', {}, () => "debuginfod: 'ftp://nowhere' is no http or https address$"],
];
test.each(TROUBLE)('the message names the cause: %s', async (_name, urls, more, said): Promise<void> => {
  const cache = newCache();
  expect(await trouble(urls(), { ...more, cache })).toMatch(new RegExp(`^${said().replaceAll('.', '\\.')}`));
  // What went wrong may be right the next time: nothing is kept.
  expect(existsSync(join(cache, idOf(program))) ? readdirSync(join(cache, idOf(program))) : []).toEqual([]);
});

test('a file that is no ELF file', async () => {
  expect(await trouble(`${bad}/rubbish`)).toMatch(/cache\d+\/[0-9a-f]{40}\/debuginfo: /);
});
