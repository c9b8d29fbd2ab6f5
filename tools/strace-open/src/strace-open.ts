/** strace-open: options to exit code. */
import { getSystemErrorName } from 'node:util';
import { EXIT, RowWriter, compileTool, createCommand, localTarget, printable, readToolScript, requireProcess, requireRoot, runMain, runTool, versionOf } from '@stapkit/cli-kit';
import { DATA_COLUMNS, dataRow, displayLine, parseOpened, type Opened } from './opened.js';

const SCRIPT = 'strace-open.stp';
const EXAMPLES = `
Examples:
  strace-open                      every open on this machine
  strace-open --pid 1511           of one process
  strace-open --comm nginx -x      failed ones of all processes named nginx
  strace-open -c 'ls /etc'         of a command, from its first to its last
  strace-open --duration 10 --json ten seconds, one JSON object a line

Exit status: 0 ended, 1 error while running, 2 wrong usage or this machine cannot, 130 interrupted before it began.`;

interface Options {
  readonly pid?: number;
  readonly comm?: string;
  readonly command?: string;
  readonly failed?: boolean;
  readonly duration?: number;
  readonly count?: number;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly header: boolean;
  readonly printScript?: boolean;
  readonly verbose: number;
}

const errorName = (errno: number): string => {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
};

function globalsOf(options: Options): Map<string, string> {
  const globals = new Map<string, string>();
  if (options.pid !== undefined) globals.set('the_pid', String(options.pid));
  if (options.comm !== undefined) globals.set('the_comm', options.comm);
  if (options.failed === true) globals.set('failed_only', '1');
  return globals;
}

/** Gives each call to the right printer. */
function printer(options: Options): (opened: Opened) => void {
  const write = (text: string): void => { process.stdout.write(text); };
  if (options.json !== true && options.csv !== true) return (opened) => { write(`${printable(displayLine(opened, errorName).trimEnd())}\n`); };
  const rows = new RowWriter({ columns: DATA_COLUMNS, format: options.json === true ? 'json' : 'csv', header: options.header, write });
  return (opened) => { rows.row(dataRow(opened, errorName)); };
}

async function main(argv: readonly string[]): Promise<number> {
  const options = createCommand('strace-open', 'Shows the files that processes open, with results.', versionOf(import.meta.url), ['pid', 'comm', 'command', 'failed', 'duration', 'count', 'json', 'csv', 'noHeader', 'verbose', 'printScript'])
    .addHelpText('after', EXAMPLES)
    .parse([...argv])
    .opts<Options>();
  const script = readToolScript(import.meta.url, SCRIPT);
  if (options.printScript === true) {
    process.stdout.write(script);
    return EXIT.ok;
  }
  requireRoot('strace-open');
  if (options.pid !== undefined) requireProcess(options.pid);
  const object = compileTool('strace_open', SCRIPT, script, globalsOf(options), localTarget());
  const print = printer(options);
  const stop = new AbortController();
  let shown = 0;
  const { exitStatus } = await runTool({
    object,
    verbose: options.verbose,
    stop: stop.signal,
    ...(options.command === undefined ? {} : { command: options.command }),
    ...(options.duration === undefined ? {} : { durationSeconds: options.duration }),
    onLine: (line) => {
      const opened = parseOpened(line);
      if (opened === undefined || (options.count !== undefined && shown >= options.count)) return;
      print(opened);
      shown += 1;
      if (shown === options.count) stop.abort();
    },
  });
  return exitStatus;
}

await runMain('strace-open', main);
