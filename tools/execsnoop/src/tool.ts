/** What execsnoop is. */
import { UsageError, type ToolDescription } from '@stapkit/cli-kit';
import { Executed } from './executed.js';

export const EXECSNOOP: ToolDescription = {
  name: 'execsnoop',
  summary: 'Shows programs that are executed, with arguments, parent and result.',
  about: ['One line for each execve and execveat that succeeds: which program, by whom. With --pid and -c, what the process and those that it starts from then on execute.'],
  ways: [{ name: 'tracepoints', file: 'execsnoop.stp', label: 'tracepoints of system calls' }],
  // Room for arguments as long as paths may be.
  limits: { MAXSTRINGLEN: 4096, MAXMAPENTRIES: 16384 },
  filters: ['pid', 'comm', 'uid', 'cgroup', 'command'],
  options: [
    { flags: '--failures', help: 'calls that failed, too', global: 'failed' },
    { flags: '-x, --failed', help: 'only calls that failed', global: 'only_failed' },
  ],
  shows: 'events',
  columns: [
    { key: 'time', title: 'TIME', type: 'time', help: 'when the call returned' },
    { key: 'parent', title: 'PARENT', width: 15, help: 'name of the parent' },
    { key: 'ppid', title: 'PPID', width: 7, type: 'number', help: 'the parent' },
    { key: 'pid', title: 'PID', width: 7, type: 'number', help: 'the process' },
    { key: 'uid', type: 'number', help: 'its user' },
    { key: 'command', help: 'its name: of the new program, of the old one after a failure' },
    { key: 'result', type: 'number', help: '0, or -1' },
    { key: 'error', title: 'RESULT', width: 7, help: 'ok, or name of the error; null in JSON for none', show: (error) => error ?? 'ok', style: ({ error }) => (error === null ? undefined : 'red') },
    { key: 'path', help: 'the program as it was named; null if that is not known' },
    { key: 'args', title: 'ARGUMENTS', width: 20, help: 'its arguments, as a shell would take them; null if they are not known', show: (args, { path, command }) => args ?? path ?? command ?? null },
  ],
  reader: () => new Executed(),
  check: ({ failures, failed }) => {
    if (failures === true && failed === true) throw new UsageError('--failures and --failed exclude each other');
  },
  examples: [
    ['execsnoop', 'every program that starts on this machine'],
    ["execsnoop -c 'make'", 'what a command runs'],
    ['execsnoop --pid 1511 --failures', 'what a process and its children run, or fail to'],
    ['execsnoop --uid www-data --timestamp', 'what a user runs, with the time'],
    ['execsnoop --comm sh --json', 'shells, as JSON'],
  ],
  sections: [
    ['CAVEATS', [
      '--comm is the name after the call: of the new program where it succeeds.',
      'At most 128 arguments are told; "..." stands for more. They are read when the call begins: where their page is not in memory then, the address stands for it.',
      'Processes that --pid had started before are not followed. Programs that the kernel starts by itself are there, without arguments.',
    ]],
  ],
};
