/** Counts by server and result, for --summary. */
import { renderTable, type Column, type Row } from '@stapkit/cli-kit';
import { endpoint, type Attempt } from './connection.js';

const COLUMNS: readonly Column[] = [
  { key: 'server', title: 'SERVER', width: 21 },
  { key: 'ok', title: 'OK', width: 8, align: 'right' },
  { key: 'failed', title: 'FAILED', width: 8, align: 'right' },
  { key: 'clients', title: 'CLIENTS', width: 8, align: 'right' },
];

export class Summary {
  readonly #servers = new Map<string, { ok: number; failed: number; readonly clients: Set<string> }>();

  add({ destination, destinationPort, result, source }: Attempt): void {
    const key = endpoint(destination, destinationPort);
    let server = this.#servers.get(key);
    if (server === undefined) this.#servers.set(key, (server = { ok: 0, failed: 0, clients: new Set() }));
    if (result === 'OK') server.ok += 1;
    else server.failed += 1;
    server.clients.add(source);
  }

  /** The busiest server first; `counted` failures that belong to no known server come last. */
  rows(counted = 0): readonly Row[] {
    const known: Row[] = [...this.#servers].sort(([, a], [, b]) => b.ok + b.failed - (a.ok + a.failed)).map(([server, counts]) => ({ server, ok: counts.ok, failed: counts.failed, clients: counts.clients.size }));
    return counted === 0 ? known : [...known, { server: '(any)', ok: null, failed: counted, clients: null }];
  }

  render(terminal: boolean, counted = 0): Promise<string> {
    return renderTable(COLUMNS, this.rows(counted), { boxed: terminal });
  }
}
