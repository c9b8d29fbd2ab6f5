/**
 * The network tools, all at work on one run of programs/network.py, here and in guests: what each shows is compared with what the program
 * made, with its sockets' TCP_INFO and with the kernel's counters.
 */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../checkout.js';
import type { GuestKernel } from '../guests/guest.js';
import { csvRows } from './csv.js';

/** What the program says of itself. The client is the one side of a connection, the server the other. */
export interface Traffic {
  readonly port: number;
  readonly pid: number;
  readonly connections: readonly { readonly client: Endpoint; readonly server: Endpoint; readonly sent: number; readonly received: number; readonly client_retransmits: number; readonly server_retransmits: number }[];
  /** In the accept queue, after each accept. */
  readonly waiting: readonly number[];
  /** /proc/net/snmp, snmp6 and dev: what the traffic added. */
  readonly counters: Readonly<Record<string, number>>;
}
export type Endpoint = readonly [address: string, port: number];
export type Found = Readonly<Record<string, string | number | null>>;

/** One run of a tool with --json. */
export interface Seen {
  readonly rows: readonly Found[];
  /** What it wrote to standard error, and its exit status. */
  readonly said: string;
  readonly status: number;
}

export interface NetworkTool {
  /** The command. */
  readonly name: string;
  /** Of this run of it, in names of files and tests. */
  readonly id: string;
  /** Shell words; $PORT and $PID are the program's. */
  readonly args: string;
  /** Compares; the way that a machine takes is in `said`. */
  readonly check: (seen: Seen, traffic: Traffic, machine: GuestKernel | 'host') => void;
  /** A row of JSON as the line that people see, blanks as one; # where runs may differ. Absent: runs differ, and JSON alone is looked at. */
  readonly line?: (row: Found) => string;
  /** Puts # for what may differ in a line. */
  readonly mask?: (line: string) => string;
  /** Not in guests, where a start takes seconds. */
  readonly hereOnly?: true;
}

const FLAGS = { json: '--json', csv: '--csv', columns: '--no-header' } as const;
export type Format = keyof typeof FLAGS;

/** Names of files without blanks. */
const fileOf = (id: string): string => id.replaceAll(/[^\w]+/g, '-');

/** A shell script that runs the program and the tools. @param folder where files are, as the shell names it; @param command what starts a tool */
export function networkScript(tools: readonly NetworkTool[], formats: readonly Format[], folder: string, command: (name: string) => string): string {
  // A format after the other: those after the first start with what the first has compiled.
  const runs = formats.flatMap((format) => tools.filter(({ line }) => line !== undefined || format === 'json').map(({ name, id, args }) => ({ format, start: `${command(name)} ${args} ${FLAGS[format]}`, files: `$D/${fileOf(id)}.${format}` })));
  const starts = (wanted: Format): readonly string[] => [
    ...runs.map(({ format, start, files }, index) => (format === wanted ? `${start} -o ${files} 2> ${files}.said & P${index}=$!` : '')),
    ...runs.map(({ format, files }, index) => (format === wanted ? `until grep -q ARMED ${files}.said || ! kill -0 $P${index} 2> /dev/null; do sleep 0.1; done` : '')),
  ];
  return [
    // A guest's shared folder has no named pipes.
    `D=${folder}; GO=$(mktemp -d) && mkfifo $GO/go || exit 1`,
    'python3 $D/network.py < $GO/go > $D/traffic & TRAFFIC=$!',
    'exec 3> $GO/go; rm -r $GO',
    'until grep -q ^pid $D/traffic; do kill -0 $TRAFFIC || exit 1; sleep 0.1; done',
    "PORT=$(sed -n 's/^port //p' $D/traffic); PID=$(sed -n 's/^pid //p' $D/traffic); export STAPKIT_NOTIFY_ARMED=1",
    ...formats.flatMap(starts),
    'echo go >&3; wait $TRAFFIC || exit 1',
    ...runs.map(({ files }, index) => `kill -TERM $P${index}; wait $P${index}; echo $? > ${files}.status`),
  ].filter((line) => line !== '').join('\n');
}

/** Puts the program where the script looks for it. */
export function placeProgram(folder: string): void {
  copyFileSync(join(CHECKOUT, 'testing/programs/network.py'), join(folder, 'network.py'));
}

const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');
const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

export function trafficOf(folder: string): Traffic {
  const line = linesOf(read(folder, 'traffic')).at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`the program did not come to its end: ${read(folder, 'traffic')}`);
  return JSON.parse(line) as Traffic;
}

export function seenBy({ id }: NetworkTool, folder: string): Seen {
  const rows = linesOf(read(folder, `${fileOf(id)}.json`)).map((line) => JSON.parse(line) as Found);
  return { rows, said: read(folder, `${fileOf(id)}.json.said`).replace('__STAPKIT_ARMED\n', ''), status: Number(read(folder, `${fileOf(id)}.json.status`)) };
}

/** Lines of columns, blanks as one. */
export const columnLines = ({ id, mask = (line) => line }: NetworkTool, folder: string): readonly string[] => linesOf(read(folder, `${fileOf(id)}.columns`)).map((line) => mask(line.trim().replace(/ +/g, ' ')));

/** Rows of CSV, numbers as such. */
export function csvFound({ id }: NetworkTool, folder: string): readonly Found[] {
  const value = (field: string): string | number | null => (field === '' ? null : /^-?\d+(?:\.\d+)?$/.test(field) ? Number(field) : field);
  return csvRows(read(folder, `${fileOf(id)}.csv`)).map((row) => Object.fromEntries(Object.entries(row).map(([name, field]) => [name, value(field)])));
}

/** IPv4 of an IPv6 socket counts as IPv4 in all tools. */
export const plain = ([address, port]: Endpoint): Endpoint => [address.replace(/^::ffff:(?=\d+\.)/, ''), port];

/** `[::1]:443`, as columns have it. */
export const withPort = ([address, port]: Endpoint): string => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);
