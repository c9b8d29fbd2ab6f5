/** Files of a session that others read and write: fresh at each reading, gone at the end however it comes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { CHECKOUT, run, stapkit } from './checkout.js';

let runtime: string;
beforeAll(() => { runtime = mkdtempSync(join(tmpdir(), 'stapkit-procfs-')); });
afterAll(() => { rmSync(runtime, { recursive: true, force: true }); });

interface Running { readonly child: ChildProcess; readonly stderr: () => string; readonly stdout: () => string; readonly ended: Promise<{ readonly status: number | null; readonly signal: NodeJS.Signals | null }> }
const sessions: Running[] = [];
afterEach(async () => {
  for (const { child, ended } of sessions.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});

/** Starts a session and waits until it has made its last file. */
async function start(script: string, last: string, args: readonly string[] = ['-m', 'served']): Promise<Running> {
  const child = spawn(process.execPath, [`${CHECKOUT}tools/stapkit/bin/stapkit.js`, ...args, '-e', script], { env: { ...process.env, XDG_RUNTIME_DIR: runtime }, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString(); });
  const session: Running = { child, stdout: () => stdout, stderr: () => stderr, ended: new Promise((resolve) => { child.on('close', (status, signal) => { resolve({ status, signal }); }); }) };
  sessions.push(session);
  for (let attempt = 0; !stderr.includes(`procfs("${last}"): `) && attempt < 300; attempt++) await new Promise((resolve) => setTimeout(resolve, 20));
  return session;
}
const place = (name: string): string => join(runtime, 'stapkit/served', name);
const cat = async (name: string): Promise<string> => (await run('timeout', ['5', 'cat', place(name)])).stdout;

const SCRIPT = `global n, last
probe procfs("status").read { n++; $value = sprintf("%d ", n); $value .= last . "\\n" }
probe procfs("in/put").write { last = $value; printf("<%s>\\n", $value); if ($value == "quit\\n") exit() }
probe procfs.read { $value = "default\\n" }
probe procfs.write { printf("command %s", $value) }
probe procfs("big").read.maxsize(300000) { for (i = 0; i < 4000; i++) $value .= sprintf("%49d\\n", i) }
probe end { println("end") }`;

test('reading gives fresh contents each time, writing hands them over, and nothing is left', async () => {
  const session = await start(SCRIPT, 'big');
  expect(session.stderr().trim().split('\n')).toEqual(['status', 'in/put', 'command', 'big'].map((name) => `procfs("${name}"): ${place(name)}`));
  expect([await cat('status'), await cat('status')]).toEqual(['1 \n', '2 \n']);
  await run('sh', ['-c', `echo hello > ${place('in/put')}`]);
  expect(await cat('command')).toBe('default\n');
  await run('sh', ['-c', `echo both > ${place('command')}`]);
  // One has the file open while another reads it: each has an answer of its own. The kernel joins readers that open a FIFO before the session sees the first.
  const both = (await run('timeout', ['10', 'sh', '-c', 'exec 3< "$0"; cat "$0"; cat <&3', place('status')])).stdout;
  expect(both).toBe('4 hello\n\n3 hello\n\n');
  const big = await cat('big');
  expect([big.length, big.slice(-51)]).toEqual([200_000, `\n${'3999'.padStart(49)}\n`]);
  expect(await cat('command')).toBe('default\n');
  await run('sh', ['-c', `echo quit > ${place('in/put')}`]);
  expect(await session.ended).toEqual({ status: 0, signal: null });
  expect(session.stdout()).toBe('<hello\n>\ncommand both\n<quit\n>\nend\n');
  expect(readdirSync(join(runtime, 'stapkit'))).toEqual([]);
});

