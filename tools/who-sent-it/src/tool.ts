/** What who-sent-it is. */
import { addressGlobals, clockTime, parseAddress, parsePort, printable, withPort, type ToolDescription } from '@stapkit/cli-kit';
import { parseProtocol } from './protocols.js';
import { packetLine, packetRow } from './packet.js';
import { destinationRow } from './destinations.js';

export const WHO_SENT_IT: ToolDescription = {
  name: 'who-sent-it',
  summary: 'Shows which processes send IP packets, and where to.',
  about: ['One line for each packet, IPv4 and IPv6, of TCP, UDP, ICMP and all others, with the thread that ran when it was sent.'],
  ways: [
    { name: 'netfilter', file: 'who-sent-it.stp', label: 'netfilter hook LOCAL_OUT', note: 'only packets of this network namespace; --way queue sees all' },
    { name: 'queue', file: 'who-sent-it-queue.stp', label: 'tracepoint net:net_dev_queue', note: 'packets that the firewall drops are not seen, and stacked devices show a packet each' },
  ],
  filters: ['pid', 'tid', 'comm', 'uid', 'cgroup', 'command'],
  options: [
    { flags: '-P, --port <port>', help: 'only packets to this port', parse: parsePort, global: 'dest_port' },
    { flags: '-a, --addr <address>', help: 'only packets to this address', parse: parseAddress, global: (address: string) => addressGlobals('dest', address) },
    { flags: '--proto <protocol>', help: 'only packets of tcp, udp, icmp, sctp or a protocol by its number', parse: parseProtocol, global: 'dest_protocol' },
  ],
  shows: 'events',
  columns: [
    { key: 'time', title: 'TIME', type: 'time', help: 'when it was sent' },
    { key: 'command', title: 'COMMAND', width: 16, help: 'name of the thread' },
    { key: 'pid', type: 'number', help: 'the process' },
    { key: 'tid', title: 'TID', width: 7, type: 'number', help: 'the thread; 0: none, the kernel sent it by itself' },
    { key: 'protocol', title: 'PROTO', width: 6, help: 'TCP, UDP, ICMP, ICMPv6 and others by name, the rest by number' },
    { key: 'source', title: 'SOURCE', width: 21, help: 'the address that it comes from', show: withPort('source_port') },
    { key: 'source_port', type: 'number', help: 'its port; null where there is none' },
    { key: 'destination', title: 'DESTINATION', width: 21, help: 'the address that it goes to', show: withPort('destination_port') },
    { key: 'destination_port', type: 'number', help: 'its port; null where there is none' },
    { key: 'icmp', help: 'of ICMP what it is: "echo request"' },
    { key: 'bytes', title: 'BYTES', width: 6, type: 'number', help: 'its length from the IP header on' },
  ],
  view: {
    flags: '-s, --summary',
    help: 'a table by process and destination in place of the packets',
    global: 'only_summary',
    columns: [
      { key: 'command', title: 'COMMAND', width: 16, help: 'name of the thread' },
      { key: 'pid', title: 'PID', width: 7, type: 'number', help: 'the process; 0: none, the kernel sent it by itself' },
      { key: 'protocol', title: 'PROTO', width: 6, help: 'TCP, UDP, ICMP and so on' },
      { key: 'destination', title: 'DESTINATION', width: 15, help: 'the address that they went to' },
      { key: 'packets', title: 'PACKETS', width: 8, type: 'number', unit: 'count', help: 'how many' },
      { key: 'bytes', title: 'BYTES', width: 8, type: 'number', unit: 'bytes', help: 'their lengths together, from the IP header on' },
    ],
    tables: { live: true, sort: 'packets', top: 20 },
  },
  reader: (options) => (options['summary'] === true
    ? { row: destinationRow }
    : { row: packetRow, line: (row) => `${options.timestamp === true ? `${clockTime(Number(row['time']), { utc: options.utc === true, precise: true })} ` : ''}${printable(packetLine(row))}` }),
  examples: [
    ['who-sent-it', 'every packet'],
    ['who-sent-it --port 53', 'who asks name servers'],
    ['who-sent-it --addr 192.0.2.7 --proto icmp', 'who pings'],
    ['who-sent-it -s -i 1', 'each second, who sends most'],
    ["who-sent-it -c 'curl example.org' --json", 'what a command sends'],
  ],
  sections: [
    ['CAVEATS', [
      'The thread is the one that ran. What TCP sends because a packet came in (acknowledgements, more of a window) or a timer ran out is sent in whatever thread was interrupted; of an idle processor it is swapper, with the number 0.',
      'Of a packet that is sent in fragments, those after the first have no ports. By the netfilter hook packets are seen whole.',
      'A packet that a network card is to cut into segments is one packet here.',
    ]],
  ],
};
