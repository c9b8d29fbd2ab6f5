/** One spelling and one meaning of each flag in every command. */
import { Command, Option } from 'commander';
import { parseCount, parseDuration, parsePid } from './values.js';

const FLAGS = {
  pid: () => new Option('-p, --pid <pid>', 'only this process; ends with it').argParser(parsePid),
  comm: () => new Option('-n, --comm <name>', 'only processes of this name'),
  command: () => new Option('-c, --command <cmd>', 'run CMD, trace it alone, end with it'),
  duration: () => new Option('-d, --duration <time>', 'stop after this time (10, 2.5, 250ms, 5m, 1h)').argParser(parseDuration),
  count: () => new Option('--count <n>', 'stop after n rows').argParser(parseCount),
  failed: () => new Option('-x, --failed', 'only what failed'),
  json: () => new Option('-J, --json', 'one JSON object a line').conflicts('csv'),
  csv: () => new Option('--csv', 'comma-separated values with a header'),
  noHeader: () => new Option('--no-header', 'leave the header out'),
  output: () => new Option('-o, --output <file>', 'write the rows to a file'),
  verbose: () => new Option('-v, --verbose', 'say what is done: passes, times, ways of attaching').default(0).argParser((_value: unknown, before: number) => before + 1),
  printScript: () => new Option('--print-script', 'print the SystemTap script that would run, and end'),
  dryRun: () => new Option('--dry-run', 'compile, attach and detach at once; say how'),
} as const;

export type FlagName = keyof typeof FLAGS;

/** A command whose wrong usage throws CommanderError without a word of its own; runMain() makes one line of it. */
export function quietCommand(name: string, description: string, version?: string): Command {
  const command = new Command(name);
  // The flags of a group stand where its first one is: who makes groups adds the version when it is its turn.
  if (version !== undefined) command.version(version, '-V, --version', 'print the version');
  return command
    .description(description)
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureHelp({ helpWidth: process.stdout.isTTY ? Math.min(process.stdout.columns, 80) : 80 })
    .configureOutput({ outputError: () => undefined });
}

/** A tool's command with the given common flags. */
export function createCommand(name: string, description: string, version: string, flags: readonly FlagName[]): Command {
  const command = quietCommand(name, description, version).allowExcessArguments(false);
  for (const flag of flags) command.addOption(FLAGS[flag]());
  return command;
}

/** The end of every tool's help. */
export const EXIT_STATUS_HELP = `
Exit status: 0 ended, 1 an error while running, 2 wrong usage or this machine
cannot do it, 130 interrupted before tracing began.`;