test.each([[[], 511], [['-DSTP_PROCFS_BUFSIZE=26'], 25], [['-DSTP_PROCFS_BUFSIZE=4000'], 800]] as const)('%j: as much of a file without .maxsize is read', async (options, bytes) => {
  await start('probe procfs("long").read { for (i = 0; i < 80; i++) $value .= "0123456789" }', 'long', ['-m', 'served', ...options]);
  expect(await cat('long')).toBe('0123456789'.repeat(80).slice(0, bytes));
});

test('permissions are those of the umask', async () => {
  const session = await start('probe procfs("a").umask(0040).read, procfs("b").umask(0022).write, procfs("c").read, procfs("c").write, procfs("d").umask(0).read.maxsize(9) { println($value) }', 'd');
  expect(['a', 'b', 'c', 'd'].map((name) => (statSync(place(name)).mode & 0o777).toString(8))).toEqual(['404', '200', '600', '444']);
  // The files are there before the probes are: an answer tells that the session runs.
  await cat('a');
  session.child.kill('SIGTERM');
  expect(await session.ended).toEqual({ status: 0, signal: null });
  expect(existsSync(place('a'))).toBe(false);
});

test('what a killed session has left is taken away by the next; two at a time have a folder each', async () => {
  const script = 'probe procfs("x").read { $value = "x" }';
  const killed = await start(script, 'x');
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(existsSync(place('x'))).toBe(true);
  const first = await start(script, 'x', ['-m', 'other']);
  expect(existsSync(place('x'))).toBe(false);
  const second = await start(script, 'x', ['-m', 'other']);
  expect(readdirSync(join(runtime, 'stapkit')).sort()).toEqual(['other', `other_${second.child.pid ?? 0}`]);
  for (const { child } of [first, second]) child.kill('SIGINT');
  await Promise.all([first.ended, second.ended]);
  expect(readdirSync(join(runtime, 'stapkit'))).toEqual([]);
});

test('a text longer than a string comes in pieces', async () => {
  const session = await start('probe procfs("in").write { printf("%d ", strlen($value)) }', 'in');
  writeFileSync(place('in'), 'x'.repeat(1200));
  await new Promise((resolve) => setTimeout(resolve, 300));
  session.child.kill('SIGTERM');
  await session.ended;
  expect(session.stdout().trim()).toBe('511 511 178');
});

test('standard input by character and by line', async () => {
  const script = 'global chars probe input.char { chars++ } probe input.line { printf("<%s>", line); if (line == "end\\n") exit() } probe end { println(chars) }';
  const { stdout, status } = await stapkit('stapkit', ['-e', script], { input: 'one\ntwo three\nend\n' });
  expect({ stdout, status }).toEqual({ stdout: '<one\n><two three\n><end\n>18\n', status: 0 });
});

test.each([
  ['probe procfs("/etc/x").read { }', 'E0451'], ['probe procfs("a/../b").read { }', 'E0451'], ['probe procfs("a") { }', 'E0422'], ['probe procfs("a").read.maxsize(0) { }', 'E0423'],
  ['probe procfs("a").umask(01000).read { }', 'E0423'], ['probe procfs("a").read.write { }', 'E0447'], ['probe procfs("a").reads { }', 'E0420'], ['probe procfs(5).read { }', 'E0421'],
  ['probe procfs("a").read { $value = 5 }', 'E0306'], ['probe procfs("a").read { $value += 5 }', 'E0306'], ['probe procfs("a").write { $value = "x" }', 'E0414'], ['probe procfs("a").read { println($val) }', 'E0410'],
])('%s is refused: %s', async (script, code) => {
  const { stderr, status } = await stapkit('stapkit', ['-e', script]);
  expect([status, /error (E\d+)/.exec(stderr)?.[1]]).toEqual([1, code]);
});

test('a folder that cannot be made is one line', async () => {
  const { stderr, status } = await stapkit('stapkit', ['-e', 'probe procfs("x").read { $value = "x" }'], { env: { XDG_RUNTIME_DIR: '/proc/none' } });
  expect(stderr).toBe('stapkit: cannot make the folder /proc/none/stapkit for procfs probes: ENOENT; set XDG_RUNTIME_DIR to a folder that can be written\n');
  expect(status).toBe(1);
});

