/** Tools on system calls, files and processes: what they tell of a program, against strace of the same program and the program's own counts. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { run, stapkit } from '../checkout.js';
import { buildPrograms } from '../programs.js';
import { csvLines } from './csv.js';
import { pathOf, straceCalls, straceFiles, withoutAddresses, type StraceCall } from './strace-output.js';

jest.setTimeout(120_000);

let folder: string;
/** Calls of COMMAND and of ALONE. */
let strace: readonly StraceCall[];
let alone: readonly StraceCall[];

/** As every run names it, each in a folder of its own. strace shows 32 bytes of a word. */
const COMMAND = '../file-work .';
/** The same without a child. */
const ALONE = `${COMMAND} alone`;
let runs = 0;

/** The program's folder in this run, empty. */
function emptyFolder(): string {
  const cwd = join(folder, String(runs++));
  mkdirSync(cwd);
  return cwd;
}

async function straced(command: string, args: readonly string[] = []): Promise<readonly StraceCall[]> {
  const output = join(folder, `strace-${runs}`);
  await run('strace', ['-f', '-a1', ...args, '-o', output, ...command.split(' ')], { cwd: emptyFolder() });
  return straceCalls(readFileSync(output, 'latin1'));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-calls-'));
  buildPrograms(['file-work'], folder);
  strace = await straced(COMMAND);
  alone = await straced(ALONE);
  expect(strace.length - alone.length).toBeGreaterThan(10);
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** A tool on the program; its rows are in a file, apart from what the program prints. */
async function traced(tool: string, args: readonly string[], command = COMMAND): Promise<{ readonly rows: string; readonly said: string; readonly stderr: string }> {
  const cwd = emptyFolder();
  const { stdout, stderr } = await stapkit(tool, [...args, '--quiet', '-o', 'rows', '-c', command], { timeoutMs: 60_000, cwd });
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

  test('all but one call, four bytes of what is written', async () => {
    const calls = fromLines((await traced('syscall-trace', ['--filter', '!execve', '-s', '4'], ALONE)).rows);
    expect(calls.map(({ name }) => name)).toEqual(alone.filter(({ name }) => name !== 'execve').map(({ name }) => name));
    expect(calls.find(({ name }) => name === 'write')?.args).toBe('3, "wwww"..., 100');
  });
});

const sorted = <T>(rows: readonly T[]): readonly T[] => [...rows].sort((a, b) => (String(a) < String(b) ? -1 : 1));

/** Calls by name as strace -c counts them: those that returned. */
function countsOf(calls: readonly StraceCall[]): readonly (readonly [string, number, number])[] {
  const names = [...new Set(calls.filter(({ result }) => result !== '?').map(({ name }) => name))];
  return names.map((name) => [name, calls.filter((call) => call.name === name).length, calls.filter((call) => call.name === name && call.result.startsWith('-1')).length]);
}

const csvFields = (rows: string): readonly (readonly string[])[] => csvLines(rows).slice(1);

