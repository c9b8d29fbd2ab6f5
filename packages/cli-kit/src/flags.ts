/** One spelling and one meaning of each flag in every command. */
import { Command, Option } from 'commander';
import { parseCount, parseDuration, parsePid } from './values.js';

const FLAGS = {
  pid: () => new Option('-p, --pid <pid>', 'only this process').argParser(parsePid),
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
  dryRun: () => new Option('--dry-run', 'compile and check, attach nothing'),
} as const;

export type FlagName = keyof typeof FLAGS;

/** A command with the given common flags. Wrong usage throws CommanderError; main() turns it into exit code 2. */
export function createCommand(name: string, description: string, version: string, flags: readonly FlagName[]): Command {
  const command = new Command(name).description(description).version(version, '-V, --version').exitOverride().showHelpAfterError(`(${name} --help shows all flags)`);
  command.configureHelp({ helpWidth: Math.min(process.stdout.columns ?? 80, 100) });
  for (const flag of flags) command.addOption(FLAGS[flag]());
  return command;
}
