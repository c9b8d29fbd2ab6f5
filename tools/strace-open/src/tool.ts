/** What strace-open is. */
import { constants } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { clockTime, printable, styled, wantsColor, type ToolDescription, type ToolOptions } from '@stapkit/cli-kit';
import { displayLine, openedRow } from './opened.js';

/** Flags of open(2) that node knows by name, and O_CLOEXEC and O_TMPFILE of include/uapi/asm-generic/fcntl.h. */
const OPEN_FLAGS: Readonly<Record<string, number>> = { ...Object.fromEntries(Object.entries(constants).filter(([name, value]) => name.startsWith('O_') && value !== 0)), O_CLOEXEC: 0o2000000, O_TMPFILE: 0o20000000 };

function parseOpenFlag(text: string): number {
  const name = text.toUpperCase().replace(/^(?!O_)/, 'O_');
  const value = Object.hasOwn(OPEN_FLAGS, name) ? OPEN_FLAGS[name] : undefined;
  if (value === undefined) throw new InvalidArgumentError(`'${text}' is no flag of open that can be looked for: ${Object.keys(OPEN_FLAGS).join(', ')}.`);
  return value;
}

/** A line like strace's, the time before it when it is wanted, failures in red. */
function lineFor(options: ToolOptions): (row: Parameters<typeof displayLine>[0]) => string {
  const color = wantsColor(options.color, options.output === undefined && process.stdout.isTTY);
  return (row) => {
    const time = options.timestamp === true ? `${clockTime(Number(row['time']), { utc: options.utc === true, precise: true })} ` : '';
    return `${time}${styled(color && row['error'] !== null ? 'red' : undefined, printable(displayLine(row)))}`;
  };
}

export const STRACE_OPEN: ToolDescription = {
  name: 'strace-open',
  summary: 'Shows the files that processes open, each with its result.',
  about: ['One line for each open, openat and openat2 when it returns, with its arguments as strace prints them. Unlike strace it does not stop the processes that it watches, and it can watch all of them.'],
  ways: [{ name: 'tracepoints', file: 'strace-open.stp', label: 'tracepoints of system calls' }],
  // Room for every path that the kernel takes (PATH_MAX, 4096), in quotes.
  limits: { MAXSTRINGLEN: 4200 },
  filters: ['pid', 'tid', 'comm', 'uid', 'cgroup', 'command'],
  options: [
    { flags: '-x, --failed', help: 'only calls that failed', global: 'failed_only' },
    { flags: '--path <start>', help: 'only paths, as the process writes them, that begin like this', global: 'only_path' },
    { flags: '--flag <name>', help: 'only opens with this flag or access: O_WRONLY, creat', parse: parseOpenFlag, global: 'only_flags' },
  ],
  shows: 'events',
  columns: [
    { key: 'time', title: 'TIME', type: 'time', help: 'when the call returned' },
    { key: 'command', title: 'COMMAND', width: 16, help: 'name of the thread' },
    { key: 'pid', title: 'PID', width: 7, type: 'number', help: 'the process' },
    { key: 'tid', type: 'number', help: 'the thread' },
    { key: 'call', title: 'CALL', width: 7, help: 'open, openat or openat2' },
    { key: 'file', help: 'the path as text, \\xNN for bytes that are not UTF-8; null when it could not be read' },
    { key: 'args', title: 'ARGUMENTS', width: 40, help: 'the arguments as strace prints them' },
    { key: 'result', title: 'RESULT', type: 'number', help: 'the descriptor, or -1' },
    { key: 'error', help: 'name of the error, or null' },
  ],
  reader: (options) => ({ row: openedRow, line: lineFor(options) }),
  examples: [
    ['strace-open', 'every open on this machine'],
    ['strace-open --pid 1511', 'those of one process'],
    ['strace-open --comm nginx -x', 'failed ones of all processes named nginx'],
    ["strace-open -c 'ls /etc'", 'those of a command, first to last'],
    ['strace-open --path /etc/ --flag O_WRONLY', 'who writes to /etc'],
    ['strace-open --duration 10 --json', 'ten seconds, one JSON object a line'],
  ],
  sections: [
    ['CAVEATS', [
      'A path is read when the call returns. If its page is not in memory even then, or the pointer is wrong, the pointer is shown.',
      'Opens by 32-bit programs, by io_uring, by execve and by the kernel itself are no such system calls and do not appear.',
      '-c watches the command and all that it starts, --pid only the processes that it names.',
    ]],
  ],
};
