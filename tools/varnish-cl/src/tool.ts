/** What varnish-cl is. */
import { existsSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { UsageError, executableOf, namesFunction, parsePid, requireProcess, requireRoot, resolveCommandPath, type ToolDescription, type ToolOptions } from '@stapkit/cli-kit';
import { rewriteStatement } from './rewrite-statement.js';
import { rewrittenRow } from './rewritten.js';

type VarnishOptions = ToolOptions & { readonly path?: string; readonly status?: number; readonly allStatus?: boolean; readonly statement?: string };

const DEFAULT_PROGRAM = '/usr/sbin/varnishd';
/** Exported by all of its releases. */
const PRINTS_HEADER = 'http_PrintfHeader';

/** Varnish keeps a status in 16 bits, with digits of its own before the last three. */
function parseStatus(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) < 100 || Number(text) > 65535) throw new InvalidArgumentError(`'${text}' is not an HTTP status.`);
  return Number(text);
}

/** The file that is probed: a process in a container may have a program that is not here. */
function programOf({ path, pid }: VarnishOptions): string {
  if (path !== undefined) return resolveCommandPath(path) ?? path;
  return (pid === undefined ? undefined : executableOf(pid)?.path) ?? DEFAULT_PROGRAM;
}

function prepare(options: VarnishOptions): ToolOptions {
  requireRoot(VARNISH_CL.name);
  if (options.pid !== undefined) requireProcess(options.pid);
  const program = programOf(options);
  if (!existsSync(program)) throw new UsageError(`there is no program ${program}`, 'name varnishd with --path, or a process of it with --pid');
  // Before large debug information of another program is looked through.
  if (namesFunction(program, PRINTS_HEADER) !== true) throw new UsageError(`${program} is no varnishd: it has no function ${PRINTS_HEADER}`, 'name varnishd with --path, or a process of it with --pid');
  const statement = options.way === 'exported' ? undefined : rewriteStatement(program);
  return statement === undefined ? options : { ...options, statement };
}

export const VARNISH_CL: ToolDescription = {
  name: 'varnish-cl',
  summary: 'Shows responses whose Content-Length Varnish rewrites, before and after.',
  about: [
    'Varnish rewrites the header where what it sends is not as long as what the backend announced: unpacked, a range, or a length that the backend did not tell. What it leaves as it is, or sends without the header, is not shown.',
    '--pid takes the manager, which is followed to the children that it starts one after the other, or one child. Without --pid all processes of the program are watched.',
  ],
  ways: [
    { name: 'statement', file: 'varnish-cl.stp', label: 'the statement that writes the header, by debug information' },
    { name: 'exported', file: 'varnish-cl-exported.stp', label: 'functions that varnishd exports, without debug information' },
  ],
  limits: { MAXSTRINGLEN: 2048 },
  filters: [],
  options: [
    { flags: '-p, --pid <pid>', help: 'only this manager with its children, or this child; ends with it', parse: parsePid, global: 'only_pid' },
    { flags: '--path <file>', help: `the program (default: of --pid, else ${DEFAULT_PROGRAM})` },
    { flags: '--status <n>', help: 'only responses with this status (default: 200)', parse: parseStatus, global: 'the_status' },
    { flags: '--all-status', help: 'responses with any status', global: () => ({ the_status: 0 }) },
    { flags: '--url <text>', help: 'only URLs that contain this', global: 'the_url' },
  ],
  scriptArguments: (options) => {
    const { statement } = options as VarnishOptions;
    return [programOf(options), ...(statement === undefined ? [] : [statement])];
  },
  shows: 'events',
  columns: [
    { key: 'time', title: 'TIME', type: 'time', width: 8, help: 'when the header was written' },
    { key: 'pid', title: 'PID', width: 7, type: 'number', help: 'the child that serves' },
    { key: 'status', title: 'STATUS', width: 6, type: 'number', help: 'of the response' },
    { key: 'before', title: 'BEFORE', width: 10, type: 'number', help: 'Content-Length of the stored object; null (none) when it has none, invalid when it is no number', show: (before) => before ?? 'none' },
    { key: 'after', title: 'AFTER', width: 10, type: 'number', help: 'Content-Length that the client gets' },
    { key: 'vxid', title: 'VXID', width: 10, type: 'number', help: 'number of the request in varnishlog' },
    { key: 'url', title: 'URL', help: 'as VCL left it; null when it cannot be read' },
  ],
  reader: () => ({ row: rewrittenRow }),
  prepare: (options) => Promise.resolve().then(() => prepare(options)),
  check: (options) => {
    if (options['allStatus'] === true && options['status'] !== undefined) throw new UsageError('--status and --all-status exclude each other');
  },
  examples: [
    ['varnish-cl', 'all processes of /usr/sbin/varnishd'],
    ['varnish-cl --pid $(pgrep -o varnishd)', 'one instance, across restarts of its child'],
    ['varnish-cl --status 206', 'ranges'],
    ['varnish-cl --all-status --url /img/ --json', 'any status below /img/, as JSON'],
  ],
  sections: [
    ['CAVEATS', [
      'URLs are shown up to 2048 bytes.',
      'Parts that are included by ESI are requests of their own, with their own VXID, as in varnishlog.',
      'Without debug information the URL is found by the order of pointers in struct req, which Varnish 4.1 to 7.7 have in common. Where that fails it is null; length and status do not depend on it.',
    ]],
  ],
};
