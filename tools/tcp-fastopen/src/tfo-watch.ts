/** tfo-watch: options to exit code. */
import { EXIT, TextOutput, howToEnd, localTarget, obtainToolObject, readToolScript, requireRoot, runMain, runTool, scriptWithGlobals, tryTool, versionOf, type ToolArmed, type ToolEnd } from '@stapkit/cli-kit';
import { parseAttempt } from './connection.js';
import { DemoTraffic } from './demo.js';
import { runDemoTraffic } from './demo-traffic.js';
import { readCounters } from './kernel-counters.js';
import { globalsOf, parseOptions, type TfoOptions } from './options.js';
import { Report } from './report.js';
import { ServerOwners } from './server-owner.js';
import { WAYS, mayTryNext, shortReason, type Way } from './ways.js';

/** Failures are polled this often while the tracepoint way runs. */
const LOOK_AT_COUNTERS_MS = 1000;
/** What the kernel has recorded when the demonstration's last connection is made is read within this time. */
const DEMO_SETTLES_MS = 150;

async function compileWay(way: Way, options: TfoOptions): Promise<Pick<Parameters<typeof runTool>[0], 'object' | 'target' | 'verbose'>> {
  const target = localTarget();
  const text = readToolScript(import.meta.url, way.file);
  const { verbose } = options;
  return { object: await obtainToolObject({ name: 'tfo_watch', file: way.file, text, globals: globalsOf(options, way), target, verbose }), target, verbose };
}

/** One line: how it looks, and what it cannot see that way. */
function tellWay(way: Way, { ways }: ToolArmed, why: string, end = ''): void {
  process.stderr.write(`tfo-watch: by ${way.label} (${ways.join(', ')})${why === '' ? '' : `, as ${why}`}${way.blindTo === undefined ? '' : `; ${way.blindTo}`}${end}\n`);
}

/** Polls the failure counter of the namespace. Gives what ends it, after a last look. */
function watchFailures(report: Report, netns: number | undefined): () => void {
  let last = readCounters(netns)?.passiveFail ?? 0;
  const look = (): void => {
    const now = readCounters(netns)?.passiveFail ?? last;
    report.countedFailures(now - last);
    last = now;
  };
  const timer = setInterval(look, LOOK_AT_COUNTERS_MS);
  return () => {
    clearInterval(timer);
    look();
  };
}

async function watch(way: Way, why: string, options: TfoOptions, parts: { readonly report: Report; readonly output: TextOutput; readonly demo: DemoTraffic | undefined }): Promise<ToolEnd> {
  const { report, output, demo } = parts;
  let stopWatching = (): void => undefined;
  const stop = new AbortController();
  output.onEnd(() => { stop.abort(); });
  const end = await runTool({
    ...(await compileWay(way, options)),
    stop,
    ...(options.duration === undefined ? {} : { durationSeconds: options.duration }),
    onLine: (line) => {
      const attempt = parseAttempt(line);
      // The tracepoint way cannot leave successes out in the kernel; it sees nothing else.
      if (attempt === undefined || (options.failed === true && attempt.result === 'OK')) return;
      report.attempt(attempt);
      if (report.full) stop.abort();
    },
    onArmed: (armed) => {
      tellWay(way, armed, why, howToEnd(demo !== undefined || options.duration !== undefined || options.count !== undefined));
      report.head();
      if (way.blindTo !== undefined) stopWatching = watchFailures(report, options.netns);
      if (demo === undefined) return;
      demo.go();
      const finish = (): void => { stop.abort(); };
      // Ended or failed: the session stops, and its caller looks at how the traffic ended.
      demo.done.then(() => setTimeout(finish, DEMO_SETTLES_MS), finish);
    },
  });
  stopWatching();
  return end;
}

/** Says what was made against what was seen; the exit status of the demonstration. */
async function concludeDemo(demo: DemoTraffic, report: Report, options: TfoOptions): Promise<number> {
  await demo.done;
  const count = (kind: string): number => demo.made.filter((connection) => connection.kind === kind).length;
  const made = count('OK') + count('FAILED');
  const counted = report.counted === 0 ? '' : ` and ${report.counted} counted`;
  process.stderr.write(`tfo-watch: the demonstration made ${count('OK')} connections with a good cookie and ${count('FAILED')} with a bad one; ${report.seen} seen${counted}\n`);
  const filtered = options.port !== undefined || options.addr !== undefined || options.failed === true || options.count !== undefined || options.duration !== undefined;
  return filtered || report.seen + report.counted === made ? EXIT.ok : EXIT.failed;
}

/** Takes the first way that works here. */
async function firstWay<T>(options: TfoOptions, use: (way: Way, why: string) => T | Promise<T>): Promise<T> {
  const ways = WAYS.filter((way) => options.way === 'auto' || way.name === options.way);
  let why = '';
  for (const way of ways) {
    try {
      return await use(way, why);
    } catch (error) {
      if (way === ways.at(-1) || !mayTryNext(error)) throw error;
      why = shortReason(error);
      if (options.verbose > 0) process.stderr.write(`passed over: ${way.label}: ${error.message}\n`);
    }
  }
  throw new Error(`there is no way '${options.way}'`);
}

async function trace(options: TfoOptions, demo: DemoTraffic | undefined): Promise<number> {
  const output = new TextOutput(options.output);
  const report = new Report(options, output, new ServerOwners());
  const end = await firstWay(options, (way, why) => watch(way, why, options, { report, output, demo }));
  if (options.summary === true) output.write(await report.summary.render(output.isTerminal, report.counted));
  output.close();
  return demo === undefined || end.exitStatus !== 0 ? end.exitStatus : concludeDemo(demo, report, options);
}

function printScript(options: TfoOptions): number {
  const [way] = WAYS.filter((one) => options.way === 'auto' || one.name === options.way);
  if (way === undefined) throw new Error(`there is no way '${options.way}'`);
  process.stdout.write(Buffer.from(scriptWithGlobals(readToolScript(import.meta.url, way.file), globalsOf(options, way)), 'latin1'));
  if (options.way === 'auto') process.stderr.write('tfo-watch: where kernel functions cannot be probed, the script of --way tracepoint runs instead\n');
  return EXIT.ok;
}

async function main(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv, versionOf(import.meta.url));
  if (options.demoTraffic !== undefined) return runDemoTraffic(options.demoTraffic);
  if (options.printScript === true) return printScript(options);
  requireRoot('tfo-watch');
  if (options.dryRun === true) {
    await firstWay(options, async (way, why) => { tellWay(way, tryTool(await compileWay(way, options)), why); });
    return EXIT.ok;
  }
  if (options.demo !== true) return trace(options, undefined);
  const demo = await DemoTraffic.start();
  try {
    return await trace({ ...options, netns: demo.netns }, demo);
  } finally {
    demo.stop();
  }
}

void runMain('tfo-watch', main);
