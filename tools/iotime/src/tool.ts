/** What iotime is. */
import { OpenFiles, type Row, type ToolDescription, type ToolOptions, type ToolReader } from '@stapkit/cli-kit';

/** Opens that fail and descriptors that are used become rows. */
function fileTimes(options: ToolOptions): ToolReader {
  const files = new OpenFiles();
  files.addWatched(options);
  const row = (fields: readonly string[]): Row | undefined => {
    const event = files.event(fields);
    if (event === undefined || event.kind === 'touch') return undefined;
    const { pid, command, file } = event;
    if (event.kind === 'open') return options['failed'] === true && event.error !== null ? { time: event.time, pid, command, reads: 0, read_bytes: 0, writes: 0, written_bytes: 0, io_ns: 0, file, error: event.error } : undefined;
    if (options['all'] !== true && !event.isKnown) return undefined;
    return { time: event.opened, pid, command, reads: event.reads, read_bytes: event.readBytes, writes: event.writes, written_bytes: event.writtenBytes, io_ns: event.nanoseconds, file, error: null };
  };
  return { row };
}

export const IOTIME: ToolDescription = {
  name: 'iotime',
  summary: 'Shows reads and writes of files that are opened, and the time in them.',
  about: ['One line for each file when it is closed, or for those that are open when tracing ends: how often it was read and written since it was opened, how many bytes, how long the calls took.'],
  ways: [{ name: 'tracepoints', file: 'iotime.stp', label: 'tracepoints of system calls' }],
  // Paths; descriptors that are in use.
  limits: { MAXSTRINGLEN: 4096, MAXMAPENTRIES: 16384 },
  filters: ['pid', 'tid', 'comm', 'uid', 'cgroup', 'command'],
  options: [
    { flags: '-x, --failed', help: 'opens that fail, too' },
    { flags: '-a, --all', help: 'pipes, sockets and what was open before, too' },
  ],
  shows: 'events',
  columns: [
    { key: 'time', title: 'OPENED', type: 'time', help: 'when it was opened; null if that was before' },
    { key: 'command', title: 'COMMAND', width: 12, help: 'name of the thread that closed it' },
    { key: 'pid', title: 'PID', width: 7, type: 'number', help: 'the process' },
    { key: 'reads', title: 'READS', width: 6, type: 'number', unit: 'count', help: 'calls that read it' },
    { key: 'read_bytes', title: 'READ', width: 6, type: 'number', unit: 'bytes', help: 'bytes that were read' },
    { key: 'writes', title: 'WRITES', width: 6, type: 'number', unit: 'count', help: 'calls that wrote it' },
    { key: 'written_bytes', title: 'WRITTEN', width: 7, type: 'number', unit: 'bytes', help: 'bytes that were written' },
    { key: 'io_ns', title: 'TIME', width: 7, type: 'number', unit: 'ns', help: 'time in these calls' },
    { key: 'error', help: 'with --failed: name of the error of an open, or null' },
    { key: 'file', title: 'FILE', width: 20, help: 'the path as the process gave it', show: (file, { error }) => (error === null || error === undefined ? file : `${file ?? ''} (${error})`), style: ({ error }) => (error === null ? undefined : 'red') },
  ],
  reader: fileTimes,
  examples: [
    ["iotime -c 'cat /etc/passwd'", 'files of a command'],
    ['iotime --pid 1511', 'those of a process'],
    ['iotime --comm nginx -x', 'those of all processes named nginx, and what they do not find'],
    ['iotime --duration 10 --csv', 'all of the machine, for ten seconds'],
  ],
  sections: [
    ['CAVEATS', [
      'What is read and written through mapped memory or io_uring is no call on a descriptor and is not seen.',
      'sendfile, splice and copy_file_range are a read of one file and a write of the other, and their time is in both.',
      'Calls that fail are no reads or writes. Files that a process leaves open when it ends have their line within a second.',
      'Files that were open before tracing have names with --pid; others appear with --all.',
    ]],
  ],
};
