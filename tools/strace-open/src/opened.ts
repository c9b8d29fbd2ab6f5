/** One call of open, openat or openat2: from the script's line to a row, and as strace would show it. */
import { errorName, textOfBytes, unescapeBytes, type Row } from '@stapkit/cli-kit';

/** The path among the arguments as the process gave it; null when the kernel could not read it. */
export function fileOf(args: string): string | null {
  const quoted = /"((?:[^"\\]|\\.)*)"/.exec(args)?.[1];
  return quoted === undefined ? null : textOfBytes(unescapeBytes(quoted));
}

/** A line of strace-open.stp as a row; undefined when it is none. */
export function openedRow([timeUs = '', pid, tid, result, call, args, ...command]: readonly string[]): Row | undefined {
  if (call === undefined || args === undefined || !/^\d+$/.test(timeUs)) return undefined;
  const value = Number(result);
  return {
    time: Number(timeUs),
    command: command.join('\t'),
    pid: Number(pid),
    tid: Number(tid),
    call,
    file: fileOf(args),
    args,
    result: value < 0 ? -1 : value,
    error: value < 0 ? errorName(-value) : null,
  };
}

/** As the script's users know it: `redis-server(1511) open ("/proc/1511/stat", O_RDONLY) = 7`. */
export function displayLine({ command, pid, call, args, result, error }: Row): string {
  return `${command ?? ''}(${pid ?? ''}) ${call ?? ''} (${args ?? ''}) = ${result ?? ''}${error === null || error === undefined ? '' : ` ${error}`}`;
}
