/** Counts and rates by server and by peer, for --summary. */
import { endpointText, renderTable, type Column, type Row, type TableLook } from '@stapkit/cli-kit';
import type { Attempt } from './attempt.js';

interface Counts {
  ok: number;
  failed: number;
  cookies: number;
  readonly clients: Set<string>;
}

const COUNTS: readonly Column[] = [
  { key: 'ok', title: 'OK', width: 8, align: 'right' },
  { key: 'failed', title: 'FAILED', width: 8, align: 'right', style: ({ failed }) => (failed === 0 || failed === null ? undefined : 'red') },
  { key: 'cookies', title: 'COOKIES', width: 8, align: 'right' },
];
const RATE: Column = { key: 'rate', title: 'ATTEMPTS/S', width: 10, align: 'right' };
const SERVER_COLUMNS: readonly Column[] = [{ key: 'server', title: 'SERVER', width: 21 }, ...COUNTS, { key: 'clients', title: 'CLIENTS', width: 8, align: 'right' }, RATE];
const PEER_COLUMNS: readonly Column[] = [{ key: 'peer', title: 'PEER', width: 21 }, ...COUNTS, RATE];

const attempts = ({ ok, failed }: Counts): number => ok + failed;

function countIn(counts: Map<string, Counts>, key: string, { result, source }: Attempt): void {
  let one = counts.get(key);
  if (one === undefined) counts.set(key, (one = { ok: 0, failed: 0, cookies: 0, clients: new Set() }));
  one[({ OK: 'ok', FAILED: 'failed', COOKIE: 'cookies' } as const)[result]] += 1;
  one.clients.add(source);
}

/** The busiest first. */
const busiest = (counts: ReadonlyMap<string, Counts>): readonly (readonly [string, Counts])[] => [...counts].sort(([, a], [, b]) => attempts(b) - attempts(a) || b.cookies - a.cookies);

export class Summary {
  readonly #servers = new Map<string, Counts>();
  readonly #peers = new Map<string, Counts>();

  /** false: requests for cookies did not come by here. */
  seesCookies = true;

  add(attempt: Attempt): void {
    countIn(this.#servers, endpointText(attempt.destination, attempt.destinationPort), attempt);
    countIn(this.#peers, attempt.source, attempt);
  }

  /** The busiest server first; `counted` failures that belong to no known server come last. */
  servers(seconds: number, counted = 0): readonly Row[] {
    const known: Row[] = busiest(this.#servers).map(([server, counts]) => ({ server, ok: counts.ok, failed: counts.failed, cookies: this.#cookies(counts), clients: counts.clients.size, rate: rate(attempts(counts), seconds) }));
    return counted === 0 ? known : [...known, { server: '(any)', ok: null, failed: counted, cookies: null, clients: null, rate: rate(counted, seconds) }];
  }

  /** The busiest clients. */
  peers(seconds: number, top: number): readonly Row[] {
    return busiest(this.#peers).slice(0, top).map(([peer, counts]) => ({ peer, ok: counts.ok, failed: counts.failed, cookies: this.#cookies(counts), rate: rate(attempts(counts), seconds) }));
  }

  #cookies({ cookies }: Counts): number | null {
    return this.seesCookies ? cookies : null;
  }

  async render(seconds: number, top: number, counted: number, look: TableLook): Promise<string> {
    const left = this.#peers.size - top;
    const more = left > 0 ? `… and ${left} more peers (--peers ${this.#peers.size})\n` : '';
    return `${await renderTable(SERVER_COLUMNS, this.servers(seconds, counted), look)}\n${await renderTable(PEER_COLUMNS, this.peers(seconds, top), look)}${more}`;
  }

  /** One JSON object a line. */
  json(seconds: number, top: number, counted: number): string {
    return [...this.servers(seconds, counted), ...this.peers(seconds, top)].map((row) => `${JSON.stringify(row)}\n`).join('');
  }
}

/** Per second, two digits behind the point. */
function rate(count: number, seconds: number): number {
  return seconds > 0 ? Math.round((count / seconds) * 100) / 100 : 0;
}
