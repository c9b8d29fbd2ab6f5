/**
 * What holds for every command that is made of a description (src/tool.ts), and what each does with wrong usage. A new tool is in
 * here by being in tools/.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CHECKOUT, TOOL_PACKAGES, run, stapkit, type Finished, type RunOptions } from '../checkout.js';

jest.setTimeout(120_000);

interface Described { readonly name: string; readonly folder: string; readonly summary: string }
const TOOLS: readonly Described[] = [...TOOL_PACKAGES].filter(([folder]) => existsSync(join(CHECKOUT, 'tools', folder, 'src/tool.ts'))).flatMap(([folder, { bin, description = '' }]) => Object.keys(bin).map((name) => ({ name, folder, summary: description })));

/** Words that a tool cannot do without: it traces these for a moment. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  'func-count': ['libc:getloadavg'],
  'func-latency': ['libc:getloadavg'],
  'para-callgraph': ['libc:getloadavg', 'libc:getloadavg'],
  'thread-indent': ['net/socket.c'],
};
const wordsOf = (name: string): readonly string[] => WORDS[name] ?? [];

const KERNEL_FUNCTIONS_ALONE = ['thread-indent'];

/** One that shows events in one way, one with two. */
const AS_PEOPLE_DO = ['strace-open', 'tfo-watch'];

interface Wrong {
  readonly what: string;
  /** Only tools whose help has this flag. */
  readonly flag?: string;
  readonly args: readonly string[];
  readonly message: RegExp;
  readonly options?: RunOptions;
}

/** One line that names the cause and the mend, and status 2. NAME is the tool's. */
const WRONG: readonly Wrong[] = [
  { what: 'unknown flag', args: ['--bogus'], message: /unknown option '--bogus'; see NAME --help/ },
  { what: 'words too many', args: Array.from({ length: 9 }, () => 'word'), message: /too many arguments.*; see NAME --help/ },
  { what: 'no number', args: ['--duration', 'soon'], message: /--duration: 'soon' is not a duration: write 10, 2.5, 250ms, 5m or 1h; see NAME --help/ },
  { what: 'formats that exclude each other', args: ['--json', '--csv'], message: /cannot be used with.*; see NAME --help/ },
  { what: 'bad pid', flag: '--pid', args: ['--pid', 'x'], message: /--pid: 'x' is not a process id \(1 to 4194304\); see NAME --help/ },
  { what: 'no such process', flag: '--pid', args: ['--pid', '4194304'], message: /there is no process 4194304; ps -e lists them/ },
  { what: 'no such user', flag: '--uid', args: ['--uid', 'no-such-user'], message: /--uid: 'no-such-user' is no user here/ },
  { what: 'no such control group', flag: '--cgroup', args: ['--cgroup', 'no/such'], message: /--cgroup: .*(?:there is no control group 'no\/such' below|no control groups of version 2)/ },
  { what: 'no such command', flag: '--command', args: ['--command', 'no-such-command'], message: /-c: there is no command 'no-such-command'; it is looked for along PATH/ },
  { what: 'bad address', flag: '--addr', args: ['--addr', 'example.org'], message: /--addr: 'example.org' is not an IPv4 or IPv6 address; see NAME --help/ },
  { what: 'bad protocol', flag: '--proto', args: ['--proto', 'http'], message: /--proto: 'http' is no protocol: .*; see NAME --help/ },
  { what: 'bad port', flag: '--port', args: ['--port', '99999'], message: /--port: '99999' is not a port \(1 to 65535\); see NAME --help/ },
  { what: 'bad side of a connection', flag: '--local', args: ['--local', '*'], message: /--local: '\*' names no address and no port: write ADDR, :PORT, ADDR:PORT or \[ADDR\]:PORT; see NAME --help/ },
  { what: 'no folder for the output', args: ['-o', '/no/such/folder/file'], message: /cannot write to '\/no\/such\/folder\/file': its folder does not exist/ },
  { what: 'no root', args: [], options: { uid: 65534, env: { HOME: '/tmp' } }, message: /loading BPF programs needs root, or the capabilities CAP_BPF and CAP_PERFMON; run it with sudo: sudo NAME/ },
];

const messageFor = ({ message }: Wrong, name: string): RegExp => new RegExp(message.source.replaceAll('NAME', name));

