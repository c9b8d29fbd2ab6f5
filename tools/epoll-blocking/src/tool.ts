/** What epoll-blocking is. */
import { parseMicroseconds, type ToolDescription } from '@stapkit/cli-kit';
import { TurnReader, turnLines } from './turns.js';

export const EPOLL_BLOCKING: ToolDescription = {
  name: 'epoll-blocking',
  summary: 'Shows event loops that are blocked between two calls of epoll_wait.',
  about: ['A program with an event loop (node, nginx, redis, HAProxy …) handles all its events in one thread: while it works on one of them, or waits for a file, all others wait. Each turn of a loop that takes long is a row, when it ends.'],
  ways: [{ name: 'tracepoints', file: 'epoll-blocking.stp', label: 'tracepoints of system calls' }],
  // Room for a stack.
  limits: { MAXSTRINGLEN: 4000 },
  filters: ['pid', 'tid', 'comm', 'uid', 'cgroup', 'command'],
  options: [
    { flags: '-m, --min-us <n>', help: 'only turns of this many microseconds and more (default: 10000)', parse: parseMicroseconds, global: 'min_us' },
    { flags: '--stack', help: 'and where in the program it slept longest, or was when the turn had taken that long' },
  ],
  scriptArguments: ({ stack }) => (stack === true ? ['stack'] : []),
  unwind: 'auto',
  shows: 'events',
  columns: [
    { key: 'time', title: 'TIME', type: 'time', width: 8, help: 'when the turn ended' },
    { key: 'blocked_us', title: 'BLOCKED', width: 8, type: 'number', unit: 'us', help: 'from the return of epoll_wait to the next call' },
    { key: 'events', title: 'EVENTS', width: 6, type: 'number', help: 'that the turn began with; 0: a timer of the loop; less than 0: the call failed' },
    { key: 'pid', title: 'PID', width: 7, type: 'number', help: 'the process' },
    { key: 'tid', title: 'TID', width: 7, type: 'number', help: 'the thread of the loop' },
    { key: 'command', title: 'COMMAND', help: 'its name; with --stack the functions behind it, the innermost first', show: turnLines },
    { key: 'stack', help: 'with --stack: functions, the innermost first, separated by semicolons; null when there is none' },
  ],
  reader: () => new TurnReader(),
  examples: [
    ['epoll-blocking', 'all loops, turns of 10 ms and more'],
    ['epoll-blocking --pid 1511 --min-us 1000', 'those of one process, from 1 ms on'],
    ['epoll-blocking --comm nginx --stack', 'and where it happened'],
    ["epoll-blocking -c 'node server.mjs' --json", 'those of a command'],
  ],
  sections: [
    ['CAVEATS', [
      'A turn that is under way when tracing begins or ends is not shown. Loops on io_uring, poll or select are not seen.',
      'A turn that is long because the thread waited for a processor is blocked like any other: runq-latency tells these apart.',
      '--stack shows where the thread slept longest, when that was half of the turn or more; else where a tick of a clock found it first after --min-us: for a turn that computed for hardly longer than --min-us there may be none. Functions of JavaScript have names with node --perf-basic-prof --interpreted-frames-native-stack.',
    ]],
  ],
};
