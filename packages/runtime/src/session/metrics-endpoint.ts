/**
 * --prometheus PORT: what `probe prometheus` says, by HTTP on the loopback interface. OpenMetrics 1.0 for those who ask for
 * it, Prometheus's text format 0.0.4 for others.
 */
import type { Server } from 'node:http';
import { SessionError } from './options.js';

/** The procfs file of `probe prometheus` (packages/tapset/stp/prometheus.stp). */
export const METRICS_FILE = '__prometheus';
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const PLAIN = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Lines of samples to OpenMetrics: those of a name together, the name declared before them, and "# EOF" at the end.
 * Comments of the script's own come first, and a name that they declare is not declared again.
 */
export function openMetrics(text: string): string {
  const families = new Map<string, string[]>();
  const comments = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, declared] = /^# (?:TYPE|HELP|UNIT) (\S+)/.exec(line) ?? [];
    const name = /^[a-zA-Z_:][\w:]*/.exec(line)?.[0];
    const [group, key] = declared === undefined ? [families, name] : [comments, declared];
    if (key === undefined) continue;
    const lines = group.get(key);
    if (lines === undefined) group.set(key, [line]);
    else lines.push(line);
  }
  // A counter's samples are NAME_total where the counter is NAME.
  const declarationOf = (name: string): readonly string[] => comments.get(name) ?? comments.get(name.replace(/_(total|created|sum|count|bucket|info)$/, '')) ?? [`# TYPE ${name} unknown`];
  const said = new Set<readonly string[]>();
  const parts = [...families].flatMap(([name, samples]) => {
    const declaration = declarationOf(name);
    const fresh = !said.has(declaration);
    said.add(declaration);
    return [...(fresh ? declaration : []), ...samples];
  });
  return [...parts, '# EOF', ''].join('\n');
}

export class MetricsEndpoint {
  readonly #server: Server;
  readonly url: string;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${port}/metrics`;
  }

  /** `port` 0: any that is free. `read` gives the lines, a byte string; undefined: there are none. Throws SessionError then, and when the port cannot be had. */
  static async open(port: number, read: (() => string) | undefined): Promise<MetricsEndpoint> {
    if (read === undefined) throw new SessionError('--prometheus: the script says no metrics', 'add a probe prometheus { @prometheus_dump_array1(array, "name", "label") }');
    const { createServer } = await import('node:http');
    const server = createServer((request, response) => {
      const path = (request.url ?? '').split('?', 1)[0];
      if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
      if (path !== '/metrics') return void response.writeHead(404, { 'content-type': 'text/plain' }).end('the metrics are at /metrics\n');
      const isOpen = (request.headers.accept ?? '').includes('application/openmetrics-text');
      const text = openMetrics(read());
      response.writeHead(200, { 'content-type': isOpen ? OPEN_METRICS : PLAIN }).end(request.method === 'HEAD' ? undefined : Buffer.from(isOpen ? text : text.replace(/# EOF\n$/, '').replaceAll(/^# TYPE (\S+) unknown$/gm, '# TYPE $1 untyped'), 'latin1'));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => { reject(new SessionError(`--prometheus: cannot listen on 127.0.0.1:${port}: ${error.code ?? error.message}`, 'give another port; 0 takes one that is free')); });
      server.listen(port, '127.0.0.1', resolve);
    });
    const address = server.address();
    return new MetricsEndpoint(server, typeof address === 'object' && address !== null ? address.port : port);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