test('json_data and prometheus: files that say what there is and what it is worth, and the metrics by HTTP', async () => {
  const script = `global things
probe begin {
  json_set_prefix("mine"); json_add_numeric_metric("single", "just one", "count"); json_add_string_metric("text", "")
  json_add_array("disks", "all of them"); json_add_array_numeric_metric("disks", "reads", "", "count"); json_add_array_string_metric("disks", "kind", "")
  things["a \\"b\\\\"] = 3; things["c"] = 4
}
probe json_data {
  @json_output_data_start
  @json_output_array_numeric_value("disks", "sda", "reads", 7) @json_output_array_numeric_value("disks", "sdb", "reads", 8)
  @json_output_numeric_value("single", 42) @json_output_string_value("text", "say \\"x\\"\\n")
  @json_output_array_string_value("disks", "sda", "kind", "first")
  @json_output_data_end
}
probe prometheus { @prometheus_dump_array1(things, "things", "name") }`;
  const session = await start(script, 'metadata.json', ['-m', 'served', '--prometheus', '0']);
  expect(JSON.parse(await cat('metadata.json'))).toEqual({ prefix: 'mine', metrics: [
    { name: 'single', pointer: '/single', type: 'integer', description: 'just one', units: 'count' }, { name: 'text', pointer: '/text', type: 'string' },
    { name: 'disks', pointer: '/disks', type: 'array', description: 'all of them', index: '/__id', metrics: [{ name: 'reads', pointer: '/reads', type: 'integer', units: 'count' }, { name: 'kind', pointer: '/kind', type: 'string' }] },
  ] });
  expect(JSON.parse(await cat('data.json'))).toEqual({ single: 42, text: 'say "x"\n', disks: [{ __id: 'sda', reads: 7, kind: 'first' }, { __id: 'sdb', reads: 8 }] });
  const samples = 'things{name="a \\"b\\\\"} 3\nthings{name="c"} 4\n';
  expect(await cat('__prometheus')).toBe(samples);
  const url = /prometheus: (\S+)/.exec(session.stderr())?.[1] ?? '';
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  const open = await fetch(url, { headers: { accept: 'application/openmetrics-text; version=1.0.0' } });
  expect([open.headers.get('content-type'), await open.text()]).toEqual(['application/openmetrics-text; version=1.0.0; charset=utf-8', `# TYPE things unknown\n${samples}# EOF\n`]);
  expect(await (await fetch(url)).text()).toBe(`# TYPE things untyped\n${samples}`);
  session.child.kill('SIGINT');
  await session.ended;
  await expect(fetch(url)).rejects.toThrow();
}, 40_000);

test('--prometheus without metrics is refused', async () => {
  const { stderr, status } = await stapkit('stapkit', ['--prometheus', '0', '-e', 'probe timer.s(9) { println("x") }']);
  expect([status, stderr]).toEqual([1, expect.stringContaining('--prometheus: the script says no metrics')]);
});

test("what band-aids share: switches that are files, prometheus' counters", async () => {
  const session = await start('probe begin(1) { cve_count_metric("hit"); cve_count_metric("hit"); cve_record_metric("size", 7); cve_tmpdisable(-1) }', 'cve_enabled_p');
  expect([await cat('cve_enabled_p'), await cat('cve_fix_p')]).toEqual(['0\n', '1\n']);
  await run('sh', ['-c', `echo 1 > ${place('cve_enabled_p')}`]);
  expect(await cat('cve_enabled_p')).toBe('1\n');
  expect(await cat('__prometheus')).toBe('cve_metrics{metric="hit"} 2\ncve_metrics{metric="size"} 7\n');
  session.child.kill('SIGINT');
  await session.ended;
  expect(session.stdout()).toBe('served: loaded\nserved: unloaded\n');
}, 40_000);
