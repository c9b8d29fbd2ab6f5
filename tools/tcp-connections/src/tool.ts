/** What tcp-connections is. */
import { SOCKET_OPTIONS, type Row, type ToolDescription } from '@stapkit/cli-kit';

/** How full the queue of the listening socket is: red when no more connections fit. */
const queue = ({ waiting, queue_limit: limit }: Row): string | null => (waiting === null || waiting === undefined ? null : `${waiting}/${limit ?? ''}`);

export const TCP_CONNECTIONS: ToolDescription = {
  name: 'tcp-connections',
  summary: 'Shows the TCP connections that servers on this machine accept.',
  about: ['One row for each connection when the server takes it, IPv4 and IPv6, with how many others still wait in its accept queue.'],
  ways: [
    { name: 'function', file: 'tcp-connections.stp', label: 'kernel function inet_csk_accept' },
    { name: 'syscalls', file: 'tcp-connections-syscalls.stp', label: 'returns of accept and accept4', note: 'what io_uring and the kernel itself accept is not seen' },
  ],
  filters: ['pid', 'tid', 'comm', 'uid', 'cgroup', 'command'],
  options: SOCKET_OPTIONS,
  shows: 'events',
  columns: [
    { key: 'time', title: 'TIME', type: 'time', help: 'when it was accepted' },
    { key: 'uid', title: 'UID', width: 6, align: 'right', type: 'number', help: "the server's user" },
    { key: 'command', title: 'CMD', width: 16, align: 'right', help: "the name of the server's thread" },
    { key: 'pid', title: 'PID', width: 7, type: 'number', help: 'its process' },
    { key: 'tid', type: 'number', help: 'its thread' },
    { key: 'address', help: 'the address that the client connected to' },
    { key: 'port', title: 'PORT', width: 6, type: 'number', help: 'its port' },
    { key: 'source', title: 'IP_SOURCE', width: 16, align: 'right', help: 'where the connection comes from' },
    { key: 'source_port', type: 'number', help: 'its port there' },
    { key: 'waiting', title: 'QUEUE', width: 9, type: 'number', help: 'connections that still wait for accept, and how many may', show: (_value, row) => queue(row), style: ({ waiting, queue_limit: limit }) => (Number(waiting) > 0 && Number(waiting) >= Number(limit) ? 'red' : undefined) },
    { key: 'queue_limit', type: 'number', help: 'how many may wait there; one more is let in' },
  ],
  reader: () => ({ row: acceptedRow }),
  examples: [
    ['tcp-connections', 'every connection that is accepted'],
    ['tcp-connections --local :443', 'those to port 443'],
    ['tcp-connections --comm nginx --remote 192.0.2.7', 'those from one peer to nginx'],
    ['tcp-connections -d 60 --csv -o accepted.csv', 'a minute, for a spreadsheet'],
  ],
  sections: [
    ['CAVEATS', [
      'A connection that nobody accepts does not appear, nor one that the kernel turns away because the queue is full.',
      'The queue is that of the listening socket after this connection was taken from it. Servers with SO_REUSEPORT have several sockets with a queue each.',
    ]],
  ],
};

/** Reads the fields of a line of the scripts; undefined when it is none. */
export function acceptedRow([time, uid, pid, tid, address, port, source, sourcePort, waiting, limit, ...command]: readonly string[]): Row | undefined {
  if (!/^\d+$/.test(time ?? '') || limit === undefined || command.length === 0) return undefined;
  return {
    time: Number(time),
    uid: Number(uid),
    command: command.join('\t'),
    pid: Number(pid),
    tid: Number(tid),
    address: address ?? null,
    port: Number(port),
    source: source ?? null,
    source_port: Number(sourcePort),
    waiting: waiting === '-1' ? null : Number(waiting),
    queue_limit: limit === '-1' ? null : Number(limit),
  };
}
