/** What tcp-retrans is. */
import { SOCKET_OPTIONS, withPort, type Row, type ToolColumn, type ToolDescription, type ToolOptions, type ToolReader } from '@stapkit/cli-kit';
import { Connections, segmentRow } from './segments.js';

const ENDS: readonly ToolColumn[] = [
  { key: 'local', title: 'LOCAL', width: 20, help: 'the address on this machine', show: withPort('local_port') },
  { key: 'local_port', type: 'number', help: 'its port' },
  { key: 'remote', title: 'REMOTE', width: 20, help: 'the address of the other side', show: withPort('remote_port') },
  { key: 'remote_port', type: 'number', help: 'its port' },
  { key: 'state', title: 'STATE', width: 12, help: 'state of the socket' },
];

function reader(options: ToolOptions): ToolReader {
  if (options['summary'] !== true) return { row: segmentRow };
  const connections = new Connections();
  return {
    row: (fields): readonly Row[] => {
      if (fields[0] === 'tick') return connections.take();
      const segment = segmentRow(fields);
      if (segment !== undefined) connections.add(segment);
      return [];
    },
  };
}

export const TCP_RETRANS: ToolDescription = {
  name: 'tcp-retrans',
  summary: 'Shows what TCP sends again, and on which connections.',
  about: ['One row for each segment that is sent again, IPv4 and IPv6: by a timer, by a fast retransmission or as a probe for loss; and for each answer to a SYN.'],
  ways: [{ name: 'tracepoints', file: 'tcp-retrans.stp', label: 'tracepoints tcp:tcp_retransmit_skb and tcp:tcp_retransmit_synack' }],
  filters: [],
  options: SOCKET_OPTIONS,
  shows: 'events',
  columns: [
    { key: 'time', title: 'TIME', type: 'time', help: 'when it was sent again' },
    ...ENDS,
    { key: 'flags', title: 'FLAGS', width: 7, help: 'of the segment: SYN, FIN, PSH, ACK, joined by +' },
    { key: 'bytes', title: 'BYTES', width: 5, type: 'number', help: 'of data in it' },
    { key: 'sequence', type: 'number', help: 'its sequence number' },
    { key: 'congestion', title: 'WHY', width: 8, help: 'state of congestion: Open (a probe for loss, or a first timeout), Disorder, CWR, Recovery (fast retransmission), Loss (a timeout)' },
    { key: 'total', type: 'number', help: 'segments that this socket has sent again so far' },
    { key: 'error', type: 'number', help: 'an errno as a negative number when it could not be sent; 0 before Linux 6.15, too', style: ({ error }) => (error === 0 ? undefined : 'red') },
  ],
  view: {
    flags: '-s, --summary',
    help: 'counts by connection in place of the segments',
    global: 'only_summary',
    columns: [
      ...ENDS,
      { key: 'segments', title: 'SEGMENTS', width: 8, type: 'number', unit: 'count', help: 'how many were sent again' },
      { key: 'bytes', title: 'BYTES', width: 8, type: 'number', unit: 'bytes', help: 'data in them' },
    ],
    tables: { live: true, sort: 'segments', top: 20 },
  },
  reader,
  examples: [
    ['tcp-retrans', 'everything that is sent again'],
    ['tcp-retrans --remote 192.0.2.7', 'what is sent again to one peer'],
    ['tcp-retrans -s -i 5', 'every five seconds, the connections that do it most'],
    ['tcp-retrans -d 60 --csv -o again.csv', 'a minute, for a spreadsheet'],
  ],
  sections: [
    ['CAVEATS', [
      'The process of a socket is not shown: a timer or a packet is what has segments sent again, in whatever process it interrupts.',
      'A segment that TCP cuts before it sends it again is shown as it is cut.',
    ]],
  ],
};
