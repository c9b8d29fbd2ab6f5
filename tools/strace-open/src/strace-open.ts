/** strace-open: options to exit code. */
import { getSystemErrorName } from 'node:util';
import { EXIT, RowWriter, TextOutput, howToEnd, localTarget, obtainToolObject, printable, readToolScript, requireProcess, requireRoot, runMain, runTool, scriptWithGlobals, tryTool, versionOf } from '@stapkit/cli-kit';
import { DATA_COLUMNS, dataRow, displayLine, parseOpened, type Opened } from './opened.js';
import { globalsOf, parseOptions, type StraceOpenOptions } from './options.js';

const SCRIPT = 'strace-open.stp';
/** Room for every path that the kernel takes (PATH_MAX, 4096), in quotes. */
const LIMITS = { MAXSTRINGLEN: 4200 };

const errorName = (errno: number): string => {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
};

/** Gives each call to the right printer. */
function printer(options: StraceOpenOptions, output: TextOutput): { readonly head: () => void; readonly print: (opened: Opened) => void } {
  const write = (text: string): void => { output.write(text); };
  if (options.json !== true && options.csv !== true) return { head: () => undefined, print: (opened) => { write(`${printable(displayLine(opened, errorName))}\n`); } };
  const rows = new RowWriter({ columns: DATA_COLUMNS, format: options.json === true ? 'json' : 'csv', header: options.header, write });
  return { head: () => { rows.head(); }, print: (opened) => { rows.row(dataRow(opened, errorName)); } };
}

async function main(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv, versionOf(import.meta.url));
  const text = readToolScript(import.meta.url, SCRIPT);
  const globals = globalsOf(options);
  if (options.printScript === true) {
    process.stdout.write(Buffer.from(scriptWithGlobals(text, globals), 'latin1'));
    return EXIT.ok;
  }
  requireRoot('strace-open');
  if (options.pid !== undefined) requireProcess(options.pid);
  const target = localTarget();
  const object = await obtainToolObject({ name: 'strace_open', file: SCRIPT, text, globals, limits: LIMITS, target, verbose: options.verbose });
  if (options.dryRun === true) {
    process.stderr.write(`strace-open: ready: attaches by ${tryTool({ object, target, verbose: options.verbose }).ways.join(', ')}\n`);
    return EXIT.ok;
  }
  return trace(options, { object, target });
}

async function trace(options: StraceOpenOptions, what: Pick<Parameters<typeof runTool>[0], 'object' | 'target'>): Promise<number> {
  const output = new TextOutput(options.output);
  const stop = new AbortController();
  output.onEnd(() => { stop.abort(); });
  const { head, print } = printer(options, output);
  let shown = 0;
  const { exitStatus } = await runTool({
    ...what,
    verbose: options.verbose,
    stop,
    ...(options.command === undefined ? {} : { command: options.command }),
    ...(options.pid === undefined ? {} : { endWithPid: options.pid }),
    ...(options.duration === undefined ? {} : { durationSeconds: options.duration }),
    onArmed: () => {
      const end = howToEnd(options.command !== undefined || options.duration !== undefined || options.count !== undefined);
      if (end !== '') process.stderr.write(`strace-open: watching ${options.pid === undefined ? (options.comm ?? 'all processes') : `process ${options.pid}`}${end}\n`);
      head();
    },
    onLine: (line) => {
      const opened = parseOpened(line);
      if (opened === undefined || (options.count !== undefined && shown >= options.count)) return;
      print(opened);
      shown += 1;
      if (shown === options.count) stop.abort();
    },
  });
  output.close();
  return exitStatus;
}

void runMain('strace-open', main);
