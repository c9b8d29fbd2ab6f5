/** Tools on system calls, files and processes: what they tell of a program, against strace of the same program and the program's own counts. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { run, stapkit } from '../checkout.js';
import { buildPrograms } from '../programs.js';
import { straceCalls, withoutAddresses, type StraceCall } from './strace-output.js';

jest.setTimeout(120_000);

let folder: string;
let strace: readonly StraceCall[];

/** As every run names it, each in a folder of its own. strace shows 32 bytes of a word. */
const COMMAND = '../file-work .';
let runs = 0;

/** The program's folder in this run, empty. */
function emptyFolder(): string {
  const cwd = join(folder, String(runs++));
  mkdirSync(cwd);
  return cwd;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-calls-'));
  buildPrograms(['file-work'], folder);
  const { status } = await run('strace', ['-f', '-a1', '-o', join(folder, 'strace'), ...COMMAND.split(' ')], { cwd: emptyFolder() });
  expect(status).toBe(3);
  strace = straceCalls(readFileSync(join(folder, 'strace'), 'latin1'));
  expect(strace.length).toBeGreaterThan(80);
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** A tool on the program; its rows are in a file, apart from what the program prints. */
async function traced(tool: string, args: readonly string[]): Promise<{ readonly rows: string; readonly said: string; readonly stderr: string }> {
  const cwd = emptyFolder();
  const { stdout, stderr } = await stapkit(tool, [...args, '--quiet', '-o', 'rows', '-c', COMMAND], { timeoutMs: 60_000, cwd });
  return { rows: readFileSync(join(cwd, 'rows'), 'latin1'), said: stdout, stderr };
}

const jsonRows = (rows: string): readonly Record<string, string | number | null>[] => rows.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, string | number | null>);
const DIED = 'WARNING: Child process exited with status 3\n';

