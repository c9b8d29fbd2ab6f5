/** What runq-latency is. */
import type { ToolDescription } from '@stapkit/cli-kit';

export const RUNQ_LATENCY: ToolDescription = {
  name: 'runq-latency',
  summary: 'Shows how long threads that could run waited for a processor.',
  about: ['From the moment that a thread is woken, or is put off its processor for another one, to the moment that it runs. Where this is long the processors have too much to do, or a control group has used up its share.'],
  ways: [{ name: 'tracepoints', file: 'runq-latency.stp', label: 'tracepoints of the scheduler' }],
  filters: ['pid', 'tid', 'comm', 'command'],
  options: [
    { flags: '--per-thread', help: 'a row a thread in place of the histogram', global: 'per_thread' },
  ],
  shows: 'tables',
  tables: { live: true, sort: 'total_us', top: 20 },
  // In the order of the fields of the script's lines.
  columns: [
    { key: 'command', title: 'COMMAND', width: 16, help: 'name of the thread' },
    { key: 'pid', title: 'PID', width: 7, type: 'number', help: 'the process' },
    { key: 'tid', title: 'TID', width: 7, type: 'number', help: 'the thread' },
    { key: 'times', title: 'TIMES', width: 8, type: 'number', unit: 'count', help: 'that it waited' },
    { key: 'average_us', title: 'AVERAGE', width: 8, type: 'number', unit: 'us', help: 'of these waits' },
    { key: 'longest_us', title: 'LONGEST', width: 8, type: 'number', unit: 'us', help: 'of them' },
    { key: 'total_us', title: 'TOTAL', width: 8, type: 'number', unit: 'us', help: 'their sum' },
  ],
  examples: [
    ['runq-latency -d 10', 'a histogram of all threads, of ten seconds'],
    ['runq-latency -i 1 --pid 1511', 'those of one process, each second'],
    ['runq-latency --per-thread --comm node -d 10', 'a row a thread'],
    ["runq-latency --per-thread -c 'make' --json", 'a command'],
  ],
  sections: [
    ['CAVEATS', [
      'Waits that had begun before tracing did are not counted.',
      '--pid, --tid and --comm filter by the thread that waits.',
    ]],
  ],
};
