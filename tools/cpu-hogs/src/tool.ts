/** What cpu-hogs is. */
import type { Row, ToolDescription } from '@stapkit/cli-kit';

const BY = ['process', 'thread', 'command'] as const;

/** A line of cpu-hogs.stp as a row; undefined when it is none. */
export function hogRow([elapsed = '', ...fields]: readonly string[]): Row | undefined {
  // A name may have tabs: the numbers are the last ones.
  const [pid, tid, us, turns] = fields.slice(-4);
  if (!/^\d+$/.test(elapsed) || turns === undefined) return undefined;
  const percent = Number(elapsed) === 0 ? 0 : Math.round((1000 * Number(us)) / Number(elapsed)) / 10;
  return { command: fields.slice(0, -4).join('\t'), pid: Number(pid) || null, tid: Number(tid) || null, cpu_percent: percent, cpu_us: Number(us), turns: Number(turns) };
}

export const CPU_HOGS: ToolDescription = {
  name: 'cpu-hogs',
  summary: 'Shows who uses the processors: processes, threads or commands.',
  about: ['Time is counted from one context switch to the next, not sampled: what runs for microseconds a thousand times a second counts in full.'],
  ways: [{ name: 'switches', file: 'cpu-hogs.stp', label: 'context switches' }],
  filters: ['pid', 'tid', 'comm', 'uid', 'cgroup', 'command'],
  options: [
    { flags: '--by <what>', help: 'a row a process, a thread, or a name (default: process)', choices: BY, global: (what: string) => ({ by: BY.indexOf(what as (typeof BY)[number]) }) },
  ],
  shows: 'tables',
  tables: { live: true, sort: 'cpu_us', top: 20, interval: 1 },
  columns: [
    { key: 'command', title: 'COMMAND', width: 16, help: 'name of the process, or of the thread with --by thread or command' },
    { key: 'pid', title: 'PID', width: 7, type: 'number', help: 'the process; null with --by command' },
    { key: 'tid', title: 'TID', width: 7, type: 'number', help: 'the thread; null but with --by thread' },
    { key: 'cpu_percent', title: 'CPU%', width: 6, type: 'number', help: 'of one processor: 200 are two of them', style: (row) => (Number(row['cpu_percent']) >= 90 ? 'red' : undefined) },
    { key: 'cpu_us', title: 'TIME', width: 8, type: 'number', unit: 'us', help: 'on a processor' },
    { key: 'turns', title: 'TURNS', width: 8, type: 'number', unit: 'count', help: 'times that it was taken off a processor' },
  ],
  reader: () => ({ row: hogRow }),
  examples: [
    ['cpu-hogs', 'processes, each second'],
    ['cpu-hogs --by thread --comm node', 'threads of that name'],
    ['cpu-hogs --by command -i 10 --top 5', 'five names each ten seconds'],
    ["cpu-hogs -i 1h -c 'make' --json", 'a command, in one table'],
  ],
  sections: [
    ['CAVEATS', [
      'Interrupts count for the thread that they interrupt.',
      'What runs on without a context switch is counted up to the last clock tick of its processor: the end of a table may lack a hundredth of a second, which the next one has.',
    ]],
  ],
};