describe('syscall.*', () => {
  /** What SystemTap calls them. */
  const ALIASES: Readonly<Record<string, string>> = { newfstatat: 'fstatat', mmap: 'mmap2', pread64: 'pread', pwrite64: 'pwrite', umount2: 'umount' };

  test('all probes of system calls in one script: too much for one program, so it is split; each call and each return once, as strace has them', async () => {
    const script = 'probe syscall.* { if (pid() == target()) printf("%s(%s)\\n", name, argstr) } probe syscall.*.return { if (pid() == target()) printf("%s = %d\\n", name, retval) }';
    const { stdout, stderr } = await stapkit('stapkit', ['-e', script, '-o', '../probed', '-c', ALONE], { timeoutMs: 100_000, cwd: emptyFolder() });
    expect([stdout.split(' ')[0], stderr]).toEqual(['parent', `${DIED}Pass 5: run failed.\n`]);
    const lines = readFileSync(join(folder, 'probed'), 'latin1').trimEnd().split('\n');
    // Calls of the shell's search for the program come first.
    const own = alone.slice(1);
    const nameOf = (name: string): string => ALIASES[name] ?? name;
    const entries = lines.filter((line) => /^\w+\(/.test(line)).map((line) => line.slice(0, line.indexOf('('))).slice(-own.length);
    const returns = lines.filter((line) => /^\w+ = /.test(line)).map((line) => line.split(' ')[0]).slice(1 - own.length);
    expect(entries).toEqual(own.map(({ name }) => nameOf(name)));
    expect(returns).toEqual(own.filter(({ result }) => result !== '?').map(({ name }) => nameOf(name)));
    const said = (name: string): readonly string[] => lines.filter((line) => line.startsWith(`${name}(`)).map((line) => line.slice(name.length + 1, -1));
    expect(said('openat')).toEqual(own.filter(({ name }) => name === 'openat').map(({ args }) => args.replace(/, (0\d+)$/, ', $1')));
    expect(said('socket')).toEqual(['PF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP', 'PF_LOCAL, SOCK_DGRAM, 0', 'PF_INET, SOCK_DGRAM, IPPROTO_IP']);
    expect(said('kill')).toEqual([expect.stringMatching(/^\d+, SIGUSR1$/)]);
  });
});

describe('syscount', () => {
  test('by call: JSON, CSV and table count what strace counts', async () => {
    const [json, csv, table] = await Promise.all([['--json'], ['--csv'], ['--raw', '--top', '100']].map((args) => traced('syscount', args, ALONE)));
    const counts = sorted(countsOf(alone));
    expect(sorted(jsonRows(json?.rows ?? '').map(({ call, calls, failures }) => [call, calls, failures]))).toEqual(counts);
    expect(sorted((csv?.rows ?? '').trimEnd().split('\n').slice(1).map((line) => line.split(',')).map(([, call, , , calls, failures]) => [call, Number(calls), Number(failures)]))).toEqual(counts);
    expect(sorted([...(table?.rows ?? '').matchAll(/^(\w+) +(\d+) +(\d+) +\d+ +\d+ +\d+$/gm)].map(([, call, calls, failures]) => [call, Number(calls), Number(failures)]))).toEqual(counts);
    for (const { time_ns: time, average_ns: average, longest_ns: longest, calls } of jsonRows(json?.rows ?? '').map((row) => row as Record<string, number>)) {
      expect((average ?? 0) <= (longest ?? 0) && (longest ?? 0) <= (time ?? 0)).toBe(true);
      expect(Math.floor((time ?? 0) / (calls ?? 1))).toBe(average);
    }
  });

  test('by process and with a histogram: as many as all calls together; failed ones of a set', async () => {
    const [all, failed] = await Promise.all([['--by', 'process', '--histogram', '--json'], ['--by', 'both', '-x', '--filter', '%file', '--json']].map((args) => traced('syscount', args, ALONE)));
    const [row, histogram] = (all?.rows ?? '').trimEnd().split('\n').map((line) => JSON.parse(line) as { command: string; calls: number; call: null; buckets: { count: number }[] });
    expect([row?.command, row?.call, row?.calls]).toEqual(['file-work', null, alone.filter(({ result }) => result !== '?').length]);
    expect(histogram?.buckets.reduce((sum, { count }) => sum + count, 0)).toBe(row?.calls);
    expect(jsonRows(failed?.rows ?? '').map(({ command: name, call, calls, failures }) => [name, call, calls, failures])).toEqual([['file-work', 'openat', 1, 1]]);
  });
});

describe('execsnoop', () => {
  const SCRIPT = '/bin/true "a b" c\n./no-such\nexec /bin/echo "it\'s"\n';
  let executed: readonly StraceCall[];

  beforeAll(async () => {
    writeFileSync(join(folder, 'execs.sh'), SCRIPT);
    executed = await straced('/bin/sh ../execs.sh', ['-s', '200', '-e', 'trace=execve']);
  });

  test('JSON: every execve of a shell script and its children, with arguments, parent and result', async () => {
    const rows = jsonRows((await traced('execsnoop', ['--failures', '--json'], '/bin/sh ../execs.sh')).rows);
    expect(rows.map(({ path, result, error }) => [path, error === null ? String(result) : `${result} ${error}`])).toEqual(executed.map(({ args, result }) => [pathOf(args), result]));
    expect(rows.map(({ args }) => args)).toEqual(['/bin/sh ../execs.sh', "/bin/true 'a b' c", './no-such', "/bin/echo 'it'\\''s'"]);
    const [shell] = rows;
    expect(rows.slice(1, 3).map(({ ppid, parent: name }) => [ppid, name])).toEqual([[shell?.['pid'], 'sh'], [shell?.['pid'], 'sh']]);
    expect(rows[3]?.['pid']).toBe(shell?.['pid']);
  });

  test('CSV of what succeeded; a table of what failed', async () => {
    const [csv, table] = await Promise.all([['--csv'], ['-x']].map((args) => traced('execsnoop', args, '/bin/sh ../execs.sh')));
    expect(csvFields(csv?.rows ?? '').map((row) => row[8])).toEqual(executed.filter(({ result }) => result === '0').map(({ args }) => pathOf(args)));
    expect(table?.rows).toMatch(/^PARENT +PPID +PID RESULT +ARGUMENTS\nsh +\d+ +\d+ ENOENT +\.\/no-such\n$/);
  });
});

describe('files', () => {
  test('iotime: each file from open to close, as strace and the program have it', async () => {
    const [json, csv, table] = await Promise.all([['-x', '--json'], ['--csv'], ['--raw']].map((args) => traced('iotime', args, ALONE)));
    const files = straceFiles(alone);
    const opened = files.filter(({ error }) => error === null).map(({ file, reads, readBytes, writes, writtenBytes }) => [file, reads, readBytes, writes, writtenBytes]);
    const rows = jsonRows(Buffer.from(json?.rows ?? '', 'latin1').toString());
    expect(rows.map((row) => [row['file'], row['error']])).toEqual(files.map(({ file, error }) => [file, error]));
    expect(rows.filter(({ error }) => error === null).map((row) => [row['file'], row['reads'], row['read_bytes'], row['writes'], row['written_bytes']])).toEqual(opened);
    expect(rows.filter((row) => row['error'] === null && !(Number(row['io_ns']) > 0))).toEqual([]);
    expect(csvFields(csv?.rows ?? '').map((row) => [row[9], ...row.slice(3, 7).map(Number)])).toEqual(opened);
    expect([...(table?.rows ?? '').matchAll(/^file-work +\d+ +(\d+) +(\d+) +(\d+) +(\d+) +\d+ (.*)$/gm)].map(([, ...row]) => [row[4], ...row.slice(0, 4).map(Number)])).toEqual(opened);
    const said = /^parent (.*)$/m.exec(json?.said ?? '')?.[1];
    const sum = (index: number): number => opened.reduce((total, row) => total + Number(row[index]), 0);
    expect(said).toBe(`opens ${opened.length} missing 1 reads ${sum(1)} read_bytes ${sum(2)} writes ${sum(3)} written_bytes ${sum(4)}`);
  });

  test('accessed-files: calls on each path, as strace has them', async () => {
    const [json, csv, table] = await Promise.all([['--json'], ['--csv', '--by-process', '--path', 'work/'], ['--raw', '--failed']].map((args) => traced('accessed-files', args, ALONE)));
    const others = alone.filter(({ name }) => /^(?:execve|access|newfstatat|rename|mkdir|rmdir|unlink|readlink|chdir)$/.test(name));
    const files = straceFiles(alone);
    const names = [...new Set([...files.map(({ file }) => file), ...others.map(({ args }) => pathOf(args))])];
    const expected = names.map((name) => {
      const used = files.filter(({ file }) => file === name);
      const looked = others.filter(({ args }) => pathOf(args) === name);
      const sum = (key: 'reads' | 'readBytes' | 'writes' | 'writtenBytes'): number => used.reduce((total, one) => total + one[key], 0);
      const calls = used.length + looked.length + sum('reads') + sum('writes');
      return [calls, used.length, looked.length, used.filter(({ error }) => error !== null).length + looked.filter(({ result }) => result.startsWith('-1')).length, sum('reads'), sum('readBytes'), sum('writes'), sum('writtenBytes'), name];
    });
    const rows = jsonRows(Buffer.from(json?.rows ?? '', 'latin1').toString()).map((row) => ['calls', 'opens', 'others', 'failures', 'reads', 'read_bytes', 'writes', 'written_bytes', 'file'].map((key) => row[key]));
    expect(sorted(rows)).toEqual(sorted(expected));
    expect(sorted(csvFields(csv?.rows ?? '').map((row) => [row[1], ...row.slice(3, 11).map(Number), row[11]]).filter((row) => row[9] !== undefined && /^work\/\w+$/.test(String(row[9]))))).toEqual(sorted(expected.filter((row) => /^work\/\w+$/.test(String(row[8]))).map((row) => ['file-work', ...row])));
    expect([...Buffer.from(table?.rows ?? '', 'latin1').toString().matchAll(/^\d+ +\d+ +\d+ +1 .* (work.*)$/gm)].map(([, file]) => file)).toEqual(expected.filter((row) => row[3] === 1).map((row) => row[8]));
  });
});

/** A block device of the test's own. */
const hasLoopDevices = existsSync('/dev/loop-control');
if (!hasLoopDevices) process.stderr.write('this machine has no loop devices (no /dev/loop-control): disk-latency is not shown\n');
(hasLoopDevices ? describe : describe.skip)('disk-latency', () => {
  let disk = '';

  beforeAll(async () => {
    writeFileSync(join(folder, 'disk'), '');
    truncateSync(join(folder, 'disk'), 1 << 20);
    const { stdout, stderr, status } = await run('losetup', ['--find', '--show', join(folder, 'disk')]);
    expect([stderr, status]).toEqual(['', 0]);
    disk = stdout.trim();
  });
  afterAll(async () => { await run('losetup', ['--detach', disk]); });

  /** Of /sys/block/DISK/stat: reads, bytes read, writes, bytes written, flushes. */
  const counters = (): readonly number[] => {
    const stat = readFileSync(`/sys/block/${disk.slice('/dev/'.length)}/stat`, 'latin1').trim().split(/\s+/).map(Number);
    return [stat[0], 512 * (stat[2] ?? 0), stat[4], 512 * (stat[6] ?? 0), stat[15]].map(Number);
  };

  test('requests and bytes of a loop device, as the kernel counts them, in JSON, CSV and table', async () => {
    const load = async (): Promise<readonly number[]> => {
      const before = counters();
      for (const args of [[`if=${disk}`, 'of=/dev/null', 'bs=4k', 'count=20', 'iflag=direct'], ['if=/dev/zero', `of=${disk}`, 'bs=8k', 'count=5', 'oflag=direct', 'conv=fsync']]) expect((await run('dd', args)).status).toBe(0);
      return counters().map((count, index) => count - (before[index] ?? 0));
    };
    const starts = [['--json', '--queued'], ['--csv', '--brief'], ['--raw', '--brief']].map((args) => {
      let child: ChildProcess | undefined;
      let armed: () => void = () => undefined;
      const isArmed = new Promise<void>((resolve) => { armed = resolve; });
      const finished = stapkit('disk-latency', [...args, '--quiet', '--device', disk], { timeoutMs: 60_000, env: { STAPKIT_NOTIFY_ARMED: '1' }, started: (one) => { child = one; one.stderr?.once('data', armed); } });
      return { isArmed, finished, stop: () => child?.kill('SIGINT') };
    });
    await Promise.all(starts.map(({ isArmed }) => isArmed));
    const [reads, readBytes, writes, writtenBytes, flushes] = await load();
    for (const { stop } of starts) stop();
    const [json, csv, table] = await Promise.all(starts.map(({ finished }) => finished));
    const name = disk.slice('/dev/'.length);
    // The kernel counts a flush among the writes, or by itself.
    const expected = [[name, 'read', reads, 0, readBytes], [name, 'write', 5, 0, writtenBytes], [name, 'flush', flushes, 0, 0]];
    expect([reads, [5, 5 + (flushes ?? 0)].includes(writes ?? 0)]).toEqual([20, true]);
    const objects = (json?.stdout ?? '').trimEnd().split('\n').map((line) => JSON.parse(line) as { device?: string; operation: string; requests: number; failures: number; bytes: number; shortest_us: number; average_us: number; longest_us: number; histogram?: string; buckets: { count: number }[] });
    expect(objects.filter(({ device }) => device !== undefined).map(({ device, operation, requests, failures, bytes }) => [device, operation, requests, failures, bytes])).toEqual(expected);
    expect(objects.filter(({ shortest_us: shortest, average_us: average, longest_us: longest }) => shortest > average || average > longest)).toEqual([]);
    expect(objects.filter(({ histogram }) => histogram !== undefined).map(({ histogram, buckets }) => [histogram, buckets.reduce((sum, { count }) => sum + count, 0)])).toEqual(expected.map(([device, operation, requests]) => [`${device} ${operation} (us)`, requests]));
    expect(csvFields(csv?.stdout ?? '').map((row) => [row[1], row[2], ...row.slice(3, 6).map(Number)])).toEqual(expected);
    expect([...(table?.stdout ?? '').matchAll(/^(\w+) +(\w+) +(\d+) +(\d+) +(\d+) +\d+ +\d+ +\d+$/gm)].map(([, device, operation, ...counts]) => [device, operation, ...counts.map(Number)])).toEqual(expected);
  });
});
