/** What tcp-state is. */
import { SOCKET_OPTIONS, withPort, type Row, type ToolColumn, type ToolDescription, type ToolOptions, type ToolReader } from '@stapkit/cli-kit';
import { LiveSockets, parseChange } from './changes.js';

const LOCAL: ToolColumn = { key: 'local', title: 'LOCAL', width: 19, help: 'the address on this machine; its port is 0 before connect has chosen one', show: withPort('local_port') };
const LOCAL_PORT: ToolColumn = { key: 'local_port', type: 'number', help: 'its port' };
const REMOTE: ToolColumn = { key: 'remote', title: 'REMOTE', width: 19, help: 'the address of the other side', show: withPort('remote_port') };
const REMOTE_PORT: ToolColumn = { key: 'remote_port', type: 'number', help: 'its port' };
const RETRANSMITS: ToolColumn = { key: 'retransmits', title: 'RETR', width: 4, type: 'number', help: 'segments that were sent again', style: ({ retransmits }) => (Number(retransmits) > 0 ? 'red' : undefined) };
const PID: ToolColumn = { key: 'pid', type: 'number', help: 'the process that it belongs to; null when it is not known yet' };
const COMMAND: ToolColumn = { key: 'command', help: 'its name' };

function reader(options: ToolOptions): ToolReader {
  if (options['live'] !== true) return { row: (fields) => parseChange(fields)?.row };
  const sockets = new LiveSockets();
  return {
    row: (fields): readonly Row[] => {
      if (fields[0] === 'tick') return sockets.rows(Date.now() * 1000);
      const change = parseChange(fields);
      if (change !== undefined) sockets.change(change);
      return [];
    },
  };
}

export const TCP_STATE: ToolDescription = {
  name: 'tcp-state',
  summary: 'Shows how TCP connections change their states, and how long that takes.',
  about: ['One row for each change of state, IPv4 and IPv6, with the time that the socket was in the old state and what it sent again there; and one for each segment that is sent again.'],
  ways: [{ name: 'tracepoints', file: 'tcp-state.stp', label: 'tracepoints sock:inet_sock_set_state and tcp:tcp_retransmit_skb' }],
  filters: ['pid', 'comm', 'uid', 'cgroup', 'command'],
  options: SOCKET_OPTIONS,
  shows: 'events',
  columns: [
    { key: 'time', title: 'TIME', type: 'time', help: 'when it changed' },
    LOCAL, LOCAL_PORT, REMOTE, REMOTE_PORT,
    { key: 'old_state', title: 'STATE', width: 11, help: 'the state that it leaves' },
    { key: 'new_state', title: 'NEW', width: 12, help: 'the state that it comes to; null (shown as "sent again") when it stays and sends a segment again', show: (state) => state ?? 'sent again' },
    { key: 'in_state_us', title: 'IN STATE', width: 8, type: 'number', unit: 'us', help: 'how long it was in the old state; null when that began before' },
    RETRANSMITS, PID, COMMAND,
  ],
  view: {
    flags: '-l, --live',
    help: 'a table of the sockets with their states in place of the changes',
    global: 'only_live',
    columns: [
      { key: 'state', title: 'STATE', width: 11, help: 'its state; CLOSE is shown once' },
      LOCAL, LOCAL_PORT, REMOTE, REMOTE_PORT,
      { key: 'in_state_us', title: 'IN STATE', width: 8, type: 'number', unit: 'us', help: 'how long it has been in it; null when that began before' },
      RETRANSMITS,
      { ...PID, title: 'PID', width: 7 },
      { ...COMMAND, title: 'COMMAND', width: 10 },
    ],
    tables: { live: true, interval: 1, sort: 'in_state_us' },
  },
  reader,
  examples: [
    ['tcp-state', 'all sockets'],
    ['tcp-state --remote 192.0.2.7:443', 'connections to one server'],
    ['tcp-state --local :80 --live', 'those to port 80, as a table that is drawn anew'],
    ["tcp-state -c 'curl example.org'", 'those of a command'],
  ],
  sections: [
    ['CAVEATS', [
      'A socket that goes to CLOSE from FIN_WAIT2, CLOSING or FIN_WAIT1 may live on as a small record in TIME_WAIT, and a connection that is being made is one in NEW_SYN_RECV: the kernel tells of no changes of these. BOUND_INACTIVE is a name that only the socket diagnosis uses.',
      "A process's filter (--pid and so on) knows a socket from connect, listen, accept or close on. What a server's connection does before accept is then not shown.",
      'Sockets that nothing happened to are not in the table of --live.',
    ]],
  ],
};
