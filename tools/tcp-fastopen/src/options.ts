/** The command line of tfo-watch. */
import { Option } from 'commander';
import { EXIT_STATUS_HELP, createCommand, networkNamespace, parseAddress, parseInode, parsePid, parsePort, requireProcess } from '@stapkit/cli-kit';
import { addressBytes } from './address-bytes.js';
import type { Way } from './ways.js';

export interface TfoOptions {
  readonly port?: number;
  readonly addr?: string;
  readonly failed?: boolean;
  readonly duration?: number;
  readonly count?: number;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly header: boolean;
  readonly output?: string;
  readonly summary?: boolean;
  readonly printScript?: boolean;
  readonly dryRun?: boolean;
  readonly demo?: boolean;
  /** The traffic's process alone: `LISTEN/CONNECT` addresses, with commas. */
  readonly demoTraffic?: string;
  readonly netns?: number;
  readonly netnsOf?: number;
  readonly way: 'auto' | Way['name'];
  readonly verbose: number;
}

const EXAMPLES = `
Examples:
  tfo-watch                          every Fast Open attempt at servers here
  tfo-watch --port 443 --failed      only failed ones at port 443
  tfo-watch --addr 192.0.2.7 --json  those of one peer, as JSON
  tfo-watch --duration 60 --summary  a minute, then counts by server
  tfo-watch --demo                   connections of its own, in a network of
                                     its own
`;

export function parseOptions(argv: readonly string[], version: string): TfoOptions {
  const command = createCommand('tfo-watch', 'Shows TCP Fast Open connections as servers on this machine receive them: successes and failures.', version, ['failed', 'duration', 'count', 'json', 'csv', 'noHeader', 'output', 'verbose', 'printScript', 'dryRun'])
    .addOption(new Option('-P, --port <port>', 'only this server port').argParser(parsePort))
    .addOption(new Option('-a, --addr <address>', 'only this address, on either side').argParser(parseAddress))
    .option('-s, --summary', 'counts by server at the end')
    .option('--demo', 'show connections that it makes itself, then end')
    .addOption(new Option('--netns <inode>', 'only this network namespace, by its number').argParser(parseInode))
    .addOption(new Option('--netns-of <pid>', 'only the network namespace of this process').argParser(parsePid).conflicts('netns'))
    .addOption(new Option('--way <way>', 'how to look').choices(['auto', 'function', 'tracepoint']).default('auto'))
    .addOption(new Option('--demo-traffic <addresses>').hideHelp())
    .addHelpText('after', `${EXAMPLES}${EXIT_STATUS_HELP}`);
  const options = command.parse([...argv]).opts<TfoOptions>();
  if (options.netnsOf === undefined) return options;
  requireProcess(options.netnsOf);
  const netns = networkNamespace(options.netnsOf);
  return netns === undefined ? options : { ...options, netns };
}

/** Kernel probes compare addresses as numbers: their bytes as this machine (little-endian) reads them. */
function addressGlobals(address: string): readonly (readonly [name: string, value: string])[] {
  const bytes = addressBytes(address);
  if (bytes.length === 4) return [['the_family', '2'], ['the_low', String(bytes.readUInt32LE(0))]];
  return [['the_family', '10'], ['the_high', String(bytes.readBigInt64LE(0))], ['the_low', String(bytes.readBigInt64LE(8))]];
}

/** The globals of a way's script that the options set. */
export function globalsOf(options: TfoOptions, way: Way): Map<string, string> {
  const globals = new Map<string, string>();
  if (options.port !== undefined) globals.set('the_port', String(options.port));
  if (options.addr !== undefined) for (const [name, value] of addressGlobals(options.addr)) globals.set(name, value);
  // The other way sees no failures, and its script has no such global.
  if (options.failed === true && way.name === 'function') globals.set('failed_only', '1');
  if (options.netns !== undefined) globals.set('the_netns', String(options.netns));
  return globals;
}
