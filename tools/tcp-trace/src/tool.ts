/** What tcp-trace is. */
import { InvalidArgumentError } from 'commander';
import { FILTER_GROUP, SOCKET_OPTIONS, UsageError, addressGlobals, parseEndpoint, withPort, type EndpointFilter, type ToolColumn, type ToolDescription, type ToolOptions } from '@stapkit/cli-kit';
import { Changes, VALUES, eventRow, type ValueName } from './events.js';

const isValue = (name: string): name is ValueName => Object.hasOwn(VALUES, name);

function parseValues(text: string): readonly ValueName[] {
  if (text === 'all') return Object.keys(VALUES) as ValueName[];
  const names = text.split(',');
  const wrong = names.find((name) => !isValue(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`'${wrong}' is no value: ${Object.keys(VALUES).join(', ')}, or all.`);
  return names as ValueName[];
}

interface Rule { readonly local: EndpointFilter; readonly remote: EndpointFilter }

/** `LOCAL:PORT-REMOTE:PORT`, each part or both of a side `*`. */
function parseRule(text: string): Rule {
  const [local, remote, ...rest] = text.split('-');
  if (local === undefined || remote === undefined || rest.length > 0) throw new InvalidArgumentError(`'${text}' is no rule: write LOCAL:PORT-REMOTE:PORT, * for any.`);
  const side = (one: string): EndpointFilter => {
    const meant = one.replace(/:\*$/, '');
    return meant === '*' || meant === '' ? {} : parseEndpoint(meant);
  };
  return { local: side(local), remote: side(remote) };
}

function ruleGlobals(rule: Rule): Readonly<Record<string, string | number>> {
  const side = (name: 'local' | 'remote'): Readonly<Record<string, string | number>> => {
    const { address, port } = rule[name];
    return { ...(address === undefined ? {} : addressGlobals(name, address)), ...(port === undefined ? {} : { [`${name}_port`]: port }) };
  };
  return { ...side('local'), ...side('remote') };
}

const DEFAULT_VALUES: readonly ValueName[] = ['state', 'txq', 'rxq', 'length'];
const valuesOf = (options: ToolOptions): readonly ValueName[] => (options['values'] as readonly ValueName[] | undefined) ?? DEFAULT_VALUES;

const VALUE_COLUMNS: readonly (ToolColumn & { readonly name: ValueName })[] = [
  { name: 'state', key: VALUES.state, title: 'STATE', width: 11, help: 'state of the socket; of a change the new one' },
  { name: 'timer', key: VALUES.timer, title: 'TIMER', width: 7, help: 'the timer that is set: rexmit, probe (of a window of 0), loss (a probe), reorder' },
  { name: 'txq', key: VALUES.txq, title: 'TX-Q', width: 6, type: 'number', help: 'bytes that were written and not acknowledged' },
  { name: 'rxq', key: VALUES.rxq, title: 'RX-Q', width: 6, type: 'number', help: 'bytes that came in and were not read' },
  { name: 'pmtu', key: VALUES.pmtu, title: 'PMTU', width: 6, type: 'number', help: 'MTU of the path' },
  { name: 'cwnd', key: VALUES.cwnd, title: 'SNDCWND', width: 7, type: 'number', help: 'congestion window, in segments' },
  { name: 'swnd', key: VALUES.swnd, title: 'SNDWND', width: 7, type: 'number', help: "the peer's window, in bytes" },
  { name: 'rwnd', key: VALUES.rwnd, title: 'RCVWND', width: 7, type: 'number', help: 'our window, in bytes' },
  { name: 'srtt', key: VALUES.srtt, title: 'SRTT', width: 7, type: 'number', unit: 'us', help: 'smoothed round trip time' },
  { name: 'ssthresh', key: VALUES.ssthresh, title: 'SSTHRESH', width: 8, type: 'number', help: 'threshold of slow start, in segments; null while there is none' },
  { name: 'rexmit', key: VALUES.rexmit, title: 'REXMIT', width: 6, type: 'number', help: 'segments sent again so far' },
  { name: 'length', key: VALUES.length, title: 'LENGTH', width: 6, type: 'number', help: 'data in the segment, in bytes' },
];

/** Values that were not asked for are in JSON and CSV alone. */
const columnsWith = (names: readonly ValueName[]): readonly ToolColumn[] => [
  { key: 'time', title: 'TIME', type: 'time', help: 'when it was' },
  { key: 'event', title: 'EVENT', width: 5, help: 'send, recv (a segment), again (sent again), state (a change)' },
  { key: 'local', title: 'LOCAL', width: 20, help: 'the address on this machine', show: withPort('local_port') },
  { key: 'local_port', type: 'number', help: 'its port' },
  { key: 'remote', title: 'REMOTE', width: 20, help: 'the address of the other side', show: withPort('remote_port') },
  { key: 'remote_port', type: 'number', help: 'its port' },
  ...VALUE_COLUMNS.map(({ name, title, ...column }) => (names.includes(name) ? { ...column, ...(title === undefined ? {} : { title }) } : column)),
];

export const TCP_TRACE: ToolDescription = {
  name: 'tcp-trace',
  summary: 'Shows each segment of TCP connections with the state of the socket.',
  about: ['One row for each segment that a socket sends or that comes in on an established connection, for what is sent again and for changes of state, IPv4 and IPv6: queues, windows, round trip time and thresholds at that moment.'],
  ways: [{ name: 'tracepoints', file: 'tcp-trace.stp', label: 'tracepoints tcp:tcp_probe, net:net_dev_queue, tcp:tcp_retransmit_skb and sock:inet_sock_set_state' }],
  filters: [],
  options: [
    ...SOCKET_OPTIONS,
    { flags: '--rule <rule>', help: 'only connections of this form: LOCAL:PORT-REMOTE:PORT, * for any', parse: parseRule, global: ruleGlobals, group: FILTER_GROUP },
    { flags: '--values <names>', help: `columns: all, or of ${Object.keys(VALUES).join(', ')}; default: ${DEFAULT_VALUES.join(',')}`, parse: parseValues },
    { flags: '--update <when>', help: 'rows at each event, or when one of the values changes', choices: ['all', 'change'], default: 'all' },
  ],
  shows: 'events',
  columns: columnsWith(DEFAULT_VALUES),
  columnsFor: (options) => columnsWith(valuesOf(options)),
  reader: (options) => {
    const changes = options['update'] === 'change' ? new Changes(valuesOf(options)) : undefined;
    return {
      row: (fields) => {
        const event = eventRow(fields);
        return event === undefined || changes?.isNew(event.socket, event.row) === false ? undefined : event.row;
      },
    };
  },
  check: (options) => {
    if (options['rule'] !== undefined && (options['local'] !== undefined || options['remote'] !== undefined)) throw new UsageError('--rule excludes --local and --remote');
  },
  examples: [
    ['tcp-trace --port 443', 'all connections of a port'],
    ["tcp-trace --rule '*:*-192.0.2.7:80' --values all", 'all that is known of those to a server'],
    ['tcp-trace --local :80 --values cwnd,ssthresh,rexmit --update change', 'how congestion goes'],
    ['tcp-trace --remote 192.0.2.7 --csv -o trace.csv', 'for a spreadsheet'],
  ],
  sections: [
    ['CAVEATS', [
      'Values are those at the moment of the event: of a segment that comes in, before it was taken; of a change of state, before it.',
      'Segments that come in before a connection is established or after it was closed, and those that are dropped before, are seen by their changes of state alone. A segment that is sent again is a row "again" and, when it goes to the device, one "send".',
      'A segment that the network card is to cut is one here.',
    ]],
  ],
};
