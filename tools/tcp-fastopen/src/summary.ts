/** Counts by server and result, for --summary and the demonstration's end. */
import { renderTable, type Row } from '@stapkit/cli-kit';
import type { Attempt } from './connection.js';

export class Summary {
  readonly #servers = new Map<string, { ok: number; failed: number; readonly clients: Set<string> }>();

  add(attempt: Attempt): void {
    const key = attempt.destination.includes(':') ? `[${attempt.destination}]:${attempt.destinationPort}` : `${attempt.destination}:${attempt.destinationPort}`;
    let server = this.#servers.get(key);
    if (server === undefined) this.#servers.set(key, (server = { ok: 0, failed: 0, clients: new Set() }));
    if (attempt.result === 'OK') server.ok += 1;
    else server.failed += 1;
    server.clients.add(attempt.source);
  }

  rows(): readonly Row[] {
    return [...this.#servers].sort(([, a], [, b]) => b.ok + b.failed - (a.ok + a.failed)).map(([server, counts]) => ({ server, ok: counts.ok, failed: counts.failed, clients: counts.clients.size }));
  }

  render(terminal: boolean): string {
    const columns = [
      { key: 'server', title: 'SERVER', width: 21 },
      { key: 'ok', title: 'OK', width: 8, align: 'right' as const },
      { key: 'failed', title: 'FAILED', width: 8, align: 'right' as const },
      { key: 'clients', title: 'CLIENTS', width: 8, align: 'right' as const },
    ];
    return renderTable(columns, this.rows(), terminal);
  }
}
