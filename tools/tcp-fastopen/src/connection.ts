/** One Fast Open attempt, as the script's line tells it and as rows show it. */
import type { Column, Row } from '@stapkit/cli-kit';

export interface Attempt {
  /** Microseconds since the epoch. */
  readonly timeUs: number;
  readonly result: 'OK' | 'FAILED';
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  /** The process that was on the CPU: the client on loopback; unknown (0) when the packet came from outside and met an idle CPU. */
  readonly pid: number;
  readonly command: string;
}

/** IPv4 addresses of dual-stack sockets, as people write them. */
const unmapped = (address: string): string => (/^::ffff:\d+\.\d+\.\d+\.\d+$/.test(address) ? address.slice(7) : address);

/** Reads a line of tfo-watch.stp; undefined when it is none. */
export function parseAttempt(line: string): Attempt | undefined {
  const [timeUs, result, source, sourcePort, destination, destinationPort, pid, ...command] = line.split('\t');
  if ((result !== 'OK' && result !== 'FAILED') || source === undefined || destination === undefined || pid === undefined) return undefined;
  return {
    timeUs: Number(timeUs),
    result,
    source: unmapped(source),
    sourcePort: Number(sourcePort),
    destination: unmapped(destination),
    destinationPort: Number(destinationPort),
    pid: Number(pid),
    command: command.join('\t'),
  };
}

export const COLUMNS: readonly Column[] = [
  { key: 'time', title: 'TIME', width: 12 },
  { key: 'result', title: 'RESULT', width: 6 },
  { key: 'from', title: 'SOURCE', width: 21 },
  { key: 'to', title: 'DESTINATION', width: 21 },
  { key: 'pid', title: 'PID', width: 7, align: 'right' },
  { key: 'command', title: 'COMMAND', width: 15 },
];

/** Columns of CSV output: the same fields as JSON. */
export const DATA_COLUMNS: readonly Column[] = ['time', 'result', 'source', 'source_port', 'destination', 'destination_port', 'pid', 'command', 'count'].map((key) => ({ key, title: key, width: 1 }));

const endpoint = (address: string, port: number): string => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);

/** For people: local time of day, one column an endpoint. */
export function displayRow(attempt: Attempt): Row {
  const time = new Date(attempt.timeUs / 1000);
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
  return {
    time: `${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`,
    result: attempt.result,
    from: endpoint(attempt.source, attempt.sourcePort),
    to: endpoint(attempt.destination, attempt.destinationPort),
    pid: attempt.pid === 0 ? null : attempt.pid,
    command: attempt.pid === 0 ? null : attempt.command,
  };
}

/** For programs. */
export function dataRow(attempt: Attempt): Row {
  return {
    time: new Date(attempt.timeUs / 1000).toISOString(),
    result: attempt.result,
    source: attempt.source,
    source_port: attempt.sourcePort,
    destination: attempt.destination,
    destination_port: attempt.destinationPort,
    pid: attempt.pid === 0 ? null : attempt.pid,
    command: attempt.pid === 0 ? null : attempt.command,
  };
}
