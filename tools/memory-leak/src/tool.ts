/** What memory-leak is. */
import { libraryFile, parseCount, parseDuration, printable, styled, wantsColor, type ToolDescription, type ToolOptions } from '@stapkit/cli-kit';
import { blockText, leakRow } from './leak-rows.js';

const milliseconds = (seconds: number): number => Math.round(seconds * 1000);

function scriptArguments({ library, pid, mmap }: ToolOptions): readonly string[] {
  return [libraryFile(String(library), pid), mmap === true ? 'mappings' : 'blocks'];
}

export const MEMORY_LEAK: ToolDescription = {
  name: 'memory-leak',
  summary: 'Shows memory that was allocated and not freed, by stack.',
  about: ['Follows malloc, calloc, realloc, reallocarray, memalign, posix_memalign, aligned_alloc, valloc, pvalloc and free of a process, and tells at the end, or at intervals, what was allocated meanwhile and is still held: how much, in how many blocks, how long, by which stack. Stacks are found by unwind tables: programs need no frame pointers.'],
  ways: [{ name: 'allocator', file: 'memory-leak.stp', label: "the allocator's functions" }],
  // Room for a stack's text in a report.
  limits: { MAXSTRINGLEN: 4000 },
  unwind: 'auto',
  filters: ['pid', 'tid', 'comm', 'uid', 'cgroup', 'command'],
  scriptArguments,
  options: [
    { flags: '--top <n>', help: 'only the n stacks that hold most (default: 10)', parse: parseCount, global: 'top_stacks' },
    { flags: '--older <time>', help: 'only memory that has been held so long (250ms, 10, 5m)', parse: parseDuration, global: (seconds: number) => ({ only_older: milliseconds(seconds) }) },
    { flags: '-i, --interval <time>', help: 'tell each interval (1, 0.5, 1m), not only at the end', parse: parseDuration, global: (seconds: number) => ({ interval_ticks: Math.max(1, Math.round(seconds * 10)) }) },
    { flags: '--mmap', help: 'mappings (mmap, mremap, munmap) in place of blocks' },
    { flags: '--library <file>', help: 'what has the allocator: libjemalloc, ./prog of a static program', default: 'libc.so.6' },
  ],
  shows: 'events',
  columns: [
    { key: 'time', type: 'time', help: 'when it was told' },
    { key: 'command', title: 'COMMAND', width: 16, help: 'name of the thread that allocated last' },
    { key: 'pid', title: 'PID', width: 7, type: 'number', help: 'the process' },
    { key: 'bytes', title: 'BYTES', width: 8, type: 'number', unit: 'bytes', help: 'what is held, as it was asked for' },
    { key: 'blocks', title: 'BLOCKS', width: 8, type: 'number', unit: 'count', help: 'in how many allocations' },
    { key: 'newest_ms', type: 'number', unit: 'ms', help: 'how long the newest of them is held' },
    { key: 'oldest_ms', title: 'OLDEST', width: 8, type: 'number', unit: 'ms', help: 'how long the oldest of them is held' },
    { key: 'stack', title: 'STACK', help: 'who allocated it, the innermost first; in JSON and CSV with ; between frames' },
  ],
  reader: (options) => {
    const color = wantsColor(options.color, options.output === undefined && process.stdout.isTTY);
    return { row: (fields) => leakRow(fields, Date.now() * 1000), line: (row) => blockText(row, options.raw === true, (text) => styled(color ? 'bold' : undefined, printable(text))) };
  },
  start: ({ pid, command }) => `following allocations of ${pid === undefined ? (command ?? 'all processes') : `process ${pid}`}`,
  examples: [
    ['memory-leak --pid 1511 -d 60', 'what a minute leaves behind'],
    ['memory-leak -c ./prog', 'what a program has not freed when it ends'],
    ['memory-leak --pid 1511 -i 10 --older 30', 'each 10 seconds, what is held for 30 seconds'],
    ['memory-leak --pid 1511 --mmap --top 3', 'mappings'],
    ['memory-leak --library libjemalloc --pid 1511', 'of another allocator'],
  ],
  sections: [
    ['OVERHEAD', ['Each allocation is stopped twice, and each free once, for some microseconds, and its stack is walked: a program that allocates much runs several times slower.']],
    ['CAVEATS', [
      'What was allocated before tracing is not known. Blocks that a process holds to reuse them are held. 200000 blocks can be held at once; more is an error that says so.',
      'Memory that an allocator of its own (pools, garbage collectors, Python) hands out comes from few large blocks or mappings: --mmap shows the latter.',
      'Stacks of a command that ends within milliseconds may be found by frame pointers alone: a warning tells how many.',
    ]],
  ],
};
