/** A tool that is none, with one of everything. */
import { parsePort } from '../values.js';
import type { ToolDescription } from './description.js';

export const EXAMPLE: ToolDescription = {
  name: 'read-top',
  summary: "Shows who reads how much; it's an example.",
  ways: [{ name: 'function', file: 'a.stp', label: 'kernel functions' }, { name: 'tracepoint', file: 'b.stp', label: 'tracepoints', note: 'writes are not seen' }],
  filters: ['pid', 'comm', 'uid', 'command'],
  options: [
    { flags: '-P, --port <port>', help: 'only this port', parse: parsePort, global: 'the_port' },
    { flags: '-x, --failed', help: 'only failures', global: 'failed_only' },
    { flags: '--by <what>', help: "rows by [this]: a person's choice", choices: ['file', 'process'], global: (what: string) => ({ by_file: what === 'file' ? 1 : 0, by_text: what }) },
  ],
  shows: 'tables',
  tables: { live: true, sort: 'bytes', top: 2 },
  columns: [
    { key: 'command', title: 'COMMAND', width: 16, help: 'name' },
    { key: 'bytes', title: 'BYTES', type: 'number', unit: 'bytes', width: 6, help: 'read' },
    { key: 'latency_us', title: 'LATENCY', type: 'number', unit: 'us', width: 8, help: 'longest', style: ({ latency_us: us }) => (Number(us) > 1000 ? 'red' : undefined) },
    { key: 'inode', type: 'number', help: 'of the file' },
  ],
  examples: [['read-top', 'all'], ["read-top -c 'cat /etc/passwd' --by file --interval 2.5", 'a command']],
  sections: [['CAVEATS', ['.None \\ at all']]],
};
