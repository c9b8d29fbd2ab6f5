/** What tfo-watch is. */
import { InvalidArgumentError } from 'commander';
import { UsageError, addressGlobals, networkNamespace, parseAddress, parseCount, parseInode, parsePid, parsePort, requireProcess, withPort, type ToolDescription, type ToolOptions } from '@stapkit/cli-kit';
import { DemoTraffic } from './demo.js';
import { runDemoTraffic } from './demo-traffic.js';
import { Watching, type TfoOptions } from './watching.js';

function parseNamespaceOf(text: string): number {
  const pid = parsePid(text);
  requireProcess(pid);
  const netns = networkNamespace(pid);
  if (netns === undefined) throw new InvalidArgumentError(`the network namespace of process ${pid} may not be looked at.`);
  return netns;
}

/** The traffic alone, or options that watch the traffic's network. */
async function prepare(given: ToolOptions): Promise<ToolOptions | number> {
  const options = given as TfoOptions;
  if (options.demoTraffic !== undefined) return runDemoTraffic(options.demoTraffic);
  const netns = options.netns ?? (options['netnsOf'] as number | undefined);
  const scoped: TfoOptions = netns === undefined ? options : { ...options, netns };
  if (options.demo !== true || options.printScript === true || options.dryRun === true) return scoped;
  const traffic = await DemoTraffic.start();
  return { ...scoped, netns: traffic.netns, traffic };
}

export const TFO_WATCH: ToolDescription = {
  name: 'tfo-watch',
  summary: 'Shows TCP Fast Open attempts that reach servers on this machine.',
  about: ['One row for each SYN with a cookie: taken (OK) or refused (FAILED). What only asks for a cookie is no attempt: --cookies shows it, --summary counts it.'],
  ways: [
    { name: 'function', file: 'tfo-watch.stp', label: 'kernel function tcp_try_fastopen' },
    { name: 'tracepoint', file: 'tfo-watch-tracepoint.stp', label: 'tracepoint sock:inet_sock_set_state', note: 'failed attempts are only counted by the kernel, without addresses' },
  ],
  filters: [],
  options: [
    { flags: '-P, --port <port>', help: 'only this server port', parse: parsePort, global: 'the_port' },
    { flags: '-a, --addr <address>', help: 'only this address, on either side', parse: parseAddress, global: (address: string) => addressGlobals('the', address) },
    { flags: '-x, --failed', help: 'only failures', global: 'failed_only' },
    { flags: '--cookies', help: 'requests for a cookie, too', global: 'with_cookies' },
    { flags: '-s, --summary', help: 'counts and rates by server and by peer at the end', global: 'with_cookies' },
    { flags: '--peers <n>', help: 'in the summary only the n busiest peers (default: 10)', parse: parseCount },
    { flags: '--histogram', help: 'at the end, how long connections waited for accept', global: 'with_accepts' },
    { flags: '--netns <inode>', help: 'only this network namespace, by its number', parse: parseInode, global: 'the_netns' },
    { flags: '--netns-of <pid>', help: 'only the network namespace of this process', parse: parseNamespaceOf },
    { flags: '--demo', help: 'show connections that it makes itself, then end' },
    { flags: '--demo-traffic <addresses>', help: '', hidden: true },
  ],
  shows: 'events',
  // IPv4 rows fit 80 characters.
  columns: [
    { key: 'time', title: 'TIME', type: 'time', width: 8, help: 'when the SYN came' },
    { key: 'result', title: 'RESULT', width: 6, help: 'OK, FAILED or COOKIE', style: ({ result }) => (result === 'FAILED' ? 'red' : undefined) },
    { key: 'source', title: 'SOURCE', width: 21, help: 'the client', show: withPort('source_port') },
    { key: 'source_port', type: 'number', help: 'its port' },
    { key: 'destination', title: 'DESTINATION', width: 21, help: 'the server', show: withPort('destination_port') },
    { key: 'destination_port', type: 'number', help: 'its port' },
    { key: 'pid', title: 'PID', width: 7, type: 'number', help: 'the process that listens there, from /proc; - when it was gone by then' },
    { key: 'command', title: 'COMMAND', width: 12, help: 'its name', show: (command, { source, count }) => (source === null ? `${count ?? ''} counted by the kernel, at any address` : command) },
    { key: 'on_cpu_pid', type: 'number', help: 'what ran on the CPU: on loopback the client, else whoever it interrupted' },
    { key: 'on_cpu_command', help: 'its name' },
    { key: 'netns', type: 'number', help: "the server's network namespace, as in readlink /proc/PID/ns/net" },
    { key: 'count', type: 'number', help: '1; more in a row that only tells a number of failures' },
  ],
  reader: (options) => new Watching(options),
  prepare,
  endsByItself: (options) => options['demo'] === true,
  check: (options) => {
    if (options['netns'] !== undefined && options['netnsOf'] !== undefined) throw new UsageError('--netns and --netns-of exclude each other');
  },
  examples: [
    ['tfo-watch', 'every attempt at servers here'],
    ['tfo-watch --port 443 --failed', 'only failed ones at port 443'],
    ['tfo-watch --addr 192.0.2.7 --json', 'those of one peer, as JSON'],
    ['tfo-watch -d 60 --summary --histogram', 'a minute, then counts'],
    ['tfo-watch --demo', 'connections of its own'],
  ],
  sections: [
    ['CAVEATS', [
      'What this machine does as a client is not seen, nor cookies that a SYN proxy or a load balancer in front of it handles.',
      'Fast Open must be switched on for servers (sysctl net.ipv4.tcp_fastopen, bit 2) and by the socket of the server.',
    ]],
  ],
};
