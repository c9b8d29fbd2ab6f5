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

/** One request to a listener, received whole on the other side. */
function exchange(sockets: LoopbackSockets, listener: { fd: number; endpoint: Endpoint }, kind: DemoConnection['kind']): void {
  const text = `hello, this is a ${kind} connection`;
  const client = sockets.connectWithData(listener.endpoint, text);
  const server = sockets.accept(listener.fd);
  const received = sockets.receive(server);
  if (received !== text) throw new Error(`sent '${text}', received '${received}'`);
  sockets.close(client.fd);
  sockets.close(server);
  say({ connection: { kind, source: client.endpoint, destination: listener.endpoint } });
}

export function runDemoTraffic(): number {
  const sockets = new LoopbackSockets(openKernel());
  sockets.enterOwnNetwork();
  const listeners = ['127.0.0.1', '::1'].map((address) => sockets.listen(address));
  say({ ready: true, netns: statSync('/proc/self/ns/net').ino });
  readSync(0, Buffer.alloc(16));
  for (const listener of listeners) {
    exchange(sockets, listener, 'cookie');
    for (let round = 0; round < 3; round += 1) exchange(sockets, listener, 'OK');
  }
  // A client that keeps an old cookie after the server changed its key: the attempt fails, the connection works without.
  sockets.changeCookieKey();
  for (const listener of listeners) exchange(sockets, listener, 'FAILED');
  say({ done: true });
  // The namespace and its counters live as long as this process: the watcher still reads them.
  readSync(0, Buffer.alloc(16));
  return 0;
}
