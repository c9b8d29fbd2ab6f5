/** What func-latency is. */
import { PROBES_HELP, functionPoints, parseDuration, type ToolDescription } from '@stapkit/cli-kit';
import { byExpression, latencyRow } from './latency-rows.js';

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1000, ms: 1_000_000 };

export const FUNC_LATENCY: ToolDescription = {
  name: 'func-latency',
  summary: 'Shows how long functions take, as numbers and histograms.',
  about: ['Times each call from its entry to its return, in the kernel, and shows what comes of it: how many, the shortest, the longest, their average and sum, and a histogram. Calls can be told apart by function, process, thread, or what they were given.'],
  ways: [{ name: 'functions', file: 'func-latency.stp', label: 'probes of functions' }],
  filters: ['pid', 'tid', 'comm', 'uid', 'cgroup', 'command'],
  words: [{ name: 'probes', help: PROBES_HELP }],
  scriptArguments: ({ probes, pid, by }) => [functionPoints(String(probes), { ...(pid === undefined ? {} : { pid }) }), byExpression(String(by))],
  options: [
    { flags: '--by <what>', help: 'a line and a histogram for each function, pid, tid, comm, uid, cpu, or value of an expression of the script: $size, user_string($path), $return', default: 'function' },
    { flags: '-s, --summary', help: 'without histograms', global: 'only_table' },
    { flags: '--unit <unit>', help: 'of the histograms', choices: ['ns', 'us', 'ms'], default: 'ns', global: (unit: string) => ({ unit_ns: UNITS[unit] ?? 1 }) },
    { flags: '--min <time>', help: 'only calls that took so long (250ms, 2)', parse: parseDuration, global: (seconds: number) => ({ only_slower: Math.round(seconds * 1e9) }) },
  ],
  shows: 'tables',
  tables: { sort: 'total_ns', top: 20 },
  columns: [
    { key: 'calls', title: 'CALLS', width: 8, type: 'number', unit: 'count', align: 'right', help: 'calls that returned' },
    { key: 'min_ns', title: 'MIN', width: 7, type: 'number', unit: 'ns', help: 'the shortest' },
    { key: 'avg_ns', title: 'AVG', width: 7, type: 'number', unit: 'ns', help: 'on average' },
    { key: 'max_ns', title: 'MAX', width: 7, type: 'number', unit: 'ns', help: 'the longest' },
    { key: 'total_ns', title: 'TOTAL', width: 7, type: 'number', unit: 'ns', help: 'all together' },
    { key: 'by', title: 'BY', help: 'what --by tells apart' },
  ],
  reader: () => ({ row: latencyRow }),
  start: ({ probes }) => `timing ${String(probes)}`,
  examples: [
    ['func-latency vfs_read -d 10', "the kernel's reads, for ten seconds"],
    ["func-latency ':parse_*' -c ./prog --summary", "a program's functions, a line each"],
    ["func-latency libc:fsync --pid 1511 --by pid -i 1 --unit us", 'each second'],
    [`func-latency vfs_write --by '$count' --comm dd`, 'by what it was given'],
    ['func-latency libc:getaddrinfo --min 100ms', 'only slow ones'],
  ],
  sections: [
    ['OVERHEAD', ['A call of a function of a program is stopped twice for a microsecond or two: what takes less than ten microseconds seems slower than it is, and functions inside it that are timed make it longer.']],
    ['CAVEATS', [
      'A call that has not returned when a table is made is in a later one. A call that returns while a table with -i is being printed may be in none.',
      'Functions of a program by name of an argument need its debug information. A function that is left by longjmp has no return. C++ exceptions through functions that are timed, and returns of Go functions, end the program: the kernel puts its own return address there.',
    ]],
  ],
};
