/**
 * The demonstration's own traffic, in a process and a network namespace of its own. Speaks one JSON object a line on
 * stdout: first {ready}, then after a line on stdin each connection that it made, then {done}.
 */
import { readSync, statSync, writeSync } from 'node:fs';
import { openKernel } from '@stapkit/cli-kit';
import { LoopbackSockets, type Endpoint } from './loopback-sockets.js';

export interface DemoConnection {
  /** What a server did with it: `cookie` only asked for a cookie and is no attempt. */
  readonly kind: 'cookie' | 'OK' | 'FAILED';
  readonly source: Endpoint;
  readonly destination: Endpoint;
}

export type DemoMessage =
  | { readonly ready: true; readonly netns: number }
  | { readonly connection: DemoConnection }
  | { readonly done: true };

function say(message: DemoMessage): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}

interface Server {
  readonly fd: number;
  /** Where clients connect to. */
  readonly endpoint: Endpoint;
}

/** One request to a server, received whole on the other side. */
function exchange(sockets: LoopbackSockets, server: Server, kind: DemoConnection['kind']): void {
  const text = `hello, this is a ${kind} connection`;
  const client = sockets.connectWithData(server.endpoint, text);
  const accepted = sockets.accept(server.fd);
  const received = sockets.receive(accepted);
  if (received !== text) throw new Error(`sent '${text}', received '${received}'`);
  sockets.close(client.fd);
  sockets.close(accepted);
  say({ connection: { kind, source: client.endpoint, destination: server.endpoint } });
}

/** Waits for a line on standard input. Gives false when the watcher is gone. */
function waitForWatcher(): boolean {
  return readSync(0, Buffer.alloc(16)) > 0;
}

/** @param addresses `LISTEN/CONNECT,…`: where each server listens, and where its clients connect to */
export function runDemoTraffic(addresses: string): number {
  const sockets = new LoopbackSockets(openKernel());
  sockets.enterOwnNetwork();
  const servers = addresses.split(',').map((pair): Server => {
    const [listen = '', connect = listen] = pair.split('/');
    const { fd, endpoint } = sockets.listen(listen);
    return { fd, endpoint: { address: connect, port: endpoint.port } };
  });
  say({ ready: true, netns: statSync('/proc/self/ns/net').ino });
  if (!waitForWatcher()) return 0;
  for (const server of servers) {
    exchange(sockets, server, 'cookie');
    for (let round = 0; round < 3; round += 1) exchange(sockets, server, 'OK');
  }
  // A client that keeps an old cookie after the server changed its key: the attempt fails, the connection works without.
  sockets.changeCookieKey();
  for (const server of servers) exchange(sockets, server, 'FAILED');
  say({ done: true });
  // The namespace and its counters live as long as this process: the watcher still reads them.
  waitForWatcher();
  return 0;
}
