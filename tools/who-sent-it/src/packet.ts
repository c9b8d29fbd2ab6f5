/** One packet: from the script's line to a row, and as the line that people read. */
import { endpointText, type Row } from '@stapkit/cli-kit';
import { icmpName, protocolName } from './protocols.js';

/** Protocols whose packets have ports. */
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);

/** Reads the fields of a line of who-sent-it.stp; undefined when it is none. */
export function packetRow([time, pid, tid, protocol, icmp, source, sourcePort, destination, destinationPort, bytes, ...command]: readonly string[]): Row | undefined {
  if (!/^\d+$/.test(time ?? '') || bytes === undefined || command.length === 0) return undefined;
  const number = Number(protocol);
  // Later fragments have none.
  const port = (text: string | undefined): number | null => (WITH_PORTS.has(number) && text !== '0' ? Number(text) : null);
  return {
    time: Number(time),
    command: command.join('\t'),
    pid: Number(pid),
    tid: Number(tid),
    protocol: protocolName(number),
    source: source ?? null,
    source_port: port(sourcePort),
    destination: destination ?? null,
    destination_port: port(destinationPort),
    icmp: icmpName(number, Number(icmp)),
    bytes: Number(bytes),
  };
}

/** `curl[1511] sent packet to 192.0.2.1:443 TCP 60 bytes`. */
export function packetLine(row: Row): string {
  const port = row['destination_port'];
  const what = row['icmp'] === null ? '' : ` ${row['icmp'] ?? ''}`;
  return `${row['command'] ?? ''}[${row['tid'] ?? ''}] sent packet to ${endpointText(String(row['destination']), typeof port === 'number' ? port : null)} ${row['protocol'] ?? ''}${what} ${row['bytes'] ?? ''} bytes`;
}