describe('syscall-trace', () => {
  /** Of each process in the order in which they began; random bytes are left out. */
  const byProcess = (calls: readonly StraceCall[]): readonly string[][] => {
    const pids = [...new Set(calls.map(({ pid }) => pid))];
    const lines = pids.map((pid) => calls.filter((call) => call.pid === pid).map(({ name, args, result }) => withoutAddresses(`${name}(${args}) = ${result}`, pids)));
    return lines.map((all) => all.map((line) => (line.startsWith('getrandom') ? line.replace(/"(?:[^"\\]|\\.)*"/, 'BYTES') : line)));
  };
  const fromLines = (rows: string): StraceCall[] => rows.trimEnd().split('\n').map((line) => {
    const [, pid, name = '', args = '', result = ''] = /^file-work\[(\d+)\] (\w+)\((.*)\) = (.*)$/.exec(line) ?? [];
    return { pid: Number(pid), name, args, result };
  });

  test('-f: every call of parent and child, with arguments and result as strace has them', async () => {
    const { rows, stderr } = await traced('syscall-trace', ['-f']);
    expect(byProcess(fromLines(rows))).toEqual(byProcess(strace));
    expect(stderr).toBe(DIED);
  });

  test('JSON and CSV: the same calls, alone of what --filter and --failed leave', async () => {
    const failed = strace.filter(({ name, result }) => result.startsWith('-1') && /^(?:openat|connect|chdir)$/.test(name)).map(({ name, result }) => [name, -1, result.slice(3)]);
    expect(failed).toHaveLength(4);
    const [json, csv] = await Promise.all(['--json', '--csv'].map((format) => traced('syscall-trace', ['-f', '-x', '--filter', '%network,openat', format, ...(format === '--csv' ? ['--elapsed'] : [])])));
    expect(jsonRows(json?.rows ?? '').map(({ call, result, error }) => [call, result, error])).toEqual([...failed.slice(0, 1), ['connect', -1, 'ECONNREFUSED'], ['shutdown', -1, 'ENOTCONN'], ...failed.slice(2)]);
    const [head = '', ...lines] = (csv?.rows ?? '').trimEnd().split('\n');
    expect(head).toBe('time,command,pid,tid,call,args,result,error,elapsed_ns');
    expect(lines.map((line) => /,(\w+),"?[^"]*(?:""[^"]*)*"?,(-?\d+),(\w*),\d+$/.exec(line)?.slice(1))).toEqual(jsonRows(json?.rows ?? '').map(({ call, result, error }) => [call, String(result), error]));
  });

  test('--summary counts what strace -c counts', async () => {
    const { rows } = await traced('syscall-trace', ['-f', '-S', '--json']);
    const counts = jsonRows(rows).map(({ call, calls, failures }) => [call, calls, failures]);
    expect(sorted(counts)).toEqual(sorted(countsOf(strace)));
  });

  test('without -f the command alone', async () => {
    const { rows } = await traced('syscall-trace', ['--filter', '!execve', '-s', '4']);
    const [parent = []] = byProcess(strace);
    const calls = fromLines(rows);
    expect(calls.map(({ name }) => name)).toEqual(strace.filter(({ pid, name }) => pid === strace[0]?.pid && name !== 'execve').map(({ name }) => name));
    expect(parent.length).toBe(calls.length + 1);
    expect(calls.find(({ name }) => name === 'write')?.args).toBe('3, "wwww"..., 100');
  });
});

const sorted = <T>(rows: readonly T[]): readonly T[] => [...rows].sort((a, b) => (String(a) < String(b) ? -1 : 1));

/** Calls by name as strace -c counts them: those that returned. */
function countsOf(calls: readonly StraceCall[]): readonly (readonly [string, number, number])[] {
  const names = [...new Set(calls.filter(({ result }) => result !== '?').map(({ name }) => name))];
  return names.map((name) => [name, calls.filter((call) => call.name === name).length, calls.filter((call) => call.name === name && call.result.startsWith('-1')).length]);
}

describe('syscount', () => {
  const parent = (): readonly StraceCall[] => strace.filter(({ pid }) => pid === strace[0]?.pid);

  test('by call: JSON, CSV and table count what strace counts', async () => {
    const [json, csv, table] = await Promise.all([['--json'], ['--csv'], ['--raw', '--top', '100']].map((args) => traced('syscount', args)));
    const counts = sorted(countsOf(parent()));
    expect(sorted(jsonRows(json?.rows ?? '').map(({ call, calls, failures }) => [call, calls, failures]))).toEqual(counts);
    expect(sorted((csv?.rows ?? '').trimEnd().split('\n').slice(1).map((line) => line.split(',')).map(([, call, , , calls, failures]) => [call, Number(calls), Number(failures)]))).toEqual(counts);
    expect(sorted([...(table?.rows ?? '').matchAll(/^(\w+) +(\d+) +(\d+) +\d+ +\d+ +\d+$/gm)].map(([, call, calls, failures]) => [call, Number(calls), Number(failures)]))).toEqual(counts);
    for (const { time_ns: time, average_ns: average, longest_ns: longest, calls } of jsonRows(json?.rows ?? '').map((row) => row as Record<string, number>)) {
      expect((average ?? 0) <= (longest ?? 0) && (longest ?? 0) <= (time ?? 0)).toBe(true);
      expect(Math.floor((time ?? 0) / (calls ?? 1))).toBe(average);
    }
  });

  test('by process and with a histogram: as many as all calls together; failed ones of a set', async () => {
    const [all, failed] = await Promise.all([['--by', 'process', '--histogram', '--json'], ['--by', 'both', '-x', '--filter', '%file', '--json']].map((args) => traced('syscount', args)));
    const [row, histogram] = (all?.rows ?? '').trimEnd().split('\n').map((line) => JSON.parse(line) as { command: string; calls: number; call: null; buckets: { count: number }[] });
    expect([row?.command, row?.call, row?.calls]).toEqual(['file-work', null, parent().filter(({ result }) => result !== '?').length]);
    expect(histogram?.buckets.reduce((sum, { count }) => sum + count, 0)).toBe(row?.calls);
    expect(jsonRows(failed?.rows ?? '').map(({ command: name, call, calls, failures }) => [name, call, calls, failures])).toEqual([['file-work', 'openat', 1, 1]]);
  });
});
