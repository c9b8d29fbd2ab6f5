/** One Fast Open attempt, as the script's line tells it and as rows show it. */
import { clockTime, isoTime, type Column, type Row } from '@stapkit/cli-kit';

export interface Attempt {
  /** Microseconds since the epoch. */
  readonly timeUs: number;
  readonly result: 'OK' | 'FAILED';
  /** Inode of the server's network namespace. */
  readonly netns: number;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  /** The process that was on the CPU: the client on loopback; else whoever the packet interrupted (0: nobody). */
  readonly onCpuPid: number;
  readonly onCpuCommand: string;
}

/** The process that listens at the destination. */
export interface Owner {
  readonly pid: number;
  readonly command: string;
}

/** Reads a line of tfo-watch.stp; undefined when it is none. */
export function parseAttempt(line: string): Attempt | undefined {
  const [timeUs, result, netns, source, sourcePort, destination, destinationPort, pid, ...command] = line.split('\t');
  if (!/^\d+$/.test(timeUs ?? '') || (result !== 'OK' && result !== 'FAILED') || source === undefined || destination === undefined || pid === undefined) return undefined;
  return {
    timeUs: Number(timeUs),
    result,
    netns: Number(netns),
    source,
    sourcePort: Number(sourcePort),
    destination,
    destinationPort: Number(destinationPort),
    onCpuPid: Number(pid),
    onCpuCommand: command.join('\t'),
  };
}

/** 80 characters, as long as addresses are IPv4. */
export const COLUMNS: readonly Column[] = [
  { key: 'time', title: 'TIME', width: 8 },
  { key: 'result', title: 'RESULT', width: 6 },
  { key: 'from', title: 'SOURCE', width: 21 },
  { key: 'to', title: 'DESTINATION', width: 21 },
  { key: 'pid', title: 'PID', width: 7, align: 'right' },
  { key: 'command', title: 'COMMAND', width: 12 },
];

/** Columns of CSV output: the same fields as JSON. */
export const DATA_COLUMNS: readonly Column[] = ['time', 'result', 'source', 'source_port', 'destination', 'destination_port', 'pid', 'command', 'on_cpu_pid', 'on_cpu_command', 'netns', 'count'].map((key) => ({ key, title: key, width: 1 }));

export const endpoint = (address: string, port: number): string => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);

/** For people: local time, one column an endpoint. */
export function displayRow(attempt: Attempt, owner: Owner | undefined): Row {
  return {
    time: clockTime(attempt.timeUs),
    result: attempt.result,
    from: endpoint(attempt.source, attempt.sourcePort),
    to: endpoint(attempt.destination, attempt.destinationPort),
    pid: owner?.pid ?? null,
    command: owner?.command ?? null,
  };
}

/** For programs. */
export function dataRow(attempt: Attempt, owner: Owner | undefined): Row {
  return {
    time: isoTime(attempt.timeUs),
    result: attempt.result,
    source: attempt.source,
    source_port: attempt.sourcePort,
    destination: attempt.destination,
    destination_port: attempt.destinationPort,
    pid: owner?.pid ?? null,
    command: owner?.command ?? null,
    on_cpu_pid: attempt.onCpuPid === 0 ? null : attempt.onCpuPid,
    on_cpu_command: attempt.onCpuPid === 0 ? null : attempt.onCpuCommand,
    netns: attempt.netns,
    count: 1,
  };
}

/** Failures that only the kernel's counter tells of, in a row of their own. */
export function countedRow(count: number, timeUs: number, format: 'people' | 'programs', scope: string): Row {
  if (format === 'people') return { time: clockTime(timeUs), result: 'FAILED', from: null, to: null, pid: null, command: `${count} counted by the kernel${scope}` };
  return { time: isoTime(timeUs), result: 'FAILED', source: null, source_port: null, destination: null, destination_port: null, pid: null, command: null, on_cpu_pid: null, on_cpu_command: null, netns: null, count };
}
