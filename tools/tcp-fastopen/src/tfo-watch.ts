/** tfo-watch: options to exit code. */
import { EXIT, RowWriter, compileTool, localTarget, readToolScript, requireRoot, runMain, runTool, versionOf, type ToolEnd } from '@stapkit/cli-kit';
import { COLUMNS, DATA_COLUMNS, dataRow, displayRow, parseAttempt, type Attempt } from './connection.js';
import { DemoTraffic } from './demo.js';
import { runDemoTraffic } from './demo-traffic.js';
import { readCounters } from './kernel-counters.js';
import { parseOptions, type TfoOptions } from './options.js';
import { Summary } from './summary.js';

/** How attempts are seen, best first. */
interface Way {
  readonly file: string;
  readonly label: string;
  /** What this way cannot see; the kernel's counters stand in for it. */
  readonly blindTo?: string;
}
const WAYS: readonly Way[] = [
  { file: 'tfo-watch.stp', label: 'kernel function tcp_try_fastopen' },
  { file: 'tfo-watch-tracepoint.stp', label: 'tracepoint sock:inet_sock_set_state', blindTo: 'failed attempts are only counted (TCPFastOpenPassiveFail), without addresses' },
];

/** Whatever an attempt or a count of failures becomes: a row, a summary entry. */
class Report {
  readonly summary = new Summary();
  readonly writer: RowWriter;
  seen = 0;
  readonly #options: TfoOptions;

  constructor(options: TfoOptions) {
    this.#options = options;
    const format = options.json === true ? 'json' : options.csv === true ? 'csv' : 'columns';
    this.writer = new RowWriter({ columns: format === 'csv' ? DATA_COLUMNS : COLUMNS, format, header: options.header, write: (text) => { process.stdout.write(text); } });
  }

  get #forPrograms(): boolean {
    return this.#options.json === true || this.#options.csv === true;
  }

  attempt(attempt: Attempt): void {
    this.seen += 1;
    this.summary.add(attempt);
    this.writer.row(this.#forPrograms ? dataRow(attempt) : displayRow(attempt));
  }

  /** Failures that only the kernel's counter tells of. */
  countedFailures(count: number): void {
    if (count <= 0) return;
    const time = new Date();
    if (this.#forPrograms) this.writer.row({ time: time.toISOString(), result: 'FAILED', source: null, source_port: null, destination: null, destination_port: null, pid: null, command: null, count });
    else this.writer.row({ ...displayRow({ timeUs: time.getTime() * 1000, result: 'FAILED', source: '', sourcePort: 0, destination: '', destinationPort: 0, pid: 0, command: '' }), from: null, to: null, command: `${count} counted by the kernel` });
  }
}

function globalsOf(options: TfoOptions, netns: number | undefined): Map<string, string> {
  const globals = new Map<string, string>();
  if (options.port !== undefined) globals.set('the_port', String(options.port));
  if (options.addr !== undefined) globals.set('the_addr', options.addr);
  if (options.failed === true) globals.set('failed_only', '1');
  if (netns !== undefined) globals.set('the_netns', String(netns));
  return globals;
}

/** Polls the failure counter while the tracepoint way runs. */
function watchFailures(report: Report, pid: number | 'self'): () => void {
  let last = readCounters(pid).passiveFail;
  const look = (): void => {
    const now = readCounters(pid).passiveFail;
    report.countedFailures(now - last);
    last = now;
  };
  const timer = setInterval(look, 1000);
  return () => {
    clearInterval(timer);
    look();
  };
}

async function watch(way: Way, why: string, options: TfoOptions, report: Report, demo: DemoTraffic | undefined): Promise<ToolEnd> {
  const target = localTarget();
  const object = compileTool('tfo_watch', way.file, readToolScript(import.meta.url, way.file), globalsOf(options, demo?.netns ?? options.netns), target);
  let stopWatching = (): void => undefined;
  const stop = new AbortController();
  const end = await runTool({
    object,
    verbose: options.verbose,
    stop: stop.signal,
    ...(options.duration === undefined ? {} : { durationSeconds: options.duration }),
    onLine: (line) => {
      const attempt = parseAttempt(line);
      // This way cannot leave successes out in the kernel; it sees nothing else.
      if (attempt === undefined || (options.failed === true && attempt.result === 'OK')) return;
      report.attempt(attempt);
      if (report.writer.count === options.count) stop.abort();
    },
    onArmed: (armed) => {
      const means = armed.ways.length > 0 ? ` (${armed.ways.join(', ')})` : '';
      process.stderr.write(`tfo-watch: by ${way.label}${means}${why === '' ? '' : `, because ${why}`}${way.blindTo === undefined ? '' : `; ${way.blindTo}`}\n`);
      report.writer.head();
      if (way.blindTo !== undefined) stopWatching = watchFailures(report, demo?.pid ?? 'self');
      if (demo === undefined) return;
      demo.go();
      const finish = (): void => { stop.abort(); };
      // Ended or failed: the session stops, and its caller looks at how the traffic ended.
      demo.done.then(() => setTimeout(finish, 150), finish);
    },
  });
  stopWatching();
  return end;
}

/** Says what was made against what was seen; the exit status of the demonstration. */
async function concludeDemo(demo: DemoTraffic, report: Report): Promise<number> {
  await demo.done;
  demo.stop();
  const count = (kind: string): number => demo.made.filter((connection) => connection.kind === kind).length;
  process.stderr.write(`tfo-watch: the demonstration made ${count('OK')} connections with a good cookie and ${count('FAILED')} with a bad one (and ${count('cookie')} that asked for a cookie); seen: ${report.seen}\n`);
  return report.seen >= count('OK') ? EXIT.ok : EXIT.failed;
}

async function main(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv, versionOf(import.meta.url));
  if (options.demoTraffic === true) return runDemoTraffic();
  if (options.printScript === true) {
    process.stdout.write(readToolScript(import.meta.url, WAYS[0]?.file ?? ''));
    return EXIT.ok;
  }
  requireRoot('tfo-watch');
  const demo = options.demo === true ? await DemoTraffic.start() : undefined;
  const report = new Report(options);
  let why = '';
  for (const way of WAYS) {
    try {
      const end = await watch(way, why, options, report, demo);
      if (options.summary === true) process.stdout.write(report.summary.render(process.stdout.isTTY));
      if (demo !== undefined && end.exitStatus === 0) return await concludeDemo(demo, report);
      demo?.stop();
      return end.exitStatus;
    } catch (error) {
      if (way === WAYS.at(-1) || !(error instanceof Error) || !/^(AttachError|ToolScriptError)$/.test(error.name)) {
        demo?.stop();
        throw error;
      }
      why = error.message;
    }
  }
  return EXIT.cannot;
}

await runMain('tfo-watch', main);
