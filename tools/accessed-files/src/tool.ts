/** What accessed-files is. */
import type { ToolDescription } from '@stapkit/cli-kit';
import { AccessedFiles } from './accessed.js';

export const ACCESSED_FILES: ToolDescription = {
  name: 'accessed-files',
  summary: 'Shows which files processes open, read, write and look at.',
  about: ['A table of files, those with the most calls first: how often each was opened, read, written, or looked at and changed by its path (stat, access, rename, unlink and the like).'],
  ways: [{ name: 'tracepoints', file: 'accessed-files.stp', label: 'tracepoints of system calls' }],
  // Paths; descriptors that are in use.
  limits: { MAXSTRINGLEN: 4096, MAXMAPENTRIES: 16384 },
  filters: ['pid', 'tid', 'comm', 'uid', 'cgroup', 'command'],
  options: [
    { flags: '-x, --failed', help: 'only files of which a call failed' },
    { flags: '-b, --by-process', help: 'each process by itself' },
    { flags: '--path <start>', help: 'only paths that begin like this' },
  ],
  shows: 'tables',
  tables: { live: true, sort: 'calls', top: 20 },
  columns: [
    { key: 'command', title: 'COMMAND', width: 12, help: 'name of a thread; null without --by-process', when: (options) => options['byProcess'] === true },
    { key: 'pid', title: 'PID', width: 7, type: 'number', help: 'the process; null without --by-process', when: (options) => options['byProcess'] === true },
    { key: 'calls', title: 'CALLS', width: 6, type: 'number', unit: 'count', help: 'all calls on it' },
    { key: 'opens', title: 'OPENS', width: 6, type: 'number', unit: 'count', help: 'opens, with those that failed' },
    { key: 'others', title: 'OTHERS', width: 6, type: 'number', unit: 'count', help: 'calls with its path that do not open it' },
    { key: 'failures', title: 'FAILED', width: 6, type: 'number', unit: 'count', help: 'opens and others that failed', style: ({ failures }) => (failures === 0 ? undefined : 'red') },
    { key: 'reads', title: 'READS', width: 6, type: 'number', unit: 'count', help: 'calls that read it' },
    { key: 'read_bytes', title: 'READ', width: 6, type: 'number', unit: 'bytes', help: 'bytes that were read' },
    { key: 'writes', title: 'WRITES', width: 6, type: 'number', unit: 'count', help: 'calls that wrote it' },
    { key: 'written_bytes', title: 'WRITTEN', width: 7, type: 'number', unit: 'bytes', help: 'bytes that were written' },
    { key: 'file', title: 'FILE', width: 20, help: 'the path as the process gave it' },
  ],
  reader: (options) => new AccessedFiles(options),
  examples: [
    ["accessed-files -c 'ls /etc'", 'files of a command'],
    ['accessed-files --pid 1511 -i 5', 'those of a process, every 5 seconds'],
    ['accessed-files -x --by-process', 'what is looked for in vain, and by whom'],
    ['accessed-files --path /etc/ -d 60 --json', 'who uses /etc, for a minute'],
  ],
  sections: [
    ['CAVEATS', [
      'Paths are those that processes give: a relative one may mean several files. What is below an open folder has its path before it.',
      'What is read and written through mapped memory or io_uring is no call on a descriptor and is not seen.',
      'Of what was open before tracing, files of --pid have names; others, pipes and sockets are left out.',
      'The second path of rename and link is not counted.',
    ]],
  ],
};
