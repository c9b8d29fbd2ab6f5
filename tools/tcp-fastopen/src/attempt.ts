/** One Fast Open attempt: from the script's line to a row. */
import type { Row } from '@stapkit/cli-kit';

export interface Attempt {
  /** Microseconds since the epoch. */
  readonly timeUs: number;
  /** COOKIE: it only asked for one. */
  readonly result: 'OK' | 'FAILED' | 'COOKIE';
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

/** Reads the fields of a line of tfo-watch.stp; undefined when it is none. */
export function parseAttempt([timeUs, result, netns, source, sourcePort, destination, destinationPort, pid, ...command]: readonly string[]): Attempt | undefined {
  if (!/^\d+$/.test(timeUs ?? '') || (result !== 'OK' && result !== 'FAILED' && result !== 'COOKIE') || source === undefined || destination === undefined || pid === undefined) return undefined;
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

export function attemptRow(attempt: Attempt, owner: Owner | undefined): Row {
  return {
    time: attempt.timeUs,
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
export function countedRow(count: number, timeUs: number): Row {
  return { time: timeUs, result: 'FAILED', source: null, source_port: null, destination: null, destination_port: null, pid: null, command: null, on_cpu_pid: null, on_cpu_command: null, netns: null, count };
}
