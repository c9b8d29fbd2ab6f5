/** What tfo-watch does beside its script: who listens, counters of the kernel, the summary, the demonstration. */
import { EXIT, type Row, type TableLook, type ToolOptions, type ToolReader, type ToolReaderSession } from '@stapkit/cli-kit';
import { attemptRow, countedRow, parseAttempt } from './attempt.js';
import type { DemoTraffic } from './demo.js';
import { readCounters, type FastOpenCounters } from './kernel-counters.js';
import { ServerOwners } from './server-owner.js';
import { Summary } from './summary.js';

export type TfoOptions = ToolOptions & {
  readonly port?: number;
  readonly addr?: string;
  readonly failed?: boolean;
  readonly cookies?: boolean;
  readonly summary?: boolean;
  readonly peers?: number;
  readonly netns?: number;
  readonly demo?: boolean;
  readonly demoTraffic?: string;
  /** Of --demo, when it has begun. */
  readonly traffic?: DemoTraffic;
};

/** Failures are polled this often while the tracepoint way runs. */
const LOOK_AT_COUNTERS_MS = 1000;
/** What the kernel has recorded when the demonstration's last connection is made is read within this time. */
const DEMO_SETTLES_MS = 150;
const PEERS_SHOWN = 10;

export class Watching implements ToolReader {
  readonly #options: TfoOptions;
  readonly #owners: ServerOwners;
  readonly #summary = new Summary();
  readonly #now: () => number;
  #begun = 0;
  #ended: number | undefined;
  /** Attempts with their addresses. */
  #seen = 0;
  /** Failures that only the kernel's counter told of. */
  #counted = 0;
  /** Cookie requests by the kernel's counter, where the script sees none. */
  #cookieRequests: number | undefined;

  constructor(options: TfoOptions, owners: ServerOwners = new ServerOwners(), now: () => number = () => performance.now()) {
    this.#options = options;
    this.#owners = owners;
    this.#now = now;
  }

  readonly row = (fields: readonly string[]): Row | undefined => {
    const attempt = parseAttempt(fields);
    // The tracepoint way cannot leave successes out in the kernel; it sees nothing else.
    if (attempt === undefined || (this.#options.failed === true && attempt.result === 'OK')) return undefined;
    this.#summary.add(attempt);
    if (attempt.result === 'COOKIE') return this.#options.cookies === true ? attemptRow(attempt, this.#owners.of(attempt)) : undefined;
    this.#seen += 1;
    return attemptRow(attempt, this.#owners.of(attempt));
  };

  readonly armed = (session: ToolReaderSession): (() => void) => {
    this.#begun = this.#now();
    const { traffic } = this.#options;
    const stopWatching = session.way.note === undefined ? (): void => undefined : this.#watchCounters(session);
    if (traffic !== undefined) {
      traffic.go();
      // Ended or failed: the session stops, and its caller looks at how the traffic ended.
      traffic.done.then(() => setTimeout(session.stop, DEMO_SETTLES_MS), session.stop);
    }
    return () => {
      stopWatching();
      this.#ended = this.#now();
    };
  };

  /** Polls the counters of the namespace. Gives what ends it, after a last look. */
  #watchCounters({ row }: ToolReaderSession): () => void {
    const { netns } = this.#options;
    this.#summary.seesCookies = false;
    const begun = readCounters(netns);
    let last = begun?.passiveFail ?? 0;
    const look = (): FastOpenCounters | undefined => {
      const now = readCounters(netns);
      const failed = (now?.passiveFail ?? last) - last;
      last += failed;
      if (failed > 0) {
        this.#counted += failed;
        row(countedRow(failed, Date.now() * 1000));
      }
      return now;
    };
    const timer = setInterval(look, LOOK_AT_COUNTERS_MS);
    return () => {
      clearInterval(timer);
      const now = look();
      if (begun !== undefined && now !== undefined) this.#cookieRequests = now.cookieRequests - begun.cookieRequests;
    };
  }

  readonly summary = async ({ format, look }: { readonly format: 'columns' | 'json' | 'csv'; readonly look: TableLook }): Promise<string> => {
    if (this.#options.summary !== true || format === 'csv') return '';
    const seconds = ((this.#ended ?? this.#now()) - this.#begun) / 1000;
    const top = this.#options.peers ?? PEERS_SHOWN;
    const cookies = this.#cookieRequests;
    if (format === 'json') return `${this.#summary.json(seconds, top, this.#counted)}${cookies === undefined ? '' : `${JSON.stringify({ cookie_requests: cookies })}\n`}`;
    return `${await this.#summary.render(seconds, top, this.#counted, look)}${cookies === undefined ? '' : `Cookie requests by the kernel's counter: ${cookies}\n`}`;
  };

  /** Of the demonstration: says what was made against what was seen. */
  readonly status = async (ended: number): Promise<number> => {
    const { traffic, port, addr, failed, count, duration } = this.#options;
    if (traffic === undefined) return ended;
    try {
      if (ended !== EXIT.ok) return ended;
      await traffic.done;
      const made = (kind: string): number => traffic.made.filter((connection) => connection.kind === kind).length;
      const counted = this.#counted === 0 ? '' : ` and ${this.#counted} counted`;
      process.stderr.write(`tfo-watch: the demonstration made ${made('OK')} connections with a good cookie and ${made('FAILED')} with a bad one; ${this.#seen} seen${counted}\n`);
      const filtered = port !== undefined || addr !== undefined || failed === true || count !== undefined || duration !== undefined;
      return filtered || this.#seen + this.#counted === made('OK') + made('FAILED') ? EXIT.ok : EXIT.failed;
    } finally {
      traffic.stop();
    }
  };
}
