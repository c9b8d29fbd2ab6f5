/** Lines of syscall-trace.stp as rows, and rows as strace would show them. */
import { clockTime, errorName, humanNumber, printable, renderTable, styled, type CellValue, type Column, type Row, type TableLook, type ToolOptions, type ToolReader } from '@stapkit/cli-kit';
import { argumentsText, type CallArguments } from './call-arguments.js';
import { placesIn } from './places.js';

/** Results that are addresses. */
const GIVES_ADDRESS: ReadonlySet<string> = new Set(['mmap', 'mremap', 'brk', 'shmat']);
const MAX_ERRNO = 4095;

/** Bytes of `%016x` words, which are numbers of this machine (little-endian), and of `%02x` bytes behind them. */
export function bytesOf(hex: string): Buffer {
  const bytes = Buffer.from(hex, 'hex');
  for (let at = 0; at + 8 <= bytes.length; at += 8) bytes.subarray(at, at + 8).reverse();
  return bytes;
}

interface Program { readonly values: readonly bigint[]; readonly texts: readonly string[] }

export class Trace implements ToolReader {
  readonly #options: ToolOptions;
  readonly #color: boolean;
  /** What threads told when they began to execute another program. */
  readonly #programs = new Map<string, Program>();
  readonly #counts: Row[] = [];

  constructor(options: ToolOptions, color: boolean) {
    this.#options = options;
    this.#color = color;
  }

  readonly row = (fields: readonly string[]): Row | undefined => {
    const [kind, ...rest] = fields;
    if (kind === 'A') this.#begins(rest);
    else if (kind === 'S') this.#counted(rest);
    else if (kind === 'M') this.#moved(rest);
    return kind === 'R' ? this.#returned(rest) : undefined;
  };

  #begins([tid = '', ...rest]: readonly string[]): void {
    this.#programs.set(tid, { values: rest.slice(0, 6).map((value) => BigInt(`0x${value}`)), texts: rest.slice(6) });
  }

  #moved([before = '', after = '']: readonly string[]): void {
    const program = this.#programs.get(before);
    this.#programs.delete(before);
    if (program !== undefined) this.#programs.set(after, program);
  }

  #counted([call = '', , calls, failures, time, longest]: readonly string[]): void {
    this.#counts.push({ call, calls: Number(calls), failures: Number(failures), time_ns: Number(time), average_ns: Math.round(Number(time) / Number(calls)), longest_ns: Number(longest) });
  }

  #returned(fields: readonly string[]): Row | undefined {
    const [time, pid, tid = '', took, result = '', number = '', name = ''] = fields;
    const command = fields.slice(16).join('\t');
    if (fields.length < 17) return undefined;
    const call = name === '' ? `syscall_${number}` : name;
    const returned = result === '?' ? undefined : Number(result);
    const failed = returned !== undefined && returned < 0 && returned >= -MAX_ERRNO;
    return {
      time: Number(time), command, pid: Number(pid), tid: Number(tid), call,
      args: this.#arguments(call, tid, fields, returned),
      result: returned === undefined ? null : failed ? -1 : returned,
      error: failed ? errorName(-returned) : null,
      elapsed_ns: Number(took),
    };
  }

  #arguments(call: string, tid: string, fields: readonly string[], result: number | undefined): string {
    const program = call === 'execve' || call === 'execveat' ? this.#programs.get(tid) : undefined;
    if (program !== undefined) {
      this.#programs.delete(tid);
      return programText(call, program);
    }
    // Of a call that its thread died in nothing else is known.
    if (fields[7] === '') return '';
    const given: CallArguments = { values: fields.slice(7, 13).map((value) => BigInt(`0x${value}`)), texts: fields.slice(13, 15), bytes: bytesOf(fields[15] ?? ''), result };
    return argumentsText(call, given, placesIn(call));
  }

  readonly line = (row: Row): string => traceLine(row, this.#options, this.#color);

  /** With --summary: what strace -c prints, in the format of the rows. */
  readonly summary = async ({ format, look }: { readonly format: 'columns' | 'json' | 'csv'; readonly look: TableLook }): Promise<string> => {
    if (this.#options['summary'] !== true) return '';
    if (format === 'json') return this.#counts.map((row) => `${JSON.stringify(row)}\n`).join('');
    const keys = ['call', 'calls', 'failures', 'time_ns', 'average_ns', 'longest_ns'];
    if (format === 'csv') return [...(this.#options['ownHeader'] === false ? [] : [keys]), ...this.#counts.map((row) => keys.map((key) => row[key]))].map((cells) => `${cells.join(',')}\n`).join('');
    return renderTable(SUMMARY_COLUMNS, this.#counts.map(shownCounts), look);
  };
}

const SUMMARY_COLUMNS: readonly Column[] = [
  { key: 'call', title: 'CALL', width: 18 },
  ...[['calls', 'CALLS'], ['failures', 'FAILED'], ['time', 'TIME'], ['average', 'AVERAGE'], ['longest', 'LONGEST']].map(([key = '', title = '']) => ({ key, title, width: 7, align: 'right' as const })),
];

const shownCounts = (row: Row): Row => ({ ...row, ...Object.fromEntries(['time', 'average', 'longest'].map((key) => [key, humanNumber(Number(row[`${key}_ns`]), 'ns')])) });

/** `execve("/bin/ls", ["ls", "/etc"], 0x7ffc5e0 )`: the environment stays an address. */
function programText(call: string, { values, texts }: Program): string {
  const first = call === 'execve' ? 0 : 1;
  const [path = '', ...words] = texts;
  const directory = first === 0 ? [] : [BigInt.asIntN(32, values[0] ?? 0n) === -100n ? 'AT_FDCWD' : String(BigInt.asIntN(32, values[0] ?? 0n))];
  const environment = `0x${(values[first + 2] ?? 0n).toString(16)}`;
  const flags = first === 0 ? [] : [(values[4] ?? 0n) === 0x1000n ? 'AT_EMPTY_PATH' : (values[4] ?? 0n) === 0n ? '0' : `0x${(values[4] ?? 0n).toString(16)}`];
  return [...directory, path, `[${words.join(', ')}]`, environment, ...flags].join(', ');
}

function resultText({ call, result, error }: Row): string {
  if (result === null || result === undefined) return '?';
  if (error !== null && error !== undefined) return `${typeof error === 'string' && error.startsWith('ERESTART') ? '?' : '-1'} ${error}`;
  if (typeof result !== 'number') return result;
  return GIVES_ADDRESS.has(String(call)) ? (result === 0 ? '0' : `0x${result.toString(16)}`) : String(result);
}

/** `cat[1511] openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3 <0.000012>`. */
export function traceLine(row: Row, options: ToolOptions, color: boolean): string {
  const time = options.timestamp === true ? `${clockTime(Number(row['time']), { utc: options.utc === true, precise: true })} ` : '';
  const elapsed = options['elapsed'] === true && row['result'] !== null ? ` <${(Number(row['elapsed_ns']) / 1e9).toFixed(6)}>` : '';
  const failed = row['error'] !== null && row['error'] !== undefined;
  const cell = (value: CellValue | undefined): string => String(value ?? '');
  return `${time}${styled(color && failed ? 'red' : undefined, `${printable(cell(row['command']))}[${cell(row['tid'])}] ${cell(row['call'])}(${printable(cell(row['args']))}) = ${resultText(row)}`)}${elapsed}`;
}
