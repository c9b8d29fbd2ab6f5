/** What tcp-life is. */
import { SOCKET_OPTIONS, parseDuration, withPort, type ToolDescription } from '@stapkit/cli-kit';
import { connectionRow } from './connection.js';

export const TCP_LIFE: ToolDescription = {
  name: 'tcp-life',
  summary: 'Shows TCP connections when they are over: how long, how much, whose.',
  about: ['One row for each connection that ends, IPv4 and IPv6, in and out, with the process that it belonged to, the data that it carried and how long it lasted.'],
  ways: [{ name: 'tracepoints', file: 'tcp-life.stp', label: 'tracepoint sock:inet_sock_set_state' }],
  filters: ['pid', 'comm', 'uid', 'cgroup', 'command'],
  options: [
    ...SOCKET_OPTIONS,
    { flags: '--longer <time>', help: 'only those that lasted so long: 250ms, 10, 5m', parse: parseDuration, global: (seconds: number) => ({ longer_than: Math.round(seconds * 1e6) }) },
  ],
  shows: 'events',
  columns: [
    { key: 'time', title: 'TIME', type: 'time', help: 'when it was over' },
    { key: 'pid', title: 'PID', width: 7, type: 'number', help: 'the process that it belonged to; null when it is not known' },
    { key: 'command', title: 'COMMAND', width: 10, help: 'its name' },
    { key: 'local', title: 'LOCAL', width: 20, help: 'the address on this machine', show: withPort('local_port') },
    { key: 'local_port', type: 'number', help: 'its port' },
    { key: 'remote', title: 'REMOTE', width: 20, help: 'the address of the other side', show: withPort('remote_port') },
    { key: 'remote_port', type: 'number', help: 'its port' },
    { key: 'direction', help: 'in: accepted here, out: connected from here; null when it began before' },
    { key: 'sent_bytes', title: 'TX', width: 5, type: 'number', unit: 'bytes', help: 'data sent, each byte once' },
    { key: 'received_bytes', title: 'RX', width: 5, type: 'number', unit: 'bytes', help: 'data received' },
    { key: 'retransmits', type: 'number', help: 'segments that were sent again' },
    { key: 'lasted_us', title: 'LASTED', width: 7, type: 'number', unit: 'us', help: 'from connect or the answer to the SYN to the end; null when it began before' },
  ],
  reader: () => ({ row: connectionRow }),
  examples: [
    ['tcp-life', 'every connection that ends'],
    ['tcp-life --local :443 --longer 10', 'those to port 443 that lasted ten seconds'],
    ['tcp-life --comm nginx --json', 'those of nginx'],
    ["tcp-life -c 'curl example.org'", 'those of a command'],
  ],
  sections: [
    ['CAVEATS', [
      'Over is what the kernel calls CLOSE. The side that closed first keeps a small record in TIME_WAIT after that, which is not counted.',
      "The process is known from connect, accept or close; of a connection that was there before the tool and that a packet or a timer ends, it is not. A process's filter knows a connection from then on.",
    ]],
  ],
};
