/** What syscall-trace is. */
import { CALL_SET_NAMES, parseCallFilter, parseCount, wantsColor, type ToolDescription } from '@stapkit/cli-kit';
import { Trace } from './trace.js';

export const SYSCALL_TRACE: ToolDescription = {
  name: 'syscall-trace',
  summary: 'Shows system calls as they return, with arguments and results.',
  about: ['One line for each system call, as strace prints it, but for some structures, which stay addresses. Unlike strace it does not stop the processes that it watches, and it can watch all of them.'],
  ways: [{ name: 'tracepoints', file: 'syscall-trace.stp', label: 'tracepoints of system calls' }],
  // Room for every path that the kernel takes (PATH_MAX); threads that are in a call, processes that are followed.
  limits: { MAXSTRINGLEN: 4096, MAXMAPENTRIES: 16384 },
  filters: ['pid', 'tid', 'comm', 'uid', 'cgroup', 'command'],
  options: [
    { flags: '-f, --follow', help: 'what they start, too, from its first call; with -c always', global: 'follow' },
    { flags: '-e, --filter <calls>', help: `only these calls: openat,close or sets, ${CALL_SET_NAMES.join(' ')}, or /^rt_/; !futex: all but this`, parse: parseCallFilter, global: (globals: Readonly<Record<string, string>>) => globals },
    { flags: '-x, --failed', help: 'only calls that failed', global: 'failed_only' },
    { flags: '--elapsed', help: 'the time that each call took, behind it' },
    { flags: '-s, --bytes <n>', help: 'so many bytes of what is read and written (default: 32)', parse: parseCount, global: 'text_bytes' },
    { flags: '-S, --summary', help: 'only counts and times by call, at the end', global: 'summary' },
  ],
  shows: 'events',
  columns: [
    { key: 'time', title: 'TIME', type: 'time', help: 'when the call began' },
    { key: 'command', title: 'COMMAND', width: 16, help: 'name of the thread' },
    { key: 'pid', title: 'PID', width: 7, type: 'number', help: 'the process' },
    { key: 'tid', title: 'TID', width: 7, type: 'number', help: 'the thread' },
    { key: 'call', title: 'CALL', width: 16, help: 'the system call' },
    { key: 'args', title: 'ARGUMENTS', width: 40, help: 'its arguments' },
    { key: 'result', title: 'RESULT', type: 'number', help: 'what it gave back, -1 when it failed; null when it does not return' },
    { key: 'error', help: 'name of the error, or null' },
    { key: 'elapsed_ns', type: 'number', help: 'how long it took, in nanoseconds' },
  ],
  reader: (options) => new Trace(options, wantsColor(options.color, options.output === undefined && process.stdout.isTTY)),
  // The summary's CSV has a header of its own.
  prepare: (options) => Promise.resolve(options['summary'] === true && options.csv === true ? { ...options, ownHeader: options.header, header: false } : options),
  examples: [
    ["syscall-trace -c 'make'", 'a command and all that it starts'],
    ['syscall-trace -f --pid 1511', 'a process and what it starts from now on'],
    ['syscall-trace --pid 1511 --filter %file', 'what a process does with paths'],
    ['syscall-trace --comm nginx -x --timestamp', 'failed calls, with the time'],
    ['syscall-trace --pid 1511 --elapsed --json', 'one JSON object a call'],
    ["syscall-trace -S -c 'ls /etc'", 'counts alone, as strace -c prints them'],
  ],
  sections: [
    ['CAVEATS', [
      'Lines come when calls return: of several threads, one that began earlier may come later. --timestamp tells when each began.',
      'Most structures, and vectors, stay addresses: shown are socket addresses, times to sleep, what stat, pipe, uname and wait4 give, limits, and what epoll_ctl asks for. Paths and bytes are read when the call returns, those of execve when it begins, at most 64 arguments of it.',
      'Calls that are under way when tracing ends have no line. What a thread is killed in ends with "= ?".',
      'Calls of 32-bit programs appear under the number that they have there. Lines that the kernel could not hand over are counted, and the count told at the end.',
    ]],
  ],
};