/** Tools for one program alone: no other process is a target of theirs. */
const ONLY_FOR: ReadonlySet<string> = new Set(['varnish-cl']);

/** Kept by what they are for; a command line of a tool in the process that starts them all. */
const STARTS = {
  help: { args: ['--help'] }, man: { args: ['--man'] }, bash: { args: ['--completion', 'bash'] }, zsh: { args: ['--completion', 'zsh'] }, fish: { args: ['--completion', 'fish'] },
  script: { args: ['--print-script'], parse: true },
  ...Object.fromEntries(WRONG.filter(({ options }) => options === undefined).map(({ what, args }) => [what, { args }])),
};
type Start = Finished & { readonly diagnostics?: readonly string[] };

/** Of all tools, one process. */
let starts: ReadonlyMap<string, Readonly<Record<string, Start>>>;
/** Traces until its target ends, or for a moment: a process a tool, two at a time. */
const traced = new Map<string, Finished>();

/** Does the tool have this flag? */
const has = (name: string, flag: string): boolean => new RegExp(`${flag}\\b`).test(starts.get(name)?.['help']?.stdout ?? '');
const wrongFor = (name: string): readonly Wrong[] => WRONG.filter(({ flag }) => flag === undefined || has(name, flag));

async function startAll(): Promise<typeof starts> {
  const lines = TOOLS.flatMap(({ name, folder }) => Object.entries(STARTS).map(([what, start]) => ({ name, what, line: { folder, name, ...start, args: [...wordsOf(name), ...start.args] } })));
  const { stdout, stderr, status } = await run(process.execPath, ['testing/src/tools/in-process.mjs'], { input: lines.map(({ line }) => `${JSON.stringify(line)}\n`).join(''), timeoutMs: 110_000 });
  expect([stderr, status]).toEqual(['', 0]);
  const results = stdout.trim().split('\n').map((line) => JSON.parse(line) as Start);
  return new Map(TOOLS.map(({ name }) => [name, Object.fromEntries(lines.flatMap((one, index) => (one.name === name && results[index] !== undefined ? [[one.what, results[index]]] : [])))]));
}

async function traceAll(): Promise<void> {
  const waiting = [...TOOLS];
  const next = async (): Promise<void> => {
    for (let tool = waiting.shift(); tool !== undefined; tool = waiting.shift()) {
      const { name } = tool;
      const sleeper = spawn('sleep', ['300']);
      const args = [...wordsOf(name), ...(has(name, '--pid') && !ONLY_FOR.has(name) ? ['--pid', String(sleeper.pid)] : ['--duration', '100ms'])];
      traced.set(name, await stapkit(name, [...args, '--quiet'], { timeoutMs: 110_000, env: { STAPKIT_NOTIFY_ARMED: '1' }, started: (child) => { child.stderr?.once('data', () => sleeper.kill()); } }));
      sleeper.kill();
    }
  };
  await Promise.all([next(), next()]);
}

beforeAll(async () => {
  starts = await startAll();
  await traceAll();
}, 600_000);

