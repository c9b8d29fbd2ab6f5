import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { networkNamespace } from '@stapkit/cli-kit';
import { ServerOwners, type ProcessFiles } from './server-owner.js';

const TABLE = 'x\n 0: 00000000:0050 00000000:0000 0A 0:0 0:0 0 0 0 500 1\n';
const AT = { netns: 4, destination: '192.0.2.1', destinationPort: 80 };

/** A /proc with a master (10) and its worker (20), which share the socket 500. */
class FakeProc implements ProcessFiles {
  links: Record<string, string> = { '10/fd/3': 'pipe:[1]', '10/fd/6': 'socket:[500]', '20/fd/6': 'socket:[500]' };
  comms: Record<string, string> = { 10: 'nginx\n', 20: 'worker\n' };
  searches = 0;
  processIn(netns: number): number | undefined { return netns === 4 ? 20 : undefined; }
  pids(): readonly number[] { this.searches += 1; return [5, 10, 20]; }
  read(path: string): string { return path === '20/net/tcp' ? TABLE : (this.comms[path.split('/')[0] ?? ''] ?? ''); }
  list(path: string): readonly string[] { return Object.keys(this.links).filter((link) => link.startsWith(`${path}/`)).map((link) => link.slice(path.length + 1)); }
  link(path: string): string { return this.links[path] ?? ''; }
}

describe('by sockets and descriptors', () => {
  let proc: FakeProc;
  let now: number;
  let owners: ServerOwners;
  beforeEach(() => {
    proc = new FakeProc();
    now = 0;
    owners = new ServerOwners(proc, () => now);
  });

  test('the first process that holds the socket', () => {
    expect(owners.of(AT)).toEqual({ pid: 10, command: 'nginx' });
  });

  test('is searched once, then only looked at again', () => {
    for (let row = 0; row < 5; row += 1, now += 400) owners.of(AT);
    expect(proc.searches).toBe(1);
  });

  test('when it closed the socket, another holder is found', () => {
    owners.of(AT);
    delete proc.links['10/fd/6'];
    expect(owners.of(AT)?.pid).toBe(10);
    now += 1000;
    expect(owners.of(AT)).toEqual({ pid: 20, command: 'worker' });
  });

  test('nobody: asked again only after a while', () => {
    proc.links = {};
    expect([owners.of(AT), owners.of(AT)]).toEqual([undefined, undefined]);
    expect(proc.searches).toBe(1);
    proc.links = { '20/fd/9': 'socket:[500]' };
    now += 1000;
    expect(owners.of(AT)?.pid).toBe(20);
  });

  test.each([[{ ...AT, destinationPort: 81 }], [{ ...AT, netns: 5 }]])('not of another server: %j', (other) => {
    owners.of(AT);
    expect(owners.of(other)).toBeUndefined();
  });
});

describe('in this /proc', () => {
  let server: Server | undefined;
  afterAll(() => { server?.close(); });

  test("a server of this process's own", async () => {
    server = await new Promise<Server>((resolve) => { const made = createServer().listen(0, '127.0.0.1', () => { resolve(made); }); });
    const { port } = server.address() as AddressInfo;
    const owner = new ServerOwners().of({ netns: networkNamespace('self') ?? 0, destination: '127.0.0.1', destinationPort: port });
    expect(owner?.pid).toBe(process.pid);
    expect(owner?.command).not.toBe('');
  });
});
