/** What func-count is. */
import { PROBES_HELP, functionPoints, type ToolDescription } from '@stapkit/cli-kit';
import { HitsSince } from './point-row.js';

export const FUNC_COUNT: ToolDescription = {
  name: 'func-count',
  summary: 'Shows how often functions are called.',
  about: ['Counts in the kernel, so that even busy functions can be counted. Any probe point of a script can be counted: tracepoints, system calls, marks, statements.'],
  ways: [{ name: 'functions', file: 'func-count.stp', label: 'probes of functions' }],
  // As many points as a script can have of a few wildcards.
  limits: { MAXMAPENTRIES: 16_384 },
  filters: ['pid', 'tid', 'comm', 'uid', 'cgroup', 'command'],
  words: [{ name: 'probes', help: `${PROBES_HELP}; probe points in full may be several, with commas` }],
  scriptArguments: ({ probes, pid }) => [functionPoints(String(probes), { ...(pid === undefined ? {} : { pid }) })],
  shows: 'tables',
  tables: { live: true, sort: 'calls', top: 20 },
  columns: [
    { key: 'calls', title: 'CALLS', width: 8, type: 'number', unit: 'count', align: 'right', help: 'how often it was called since the last table' },
    { key: 'function', title: 'FUNCTION', width: 32, help: 'its name, or that of another point' },
    { key: 'place', title: 'PLACE', help: 'its program, or kernel, and its source file where debug information tells' },
    { key: 'point', help: 'the whole probe point' },
  ],
  reader: () => {
    const hits = new HitsSince();
    return { row: (fields) => hits.row(fields) };
  },
  start: ({ probes }) => `counting ${String(probes)}`,
  examples: [
    ["func-count 'vfs_*' -i 1", "the kernel's file functions, each second"],
    ["func-count libc:'mem*' -c 'ls /etc'", 'functions of libc that a command calls'],
    ["func-count ':*' -c ./prog --top 5", 'the five busiest functions of a program'],
    ["func-count '*@net/socket.c' --comm curl", "kernel functions of a source file, for a program's calls"],
    [`func-count 'kernel.trace("sched_*")' -d 1`, 'tracepoints of the scheduler'],
    ["func-count 'syscall.*' --pid 1511 --json", 'system calls of a process'],
  ],
  sections: [
    ['OVERHEAD', ['A function of a program stops it for about a microsecond at each call; functions of the kernel and tracepoints cost a tenth of that.']],
    ['CAVEATS', [
      'One wildcard matches at most 4000 functions. Those that the compiler inlined everywhere are not seen; with debug information inlined bodies are counted too, unless .call is added to the probe point.',
    ]],
  ],
};