describe.each(TOOLS)('$name', ({ name, folder, summary }) => {
  const start = (what: string): Start => starts.get(name)?.[what] ?? { stdout: '', stderr: 'not started', status: null, signal: null };

  test('wrong usage: one line with the cause, and status 2', () => {
    const rows = wrongFor(name).filter(({ options }) => options === undefined);
    const found = rows.map(({ what }) => ({ what, ...start(what) }));
    expect(found.map(({ what, stdout, stderr, status }) => [what, stdout, stderr.trimEnd().split('\n').length, stderr.startsWith(`${name}: `), status])).toEqual(rows.map(({ what }) => [what, '', 1, true, 2]));
    for (const [index, row] of rows.entries()) expect(found[index]?.stderr).toMatch(messageFor(row, name));
  });

  test('help: 80 columns, examples, exit status, the summary that the list of tools has', () => {
    const { stdout, stderr, status } = start('help');
    expect([stderr, status]).toEqual(['', 0]);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toContain(`\n${summary}\n`);
    for (const part of ['Examples:', 'Exit status:']) expect(stdout).toContain(part);
  });

  test('its man page and completions are in the package', () => {
    const dist = join(CHECKOUT, 'tools', folder, 'dist');
    for (const [what, file] of Object.entries({ man: `man/${name}.8`, bash: `completions/${name}.bash`, zsh: `completions/_${name}`, fish: `completions/${name}.fish` })) {
      expect([what, start(what).stderr, start(what).status]).toEqual([what, '', 0]);
      expect(start(what).stdout).toBe(readFileSync(join(dist, file), 'latin1'));
    }
    expect(start('man').stdout).toContain('.SH EXAMPLES');
    // Nothing that man leaves out in the C locale.
    expect(start('man').stdout).toMatch(/^[\0-\x7f]*$/);
  });

  test('--print-script is a script that compiles as it is', () => {
    const { stdout, stderr, status, diagnostics } = start('script');
    expect([stderr, status, diagnostics]).toEqual(['', 0, []]);
    expect(stdout).toMatch(/^probe /m);
  });

  test('ends with its target, or when its time is over, status 0', () => {
    const { status, stderr } = traced.get(name) ?? { status: null, stderr: '' };
    // Where functions of the kernel cannot be probed, the tools that have no other way say so.
    if (status === 2 && KERNEL_FUNCTIONS_ALONE.includes(name)) expect(stderr).toMatch(/^\S+: cannot attach .*no kprobes.*\n$/);
    else expect([status, stderr]).toEqual([0, '__STAPKIT_ARMED\n']);
  });

  test('its README names its own flags', () => {
    const own = /^Options of [^\n]*\n((?: .*\n)*)/m.exec(start('help').stdout)?.[1] ?? '';
    const readme = readFileSync(join(CHECKOUT, 'tools', folder, 'README.md'), 'utf8');
    expect([...own.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag ?? '').filter((flag) => !readme.includes(flag))).toEqual([]);
  });
});

/** What the process above cannot show, or might show wrongly: the commands as people start them. */
describe.each(TOOLS.filter(({ name }) => AS_PEOPLE_DO.includes(name)))('$name as people start it', ({ name, folder }) => {
  test('wrong usage, as above', async () => {
    const rows = wrongFor(name);
    const found = await Promise.all(rows.map(({ args, options }) => stapkit(name, [...wordsOf(name), ...args], { timeoutMs: 60_000, ...options })));
    for (const [index, row] of rows.entries()) {
      const { stdout, stderr, status } = found[index] ?? { stdout: '', stderr: '', status: null };
      expect(stderr).toMatch(messageFor(row, name));
      const above = row.options === undefined ? starts.get(name)?.[row.what] : { stdout: '', stderr, status: 2 };
      expect({ stdout, stderr, status }).toEqual({ stdout: above?.stdout, stderr: above?.stderr, status: above?.status });
    }
  });

  test('a kernel that tells nothing of its types: cause and mend, status 2', async () => {
    const { stdout, stderr, status } = await run('unshare', ['-m', 'sh', '-c', `mount -t tmpfs none /sys/kernel/btf && exec "${process.execPath}" tools/${folder}/bin/${name}.js --duration 1`], { timeoutMs: 60_000, env: { STAPKIT_NO_CACHE: '1' } });
    expect(stderr).toMatch(new RegExp(`^${name}: .*BTF`));
    expect([stdout, stderr.trimEnd().split('\n').length, status]).toEqual(['', 1, 2]);
  });
});

test('stapkit tools lists them, each with its line', async () => {
  const { stdout, stderr, status } = await stapkit('stapkit', ['tools']);
  expect([stderr, status]).toEqual(['', 0]);
  expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
  expect(stdout).toMatch(/^Network:\n {2}\S/m);
  for (const [folder, { bin, description = '' }] of TOOL_PACKAGES)
    if (folder !== 'stapkit') for (const name of Object.keys(bin)) expect(stdout).toMatch(new RegExp(`^ {2}${name} +${description.replace(/[.?]/g, '\\$&')}$`, 'm'));
});

test('the README has a row for each', () => {
  const readme = readFileSync(join(CHECKOUT, 'README.md'), 'utf8');
  const tools = [...TOOL_PACKAGES].filter(([folder]) => folder !== 'stapkit').flatMap(([folder, { bin }]) => Object.keys(bin).map((name) => `| [\`${name}\`](tools/${folder}/README.md) |`));
  expect(tools.filter((row) => !readme.includes(row))).toEqual([]);
});
