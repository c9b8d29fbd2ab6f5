/** The watcher's side of the demonstration: starts the traffic, lets it go when armed, compares what was made with what was seen. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { DemoConnection, DemoMessage } from './demo-traffic.js';

/** Where its servers listen, and where its clients connect to. */
const DEMO_ADDRESSES = '127.0.0.1/127.0.0.1,::1/::1';

export class DemoTraffic {
  readonly pid: number;
  readonly netns: number;
  readonly made: DemoConnection[] = [];
  /** Resolves when all connections are made, or the traffic ended; `failed` tells why it ended early. */
  readonly done: Promise<void>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, netns: number, messages: AsyncIterator<string>, failure: () => string) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.netns = netns;
    this.done = this.#collect(messages, failure);
  }

  /** Starts this same command as the traffic's process. */
  static async start(): Promise<DemoTraffic> {
    const child = spawn(process.execPath, [process.argv[1] ?? '', '--demo-traffic', DEMO_ADDRESSES], { stdio: ['pipe', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString(); });
    const messages = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await messages.next();
    const message = first.done === true ? undefined : (JSON.parse(first.value) as DemoMessage);
    if (message === undefined || !('ready' in message)) throw new Error(`the demonstration's traffic could not start: ${errors.trim()}`);
    return new DemoTraffic(child, message.netns, messages, () => errors.trim());
  }

  /** Makes the connections. */
  go(): void {
    this.#child.stdin?.write('go\n');
  }

  /** Lets the traffic's process, and with it its network, go. */
  stop(): void {
    this.#child.stdin?.end();
  }

  async #collect(messages: AsyncIterator<string>, failure: () => string): Promise<void> {
    for (;;) {
      const next = await messages.next();
      if (next.done === true) throw new Error(`the demonstration's traffic ended early: ${failure()}`);
      const message = JSON.parse(next.value) as DemoMessage;
      if ('connection' in message) this.made.push(message.connection);
      if ('done' in message) return;
    }
  }
}
