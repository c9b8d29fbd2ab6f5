/** A varnishd with a backend of its own, on sockets in a folder of its own. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingHttpHeaders, type OutgoingHttpHeaders, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface Received {
  readonly url: string;
  readonly status: number;
  /** Content-Length that the client got, and the one that the backend told. */
  readonly length: number | undefined;
  readonly announced: number | undefined;
  /** Of X-Varnish. */
  readonly vxid: number;
}

export interface VarnishLog {
  /** Content-Length of each response in the end, by VXID, of those that have one. */
  readonly lengths: ReadonlyMap<number, number>;
  /** VXIDs of what is included by ESI. */
  readonly included: readonly number[];
}

const VCL = `vcl 4.1;
backend default { .path = "FOLDER/backend"; }
sub vcl_backend_response { if (bereq.url ~ "^/esi/") { set beresp.do_esi = true; } set beresp.ttl = 1h; }
`;
const PATIENCE_MS = 40_000;

const lengthOf = ({ 'content-length': text }: IncomingHttpHeaders): number | undefined => (text === undefined ? undefined : Number(text));

export class Varnish {
  /** Folder of another system's files that varnishd runs in; '' for this one. */
  readonly #root: string;
  readonly #folder: string;
  readonly #backend: Server;
  readonly #announced = new Map<string, number | undefined>();
  #manager: ChildProcess | undefined;
  #output = '';

  constructor(root = '') {
    this.#root = root;
    mkdirSync(join(root, tmpdir()), { recursive: true });
    this.#folder = mkdtempSync(join(root, tmpdir(), 'stapkit-varnish-'));
    // What varnishd's user may enter.
    chmodSync(this.#folder, 0o755);
    this.#backend = createServer((asked, answer) => {
      const [, kind = '', rest = ''] = /^\/(\w+)\/([^?]*)/.exec(asked.url ?? '') ?? [];
      const body = kind === 'esi' ? `<p><esi:include src="/${rest}"/></p>` : 'x'.repeat(Number(rest));
      const sent = kind === 'packed' ? gzipSync(body) : Buffer.from(body);
      const length = kind === 'chunked' ? undefined : sent.length;
      this.#announced.set(asked.url ?? '', length);
      answer.writeHead(200, { ...(length === undefined ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': length }), ...(kind === 'packed' ? { 'Content-Encoding': 'gzip' } : {}) });
      answer.end(sent);
    });
  }

  /** The manager. */
  get pid(): number {
    return this.#manager?.pid ?? 0;
  }

  get program(): string {
    return join(this.#root === '' ? '/' : this.#root, 'usr/sbin/varnishd');
  }

  /** As varnishd names a file of the folder. */
  #inside(name = ''): string {
    return join(this.#folder.slice(this.#root.length), name);
  }

  #command(command: string, args: readonly string[]): readonly [string, readonly string[]] {
    return this.#root === '' ? [command, args] : ['chroot', [this.#root, command, ...args]];
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => { this.#backend.listen(join(this.#folder, 'backend'), resolve); });
    chmodSync(join(this.#folder, 'backend'), 0o777);
    writeFileSync(join(this.#folder, 'test.vcl'), VCL.replace('FOLDER', this.#inside()));
    const [command, args] = this.#command('/usr/sbin/varnishd', [
      '-F', '-n', this.#inside('work'), '-a', this.#inside('client'), '-f', this.#inside('test.vcl'), '-s', 'malloc,10m', '-j', 'none', '-p', 'thread_pools=1', '-p', 'thread_pool_min=5',
    ]);
    this.#manager = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#manager.stdout, this.#manager.stderr]) stream?.on('data', (chunk: Buffer) => { this.#output += chunk.toString(); });
    await this.#answers();
  }

  async stop(): Promise<void> {
    const manager = this.#manager;
    if (manager !== undefined && manager.exitCode === null) {
      const ended = new Promise((resolve) => { manager.once('exit', resolve); });
      manager.kill('SIGTERM');
      await ended;
    }
    await new Promise((resolve) => { this.#backend.close(resolve); this.#backend.closeAllConnections(); });
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The process that serves. */
  child(): number {
    return Number(readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'latin1').trim().split(' ').at(-1));
  }

  /** Kills it; the manager starts another one. */
  async restartChild(): Promise<void> {
    const before = this.child();
    process.kill(before, 'SIGKILL');
    await this.#until(() => Promise.resolve(![0, before].includes(this.child())));
    await this.#answers();
  }

  async #answers(): Promise<void> {
    await this.#until(() => this.get('/plain/1').then(({ status }) => status === 200, () => false));
  }

  async #until(holds: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; !(await holds());) {
      if (Date.now() > end || this.#manager?.exitCode !== null) throw new Error(`varnishd does not serve:\n${this.#output}`);
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }

  get(url: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<Received> {
    return new Promise((resolve, reject) => {
      request({ socketPath: join(this.#folder, 'client'), path: url, headers, method, agent: false }, (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => { bytes += chunk.length; });
        response.once('error', reject).once('end', () => {
          const length = lengthOf(response.headers);
          if (method !== 'HEAD' && length !== undefined && bytes !== length) reject(new Error(`${url}: ${bytes} bytes of ${length}`));
          resolve({ url, status: response.statusCode ?? 0, length, announced: this.#announced.get(url), vxid: Number(String(response.headers['x-varnish']).split(' ')[0]) });
        });
      }).once('error', reject).end();
    });
  }

  /** What varnishlog has of the responses, when these requests are logged to their end. */
  async log(requests: readonly number[]): Promise<VarnishLog> {
    const [command, args] = this.#command('/usr/bin/varnishlog', ['-n', this.#inside('work'), '-d', '-g', 'raw', '-i', 'Begin,RespHeader,RespUnset,End']);
    let text = '';
    await this.#until(() => {
      text = execFileSync(command, args, { encoding: 'latin1' });
      const ended = new Set([...text.matchAll(/^ *(\d+) +End +c/gm)].map(([, vxid]) => Number(vxid)));
      return Promise.resolve(requests.every((vxid) => ended.has(vxid)));
    });
    const lengths = new Map<number, number>();
    for (const [, vxid, tag, length] of text.matchAll(/^ *(\d+) +(RespHeader|RespUnset) +c Content-Length: (\d+)$/gm)) {
      if (tag === 'RespHeader') lengths.set(Number(vxid), Number(length));
      else lengths.delete(Number(vxid));
    }
    return { lengths, included: [...text.matchAll(/^ *(\d+) +Begin +c req \d+ esi\b/gm)].map(([, vxid]) => Number(vxid)) };
  }
}
