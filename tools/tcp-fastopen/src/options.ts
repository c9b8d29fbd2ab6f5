/** The command line of tfo-watch. */
import { Option } from 'commander';
import { createCommand, parseAddress, parsePort } from '@stapkit/cli-kit';

export interface TfoOptions {
  readonly port?: number;
  readonly addr?: string;
  readonly failed?: boolean;
  readonly duration?: number;
  readonly count?: number;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly header: boolean;
  readonly summary?: boolean;
  readonly printScript?: boolean;
  readonly demo?: boolean;
  readonly demoTraffic?: boolean;
  readonly netns?: number;
  readonly verbose: number;
}

const EXAMPLES = `
Examples:
  tfo-watch                          every Fast Open attempt at this machine's servers
  tfo-watch --port 443 --failed      only failed ones at port 443
  tfo-watch --addr 192.0.2.7 --json  those of one peer, as JSON
  tfo-watch --duration 60 --summary  a minute, then counts by server
  tfo-watch --demo                   connections of its own in a network of its own

Exit status: 0 ended, 1 error while running, 2 wrong usage or this machine cannot, 130 interrupted before it began.`;

export function parseOptions(argv: readonly string[], version: string): TfoOptions {
  const command = createCommand('tfo-watch', 'Shows TCP Fast Open connections as servers on this machine receive them: successes and failures.', version, ['failed', 'duration', 'count', 'json', 'csv', 'noHeader', 'verbose', 'printScript'])
    .addOption(new Option('-P, --port <port>', 'only this server port').argParser(parsePort))
    .addOption(new Option('-a, --addr <address>', 'only this address, on either side').argParser(parseAddress))
    .option('-s, --summary', 'counts by server at the end')
    .option('--demo', 'show connections that this command makes itself, then end')
    .addOption(new Option('--netns <inode>', 'only this network namespace (the number in readlink /proc/PID/ns/net)').argParser(Number))
    .addOption(new Option('--demo-traffic').hideHelp())
    .addHelpText('after', EXAMPLES);
  return command.parse([...argv]).opts<TfoOptions>();
}
