/** One call of open, openat or openat2. */
import { isoTime, textOfBytes, unescapeBytes, type Column, type Row } from '@stapkit/cli-kit';

export interface Opened {
  /** Microseconds since the epoch. */
  readonly timeUs: number;
  readonly pid: number;
  readonly tid: number;
  /** The descriptor, or minus the error number. */
  readonly result: number;
  readonly call: string;
  /** The arguments as strace would print them. */
  readonly args: string;
  readonly command: string;
}

/** Reads a line of strace-open.stp; undefined when it is none. */
export function parseOpened(line: string): Opened | undefined {
  const [timeUs, pid, tid, result, call, args, ...command] = line.split('\t');
  if (call === undefined || args === undefined || !/^\d+$/.test(timeUs ?? '')) return undefined;
  return { timeUs: Number(timeUs), pid: Number(pid), tid: Number(tid), result: Number(result), call, args, command: command.join('\t') };
}

/** The path among the arguments as the process gave it; null when the kernel could not read it. */
export function fileOf(args: string): string | null {
  const quoted = /"((?:[^"\\]|\\.)*)"/.exec(args)?.[1];
  return quoted === undefined ? null : textOfBytes(unescapeBytes(quoted));
}

/** As the script's users know it: `redis-server(1511) open ("/proc/1511/stat", O_RDONLY) = 7`. */
export function displayLine(opened: Opened, errorName: (errno: number) => string): string {
  const { command, pid, call, args, result } = opened;
  const outcome = result < 0 ? `-1 ${errorName(-result)}` : String(result);
  return `${command}(${pid}) ${call} (${args}) = ${outcome}`;
}

export const DATA_COLUMNS: readonly Column[] = ['time', 'command', 'pid', 'tid', 'call', 'file', 'args', 'result', 'error'].map((key) => ({ key, title: key, width: 1 }));

export function dataRow(opened: Opened, errorName: (errno: number) => string): Row {
  return {
    time: isoTime(opened.timeUs),
    command: opened.command,
    pid: opened.pid,
    tid: opened.tid,
    call: opened.call,
    file: fileOf(opened.args),
    args: opened.args,
    result: opened.result < 0 ? -1 : opened.result,
    error: opened.result < 0 ? errorName(-opened.result) : null,
  };
}
