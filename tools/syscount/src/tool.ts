/** What syscount is. */
import { CALL_SET_NAMES, parseCallFilter, rowOfFields, type Row, type ToolColumn, type ToolDescription, type ToolOptions } from '@stapkit/cli-kit';

const BY = { call: { by_call: 1, by_process: 0 }, process: { by_call: 0, by_process: 1 }, both: { by_call: 1, by_process: 1 } } as const;
const by = (options: ToolOptions): keyof typeof BY => options['by'] as keyof typeof BY;

const COLUMNS: readonly ToolColumn[] = [
  { key: 'call', title: 'CALL', width: 18, help: 'the system call; null with --by process', when: (options) => by(options) !== 'process' },
  { key: 'command', title: 'COMMAND', width: 16, help: 'name of the thread; null with --by call', when: (options) => by(options) !== 'call' },
  { key: 'pid', title: 'PID', width: 7, type: 'number', help: 'the process; null with --by call', when: (options) => by(options) !== 'call' },
  { key: 'calls', title: 'CALLS', width: 7, type: 'number', unit: 'count', help: 'how many returned' },
  { key: 'failures', title: 'FAILED', width: 7, type: 'number', unit: 'count', help: 'those of them that failed', style: ({ failures }) => (failures === 0 ? undefined : 'red') },
  { key: 'time_ns', title: 'TIME', width: 7, type: 'number', unit: 'ns', help: 'time that they took together' },
  { key: 'average_ns', title: 'AVERAGE', width: 7, type: 'number', unit: 'ns', help: 'time of one' },
  { key: 'longest_ns', title: 'LONGEST', width: 7, type: 'number', unit: 'ns', help: 'time of the longest' },
];

/** What is not told apart is null. */
function countedRow(what: keyof typeof BY, fields: readonly string[]): Row | undefined {
  const row = rowOfFields(COLUMNS, fields);
  return row === undefined ? undefined : { ...row, ...(what === 'process' ? { call: null } : {}), ...(what === 'call' ? { command: null, pid: null } : {}) };
}

export const SYSCOUNT: ToolDescription = {
  name: 'syscount',
  summary: 'Shows which system calls are made, how often, and how long they take.',
  about: ['A table of system calls, or of the processes that make them, with the calls that failed and the time that they took: what a call waits for is in it.'],
  ways: [{ name: 'tracepoints', file: 'syscount.stp', label: 'tracepoints of system calls' }],
  // Threads that are in a call; names of commands with calls and processes.
  limits: { MAXMAPENTRIES: 16384 },
  filters: ['pid', 'tid', 'comm', 'uid', 'cgroup', 'command'],
  options: [
    { flags: '-b, --by <what>', help: 'a row for each call, process or both', choices: Object.keys(BY), default: 'call', global: (what: keyof typeof BY) => BY[what] },
    { flags: '-e, --filter <calls>', help: `only these: openat,close or ${CALL_SET_NAMES.slice(0, 2).join(',')} or /^rt_/; !futex: all but this`, parse: parseCallFilter, global: (globals: Readonly<Record<string, string>>) => globals },
    { flags: '-x, --failed', help: 'only calls that failed', global: 'failed_only' },
    { flags: '--histogram', help: 'how long the calls took, as a histogram', global: 'with_histogram' },
  ],
  shows: 'tables',
  tables: { live: true, sort: 'calls', top: 20 },
  columns: COLUMNS,
  reader: (options) => ({ row: (fields) => countedRow(by(options), fields) }),
  examples: [
    ['syscount', 'all calls, until Ctrl-C'],
    ['syscount --by process -i 5', 'who makes them, every 5 seconds'],
    ["syscount -c 'ls /etc' --by both", 'those of a command'],
    ['syscount --pid 1511 --filter %file -x', 'files that a process does not find'],
    ['syscount --comm nginx --histogram -d 10', 'ten seconds of nginx, times as a histogram'],
  ],
  sections: [
    ['CAVEATS', [
      'Counted is what returns: calls that were under way when tracing began, exit and what a process dies in are not.',
      'Times are those of the clock, with what the calls wait for. --by call of a whole machine adds the waiting of many threads.',
      "syscount's own calls are left out. Calls of 32-bit programs are counted under the number that they have there.",
    ]],
  ],
};
